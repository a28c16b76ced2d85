//! Somebody at work on the cases of their office: what can be asked for from outside, whichever door it comes
//! through. Here what is named by words (a 案件番号, a step's key, a 照合符号) becomes what a case knows; no rule
//! of cases or of issuing is here.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::case::actor::Actor;
use crate::case::command::{Command, Work};
use crate::case::error::CaseError;
use crate::case::event::{AlertSeen, Attributes, Data, Entry, Seen, Source};
use crate::case::handing::{self, Asked, HandingFault, Shown};
use crate::case::id::{CaseId, EntryId, IssuanceId, PersonId};
use crate::case::running::{Recorded, Running};
use crate::case::settlement::{ReceiptNumber, Settlement};
use crate::case::sheet::Sheet;
use crate::case::warrant::{Cover, Office as OfficeWarrant};
use crate::case::wire;
use crate::document::catalog::{Composed, Kind, Sealing};
use crate::document::change::ChangeError;
use crate::document::handing::Handing;
use crate::document::identity::Needed;
use crate::document::names::Name;
use crate::document::reception::Received;
use crate::document::refusal::{Refusal, Refusals};
use crate::domain::calendar::Day;
use crate::office::aside::aside;
use crate::office::grid::refused_on_grid;
use crate::office::lookup::Lookup;
use crate::office::right::{Officer, Right};
use crate::office::terminals::Enrolled;
use crate::press::{Leave, PressError};
use crate::procedure::{Procedure, Role, StepKey};
use crate::register::{After, CaseRow, Once, RegisterError};

use super::IssueError;
use super::casework::{CaseworkError, Loaded};
use super::city::{CityError, OfficeEntry};
use super::day_book::DayBookError;
use super::entering::{EnteringError, Wish};
use super::filling::{Draft, fill_of};
use super::issue::{Counter, Order, ReleaseError};

/// Most cases of a list.
pub const MOST_CASES: u32 = 50;

/// What was asked for could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ClerkError {
    /// The case.
    #[error(transparent)]
    Casework(#[from] CaseworkError),
    /// What was to be composed.
    #[error(transparent)]
    Entering(#[from] EnteringError),
    /// What was to be issued.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// What stands around a document.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// A document of a case is no longer read.
    #[error("reading a document of the case: {kind} is refused")]
    Document {
        /// Kind.
        kind: &'static str,
        /// Why.
        refusals: Refusals,
    },
    /// What was shown and paid at a 交付 is not of its form.
    #[error("reading what is shown and paid: it is refused")]
    Handing(Refusals),
    /// What was shown was not right; nothing was handed over, and that is recorded.
    #[error("handing over: what was shown is not right: {0:?}")]
    Stopped(Refusals),
    /// What is recorded of who came.
    #[error("reading a record of the reception: it is refused")]
    Reception(Refusals),
    /// A receipt, as the till's books have it.
    #[error(transparent)]
    Book(#[from] DayBookError),
    /// No kind of this id.
    #[error("finding a kind: there is no {id}")]
    NoKind {
        /// Which.
        id: String,
    },
    /// No document of the case.
    #[error("finding a document of the case: there is no {what}")]
    NoDocument {
        /// Number or 照合符号.
        what: String,
    },
}

impl From<RegisterError> for ClerkError {
    fn from(error: RegisterError) -> Self {
        Self::Casework(error.into())
    }
}

impl From<CityError> for ClerkError {
    fn from(error: CityError) -> Self {
        Self::Issue(error.into())
    }
}

impl From<PressError> for ClerkError {
    fn from(error: PressError) -> Self {
        Self::Issue(error.into())
    }
}

impl ClerkError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Casework(error) => error.code(),
            Self::Entering(error) => error.code(),
            Self::Release(error) => error.code(),
            Self::Issue(_) => "issuing-office",
            Self::Document { .. } => "document-refused",
            Self::Reception(_) => "reception-refused",
            Self::Handing(_) => "handing-refused",
            Self::Stopped(_) => "handing-stopped",
            Self::Book(error) => error.code(),
            Self::NoKind { .. } => "unknown-kind",
            Self::NoDocument { .. } => "no-document",
        }
    }

    /// Every refusal of a document, and whose words say it.
    pub fn refusals(&self) -> Option<(Option<&'static Kind>, &Refusals)> {
        match self {
            Self::Document { kind, refusals } | Self::Entering(EnteringError::Document { kind, refusals }) => {
                Some((Kind::by_id(kind), refusals))
            }
            Self::Entering(
                EnteringError::Request(refusals) | EnteringError::Change(ChangeError::Refused(refusals)),
            )
            | Self::Reception(refusals)
            | Self::Handing(refusals)
            | Self::Stopped(refusals)
            | Self::Casework(
                CaseworkError::Case(CaseError::NextDay { told: refusals, .. })
                | CaseworkError::Alerts { told: refusals },
            ) => Some((None, refusals)),
            _ => None,
        }
    }
}

