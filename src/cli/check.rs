//! `shomei check`: the same refusals as printing, without a page.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use shomei::document::refusal::Refusals;
use shomei::document::words::Words;
use shomei::issuing::specimen::{SpecimenError, specimen_of};
use shomei::press::PressError;
use shomei::press::sheet::SheetError;

use super::{Lines, REFUSED, kind, latest_day, read_input, render, told};

/// Arguments of `shomei check`.
#[derive(Args)]
pub struct Arguments {
    /// Kind of document (`shomei kinds`).
    kind: String,
    /// The data, JSON; `-` reads standard input.
    data: PathBuf,
    /// Fonts that the city adds for stated code points (TOML: file, sha256, ranges).
    #[arg(long)]
    fonts: Option<PathBuf>,
    /// Refusals as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    match check(arguments) {
        Err(lines) => super::end(Err(lines)),
        Ok(None) => {
            if arguments.json {
                say!("[]");
            }
            ExitCode::SUCCESS
        }
        Ok(Some((refusals, words))) => {
            if arguments.json {
                say!("{}", as_json(&refusals, &words));
            } else {
                told(&refusals, &words).0.iter().for_each(|line| complain!("{line}"));
            }
            ExitCode::from(REFUSED)
        }
    }
}

fn check(arguments: &Arguments) -> Result<Option<(Refusals, std::sync::Arc<Words>)>, Lines> {
    let kind = kind(&arguments.kind)?;
    let press = render::press(None, arguments.fonts.as_deref())?;
    let words = press.words(kind)?;
    let bytes = read_input(&arguments.data)?;
    let parsed = kind.parse(&bytes, &**press.typefaces()).as_of(latest_day()?);
    // Whether every value fits is known only on the form: the page is made, and thrown away.
    match specimen_of(&press, parsed) {
        Ok(_) => Ok(None),
        Err(SpecimenError::Press(PressError::Sheet(SheetError::Refused(refusals)))) => Ok(Some((refusals, words))),
        Err(other) => Err(other.into()),
    }
}

fn as_json(refusals: &Refusals, words: &Words) -> serde_json::Value {
    refusals
        .told()
        .map(|refusal| {
            json!({
                "path": refusal.path,
                "code": refusal.code,
                "details": refusal.details,
                "sentence": words.sentence(&refusal),
            })
        })
        .collect()
}
