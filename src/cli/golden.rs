//! `shomei golden`: forms against their accepted pages, by text with positions, by pixels, by bytes.
//!
//! It serves a city's own forms as well as ours. A golden of `samples/KIND/CASE.json` is
//! `KIND.CASE.txt` (SHA-256 of the file, then every text with its place) and `KIND.CASE.N.png`.

mod page;
mod report;

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
    /// Compare; on a difference write a report and end with status 1.
    Check(Where),
    /// Take the present pages for right. Look at them first.
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
    let mut different = Vec::new();
    let mut compared = 0usize;
    let samples = samples(place)?;
    if samples.is_empty() {
        return Err(Trouble::Read.at(place.samples.display(), "no samples"));
    }
    for (kind, name, sample) in samples {
        let actual = page_of(&press, kind, &sample)?;
        if matches!(action, Action::Accept(_)) {
            actual.write(&place.golden, &name)?;
            continue;
        }
        compared += 1;
        let accepted = Golden::read(&place.golden, &name)?;
        let difference = Difference::between(&accepted, &actual);
        if !difference.is_none() {
            say!("{name}: {difference}");
        }
        if !difference.is_none() || matches!(action, Action::Report(_)) {
            different.push((name, accepted, actual, difference));
        }
    }
    finish(action, place, compared, &different)
}

type Compared = (String, Golden, Golden, Difference);

fn finish(action: &Action, place: &Where, compared: usize, rows: &[Compared]) -> Result<ExitCode, Lines> {
    if matches!(action, Action::Accept(_)) {
        return Ok(ExitCode::SUCCESS);
    }
    let failed = rows.iter().filter(|row| !row.3.is_none()).count();
    if !rows.is_empty() {
        let folder = place.golden.join("report");
        report::write(&folder, rows)?;
        say!("report: {}", folder.join("index.html").display());
    }
    say!("{} of {compared} pages as accepted", compared - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Every sample: kind, name of its golden, path.
fn samples(place: &Where) -> Result<Vec<(&'static Kind, String, PathBuf)>, Lines> {
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
    let mut files = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
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