/// A document that is entered.
#[derive(Debug, Clone)]
pub struct Given {
    /// Kind.
    pub kind: &'static Kind,
    /// 部数.
    pub copies: u8,
    /// Out of what.
    pub content: Content,
}

/// Out of what a document is entered.
#[derive(Debug, Clone)]
pub enum Content {
    /// Typed: JSON of the kind.
    Typed(String),
    /// Composed from what is held, as a 交付請求 (JSON) asks.
    Request(String),
}

/// What is done at a step.
#[derive(Debug, Clone)]
pub struct Doing {
    /// Which.
    pub step: StepKey,
    /// What is entered.
    pub given: Vec<Given>,
    /// 照合符号 of documents that were seen and are approved.
    pub seen: Vec<String>,
    /// Alerts about people on them that were seen.
    pub alerts: Vec<AlertSeen>,
    /// 証明日 of what is entered or approved; today if it is not given.
    pub day: Option<Day>,
    /// Sheets that the program does not print and that are there.
    pub confirmed: Vec<String>,
}

/// A 交付 that somebody does.
#[derive(Debug, Clone)]
pub struct Over {
    /// At which step.
    pub step: StepKey,
    /// What was shown and paid.
    pub shown: Handing,
    /// Ids of papers that the program does not print and that go with it.
    pub confirmed: Vec<String>,
}

impl Over {
    /// Reads what was shown and paid: JSON.
    pub fn read(step: StepKey, shown: &str, confirmed: Vec<String>) -> Result<Self, ClerkError> {
        let shown = Handing::read(shown).map_err(ClerkError::Handing)?;
        Ok(Self { step, shown, confirmed })
    }
}

/// What was wrong, at the place where it was shown.
fn refusal(fault: &HandingFault, sheets: &[String]) -> Refusal {
    let place = fault.sheet().map(|sheet| sheets.iter().rposition(|shown| shown == sheet));
    let path = match place {
        None => "bangofuda".to_owned(),
        Some(None) => "kami".to_owned(),
        Some(Some(index)) => format!("kami[{index}]"),
    };
    let refusal = Refusal::new(path, fault.code());
    match fault.sheet() {
        Some(sheet) => refusal.with("sheet", sheet),
        None => refusal,
    }
}

/// Somebody at work.
#[derive(Clone, Copy)]
pub struct Clerk<'a> {
    /// Where.
    pub counter: Counter<'a>,
    /// Who.
    pub actor: &'a Actor,
    /// The version of a case that they saw, if they say which: nothing is done to another one.
    pub seen: Option<u64>,
}

impl<'a> Clerk<'a> {
    /// Somebody who saw a case at a version.
    #[must_use]
    pub fn having_seen(self, seen: Option<u64>) -> Self {
        Self { seen, ..self }
    }

    /// Today, as the register has it.
    pub async fn today(&self) -> Result<Day, ClerkError> {
        Ok(self.counter.casework.register.now().await?.day())
    }

