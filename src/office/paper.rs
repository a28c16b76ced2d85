//! 偽造防止用紙: the numbered sheets in a printer, from the box to the certificate or the shredder. Every sheet came in
//! once, and is left, used for one released number, or spoiled and destroyed before two people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::event::Reason;
use crate::case::id::{IssuanceId, OfficeId, PersonId};
use crate::domain::calendar::Day;
use crate::register::{Ask, Batch, End, Key, Put, Register, RegisterError, Term, Watch, Written};

use super::records::{Author, Kept, RecordError, Records, Version};

/// Days whose counts are kept with the stock; older ones are in its events.
const DAYS: usize = 62;
/// By what the use of a sheet is found.
const SERIAL: &str = "yoshi";

/// Paper could not be booked.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Not from a first to a last sheet.
    #[error("booking paper: {first} to {last} is no row of sheets")]
    Range {
        /// First.
        first: u32,
        /// Last.
        last: u32,
    },
    /// Sheets that came in before.
    #[error("booking paper: some of {first} to {last} came in before")]
    Twice {
        /// First.
        first: u32,
        /// Last.
        last: u32,
    },
    /// Sheets that are not left.
    #[error("booking paper: some of {first} to {last} are not left")]
    NotLeft {
        /// First.
        first: u32,
        /// Last.
        last: u32,
    },
    /// A number that was not released, or has its sheets.
    #[error("booking paper: the number was not released, or has its sheets")]
    Issuance,
    /// Nothing of this first sheet waits to be destroyed.
    #[error("destroying paper: nothing that begins with {first} waits for it")]
    NotSpoiled {
        /// First.
        first: u32,
    },
    /// Who spoiled them does not also see them destroyed.
    #[error("destroying paper: the same person spoiled it")]
    OnePerson,
}

impl From<RegisterError> for PaperError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl PaperError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Record(error) => error.code(),
            Self::Range { .. } => "paper-range",
            Self::Twice { .. } => "paper-twice",
            Self::NotLeft { .. } => "paper-not-left",
            Self::Issuance => "paper-issuance",
            Self::NotSpoiled { .. } => "paper-not-spoiled",
            Self::OnePerson => "paper-one-person",
        }
    }
}

/// Sheets in a row, by their printed serials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sheets {
    /// First.
    pub first: u32,
    /// Last, not before the first.
    pub last: u32,
}

impl Sheets {
    /// From a first to a last one: at most 999,999.
    ///
    /// # Errors
    /// [`PaperError::Range`].
    pub fn new(first: u32, last: u32) -> Result<Self, PaperError> {
        match last.checked_sub(first) {
            Some(more) if more < 999_999 => Ok(Self { first, last }),
            _ => Err(PaperError::Range { first, last }),
        }
    }

    /// How many.
    pub fn count(self) -> u32 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    fn holds(self, other: Self) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// What is left of these without others that they hold.
    fn without(self, taken: Self) -> impl Iterator<Item = Self> {
        let before =
            (self.first < taken.first).then(|| Self { first: self.first, last: taken.first.saturating_sub(1) });
        let after = (taken.last < self.last).then(|| Self { first: taken.last.saturating_add(1), last: self.last });
        before.into_iter().chain(after)
    }
}

/// What moved on a day, in sheets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// 受入.
    pub came: u32,
    /// 使用.
    pub used: u32,
    /// 書損, destroyed.
    pub spoiled: u32,
}

/// Spoiled sheets that wait to be destroyed before a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoiled {
    /// Which.
    pub sheets: Sheets,
    /// Why.
    pub reason: Reason,
    /// By whom.
    pub by: PersonId,
}

/// A printer's stock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// All that ever came in.
    pub came: Vec<Sheets>,
    /// What is left, in order.
    pub left: Vec<Sheets>,
    /// What was spoiled and is still there.
    pub spoiled: Vec<Spoiled>,
    /// By day, what moved.
    pub days: BTreeMap<String, Moved>,
}

