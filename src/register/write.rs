//! The one way in: under the lock of the office's head, what the caller needs is read, the caller
//! decides, and what it decided is written, all of it or nothing.

use std::fmt;

use zeroize::Zeroizing;

use super::chain::{self, Effects};
use super::clock::{Moment, hour, settle};
use super::id::{CaseId, IncidentId, IssuanceId, OFFICE, OfficeId};
use super::merkle::{Hash, Tree};
use super::record::{Put, RECORD, Record, Watch};
use super::rows::{CaseRow, End, Head, Incident, Issuance, Number, whole};
use super::store::{Access, Transaction, Value, maybe_one, one};
use super::table::{Of, sha256};
use super::vault::{Place, Secret};
use super::{Deployment, Mode, Register, RegisterError};

/// What a writer wants to know under the lock.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Office.
    pub office: OfficeId,
    /// The case that the events belong to; the office itself where there is none.
    pub case: Option<CaseId>,
    /// Version of the case that the writer has seen (0 for a new one); none where any will do.
    pub version: Option<u64>,
    /// Terminal that may want a number.
    pub terminal: Option<u16>,
    /// An issuance that may get its end.
    pub issuance: Option<IssuanceId>,
    /// What makes this request the same as another.
    pub once: Option<Once>,
    /// Records on which the decision depends.
    pub watch: Vec<Watch>,
    /// Another office whose records are put in the same write (the city's, by a ward): its head is locked, too.
    pub beside: Option<OfficeId>,
}

impl Ask {
    /// About the office itself.
    pub fn office(office: &OfficeId) -> Self {
        Self {
            office: office.clone(),
            case: None,
            version: None,
            terminal: None,
            issuance: None,
            once: None,
            watch: Vec::new(),
            beside: None,
        }
    }

    /// About a case that was seen at a version.
    pub fn case(office: &OfficeId, case: CaseId, version: u64) -> Self {
        Self { case: Some(case), version: Some(version), ..Self::office(office) }
    }
}

/// 冪等キー: the same key with the same request is answered as it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Key that the client chose.
    pub key: String,
    /// Digest of the request.
    pub request: Hash,
}

/// What is so while the lock is held.
#[derive(Debug, Clone)]
pub struct Locked {
    /// Now, by the store's clock; the day of a number is its day.
    pub now: Moment,
    /// Version of the case: how many events it has.
    pub version: u64,
    /// The number that an issuance begun now gets; none if no terminal was named.
    pub number: Option<Number>,
    /// The issuance that was named.
    pub issuance: Option<Issuance>,
    /// Open incidents of the office.
    pub incidents: Vec<Incident>,
    /// The records that are watched, as they are now.
    pub watched: Vec<Record>,
}

/// An event: opaque to the register.
#[derive(Clone)]
pub struct Event {
    /// Type.
    pub kind: String,
    /// Version of the type's form.
    pub v: u32,
    /// Body; it is enciphered.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event {{ kind: {:?}, v: {}, body: *** }}", self.kind, self.v)
    }
}

/// No terminal has this number: it counts what is not issued.
pub const COUNTER: u16 = 0;
/// Neither has any a number from here on: they count what terminals do besides issuing (`sql/serial_gaps.sql` leaves
/// them out), each by the terminal's own number.
pub const COUNTERS: u16 = 0x8000;

/// What happens to a number.
#[derive(Clone)]
pub enum Step {
    /// [`Locked::number`] of [`COUNTER`], or of one of [`COUNTERS`], is taken for something that is not issued: a new
    /// case's 案件番号, a receipt.
    Count,
    /// T1: takes [`Locked::number`].
    Begin {
        /// Id.
        id: IssuanceId,
        /// Kind of document.
        kind: String,
        /// Digest of the document that was approved.
        digest: Hash,
        /// Digest of the template.
        template: Hash,
        /// Who certifies.
        issuer: String,
    },
    /// T2: the issuance that was named ends with a released file.
    Issue {
        /// The file; it is enciphered.
        file: Zeroizing<Vec<u8>>,
        /// 枚数.
        pages: u32,
    },
    /// The issuance that was named ends without one.
    Void {
        /// Why.
        reason: String,
    },
}

