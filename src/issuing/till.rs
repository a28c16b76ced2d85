//! レジ: the receipt of what was handed over, and the 日計 that closes a till's day. What was taken is the register's
//! to say; people say what they counted, and the two must balance or the difference have its reason.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXUPPER;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::case::actor::Actor;
use crate::case::id::{OfficeId, PersonId};
use crate::case::running::Handed;
use crate::case::settlement::{Line, Paid, ReceiptNumber, Settlement};
use crate::document::catalog::{Composed, Kind};
use crate::document::nikkei::FACES;
use crate::domain::calendar::Day;
use crate::domain::money::{MoneyError, Yen};
use crate::office::paper::Paper;
use crate::office::records::Author;
use crate::office::till::{self, TillClosed, Tills};
use crate::procedure::Documents;
use crate::register::{Ask, Batch, Locked, Written};

use super::city::OfficeEntry;
use super::clerk::ClerkError;
use super::day_book::{DayBookError, Fate, Rows, data, kind_of};
use super::issue::Counter;
use super::people::People;

/// Id of the 日計.
pub const TILL: &str = "nikkei";
const RECEIPT: &str = "receipt";
/// Ways of payment, as the columns of the 日計 have them.
const WAYS: [&str; 5] = ["genkin", "cashless", "kawase", "genkin_kakitome", "shunyu_inshi"];

/// 取扱者番号 on what leaves the office: a clerk is known by it to whoever holds the accounts, and not by name.
pub fn clerk_number(person: &PersonId) -> String {
    let hash = Sha256::digest(person.as_str());
    HEXUPPER.encode(&hash[..3])
}

/// Copies and yen of one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    copies: u32,
    yen: Yen,
}

/// One row of the 日計: by way of payment, and what was free.
#[derive(Debug, Clone, Default)]
struct Row {
    ways: [Cell; WAYS.len()],
    free: u32,
}

impl Row {
    fn add(&mut self, line: &Line, way: Option<usize>) -> Result<(), MoneyError> {
        match way.and_then(|way| self.ways.get_mut(way)) {
            Some(cell) if line.unit > Yen::ZERO => {
                cell.copies = cell.copies.saturating_add(line.copies);
                cell.yen = cell.yen.plus(line.unit.times(line.copies)?)?;
            }
            _ => self.free = self.free.saturating_add(line.copies),
        }
        Ok(())
    }

    fn json(&self) -> Result<Json, MoneyError> {
        let mut row = Map::new();
        for (way, cell) in WAYS.iter().zip(&self.ways) {
            row.insert((*way).to_owned(), json!({ "tsusu": cell.copies, "kingaku": cell.yen }));
        }
        let copies = self.ways.iter().fold(self.free, |sum, cell| sum.saturating_add(cell.copies));
        let yen = Yen::total(self.ways.iter().map(|cell| cell.yen))?;
        row.insert("menjo".to_owned(), json!(self.free));
        row.insert("kei".to_owned(), json!({ "tsusu": copies, "kingaku": yen }));
        Ok(Json::Object(row))
    }
}

/// The column of a way of payment; none of what is free.
fn way(paid: &Paid) -> Option<usize> {
    let key = match paid {
        Paid::Genkin(_) => "genkin",
        Paid::Cashless { .. } => "cashless",
        Paid::Kawase(_) => "kawase",
        Paid::GenkinKakitome(_) => "genkin_kakitome",
        Paid::ShunyuInshi => "shunyu_inshi",
        Paid::Menjo { .. } | Paid::Muryo => return None,
    };
    WAYS.iter().position(|way| *way == key)
}

fn too_much(error: MoneyError) -> DayBookError {
    data(error)
}