/// 用紙の残り of a day, in sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Balance {
    /// 繰越.
    pub kurikoshi: u32,
    /// 受入.
    pub ukeire: u32,
    /// 使用.
    pub shiyo: u32,
    /// 書損.
    pub kakison: u32,
    /// 残.
    pub zan: u32,
}

impl Kept for Stock {
    const KIND: &'static str = "paper";
}

/// On which sheets a number was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Used {
    /// In which printer.
    pub terminal: String,
    /// Which sheets.
    pub sheets: Sheets,
}

impl Kept for Used {
    const KIND: &'static str = "paper-used";

    fn found_by(&self) -> Vec<Term> {
        (self.sheets.first..=self.sheets.last).map(|serial| term(&self.terminal, serial)).collect()
    }
}

fn term(terminal: &str, serial: u32) -> Term {
    Term { field: SERIAL.to_owned(), term: Zeroizing::new(format!("{terminal} {serial}")) }
}

impl Stock {
    /// 受入.
    fn take_in(&mut self, day: Day, sheets: Sheets) -> Result<(), PaperError> {
        let Sheets { first, last } = sheets;
        if self.came.iter().any(|known| known.meets(sheets)) {
            return Err(PaperError::Twice { first, last });
        }
        self.came.push(sheets);
        self.left.push(sheets);
        self.left.sort_unstable();
        let moved = self.moved(day);
        moved.came = moved.came.saturating_add(sheets.count());
        Ok(())
    }

    fn take_out(&mut self, sheets: Sheets) -> Result<(), PaperError> {
        let Sheets { first, last } = sheets;
        let at = self.left.iter().position(|known| known.holds(sheets)).ok_or(PaperError::NotLeft { first, last })?;
        let known = self.left.remove(at);
        self.left.extend(known.without(sheets));
        self.left.sort_unstable();
        Ok(())
    }

    /// 使用.
    fn consume(&mut self, day: Day, sheets: Sheets) -> Result<(), PaperError> {
        self.take_out(sheets)?;
        let moved = self.moved(day);
        moved.used = moved.used.saturating_add(sheets.count());
        Ok(())
    }

    /// 書損: out of use, and there until it is destroyed.
    fn spoil(&mut self, spoiled: Spoiled) -> Result<(), PaperError> {
        self.take_out(spoiled.sheets)?;
        self.spoiled.push(spoiled);
        Ok(())
    }

    /// Destroyed, as another person than who spoiled it saw.
    fn destroy(&mut self, day: Day, first: u32, witness: &PersonId) -> Result<Spoiled, PaperError> {
        let at = self.spoiled.iter().position(|known| known.sheets.first == first);
        let at = at.ok_or(PaperError::NotSpoiled { first })?;
        if self.spoiled.get(at).is_some_and(|known| known.by == *witness) {
            return Err(PaperError::OnePerson);
        }
        let spoiled = self.spoiled.remove(at);
        let moved = self.moved(day);
        moved.spoiled = moved.spoiled.saturating_add(spoiled.sheets.count());
        Ok(spoiled)
    }

    fn moved(&mut self, day: Day) -> &mut Moved {
        let day = day.to_string();
        while self.days.len() >= DAYS && !self.days.contains_key(&day) {
            self.days.pop_first();
        }
        self.days.entry(day).or_default()
    }

    /// 繰越, 受入, 使用, 書損 and 残 of a day.
    pub fn balance(&self, day: Day) -> Balance {
        let day = day.to_string();
        let here = self.left.iter().chain(self.spoiled.iter().map(|spoiled| &spoiled.sheets));
        let mut zan = here.map(|sheets| i64::from(sheets.count())).sum::<i64>();
        let net = |moved: &Moved| i64::from(moved.came) - i64::from(moved.used) - i64::from(moved.spoiled);
        zan -= self.days.iter().filter(|(other, _)| **other > day).map(|(_, moved)| net(moved)).sum::<i64>();
        let own = self.days.get(&day).copied().unwrap_or_default();
        let sheets = |count: i64| u32::try_from(count).unwrap_or(0);
        Balance {
            kurikoshi: sheets(zan - net(&own)),
            ukeire: own.came,
            shiyo: own.used,
            kakison: own.spoiled,
            zan: sheets(zan),
        }
    }
}

