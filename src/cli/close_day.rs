//! `shomei close-day`: 日締め. The register's checkpoint is signed first; the day's 交付簿 bears it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use shomei::case::actor::Actor;
use shomei::document::catalog::{Composed, Kind};
use shomei::domain::calendar::Day;
use shomei::issuing::day_book::DayBookError;
use shomei::issuing::till::TILL;

use super::office::{Database, Office, Staff, refused, wait};
use super::{Lines, Trouble, end, read_input, write_output};

/// Arguments of `shomei close-day`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    #[command(flatten)]
    who: Staff,
    /// The day; today if not given.
    #[arg(long)]
    day: Option<String>,
    /// Where the PDF of the 交付簿 goes.
    #[arg(short, long)]
    output: PathBuf,
    /// What was counted at a till, as JSON (`reji` and `genkin_seisa` of a 日計, without the sums), or `-`; its 日計 is printed.
    #[arg(long, requires = "till_output")]
    till: Option<PathBuf>,
    /// Where the PDF of the 日計 goes.
    #[arg(long, requires = "till")]
    till_output: Option<PathBuf>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let actor = arguments.who.find(&office.people)?;
    let id = actor.office();
    let today = office.register.now().await.map_err(refused("register"))?.day();
    let day = match &arguments.day {
        Some(day) => day.parse::<Day>().map_err(|error| Trouble::Usage.at("--day", error))?,
        None => today,
    };
    let signer = office.signer(id)?;
    let counter = office.counter();
    // The till first: a day on which a till that took money is open is not closed.
    if let (Some(till), Some(output)) = (&arguments.till, &arguments.till_output) {
        let book = counter.close_till((day, actor), &read_input(till)?, &office.people).await;
        let book = book.map_err(|error| refusals(&office, till, error))?;
        print(&office, actor, &book, day, output)?;
    }
    let book = counter.day_book((day, actor), &signer, &office.people).await.map_err(refused(id.as_str()))?;
    print(&office, actor, &book, day, &arguments.output)
}

/// Every refusal of a 日計, a sentence each.
fn refusals(office: &Office, till: &Path, error: DayBookError) -> Lines {
    let words = Kind::by_id(TILL).and_then(|kind| office.press.words(kind).ok());
    match (&error, words) {
        (DayBookError::Document(refusals), Some(words)) => super::told(refusals, &words),
        _ => refused(&till.display().to_string())(error),
    }
}

fn print(office: &Office, actor: &Actor, book: &Composed, day: Day, output: &Path) -> Result<(), Lines> {
    write_output(output, &office.clerk(actor).book(book, day).map_err(refused("close-day"))?)
}
