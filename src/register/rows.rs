//! Rows as the program knows them.

use super::RegisterError;
use super::clock::Moment;
use super::id::{CaseId, IncidentId, IssuanceId, OfficeId};
use super::merkle::{Frontier, Hash};
use super::store::{Row, Value};
use crate::domain::calendar::Day;

pub(in crate::register) fn day(text: &str) -> Result<Day, RegisterError> {
    text.parse().map_err(|_| RegisterError::damaged("a day is not one"))
}

pub(in crate::register) fn whole(count: u64) -> Result<i64, RegisterError> {
    i64::try_from(count).map_err(|_| RegisterError::damaged("a count is too great"))
}

/// Where an office's chain stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Hash of the last event.
    pub hash: Hash,
    /// Size and Merkle tree.
    pub tree: Frontier,
    /// When the last event happened, in milliseconds since 1970.
    pub at: i64,
}

impl Head {
    pub(in crate::register) fn read(mut row: Row) -> Result<Self, RegisterError> {
        let (size, hash, frontier, at) = (row.count()?, row.hash()?, row.bytes()?, row.integer()?);
        let tree = Frontier::from_bytes(size, &frontier);
        Ok(Self {
            hash,
            at,
            tree: tree.ok_or_else(|| RegisterError::damaged("a head's frontier does not fit its size"))?,
        })
    }

    pub(in crate::register) fn values(&self, office: &OfficeId) -> Result<Vec<Value>, RegisterError> {
        let size = whole(self.tree.size())?;
        Ok(vec![office.as_str().into(), size.into(), self.hash.into(), self.tree.bytes().into(), self.at.into()])
    }
}

/// A case as its last event left it: what lists show. No personal data may stand here; it is not
/// enciphered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Id.
    pub id: CaseId,
    /// 案件番号, unique in the office.
    pub number: String,
    /// Procedure.
    pub procedure: String,
    /// SHA-256 of the text of the flow that the case follows, in hexadecimal.
    pub flow_version: String,
    /// State.
    pub state: String,
    /// Since when.
    pub since: Moment,
    /// When it was opened.
    pub opened_at: Moment,
    /// What is to be done next.
    pub next: String,
    /// Class by which the retention table says how long it is kept.
    pub class: String,
    /// The day on which it ended.
    pub ended: Option<Day>,
}

impl CaseRow {
    pub(in crate::register) fn read(mut row: Row) -> Result<Self, RegisterError> {
        Ok(Self {
            id: CaseId::parse(&row.text()?)?,
            number: row.text()?,
            procedure: row.text()?,
            flow_version: row.text()?,
            state: row.text()?,
            since: Moment::from_millis(row.integer()?)?,
            opened_at: Moment::from_millis(row.integer()?)?,
            next: row.text()?,
            class: row.text()?,
            ended: row.maybe_text()?.map(|text| day(&text)).transpose()?,
        })
    }

    pub(in crate::register) fn values(&self, office: &OfficeId) -> Vec<Value> {
        vec![
            office.as_str().into(),
            self.id.to_string().into(),
            self.number.as_str().into(),
            self.procedure.as_str().into(),
            self.flow_version.as_str().into(),
            self.state.as_str().into(),
            self.since.millis().into(),
            self.opened_at.millis().into(),
            self.next.as_str().into(),
            self.class.as_str().into(),
            Value::Text(self.ended.map(|day| day.to_string())),
        ]
    }
}

/// 発行番号: the number of one sheet, without gap and without double for each office, day and terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    /// 発行日.
    pub day: Day,
    /// Terminal.
    pub terminal: u16,
    /// 発行順番号, from 1.
    pub serial: u32,
}

/// One number's way: it begins once and ends once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuance {
    /// Id.
    pub id: IssuanceId,
    /// Case.
    pub case: CaseId,
    /// Kind of document.
    pub kind: String,
    /// Number.
    pub number: Number,
    /// Digest of the document that was approved.
    pub digest: Hash,
    /// Digest of the template.
    pub template: Hash,
    /// Who certifies.
    pub issuer: String,
    /// When the number was given.
    pub begun_at: Moment,
    /// How it ended; none while press and signature run.
    pub end: Option<End>,
}