/// What happens to an incident.
#[derive(Debug, Clone)]
pub enum Alarm {
    /// It is opened, for the case of the write.
    Open {
        /// Id.
        id: IncidentId,
        /// What kind.
        kind: String,
    },
    /// It is closed.
    Close {
        /// Id.
        id: IncidentId,
    },
}

/// By what a case is found. The term is hashed under the office's search key; how terms are brought
/// to one form is the caller's.
#[derive(Clone, PartialEq, Eq)]
pub struct Term {
    /// Field (shimei, seinengappi, …).
    pub field: String,
    /// Term.
    pub term: Zeroizing<String>,
}

impl fmt::Debug for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Term({}, ***)", self.field)
    }
}

/// The flow that cases of a procedure follow.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Procedure.
    pub procedure: String,
    /// SHA-256 of the text, in hexadecimal.
    pub version: String,
    /// Text.
    pub text: String,
}

/// What a writer decided. There is always at least one event: nothing changes without one.
#[derive(Clone, Default)]
pub struct Batch {
    /// Events, in order.
    pub events: Vec<Event>,
    /// The case as it is now, and the roles that it waits for.
    pub case: Option<(CaseRow, Vec<String>)>,
    /// What happens to an issuance.
    pub step: Option<Step>,
    /// What the case is found by from now on.
    pub terms: Vec<Term>,
    /// Incidents.
    pub alarms: Vec<Alarm>,
    /// A flow.
    pub flow: Option<Flow>,
    /// Records.
    pub records: Vec<Put>,
    /// Records of the office beside ([`Ask::beside`]).
    pub beside: Vec<Put>,
    /// The answer to give when the same request comes again; it is enciphered.
    pub answer: Option<Zeroizing<Vec<u8>>>,
}

/// What came of a write.
#[derive(Debug)]
pub enum Written<T> {
    /// It was written: what the writer made.
    Now(T),
    /// The same request was answered before; nothing was written.
    Earlier(Answer),
}

/// An answer that was kept.
pub struct Answer(pub Zeroizing<Vec<u8>>);

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Register {
    /// Reads what `ask` names under the lock of the office's head, lets `build` decide, and writes the
    /// batch. If `build` refuses, nothing is written.
    ///
    /// # Errors
    /// What `build` says; [`RegisterError::Conflict`] if the case is not at the version of the ask;
    /// [`RegisterError::OtherProgram`], [`RegisterError::OtherSchema`], [`RegisterError::OtherMode`] and
    /// [`RegisterError::SecondNode`] if the register was given to others since it was opened.
    pub async fn write<T, E, F>(&self, ask: &Ask, build: F) -> Result<Written<T>, E>
    where
        E: From<RegisterError>,
        F: FnOnce(&Locked) -> Result<(Batch, T), E>,
    {
        let mut writing = Writing::begin(self, ask).await?;
        if let Some(answer) = writing.earlier().await? {
            return Ok(Written::Earlier(answer));
        }
        let locked = writing.locked().await?;
        let (mut batch, value) = build(&locked)?;
        let beside = std::mem::take(&mut batch.beside);
        writing.batch(batch, locked).await?;
        writing.commit_with(beside).await?;
        Ok(Written::Now(value))
    }

    /// Enrols an office: its keys, and the first event of its chain. Keys that are in the folder already are
    /// taken.
    ///
    /// # Errors
    /// [`RegisterError::AlreadyEnrolled`], [`RegisterError::KeyFile`].
    pub async fn enrol(&self, office: &OfficeId) -> Result<(), RegisterError> {
        let mut transaction = self.begin(Access::Write).await?;
        if maybe_one(&mut *transaction, self.store.lock_head(), vec![office.as_str().into()]).await?.is_some() {
            return Err(RegisterError::AlreadyEnrolled { office: office.to_string() });
        }
        let head = Head { hash: chain::BEGINNING, tree: Default::default(), at: 0 };
        transaction.execute(&Of::heads.statements().add, head.values(office)?).await?;
        let ask = Ask::office(office);
        let mut writing = Writing::lock(self, &ask, transaction).await?;
        let ring_key = match self.ring.newest(office) {
            Err(RegisterError::KeyMissing { .. }) => self.ring.create(office)?,
            found => found?,
        };
        let body = Zeroizing::new(ring_key.into_bytes());
        writing.add(vec![Event { kind: super::ENROLLED.to_owned(), v: 1, body }], 0).await?;
        writing.commit().await
    }
}

