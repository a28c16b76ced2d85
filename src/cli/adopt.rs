//! `shomei adopt`: this build of the program takes over the register; nodes of the old one that are still
//! open write nothing more. Two approvers do it, and it is noted in the same write.

use std::process::ExitCode;

use clap::Args;
use shomei::PROGRAM;
use shomei::issuing::note::Note;
use shomei::issuing::people::People;
use shomei::register::{Register, clock};

use super::audit::whole;
use super::office::{Database, Office, Two, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei adopt`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    two: Two,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let people = People::sample().map_err(refused("people"))?;
    let two = arguments.two.find(&people)?;
    let (place, keys) = (&arguments.database.database, arguments.database.keys());
    let note = Note::Adopted { program: PROGRAM.to_owned(), people: two.ids() };
    let note = (two.office(), note.encode().map_err(refused(place))?);
    Register::adopt(place, &keys, PROGRAM, clock::system(), note).await.map_err(refused(place))?;
    say!("{PROGRAM}");
    let office = Office::open(&arguments.database).await?;
    for id in office.offices(None).await? {
        whole(&office, &id, None).await?;
    }
    Ok(())
}