impl Counter<'_> {
    /// レシート of a 交付, with how often it was printed.
    ///
    /// # Errors
    /// [`ClerkError::Document`] where it cannot be printed, [`ClerkError::Book`] where something has no name.
    pub fn receipt(
        &self,
        (handed, settlement): (&Handed, &Settlement),
        office: &OfficeEntry,
    ) -> Result<Composed, ClerkError> {
        let kind = kind_of(RECEIPT)?;
        let lines = settlement
            .lines
            .iter()
            .map(|line| Ok(json!({ "shubetsu": self.name_of(&line.code)?, "tanka": line.unit, "tsusu": line.copies })));
        let lines = lines.collect::<Result<Vec<_>, DayBookError>>()?;
        let whole = json!({
            "yoshi": "roll80",
            "sai_inji": handed.printed > 1,
            "ichiren_bango": settlement.receipt.printed(),
            "jimusho": office.office.name,
            "ryoshu_hi": settlement.receipt.day.to_string(),
            "ryoshu_jikoku": settlement.time,
            "reji": settlement.receipt.till,
            "meisai": lines,
            "gokei": settlement.total,
            "shiharai": payment(settlement),
            "toriatsukaisha": clerk_number(&handed.by.person),
        });
        let read = kind.read(whole.to_string().as_bytes(), &**self.issuing.press.typefaces());
        read.map_err(|refusals| ClerkError::Document { kind: kind.id, refusals })
    }

    /// A certificate's name, or that of what another system prints.
    pub(super) fn name_of(&self, code: &str) -> Result<String, DayBookError> {
        if let Some(kind) = Kind::by_id(code) {
            return Ok(self.issuing.press.words(kind).map_err(data)?.get("name").to_owned());
        }
        let documents = Documents::embedded().map_err(data)?;
        let flow = || self.casework.flows.all().iter().find(|flow| flow.fee.as_deref() == Some(code));
        let named = documents.get(code).map(|document| document.name.clone());
        named.or_else(|| flow().map(|flow| flow.title.clone())).ok_or_else(|| data(code))
    }

    /// The 日計 of a till, and the end of its day there: no money is taken at it afterwards. What people counted
    /// (釣銭準備金, 金種) is given; everything else is the register's.
    ///
    /// # Errors
    /// [`DayBookError::Document`] where it does not balance without a reason; [`DayBookError::TillClosed`].
    pub async fn close_till(
        &self,
        (day, actor): (Day, &Actor),
        counted: &[u8],
        people: &People,
    ) -> Result<Composed, DayBookError> {
        let office = actor.office();
        let counted = Counted::read(counted)?;
        let tills = Tills::of(self.casework.register, office);
        let receipts = tills.of_day(day, Some(&counted.till)).await?;
        let settlements: Vec<&Settlement> = receipts.iter().map(|receipt| &receipt.settlement).collect();
        let voided = self.voided((office, day), people).await?;
        let whole = self.whole((office, day), &counted, (&settlements, voided)).await?;
        let book = self.read(kind_of(TILL)?, &whole)?;
        let last = settlements.iter().map(|settlement| settlement.receipt.serial).max().unwrap_or(0);
        let close = TillClosed { day, till: counted.till.clone(), receipts: last, book: book.digest() };
        let put = tills.draft_close(&close, &Author::one(actor.person()))?;
        // Neither closed before, nor with a receipt more than those of the book.
        let next = ReceiptNumber { day, till: close.till.clone(), serial: last.saturating_add(1) };
        let watch = vec![till::watch(office, day, &close.till), till::watch_receipt(office, &next)];
        let ask = Ask { watch, ..Ask::office(office) };
        let written: Written<()> = self
            .casework
            .register
            .write(&ask, |locked: &Locked| {
                if !locked.watched.is_empty() {
                    return Err(DayBookError::TillClosed);
                }
                Ok((Batch { records: vec![put], ..Batch::default() }, ()))
            })
            .await?;
        drop(written);
        Ok(book)
    }

    /// Every till that took money on a day is closed.
    pub(super) async fn check_tills(&self, office: &OfficeId, day: Day) -> Result<(), DayBookError> {
        let tills = Tills::of(self.casework.register, office);
        let receipts = tills.of_day(day, None).await?;
        let names: BTreeSet<&str> = receipts.iter().map(|receipt| receipt.settlement.receipt.till.as_str()).collect();
        for till in names {
            if tills.closed(day, till).await?.is_none() {
                return Err(DayBookError::TillOpen { day, till: till.to_owned() });
            }
        }
        Ok(())
    }

    /// 無効の番号 of the office's day.
    async fn voided(&self, (office, day): (&OfficeId, Day), people: &People) -> Result<Vec<Json>, DayBookError> {
        let words = self.book_words()?;
        let rows = Rows { counter: self, office, day, people, words: &words };
        let mut voided = Vec::new();
        for issuance in self.casework.register.issuances_of_day(office, day).await? {
            let (found, fate) = rows.found(&issuance).await?;
            if let Fate::Void { reason, .. } = fate {
                let (terminal, serial) = (found.evidence.terminal, issuance.number.serial);
                voided.push(json!({ "tanmatsu": terminal, "renban": serial, "riyu": reason }));
            }
        }
        Ok(voided)
    }

    async fn whole(
        &self,
        (office, day): (&OfficeId, Day),
        counted: &Counted,
        (settlements, voided): (&[&Settlement], Vec<Json>),
    ) -> Result<Json, DayBookError> {
        let (mut rows, mut sum) = (BTreeMap::<&str, Row>::new(), Row::default());
        for settlement in settlements {
            let way = way(&settlement.paid);
            for line in &settlement.lines {
                rows.entry(&line.code).or_default().add(line, way).map_err(too_much)?;
                sum.add(line, way).map_err(too_much)?;
            }
        }
        let mut kinds = Vec::with_capacity(rows.len());
        for (code, row) in rows {
            kinds.push(json!({ "shubetsu": self.name_of(code)?, "shiharai": row.json().map_err(too_much)? }));
        }
        let (hour, minute) = self.casework.register.now().await?.hour_and_minute();
        let cash = sum.ways.first().map_or(Yen::ZERO, |cell| cell.yen);
        Ok(json!({
            "jimusho": self.issuing.city.office(office.as_str())?.office.name,
            "reji": counted.till,
            "hi": day.to_string(),
            "shimekiri_jikoku": format!("{hour:02}:{minute:02}"),
            "uchiwake": kinds,
            "gokei": sum.json().map_err(too_much)?,
            "muko_bango": voided,
            "yoshi_zaiko": Paper::of(self.casework.register, office).stock(&counted.till).await?.balance(day),
            "genkin_seisa": counted.cash(cash)?,
        }))
    }
}

