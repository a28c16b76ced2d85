//! `shomei key`: the keys under which an office's cases are enciphered. A key is changed by two people.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::issuing::fail::fail_point;
use shomei::issuing::note::Note;
use shomei::issuing::people::TwoApprovers;

use super::audit::whole;
use super::office::{Database, Office, Staff, Two, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei key`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// List the keys that wrap those of an office's cases, and how many cases hang on each. The office's own
    /// notes count as one.
    List {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        who: Staff,
    },
    /// Make a new key, by which the keys of cases opened from now on are wrapped.
    New {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        two: Two,
    },
    /// Wrap the keys of all cases again by the newest key. Who is interrupted runs it again.
    Rewrap {
        #[command(flatten)]
        database: Database,
        #[command(flatten)]
        two: Two,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    match &arguments.action {
        Action::List { database, who } => list(&Office::open(database).await?, who).await,
        Action::New { database, two } => {
            let office = Office::open(database).await?;
            new(&office, two.find(&office.people)?).await
        }
        Action::Rewrap { database, two } => {
            let office = Office::open(database).await?;
            rewrap(&office, two.find(&office.people)?).await
        }
    }
}

/// The keys in the folder, and those that cases hang on though they are not there.
async fn list(office: &Office, who: &Staff) -> Result<(), Lines> {
    let id = who.find(&office.people)?.office();
    let mut in_use = office.register.keys_in_use(id).await.map_err(refused(id.as_str()))?;
    for key in office.register.ring().wrapping(id).map_err(refused("keys"))? {
        say!("{key}\t{}", in_use.remove(&key).unwrap_or_default());
    }
    in_use.iter().for_each(|(key, count)| say!("{key}\t{count}"));
    Ok(())
}

/// The key's file cannot be made in one write with a note. So it is noted by whom it is made before it is
/// there, and that it is there after: no key is in use of which the register does not say whose doing it is.
/// If the program ends before the file, the next new key has its name; if after it, the key is in use and
/// the second note is missing.
async fn new(office: &Office, two: TwoApprovers<'_>) -> Result<(), Lines> {
    let (id, ring, people) = (two.office(), office.register.ring(), two.ids());
    let key = ring.next(id).map_err(refused("keys"))?;
    let by = people[0].clone();
    let begun = Note::KeyBegun { key: key.clone(), people };
    office.casework().note(id, None, &begun).await.map_err(refused(id.as_str()))?;
    fail_point("key-begun");
    ring.add(&key).map_err(refused(&key))?;
    fail_point("key-made");
    let made = Note::KeyMade { key: key.clone(), by };
    office.casework().note(id, None, &made).await.map_err(refused(id.as_str()))?;
    say!("{key}");
    Ok(())
}

/// Wraps again, and audits then.
async fn rewrap(office: &Office, two: TwoApprovers<'_>) -> Result<(), Lines> {
    let id = two.office();
    let count = office.register.rewrap(id, two.names()).await.map_err(refused(id.as_str()))?;
    say!("{id}\t{count}");
    whole(office, id, None).await
}
