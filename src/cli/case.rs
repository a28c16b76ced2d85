//! `shomei case`: cases, from their reception to their end. Each command names who does it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use shomei::case::command::Command;
use shomei::case::event::{AlertSeen, Attributes, Reason};
use shomei::case::id::EntryId;
use shomei::document::names::{Field, Name};
use shomei::domain::calendar::Day;
use shomei::issuing::casework::Loaded;
use shomei::issuing::clerk::{CaseView, Cases, Clerk, ClerkError, Content, Doing, Given, Over};
use shomei::office::suppression::AsSeen;
use shomei::procedure::StepKey;

use super::office::{AtWork, Office, refused, wait};
use super::{Lines, Trouble, end, kind, read_input, write_output};

/// Arguments of `shomei case`.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    at: AtWork,
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
        /// An alert about somebody on it that was seen: ID:VERSION, as the refusal or `suppress list` has it.
        #[arg(long)]
        alert: Vec<String>,
        /// 証明日 of what is approved now, where it is not today: the day of posting.
        #[arg(long)]
        day: Option<String>,
        /// A sheet that the program does not print and that is there.
        #[arg(long)]
        confirm: Vec<String>,
    },
    /// 交付, with the fee: what is shown and paid, as JSON (番号札, every sheet n/N, 収納).
    HandOver {
        /// 案件番号.
        case: String,
        /// Key of the step.
        step: String,
        /// JSON; - for standard input.
        file: PathBuf,
        /// A sheet that the program does not print and that goes with it.
        #[arg(long)]
        confirm: Vec<String>,
        /// Number of a terminal that this machine is, as the till; the office's first if not given.
        #[arg(long)]
        terminal: Option<u16>,
    },
    /// レシート of a 交付; after the first time it says that it is printed again.
    Receipt {
        /// 案件番号.
        case: String,
        /// 一連番号, as `show --json` has it.
        serial: String,
        /// Where the PDF goes.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// 受付の記録: who came, for what, and which papers were seen; before the reception is over.
    Request {
        /// 案件番号.
        case: String,
        /// Its JSON; - for standard input.
        file: PathBuf,
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
        /// Number of a terminal that this machine is; the office's first if not given.
        #[arg(long)]
        terminal: Option<u16>,
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
    let office = arguments.at.open().await?;
    let person = arguments.at.person(&office)?;
    let desk = Desk { office: &office, clerk: office.clerk(&person.actor) };
    match &arguments.action {
        Action::Open { flow, attribute } => desk.open(flow, attribute).await,
        Action::Show { case, json } => desk.show(case, *json).await,
        Action::Do { case, step, enter, compose, seen, alert, day, confirm } => {
            let given = enter.iter().map(|text| given(text, Content::Typed));
            let given = given.chain(compose.iter().map(|text| self::given(text, Content::Request)));
            let day = day.as_ref().map(|day| day.parse::<Day>()).transpose();
            let doing = Doing {
                step: StepKey::parse(step).map_err(|error| Trouble::Usage.at(step, error))?,
                given: given.collect::<Result<_, _>>()?,
                seen: seen.clone(),
                alerts: alert.iter().map(|text| alert_seen(text)).collect::<Result<_, _>>()?,
                day: day.map_err(|error| Trouble::Usage.at("--day", error))?,
                confirmed: confirm.clone(),
            };
            desk.tell_next(&desk.clerk.work(case, doing).await.map_err(desk.refused(case))?).await
        }
        Action::Request { case, file } => {
            let request = read_text(file)?;
            desk.tell_next(&desk.clerk.record(case, &request).await.map_err(desk.refused(case))?).await
        }
        Action::HandOver { case, step, file, confirm, terminal } => {
            let step = StepKey::parse(step).map_err(|error| Trouble::Usage.at(step, error))?;
            let over = Over::read(step, &read_text(file)?, confirm.clone()).map_err(desk.refused(case))?;
            desk.hand_over(case, over, *terminal).await
        }
        Action::Receipt { case, serial, output } => {
            write_output(output, &desk.clerk.receipt(case, serial).await.map_err(desk.refused(case))?)
        }
        Action::Print { case, document, output } => {
            let file = desk.clerk.print(case, EntryId(*document)).await.map_err(desk.refused(case))?;
            write_output(output, &file)
        }
        Action::Issue { case, document, terminal, output } => {
            desk.issue(case, EntryId(*document), *terminal, output).await
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
        Action::List => {
            let lists = desk.clerk.list().await.map_err(desk.refused("register"))?;
            lists.iter().for_each(|(_, cases)| tell_cases(cases));
            Ok(())
        }
        Action::Find(wanted) => {
            let name = wanted.name().ok_or_else(|| Trouble::Usage.at("--shimei", "nothing is looked for"))?;
            tell_cases(&desk.clerk.look_for(&name, &person.rights).await.map_err(desk.refused("register"))?);
            Ok(())
        }
    }
}

/// Why something is done, in a person's words.
pub fn because(reason: &str) -> Result<Reason, Lines> {
    Reason::parse(reason).ok_or_else(|| Trouble::Usage.at("--reason", "it is empty"))
}

/// A person at an office.
struct Desk<'a> {
    office: &'a Office,
    clerk: Clerk<'a>,
}

impl Desk<'_> {
    fn refused(&self, place: &str) -> impl FnOnce(ClerkError) -> Lines {
        self.office.refused_clerk(place)
    }

    async fn open(&self, flow: &str, attributes: &[String]) -> Result<(), Lines> {
        let split = |text: &String| text.split_once('=').map(|(id, value)| (id.to_owned(), value.to_owned()));
        let given: Option<Attributes> = attributes.iter().map(split).collect();
        let attributes = given.ok_or_else(|| Trouble::Usage.at("--attribute", "it is not ATTRIBUTE=VALUE"))?;
        let opened = self.clerk.open(flow, attributes).await.map_err(self.refused(flow))?;
        say!("{}", opened.row.number);
        Ok(())
    }

    async fn act(&self, number: &str, command: Command) -> Result<(), Lines> {
        self.tell_next(&self.clerk.act(number, &command).await.map_err(self.refused(number))?).await
    }

    async fn because(&self, because: &Because, command: impl FnOnce(Reason) -> Command) -> Result<(), Lines> {
        self.act(&because.case, command(self::because(&because.reason)?)).await
    }

    async fn issue(&self, number: &str, entry: EntryId, terminal: Option<u16>, output: &Path) -> Result<(), Lines> {
        let terminal = self.office.terminal(self.clerk.actor.office(), terminal).await?;
        let released = self.clerk.issue(number, entry, &terminal, None).await.map_err(self.refused(number))?;
        write_output(output, &released.file)?;
        say!("{}\t{}\t{}", released.issuance, released.number, output.display());
        Ok(())
    }

    async fn hand_over(&self, number: &str, over: Over, terminal: Option<u16>) -> Result<(), Lines> {
        let terminal = self.office.terminal(self.clerk.actor.office(), terminal).await?;
        let after = self.clerk.hand_over(number, over, &terminal).await.map_err(self.refused(number))?;
        if let Some(settlement) = after.case.record().handed().last().and_then(|handed| handed.settlement.as_ref()) {
            say!("￥{}	{}	{}", settlement.total, settlement.receipt.till, settlement.receipt.printed());
        }
        self.tell_next(&after).await
    }

    async fn view(&self, loaded: &Loaded) -> Result<CaseView, Lines> {
        let today = self.clerk.today().await.map_err(self.refused("register"))?;
        Ok(self.clerk.view(loaded, today))
    }

    async fn show(&self, number: &str, as_json: bool) -> Result<(), Lines> {
        let (_, loaded) = self.clerk.find(number).await.map_err(self.refused(number))?;
        let view = self.view(&loaded).await?;
        if as_json {
            say!("{}", serde_json::to_string(&view).map_err(|error| Trouble::Program.at(number, error))?);
            return Ok(());
        }
        say!("{}\t{}\t{}", view.number, view.title, view.state);
        if let Some(request) = &view.request {
            let by = &request.by;
            say!("◎ {}\t{by}\t{}", request.recorded, if request.identified { "✓" } else { "✗" });
        }
        view.done.iter().for_each(|done| say!("✓ {}\t{}\t{}", done.step, done.action, done.by));
        for document in &view.documents {
            let as_of = document.as_of.map(|day| format!("\t@{day}")).unwrap_or_default();
            let stale = if document.stale { "!" } else { "" };
            say!("#{}\t{}\t×{}\t{}{as_of}{stale}", document.id.0, document.kind, document.copies, document.code);
            document.issuances.iter().for_each(|copy| say!("  {}\t{}\t{}", copy.id, copy.state, copy.number));
        }
        for deadline in &view.deadlines {
            say!("⏱ {}\t{}\t{}", deadline.id, deadline.until, if deadline.over { "✗" } else { "✓" });
        }
        tell_open(&view);
        Ok(())
    }

    async fn tell_next(&self, loaded: &Loaded) -> Result<(), Lines> {
        tell_open(&self.view(loaded).await?);
        Ok(())
    }
}

