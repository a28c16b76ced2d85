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

mod adopt;
mod audit;
mod backup;
mod bench_cases;
mod bench_page;
mod case;
mod certifiers;
mod check;
mod city_fonts;
mod close_day;
mod confined;
mod days;
mod demo;
mod flows;
mod golden;
mod import;
mod incident;
mod key;
mod kinds;
mod licenses;
mod notice;
mod office;
mod paper;
mod render;
mod reprint;
mod restore;
mod retention;
mod serve;
mod subject;
mod suppress;
mod terminal;
mod trace;
mod user;

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use chrono::{FixedOffset, Utc};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use shomei::document::catalog::Kind;
use shomei::document::refusal::Refusals;
use shomei::document::words::{Words, WordsError};
use shomei::domain::calendar::Day;
use shomei::issuing::specimen::{SpecimenError, specimen_day};
use shomei::press::PressError;
use shomei::press::sheet::SheetError;
use shomei::press::template::Templates;

/// Prints a Japanese ward office's certificates: from an approved case to the sealed page.
#[derive(Parser)]
#[command(name = "shomei", version, about)]
struct Arguments {
    /// What the program tells of itself on standard error (error, warn, info, debug, trace; or as RUST_LOG has it).
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
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
    /// Run a case of each of the 48 flows to its end on a register, and print a 見本 of every kind.
    Demo(demo::Arguments),
    /// Work on cases: open, show, do, print, issue, return, list.
    Case(case::Arguments),
    /// Say whether the register is whole; sign where it stands; prove that a release is in it.
    Audit(audit::Arguments),
    /// Show that a released page is what it was, or issue another for a spoiled one.
    Reprint(reprint::Arguments),
    /// 保存期間: list the cases whose period is over, or destroy their content, by two people.
    Retention(retention::Arguments),
    /// Close a day: a signed checkpoint and the day's 交付簿.
    CloseDay(close_day::Arguments),
    /// 開庁日: say whether the offices are open on a day, and which day follows.
    Days(days::Arguments),
    /// Take over what the city's systems hold of people, from CSV or JSON.
    Import(import::Arguments),
    /// 偽造防止用紙: sheets in, used, spoiled, left.
    Paper(paper::Arguments),
    /// 抑止: list, set or lift what may not be given out, changed or looked up of somebody.
    Suppress(suppress::Arguments),
    /// 本人通知: who asked to be told, and of which copies they must be.
    Notice(notice::Arguments),
    /// Serve the API over HTTP
    Serve(serve::Arguments),
    /// 照会: look people up among what is held
    Subject(subject::Arguments),
    /// 証明者と公印: show who certifies and with which seal, or propose a change.
    Office(certifiers::Arguments),
    /// 端末: make a code for one, enrol this machine by it, list, renew or end them.
    Terminal(terminal::Arguments),
    /// Say who works where, and give them their passwords
    User(user::Arguments),
    /// List open incidents, or close one.
    Incident(incident::Arguments),
    /// List the keys of an office's cases, make a new one, or wrap by it what old ones wrap.
    Key(key::Arguments),
    /// Copy the register to a file.
    Backup(backup::Arguments),
    /// Restore a copy into a new register and audit it.
    Restore(restore::Arguments),
    /// Give the register to this build of the program, by two people.
    Adopt(adopt::Arguments),
    /// List the procedures, or show one: its steps, its data, its picture.
    Flows(flows::Arguments),
    /// Compare forms with their accepted pages, accept them, or report what moved.
    Golden(golden::Arguments),
    /// File approved cases, to measure how they are issued; says their 案件番号.
    #[command(hide = true)]
    BenchCases(bench_cases::Arguments),
    /// Measure how long a sealed page takes on this machine.
    #[command(hide = true)]
    BenchPage(bench_page::Arguments),
    /// Print the licences of the program and of everything in it.
    Licenses,
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let matches = Arguments::command().try_get_matches();
    let name = matches.as_ref().ok().and_then(|matches| matches.subcommand_name()).unwrap_or_default().to_owned();
    let arguments = match matches.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        // What was asked for with --help or --version.
        Err(told) if !told.use_stderr() => told.exit(),
        Err(error) => {
            complain!("{error}");
            return end(Err(Trouble::Usage.at("shomei", error.kind())));
        }
    };
    let serving = matches!(arguments.command, Command::Serve(_));
    match trace::begin(arguments.log.as_deref(), serving) {
        Ok(()) => trace::command(&name, || go(arguments.command)),
        refused => end(refused),
    }
}

