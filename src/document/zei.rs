//! 税: what several tax certificates share: amounts, years, times, and whose tax it is.

use std::str::FromStr;

use crate::domain::calendar::{CalendarError, Day, Era, RecordedDate, SeirekiDate, WarekiDate, WarekiYear, YearPart};
use crate::domain::money::Yen;
use crate::{either, record};

use super::cbor::Cbor;
use super::json::Json;
use super::jumin::{GaikokujinShimei, Shimei};
use super::parse::{Parse, Reader, Text, parse_with};
use super::view::Draft;
use super::words::{DateStyle, Words};

/// Largest figure in 円: what the narrowest column of a form takes at its least size.
pub const MOST_YEN: i64 = 999_999_999_999;

/// Declares an amount in 円 within bounds.
macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, $least:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(Yen);

        impl $name {
            /// The amount.
            pub fn yen(self) -> Yen {
                self.0
            }

            /// As printed, without its unit.
            pub fn printed(&self, words: &Words) -> String {
                words.yen(self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("***")
            }
        }

        impl Parse for $name {
            fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
                let amount = Yen::parse(json, reader)?;
                if ($least..=MOST_YEN).contains(&amount.amount()) {
                    return Some(Self(amount));
                }
                let refusal = reader.refusal("amount-out-of-range");
                reader.push(refusal.with("least", $least).with("most", MOST_YEN))
            }

            fn encode(&self) -> Option<Cbor> {
                self.0.encode()
            }
        }
    };
}

amount! {
    /// 額: an amount of 0 円 or more.
    Gaku, 0
}

amount! {
    /// 所得金額: an amount that may be a loss.
    ShotokuGaku, -MOST_YEN
}

/// Sum of figures. A document holds a few thousand at most, of 10¹² 円 at most: nothing is ever cut.
pub fn total(amounts: impl IntoIterator<Item = Yen>) -> Yen {
    Yen::new(amounts.into_iter().map(Yen::amount).fold(0, i64::saturating_add))
}

/// Refuses a stated figure that is not what its parts come to.
pub fn check_sum(stated: Yen, counted: Yen, field: &str, reader: &mut Reader<'_>) {
    if stated != counted {
        refuse_at(field, "sum-mismatch", reader);
    }
}

/// Refuses a field of the record at the present place.
pub fn refuse_at(field: &str, code: &'static str, reader: &mut Reader<'_>) {
    reader.at(field, |reader| reader.refuse::<()>(code));
}

/// Does something at each member of a list of the record at the present place.
pub fn each<T>(list: &str, items: &[T], reader: &mut Reader<'_>, act: impl Fn(&T, &mut Reader<'_>)) {
    reader.at(list, |reader| {
        for (index, item) in items.iter().enumerate() {
            reader.at_index(index, |reader| act(item, reader));
        }
    });
}

/// Refuses members of a list that say the same as an earlier one.
pub fn refuse_repeated<T>(list: &str, items: &[T], same: impl Fn(&T, &T) -> bool, reader: &mut Reader<'_>) {
    reader.at(list, |reader| {
        for (index, item) in items.iter().enumerate() {
            if items[..index].iter().any(|earlier| same(earlier, item)) {
                reader.at_index(index, |reader| reader.refuse::<()>("same-item-twice"));
            }
        }
    });
}

/// A text, or 該当なし.
pub fn or_none(draft: &Draft<'_>, text: Option<&Text>) -> String {
    text.map_or_else(|| draft.words().get("nothing.not-applicable").to_owned(), |text| text.as_str().to_owned())
}

/// 年 in 和暦; in data `R7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nen(WarekiYear);

impl Nen {
    /// The Gregorian year.
    pub fn gregorian(self) -> i32 {
        self.0.gregorian()
    }

    /// Era and number, without 年.
    pub fn printed(self, words: &Words, style: DateStyle) -> String {
        words.year(year_part(self.0.era(), self.0.nen()), style)
    }
}

fn year_part(era: Era, nen: u8) -> YearPart {
    YearPart::Wareki { era: era.key(), nen, is_first: nen == 1 }
}

