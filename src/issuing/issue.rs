//! 発行: T1 gives a number, the press prints outside of any transaction, T2 gives the number its end. What
//! was printed is nowhere to be had before T2, and never if T2 says no.

use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::case::actor::Actor;
use crate::case::command::Command;
use crate::case::error::CaseError;
use crate::case::event::{IssueEnd, Lapse};
use crate::case::id::{CaseId, EntryId, IssuanceId, OfficeId};
use crate::case::sheet::{ApprovedSheet, Sheet};
use crate::case::warrant::{Sealed, WarrantError};
use crate::document::catalog::{Composed, Kind};
use crate::document::refusal::Refusals;
use crate::office::aside::aside;
use crate::office::certifiers::{Certifiers, Signatories};
use crate::office::records::{Kept as _, RecordError, Version};
use crate::office::terminals::{Enrolled, TerminalError};
use crate::press::sheet::NumberLine;
use crate::press::{PressError, SealedPage};
use crate::register::{
    Alarm, Answer, Ask, Batch, Event, Fresh, IncidentId, Locked, Mode, Once, RegisterError, Step, Written,
};

use super::casework::{Casework, CaseworkError, Loaded};
use super::city::CityError;
use super::decision::{self, Obstacle, Question};
use super::fail::fail_point;
use super::note::incident_opened;
use super::tally::{Ended, tally};
use super::{IssueError, Issuing, Terminal};

/// How long the press may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A certificate could not be issued.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The case or the register.
    #[error(transparent)]
    Casework(#[from] CaseworkError),
    /// The document as it was entered cannot be printed any more.
    #[error("issuing: the document that was approved is refused now")]
    Document(Refusals),
    /// The document is not the approved one.
    #[error("issuing: the document is not the one that was approved")]
    OtherDocument,
    /// The office may not issue it now.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// The approval no longer holds: the case went back to examination.
    #[error("issuing: the approval no longer holds ({0:?}); the case is back in examination")]
    Lapsed(Lapse),
    /// The same order came before: this is what was begun for it.
    #[error("issuing: the order came before, as {issuance}")]
    Again {
        /// Which.
        issuance: IssuanceId,
    },
    /// The press; the number was voided.
    #[error("issuing: number {number} was voided: {source}")]
    Press {
        /// The number line.
        number: String,
        /// Why.
        source: IssueError,
    },
    /// The press took too long; the number was voided.
    #[error("issuing: number {number} was voided: the press took too long")]
    TooLate {
        /// The number line.
        number: String,
    },
    /// The number had its end before the page was there; the page was thrown away.
    #[error("issuing: number {number} had its end already")]
    Late {
        /// The number line.
        number: String,
    },
    /// The office.
    #[error(transparent)]
    City(#[from] CityError),
    /// The terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<IssueError> for ReleaseError {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::City(error) => Self::City(error),
            IssueError::Press(source) => Self::Press { number: String::new(), source: source.into() },
        }
    }
}

impl From<RegisterError> for ReleaseError {
    fn from(error: RegisterError) -> Self {
        Self::Casework(error.into())
    }
}

impl ReleaseError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Casework(error) => error.code(),
            Self::Document(_) => "issuing-document",
            Self::OtherDocument => "warrant-other-content",
            Self::Obstacle(obstacle) => obstacle.code(),
            Self::Lapsed(Lapse::SourceChanged) => "source-changed",
            Self::Lapsed(_) => "issuing-lapsed",
            Self::Again { .. } => "issuing-again",
            Self::Press { .. } => "issuing-press",
            Self::TooLate { .. } => "issuing-too-late",
            Self::Late { .. } => "issuing-late",
            Self::City(_) => "issuing-office",
            Self::Terminal(error) => error.code(),
            Self::Record(error) => error.code(),
        }
    }
}

