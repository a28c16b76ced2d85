//! `shomei golden`: forms against their accepted pages, by text with positions, by pixels, by bytes.
//!
//! It serves a city's own forms as well as ours. A golden of `samples/KIND/CASE.json` is
//! `KIND.CASE.txt` (SHA-256 of the file, then every text with its place) and `KIND.CASE.N.png`.

mod page;
mod report;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::document::catalog::{KINDS, Kind};
use shomei::issuing::specimen::{specimen_day, specimen_of};
use shomei::press::Press;

use super::{Lines, Trouble, confined, render, told_of};
use page::{Difference, Golden};

/// Arguments of `shomei golden`.
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Compare; write a report of what differs. A difference, or a golden without a sample, ends with
    /// status 1.
    Check(Where),
    /// Take the present pages for right, and remove goldens without a sample. Look at them first.
    Accept(Where),
    /// Write the report whether something differs or not.
    Report(Where),
}

#[derive(Args)]
struct Where {
    /// One kind; all without it.
    kind: Option<String>,
    /// Other templates.
    #[arg(long)]
    templates: Option<PathBuf>,
    /// Folder of samples.
    #[arg(long, default_value = "samples")]
    samples: PathBuf,
    /// Folder of accepted pages.
    #[arg(long, default_value = "tests/golden")]
    golden: PathBuf,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    let (Action::Check(place) | Action::Accept(place) | Action::Report(place)) = &arguments.action;
    let act = || match go(&arguments.action, place) {
        Ok(code) => code,
        Err(lines) => super::end(Err(lines)),
    };
    if place.templates.is_some() { confined::run(act) } else { act() }
}

fn go(action: &Action, place: &Where) -> Result<ExitCode, Lines> {
    let press = render::press(place.templates.as_deref(), None)?;
    let samples = samples(place)?;
    if samples.is_empty() {
        return Err(Trouble::Read.at(place.samples.display(), "no samples"));
    }
    let orphans = orphans(place, &samples)?;
    if matches!(action, Action::Accept(_)) {
        return accept(&press, place, samples, &orphans);
    }
    let mut rows = Vec::new();
    let (mut right, mut wrong) = (Tally::default(), Tally::default());
    for (kind, name, sample) in samples {
        let actual = page_of(&press, kind, &sample)?;
        let accepted = Golden::read(&place.golden, &name)?;
        let difference = Difference::between(&accepted, &actual);
        if difference.is_none() {
            right.count(actual.pages.len());
        } else {
            wrong.count(actual.pages.len());
            say!("{name}: {difference}");
        }
        if !difference.is_none() || matches!(action, Action::Report(_)) {
            rows.push((name, accepted, actual, difference));
        }
    }
    for name in orphans.keys() {
        say!("{name}: a golden without a sample");
    }
    if !rows.is_empty() {
        let folder = place.golden.join("report");
        report::write(&folder, &rows)?;
        say!("report: {}", folder.join("index.html").display());
    }
    say!("as accepted: {right}; different: {wrong}; without a sample: {}", tally(&orphans));
    Ok(if wrong == Tally::default() && orphans.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

type Compared = (String, Golden, Golden, Difference);

/// Writes what differs, and removes the goldens of samples that are gone.
fn accept(press: &Press, place: &Where, samples: Vec<Sample>, orphans: &Orphans) -> Result<ExitCode, Lines> {
    let (mut written, mut unchanged) = (Tally::default(), Tally::default());
    for (kind, name, sample) in samples {
        let actual = page_of(press, kind, &sample)?;
        if Golden::read(&place.golden, &name)? == actual {
            unchanged.count(actual.pages.len());
        } else {
            actual.write(&place.golden, &name)?;
            written.count(actual.pages.len());
        }
    }
    for file in orphans.values().flatten() {
        std::fs::remove_file(file)?;
    }
    say!("written: {written}; removed: {}; unchanged: {unchanged}", tally(orphans));
    Ok(ExitCode::SUCCESS)
}

/// How many documents, and how many pages they have together.
#[derive(Default, PartialEq, Eq)]
struct Tally {
    documents: usize,
    pages: usize,
}

impl Tally {
    fn count(&mut self, pages: usize) {
        self.documents += 1;
        self.pages += pages;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} documents ({} pages)", self.documents, self.pages)
    }
}

/// Goldens without a sample: their names and files.
type Orphans = BTreeMap<String, Vec<PathBuf>>;

fn tally(orphans: &Orphans) -> Tally {
    let mut tally = Tally::default();
    for files in orphans.values() {
        tally.count(files.iter().filter(|file| page::is_picture(file)).count());
    }
    tally
}

/// Every golden of the chosen kind, or of any, that no sample has.
fn orphans(place: &Where, samples: &[Sample]) -> Result<Orphans, Lines> {
    let mut orphans = Orphans::new();
    if !place.golden.is_dir() {
        return Ok(orphans);
    }
    for entry in std::fs::read_dir(&place.golden)? {
        let file = entry?.path();
        let Some(name) = page::name_of(&file) else { continue };
        let kind = name.split('.').next();
        let is_chosen = place.kind.as_deref().is_none_or(|chosen| kind == Some(chosen));
        if is_chosen && !samples.iter().any(|(_, known, _)| *known == name) {
            orphans.entry(name).or_default().push(file);
        }
    }
    Ok(orphans)
}

/// Kind, name of its golden, path.
type Sample = (&'static Kind, String, PathBuf);

/// Every sample.
fn samples(place: &Where) -> Result<Vec<Sample>, Lines> {
    let only = place.kind.as_deref().map(super::kind).transpose()?;
    let mut found = Vec::new();
    for kind in KINDS.iter().filter(|kind| only.is_none_or(|only| only == *kind)) {
        let ordinary = place.samples.join(format!("{}.json", kind.id));
        if ordinary.is_file() {
            found.push((kind, kind.id.to_owned(), ordinary));
        }
        for hard in json_files(&place.samples.join(kind.id))? {
            let case = hard.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.push((kind, format!("{}.{case}", kind.id), hard));
        }
    }
    Ok(found)
}

fn json_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

fn page_of(press: &Press, kind: &'static Kind, sample: &Path) -> Result<Golden, Lines> {
    let words = press.words(kind)?;
    let bytes = super::read_input(sample)?;
    let place = |mut lines: Lines| {
        lines.0.insert(0, sample.display().to_string());
        lines
    };
    let parsed = kind.parse(&bytes, &**press.typefaces()).as_of(specimen_day()?);
    let printed = specimen_of(press, parsed).map_err(|error| place(told_of(error, &words)))?;
    Golden::of(printed.pdf)
}
