//! `shomei demo`: the main job on real input. A case of 住民票の写しの交付 goes from reception to the
//! sealed page by its own people; then a 見本 of every kind.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use shomei::case::{Actor, Case, Command};
use shomei::document::catalog::{Composed, KINDS, Kind};
use shomei::domain::calendar::Day;
use shomei::issuing::city::{City, OfficeEntry};
use shomei::issuing::specimen::{specimen_day, specimen_of};
use shomei::issuing::{Issuing, Numbers, Terminal};
use shomei::press::mark::MarkKey;
use shomei::press::sheet::Paper;
use shomei::press::{Leave, Press};
use shomei::procedure::{Act, Party, Procedure, Procedures};

use super::{Lines, Trouble, end, render, today, told, told_of};

/// Arguments of `shomei demo`.
#[derive(Args)]
pub struct Arguments {
    /// Folder for everything that is printed.
    #[arg(long)]
    out: PathBuf,
}

/// The case of the demo: a household of four of 北区.
const DOCUMENT: &str = include_str!("../../samples/juminhyo-utsushi.json");
/// Host of the sample city's verification page; nothing is ever asked of it.
const HOST: &str = "verify.mihon.example";

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(demo(&arguments.out))
}

fn demo(out: &Path) -> Result<(), Lines> {
    std::fs::create_dir_all(out)?;
    let press = Press::embedded()?;
    walk_case(&press, out)?;
    specimens(&press, out)?;
    say!("\nEverything is in {}.", out.display());
    Ok(())
}

/// Tells who did what.
fn tell(procedure: &Procedure, act: Act, who: &str, printed: Option<&Path>) {
    let step = procedure.steps.iter().find(|step| step.act == act);
    let (number, action) = step.map_or(("", ""), |step| (step.number.as_deref().unwrap_or_default(), step.action.as_str()));
    let printed = printed.map(|path| format!(" → {}", path.display())).unwrap_or_default();
    say!("{number} {action}: {who}{printed}");
}

fn walk_case(press: &Press, out: &Path) -> Result<(), Lines> {
    let procedures = Procedures::embedded()?;
    let procedure = procedures.get("juminhyo-kofu").ok_or_else(|| Lines(vec!["no procedure juminhyo-kofu".to_owned()]))?;
    let city = City::sample()?;
    let office = city.office("kita-ku")?;
    let key = mark_key(&out.join("keys"))?;
    let issuing = Issuing { press, city: &city, key: &key, host: HOST, paper: Paper::Plain };
    let day = today()?;
    let document = document(press)?;

    say!("{}  {}\n", procedure.title, office.office.name);
    let actor = |id: &str, party| Actor { id: id.to_owned(), party };
    let counter = actor("受注者・窓口 見本 一子", Party::Contractor);
    let entry = actor("受注者・入力 見本 二郎", Party::Contractor);
    let collator = actor("受注者・照合 見本 三枝", Party::Contractor);
    let officer = actor("本市・審査承認 見本 四郎", Party::City);

    let case = Case::receive(counter.clone())?;
    say!("③ 交付請求書の受付・確認: {}", counter.id);
    let short = document.digest().short();
    let cover = press.cover(&document, &issuing.surround(office, day, &short)?);
    let case = step(case, Command::Enter { cover: cover.clone() }, &entry)?;
    let copy = print_copy(&issuing, office, day, &document, &case, out)?;
    tell(procedure, Act::Enter, &entry.id, Some(&copy));
    let case = step(case, Command::Collate, &collator)?;
    tell(procedure, Act::Collate, &collator.id, None);
    let case = step(case, Command::Examine, &officer)?;
    tell(procedure, Act::Review, &officer.id, None);
    let case = step(case, Command::Approve { cover }, &officer)?;
    let sealed = issue(&issuing, office, day, &document, &case, out)?;
    tell(procedure, Act::Approve, &officer.id, Some(&sealed));
    step(case, Command::HandOver, &counter)?;
    say!("⑭ 交付: {}\n", counter.id);
    Ok(())
}