/// A released certificate.
#[derive(Debug)]
pub struct Released {
    /// Its issuance.
    pub issuance: IssuanceId,
    /// Its number.
    pub number: NumberLine,
    /// The file, as the register keeps it.
    pub file: Vec<u8>,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// The case after it.
    pub loaded: Loaded,
}

/// What one issuance is about.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The office whose case it is.
    pub office: &'a OfficeId,
    /// The case.
    pub case: CaseId,
    /// The document.
    pub entry: EntryId,
    /// Who has it issued.
    pub actor: &'a Actor,
    /// At which terminal: without one that is enrolled nothing is issued.
    pub terminal: &'a Enrolled,
    /// What makes this order the same as another; none where each is one of its own.
    pub once: Option<&'a Once>,
}

/// A number that was given, and what is to be printed under it.
struct Begun {
    issuance: IssuanceId,
    number: NumberLine,
    warrant: Sealed,
    document: Composed,
    /// The case as T1 left it: T2 reads it again only where somebody wrote to it in between.
    loaded: Loaded,
}

/// Issues what was approved.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    /// Cases.
    pub casework: Casework<'a>,
    /// Press, city, key of the QR.
    pub issuing: Issuing<'a>,
    /// How long the press may take ([`PATIENCE`]); what it prints later than that is thrown away, and the
    /// number voided.
    pub patience: Duration,
}