fn go(command: Command) -> ExitCode {
    match command {
        Command::Kinds(arguments) => kinds::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Case(arguments) => case::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Reprint(arguments) => reprint::run(&arguments),
        Command::Retention(arguments) => retention::run(&arguments),
        Command::CloseDay(arguments) => close_day::run(&arguments),
        Command::Days(arguments) => days::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Office(arguments) => certifiers::run(&arguments),
        Command::Terminal(arguments) => terminal::run(&arguments),
        Command::User(arguments) => user::run(&arguments),
        Command::Subject(arguments) => subject::run(&arguments),
        Command::Paper(arguments) => paper::run(&arguments),
        Command::Suppress(arguments) => suppress::run(&arguments),
        Command::Notice(arguments) => notice::run(&arguments),
        Command::Incident(arguments) => incident::run(&arguments),
        Command::Key(arguments) => key::run(&arguments),
        Command::Backup(arguments) => backup::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Adopt(arguments) => adopt::run(&arguments),
        Command::Flows(arguments) => flows::run(&arguments),
        Command::Golden(arguments) => golden::run(&arguments),
        Command::BenchCases(arguments) => bench_cases::run(&arguments),
        Command::BenchPage(arguments) => bench_page::run(&arguments),
        Command::Licenses => licenses::run(),
    }
}

/// Exit status of a refusal.
const REFUSED: u8 = 2;

/// What a command tells on standard error before it ends with [`REFUSED`]: one line each.
struct Lines(Vec<String>);

/// What goes wrong around documents.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// A file or folder that cannot be read.
    Read,
    /// A file or folder that cannot be written.
    Write,
    /// A kind that is not in the catalog.
    UnknownKind,
    /// Arguments that the command does not know.
    Usage,
    /// Anything else: a fault of the program or of how it was installed.
    Program,
}

impl Trouble {
    /// Key of the sentence that tells a person.
    fn code(self) -> &'static str {
        match self {
            Self::Read => "file-not-read",
            Self::Write => "file-not-written",
            Self::UnknownKind => "unknown-kind",
            Self::Usage => "usage",
            Self::Program => "program-failed",
        }
    }

    /// The line that tells of it: place, code and what happened for logs, then the sentence for a person.
    fn at(self, place: impl fmt::Display, happened: impl fmt::Display) -> Lines {
        line(&place.to_string(), self.code(), happened)
    }
}

/// A line about a place: what happened for logs, and the sentence of its code for a person.
fn line(place: &str, code: &str, happened: impl fmt::Display) -> Lines {
    tracing::info!(code, "refused");
    let sentence = sentences().map(|words| words.sentence_about(place, code)).unwrap_or_default();
    Lines(vec![format!("{place}: {code} ({happened})\t{sentence}")])
}

/// The sentences of refusals that are about no kind of document.
fn sentences() -> Result<Words, WordsError> {
    let file = "words/refusals.toml";
    Words::read(Templates::embedded().text(file).map(|text| (file, text)))
}

impl<E: std::error::Error> From<E> for Lines {
    fn from(error: E) -> Self {
        Trouble::Program.at("shomei", error)
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
    Kind::by_id(id).ok_or_else(|| Trouble::UnknownKind.at(id, "`shomei kinds` lists them"))
}

/// Refusals, one a line: place and code for a machine, then the sentence for a person.
fn told(refusals: &Refusals, words: &Words) -> Lines {
    Lines(refusals.told().map(|refusal| format!("{refusal}\t{}", words.sentence(&refusal))).collect())
}

/// What a specimen that could not be made tells.
fn told_of(error: SpecimenError, words: &Words) -> Lines {
    match error {
        SpecimenError::Press(PressError::Sheet(SheetError::Refused(refusals))) => told(&refusals, words),
        SpecimenError::Press(PressError::Sheet(SheetError::Form(form))) => {
            let message = form.to_string();
            let sentence = words.fill("refusal.template-failed", &[("message", &message)]);
            Lines(vec![format!("document: template-failed\t{sentence}")])
        }
        other => other.into(),
    }
}

/// Reads a file, or standard input for `-`, up to a little more than a document may have.
fn read_input(path: &Path) -> Result<Vec<u8>, Lines> {
    use std::io::Read as _;
    let most = shomei::document::json::MOST_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if is_standard(path) {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| Trouble::Read.at(path.display(), error))?;
    Ok(bytes)
}

/// Writes a file, or to standard output for `-`.
fn write_output(path: &Path, bytes: &[u8]) -> Result<(), Lines> {
    use std::io::Write as _;
    let written = if is_standard(path) {
        let mut output = std::io::stdout().lock();
        output.write_all(bytes).and_then(|()| output.flush())
    } else {
        // Whole or not at all: written beside its place, then moved there.
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path))
    };
    written.map_err(|error| Trouble::Write.at(path.display(), error))
}

/// Whether a path stands for standard input or output.
fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Today in Tokyo, whatever the machine's zone.
fn today() -> Result<Day, Lines> {
    /// Seconds east of Greenwich of Asia/Tokyo, which has no summer time.
    const TOKYO: i32 = 9 * 3600;
    let tokyo = FixedOffset::east_opt(TOKYO).ok_or_else(|| Trouble::Program.at("shomei", "no such zone"))?;
    Ok(Day::try_from(Utc::now().with_timezone(&tokyo).date_naive())?)
}

/// The last day that data for a 見本 may know of: today, though the 見本 itself bears a fixed day, so
/// that it never changes.
fn latest_day() -> Result<Day, Lines> {
    Ok(today()?.max(specimen_day()?))
}
