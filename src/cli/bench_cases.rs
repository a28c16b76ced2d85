//! `shomei bench-cases`: approved cases of households, so that it can be measured how they are issued
//! (`scripts/load`).

use std::process::ExitCode;

use clap::Args;
use shomei::issuing::bench::file;

use super::office::{Database, Office, wait};
use super::{Lines, Trouble, end};

/// Arguments of `shomei bench-cases`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// How many.
    #[arg(long, default_value_t = 1_000)]
    count: usize,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    for number in 0..arguments.count {
        let case = file(&office, number).await.map_err(|error| Trouble::Program.at("shomei", error))?;
        say!("{case}");
    }
    Ok(())
}