impl Counter<'_> {
    /// One copy of an approved document: number, page, release.
    pub async fn issue(&self, order: Order<'_>) -> Result<Released, ReleaseError> {
        self.issuing.city.refresh(self.casework.register, order.office).await?;
        let loaded = self.casework.load(order.office, order.case).await?;
        let document = self.document_of(approved(&loaded, order.entry)?)?;
        let begun = self.begin(order, loaded, document).await?;
        fail_point("begun");
        let since = Instant::now();
        let page = self.print(order, &begun);
        tally().pressed(since.elapsed());
        fail_point("printed");
        match page {
            Ok(_) if since.elapsed() > self.patience => {
                let voided = self.end_void(order, &begun, "too-late", true).await;
                self.unless_late(order, &begun, voided).await?;
                Err(ReleaseError::TooLate { number: begun.number.text() })
            }
            Ok(page) => self.release(order, begun, page).await,
            Err(error) => self.void(order, &begun, error).await,
        }
    }

    /// The document as it was entered, read once more: what is kept is data, not belief.
    pub(super) fn document_of(&self, sheet: &ApprovedSheet) -> Result<Composed, ReleaseError> {
        let entry = &sheet.entered.entry;
        let kind = Kind::by_id(&entry.kind).ok_or(ReleaseError::OtherDocument)?;
        let read = kind.read(entry.data.0.as_bytes(), &**self.issuing.press.typefaces());
        let document = read.map_err(ReleaseError::Document)?;
        if document.digest() == sheet.cover.digest { Ok(document) } else { Err(ReleaseError::OtherDocument) }
    }

    /// T1.
    async fn begin(&self, order: Order<'_>, loaded: Loaded, document: Composed) -> Result<Begun, ReleaseError> {
        let (issuance, terminal) = (IssuanceId::new(), Terminal::of(order.terminal));
        let city = &self.issuing.city.id;
        let mut watch = decision::watch(city, approved(&loaded, order.entry)?);
        watch.push(order.terminal.watch(city));
        watch.push(Certifiers::watch(city, order.office));
        let ask = Ask {
            terminal: Some(terminal.number),
            once: order.once.cloned(),
            watch,
            ..Ask::case(order.office, order.case, loaded.version)
        };
        let office = self.issuing.city.office(order.office.as_str())?;
        let written = self
            .casework
            .register
            .write(&ask, |locked: &Locked| {
                if !order.terminal.still_stands(locked)? {
                    return Err(TerminalError::NotHere.into());
                }
                self.certified_by(order.office, locked)?;
                let sheet = approved(&loaded, order.entry)?;
                Question { running: loaded.case.record(), sheet, locked }.decide()?;
                let day = locked.now.day();
                // What would be printed now is what was approved: else no number is spent on it.
                let meant = self.issuing.cover(&document, office, sheet.cover.day.max(day))?;
                sheet.cover.covers(&meant).map_err(lapse_of)?;
                let serial = locked.number.map_or(0, |number| number.serial);
                let number = terminal.number_line(day, serial);
                let evidence = self.issuing.evidence(&terminal);
                let command = Command::BeginIssue { issuance, entry: order.entry, number: number.text(), evidence };
                let (batch, after) = self.casework.decided(&loaded, command, order.actor, locked)?;
                fail_point("beginning");
                let step = Step::Begin {
                    id: issuance,
                    kind: sheet.entered.entry.kind.clone(),
                    digest: sheet.cover.digest.0,
                    template: sheet.cover.templates,
                    issuer: sheet.cover.issuer.clone(),
                };
                let answer = order.once.map(|_| Zeroizing::new(issuance.to_string().into_bytes()));
                Ok::<_, ReleaseError>((Batch { step: Some(step), answer, ..batch }, (number, after)))
            })
            .await;
        let (number, after) = match written {
            Err(ReleaseError::Lapsed(cause)) => return self.lapse(order, cause).await,
            Err(ReleaseError::Obstacle(Obstacle::DayOver)) => return self.lapse(order, Lapse::DayOver).await,
            Err(ReleaseError::Obstacle(Obstacle::SourceChanged)) => {
                return self.lapse(order, Lapse::SourceChanged).await;
            }
            Ok(Written::Earlier(answer)) => return Err(again(&answer)),
            Ok(Written::Now(begun)) => begun,
            Err(error) => return Err(error),
        };
        let warrant = after.case.issuing_warrant(issuance).ok_or(ReleaseError::OtherDocument)?;
        Ok(Begun { issuance, number, warrant, document, loaded: after })
    }

    /// Who certifies is who is known to: else they were changed a moment ago, and it is asked again.
    fn certified_by(&self, office: &OfficeId, locked: &Locked) -> Result<(), RecordError> {
        let now = Version::<Signatories>::watched(locked)?.pop().map_or(0, |known| known.version);
        let seen = self.issuing.city.version(office);
        let stale = || RecordError::Stale { kind: Signatories::KIND, id: office.to_string(), seen };
        if now == seen { Ok(()) } else { Err(stale()) }
    }

    /// Back to examination: what was approved is not what would be printed.
    async fn lapse<T>(&self, order: Order<'_>, cause: Lapse) -> Result<T, ReleaseError> {
        let command = Command::Lapse { entry: order.entry, cause };
        self.casework.act(order.office, order.case, &command, order.actor).await?;
        Err(ReleaseError::Lapsed(cause))
    }

    /// The press, outside of any transaction.
    fn print(&self, order: Order<'_>, begun: &Begun) -> Result<SealedPage, IssueError> {
        let office = self.issuing.city.office(order.office.as_str())?;
        let terminal = Terminal::of(order.terminal);
        aside(|| self.issuing.seal(&begun.warrant, &begun.document, office, &begun.number, &terminal))
    }

    /// T2: everything is asked once more, then the number ends and the page is there to be had.
    async fn release(&self, order: Order<'_>, begun: Begun, page: SealedPage) -> Result<Released, ReleaseError> {
        let file = page.pdf().to_vec();
        let sha256: [u8; 32] = Sha256::digest(&file).into();
        let pages = page.sheets().document.pages().len();
        let end = IssueEnd::Issued { sha256, pages: u16::try_from(pages).unwrap_or(u16::MAX) };
        let step = Step::Issue { file: Zeroizing::new(file.clone()), pages: u32::try_from(pages).unwrap_or(u32::MAX) };
        let ended = self.end(order, &begun, end, Some(step), Vec::new()).await;
        match self.unless_late(order, &begun, ended).await {
            Ok(loaded) => {
                fail_point("released");
                Ok(Released { issuance: begun.issuance, number: begun.number, file, sha256, loaded })
            }
            Err(ReleaseError::Obstacle(obstacle)) => {
                self.end_void(order, &begun, obstacle.code(), false).await?;
                Err(ReleaseError::Obstacle(obstacle))
            }
            Err(error @ ReleaseError::Late { .. }) => Err(error),
            // The register failed. The number ends now if that can be written; else a start voids it.
            Err(error) => {
                drop(self.end_void(order, &begun, "register", true).await);
                Err(error)
            }
        }
    }

    /// If somebody ended the number before, the page is thrown away, and that it was there is told.
    async fn unless_late(
        &self,
        order: Order<'_>,
        begun: &Begun,
        ended: Result<Loaded, ReleaseError>,
    ) -> Result<Loaded, ReleaseError> {
        if let Err(ReleaseError::Late { .. }) = ended {
            self.alarm(order, incident("late-duplicate", begun.document.kind().id)).await?;
        }
        ended
    }

    /// The number ends without a page, and somebody is told where that is a doubt and not a delay.
    async fn void(&self, order: Order<'_>, begun: &Begun, error: IssueError) -> Result<Released, ReleaseError> {
        let number = begun.number.text();
        self.end_void(order, begun, cause_of(&error), true).await?;
        Err(ReleaseError::Press { number, source: error })
    }

    async fn end_void(
        &self,
        order: Order<'_>,
        begun: &Begun,
        cause: &str,
        alarm: bool,
    ) -> Result<Loaded, ReleaseError> {
        let end = IssueEnd::Voided { cause: cause.to_owned() };
        let step = Step::Void { reason: cause.to_owned() };
        let kind = begun.document.kind().id;
        let alarms = if alarm { vec![incident(cause, kind)] } else { Vec::new() };
        self.end(order, begun, end, Some(step), alarms).await
    }

    async fn end(
        &self,
        order: Order<'_>,
        begun: &Begun,
        end: IssueEnd,
        step: Option<Step>,
        alarms: Vec<Alarm>,
    ) -> Result<Loaded, ReleaseError> {
        let released = matches!(end, IssueEnd::Issued { .. });
        let command = Command::EndIssue { issuance: begun.issuance, end };
        let mut loaded = begun.loaded.clone();
        loop {
            let watch = if released {
                decision::watch(&self.issuing.city.id, approved(&loaded, order.entry)?)
            } else {
                Vec::new()
            };
            let ask =
                Ask { issuance: Some(begun.issuance), watch, ..Ask::case(order.office, order.case, loaded.version) };
            let (step, alarms) = (step.clone(), alarms.clone());
            let written = self.casework.register.write(&ask, |locked: &Locked| {
                if locked.issuance.as_ref().is_none_or(|issuance| issuance.end.is_some()) {
                    return Err(ReleaseError::Late { number: begun.number.text() });
                }
                if released {
                    let sheet = approved(&loaded, order.entry)?;
                    Question { running: loaded.case.record(), sheet, locked }.decide()?;
                }
                let (batch, after) = self.casework.decided(&loaded, command.clone(), order.actor, locked)?;
                fail_point("ending");
                Ok((Batch { events: with_alarms(batch.events, &alarms), step, alarms, ..batch }, after))
            });
            match written.await {
                Err(ReleaseError::Casework(CaseworkError::Register(RegisterError::Conflict { .. }))) => {
                    loaded = self.casework.load(order.office, order.case).await?;
                }
                other => {
                    let loaded = super::casework::now(other?)?;
                    tally().ended(begun.document.kind().id, if released { Ended::Issued } else { Ended::Voided });
                    return Ok(loaded);
                }
            }
        }
    }

    /// Tells of something that no later success may close.
    async fn alarm(&self, order: Order<'_>, alarm: Alarm) -> Result<(), ReleaseError> {
        let alarms = vec![alarm];
        let ask = Ask { case: Some(order.case), ..Ask::office(order.office) };
        let batch = Batch { events: with_alarms(Vec::new(), &alarms), alarms, ..Batch::default() };
        let written = self.casework.register.write(&ask, |_: &Locked| Ok::<_, ReleaseError>((batch, ())));
        written.await.map(drop)
    }

    /// Voids what a node that stopped left between T1 and T2: at start, and of nodes that share the
    /// register only what is older than any press's patience.
    pub async fn sweep(&self, office: &OfficeId, machine: &Actor) -> Result<usize, ReleaseError> {
        let shared = self.casework.register.deployment().mode == Mode::Shared;
        let patience = i64::try_from(self.patience.as_millis()).unwrap_or(i64::MAX);
        let now = self.casework.register.now().await?.millis();
        let mut voided = 0;
        for orphan in self.casework.register.issuances_without_end(office).await? {
            if shared && now.saturating_sub(orphan.begun_at.millis()) < patience.saturating_mul(2) {
                continue;
            }
            let end = IssueEnd::Voided { cause: "orphan".to_owned() };
            let step = Step::Void { reason: "orphan".to_owned() };
            let command = Command::EndIssue { issuance: orphan.id, end };
            let loaded = self.casework.load(office, orphan.case).await?;
            let ask = Ask { issuance: Some(orphan.id), ..Ask::case(office, orphan.case, loaded.version) };
            let alarms = vec![incident("orphan", &orphan.kind)];
            let written = self.casework.register.write(&ask, |locked: &Locked| {
                let (batch, _) = self.casework.decided(&loaded, command, machine, locked)?;
                let events = with_alarms(batch.events, &alarms);
                Ok::<_, ReleaseError>((Batch { events, step: Some(step), alarms, ..batch }, ()))
            });
            written.await?;
            voided += 1;
        }
        Ok(voided)
    }
}