fn step(case: Case, command: Command, actor: &Actor) -> Result<Case, Lines> {
    let event = case.decide(command, actor)?;
    Ok(case.apply(event))
}

fn document(press: &Press) -> Result<Composed, Lines> {
    let kind = super::kind("juminhyo-utsushi")?;
    let words = press.words(kind)?;
    kind.read(DOCUMENT.as_bytes(), &**press.typefaces()).map_err(|refusals| told(&refusals, &words))
}

/// 承認前・照合用.
fn print_copy(
    issuing: &Issuing<'_>,
    office: &OfficeEntry,
    day: Day,
    document: &Composed,
    case: &Case,
    out: &Path,
) -> Result<PathBuf, Lines> {
    let short = document.digest().short();
    let surround = issuing.surround(office, day, &short)?;
    let warrant = case.collation_warrant().ok_or_else(|| Trouble::Program.at("shomei", "nothing was entered"))?;
    let printed = issuing.press.print(document, Leave::Collation(&warrant), &surround)?;
    let path = out.join("juminhyo-utsushi-collation.pdf");
    std::fs::write(&path, printed.pdf)?;
    Ok(path)
}

fn issue(
    issuing: &Issuing<'_>,
    office: &OfficeEntry,
    day: Day,
    document: &Composed,
    case: &Case,
    out: &Path,
) -> Result<PathBuf, Lines> {
    let terminal = Terminal { number: 1, name: "本庁01".to_owned(), printer: "P003".to_owned() };
    let issued = issuing.issue(case, document, office, day, &terminal, &mut Numbers::default())?;
    let path = out.join("juminhyo-utsushi-sealed.pdf");
    std::fs::write(&path, issued.page.pdf())?;
    render::write_pictures(issued.page.pdf().to_vec(), "juminhyo-utsushi-sealed", out)?;
    Ok(path)
}

fn specimens(press: &Press, out: &Path) -> Result<(), Lines> {
    let folder = out.join("specimens");
    std::fs::create_dir_all(&folder)?;
    for kind in KINDS {
        let words = press.words(kind)?;
        let Some(sample) = sample_of(kind) else {
            return Err(Trouble::Program.at("shomei", format!("no sample of {}", kind.id)));
        };
        let parsed = kind.parse(&sample, &**press.typefaces()).as_of(specimen_day()?);
        let printed = specimen_of(press, parsed).map_err(|error| told_of(error, &words))?;
        let path = folder.join(format!("{}.pdf", kind.id));
        std::fs::write(&path, printed.pdf)?;
        say!("見本 {} → {}", words.get("name"), path.display());
    }
    Ok(())
}

/// The ordinary samples, inside the binary so that the demo needs no other file.
#[derive(rust_embed::RustEmbed)]
#[folder = "samples"]
#[include = "*.json"]
#[exclude = "*/*"]
struct Samples;

fn sample_of(kind: &Kind) -> Option<Vec<u8>> {
    Samples::get(&format!("{}.json", kind.id)).map(|file| file.data.into_owned())
}

/// The key of the QR: made when first needed, kept in a folder that only its owner reads.
fn mark_key(folder: &Path) -> Result<MarkKey, Lines> {
    use std::io::Write as _;
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let file = folder.join("mark.key");
    if let Ok(bytes) = std::fs::read(&file) {
        return Ok(MarkKey::from_bytes(&bytes)?);
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut bytes = [0; 32];
    let key = loop {
        getrandom::fill(&mut bytes).map_err(|error| Trouble::Program.at("shomei", format!("making a key: {error}")))?;
        // All but about one in 2^32 draws are a key of the curve.
        if let Ok(key) = MarkKey::from_bytes(&bytes) {
            break key;
        }
    };
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(&bytes)?;
    Ok(key)
}
