//! `shomei reprint`: shows that a released page is what it was, or issues another for a spoiled one, under
//! a number of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use data_encoding::HEXLOWER;
use shomei::case::actor::Actor;
use shomei::case::command::Command;
use shomei::case::event::Reason;
use shomei::case::id::IssuanceId;
use shomei::case::sheet::Sheet;
use shomei::issuing::issue::Order;
use shomei::issuing::note::Note;
use shomei::issuing::reprint::ReprintError;

use super::case::because;
use super::office::{Database, Office, refused, wait};
use super::{Lines, end, write_output};

/// Arguments of `shomei reprint`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Issuance, as `case show` has it.
    issuance: String,
    /// Make the page again, compare it with the kept file, and throw it away: no number is given.
    #[arg(long)]
    evidence: bool,
    /// Why: the sheet was spoiled, or the evidence is asked for.
    #[arg(long)]
    reason: String,
    /// Who does it, by account.
    #[arg(long = "as")]
    who: String,
    /// Number of the terminal of the new number, which this machine is; the office's first if not given.
    #[arg(long, conflicts_with = "evidence")]
    terminal: Option<u16>,
    /// Where the PDF goes: the kept file with --evidence, else the new one.
    #[arg(short, long, required_unless_present = "evidence")]
    output: Option<PathBuf>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let actor = &office.people.person(&arguments.who).map_err(refused("--as"))?.actor;
    let issuance = IssuanceId::parse(&arguments.issuance).map_err(refused(&arguments.issuance))?;
    let reason = because(&arguments.reason)?;
    if arguments.evidence {
        evidence(arguments, &office, actor, issuance, reason).await
    } else {
        another(arguments, &office, actor, issuance, reason).await
    }
}

/// The kept file, once the page was made again to the same bytes. It goes out only to the city's staff,
/// and that it did is noted first.
async fn evidence(
    arguments: &Arguments,
    office: &Office,
    actor: &Actor,
    issuance: IssuanceId,
    reason: Reason,
) -> Result<(), Lines> {
    let (at, place) = (actor.office(), arguments.issuance.as_str());
    office.people.staff(&arguments.who).map_err(refused("--as"))?;
    let proven = office.counter().prove(at, issuance).await.map_err(refused(place))?;
    if let Some(output) = &arguments.output {
        let note = Note::EvidenceShown { issuance, reason, by: actor.person().clone() };
        office.casework().note(at, Some(proven.issuance.case), &note).await.map_err(refused(place))?;
        write_output(output, &proven.file)?;
    }
    say!("{issuance}\t{}", HEXLOWER.encode(&proven.sha256));
    Ok(())
}

/// 書損 and 再発行: a reprint is a new number.
async fn another(
    arguments: &Arguments,
    office: &Office,
    actor: &Actor,
    issuance: IssuanceId,
    reason: Reason,
) -> Result<(), Lines> {
    let (at, place) = (actor.office(), arguments.issuance.as_str());
    let row = office.register.issuance(at, issuance).await.map_err(refused(place))?;
    let case = row.ok_or_else(|| refused(place)(ReprintError::NoIssuance))?.case;
    let terminal = &office.terminal(at, arguments.terminal).await?;
    let spoil = Command::Spoil { issuance, reason };
    let spoiled = office.casework().act(at, case, &spoil, actor).await.map_err(refused(place))?;
    let sheet = spoiled.case.record().sheet_of(issuance).map(Sheet::entered);
    let entry = sheet.ok_or_else(|| refused(place)(ReprintError::NoIssuance))?.id;
    let order = Order { office: at, case, entry, actor, terminal, once: None };
    let released = office.counter().issue(order).await.map_err(refused(place))?;
    if let Some(output) = &arguments.output {
        write_output(output, &released.file)?;
    }
    say!("{}\t{}", released.issuance, released.number.text());
    Ok(())
}
