//! `shomei backup`: a copy of the register in one file, for restoring it or moving house. The keys are not
//! in it; they are kept elsewhere.
//!
//! That a copy is about to be made is noted first, so that there is none of which the register knows nothing,
//! even if the program ends in between; its SHA-256 is noted once it is whole.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::issuing::fail::fail_point;
use shomei::issuing::note::Note;

use super::office::{Database, Office, Staff, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei backup`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The copy; a file that is not there yet.
    file: PathBuf,
    #[command(flatten)]
    who: Staff,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let place = arguments.file.display().to_string();
    let actor = arguments.who.find(&office.people)?;
    let (id, by) = (actor.office(), actor.person());
    let begun = Note::CopyBegun { by: by.clone() };
    office.casework().note(id, None, &begun).await.map_err(refused(&place))?;
    fail_point("copy-begun");
    let copied = office.register.copy(&arguments.file).await.map_err(refused(&place))?;
    fail_point("copy-made");
    let made = Note::CopyMade { sha256: copied.sha256.clone(), by: by.clone() };
    office.casework().note(id, None, &made).await.map_err(refused(&place))?;
    say!("{}\t{}", copied.rows, copied.sha256);
    Ok(())
}
