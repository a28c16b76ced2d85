//! 監査: walks an office's chain from a checkpoint or from the beginning, and compares every row of
//! every table with what the chain says of it.

use std::collections::{BTreeMap, HashMap};

use super::chain::{self, BEGINNING, Effects};
use super::checkpoint::{Checkpoint, Verifier};
use super::id::OfficeId;
use super::merkle::{Frontier, Hash};
use super::read::leaves;
use super::rows::{Head, whole};
use super::store::{Access, Transaction, Value, maybe_one};
use super::table::{self, Holds, Of, TABLES, Table};
use super::{Register, RegisterError};

const PAGE: i64 = 500;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The event at a position was changed.
    Changed {
        /// Where.
        position: u64,
    },
    /// There is no event at a position, but there are later ones.
    Missing {
        /// Where.
        position: u64,
    },
    /// Two events stand in each other's place.
    Swapped {
        /// The first of them.
        position: u64,
        /// The other.
        with: u64,
    },
    /// The last events are gone: the register ends before its head or a checkpoint says.
    CutOff {
        /// Position of the first that is gone.
        position: u64,
    },
    /// There are events after those that the head knows.
    Beyond {
        /// Position of the first of them.
        position: u64,
    },
    /// The head does not fit the last event.
    Head,
    /// The register up to this size is not the one that a checkpoint was signed over.
    Checkpoint {
        /// Size.
        size: u64,
    },
    /// A stored checkpoint is not signed by the key.
    Unsigned {
        /// Size.
        size: u64,
    },
    /// A row is not the one that an event put, or no event put it.
    Row {
        /// Table.
        table: &'static str,
        /// Key, as text.
        key: String,
        /// The event that last touched it, if one did.
        position: Option<u64>,
    },
    /// A row that an event put is gone.
    RowMissing {
        /// Table.
        table: &'static str,
        /// The event that put it.
        position: u64,
    },
    /// The events of a case are not numbered one after the other.
    CaseVersion {
        /// Position of the event whose version does not follow.
        position: u64,
    },
    /// Serial numbers without an issuance.
    SerialGap {
        /// Day.
        day: String,
        /// Terminal.
        terminal: i64,
        /// How many numbers have an issuance.
        begun: i64,
        /// The last number that was given.
        last: i64,
    },
}

impl Finding {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "audit-changed",
            Self::Missing { .. } => "audit-missing",
            Self::Swapped { .. } => "audit-swapped",
            Self::CutOff { .. } => "audit-cut-off",
            Self::Beyond { .. } => "audit-beyond",
            Self::Head => "audit-head",
            Self::Checkpoint { .. } => "audit-checkpoint",
            Self::Unsigned { .. } => "audit-unsigned",
            Self::Row { .. } => "audit-row",
            Self::RowMissing { .. } => "audit-row-missing",
            Self::CaseVersion { .. } => "audit-case-version",
            Self::SerialGap { .. } => "audit-serial-gap",
        }
    }

    /// Where: the table, and the position of the event or the key of the row.
    pub fn place(&self) -> String {
        match self {
            Self::Changed { position }
            | Self::Missing { position }
            | Self::CutOff { position }
            | Self::Beyond { position }
            | Self::CaseVersion { position } => format!("events/{position}"),
            Self::Swapped { position, with } => format!("events/{position},{with}"),
            Self::Head => "heads".to_owned(),
            Self::Checkpoint { size } | Self::Unsigned { size } => format!("checkpoints/{size}"),
            Self::Row { table, key, .. } => format!("{table}/{key}"),
            Self::RowMissing { table, position } => format!("{table} (events/{position})"),
            Self::SerialGap { day, terminal, .. } => format!("serials/{day}/{terminal}"),
        }
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Number of events whose rows were read.
    pub walked: u64,
    /// Size and root of the register.
    pub size: u64,
    /// Root of the Merkle tree over all events that were read.
    pub root: Hash,
    /// What is wrong, in the order in which it was found: the chain's first broken link first.
    pub findings: Vec<Finding>,
}