/// Not a year of an era.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NenError {
    /// Not a letter and a number.
    #[error("reading a year: not a letter and a number")]
    Form,
    /// The era has no such year.
    #[error("reading a year: the era has no such year")]
    NoSuchYear,
    /// Before 昭和25年度, from which 地方税法 applies.
    #[error("reading a fiscal year: before the Local Tax Act")]
    TooEarly,
}

impl NenError {
    /// Key of the sentence.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form => "nen-form",
            Self::NoSuchYear => "date-year",
            Self::TooEarly => "nendo-too-early",
        }
    }
}

impl FromStr for Nen {
    type Err = NenError;

    fn from_str(text: &str) -> Result<Self, NenError> {
        let mut letters = text.chars();
        let era = letters.next().and_then(Era::from_letter).ok_or(NenError::Form)?;
        let digits = letters.as_str();
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        if !(1..=2).contains(&digits.len()) || !is_number {
            return Err(NenError::Form);
        }
        let nen = digits.parse().map_err(|_| NenError::Form)?;
        WarekiYear::new(era, nen).map(Self).map_err(|_| NenError::NoSuchYear)
    }
}

impl Parse for Nen {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        parse_with(json, reader, str::parse, NenError::code)
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Text(format!("{}{:02}", self.0.era().letter(), self.0.nen())))
    }
}

/// 年度 of a local tax; in data `R7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nendo {
    nen: Nen,
    fuka_kijitsu: Day,
    zennen_matsu: Day,
    shonichi: Day,
}

/// 昭和25年, in which 地方税法 came into force.
const CHIHOZEIHO: i32 = 1950;

impl Nendo {
    /// The Gregorian year in which it begins.
    pub fn gregorian(self) -> i32 {
        self.nen.gregorian()
    }

    /// 賦課期日: 1 January of the year (地方税法318条, 359条).
    pub fn fuka_kijitsu(self) -> Day {
        self.fuka_kijitsu
    }

    /// Last day of the year of income: 31 December of the year before.
    pub fn zennen_matsu(self) -> Day {
        self.zennen_matsu
    }

    /// First day: 1 April.
    pub fn shonichi(self) -> Day {
        self.shonichi
    }

    /// 令和７年度.
    pub fn printed(self, words: &Words) -> String {
        words.fill("nendo.nendo", &[("nen", &self.mijikai(words))])
    }

    /// 令和７.
    pub fn mijikai(self, words: &Words) -> String {
        self.nen.printed(words, DateStyle::Running)
    }

    /// 所得の年, the year before, without 年: by the era of its last day.
    pub fn shotoku_nen(self, words: &Words) -> String {
        let (era, nen) = self.zennen_matsu.to_wareki();
        words.year(year_part(era, nen), DateStyle::Running)
    }
}

impl FromStr for Nendo {
    type Err = NenError;

    fn from_str(text: &str) -> Result<Self, NenError> {
        let nen: Nen = text.parse()?;
        let year = nen.gregorian();
        if year < CHIHOZEIHO {
            return Err(NenError::TooEarly);
        }
        let day = |year, month, day| Day::from_ymd(year, month, day).map_err(|_: CalendarError| NenError::NoSuchYear);
        Ok(Self {
            nen,
            fuka_kijitsu: day(year, 1, 1)?,
            zennen_matsu: day(year - 1, 12, 31)?,
            shonichi: day(year, 4, 1)?,
        })
    }
}

impl Parse for Nendo {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        parse_with(json, reader, str::parse, NenError::code)
    }

    fn encode(&self) -> Option<Cbor> {
        self.nen.encode()
    }
}

/// 時刻; in data `17:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jikoku {
    ji: u8,
    fun: u8,
}

/// Not a time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("reading a time: not 00:00 to 23:59")]
pub struct JikokuError;

impl FromStr for Jikoku {
    type Err = JikokuError;