    fn own(&self) -> Result<&'a OfficeEntry, ClerkError> {
        Ok(self.counter.issuing.city.office(self.actor.office().as_str())?)
    }

    /// Begins a case.
    pub async fn open(&self, flow: &str, attributes: Attributes) -> Result<Loaded, ClerkError> {
        Ok(self.counter.casework.open(flow, attributes, self.actor).await?)
    }

    /// The case of a 案件番号, or of its id, in the person's own office: of another's nothing is told.
    pub async fn find(&self, number: &str) -> Result<(CaseId, Loaded), ClerkError> {
        let id = self.id_of(number).await?;
        Ok((id, self.counter.casework.load(self.actor.office(), id).await?))
    }

    /// The id of such a case; whether it is there is for whoever reads it to say.
    async fn id_of(&self, number: &str) -> Result<CaseId, ClerkError> {
        let found = self.counter.casework.register.case_by_number(self.actor.office(), number).await?;
        let id = found.map(|row| row.id).or_else(|| CaseId::parse(number).ok());
        Ok(id.ok_or(CaseworkError::NoCase)?)
    }

    /// Does something with a case.
    pub async fn act(&self, number: &str, command: &Command) -> Result<Loaded, ClerkError> {
        let id = self.id_of(number).await?;
        Ok(self.counter.casework.act_on((self.actor.office(), id), self.seen, command, self.actor).await?)
    }

    /// 受付の記録 of a case: JSON.
    pub async fn record(&self, number: &str, request: &str) -> Result<Loaded, ClerkError> {
        let request = Received::read(request).map_err(ClerkError::Reception)?;
        self.act(number, &Command::Record { request }).await
    }

    /// 交付 at a till. What was not right is recorded before it is refused.
    pub async fn hand_over(&self, number: &str, over: Over, terminal: &Enrolled) -> Result<Loaded, ClerkError> {
        let (handing, id) = (over.shown, self.id_of(number).await?);
        let (office, casework) = (self.actor.office(), self.counter.casework);
        let slip = match &handing.bangofuda {
            Some(slip) => casework.register.case_by_number(office, slip.as_str()).await?.map(|row| row.id),
            None => None,
        };
        let receipt = ReceiptNumber { day: self.today().await?, till: terminal.seat().name.clone(), serial: 0 };
        let sheets: Vec<String> = handing.kami.iter().map(ToString::to_string).collect();
        let shown = Shown { step: over.step, handing, slip, confirmed: over.confirmed, receipt, time: String::new() };
        let till = terminal.seat().number;
        let after = casework.hand_over((office, id), self.seen, (&shown, till), self.actor).await?;
        match after.case.record().stopped() {
            None => Ok(after),
            Some(fault) => Err(ClerkError::Stopped(Refusals::from(refusal(fault, &sheets)))),
        }
    }

    /// レシート of what was handed over, as a document; after the first time it says that it is printed again.
    pub async fn receipt(&self, number: &str, serial: &str) -> Result<Vec<u8>, ClerkError> {
        let (_, loaded) = self.find(number).await?;
        let settlements = loaded.case.record().handed().iter().filter_map(|handed| handed.settlement.as_ref());
        let receipt = settlements.map(|settlement| &settlement.receipt).find(|receipt| receipt.printed() == serial);
        let receipt = receipt.ok_or(CaseworkError::from(CaseError::NoReceipt))?.clone();
        let after = self.act(number, &Command::PrintReceipt { receipt: receipt.clone() }).await?;
        let handed =
            after.case.record().handed().iter().filter_map(|handed| Some((handed, handed.settlement.as_ref()?)));
        let mut handed = handed.filter(|(_, settlement)| settlement.receipt == receipt);
        let handed = handed.next().ok_or(CaseworkError::from(CaseError::NoReceipt))?;
        let document = self.counter.receipt(handed, self.own()?)?;
        self.book(&document, receipt.day)
    }

    /// Does a step.
    pub async fn work(&self, number: &str, doing: Doing) -> Result<Loaded, ClerkError> {
        refused_on_grid(self.worked(number, doing)).await
    }

    async fn worked(&self, number: &str, doing: Doing) -> Result<Loaded, ClerkError> {
        let (_, loaded) = self.find(number).await?;
        let day = match doing.day {
            Some(day) => day,
            None => self.today().await?,
        };
        let mut entries = Vec::with_capacity(doing.given.len());
        for given in doing.given {
            entries.push(self.entry_in(loaded.case.record().flow(), given, day).await?);
        }
        let seen = doing.seen.iter().map(|code| self.seen(&loaded, code, day)).collect::<Result<_, _>>()?;
        let work = Work { step: doing.step, entries, seen, alerts: doing.alerts, confirmed: doing.confirmed };
        self.act(number, &Command::Do(work)).await
    }

    /// A document to be entered in a procedure: what is to change what is held is entered over that.
    pub async fn entry_in(&self, flow: &Procedure, given: Given, day: Day) -> Result<Entry, ClerkError> {
        let Given { kind, copies, content: Content::Typed(data) } = &given else { return self.entry(given, day).await };
        if fill_of(flow, kind.id).is_none() {
            return self.entry(given, day).await;
        }
        let (office, by) = (self.own()?, self.actor.person());
        let draft = Draft { kind, copies: *copies, data, flow, office, day, by };
        Ok(self.counter.changing(draft).await?)
    }

    /// A document to be entered: read, checked, and covered as it would be printed on the day.
    pub async fn entry(&self, Given { kind, copies, content }: Given, day: Day) -> Result<Entry, ClerkError> {
        match content {
            Content::Typed(data) => {
                let cover = self.cover(&self.read(kind, &data)?, day)?;
                let (kind, data) = (kind.id.to_owned(), Data::from(data));
                Ok(Entry { kind, copies, cover, data, source: Source::Typed })
            }
            Content::Request(request) => {
                let wish = Wish { kind, copies, request: &request, office: self.own()?, day };
                Ok(self.counter.composed(wish).await?)
            }
        }
    }

    fn read(&self, kind: &'static Kind, data: &str) -> Result<Composed, ClerkError> {
        let read = kind.read(data.as_bytes(), &**self.counter.issuing.press.typefaces());
        read.map_err(|refusals| ClerkError::Document { kind: kind.id, refusals })
    }

    /// A document as it was entered.
    pub fn document(&self, entry: &Entry) -> Result<Composed, ClerkError> {
        let kind = Kind::by_id(&entry.kind).ok_or_else(|| ClerkError::NoKind { id: entry.kind.clone() })?;
        self.read(kind, &entry.data.0)
    }

    /// What an approval of a document in the person's office covers.
    pub fn cover(&self, document: &Composed, day: Day) -> Result<Cover, ClerkError> {
        Ok(self.counter.issuing.cover(document, self.own()?, day)?)
    }

    /// The document of a 照合符号, as it would be certified on the day.
    fn seen(&self, loaded: &Loaded, code: &str, day: Day) -> Result<Seen, ClerkError> {
        let mut sheets = loaded.case.record().sheets().iter().map(Sheet::entered);
        let sheet = sheets.find(|sheet| sheet.entry.cover.digest.short() == code);
        let sheet = sheet.ok_or_else(|| ClerkError::NoDocument { what: code.to_owned() })?;
        Ok(Seen { entry: sheet.id, cover: self.cover(&self.document(&sheet.entry)?, day)? })
    }

    /// A document of a case that is not sealed: PDF.
    pub async fn print(&self, number: &str, entry: EntryId) -> Result<Vec<u8>, ClerkError> {
        let (_, loaded) = self.find(number).await?;
        let sheet = loaded.case.record().sheet(entry);
        self.copy(sheet.ok_or_else(|| ClerkError::NoDocument { what: entry.0.to_string() })?)
    }

    /// The copy of a document that is not sealed: for collation, or clean where its kind never is.
    pub fn copy(&self, sheet: &Sheet) -> Result<Vec<u8>, ClerkError> {
        let entered = sheet.entered();
        let document = self.document(&entered.entry)?;
        let short = document.digest().short();
        let issuing = self.counter.issuing;
        let surround = issuing.surround(self.own()?, entered.entry.cover.day, &short)?;
        let (collation, clean) = (sheet.collation_warrant(), sheet.office_warrant());
        let never = document.kind().sealing == Sealing::Never;
        let leave = if never { Leave::Office(&clean) } else { Leave::Collation(&collation) };
        Ok(aside(|| issuing.press.print(&document, leave, &surround))?.pdf)
    }

    /// A book of the office (交付簿, 日計) of a day, as it is printed: PDF.
    pub fn book(&self, book: &Composed, day: Day) -> Result<Vec<u8>, ClerkError> {
        let warrant = OfficeWarrant::new(self.cover(book, day)?);
        let (issuing, short) = (self.counter.issuing, book.digest().short());
        let surround = issuing.surround(self.own()?, day, &short)?;
        Ok(aside(|| issuing.press.print(book, Leave::Office(&warrant), &surround))?.pdf)
    }

    /// 発行: one sealed copy of an approved document. An order that came before has the same copy again, as
    /// long as it is kept; while it is printed, or once its number was voided, [`ReleaseError::Again`].
    pub async fn issue(
        &self,
        number: &str,
        entry: EntryId,
        terminal: &Enrolled,
        once: Option<&Once>,
    ) -> Result<Copied, ClerkError> {
        refused_on_grid(self.issued(number, entry, terminal, once)).await
    }

    async fn issued(
        &self,
        number: &str,
        entry: EntryId,
        terminal: &Enrolled,
        once: Option<&Once>,
    ) -> Result<Copied, ClerkError> {
        let (case, office) = (self.id_of(number).await?, self.actor.office());
        let order = Order { office, case, entry, actor: self.actor, terminal, once };
        match self.counter.issue(order).await {
            Ok(released) => {
                let (issuance, number) = (released.issuance, released.number.text());
                Ok(Copied { issuance, number, file: released.file })
            }
            Err(ReleaseError::Again { issuance }) => {
                let paper = self.counter.casework.register.paper(office, issuance).await?;
                let file = paper.ok_or(ReleaseError::Again { issuance })?.to_vec();
                Ok(Copied { issuance, number: self.number_of(number, issuance).await?, file })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The number line of an issuance of a case.
    async fn number_of(&self, number: &str, wanted: IssuanceId) -> Result<String, ClerkError> {
        let (_, loaded) = self.find(number).await?;
        let mut copies = loaded.case.record().sheets().iter().flat_map(|sheet| DocumentView::of(sheet).issuances);
        let copy = copies.find(|copy| copy.id == wanted);
        copy.map(|copy| copy.number).ok_or_else(|| ClerkError::NoDocument { what: wanted.to_string() })
    }

    /// 作業一覧: what the person can do now, by each of their roles, oldest first.
    pub async fn list(&self) -> Result<Vec<(Role, Cases)>, ClerkError> {
        let mut lists = Vec::new();
        for role in self.actor.roles() {
            lists.push((*role, self.page(*role, None).await?));
        }
        Ok(lists)
    }

    /// The same of one role, after the case of a 案件番号. Of a role that is not theirs there is nothing to do.
    pub async fn page(&self, role: Role, after: Option<&str>) -> Result<Cases, ClerkError> {
        let (register, office) = (self.counter.casework.register, self.actor.office());
        if !self.actor.roles().contains(&role) {
            return Ok(Cases { cases: Vec::new(), more: false });
        }
        let after = match after {
            Some(number) => Some(register.case_by_number(office, number).await?.ok_or(CaseworkError::NoCase)?),
            None => None,
        };
        let after = after.map(|row| After { opened_at: row.opened_at, case: row.id });
        let (cases, more) = register.work_list(office, role.key(), after, MOST_CASES).await?;
        Ok(Cases { cases, more })
    }

    /// Cases of the office with a name or number on a document, newest first.
    /// To whom somebody is suppressed, they are nobody.
    pub async fn look_for(&self, name: &Name, rights: &BTreeSet<Right>) -> Result<Cases, ClerkError> {
        let officer = Officer { actor: self.actor, rights };
        let lookup = Lookup::of(self.counter.casework.register, &self.counter.issuing.city.id, officer);
        let (cases, more) = lookup.cases(name, MOST_CASES).await.map_err(EnteringError::from)?;
        Ok(Cases { cases, more })
    }

    /// A case as it is shown.
    pub fn view(&self, loaded: &Loaded, today: Day) -> CaseView {
        let record = loaded.case.record();
        let settings = self.counter.casework.settings;
        let done = record.flow().steps.iter().filter_map(|step| {
            let by = record.progress().done_by(&step.key)?;
            Some(DoneView { step: step.key.clone(), action: step.action.clone(), by: by.person.clone(), role: by.role })
        });
        let open = loaded.case.waiting(settings).into_iter().map(|waiting| {
            let at_hand = settings.at_hand(waiting.step, today);
            OpenView {
                step: waiting.step.key.clone(),
                action: waiting.step.action.clone(),
                roles: waiting.roles.to_vec(),
                from: waiting.from,
                documents_in: at_hand.documents_in.iter().map(ToString::to_string).collect(),
                documents_out: at_hand.documents_out.iter().map(ToString::to_string).collect(),
                details: at_hand.details.iter().map(ToString::to_string).collect(),
                handing: handing::asked(record, waiting.step, settings, today),
            }
        });
        let documents = record.sheets().iter().map(|sheet| {
            let shown = DocumentView::of(sheet);
            let stale = shown.as_of.is_some_and(|day| settings.source.is_told(day, today));
            DocumentView { stale, ..shown }
        });
        let deadlines = record.flow().deadlines.iter().filter_map(|deadline| {
            let from = record.progress().done_on(&deadline.after)?;
            let until = settings.deadline(deadline, from).ok()?;
            Some(DeadlineView { id: deadline.id.clone(), until, over: until < today })
        });
        CaseView {
            number: loaded.row.number.clone(),
            case: record.opening().case,
            version: loaded.version,
            flow: record.flow().id.clone(),
            title: record.flow().title.clone(),
            state: loaded.case.state().to_owned(),
            attributes: record.attributes().clone(),
            request: RequestView::of(record),
            done: done.collect(),
            documents: documents.collect(),
            settlements: record.handed().iter().filter_map(|handed| handed.settlement.clone()).collect(),
            open: open.collect(),
            deadlines: deadlines.collect(),
        }
    }
}

/// A sealed copy.
#[derive(Debug)]
pub struct Copied {
    /// Its issuance.
    pub issuance: IssuanceId,
    /// Its number line.
    pub number: String,
    /// The file: PDF.
    pub file: Vec<u8>,
}

/// Cases of a list.
#[derive(Debug, Clone)]
pub struct Cases {
    /// At most [`MOST_CASES`].
    pub cases: Vec<CaseRow>,
    /// Whether there are more.
    pub more: bool,
}

/// A case as it is shown.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct CaseView {
    /// 案件番号.
    pub number: String,
    /// Id.
    #[schemars(with = "String")]
    pub case: CaseId,
    /// How many events it has.
    pub version: u64,
    /// Id of its flow.
    pub flow: String,
    /// The flow's name.
    pub title: String,
    /// State.
    pub state: String,
    /// What is known of it.
    pub attributes: Attributes,
    /// 受付の記録, once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestView>,
    /// Steps that were done.
    pub done: Vec<DoneView>,
    /// Documents.
    pub documents: Vec<DocumentView>,
    /// What was handed over and paid.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settlements: Vec<Settlement>,
    /// Steps that can be done now.
    pub open: Vec<OpenView>,
    /// 期限 that run.
    pub deadlines: Vec<DeadlineView>,
}

/// 期限.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DeadlineView {
    /// Of what.
    pub id: String,
    /// Its last day.
    #[serde(with = "wire::text")]
    #[schemars(with = "String")]
    pub until: Day,
    /// Whether it is over.
    pub over: bool,
}