/// From where an audit walks, and by which key checkpoints must be signed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'s> {
    /// A checkpoint that was kept outside: events before it are compared by their leaves alone.
    pub from: Option<&'s Checkpoint>,
    /// Key of stored checkpoints; without it they are compared, but not verified.
    pub verifier: Option<&'s Verifier>,
}

impl Register {
    /// Audits an office.
    ///
    /// # Errors
    /// Only where the store cannot be read; what is wrong in it is in the report.
    pub async fn audit(&self, office: &OfficeId, scope: Scope<'_>) -> Result<Report, RegisterError> {
        let mut transaction = self.begin(Access::Read).await?;
        let mut audit = Audit::begin(&mut *transaction, office, scope).await?;
        if audit.walk().await? {
            audit.ends();
            audit.tables().await?;
            audit.serials().await?;
        }
        Ok(Report { walked: audit.walked, size: audit.tree.size(), root: audit.tree.root(), findings: audit.findings })
    }
}

/// The last that the chain says of a row.
struct Touched {
    position: u64,
    row: Option<Hash>,
}

struct Audit<'a> {
    transaction: &'a mut dyn Transaction,
    office: &'a OfficeId,
    /// Whether the walk began at the beginning, so that every row must be known.
    whole: bool,
    head: Head,
    /// Roots that checkpoints say, by size.
    roots: BTreeMap<u64, Hash>,
    tree: Frontier,
    hash: Hash,
    /// When the last event happened.
    at: Option<i64>,
    walked: u64,
    versions: HashMap<String, i64>,
    touched: HashMap<(usize, Hash), Touched>,
    findings: Vec<Finding>,
}

impl<'a> Audit<'a> {
    async fn begin(
        transaction: &'a mut dyn Transaction,
        office: &'a OfficeId,
        scope: Scope<'_>,
    ) -> Result<Self, RegisterError> {
        const HEAD: &str = include_str!("../../sql/head.sql");
        let row = maybe_one(transaction, HEAD, vec![office.as_str().into()]).await?;
        let row = row.ok_or_else(|| RegisterError::UnknownOffice { office: office.to_string() })?;
        // A head that cannot be read is a head that was changed.
        let (head, readable) = match Head::read(row) {
            Ok(head) => (head, true),
            Err(_) => (Head { hash: BEGINNING, tree: Frontier::default(), at: 0 }, false),
        };
        let mut audit = Self {
            transaction,
            office,
            whole: scope.from.is_none(),
            head,
            roots: BTreeMap::new(),
            tree: Frontier::default(),
            hash: BEGINNING,
            at: None,
            walked: 0,
            versions: HashMap::new(),
            touched: HashMap::new(),
            findings: Vec::new(),
        };
        if !readable {
            audit.findings.push(Finding::Head);
        }
        audit.stored_checkpoints(scope.verifier).await?;
        if let Some(checkpoint) = scope.from {
            audit.skip_to(checkpoint).await?;
        }
        Ok(audit)
    }

    async fn stored_checkpoints(&mut self, verifier: Option<&Verifier>) -> Result<(), RegisterError> {
        const CHECKPOINTS: &str = include_str!("../../sql/checkpoints.sql");
        for mut row in self.transaction.rows(CHECKPOINTS, vec![self.office.as_str().into()]).await? {
            let (size, note) = (row.count()?, row.text()?);
            let Some(verifier) = verifier else { continue };
            match verifier.open(&note) {
                Ok(checkpoint) if checkpoint.tree.size == size => drop(self.roots.insert(size, checkpoint.tree.root)),
                _ => self.findings.push(Finding::Unsigned { size }),
            }
        }
        Ok(())
    }

