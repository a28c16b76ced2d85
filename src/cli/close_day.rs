//! `shomei close-day`: 日締め. The register's checkpoint is signed first; the day's 交付簿 bears it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::case::id::OfficeId;
use shomei::case::warrant::Office as OfficeWarrant;
use shomei::domain::calendar::Day;
use shomei::press::Leave;

use super::case::cover;
use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end, write_output};

/// Arguments of `shomei close-day`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Office.
    #[arg(long)]
    office: String,
    /// Who closes it, by account: of the city's staff of that office.
    #[arg(long = "as")]
    who: String,
    /// The day; today if not given.
    #[arg(long)]
    day: Option<String>,
    /// Where the PDF goes.
    #[arg(short, long)]
    output: PathBuf,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let id = OfficeId::parse(&arguments.office).map_err(refused(&arguments.office))?;
    let actor = &office.people.of_the_city(&arguments.who, &id).map_err(refused("--as"))?.actor;
    let today = office.register.now().await.map_err(refused("register"))?.day();
    let day = match &arguments.day {
        Some(day) => day.parse::<Day>().map_err(|error| Trouble::Usage.at("--day", error))?,
        None => today,
    };
    let signer = office.signer(&id)?;
    let counter = office.counter();
    let book = counter.day_book(&id, day, &signer, &office.people).await.map_err(refused(id.as_str()))?;
    let cover = cover(&office, actor, &book, day)?;
    let short = book.digest().short();
    let entry = office.city.office(id.as_str())?;
    let surround = counter.issuing.surround(entry, day, &short)?;
    let printed = office.press.print(&book, Leave::Office(&OfficeWarrant::new(cover)), &surround)?;
    write_output(&arguments.output, &printed.pdf)
}