/// The one end of a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// 発行済み.
    Issued {
        /// When.
        at: Moment,
        /// SHA-256 of the released file.
        sha256: Hash,
        /// 枚数.
        pages: u32,
    },
    /// 廃番: nothing was released.
    Voided {
        /// When.
        at: Moment,
        /// Why.
        reason: String,
    },
}

impl Issuance {
    pub(in crate::register) fn read(mut row: Row) -> Result<Self, RegisterError> {
        Ok(Self {
            id: IssuanceId::parse(&row.text()?)?,
            case: CaseId::parse(&row.text()?)?,
            kind: row.text()?,
            number: Number {
                day: day(&row.text()?)?,
                terminal: u16::try_from(row.small()?)
                    .map_err(|_| RegisterError::damaged("a terminal's number is too great"))?,
                serial: row.small()?,
            },
            digest: row.hash()?,
            template: row.hash()?,
            issuer: row.text()?,
            begun_at: Moment::from_millis(row.integer()?)?,
            end: End::read(row)?,
        })
    }

    pub(in crate::register) fn values(&self, office: &OfficeId) -> Vec<Value> {
        let mut values = vec![
            office.as_str().into(),
            self.id.to_string().into(),
            self.case.to_string().into(),
            self.kind.as_str().into(),
            self.number.day.to_string().into(),
            i64::from(self.number.terminal).into(),
            i64::from(self.number.serial).into(),
            self.digest.into(),
            self.template.into(),
            self.issuer.as_str().into(),
            self.begun_at.millis().into(),
        ];
        values.extend(End::values(self.end.as_ref()));
        values
    }
}

impl End {
    fn read(mut row: Row) -> Result<Option<Self>, RegisterError> {
        let state = row.text()?;
        let at = row.maybe_integer()?.map(Moment::from_millis).transpose()?;
        match (state.as_str(), at) {
            ("issuing", None) => Ok(None),
            ("issued", Some(at)) => Ok(Some(Self::Issued { at, sha256: row.hash()?, pages: row.small()? })),
            ("voided", Some(at)) => {
                let (_, _) = (row.maybe_bytes()?, row.maybe_integer()?);
                Ok(Some(Self::Voided { at, reason: row.text()? }))
            }
            _ => Err(RegisterError::damaged("an issuance is in no known state")),
        }
    }

    /// State, when, SHA-256, pages, reason.
    fn values(end: Option<&Self>) -> [Value; 5] {
        let (state, at, sha256, pages, reason) = match end {
            None => ("issuing", None, None, None, None),
            Some(Self::Issued { at, sha256, pages }) => ("issued", Some(at), Some(sha256.to_vec()), Some(*pages), None),
            Some(Self::Voided { at, reason }) => ("voided", Some(at), None, None, Some(reason.clone())),
        };
        let at = at.map(|at| at.millis());
        [
            state.into(),
            Value::Integer(at),
            Value::Bytes(sha256),
            Value::Integer(pages.map(i64::from)),
            Value::Text(reason),
        ]
    }
}

/// Something that must not be passed over. No later success closes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Id.
    pub id: IncidentId,
    /// What kind.
    pub kind: String,
    /// The case, if it was one's.
    pub case: Option<CaseId>,
    /// Since when.
    pub opened_at: Moment,
}

impl Incident {
    pub(in crate::register) fn read(mut row: Row) -> Result<Self, RegisterError> {
        Ok(Self {
            id: IncidentId::parse(&row.text()?)?,
            kind: row.text()?,
            case: row.maybe_text()?.map(|text| CaseId::parse(&text)).transpose()?,
            opened_at: Moment::from_millis(row.integer()?)?,
        })
    }

    pub(in crate::register) fn values(&self, office: &OfficeId, closed_at: Option<Moment>) -> Vec<Value> {
        vec![
            office.as_str().into(),
            self.id.to_string().into(),
            self.kind.as_str().into(),
            Value::Text(self.case.map(|case| case.to_string())),
            self.opened_at.millis().into(),
            Value::Integer(closed_at.map(Moment::millis)),
        ]
    }
}