    /// Takes the events before a checkpoint by their leaves. The last of them is walked again: its leaf
    /// covers the hash before it, so the chain goes on from there.
    async fn skip_to(&mut self, checkpoint: &Checkpoint) -> Result<(), RegisterError> {
        let size = checkpoint.tree.size;
        self.roots.insert(size, checkpoint.tree.root);
        let Some(last) = size.checked_sub(1) else { return Ok(()) };
        let leaves = leaves(self.transaction, self.office, last).await?;
        self.roots.retain(|at, _| *at >= size);
        leaves.iter().for_each(|leaf| self.tree.push(*leaf));
        if let Some(before) = last.checked_sub(1) {
            let row = self.page(before, 1).await?.into_iter().next();
            self.hash = row.and_then(|row| hash_of(&row)).unwrap_or(BEGINNING);
        }
        Ok(())
    }

    async fn page(&mut self, from: u64, limit: i64) -> Result<Vec<Vec<Value>>, RegisterError> {
        const EVENTS: &str = include_str!("../../sql/events_from.sql");
        let values = vec![self.office.as_str().into(), whole(from)?.into(), limit.into()];
        let rows = self.transaction.rows(EVENTS, values).await?;
        Ok(rows.into_iter().map(super::store::Row::into_values).collect())
    }

    /// Walks the chain; false where it is broken.
    async fn walk(&mut self) -> Result<bool, RegisterError> {
        loop {
            let rows = self.page(self.tree.size(), PAGE).await?;
            if rows.is_empty() {
                return Ok(true);
            }
            for row in rows {
                if let Err(finding) = self.event(&row) {
                    let finding = self.name_swap(finding).await?;
                    self.findings.push(finding);
                    return Ok(false);
                }
            }
        }
    }

    fn event(&mut self, row: &[Value]) -> Result<(), Finding> {
        let position = self.tree.size();
        if number(&row[1]) != i64::try_from(position).ok() {
            return Err(Finding::Missing { position });
        }
        let link = chain::link(&self.hash, row);
        if row[chain::HASHED..] != [Value::from(link.leaf), Value::from(link.hash)] {
            return Err(Finding::Changed { position });
        }
        self.hash = link.hash;
        self.at = number(&row[4]);
        self.tree.push(link.leaf);
        self.walked += 1;
        if self.roots.get(&self.tree.size()).is_some_and(|root| *root != self.tree.root()) {
            self.findings.push(Finding::Checkpoint { size: self.tree.size() });
        }
        self.case_version(position, row);
        if let Value::Bytes(Some(effects)) = &row[8] {
            let effects = Effects::parse(effects).map_err(|_| Finding::Changed { position })?;
            for effect in effects {
                self.touched.insert((effect.table, effect.key), Touched { position, row: effect.row });
            }
        }
        Ok(())
    }

    fn case_version(&mut self, position: u64, row: &[Value]) {
        let (Value::Text(Some(case)), Some(version)) = (&row[2], number(&row[3])) else { return };
        let last = self.versions.insert(case.clone(), version);
        let follows = last.map_or(!self.whole || version == 1, |last| version == last + 1);
        if !follows {
            self.findings.push(Finding::CaseVersion { position });
        }
    }

    /// Where the chain is broken by a row that belongs elsewhere: the row that belongs here has, put
    /// here, the hash that stands with it.
    async fn name_swap(&mut self, finding: Finding) -> Result<Finding, RegisterError> {
        let Finding::Changed { position } = finding else { return Ok(finding) };
        let mut from = position + 1;
        loop {
            let rows = self.page(from, PAGE).await?;
            let Some(last) = rows.last().and_then(|row| u64::try_from(number(&row[1])?).ok()) else {
                return Ok(finding);
            };
            for mut row in rows {
                let with = std::mem::replace(&mut row[1], whole(position)?.into());
                if hash_of(&row) == Some(chain::link(&self.hash, &row).hash)
                    && let Some(with) = number(&with).and_then(|with| u64::try_from(with).ok())
                {
                    return Ok(Finding::Swapped { position, with });
                }
            }
            from = last + 1;
        }
    }

