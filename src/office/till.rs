//! レジ: what each till of an office took on each day, as a list of its receipts, and the close of its day.

use serde::{Deserialize, Serialize};

use crate::case::id::{CaseId, OfficeId, PersonId};
use crate::case::settlement::{ReceiptNumber, Settlement};
use crate::case::wire;
use crate::domain::calendar::Day;
use crate::register::{COUNTERS, Key, Put, Register, Watch};

use super::records::{Author, Kept, RecordError, Records, Version};

/// By what a till's receipts are counted: tills count them as terminals count their numbers, each by its own.
pub fn counter(terminal: u16) -> u16 {
    COUNTERS | terminal
}

/// One receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Of which case.
    pub case: CaseId,
    /// What was taken.
    pub settlement: Settlement,
    /// By whom.
    pub by: PersonId,
}

impl Kept for Receipt {
    const KIND: &'static str = "receipt";
}

/// 締切: the day of a till is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TillClosed {
    /// Day.
    #[serde(with = "wire::text")]
    pub day: Day,
    /// レジ.
    pub till: String,
    /// How many receipts it gave.
    pub receipts: u32,
    /// 日計 that was printed: its digest.
    #[serde(with = "wire::digest")]
    pub book: crate::document::cbor::Digest,
}

impl Kept for TillClosed {
    const KIND: &'static str = "till-closed";
}

/// Day and till, in the order of days.
fn id_of(day: Day, till: &str) -> String {
    format!("{day}/{till}")
}

/// Id of a receipt's record.
fn id_of_receipt(receipt: &ReceiptNumber) -> String {
    format!("{}/{}", id_of(receipt.day, &receipt.till), receipt.printed())
}

/// What must be seen under the lock before a till takes money: whether its day is over.
pub fn watch(office: &OfficeId, day: Day, till: &str) -> Watch {
    Watch { office: office.clone(), kind: TillClosed::KIND, key: Key::Id(id_of(day, till)) }
}

/// Whether there is a receipt of a number.
pub fn watch_receipt(office: &OfficeId, receipt: &ReceiptNumber) -> Watch {
    Watch { office: office.clone(), kind: Receipt::KIND, key: Key::Id(id_of_receipt(receipt)) }
}

/// The tills of an office.
#[derive(Clone, Copy)]
pub struct Tills<'a> {
    receipts: Records<'a, Receipt>,
    closes: Records<'a, TillClosed>,
}

impl<'a> Tills<'a> {
    /// Of an office.
    pub fn of(register: &'a Register, office: &'a OfficeId) -> Self {
        Self { receipts: Records::of(register, office), closes: Records::of(register, office) }
    }

    /// The record of a receipt, to be written with what it is for.
    ///
    /// # Errors
    /// [`RecordError::Body`].
    pub fn draft(&self, receipt: &Receipt) -> Result<Put, RecordError> {
        let id = id_of_receipt(&receipt.settlement.receipt);
        self.receipts.draft(&id, 0, receipt, &Author::one(&receipt.by))
    }

    /// The record of a till's close.
    ///
    /// # Errors
    /// [`RecordError::Body`].
    pub fn draft_close(&self, close: &TillClosed, author: &Author) -> Result<Put, RecordError> {
        self.closes.draft(&id_of(close.day, &close.till), 0, close, author)
    }

    /// The close of a till's day, once it is closed.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn closed(&self, day: Day, till: &str) -> Result<Option<Version<TillClosed>>, RecordError> {
        self.closes.find_id(&id_of(day, till)).await
    }

    /// The receipts of a day, of one till or of all, in order.
    ///
    /// # Errors
    /// [`RecordError`].
    pub async fn of_day(&self, day: Day, till: Option<&str>) -> Result<Vec<Receipt>, RecordError> {
        let begin = till.map_or_else(|| format!("{day}/"), |till| format!("{}/", id_of(day, till)));
        Ok(self.receipts.all(&begin).await?.into_iter().map(|version| version.state).collect())
    }
}
