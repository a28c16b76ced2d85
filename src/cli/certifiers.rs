//! `shomei office`: who certifies in an office, by period, and its seals. One proposes a change and another confirms
//! it (`shomei user confirm`).

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use data_encoding::BASE64;
use serde::Deserialize;
use shomei::office::certifiers::{KeptSeal, Period};

use super::office::{AtWork, Office, refused, wait};
use super::{Lines, Trouble, end, read_input};

/// Arguments of `shomei office`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show who certifies, by period: first day, last day, title, deputy, name, seal; then the seals.
    Show,
    /// Propose who certifies, by period, in place of those before. Nothing of today or before may change.
    Signatories {
        /// TOML: `[[signatory]]` with from, until, title, deputy, name, seal; - for standard input.
        file: PathBuf,
    },
    /// Propose a new seal.
    Seal {
        /// Id.
        id: String,
        /// Its picture: PNG in black and white.
        file: PathBuf,
        /// Side, in millimetres; at most 25.
        #[arg(long)]
        mm: f64,
        /// What a reader hears in its place.
        #[arg(long)]
        alt: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Periods {
    signatory: Vec<Period>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = arguments.at.open().await?;
    let person = arguments.at.person(&office)?;
    let by = person.officer();
    let proposed = match &arguments.action {
        Action::Show => return show(&office, by.actor.office()).await,
        Action::Signatories { file } => {
            let read = String::from_utf8(read_input(file)?).map_err(|error| Trouble::Read.at(file.display(), error))?;
            let read: Periods = toml::from_str(&read).map_err(|error| Trouble::Read.at(file.display(), error))?;
            office.propose_signatories(&by, read.signatory).await
        }
        Action::Seal { id, file, mm, alt } => {
            let (at, png) = (by.actor.office().clone(), BASE64.encode(&read_input(file)?));
            office.propose_seal(&by, KeptSeal { office: at, id: id.clone(), png, mm: *mm, alt: alt.clone() }).await
        }
    };
    say!("{}", proposed.map_err(refused("office"))?.id);
    Ok(())
}

async fn show(office: &Office, at: &shomei::case::id::OfficeId) -> Result<(), Lines> {
    for known in &office.city.office(at.as_str())?.office.signatories {
        let until = known.until.map(|until| until.to_string()).unwrap_or_default();
        let deputy = known.deputy.as_deref().unwrap_or_default();
        say!("{}\t{until}\t{}\t{deputy}\t{}\t{}", known.from, known.title, known.name, known.seal);
    }
    office.city.refresh_seals(&office.register, at).await.map_err(refused("office"))?;
    for (id, seal) in office.city.seals_of(at) {
        say!("{id}\t{}\t{}", seal.mm, seal.alt);
    }
    Ok(())
}
