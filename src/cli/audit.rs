//! `shomei audit`: whether the register is whole, from its beginning or from a signed checkpoint that was
//! kept outside; checkpoints, and proofs that a release is in the register.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use data_encoding::{BASE64, HEXLOWER};
use shomei::case::id::{IssuanceId, OfficeId};
use shomei::issuing::note::Note;
use shomei::issuing::reprint::ReprintError;
use shomei::register::audit::{Finding, Scope};
use shomei::register::checkpoint::Checkpoint;
use shomei::register::merkle;

use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end, read_input, sentences};

/// Arguments of `shomei audit`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Who does it, by account: of the city's staff.
    #[arg(long = "as", global = true, default_value = "")]
    who: String,
    /// Office; all if not given, with a checkpoint the person's own.
    #[arg(long)]
    office: Option<String>,
    /// A signed checkpoint that was kept outside; - for standard input.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Also replay every case and compare the lists with what its events say.
    #[arg(long)]
    lists: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Sign where the register of the person's office stands, and print the note, to be kept outside.
    Checkpoint {
        #[command(flatten)]
        database: Database,
    },
    /// Prove that the release of an issuance is in the register of the person's office.
    Prove {
        /// Issuance, as `case show` has it.
        issuance: String,
        #[command(flatten)]
        database: Database,
    },
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let database = match &arguments.action {
        None => &arguments.database,
        Some(Action::Checkpoint { database } | Action::Prove { database, .. }) => database,
    };
    let office = Office::open(database).await?;
    let actor = office.people.staff(&arguments.who).map_err(refused("--as"))?;
    let id = actor.office();
    match &arguments.action {
        None => audit(&office, id, arguments).await,
        Some(Action::Checkpoint { .. }) => {
            let wish = Note::CheckpointSigned { by: actor.person().clone() };
            let wish = wish.encode().map_err(refused(id.as_str()))?;
            let note = office.register.checkpoint(id, &office.signer(id)?, wish).await.map_err(refused(id.as_str()))?;
            say!("{}", note.trim_end());
            Ok(())
        }
        Some(Action::Prove { issuance, .. }) => prove(&office, id, issuance).await,
    }
}

/// Nothing that an audit tells is of a person: the staff of each office may audit all.
async fn audit(office: &Office, own: &OfficeId, arguments: &Arguments) -> Result<(), Lines> {
    let of_checkpoint = arguments.from.as_ref().map(|_| own.as_str());
    for id in office.offices(arguments.office.as_deref().or(of_checkpoint)).await? {
        let from = arguments.from.as_deref().map(|path| checkpoint(office, &id, path)).transpose()?;
        whole(office, &id, from.as_ref()).await?;
        if arguments.lists {
            lists(office, &id).await?;
        }
    }
    Ok(())
}

/// A signed note that was kept outside.
fn checkpoint(office: &Office, id: &OfficeId, path: &Path) -> Result<Checkpoint, Lines> {
    let place = path.display().to_string();
    let note = String::from_utf8(read_input(path)?).map_err(|error| Trouble::Read.at(&place, error))?;
    office.signer(id)?.verifier().open(&note).map_err(refused(&place))
}

/// Audits an office; says size and root, or tells what is wrong, the first broken link first.
pub async fn whole(office: &Office, id: &OfficeId, from: Option<&Checkpoint>) -> Result<(), Lines> {
    let verifier = office.signer(id)?.verifier();
    let scope = Scope { from, verifier: Some(&verifier) };
    let report = office.register.audit(id, scope).await.map_err(refused(id.as_str()))?;
    if report.findings.is_empty() {
        say!("{id}\t{}\t{}", report.size, BASE64.encode(&report.root));
        return Ok(());
    }
    Err(Lines(report.findings.iter().take(MOST).map(|finding| told(id, finding)).collect()))
}

/// So many findings are told; the first is what matters.
const MOST: usize = 20;

fn told(id: &OfficeId, finding: &Finding) -> String {
    let (place, code) = (format!("{id} {}", finding.place()), finding.code());
    let sentence = sentences().map(|words| words.sentence_about(&place, code)).unwrap_or_default();
    format!("{place}: {code} ({finding:?})\t{sentence}")
}

/// Compares the lists with what the events say.
async fn lists(office: &Office, id: &OfficeId) -> Result<(), Lines> {
    let rebuilt = office.casework().rebuild(id).await.map_err(refused(id.as_str()))?;
    if rebuilt.different.is_empty() {
        say!("{id}\tcases\t{}\t{}", rebuilt.replayed, rebuilt.destroyed);
        return Ok(());
    }
    let code = "audit-lists";
    let tell = |number: &String| {
        let sentence = sentences().map(|words| words.sentence_about(number, code)).unwrap_or_default();
        format!("{id} {number}: {code}\t{sentence}")
    };
    Err(Lines(rebuilt.different.iter().take(MOST).map(tell).collect()))
}

/// Leaf, path, size and root, once they were verified.
async fn prove(office: &Office, id: &OfficeId, issuance: &str) -> Result<(), Lines> {
    let issuance_id = IssuanceId::parse(issuance).map_err(refused(issuance))?;
    let register = &office.register;
    let found = register.issuance(id, issuance_id).await.map_err(refused(issuance))?;
    let row = found.ok_or_else(|| refused(issuance)(ReprintError::NoIssuance))?;
    let position = office.casework().released_at(id, &row).await.map_err(refused(issuance))?;
    let position = position.ok_or_else(|| refused(issuance)(ReprintError::NotReleased))?;
    let tree = register.head(id).await.map_err(refused(id.as_str()))?.tree;
    let (size, root) = (tree.size(), tree.root());
    let (leaf, path) = register.inclusion(id, position, size).await.map_err(refused(issuance))?;
    if !merkle::includes(&root, size, position, leaf, &path) {
        return Err(told_broken(id, position));
    }
    say!("position\t{position}\nsize\t{size}\nroot\t{}\nleaf\t{}", BASE64.encode(&root), HEXLOWER.encode(&leaf));
    path.iter().for_each(|hash| say!("path\t{}", HEXLOWER.encode(hash)));
    Ok(())
}

fn told_broken(id: &OfficeId, position: u64) -> Lines {
    Lines(vec![told(id, &Finding::Changed { position })])
}