    fn from_str(text: &str) -> Result<Self, JikokuError> {
        let digits = |part: &str| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u8>().ok()).flatten().ok_or(JikokuError)
        };
        let (ji, fun) = text.split_once(':').ok_or(JikokuError)?;
        let time = Self { ji: digits(ji)?, fun: digits(fun)? };
        if time.ji < 24 && time.fun < 60 { Ok(time) } else { Err(JikokuError) }
    }
}

impl Parse for Jikoku {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        parse_with(json, reader, str::parse, |_: &JikokuError| "jikoku-form")
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Text(format!("{:02}:{:02}", self.ji, self.fun)))
    }
}

record! {
    /// 収納基準日時: until when payments are counted. Between a payment and its record lie days.
    pub struct ShunoKijun {
        /// Day.
        pub hi: Day,
        /// Time of day, where the system tells it.
        pub jikoku: Option<Jikoku>,
    }
}

impl ShunoKijun {
    /// As printed in a grid.
    pub fn printed(&self, words: &Words) -> String {
        let hi = words.day(self.hi, DateStyle::Grid);
        match self.jikoku {
            None => hi,
            Some(Jikoku { ji, fun }) => {
                words.fill("jikoku", &[("hi", &hi), ("ji", &ji.to_string()), ("fun", &format!("{fun:02}"))])
            }
        }
    }
}

/// An empty map: a case of which there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoItems;

impl Parse for NoItems {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        reader.record(json, &[]).map(|_| Self)
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Map(Vec::new()))
    }
}

record! {
    /// A Japanese taxpayer.
    pub struct NihonjinNozeisha {
        /// 氏名.
        pub shimei: Shimei,
        /// 生年月日, in 和暦.
        pub seinengappi: WarekiDate,
    }
}

record! {
    /// A foreign taxpayer.
    pub struct GaikokujinNozeisha {
        /// 氏名.
        pub shimei: GaikokujinShimei,
        /// 通称, where one is recorded.
        pub tsusho: Option<Text>,
        /// 生年月日, in 西暦.
        pub seinengappi: SeirekiDate,
    }
}

either! {
    /// 納税義務者, a person.
    pub enum Nozeisha {
        /// 日本人.
        Nihonjin(NihonjinNozeisha) = "nihonjin",
        /// 外国人.
        Gaikokujin(GaikokujinNozeisha) = "gaikokujin",
    }
}

impl Nozeisha {
    /// 氏名 as printed, with the 通称 beside it.
    pub fn shimei(&self, words: &Words) -> String {
        match self {
            Self::Nihonjin(person) => person.shimei.printed(),
            Self::Gaikokujin(person) => match &person.tsusho {
                None => person.shimei.printed(),
                Some(tsusho) => {
                    words.fill("shimei-tsusho", &[("shimei", &person.shimei.printed()), ("tsusho", tsusho.as_str())])
                }
            },
        }
    }