/// The approved document of a case.
fn approved(loaded: &Loaded, entry: EntryId) -> Result<&ApprovedSheet, ReleaseError> {
    let sheet = loaded.case.record().sheet(entry).and_then(Sheet::approved);
    let not = || CaseError::NotApproved { command: "an issuance", entry };
    sheet.ok_or_else(|| ReleaseError::Casework(not().into()))
}

/// What no longer agrees with an approval.
/// What was begun for an order that came before.
fn again(answer: &Answer) -> ReleaseError {
    match IssuanceId::parse(&String::from_utf8_lossy(&answer.0)) {
        Ok(issuance) => ReleaseError::Again { issuance },
        Err(error) => CaseworkError::from(RegisterError::from(error)).into(),
    }
}

fn lapse_of(error: WarrantError) -> ReleaseError {
    match error {
        WarrantError::OtherTemplate => ReleaseError::Lapsed(Lapse::OtherTemplate),
        WarrantError::OtherIssuer => ReleaseError::Lapsed(Lapse::OtherIssuer),
        WarrantError::OtherDay => ReleaseError::Lapsed(Lapse::DayOver),
        _ => ReleaseError::OtherDocument,
    }
}

/// Code of what stood in the way of the press.
fn cause_of(error: &IssueError) -> &'static str {
    match error {
        IssueError::City(_) => "office",
        IssueError::Press(PressError::Inspection(_)) => "inspection",
        IssueError::Press(PressError::ReadBack(_)) => "read-back",
        IssueError::Press(PressError::Warrant(_)) => "warrant",
        IssueError::Press(_) => "press",
    }
}

/// An incident about a kind of document.
fn incident(cause: &str, kind: &str) -> Alarm {
    Alarm::Open { id: IncidentId::new(), kind: format!("{cause} {kind}") }
}

/// Every incident is an event of its own.
fn with_alarms(mut events: Vec<Event>, alarms: &[Alarm]) -> Vec<Event> {
    for alarm in alarms {
        if let Alarm::Open { id, kind } = alarm {
            events.push(incident_opened(id, kind));
        }
    }
    events
}