/// A write under way.
pub(in crate::register) struct Writing<'w> {
    register: &'w Register,
    ask: &'w Ask,
    transaction: Box<dyn Transaction>,
    head: Head,
    /// Head of the office beside, locked with the own one.
    beside: Option<Head>,
    pub(in crate::register) now: Moment,
    key: Option<Secret>,
    effects: Effects,
    /// Rows of the events, but for their effects and hashes.
    events: Vec<Vec<Value>>,
}

impl<'w> Writing<'w> {
    /// Begins a transaction and locks the office's head in it. The first write of an hour signs where the
    /// chain stood before it: all or nothing, as whatever it writes itself.
    pub(in crate::register) async fn begin(register: &'w Register, ask: &'w Ask) -> Result<Self, RegisterError> {
        let mut writing = Self::begin_unsigned(register, ask).await?;
        writing.sign_hour().await?;
        Ok(writing)
    }

    /// Signs where the chain stood, in the first write of an hour.
    async fn sign_hour(&mut self) -> Result<(), RegisterError> {
        let first_of_the_hour = hour(self.head.at) < hour(self.now.millis());
        if let Some(log) = &self.register.log
            && first_of_the_hour
        {
            self.sign(&log.signer(&self.ask.office)?, super::CHECKPOINTED).await?;
        }
        Ok(())
    }

    /// [`Self::begin`] for what signs by itself.
    pub(in crate::register) async fn begin_unsigned(
        register: &'w Register,
        ask: &'w Ask,
    ) -> Result<Self, RegisterError> {
        Self::lock(register, ask, register.begin(Access::Write).await?).await
    }

    /// Locks the office's head, and that of the office beside: of two heads always the same one first. Whoever
    /// may not write any more, because the register was given to another program or another node, is refused
    /// here.
    async fn lock(
        register: &'w Register,
        ask: &'w Ask,
        mut transaction: Box<dyn Transaction>,
    ) -> Result<Self, RegisterError> {
        let other = ask.beside.as_ref().filter(|other| **other != ask.office);
        let (head, beside) = match other {
            Some(other) if *other < ask.office => {
                let beside = lock_head(register, &mut *transaction, other).await?;
                (lock_head(register, &mut *transaction, &ask.office).await?, Some(beside))
            }
            Some(other) => {
                let head = lock_head(register, &mut *transaction, &ask.office).await?;
                (head, Some(lock_head(register, &mut *transaction, other).await?))
            }
            None => (lock_head(register, &mut *transaction, &ask.office).await?, None),
        };
        if register.deployment.mode == Mode::Single {
            register.store.still_claimed(&mut *transaction).await?;
        }
        let node = (register.clock)();
        let store = match register.store.clock() {
            Some(clock) => one(&mut *transaction, clock, Vec::new()).await?.integer()?,
            None => node,
        };
        let last = beside.as_ref().map_or(head.at, |beside| beside.at.max(head.at));
        let now = settle(node, store, last)?;
        let (effects, events) = (Effects::default(), Vec::new());
        Ok(Self { register, ask, transaction, head, beside, now, key: None, effects, events })
    }

    /// Where the chain stood when it was locked.
    pub(in crate::register) fn tree(&self) -> Tree {
        Tree { size: self.head.tree.size(), root: self.head.tree.root() }
    }