/// 受付の記録, as whoever examines and approves sees it.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct RequestView {
    /// What was recorded.
    pub recorded: serde_json::Value,
    /// Whether the papers suffice, as one of the first kind or two others do.
    pub identified: bool,
    /// By whom.
    #[schemars(with = "String")]
    pub by: PersonId,
    /// In which role.
    pub role: Role,
}

impl RequestView {
    fn of(record: &Running) -> Option<Self> {
        let Recorded { request, by } = record.request()?;
        Some(Self {
            recorded: serde_json::from_str(request.text()).unwrap_or_default(),
            identified: request.reception().is_identified(Needed::OneOrTwo),
            by: by.person.clone(),
            role: by.role,
        })
    }
}

/// A step that was done.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DoneView {
    /// Key.
    #[schemars(with = "String")]
    pub step: StepKey,
    /// What was done.
    pub action: String,
    /// By whom.
    #[schemars(with = "String")]
    pub by: PersonId,
    /// In which role.
    pub role: Role,
}

/// A step that can be done now.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct OpenView {
    /// Key.
    #[schemars(with = "String")]
    pub step: StepKey,
    /// What is done.
    pub action: String,
    /// By which roles.
    pub roles: Vec<Role>,
    /// 翌日処理: the first day on which it may be done.
    #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<Day>,
    /// Papers that must be at hand.
    pub documents_in: Vec<String>,
    /// Papers that come of it.
    pub documents_out: Vec<String>,
    /// What belongs to it.
    pub details: Vec<String>,
    /// What must be shown and paid, where it is a 交付.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handing: Option<Asked>,
}