    /// 生年月日.
    pub fn seinengappi(&self) -> &RecordedDate {
        match self {
            Self::Nihonjin(person) => person.seinengappi.recorded(),
            Self::Gaikokujin(person) => person.seinengappi.recorded(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::read([("common", include_str!("../../templates/words/common.toml"))]).unwrap()
    }

    #[test]
    fn the_year_of_income_goes_by_the_era_of_its_last_day() {
        let cases = [
            ("R7", "令和７年度", "令和６"),
            ("R2", "令和２年度", "令和元"),
            ("R1", "令和元年度", "平成３０"),
            ("H31", "平成３１年度", "平成３０"),
            ("H2", "平成２年度", "平成元"),
            ("H1", "平成元年度", "昭和６３"),
        ];
        for (data, nendo, shotoku) in cases {
            let read: Nendo = data.parse().unwrap();
            assert_eq!((read.printed(&words()), read.shotoku_nen(&words())), (nendo.to_owned(), shotoku.to_owned()));
        }
    }

    #[test]
    fn the_day_of_assessment_bears_the_era_of_that_day() {
        let cases = [
            ("R1", "平成31年\u{2007}1月\u{2007}1日"),
            ("S64", "昭和64年\u{2007}1月\u{2007}1日"),
            ("H1", "昭和64年\u{2007}1月\u{2007}1日"),
        ];
        for (data, day) in cases {
            let read: Nendo = data.parse().unwrap();
            assert_eq!(words().day(read.fuka_kijitsu(), DateStyle::Grid), day);
        }
    }

    #[test]
    fn years_and_times_that_do_not_exist_are_refused() {
        let years = [
            ("7", NenError::Form),
            ("R07", NenError::Form),
            ("R007", NenError::Form),
            ("R+7", NenError::Form),
            ("X07", NenError::Form),
            ("R７", NenError::Form),
            ("H32", NenError::NoSuchYear),
            ("R0", NenError::Form),
            ("S24", NenError::TooEarly),
        ];
        for (data, error) in years {
            assert_eq!(data.parse::<Nendo>(), Err(error), "{data}");
        }
        for data in ["24:00", "12:60", "9:00", "12:0", "1200", "-1:00", "+1:00"] {
            assert_eq!(data.parse::<Jikoku>(), Err(JikokuError), "{data}");
        }
        assert!("00:00".parse::<Jikoku>().is_ok() && "23:59".parse::<Jikoku>().is_ok());
    }

    #[test]
    fn a_sum_of_the_greatest_figures_is_exact() {
        assert_eq!(total([Yen::new(MOST_YEN); 3_000]), Yen::new(3_000 * MOST_YEN));
        assert_eq!(total([Yen::new(5), Yen::new(-7)]), Yen::new(-2));
    }
}

/// What the tests of tax certificates share.
#[cfg(test)]
pub mod testing {
    use serde_json::Value;

    use crate::document::catalog::{Composed, Kind};
    use crate::document::refusal::Refusals;
    use crate::document::view::View;
    use crate::document::words::Words;
    use crate::domain::text::Anything;

    fn file(path: &str) -> String {
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
    }

    /// The ordinary sample of a kind.
    pub fn sample(kind: &str) -> Value {
        serde_json::from_str(&file(&format!("samples/{kind}.json"))).unwrap()
    }

    /// The wording of a kind.
    pub fn words(kind: &str) -> Words {
        let files =
            ["common", "fields", "refusals", kind].map(|name| (name, file(&format!("templates/words/{name}.toml"))));
        Words::read(files.iter().map(|(name, text)| (*name, text.as_str()))).unwrap()
    }

    /// Reads a document.
    pub fn read(kind: &str, document: &Value) -> Result<Composed, Refusals> {
        Kind::by_id(kind).unwrap().read(document.to_string().as_bytes(), &Anything)
    }

    /// Places and codes of the refusals of a changed document. Each must have its sentence.
    pub fn refusals(kind: &str, mut document: Value, change: impl FnOnce(&mut Value)) -> Vec<(String, &'static str)> {
        change(&mut document);
        let refusals = read(kind, &document).err().map_or_else(Vec::new, |refusals| refusals.0);
        let words = words(kind);
        for refusal in &refusals {
            assert!(!words.sentence(refusal).contains(['◇', '{']), "{}", refusal.code);
            assert!(!words.place(&refusal.path).chars().any(|c| c.is_ascii_lowercase()), "{}", refusal.path);
        }
        refusals.into_iter().map(|refusal| (refusal.path, refusal.code)).collect()
    }

    /// What the press is to print. Nothing of it may lack its wording.
    pub fn view(kind: &str, document: &Value) -> View {
        let view = read(kind, document).unwrap().view(&words(kind));
        assert!(view.values.iter().all(|value| !value.text.contains(['◇', '{'])));
        view
    }

    /// The text of a slot.
    pub fn text<'v>(view: &'v View, slot: &str) -> &'v str {
        &view.values.iter().find(|value| value.slot == slot).unwrap().text
    }

    /// Replaces a value that is there.
    pub fn put(document: &mut Value, pointer: &str, value: Value) {
        *document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    }

    /// Takes a field out.
    pub fn remove(document: &mut Value, pointer: &str, field: &str) {
        document.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field).unwrap();
    }
}