/// Paper of an office's printers, each by the 端末名番号 of its terminal.
#[derive(Clone, Copy)]
pub struct Paper<'a> {
    register: &'a Register,
    office: &'a OfficeId,
}

impl<'a> Paper<'a> {
    /// Of an office.
    pub fn of(register: &'a Register, office: &'a OfficeId) -> Self {
        Self { register, office }
    }

    fn stocks(&self) -> Records<'a, Stock> {
        Records::of(self.register, self.office)
    }

    /// A printer's stock; an empty one where nothing came in.
    ///
    /// # Errors
    /// [`PaperError::Record`].
    pub async fn stock(&self, terminal: &str) -> Result<Stock, PaperError> {
        Ok(self.stocks().find_id(terminal).await?.map(|version| version.state).unwrap_or_default())
    }

    /// 受入.
    ///
    /// # Errors
    /// [`PaperError`].
    pub async fn take_in(&self, terminal: &str, sheets: Sheets, by: &PersonId) -> Result<Stock, PaperError> {
        let author = Author::one(by);
        self.change(terminal, (&author, None), |stock, day| stock.take_in(day, sheets)).await
    }

    /// 使用: a released number came out on sheets that begin with this one, as many as it has pages.
    ///
    /// # Errors
    /// [`PaperError`].
    pub async fn consume(
        &self,
        terminal: &str,
        (issuance, first): (IssuanceId, u32),
        by: &PersonId,
    ) -> Result<Stock, PaperError> {
        let known = self.register.issuance(self.office, issuance).await?;
        let Some(End::Issued { pages, .. }) = known.and_then(|known| known.end) else {
            return Err(PaperError::Issuance);
        };
        let sheets = Sheets::new(first, first.saturating_add(pages.saturating_sub(1)))?;
        let author = Author::one(by);
        let used = Used { terminal: terminal.to_owned(), sheets };
        let put = Records::of(self.register, self.office).draft(&issuance.to_string(), 0, &used, &author)?;
        self.change(terminal, (&author, Some(put)), |stock, day| stock.consume(day, sheets)).await
    }

    /// 書損.
    ///
    /// # Errors
    /// [`PaperError`].
    pub async fn spoil(&self, terminal: &str, spoiled: Spoiled) -> Result<Stock, PaperError> {
        let author = Author::one(&spoiled.by).because(spoiled.reason.clone());
        self.change(terminal, (&author, None), |stock, _| stock.spoil(spoiled)).await
    }

    /// Destroyed before a second person.
    ///
    /// # Errors
    /// [`PaperError`].
    pub async fn destroy(&self, terminal: &str, first: u32, witness: &PersonId) -> Result<Stock, PaperError> {
        let author = Author::one(witness);
        self.change(terminal, (&author, None), |stock, day| stock.destroy(day, first, witness).map(drop)).await
    }

    /// The number that was released on a sheet.
    ///
    /// # Errors
    /// [`PaperError::Record`].
    pub async fn issuance_on(&self, terminal: &str, serial: u32) -> Result<Option<Version<Used>>, PaperError> {
        let found = Records::<Used>::of(self.register, self.office).find(&[term(terminal, serial)], 1).await?;
        Ok(found.into_iter().next())
    }

    /// Under the lock: the stock as it is, changed, and with it what is put beside it.
    async fn change(
        &self,
        terminal: &str,
        (author, beside): (&Author, Option<Put>),
        change: impl FnOnce(&mut Stock, Day) -> Result<(), PaperError>,
    ) -> Result<Stock, PaperError> {
        let watch = |kind, id: &str| Watch { office: self.office.clone(), kind, key: Key::Id(id.to_owned()) };
        let mut watched = vec![watch(Stock::KIND, terminal)];
        watched.extend(beside.iter().map(|put| watch(put.kind, &put.id)));
        let ask = Ask { watch: watched, ..Ask::office(self.office) };
        let written: Written<Stock> = self
            .register
            .write(&ask, |locked| {
                if locked.watched.iter().any(|record| record.kind == Used::KIND) {
                    return Err(PaperError::Issuance);
                }
                let known = Version::<Stock>::watched(locked)?.into_iter().next();
                let (mut stock, version) = known.map_or((Stock::default(), 0), |known| (known.state, known.version));
                change(&mut stock, locked.now.day())?;
                let mut records = vec![self.stocks().draft(terminal, version, &stock, author)?];
                records.extend(beside);
                Ok((Batch { records, ..Batch::default() }, stock))
            })
            .await?;
        match written {
            Written::Now(stock) => Ok(stock),
            Written::Earlier(_) => Err(RegisterError::KeyReused.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(day: u8) -> Day {
        Day::from_ymd(2026, 1, day).unwrap()
    }

    fn who(id: &str) -> PersonId {
        PersonId::parse(id).unwrap()
    }

    fn spoiled(first: u32, last: u32) -> Spoiled {
        let reason = Reason::parse("紙詰まり").unwrap();
        Spoiled { sheets: Sheets::new(first, last).unwrap(), reason, by: who("one") }
    }

    #[test]
    fn a_sheet_comes_in_once_and_goes_once() {
        let mut stock = Stock::default();
        let all = Sheets::new(1, 100).unwrap();
        stock.take_in(day(1), all).unwrap();
        let again = stock.take_in(day(1), Sheets::new(100, 101).unwrap());
        assert!(matches!(again, Err(PaperError::Twice { first: 100, last: 101 })));
        stock.consume(day(1), Sheets::new(3, 4).unwrap()).unwrap();
        for row in [(4, 5), (3, 3), (100, 101)] {
            let sheets = Sheets::new(row.0, row.1).unwrap();
            assert!(matches!(stock.consume(day(1), sheets), Err(PaperError::NotLeft { .. })), "{row:?}");
        }
        stock.spoil(spoiled(5, 5)).unwrap();
        assert!(matches!(stock.destroy(day(2), 5, &who("one")), Err(PaperError::OnePerson)));
        assert!(matches!(stock.destroy(day(2), 6, &who("two")), Err(PaperError::NotSpoiled { first: 6 })));
        stock.destroy(day(2), 5, &who("two")).unwrap();
        let first = Balance { kurikoshi: 0, ukeire: 100, shiyo: 2, kakison: 0, zan: 98 };
        let second = Balance { kurikoshi: 98, ukeire: 0, shiyo: 0, kakison: 1, zan: 97 };
        assert_eq!((stock.balance(day(1)), stock.balance(day(2))), (first, second));
        assert!(Sheets::new(2, 1).is_err());
    }

    proptest! {
        #[test]
        fn every_sheet_is_left_or_used_or_spoiled(
            rows in prop::collection::vec((0_u8..3, 1_u32..60, 1_u32..6, 1_u8..5), 1..40)
        ) {
            let mut stock = Stock::default();
            let mut rows = rows;
            rows.sort_by_key(|(.., on)| *on);
            for (what, first, count, on) in rows {
                let sheets = Sheets::new(first, first + count - 1).unwrap();
                let _ = match what {
                    0 => stock.take_in(day(on), sheets),
                    1 => stock.consume(day(on), sheets),
                    _ => stock.spoil(spoiled(sheets.first, sheets.last)),
                };
            }
            let sum = |sheets: &[Sheets]| sheets.iter().map(|sheets| sheets.count()).sum::<u32>();
            let (used, there) = (stock.days.values().map(|moved| moved.used).sum::<u32>(), sum(&stock.left));
            let waiting: u32 = stock.spoiled.iter().map(|spoiled| spoiled.sheets.count()).sum();
            prop_assert_eq!(sum(&stock.came), there + used + waiting);
            for on in 1..5 {
                let Balance { kurikoshi, ukeire, shiyo, kakison, zan } = stock.balance(day(on));
                prop_assert_eq!(kurikoshi + ukeire, shiyo + kakison + zan);
                prop_assert!(on == 1 || stock.balance(day(on - 1)).zan == kurikoshi);
            }
        }
    }
}