    /// Compares where the walk ended with the head and with checkpoints.
    fn ends(&mut self) {
        let (size, expected) = (self.tree.size(), self.head.tree.size());
        let latest = self.roots.keys().next_back().copied().unwrap_or_default();
        if size < expected.max(latest) {
            self.findings.push(Finding::CutOff { position: size });
        } else if size > expected {
            self.findings.push(Finding::Beyond { position: expected });
        } else if self.head.hash != self.hash || self.head.tree != self.tree || self.at != Some(self.head.at) {
            self.findings.push(Finding::Head);
        }
    }

    /// Compares every row of every table with what the chain says of it.
    async fn tables(&mut self) -> Result<(), RegisterError> {
        let chained = [Of::heads as usize, Of::events as usize];
        for at in (0..TABLES.len()).filter(|at| !chained.contains(at)) {
            self.table(at).await?;
        }
        let mut missing: Vec<(u64, &'static str)> = self
            .touched
            .iter()
            .filter(|(_, touched)| touched.row.is_some())
            .map(|((table, _), touched)| (touched.position, TABLES[*table].name))
            .collect();
        missing.sort_unstable();
        self.findings.extend(missing.into_iter().map(|(position, table)| Finding::RowMissing { table, position }));
        Ok(())
    }

    /// Walks a table in the order of its key, from this office's first row to its last.
    async fn table(&mut self, at: usize) -> Result<(), RegisterError> {
        let Some((table, statements)) = table::statements().nth(at) else { return Ok(()) };
        let mut after = lowest(table, self.office);
        loop {
            let mut values = after.clone();
            values.push(PAGE.into());
            let rows = self.transaction.rows(&statements.after, values).await?;
            let Some(last) = rows.last().cloned() else { break };
            for row in rows {
                let row = row.into_values();
                if row[0] != Value::from(self.office.as_str()) {
                    return Ok(());
                }
                self.row(at, table, &row);
            }
            after = last.into_values();
            after.truncate(table.key);
        }
        Ok(())
    }

    /// A number is unique and not below 1, so none is left out where there are as many as the last says.
    async fn serials(&mut self) -> Result<(), RegisterError> {
        const GAPS: &str = include_str!("../../sql/serial_gaps.sql");
        for mut row in self.transaction.rows(GAPS, vec![self.office.as_str().into()]).await? {
            let (day, terminal, last, begun) = (row.text()?, row.integer()?, row.integer()?, row.integer()?);
            self.findings.push(Finding::SerialGap { day, terminal, begun, last });
        }
        Ok(())
    }

    fn row(&mut self, at: usize, table: &'static Table, row: &[Value]) {
        let touched = self.touched.remove(&(at, table.key_hash(row)));
        let wrong = match &touched {
            Some(touched) => touched.row != Some(table.row_hash(row)),
            None => self.whole,
        };
        if wrong {
            let position = touched.map(|touched| touched.position);
            self.findings.push(Finding::Row { table: table.name, key: key_text(&row[1..table.key]), position });
        }
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(value) => *value,
        _ => None,
    }
}

/// The chained hash that stands with an event.
fn hash_of(row: &[Value]) -> Option<Hash> {
    match row.last() {
        Some(Value::Bytes(Some(hash))) => hash.as_slice().try_into().ok(),
        _ => None,
    }
}

/// What stands before every key of an office.
fn lowest(table: &Table, office: &OfficeId) -> Vec<Value> {
    let rest = table.columns[1..table.key].iter().map(|(_, holds)| match holds {
        Holds::Integer => i64::MIN.into(),
        Holds::Text => "".into(),
        Holds::Bytes => Vec::new().into(),
    });
    std::iter::once(office.as_str().into()).chain(rest).collect()
}

/// A key as a person can look for it.
fn key_text(key: &[Value]) -> String {
    let parts = key.iter().map(|value| match value {
        Value::Integer(value) => value.unwrap_or_default().to_string(),
        Value::Text(value) => value.clone().unwrap_or_default(),
        Value::Bytes(value) => data_encoding::HEXLOWER.encode(value.as_deref().unwrap_or_default()),
    });
    parts.collect::<Vec<_>>().join("/")
}
