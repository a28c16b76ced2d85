//! `shomei key`: the keys under which an office's cases are enciphered.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::issuing::note::Note;

use super::office::{Database, Office, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei key`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the keys by their names.
    List {
        #[command(flatten)]
        database: Database,
        /// Office; all keys if not given.
        #[arg(long)]
        office: Option<String>,
    },
    /// Make a new key, by which cases opened from now on are enciphered.
    New {
        #[command(flatten)]
        database: Database,
        /// Office.
        #[arg(long)]
        office: String,
        /// Who does it, by account: of the city's staff of that office.
        #[arg(long = "as")]
        who: String,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    match &arguments.action {
        Action::List { database, office: of } => {
            let office = Office::open(database).await?;
            let names = office.register.ring().list().map_err(refused("keys"))?;
            let prefix = of.as_ref().map(|id| format!("office-{id}-"));
            let wanted = |name: &&String| prefix.as_ref().is_none_or(|prefix| name.starts_with(prefix));
            names.iter().filter(wanted).for_each(|name| say!("{name}"));
            Ok(())
        }
        Action::New { database, office: of, who } => {
            let office = Office::open(database).await?;
            let id = &office.offices(Some(of)).await?[0];
            let person = office.people.of_the_city(who, id).map_err(refused("--as"))?;
            let key = office.register.ring().create(id).map_err(refused(of))?;
            let note = Note::KeyMade { key: key.clone(), by: person.actor.person().clone() };
            office.casework().note(id, None, &note).await.map_err(refused(of))?;
            say!("{key}");
            Ok(())
        }
    }
}
