//! `shomei backup`: a copy of the register in one file, for restoring it or moving house. The keys are not
//! in it; they are kept elsewhere.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::issuing::note::Note;

use super::office::{Database, Office, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei backup`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// The copy; a file that is not there yet.
    file: PathBuf,
    /// Who makes it, by account: of the city's staff.
    #[arg(long = "as")]
    who: String,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let place = arguments.file.display().to_string();
    let actor = &office.people.person(&arguments.who).map_err(refused("--as"))?.actor;
    let id = actor.office();
    office.people.of_the_city(&arguments.who, id).map_err(refused("--as"))?;
    let copied = office.register.copy(&arguments.file).await.map_err(refused(&place))?;
    let note = Note::CopyMade { sha256: copied.sha256.clone(), by: actor.person().clone() };
    office.casework().note(id, None, &note).await.map_err(refused(&place))?;
    say!("{}\t{}", copied.rows, copied.sha256);
    Ok(())
}