/// A document of a case.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DocumentView {
    /// Number in the case.
    #[schemars(with = "u32")]
    pub id: EntryId,
    /// Kind.
    pub kind: String,
    /// 部数.
    pub copies: u8,
    /// 照合符号.
    pub code: String,
    /// Whether somebody typed it.
    pub typed: bool,
    /// Of which day that is from which it was composed.
    #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Day>,
    /// Whether that is older than the city wants to be told.
    pub stale: bool,
    /// Whether it is approved.
    pub approved: bool,
    /// Its copies that were begun.
    pub issuances: Vec<IssuanceView>,
}

/// A copy that was begun.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct IssuanceView {
    /// Id.
    #[schemars(with = "String")]
    pub id: IssuanceId,
    /// What became of it.
    pub state: String,
    /// Number line.
    pub number: String,
}

impl DocumentView {
    fn of(sheet: &Sheet) -> Self {
        let entered = sheet.entered();
        let issuances = sheet.approved().into_iter().flat_map(|approved| &approved.issuances);
        let issuances = issuances.map(|(id, issuance)| IssuanceView {
            id: *id,
            state: issuance.state.key().to_owned(),
            number: issuance.number.clone(),
        });
        Self {
            id: entered.id,
            kind: entered.entry.kind.clone(),
            copies: entered.entry.copies,
            code: entered.entry.cover.digest.short(),
            typed: entered.entry.source.is_typed(),
            as_of: match &entered.entry.source {
                Source::Composed { as_of, .. } => *as_of,
                Source::Typed | Source::Change { .. } => None,
            },
            stale: false,
            approved: sheet.approved().is_some(),
            issuances: issuances.collect(),
        }
    }
}