/// 支払い as a receipt has it.
fn payment(settlement: &Settlement) -> Json {
    match &settlement.paid {
        Paid::Genkin(deposit) => json!({ "genkin": { "azukari": deposit.given, "otsuri": deposit.change } }),
        Paid::Kawase(deposit) => json!({ "kawase": { "azukari": deposit.given, "otsuri": deposit.change } }),
        Paid::GenkinKakitome(deposit) => {
            json!({ "genkin-kakitome": { "azukari": deposit.given, "otsuri": deposit.change } })
        }
        Paid::Cashless { means } => json!({ "cashless": means }),
        Paid::ShunyuInshi | Paid::Menjo { .. } | Paid::Muryo => Json::Null,
    }
}

/// What people counted at a till.
struct Counted {
    till: String,
    cash: Map<String, Json>,
}

impl Counted {
    /// `reji` and `genkin_seisa` of a 日計, without the sums that the register makes.
    fn read(counted: &[u8]) -> Result<Self, DayBookError> {
        let broken = |message: String| DayBookError::Counted { message };
        let mut given: Map<String, Json> =
            serde_json::from_slice(counted).map_err(|error| broken(error.to_string()))?;
        let mut take = |field: &str| given.remove(field).ok_or_else(|| broken(format!("{field} is missing")));
        let (till, cash) = (take("reji")?, take("genkin_seisa")?);
        if let Some(field) = given.keys().next() {
            return Err(broken(format!("{field} is for the register to say")));
        }
        match (till, cash) {
            (Json::String(till), Json::Object(cash)) => Ok(Self { till, cash }),
            _ => Err(broken("reji is no text, or genkin_seisa no map".to_owned())),
        }
    }

    /// 現金の精査: what was counted beside what must be there.
    fn cash(&self, taken: Yen) -> Result<Json, DayBookError> {
        let mut cash = self.cash.clone();
        for field in ["genzaidaka", "keisandaka", "kabusoku"] {
            if cash.contains_key(field) {
                return Err(DayBookError::Counted { message: format!("{field} is for the register to say") });
            }
        }
        let yen = |field: &str| cash.get(field).and_then(Json::as_i64).map_or(Yen::ZERO, Yen::new);
        let counted = FACES.iter().map(|(face, value)| {
            let pieces = cash.get("kinshu").and_then(|kinshu| kinshu.get(face)).and_then(Json::as_u64).unwrap_or(0);
            Yen::new(*value).times(u32::try_from(pieces).unwrap_or(u32::MAX))
        });
        let counted = counted.collect::<Result<Vec<_>, _>>().and_then(Yen::total).map_err(too_much)?;
        let meant = yen("junbikin").plus(taken).map_err(too_much)?;
        let over = counted.minus(meant).map_err(too_much)?;
        cash.extend([
            ("genzaidaka".to_owned(), json!(counted)),
            ("keisandaka".to_owned(), json!(meant)),
            ("kabusoku".to_owned(), json!(over)),
        ]);
        Ok(Json::Object(cash))
    }
}