/// What is to be done next, by which roles, with which papers.
fn tell_open(view: &CaseView) {
    for open in &view.open {
        let roles: Vec<&str> = open.roles.iter().map(|role| role.key()).collect();
        let step = open.from.map_or_else(|| open.step.to_string(), |day| format!("{}@{day}", open.step));
        say!("→ {step}\t{}\t{}\t{}", open.action, roles.join(" "), open.documents_in.join(" "));
    }
}

/// A line for each case; a last one where there are more.
fn tell_cases(Cases { cases, more }: &Cases) {
    for case in cases {
        say!("{}\t{}\t{}\t{}", case.number, case.procedure, case.state, case.next);
    }
    if *more {
        say!("…");
    }
}

fn read_text(file: &Path) -> Result<String, Lines> {
    String::from_utf8(read_input(file)?).map_err(|error| Trouble::Read.at(file.display(), error))
}

/// ID:VERSION of an alert.
fn alert_seen(text: &str) -> Result<AlertSeen, Lines> {
    super::suppress::seen(text).map(|AsSeen { id, version }| AlertSeen { id, version })
}

/// KIND=FILE or KIND*COPIES=FILE: the kind, how many, and what stands in the file.
fn given(text: &str, content: fn(String) -> Content) -> Result<Given, Lines> {
    let usage = || Trouble::Usage.at(text, "it is not KIND=FILE");
    let (kind_and_copies, file) = text.split_once('=').ok_or_else(usage)?;
    let (id, copies) = kind_and_copies.split_once('*').unwrap_or((kind_and_copies, "1"));
    let copies = copies.parse().map_err(|_| usage())?;
    Ok(Given { kind: kind(id)?, copies, content: content(read_text(Path::new(file))?) })
}
