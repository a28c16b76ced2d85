//! `shomei adopt`: this build of the program takes over the register, once every node of the old one has
//! stopped. Two approvers do it, and it is noted.

use std::process::ExitCode;

use clap::Args;
use shomei::PROGRAM;
use shomei::issuing::note::Note;
use shomei::issuing::people::People;
use shomei::register::Register;

use super::audit::whole;
use super::office::{Database, Office, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei adopt`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// One approver, by account.
    #[arg(long = "as")]
    who: String,
    /// Another approver of the same office.
    #[arg(long)]
    and: String,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let people = People::sample().map_err(refused("people"))?;
    let two = people.two_approvers(&arguments.who, &arguments.and).map_err(refused("--as --and"))?;
    let place = &arguments.database.database;
    Register::adopt(place, PROGRAM).await.map_err(refused(place))?;
    let office = Office::open(&arguments.database).await?;
    let note = Note::Adopted { program: PROGRAM.to_owned(), people: two.ids() };
    office.casework().note(two.office(), None, &note).await.map_err(refused(place))?;
    say!("{PROGRAM}");
    for id in office.offices(None).await? {
        whole(&office, &id, None).await?;
    }
    Ok(())
}
