//! `shomei restore`: a copy becomes a new register, and is audited before anybody works with it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::register::Register;

use super::audit::whole;
use super::office::{Database, Office, refused, wait};
use super::{Lines, end};

/// Arguments of `shomei restore`.
#[derive(Args)]
pub struct Arguments {
    /// The copy.
    file: PathBuf,
    #[command(flatten)]
    database: Database,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let place = arguments.file.display().to_string();
    let copied = Register::restore(&arguments.file, &arguments.database.database).await.map_err(refused(&place))?;
    say!("{}\t{}", copied.rows, copied.sha256);
    let office = Office::open(&arguments.database).await?;
    for id in office.offices(None).await? {
        whole(&office, &id, None).await?;
    }
    Ok(())
}
