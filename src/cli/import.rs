//! `shomei import`: takes over what the city's systems hold of people. Every bad line is told by its place,
//! with its remedy; the others are taken over all the same.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::document::subject_import::lines;
use shomei::issuing::people::Person;
use shomei::office::subjects::{Subjects, Taken};

use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end, sentences};

/// Arguments of `shomei import`.
#[derive(Args)]
pub struct Arguments {
    /// CSV, or JSON with one subject a line (docs/import.md).
    file: PathBuf,
    #[command(flatten)]
    database: Database,
    /// Who does it, by account.
    #[arg(long = "as")]
    who: String,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let person = office.people.person(&arguments.who).map_err(refused("--as"))?;
    let place = arguments.file.display().to_string();
    let file = std::fs::File::open(&arguments.file).map_err(|error| Trouble::Read.at(&place, error))?;
    take_over(&office, person, BufReader::new(file), &place).await
}

/// Takes over what stands in a file, and says how many lines came to what.
pub async fn take_over(office: &Office, person: &Person, input: impl BufRead, place: &str) -> Result<(), Lines> {
    let words = sentences()?;
    let read = lines(input, &**office.press.typefaces()).map_err(|error| Trouble::Read.at(place, error))?;
    let subjects = Subjects::of(&office.register, &office.city.id);
    let taken = subjects.take_over(read, person.officer(), |line| {
        for refusal in line.reason.refusals() {
            let at = format!("{place}:{}", line.line);
            let told = words.fill("refusal-frame", &[("place", &at), ("text", &words.sentence(&refusal))]);
            complain!("{at}: {refusal}\t{told}");
        }
    });
    let Taken { new, newer, unchanged, bad: refused_lines } = taken.await.map_err(refused(place))?;
    say!("{place}\t+{new}\t~{newer}\t={unchanged}\t!{refused_lines}");
    // Each was told of when it came, so that a file of nothing else needs no more memory.
    if refused_lines == 0 { Ok(()) } else { Err(Lines(Vec::new())) }
}
