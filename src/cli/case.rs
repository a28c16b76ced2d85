//! `shomei case`: cases, from their reception to their end. Each command names who does it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use shomei::case::actor::Actor;
use shomei::case::command::{Command, Work};
use shomei::case::event::{Attributes, Data, Entry, Reason, Seen, Source};
use shomei::case::id::{CaseId, EntryId};
use shomei::case::sheet::Sheet;
use shomei::document::catalog::{Composed, Kind, Sealing};
use shomei::document::names::{Field, Name};
use shomei::domain::calendar::Day;
use shomei::issuing::casework::Loaded;
use shomei::issuing::entering::{EnteringError, Wish};
use shomei::issuing::issue::Order;
use shomei::press::Leave;
use shomei::procedure::StepKey;
use shomei::register::CaseRow;

use super::office::{Database, Office, refused, wait};
use super::{Lines, Trouble, end, kind, read_input, told, write_output};

/// Arguments of `shomei case`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    database: Database,
    /// Who does it, by account.
    #[arg(long = "as", global = true, default_value = "")]
    who: String,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// 受付: begin a case.
    Open {
        /// Flow (`shomei flows`).
        flow: String,
        /// What is known of the case: ATTRIBUTE=VALUE.
        #[arg(long)]
        attribute: Vec<String>,
    },
    /// Show a case: what was done, what waits for whom.
    Show {
        /// 案件番号.
        case: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Do a step.
    Do {
        /// 案件番号.
        case: String,
        /// Key of the step.
        step: String,
        /// A document that is entered: KIND=FILE, or KIND*COPIES=FILE.
        #[arg(long)]
        enter: Vec<String>,
        /// A certificate that is composed from what is held, as a 交付請求 asks: KIND=FILE, or KIND*COPIES=FILE.
        #[arg(long)]
        compose: Vec<String>,
        /// 照合符号 of a document that was seen and is approved.
        #[arg(long)]
        seen: Vec<String>,
        /// 証明日 of what is approved now, where it is not today: the day of posting.
        #[arg(long)]
        day: Option<String>,
        /// A sheet that the program does not print and that is there.
        #[arg(long)]
        confirm: Vec<String>,
    },
    /// Print a document of a case: for collation, or an internal sheet.
    Print {
        /// 案件番号.
        case: String,
        /// Number of the document in the case.
        document: u32,
        /// Where the PDF goes.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// 発行: one sealed copy of an approved document.
    Issue {
        /// 案件番号.
        case: String,
        /// Number of the document in the case.
        document: u32,
        /// Terminal; the office's first if not given.
        #[arg(long)]
        terminal: Option<String>,
        /// Where the PDF goes.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// 差戻し to the last entry.
    Return(Because),
    /// 修正依頼 to the visitor.
    Correct(Because),
    /// 本市へ引継ぎ.
    HandToCity(Because),
    /// Back from the city's staff.
    HandBack {
        /// 案件番号.
        case: String,
    },
    /// 不交付.
    Refuse(Because),
    /// 書損: a released sheet is not handed over.
    Spoil {
        /// 案件番号.
        case: String,
        /// Issuance, as `show` has it.
        issuance: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// 作業一覧: what the person can do now, oldest first.
    List,
    /// Cases of the person's office with a name or 宛名番号 on a document, newest first.
    Find(Wanted),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Wanted {
    /// 氏名・名称, whole: with or without spaces, variants of a character as one.
    #[arg(long)]
    shimei: Option<String>,
    /// 宛名番号.
    #[arg(long)]
    atena_bango: Option<String>,
}

impl Wanted {
    fn name(&self) -> Option<Name> {
        let shimei = self.shimei.as_ref().map(|text| Name::new(Field::Shimei, text));
        shimei.or_else(|| self.atena_bango.as_ref().map(|text| Name::new(Field::AtenaBango, text)))
    }
}

#[derive(Args)]
struct Because {
    /// 案件番号.
    case: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(wait(go(arguments)))
}

async fn go(arguments: &Arguments) -> Result<(), Lines> {
    let office = Office::open(&arguments.database).await?;
    let actor = &office.people.person(&arguments.who).map_err(refused("--as"))?.actor;
    let desk = Desk { office: &office, actor };
    match &arguments.action {
        Action::Open { flow, attribute } => desk.open(flow, attribute).await,
        Action::Show { case, json } => desk.show(case, *json).await,
        Action::Do { case, step, enter, compose, seen, day, confirm } => {
            let work = Doing { step, enter, compose, seen, day: day.as_deref(), confirm };
            desk.work(case, work).await
        }
        Action::Print { case, document, output } => desk.print(case, EntryId(*document), output).await,
        Action::Issue { case, document, terminal, output } => {
            desk.issue(case, EntryId(*document), terminal.as_deref(), output).await
        }
        Action::Return(because) => desk.because(because, |reason| Command::Return { reason }).await,
        Action::Correct(because) => desk.because(because, |reason| Command::RequestCorrection { reason }).await,
        Action::HandToCity(because) => desk.because(because, |reason| Command::HandToCity { reason }).await,
        Action::HandBack { case } => desk.act(case, Command::HandBack).await,
        Action::Refuse(because) => desk.because(because, |reason| Command::Refuse { reason }).await,
        Action::Spoil { case, issuance, reason } => {
            let issuance = shomei::case::id::IssuanceId::parse(issuance).map_err(refused(issuance))?;
            desk.act(case, Command::Spoil { issuance, reason: because(reason)? }).await
        }
        Action::List => desk.list().await,
        Action::Find(wanted) => desk.look_for(wanted).await,
    }
}

/// Why something is done, in a person's words.
pub fn because(reason: &str) -> Result<Reason, Lines> {
    Reason::parse(reason).ok_or_else(|| Trouble::Usage.at("--reason", "it is empty"))
}

/// What is done at a step.
struct Doing<'a> {
    step: &'a str,
    enter: &'a [String],
    compose: &'a [String],
    seen: &'a [String],
    day: Option<&'a str>,
    confirm: &'a [String],
}

/// A person at an office.
struct Desk<'a> {
    office: &'a Office,
    actor: &'a Actor,
}

impl Desk<'_> {
    async fn open(&self, flow: &str, attributes: &[String]) -> Result<(), Lines> {
        let split = |text: &String| text.split_once('=').map(|(id, value)| (id.to_owned(), value.to_owned()));
        let given: Option<Attributes> = attributes.iter().map(split).collect();
        let attributes = given.ok_or_else(|| Trouble::Usage.at("--attribute", "it is not ATTRIBUTE=VALUE"))?;
        let opened = self.office.casework().open(flow, attributes, self.actor).await.map_err(refused(flow))?;
        say!("{}", opened.row.number);
        Ok(())
    }

    /// The case of a 案件番号, in the person's own office.
    async fn find(&self, number: &str) -> Result<(CaseId, Loaded), Lines> {
        let at = self.actor.office();
        let found = self.office.register.case_by_number(at, number).await.map_err(refused(number))?;
        let id = found.map(|row| row.id).or_else(|| CaseId::parse(number).ok());
        let none = || refused(number)(shomei::issuing::casework::CaseworkError::NoCase);
        let id = id.ok_or_else(none)?;
        Ok((id, self.office.casework().load(at, id).await.map_err(refused(number))?))
    }

    async fn act(&self, number: &str, command: Command) -> Result<(), Lines> {
        let (id, _) = self.find(number).await?;
        let casework = self.office.casework();
        let after = casework.act(self.actor.office(), id, &command, self.actor).await.map_err(refused(number))?;
        self.tell_next(&after).await
    }

    async fn because(&self, because: &Because, command: impl FnOnce(Reason) -> Command) -> Result<(), Lines> {
        self.act(&because.case, command(self::because(&because.reason)?)).await
    }

    async fn work(&self, number: &str, doing: Doing<'_>) -> Result<(), Lines> {
        let (_, loaded) = self.find(number).await?;
        let step = StepKey::parse(doing.step).map_err(|error| Trouble::Usage.at(doing.step, error))?;
        let today = self.today().await?;
        let day = match doing.day {
            Some(day) => day.parse::<Day>().map_err(|error| Trouble::Usage.at("--day", error))?,
            None => today,
        };
        let mut entries = doing.enter.iter().map(|entered| self.entry(entered, day)).collect::<Result<Vec<_>, _>>()?;
        for asked in doing.compose {
            let (kind, copies, request) = given(asked)?;
            entries.push(composed(self.office, self.actor, kind, copies, &request, day).await?);
        }
        let seen = doing.seen.iter().map(|code| self.seen(&loaded, code, day)).collect::<Result<_, _>>()?;
        let work = Work { step, entries, seen, confirmed: doing.confirm.to_vec() };
        self.act(number, Command::Do(work)).await
    }

    fn entry(&self, entered: &str, day: Day) -> Result<Entry, Lines> {
        let (kind, copies, data) = given(entered)?;
        entry(self.office, self.actor, kind, copies, data, day)
    }

    /// The document of a 照合符号, as it would be certified on the day.
    fn seen(&self, loaded: &Loaded, code: &str, day: Day) -> Result<Seen, Lines> {
        let sheets = loaded.case.record().sheets().iter().map(Sheet::entered);
        let sheet = sheets.into_iter().find(|sheet| sheet.entry.cover.digest.short() == code);
        let sheet = sheet.ok_or_else(|| Trouble::Usage.at(code, "no document of the case has this code"))?;
        let document = compose(self.office, &sheet.entry)?;
        Ok(Seen { entry: sheet.id, cover: cover(self.office, self.actor, &document, day)? })
    }

    async fn print(&self, number: &str, entry: EntryId, output: &Path) -> Result<(), Lines> {
        let (_, loaded) = self.find(number).await?;
        let sheet = loaded.case.record().sheet(entry);
        let sheet = sheet.ok_or_else(|| Trouble::Usage.at(number, "no such document in the case"))?;
        write_output(output, &copy(self.office, self.actor, sheet)?)
    }

    async fn issue(&self, number: &str, entry: EntryId, terminal: Option<&str>, output: &Path) -> Result<(), Lines> {
        let (case, _) = self.find(number).await?;
        let at = self.actor.office();
        let terminal = self.office.people.terminal(at, terminal).map_err(refused("--terminal"))?;
        let order = Order { office: at, case, entry, actor: self.actor, terminal };
        let released = self.office.counter().issue(order).await.map_err(refused(number))?;
        write_output(output, &released.file)?;
        say!("{}\t{}\t{}", released.issuance, released.number.text(), output.display());
        Ok(())
    }

    async fn list(&self) -> Result<(), Lines> {
        let at = self.actor.office();
        for role in self.actor.roles() {
            let list = self.office.register.work_list(at, role.key(), None, MOST_LINES).await;
            let (cases, more) = list.map_err(refused("register"))?;
            tell_cases(&cases, more);
        }
        Ok(())
    }

    async fn look_for(&self, wanted: &Wanted) -> Result<(), Lines> {
        let name = wanted.name().ok_or_else(|| Trouble::Usage.at("--shimei", "nothing is looked for"))?;
        let found = self.office.casework().find(self.actor.office(), &name, MOST_LINES).await;
        let (cases, more) = found.map_err(refused("register"))?;
        tell_cases(&cases, more);
        Ok(())
    }

    async fn show(&self, number: &str, as_json: bool) -> Result<(), Lines> {
        let (_, loaded) = self.find(number).await?;
        if as_json {
            say!("{}", self.as_json(&loaded, self.today().await?));
            return Ok(());
        }
        let record = loaded.case.record();
        say!("{}\t{}\t{}", loaded.row.number, record.flow().title, loaded.case.state());
        for step in &record.flow().steps {
            if let Some(by) = record.progress().done_by(&step.key) {
                say!("✓ {}\t{}\t{}", step.key, step.action, by.person);
            }
        }
        for sheet in record.sheets() {
            let entered = sheet.entered();
            let (id, kind) = (entered.id.0, &entered.entry.kind);
            say!("#{id}\t{kind}\t×{}\t{}", entered.entry.copies, entered.entry.cover.digest.short());
            for (id, issuance) in sheet.approved().into_iter().flat_map(|approved| &approved.issuances) {
                say!("  {id}\t{}\t{}", issuance.state.key(), issuance.number);
            }
        }
        self.tell_next(&loaded).await
    }

    async fn today(&self) -> Result<Day, Lines> {
        Ok(self.office.register.now().await.map_err(refused("register"))?.day())
    }

    /// What is to be done next, by which roles, with which papers.
    async fn tell_next(&self, loaded: &Loaded) -> Result<(), Lines> {
        let today = self.today().await?;
        let settings = self.office.settings();
        for waiting in loaded.case.waiting(settings) {
            let roles: Vec<&str> = waiting.roles.iter().map(|role| role.key()).collect();
            let papers = settings.at_hand(waiting.step, today).documents_in;
            say!("→ {}\t{}\t{}\t{}", waiting.step.key, waiting.step.action, roles.join(" "), papers.join(" "));
        }
        Ok(())
    }

    fn as_json(&self, loaded: &Loaded, today: Day) -> serde_json::Value {
        let record = loaded.case.record();
        let waiting = loaded.case.waiting(self.office.settings());
        let done = record.flow().steps.iter().filter_map(|step| {
            let by = record.progress().done_by(&step.key)?;
            Some(json!({ "step": step.key, "by": by.person, "role": by.role }))
        });
        let documents = record.sheets().iter().map(|sheet| {
            let entered = sheet.entered();
            let issuances = sheet.approved().into_iter().flat_map(|approved| &approved.issuances);
            json!({
                "id": entered.id,
                "kind": entered.entry.kind,
                "copies": entered.entry.copies,
                "code": entered.entry.cover.digest.short(),
                "approved": sheet.approved().is_some(),
                "issuances": issuances.map(|(id, issuance)| json!({
                    "id": id, "state": issuance.state.key(), "number": issuance.number,
                })).collect::<Vec<_>>(),
            })
        });
        json!({
            "number": loaded.row.number,
            "case": record.opening().case,
            "flow": record.flow().id,
            "state": loaded.case.state(),
            "attributes": record.attributes(),
            "done": done.collect::<Vec<_>>(),
            "documents": documents.collect::<Vec<_>>(),
            "open": waiting.iter().map(|waiting| {
                let at_hand = self.office.settings().at_hand(waiting.step, today);
                json!({
                    "step": waiting.step.key,
                    "roles": waiting.roles,
                    "documents_in": at_hand.documents_in,
                    "documents_out": at_hand.documents_out,
                    "details": at_hand.details,
                })
            }).collect::<Vec<_>>(),
        })
    }
}

/// Most lines of a list of cases.
const MOST_LINES: u32 = 50;

/// A line for each case; a last one where there are more.
fn tell_cases(cases: &[CaseRow], more: bool) {
    for case in cases {
        say!("{}\t{}\t{}\t{}", case.number, case.procedure, case.state, case.next);
    }
    if more {
        say!("…");
    }
}

/// KIND=FILE or KIND*COPIES=FILE: the kind, how many, and what stands in the file.
fn given(text: &str) -> Result<(&'static Kind, u8, String), Lines> {
    let usage = || Trouble::Usage.at(text, "it is not KIND=FILE");
    let (kind_and_copies, file) = text.split_once('=').ok_or_else(usage)?;
    let (id, copies) = kind_and_copies.split_once('*').unwrap_or((kind_and_copies, "1"));
    let copies = copies.parse().map_err(|_| usage())?;
    let data = String::from_utf8(read_input(Path::new(file))?).map_err(|error| Trouble::Read.at(file, error))?;
    Ok((kind(id)?, copies, data))
}

/// A certificate to be entered, composed from what is held.
pub async fn composed(
    office: &Office,
    actor: &Actor,
    kind: &'static Kind,
    copies: u8,
    request: &str,
    day: Day,
) -> Result<Entry, Lines> {
    let certifies = office.city.office(actor.office().as_str())?;
    let wish = Wish { kind, copies, request, office: certifies, day };
    office.counter().composed(wish).await.map_err(|error| match &error {
        EnteringError::Request(refusals) | EnteringError::Document { refusals, .. } => match office.press.words(kind) {
            Ok(words) => told(refusals, &words),
            Err(error) => error.into(),
        },
        _ => refused(kind.id)(error),
    })
}

/// A document to be entered: read, checked, and covered as it would be printed on the day.
pub fn entry(
    office: &Office,
    actor: &Actor,
    kind: &'static Kind,
    copies: u8,
    data: String,
    day: Day,
) -> Result<Entry, Lines> {
    let words = office.press.words(kind)?;
    let document =
        kind.read(data.as_bytes(), &**office.press.typefaces()).map_err(|refusals| told(&refusals, &words))?;
    let cover = cover(office, actor, &document, day)?;
    Ok(Entry { kind: kind.id.to_owned(), copies, cover, data: Data::from(data), source: Source::Typed })
}

/// What an approval of a document in the person's office covers.
pub fn cover(
    office: &Office,
    actor: &Actor,
    document: &Composed,
    day: Day,
) -> Result<shomei::case::warrant::Cover, Lines> {
    let entry = office.city.office(actor.office().as_str())?;
    Ok(office.counter().issuing.cover(document, entry, day)?)
}

/// A document as it was entered.
pub fn compose(office: &Office, entry: &Entry) -> Result<Composed, Lines> {
    let kind = kind(&entry.kind)?;
    let words = office.press.words(kind)?;
    kind.read(entry.data.0.as_bytes(), &**office.press.typefaces()).map_err(|refusals| told(&refusals, &words))
}

/// The copy of a document that is not sealed: for collation, or clean where its kind never is.
pub fn copy(office: &Office, actor: &Actor, sheet: &Sheet) -> Result<Vec<u8>, Lines> {
    let entered = sheet.entered();
    let document = compose(office, &entered.entry)?;
    let entry = office.city.office(actor.office().as_str())?;
    let short = document.digest().short();
    let counter = office.counter();
    let surround = counter.issuing.surround(entry, entered.entry.cover.day, &short)?;
    let (collation, clean) = (sheet.collation_warrant(), sheet.office_warrant());
    let leave =
        if document.kind().sealing == Sealing::Never { Leave::Office(&clean) } else { Leave::Collation(&collation) };
    Ok(office.press.print(&document, leave, &surround)?.pdf)
}
