//! `shomei restore`: a copy becomes a new register, which says who restored it, and is audited before anybody
//! works with it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::issuing::casework::CaseworkError;
use shomei::issuing::note::Note;
use shomei::issuing::people::People;
use shomei::register::{Copied, Register, clock};

use super::audit::whole;
use super::office::{Database, Office, Staff, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei restore`.
#[derive(Args)]
pub struct Arguments {
    /// The copy.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    who: Staff,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let place = arguments.file.display().to_string();
    let people = People::sample().map_err(refused("people"))?;
    let actor = arguments.who.find(&people)?;
    let (database, keys) = (&arguments.database.database, arguments.database.keys());
    let restored = |copied: &Copied| {
        let note = Note::CopyRestored { sha256: copied.sha256.clone(), by: actor.person().clone() };
        note.encode().map_err(CaseworkError::from)
    };
    let note = (actor.office(), restored);
    let copied = Register::restore(&arguments.file, database, &keys, clock::system(), note).await;
    let copied = copied.map_err(refused(&place))?;
    say!("{}\t{}", copied.rows, copied.sha256);
    let office = Office::open(&arguments.database).await?;
    for id in office.offices(None).await? {
        whole(&office, &id, None).await?;
    }
    Ok(())
}