    pub(in crate::register) fn office_id(&self) -> &'w OfficeId {
        &self.ask.office
    }

    /// The office as a column has it.
    pub(in crate::register) fn office(&self) -> Value {
        self.ask.office.as_str().into()
    }

    /// The case that is written to, or what stands for the office.
    fn case(&self) -> CaseId {
        self.ask.case.unwrap_or(OFFICE)
    }

    async fn earlier(&mut self) -> Result<Option<Answer>, RegisterError> {
        const ANSWER: &str = include_str!("../../sql/answer.sql");
        let Some(once) = &self.ask.once else { return Ok(None) };
        let key = vec![self.office(), once.key.as_str().into()];
        let Some(mut row) = maybe_one(&mut *self.transaction, ANSWER, key).await? else { return Ok(None) };
        let (case, request, sealed) = (CaseId::parse(&row.text()?)?, row.hash()?, row.bytes()?);
        if request != once.request || case != self.case() {
            return Err(RegisterError::KeyReused);
        }
        let secret = self.key().await?;
        let place = Place::row(&self.ask.office, case, "answer", &once.key);
        Ok(Some(Answer(secret.open(&place, &sealed)?)))
    }

    async fn locked(&mut self) -> Result<Locked, RegisterError> {
        const VERSION_AND_SERIAL: &str = include_str!("../../sql/version_and_serial.sql");
        let (case, day) = (self.case().to_string(), self.now.day());
        let terminal = Value::Integer(self.ask.terminal.map(i64::from));
        let asked = vec![self.office(), case.into(), day.to_string().into(), terminal];
        let mut row = one(&mut *self.transaction, VERSION_AND_SERIAL, asked).await?;
        let (version, last) = (row.count()?, row.maybe_integer()?);
        if let Some(expected) = self.ask.version
            && expected != version
        {
            return Err(RegisterError::Conflict { expected, found: version });
        }
        Ok(Locked {
            now: self.now,
            version,
            number: self.number(last)?,
            issuance: self.issuance().await?,
            incidents: self.register.incidents_in(&mut *self.transaction, &self.ask.office).await?,
            watched: self.register.watched(&mut *self.transaction, &self.ask.watch).await?,
        })
    }

    /// The number after the last one of the day and terminal.
    fn number(&self, last: Option<i64>) -> Result<Option<Number>, RegisterError> {
        let Some(terminal) = self.ask.terminal else { return Ok(None) };
        let next = last.unwrap_or(0).checked_add(1).and_then(|next| u32::try_from(next).ok());
        let serial = next.ok_or(RegisterError::Batch { what: "no number is left for the day" })?;
        Ok(Some(Number { day: self.now.day(), terminal, serial }))
    }

    async fn issuance(&mut self) -> Result<Option<Issuance>, RegisterError> {
        const ISSUANCE: &str = include_str!("../../sql/issuance.sql");
        let Some(id) = self.ask.issuance else { return Ok(None) };
        let key = vec![self.office(), id.to_string().into()];
        maybe_one(&mut *self.transaction, ISSUANCE, key).await?.map(Issuance::read).transpose()
    }

    async fn batch(&mut self, batch: Batch, locked: Locked) -> Result<(), RegisterError> {
        let Batch { events, case, step, terms, alarms, flow, records, answer, beside: _ } = batch;
        let own = |event: &Event| event.kind.starts_with(super::OWN) || event.kind.starts_with(RECORD);
        if events.iter().any(own) {
            return Err(RegisterError::Batch { what: "an event has a type that is the register's own" });
        }
        if records.is_empty() || !events.is_empty() {
            self.add(events, locked.version).await?;
        }
        for record in records {
            self.put_record(record).await?;
        }
        if let Some((case, waiting)) = case {
            self.put_case(&case, &waiting).await?;
        }
        if let Some(step) = step {
            self.step(step, &locked).await?;
        }
        for term in terms {
            self.put_term(&term).await?;
        }
        for alarm in alarms {
            self.alarm(alarm, &locked).await?;
        }
        if let Some(Flow { procedure, version, text }) = flow {
            let row = vec![self.office(), procedure.into(), version.into(), text.into()];
            self.put(Of::flows, row).await?;
        }
        self.keep(answer).await
    }

    /// Enciphers events and keeps their rows for [`Self::commit`], which knows what they bring about.
    pub(in crate::register) async fn add(&mut self, events: Vec<Event>, version: u64) -> Result<(), RegisterError> {
        if events.is_empty() {
            return Err(RegisterError::Batch { what: "nothing changes without an event" });
        }
        let secret = self.key().await?;
        for (event, version) in events.into_iter().zip(version + 1..) {
            self.add_one(&secret, self.ask.case.map(|case| (case, version)), event)?;
        }
        Ok(())
    }

    /// Adds an event of the office itself, whatever case is written to.
    pub(in crate::register) async fn add_of_the_office(&mut self, event: Event) -> Result<(), RegisterError> {
        let secret = self.register.case_key_in(&mut *self.transaction, &self.ask.office, OFFICE).await?;
        let secret = secret.ok_or_else(|| RegisterError::damaged("an office has no key"))?;
        self.add_one(&secret, None, event)
    }

    /// Adds an event after those that were added before: of a case, with its version after it, or of the
    /// office.
    pub(in crate::register) fn add_one(
        &mut self,
        secret: &Secret,
        of: Option<(CaseId, u64)>,
        event: Event,
    ) -> Result<(), RegisterError> {
        let (office, case) = (&self.ask.office, of.map(|(case, _)| case));
        let (position, v) = (whole(self.head.tree.size() + self.events.len() as u64)?, i64::from(event.v));
        let place = Place::event(office, case.unwrap_or(OFFICE), position, &event.kind, v);
        self.events.push(vec![
            office.as_str().into(),
            position.into(),
            Value::Text(case.map(|case| case.to_string())),
            Value::Integer(of.map(|(_, version)| whole(version)).transpose()?),
            self.now.millis().into(),
            event.kind.into(),
            v.into(),
            secret.seal(&place, &event.body)?.into(),
        ]);
        Ok(())
    }

    /// The key of the case, made with its first write.
    async fn key(&mut self) -> Result<Secret, RegisterError> {
        if let Some(secret) = &self.key {
            return Ok(secret.clone());
        }
        let secret = self.key_of(self.case()).await?;
        self.key = Some(secret.clone());
        Ok(secret)
    }

    /// The key of a case or of a record, made with its first write.
    pub(in crate::register) async fn key_of(&mut self, case: CaseId) -> Result<Secret, RegisterError> {
        let office = &self.ask.office;
        match self.register.case_key_in(&mut *self.transaction, office, case).await? {
            Some(secret) => Ok(secret),
            None => {
                let ring_key = self.register.ring.newest(office)?;
                let secret = Secret::random()?;
                let wrapped =
                    self.register.ring.get(&ring_key)?.seal(&Place::case_key(office, case), secret.bytes())?;
                let row =
                    vec![self.office(), case.to_string().into(), ring_key.into(), wrapped.into(), Value::Text(None)];
                self.put(Of::case_keys, row).await?;
                Ok(secret)
            }
        }
    }

    /// Hash under which a term of this office is kept.
    pub(in crate::register) fn search_hash(&self, term: &Term) -> Result<Hash, RegisterError> {
        self.register.ring.search(&self.ask.office)?.search_hash(term)
    }

    /// Puts a row, and notes that for the chain.
    pub(in crate::register) async fn put(&mut self, of: Of, row: Vec<Value>) -> Result<(), RegisterError> {
        self.effects.put(of, &row);
        self.transaction.execute(&of.statements().put, row).await.map(drop)
    }

    /// Takes a row out, and notes that for the chain.
    pub(in crate::register) async fn remove(&mut self, of: Of, key: Vec<Value>) -> Result<(), RegisterError> {
        self.effects.removed(of, &key);
        self.transaction.execute(&of.statements().remove, key).await.map(drop)
    }

    pub(in crate::register) fn transaction(&mut self) -> &mut dyn Transaction {
        &mut *self.transaction
    }

    async fn put_case(&mut self, case: &CaseRow, waiting: &[String]) -> Result<(), RegisterError> {
        const WAITING: &str = include_str!("../../sql/waiting_of_case.sql");
        if self.ask.case != Some(case.id) {
            return Err(RegisterError::Batch { what: "the case is not the one that was asked for" });
        }
        // What is read comes first: what is put can then go to the database together.
        let key = vec![self.office(), case.id.to_string().into()];
        let waited = self.transaction.rows(WAITING, key).await?;
        self.put(Of::cases, case.values(&self.ask.office)).await?;
        let place = |office: Value, role: String, opened_at: i64| {
            vec![office, role.into(), opened_at.into(), case.id.to_string().into()]
        };
        for mut row in waited {
            let (role, opened_at) = (row.text()?, row.integer()?);
            if !waiting.contains(&role) || opened_at != case.opened_at.millis() {
                self.remove(Of::case_waiting, place(self.office(), role, opened_at)).await?;
            }
        }
        for role in waiting {
            self.put(Of::case_waiting, place(self.office(), role.clone(), case.opened_at.millis())).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: Step, locked: &Locked) -> Result<(), RegisterError> {
        let case = self.ask.case.ok_or(RegisterError::Batch { what: "an issuance belongs to a case" })?;
        let issuance = match step {
            Step::Count => return self.take(locked).await.map(drop),
            Step::Begin { id, kind, digest, template, issuer } => {
                let number = self.take(locked).await?;
                Issuance { id, case, kind, number, digest, template, issuer, begun_at: self.now, end: None }
            }
            Step::Issue { file, pages } => {
                let sha256 = sha256(&file);
                let ended = ended(locked, case, End::Issued { at: self.now, sha256, pages })?;
                self.put(Of::issuances, ended.values(&self.ask.office)).await?;
                return self.put_paper(&ended, &file, sha256).await;
            }
            Step::Void { reason } => ended(locked, case, End::Voided { at: self.now, reason })?,
        };
        self.put(Of::issuances, issuance.values(&self.ask.office)).await
    }

    async fn take(&mut self, locked: &Locked) -> Result<Number, RegisterError> {
        let number = locked.number.ok_or(RegisterError::Batch { what: "no terminal was named for a number" })?;
        let row = vec![
            self.office(),
            number.day.to_string().into(),
            i64::from(number.terminal).into(),
            i64::from(number.serial).into(),
        ];
        self.put(Of::serials, row).await?;
        Ok(number)
    }

    async fn put_paper(&mut self, issuance: &Issuance, file: &[u8], sha256: Hash) -> Result<(), RegisterError> {
        let (secret, id) = (self.key().await?, issuance.id.to_string());
        let sealed = secret.seal(&Place::row(&self.ask.office, issuance.case, "paper", &id), file)?;
        let row = vec![self.office(), id.into(), issuance.case.to_string().into(), sha256.into(), sealed.into()];
        self.put(Of::papers, row).await
    }

    async fn put_term(&mut self, term: &Term) -> Result<(), RegisterError> {
        let case = self.ask.case.ok_or(RegisterError::Batch { what: "a search term belongs to a case" })?;
        let hash = self.search_hash(term)?;
        let row = vec![self.office(), term.field.as_str().into(), hash.into(), case.to_string().into()];
        self.put(Of::search_keys, row).await
    }

    async fn alarm(&mut self, alarm: Alarm, locked: &Locked) -> Result<(), RegisterError> {
        let (incident, closed) = match alarm {
            Alarm::Open { id, kind } => (Incident { id, kind, case: self.ask.case, opened_at: self.now }, None),
            Alarm::Close { id } => {
                let open = locked.incidents.iter().find(|incident| incident.id == id);
                (open.ok_or(RegisterError::Batch { what: "the incident is not open" })?.clone(), Some(self.now))
            }
        };
        self.put(Of::incidents, incident.values(&self.ask.office, closed)).await
    }

    async fn keep(&mut self, answer: Option<Zeroizing<Vec<u8>>>) -> Result<(), RegisterError> {
        let (once, answer) = match (&self.ask.once, answer) {
            (Some(once), Some(answer)) => (once.clone(), answer),
            (None, None) => return Ok(()),
            _ => return Err(RegisterError::Batch { what: "an idempotency key and its answer come together" }),
        };
        let (secret, case) = (self.key().await?, self.case());
        let sealed = secret.seal(&Place::row(&self.ask.office, case, "answer", &once.key), &answer)?;
        let row = vec![self.office(), once.key.into(), case.to_string().into(), once.request.into(), sealed.into()];
        self.put(Of::answers, row).await
    }

    /// Puts records of the office beside, and makes everything last.
    async fn commit_with(mut self, beside: Vec<Put>) -> Result<(), RegisterError> {
        if beside.is_empty() {
            return self.commit().await;
        }
        let Some(office) = self.ask.beside.clone() else {
            return Err(RegisterError::Batch { what: "records of an office that was not locked" });
        };
        let Some(head) = self.beside.take() else {
            // It is the own office.
            for record in beside {
                self.put_record(record).await?;
            }
            return self.commit().await;
        };
        self.chain().await?;
        let ask = Ask::office(&office);
        let (effects, events) = (Effects::default(), Vec::new());
        let Self { register, transaction, now, .. } = self;
        let mut other =
            Writing { register, ask: &ask, transaction, head, beside: None, now, key: None, effects, events };
        other.sign_hour().await?;
        for record in beside {
            other.put_record(record).await?;
        }
        other.commit().await
    }

    /// Chains the events and makes everything last.
    pub(in crate::register) async fn commit(mut self) -> Result<(), RegisterError> {
        self.chain().await?;
        self.transaction.commit().await
    }

    /// Chains the events.
    async fn chain(&mut self) -> Result<(), RegisterError> {
        let (events, mut effects) = (std::mem::take(&mut self.events), Some(std::mem::take(&mut self.effects)));
        let last = events.len().checked_sub(1);
        for (at, mut row) in events.into_iter().enumerate() {
            let effects = if Some(at) == last { effects.take() } else { None };
            row.push(effects.map_or(Value::Bytes(None), Effects::into_value));
            let link = chain::link(&self.head.hash, &row);
            row.extend([link.leaf.into(), link.hash.into()]);
            self.head.tree.push(link.leaf);
            self.head.hash = link.hash;
            self.transaction.execute(&Of::events.statements().put, row).await?;
        }
        self.head.at = self.now.millis();
        let head = self.head.values(&self.ask.office)?;
        self.transaction.execute(&Of::heads.statements().put, head).await?;
        Ok(())
    }
}

/// Locks an office's head, if the register is still this program's.
async fn lock_head(
    register: &Register,
    transaction: &mut dyn Transaction,
    office: &OfficeId,
) -> Result<Head, RegisterError> {
    let row = maybe_one(transaction, register.store.lock_head(), vec![office.as_str().into()]).await?;
    let mut row = row.ok_or_else(|| RegisterError::UnknownOffice { office: office.to_string() })?;
    register.deployment.still_holds(Deployment::read(&mut row)?)?;
    Head::read(row)
}

/// The named issuance with its end, which it did not have before.
fn ended(locked: &Locked, case: CaseId, end: End) -> Result<Issuance, RegisterError> {
    let issuance = locked.issuance.clone().ok_or(RegisterError::Batch { what: "no issuance was named" })?;
    if issuance.case != case {
        return Err(RegisterError::Batch { what: "the issuance is another case's" });
    }
    if issuance.end.is_some() {
        return Err(RegisterError::AlreadyEnded);
    }
    Ok(Issuance { end: Some(end), ..issuance })
}
