//! `shomei incident`: what must not be passed over, until a person of the city has looked into it.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::register::IncidentId;

use super::case::because;
use super::office::{Database, Office, Staff, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei incident`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List an office's open incidents.
    List {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        who: Staff,
    },
    /// Close one.
    Close {
        #[command(flatten)]
        database: Database,
        /// Incident, as `list` has it.
        incident: String,
        /// What was found.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        who: Staff,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    match &arguments.action {
        Action::List { database, who } => {
            let office = Office::open(database).await?;
            let id = who.find(&office.people)?.office();
            for incident in office.register.open_incidents(id).await.map_err(refused(id.as_str()))? {
                let case = incident.case.map(|case| case.to_string()).unwrap_or_default();
                say!("{id}\t{}\t{}\t{}\t{case}", incident.id, incident.opened_at.day(), incident.kind);
            }
            Ok(())
        }
        Action::Close { database, incident, reason, who } => {
            let office = Office::open(database).await?;
            let actor = who.find(&office.people)?;
            let id = IncidentId::parse(incident).map_err(refused(incident))?;
            let casework = office.casework();
            let closed = casework.close_incident(actor.office(), id, because(reason)?, actor.person());
            closed.await.map_err(refused(incident))
        }
    }
}
