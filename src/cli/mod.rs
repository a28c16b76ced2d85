//! The command line: one file per subcommand.

/// Tells on standard output. Whoever stops reading ends nothing: what is left is told to nobody.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

/// The same on standard error.
macro_rules! complain {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}

mod bench_page;
mod check;
mod city_fonts;
mod confined;
mod demo;
mod flows;
mod golden;
mod kinds;
mod licenses;
mod render;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use shomei::document::catalog::Kind;
use shomei::document::refusal::Refusals;
use shomei::document::words::Words;
use shomei::issuing::specimen::SpecimenError;
use shomei::press::PressError;
use shomei::press::sheet::SheetError;

/// Prints a Japanese ward office's certificates: from an approved case to the sealed page.
#[derive(Parser)]
#[command(name = "shomei", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the kinds of documents.
    Kinds(kinds::Arguments),
    /// Print a 見本 of a document.
    Render(render::Arguments),
    /// Say whether a document can be printed, and if not, everything that is in the way.
    Check(check::Arguments),
    /// Run a real case from reception to the sealed page, and print a 見本 of every kind.
    Demo(demo::Arguments),
    /// List the procedures, or show one: its steps, its data, its picture.
    Flows(flows::Arguments),
    /// Compare forms with their accepted pages, accept them, or report what moved.
    Golden(golden::Arguments),
    /// Measure how long a sealed page takes on this machine.
    #[command(hide = true)]
    BenchPage(bench_page::Arguments),
    /// Print the licences of the program and of everything in it.
    Licenses,
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Kinds(arguments) => kinds::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Flows(arguments) => flows::run(&arguments),
        Command::Golden(arguments) => golden::run(&arguments),
        Command::BenchPage(arguments) => bench_page::run(&arguments),
        Command::Licenses => licenses::run(),
    }
}

/// Exit status of a refusal.
const REFUSED: u8 = 2;

/// What a command tells on standard error before it ends with [`REFUSED`]: one line each.
struct Lines(Vec<String>);

impl<E: std::error::Error> From<E> for Lines {
    fn from(error: E) -> Self {
        Self(vec![error.to_string()])
    }
}

/// Ends a command: quietly, or with its lines on standard error.
fn end(result: Result<(), Lines>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Lines(lines)) => {
            lines.iter().for_each(|line| complain!("{line}"));
            ExitCode::from(REFUSED)
        }
    }
}

/// The kind of an id.
fn kind(id: &str) -> Result<&'static Kind, Lines> {
    Kind::by_id(id).ok_or_else(|| Lines(vec![format!("no kind {id}; `shomei kinds` lists them")]))
}

/// Refusals, one a line: place and code for a machine, then the sentence for a person.
fn told(refusals: &Refusals, words: &Words) -> Lines {
    Lines(refusals.0.iter().map(|refusal| format!("{refusal}\t{}", words.sentence(refusal))).collect())
}

/// What a specimen that could not be made tells.
fn told_of(error: &SpecimenError, words: &Words) -> Lines {
    match error {
        SpecimenError::Press(PressError::Sheet(SheetError::Refused(refusals))) => told(refusals, words),
        SpecimenError::Press(PressError::Sheet(SheetError::Form(form))) => {
            let message = form.to_string();
            let sentence = words.fill("refusal.template-failed", &[("message", &message)]);
            Lines(vec![format!("document: template-failed\t{sentence}")])
        }
        other => Lines(vec![other.to_string()]),
    }
}

/// Reads a file, or standard input for `-`, up to a little more than a document may have.
fn read_input(path: &Path) -> Result<Vec<u8>, Lines> {
    use std::io::Read as _;
    let most = shomei::document::json::MOST_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| about("reading", path, &error))?;
    Ok(bytes)
}

/// A line about a file.
fn about(act: &str, path: &Path, error: &std::io::Error) -> Lines {
    Lines(vec![format!("{act} {}: {error}", path.display())])
}

/// Writes a file.
fn write_output(path: &Path, bytes: &[u8]) -> Result<(), Lines> {
    // Whole or not at all: written beside its place, then moved there.
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| about("writing", path, &error))
}
