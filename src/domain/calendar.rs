//! 和暦 and the dates that a register holds.
//!
//! A register does not only hold days of the calendar. It also holds days that the calendar lacks
//! (平年２月２９日), a day that has two names (明治45年7月30日 is 大正元年7月30日) and days that
//! nobody knows (不詳日). [`RecordedDate`] keeps all of them exactly as they were recorded;
//! [`Day`] is a day of the Gregorian calendar, such as the day of issue.
//!
//! Sources: 住民記録システム標準仕様書 1.1.8 年月日の管理, 1.1.9 年月日の表示, 1.3.6 和暦・西暦管理;
//! 明治5年太政官布告第337号 (the Gregorian calendar from 明治6年1月1日).
//!
//! # Text form
//!
//! Each recorded date has exactly one text, and each text one date:
//!
//! ```text
//! year   = era nen | yyyy      era: M T S H R; nen: 1 to 99, no leading zero
//! month  = year "-" mm
//! day    = month "-" dd
//!
//! day                   known day                                      S55-12-26, 1990-12-31
//! "?"                   fusho                        年月日不詳          ?
//! year                  nen                          …年月日不詳         R7
//! month                 nen-getsu                    …年…月日不詳        R7-03
//! year "~"              nen-goro                     …年頃              R7~
//! month "~"             nen-getsu-goro               …年…月頃           R7-03~
//! day "~"               nen-getsu-hi-goro            …年…月…日頃         R7-03-05~
//! year "*"              suitei-nen                   推定…年            R7*
//! month "*"             suitei-getsu                 推定…年…月          R7-03*
//! day "*"               suitei-hi                    推定…年…月…日       R7-03-05*
//! year "/" 1..4         haru natsu aki fuyu          …年春 夏 秋 冬      R7/1
//! month "/" 1..3        jojun chujun gejun           …年…月上旬 中旬 下旬  R7-03/1
//! month "/" 1..3 "~"    jojun-goro … gejun-goro      …年…月中旬頃        R7-03/2~
//! day ".." dd "~"       hi-kara-hi-goro              …日から…日頃までの間  R7-03-05..12~
//! day "~.." dd "~"      hi-goro-kara-hi-goro         …日頃から…日頃までの間 R7-03-05~..12~
//! day "*.." dd          suitei-hi-kara-hi            …月推定…日から…日までの間 R7-03-05*..12
//! day ".." mm "-" dd "~" tsukihi-kara-tsukihi-goro   …日から…月…日頃までの間 R7-03-05..04-02~
//! ```
//!
//! `~` stands where 頃 stands and `*` where 推定 stands. The standard lists 14 patterns; 推定…年 and
//! …日から…日頃までの間 are added as their plain neighbours.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate};

/// Why a date was refused. Carries no part of the date: a date may be somebody's birthday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// The text is none of the forms that the module documents.
    #[error("date is not in a known form")]
    Form,
    /// The era has no such year, or the Gregorian year is outside 1800 to 2117.
    #[error("year does not exist")]
    Year,
    /// Month outside 1 to 12.
    #[error("month does not exist")]
    Month,
    /// The month never has such a day, in any year.
    #[error("day of month does not exist")]
    DayOfMonth,
    /// The day lies before the era's first or after its last day.
    #[error("date lies outside its era")]
    OutsideEra,
    /// 明治5年12月3日 to 31日, which the change to the Gregorian calendar skipped.
    #[error("date was skipped when the Gregorian calendar was adopted")]
    Skipped,
    /// A span of days that does not run forward.
    #[error("span of days does not run forward")]
    Span,
    /// Not a day of the Gregorian calendar in use in Japan, 1873-01-01 to 2117-12-31.
    #[error("not a day of the Gregorian calendar")]
    NotACalendarDay,
    /// 西暦 where the law wants 和暦.
    #[error("year must be given by era")]
    WantsWareki,
    /// 和暦 where the law wants 西暦.
    #[error("year must be given by the Gregorian calendar")]
    WantsSeireki,
}

impl CalendarError {
    /// Key by which the sentence shown to a person is looked up.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form => "date-form",
            Self::Year => "date-year",
            Self::Month => "date-month",
            Self::DayOfMonth => "date-day-of-month",
            Self::OutsideEra => "date-outside-era",
            Self::Skipped => "date-skipped",
            Self::Span => "date-span",
            Self::NotACalendarDay => "date-not-a-calendar-day",
            Self::WantsWareki => "date-wants-wareki",
            Self::WantsSeireki => "date-wants-seireki",
        }
    }
}

// ---------------------------------------------------------------------------------------------
// 元号

/// 元号 since 一世一元.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era {
    /// 明治
    Meiji,
    /// 大正
    Taisho,
    /// 昭和
    Showa,
    /// 平成
    Heisei,
    /// 令和
    Reiwa,
}

struct EraRow {
    era: Era,
    letter: char,
    key: &'static str,
    first: NaiveDate,
    /// The day on which the next era began may bear both names, so 明治 and 大正 end on it.
    last: Option<NaiveDate>,
}

/// The one table of eras, oldest first, in the order of the variants of [`Era`].
static ERAS: [EraRow; 5] = [
    EraRow { era: Era::Meiji, letter: 'M', key: "meiji", first: date(1868, 1, 25), last: Some(date(1912, 7, 30)) },
    EraRow { era: Era::Taisho, letter: 'T', key: "taisho", first: date(1912, 7, 30), last: Some(date(1926, 12, 25)) },
    EraRow { era: Era::Showa, letter: 'S', key: "showa", first: date(1926, 12, 25), last: Some(date(1989, 1, 7)) },
    EraRow { era: Era::Heisei, letter: 'H', key: "heisei", first: date(1989, 1, 8), last: Some(date(2019, 4, 30)) },
    EraRow { era: Era::Reiwa, letter: 'R', key: "reiwa", first: date(2019, 5, 1), last: None },
];

/// A row of a table here. A table that names no day does not compile.
const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("no such day"), // only ever evaluated by the compiler
    }
}

impl Era {
    /// Every era, oldest first.
    pub const ALL: [Era; 5] = [Era::Meiji, Era::Taisho, Era::Showa, Era::Heisei, Era::Reiwa];

    fn row(self) -> &'static EraRow {
        &ERAS[self as usize]
    }

    /// Key by which the name in kanji is looked up: `meiji`, `taisho`, `showa`, `heisei`, `reiwa`.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.row().key
    }

    /// M, T, S, H or R.
    #[must_use]
    pub fn letter(self) -> char {
        self.row().letter
    }

    /// The era that a letter stands for.
    #[must_use]
    pub fn from_letter(letter: char) -> Option<Self> {
        ERAS.iter().find(|row| row.letter == letter).map(|row| row.era)
    }

    /// First day of the era, by the Gregorian calendar.
    #[must_use]
    pub fn first(self) -> NaiveDate {
        self.row().first
    }

    /// Last day that may bear the era's name, by the Gregorian calendar; `None` while it lasts.
    #[must_use]
    pub fn last(self) -> Option<NaiveDate> {
        self.row().last
    }

    /// The era's last year that can be written; 99 while it lasts.
    fn last_nen(self) -> u8 {
        match self.last() {
            // Both are years of this table, less than a century apart.
            Some(last) => u8::try_from(last.year() - self.first().year() + 1).unwrap_or(LAST_NEN),
            None => LAST_NEN,
        }
    }
}

/// Years of an era have at most two digits.
const LAST_NEN: u8 = 99;

// ---------------------------------------------------------------------------------------------
// 年

/// 和暦の年: a year of an era that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WarekiYear {
    era: Era,
    nen: u8,
}

impl WarekiYear {
    /// Refuses a year beyond the era's last, such as 昭和65年.
    ///
    /// # Errors
    /// [`CalendarError::Year`].
    pub fn new(era: Era, nen: u8) -> Result<Self, CalendarError> {
        match nen {
            0 => Err(CalendarError::Year),
            _ if nen > era.last_nen() => Err(CalendarError::Year),
            _ => Ok(Self { era, nen }),
        }
    }

    /// 元号
    #[must_use]
    pub fn era(self) -> Era {
        self.era
    }

    /// The year's number in its era, from 1.
    #[must_use]
    pub fn nen(self) -> u8 {
        self.nen
    }

    /// 元年
    #[must_use]
    pub fn is_first(self) -> bool {
        self.nen == 1
    }

    /// The Gregorian year; for 明治5年 and before, the one in which most of the year lies.
    #[must_use]
    pub fn gregorian(self) -> i32 {
        self.era.first().year() + i32::from(self.nen) - 1
    }

    /// 明治5年 and before went by the lunisolar calendar (天保暦).
    fn is_lunisolar(self) -> bool {
        self.era == Era::Meiji && self.nen <= 5
    }

    /// First and last Gregorian day of the part of the year that belongs to the era.
    fn span(self) -> Span {
        if self.is_lunisolar() {
            let at = usize::from(self.nen);
            return Span(LUNISOLAR_NEW_YEARS[at - 1], before(LUNISOLAR_NEW_YEARS[at]));
        }
        let era = Span(self.era.first(), self.era.last().unwrap_or(NaiveDate::MAX));
        year_span(self.gregorian()).within(era)
    }
}

/// 1月1日 of 明治元年 to 明治6年. Meiji's lunisolar dates are placed no finer than their year.
const LUNISOLAR_NEW_YEARS: [NaiveDate; 6] =
    [date(1868, 1, 25), date(1869, 2, 11), date(1870, 2, 1), date(1871, 2, 19), date(1872, 2, 9), date(1873, 1, 1)];

/// 西暦の年, 1800 to 2117.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeirekiYear(i32);

impl SeirekiYear {
    /// Refuses years in which nobody on a register was born or will be.
    ///
    /// # Errors
    /// [`CalendarError::Year`].
    pub fn new(year: i32) -> Result<Self, CalendarError> {
        if (1800..=Day::MAX.year()).contains(&year) { Ok(Self(year)) } else { Err(CalendarError::Year) }
    }

    /// The year's number.
    #[must_use]
    pub fn get(self) -> i32 {
        self.0
    }
}

/// A year as recorded. 和暦 is the rule; 西暦 is kept for 外国人住民の生年月日 and 在留期間の満了の日.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Year {
    /// 和暦
    Wareki(WarekiYear),
    /// 西暦
    Seireki(SeirekiYear),
}

impl Year {
    fn gregorian(self) -> i32 {
        match self {
            Self::Wareki(year) => year.gregorian(),
            Self::Seireki(year) => year.get(),
        }
    }

    fn is_lunisolar(self) -> bool {
        matches!(self, Self::Wareki(year) if year.is_lunisolar())
    }

    fn span(self) -> Span {
        match self {
            Self::Wareki(year) => year.span(),
            Self::Seireki(year) => year_span(year.get()),
        }
    }

    /// Whether any day from `first` to `last` (both month and day) lies in this year of its era.
    fn has_any(self, first: (u8, u8), last: (u8, u8)) -> bool {
        if self.is_lunisolar() {
            return true;
        }
        let Span(opens, closes) = self.span();
        first <= month_day(closes) && month_day(opens) <= last
    }

    /// Most days that the month can have. 平年２月２９日 is on registers; 天保暦 months had up to 30.
    fn longest(self, month: u8) -> u8 {
        match month {
            _ if self.is_lunisolar() => 30,
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for Year {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wareki(year) => write!(f, "{}{}", year.era.letter(), year.nen),
            Self::Seireki(year) => write!(f, "{:04}", year.get()),
        }
    }
}

// ---------------------------------------------------------------------------------------------
// 年月, 年月日

/// 年月
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct YearMonth {
    year: Year,
    month: u8,
}

impl YearMonth {
    /// Refuses month 13 and a month outside the era.
    ///
    /// # Errors
    /// [`CalendarError::Month`], [`CalendarError::OutsideEra`].
    pub fn new(year: Year, month: u8) -> Result<Self, CalendarError> {
        if !(1..=12).contains(&month) {
            return Err(CalendarError::Month);
        }
        if !year.has_any((month, 1), (month, 31)) {
            return Err(CalendarError::OutsideEra);
        }
        Ok(Self { year, month })
    }

    /// 年
    #[must_use]
    pub fn year(self) -> Year {
        self.year
    }

    /// 月
    #[must_use]
    pub fn month(self) -> u8 {
        self.month
    }

    /// First to last Gregorian day of the part from `from` to `to` that belongs to the era.
    fn span(self, from: u8, to: u8) -> Span {
        let whole = self.year.span();
        if self.year.is_lunisolar() {
            return whole;
        }
        let last = to.min(self.last_calendar_day());
        Span(self.nth(from), self.nth(last)).within(whole)
    }

    /// The day `day` of a Gregorian month, counted on past the month's end.
    fn nth(self, day: u8) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year.gregorian(), u32::from(self.month), 1)
            .and_then(|first| first.checked_add_days(Days::new(u64::from(day) - 1)))
            .unwrap_or(NaiveDate::MAX) // years end with 2117, so every month has a first day
    }

    fn last_calendar_day(self) -> u8 {
        self.nth(1).num_days_in_month()
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

/// 年月日 as recorded; perhaps 平年２月２９日.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct YearMonthDay {
    month: YearMonth,
    day: u8,
}

impl YearMonthDay {
    /// Refuses a day that the month never has, and a day outside the era.
    ///
    /// # Errors
    /// [`CalendarError::Month`], [`CalendarError::DayOfMonth`], [`CalendarError::OutsideEra`],
    /// [`CalendarError::Skipped`].
    pub fn new(year: Year, month: u8, day: u8) -> Result<Self, CalendarError> {
        Self::in_month(YearMonth::new(year, month)?, day)
    }

    fn in_month(month: YearMonth, day: u8) -> Result<Self, CalendarError> {
        let year = month.year;
        let skipped = year.is_lunisolar() && year.gregorian() == 1872 && month.month == 12;
        if skipped && (3..=31).contains(&day) {
            return Err(CalendarError::Skipped);
        }
        if !(1..=year.longest(month.month)).contains(&day) {
            return Err(CalendarError::DayOfMonth);
        }
        if !year.has_any((month.month, day), (month.month, day)) {
            return Err(CalendarError::OutsideEra);
        }
        Ok(Self { month, day })
    }

    /// 年
    #[must_use]
    pub fn year(self) -> Year {
        self.month.year
    }

    /// 月
    #[must_use]
    pub fn month(self) -> u8 {
        self.month.month
    }

    /// 日
    #[must_use]
    pub fn day(self) -> u8 {
        self.day
    }

    /// The day itself; a day that the calendar lacks lies between its neighbours.
    fn span(self) -> Span {
        let on = self.month.nth(self.day);
        if self.year().is_lunisolar() {
            self.year().span()
        } else if self.day <= self.month.last_calendar_day() {
            Span(on, on)
        } else {
            Span(before(on), on)
        }
    }

    fn calendar_day(self) -> Option<Day> {
        if self.year().is_lunisolar() {
            return None;
        }
        Day::from_ymd(self.year().gregorian(), self.month(), self.day).ok()
    }
}

impl fmt::Display for YearMonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.month, self.day)
    }
}

/// …月…日から…日まで: two days of one month.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DaysOfMonth {
    from: YearMonthDay,
    to: YearMonthDay,
}

impl DaysOfMonth {
    /// `to` is the last day of the month's span, after `from`.
    ///
    /// # Errors
    /// [`CalendarError::Span`], and those of [`YearMonthDay::new`].
    pub fn new(from: YearMonthDay, to: u8) -> Result<Self, CalendarError> {
        let to = YearMonthDay::in_month(from.month, to)?;
        if from.day < to.day { Ok(Self { from, to }) } else { Err(CalendarError::Span) }
    }
}

/// …月…日から…月…日まで: two days of different months of one year.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DaysOfYear {
    from: YearMonthDay,
    to: YearMonthDay,
}

impl DaysOfYear {
    /// `to_month` is a later month than that of `from`.
    ///
    /// # Errors
    /// [`CalendarError::Span`], and those of [`YearMonthDay::new`].
    pub fn new(from: YearMonthDay, to_month: u8, to_day: u8) -> Result<Self, CalendarError> {
        let to = YearMonthDay::new(from.year(), to_month, to_day)?;
        if from.month() < to.month() { Ok(Self { from, to }) } else { Err(CalendarError::Span) }
    }
}

/// 上旬・中旬・下旬
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Jun {
    /// 上旬, 1日 to 10日
    Jojun,
    /// 中旬, 11日 to 20日
    Chujun,
    /// 下旬, 21日 to the end of the month
    Gejun,
}

impl Jun {
    const ALL: [Jun; 3] = [Jun::Jojun, Jun::Chujun, Jun::Gejun];

    fn days(self) -> (u8, u8) {
        match self {
            Self::Jojun => (1, 10),
            Self::Chujun => (11, 20),
            Self::Gejun => (21, 31),
        }
    }
}

/// …年…月の旬
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MonthJun {
    month: YearMonth,
    jun: Jun,
}

impl MonthJun {
    /// Refuses a 旬 that lies wholly outside the era, such as 昭和64年1月中旬.
    ///
    /// # Errors
    /// [`CalendarError::OutsideEra`].
    pub fn new(month: YearMonth, jun: Jun) -> Result<Self, CalendarError> {
        let (from, to) = jun.days();
        if month.year.has_any((month.month, from), (month.month, to)) {
            Ok(Self { month, jun })
        } else {
            Err(CalendarError::OutsideEra)
        }
    }

    fn span(self) -> Span {
        let (from, to) = self.jun.days();
        self.month.span(from, to)
    }
}

/// 春夏秋冬
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kisetsu {
    /// 春
    Haru,
    /// 夏
    Natsu,
    /// 秋
    Aki,
    /// 冬
    Fuyu,
}

impl Kisetsu {
    const ALL: [Kisetsu; 4] = [Self::Haru, Self::Natsu, Self::Aki, Self::Fuyu];
}

// ---------------------------------------------------------------------------------------------
// 記録された年月日

/// 年月日 as a register holds it: a known day or one of the patterns of 不詳日, each with just its
/// parts. Printed and parsed in the form that the module documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordedDate {
    /// …年…月…日
    Hi(YearMonthDay),
    /// 年月日不詳
    Fusho,
    /// …年月日不詳
    Nen(Year),
    /// …年…月日不詳
    NenGetsu(YearMonth),
    /// …年頃
    NenGoro(Year),
    /// …年…月頃
    NenGetsuGoro(YearMonth),
    /// …年…月…日頃
    NenGetsuHiGoro(YearMonthDay),
    /// 推定…年
    SuiteiNen(Year),
    /// 推定…年…月
    SuiteiGetsu(YearMonth),
    /// 推定…年…月…日
    SuiteiHi(YearMonthDay),
    /// …年春
    NenKisetsu(Year, Kisetsu),
    /// …年…月上旬
    NenGetsuJun(MonthJun),
    /// …年…月中旬頃
    NenGetsuJunGoro(MonthJun),
    /// …年…月…日から…日頃までの間
    HiKaraHiGoro(DaysOfMonth),
    /// …年…月…日頃から…日頃までの間
    HiGoroKaraHiGoro(DaysOfMonth),
    /// …年…月推定…日から…日までの間
    SuiteiHiKaraHi(DaysOfMonth),
    /// …年…月…日から…月…日頃までの間
    TsukihiKaraTsukihiGoro(DaysOfYear),
}

/// Every id that [`DateParts::pattern`] can have; wording data holds one phrase for each.
pub const PATTERNS: [&str; 24] = [
    "nen-getsu-hi",
    "fusho",
    "nen",
    "nen-getsu",
    "nen-goro",
    "nen-getsu-goro",
    "nen-getsu-hi-goro",
    "suitei-nen",
    "suitei-getsu",
    "suitei-hi",
    "haru",
    "natsu",
    "aki",
    "fuyu",
    "jojun",
    "chujun",
    "gejun",
    "jojun-goro",
    "chujun-goro",
    "gejun-goro",
    "hi-kara-hi-goro",
    "hi-goro-kara-hi-goro",
    "suitei-hi-kara-hi",
    "tsukihi-kara-tsukihi-goro",
];

impl RecordedDate {
    /// A day of the calendar, recorded by era. The day on which an era began bears its name.
    #[must_use]
    pub fn wareki(day: Day) -> Self {
        let (era, nen) = day.to_wareki();
        Self::of(Year::Wareki(WarekiYear { era, nen }), day)
    }

    /// A day of the calendar, recorded by the Gregorian year.
    #[must_use]
    pub fn seireki(day: Day) -> Self {
        Self::of(Year::Seireki(SeirekiYear(day.year())), day)
    }

    fn of(year: Year, day: Day) -> Self {
        let month = YearMonth { year, month: day.month() };
        Self::Hi(YearMonthDay { month, day: day.day() })
    }

    /// The day of the calendar that is meant, where exactly one is: neither 不詳 nor
    /// 平年２月２９日 nor a date of 明治5年 and before.
    #[must_use]
    pub fn calendar_day(&self) -> Option<Day> {
        match self {
            Self::Hi(day) => day.calendar_day(),
            _ => None,
        }
    }

    /// Whether this is one of the patterns of 不詳日.
    #[must_use]
    pub fn is_fusho(&self) -> bool {
        !matches!(self, Self::Hi(_))
    }

    /// The year, unless that too is unknown.
    #[must_use]
    pub fn year(&self) -> Option<Year> {
        match self.whole() {
            Whole::Nothing => None,
            Whole::Year(year) => Some(year),
            Whole::Month(month) => Some(month.year),
            Whole::Day(day) => Some(day.year()),
            Whole::Days(from, _) => Some(from.year()),
        }
    }

    /// True only if every day that `self` can mean lies before every day that `other` can mean.
    ///
    /// 頃 and 推定 leave their side open, so that they never make anything certain. A day that the
    /// calendar lacks may mean either neighbour.
    #[must_use]
    pub fn certainly_before(&self, other: &Self) -> bool {
        match (self.latest(), other.earliest()) {
            (Some(latest), Some(earliest)) => latest < earliest,
            _ => false,
        }
    }

    /// The first day that can be meant, if there is one.
    fn earliest(&self) -> Option<NaiveDate> {
        match self {
            Self::HiKaraHiGoro(days) => Some(days.from.span().0),
            Self::TsukihiKaraTsukihiGoro(days) => Some(days.from.span().0),
            _ => self.closed().map(|span| span.0),
        }
    }

    /// The last day that can be meant, if there is one.
    fn latest(&self) -> Option<NaiveDate> {
        self.closed().map(|span| span.1)
    }

    /// Both ends, for the patterns that say neither 頃 nor 推定.
    fn closed(&self) -> Option<Span> {
        match self {
            Self::Hi(day) => Some(day.span()),
            Self::Nen(year) | Self::NenKisetsu(year, _) => Some(year.span()),
            Self::NenGetsu(month) => Some(month.span(1, 31)),
            Self::NenGetsuJun(jun) => Some(jun.span()),
            _ => None,
        }
    }

    /// Order by which people are arranged: by the earliest day named, 年月日不詳 last.
    #[must_use]
    pub fn sort_day(&self) -> NaiveDate {
        match self.whole() {
            Whole::Nothing => NaiveDate::MAX,
            Whole::Year(year) => year.span().0,
            Whole::Month(month) => match self {
                Self::NenGetsuJun(jun) | Self::NenGetsuJunGoro(jun) => jun.span().0,
                _ => month.span(1, 31).0,
            },
            Whole::Day(day) | Whole::Days(day, _) => day.span().0,
        }
    }

    fn whole(&self) -> Whole {
        match *self {
            Self::Fusho => Whole::Nothing,
            Self::Nen(year) | Self::NenGoro(year) | Self::SuiteiNen(year) | Self::NenKisetsu(year, _) => {
                Whole::Year(year)
            }
            Self::NenGetsu(month) | Self::NenGetsuGoro(month) | Self::SuiteiGetsu(month) => Whole::Month(month),
            Self::NenGetsuJun(jun) | Self::NenGetsuJunGoro(jun) => Whole::Month(jun.month),
            Self::Hi(day) | Self::NenGetsuHiGoro(day) | Self::SuiteiHi(day) => Whole::Day(day),
            Self::HiKaraHiGoro(days) | Self::HiGoroKaraHiGoro(days) | Self::SuiteiHiKaraHi(days) => {
                Whole::Days(days.from, days.to)
            }
            Self::TsukihiKaraTsukihiGoro(days) => Whole::Days(days.from, days.to),
        }
    }

    /// Id of the phrase, one of [`PATTERNS`].
    #[must_use]
    pub fn pattern(&self) -> &'static str {
        match self {
            Self::Hi(_) => "nen-getsu-hi",
            Self::Fusho => "fusho",
            Self::Nen(_) => "nen",
            Self::NenGetsu(_) => "nen-getsu",
            Self::NenGoro(_) => "nen-goro",
            Self::NenGetsuGoro(_) => "nen-getsu-goro",
            Self::NenGetsuHiGoro(_) => "nen-getsu-hi-goro",
            Self::SuiteiNen(_) => "suitei-nen",
            Self::SuiteiGetsu(_) => "suitei-getsu",
            Self::SuiteiHi(_) => "suitei-hi",
            Self::NenKisetsu(_, Kisetsu::Haru) => "haru",
            Self::NenKisetsu(_, Kisetsu::Natsu) => "natsu",
            Self::NenKisetsu(_, Kisetsu::Aki) => "aki",
            Self::NenKisetsu(_, Kisetsu::Fuyu) => "fuyu",
            Self::NenGetsuJun(jun) => match jun.jun {
                Jun::Jojun => "jojun",
                Jun::Chujun => "chujun",
                Jun::Gejun => "gejun",
            },
            Self::NenGetsuJunGoro(jun) => match jun.jun {
                Jun::Jojun => "jojun-goro",
                Jun::Chujun => "chujun-goro",
                Jun::Gejun => "gejun-goro",
            },
            Self::HiKaraHiGoro(_) => "hi-kara-hi-goro",
            Self::HiGoroKaraHiGoro(_) => "hi-goro-kara-hi-goro",
            Self::SuiteiHiKaraHi(_) => "suitei-hi-kara-hi",
            Self::TsukihiKaraTsukihiGoro(_) => "tsukihi-kara-tsukihi-goro",
        }
    }

    /// What wording data needs to write the date out.
    #[must_use]
    pub fn parts(&self) -> DateParts {
        let blank = DateParts {
            pattern: self.pattern(),
            year: self.year().map(YearPart::from),
            month: None,
            day: None,
            to_month: None,
            to_day: None,
        };
        match self.whole() {
            Whole::Nothing | Whole::Year(_) => blank,
            Whole::Month(month) => DateParts { month: Some(month.month), ..blank },
            Whole::Day(day) => DateParts { month: Some(day.month()), day: Some(day.day), ..blank },
            Whole::Days(from, to) => DateParts {
                month: Some(from.month()),
                day: Some(from.day),
                to_month: (from.month() != to.month()).then_some(to.month()),
                to_day: Some(to.day),
                ..blank
            },
        }
    }
}

/// How far down a recorded date is given.
enum Whole {
    Nothing,
    Year(Year),
    Month(YearMonth),
    Day(YearMonthDay),
    Days(YearMonthDay, YearMonthDay),
}

/// The parts of a date, for wording data to put into words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DateParts {
    /// Id of the phrase, one of [`PATTERNS`].
    pub pattern: &'static str,
    /// 年, unless unknown.
    pub year: Option<YearPart>,
    /// 月, 1 to 12.
    pub month: Option<u8>,
    /// 日, 1 to 31.
    pub day: Option<u8>,
    /// The month in which a span ends, if another than that in which it begins.
    pub to_month: Option<u8>,
    /// The day on which a span ends.
    pub to_day: Option<u8>,
}

/// The year of a date, for wording data to put into words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum YearPart {
    /// 和暦
    Wareki {
        /// [`Era::key`].
        era: &'static str,
        /// 1 to 99.
        nen: u8,
        /// 元年
        is_first: bool,
    },
    /// 西暦
    Seireki(i32),
}

impl From<Year> for YearPart {
    fn from(year: Year) -> Self {
        match year {
            Year::Wareki(year) => Self::Wareki { era: year.era.key(), nen: year.nen, is_first: year.is_first() },
            Year::Seireki(year) => Self::Seireki(year.get()),
        }
    }
}

impl fmt::Display for RecordedDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fusho => f.write_str("?"),
            Self::Nen(year) => write!(f, "{year}"),
            Self::NenGoro(year) => write!(f, "{year}~"),
            Self::SuiteiNen(year) => write!(f, "{year}*"),
            Self::NenKisetsu(year, kisetsu) => write!(f, "{year}/{}", *kisetsu as u8 + 1),
            Self::NenGetsu(month) => write!(f, "{month}"),
            Self::NenGetsuGoro(month) => write!(f, "{month}~"),
            Self::SuiteiGetsu(month) => write!(f, "{month}*"),
            Self::NenGetsuJun(jun) => write!(f, "{}/{}", jun.month, jun.jun as u8 + 1),
            Self::NenGetsuJunGoro(jun) => write!(f, "{}/{}~", jun.month, jun.jun as u8 + 1),
            Self::Hi(day) => write!(f, "{day}"),
            Self::NenGetsuHiGoro(day) => write!(f, "{day}~"),
            Self::SuiteiHi(day) => write!(f, "{day}*"),
            Self::HiKaraHiGoro(days) => write!(f, "{}..{:02}~", days.from, days.to.day),
            Self::HiGoroKaraHiGoro(days) => write!(f, "{}~..{:02}~", days.from, days.to.day),
            Self::SuiteiHiKaraHi(days) => write!(f, "{}*..{:02}", days.from, days.to.day),
            Self::TsukihiKaraTsukihiGoro(days) => {
                write!(f, "{}..{:02}-{:02}~", days.from, days.to.month(), days.to.day)
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------
// 読み取り

impl FromStr for RecordedDate {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        if text == "?" {
            return Ok(Self::Fusho);
        }
        let (year, rest) = take_year(text)?;
        let Some(rest) = rest.strip_prefix('-') else {
            return year_pattern(year, rest);
        };
        let (month, rest) = take_two(rest)?;
        let month = YearMonth::new(year, month)?;
        let Some(rest) = rest.strip_prefix('-') else {
            return month_pattern(month, rest);
        };
        let (day, rest) = take_two(rest)?;
        day_pattern(YearMonthDay::in_month(month, day)?, rest)
    }
}

fn year_pattern(year: Year, mark: &str) -> Result<RecordedDate, CalendarError> {
    match mark {
        "" => Ok(RecordedDate::Nen(year)),
        "~" => Ok(RecordedDate::NenGoro(year)),
        "*" => Ok(RecordedDate::SuiteiNen(year)),
        _ => Ok(RecordedDate::NenKisetsu(year, numbered(mark, &Kisetsu::ALL)?)),
    }
}

fn month_pattern(month: YearMonth, mark: &str) -> Result<RecordedDate, CalendarError> {
    let jun = |mark| MonthJun::new(month, numbered(mark, &Jun::ALL)?);
    match mark {
        "" => Ok(RecordedDate::NenGetsu(month)),
        "~" => Ok(RecordedDate::NenGetsuGoro(month)),
        "*" => Ok(RecordedDate::SuiteiGetsu(month)),
        _ => match mark.strip_suffix('~') {
            Some(mark) => Ok(RecordedDate::NenGetsuJunGoro(jun(mark)?)),
            None => Ok(RecordedDate::NenGetsuJun(jun(mark)?)),
        },
    }
}

fn day_pattern(day: YearMonthDay, mark: &str) -> Result<RecordedDate, CalendarError> {
    let (open, to) = match mark {
        "" => return Ok(RecordedDate::Hi(day)),
        "~" => return Ok(RecordedDate::NenGetsuHiGoro(day)),
        "*" => return Ok(RecordedDate::SuiteiHi(day)),
        _ => mark.split_once("..").ok_or(CalendarError::Form)?,
    };
    let (number, rest) = take_two(to)?;
    match (open, rest) {
        ("", "~") => Ok(RecordedDate::HiKaraHiGoro(DaysOfMonth::new(day, number)?)),
        ("~", "~") => Ok(RecordedDate::HiGoroKaraHiGoro(DaysOfMonth::new(day, number)?)),
        ("*", "") => Ok(RecordedDate::SuiteiHiKaraHi(DaysOfMonth::new(day, number)?)),
        ("", _) => match rest.strip_prefix('-').map(take_two) {
            Some(Ok((to_day, "~"))) => Ok(RecordedDate::TsukihiKaraTsukihiGoro(DaysOfYear::new(day, number, to_day)?)),
            _ => Err(CalendarError::Form),
        },
        _ => Err(CalendarError::Form),
    }
}

/// `/1` is the first of `all`, `/2` the second.
fn numbered<T: Copy>(mark: &str, all: &[T]) -> Result<T, CalendarError> {
    let number = mark.strip_prefix('/').ok_or(CalendarError::Form)?;
    all.iter()
        .zip(["1", "2", "3", "4"])
        .find(|(_, name)| *name == number)
        .map(|(one, _)| *one)
        .ok_or(CalendarError::Form)
}

fn take_year(text: &str) -> Result<(Year, &str), CalendarError> {
    let mut letters = text.chars();
    if let Some(era) = letters.next().and_then(Era::from_letter) {
        let (digits, rest) = take_digits(letters.as_str());
        if digits.len() > 2 || digits.starts_with('0') {
            return Err(CalendarError::Form);
        }
        let nen = digits.parse().map_err(|_| CalendarError::Form)?;
        Ok((Year::Wareki(WarekiYear::new(era, nen)?), rest))
    } else {
        let (year, rest) = take_four(text)?;
        Ok((Year::Seireki(SeirekiYear::new(year)?), rest))
    }
}

fn take_four(text: &str) -> Result<(i32, &str), CalendarError> {
    let (digits, rest) = take_digits(text);
    if digits.len() != 4 {
        return Err(CalendarError::Form);
    }
    let number = digits.parse().map_err(|_| CalendarError::Form)?;
    Ok((number, rest))
}

fn take_two(text: &str) -> Result<(u8, &str), CalendarError> {
    let (digits, rest) = text.split_at_checked(2).ok_or(CalendarError::Form)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CalendarError::Form);
    }
    let number = digits.parse().map_err(|_| CalendarError::Form)?;
    Ok((number, rest))
}

fn take_digits(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

// ---------------------------------------------------------------------------------------------
// 和暦だけ・西暦だけ

/// A recorded date with the kind of year that the law wants.
macro_rules! date_by {
    ($(#[$doc:meta])* $name:ident, from $from:path, not $other:path => $error:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(RecordedDate);

        impl $name {
            /// The date as recorded.
            #[must_use]
            pub fn recorded(&self) -> &RecordedDate {
                &self.0
            }
        }

        impl TryFrom<RecordedDate> for $name {
            type Error = CalendarError;

            fn try_from(date: RecordedDate) -> Result<Self, CalendarError> {
                match date.year() {
                    Some($other(_)) => Err($error),
                    _ => Ok(Self(date)),
                }
            }
        }

        impl From<Day> for $name {
            fn from(day: Day) -> Self {
                Self($from(day))
            }
        }

        impl FromStr for $name {
            type Err = CalendarError;

            fn from_str(text: &str) -> Result<Self, CalendarError> {
                Self::try_from(text.parse::<RecordedDate>()?)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

date_by! {
    /// 年月日 that the law wants by era: all but those for which it wants 西暦. 年月日不詳 is both.
    WarekiDate, from RecordedDate::wareki, not Year::Seireki => CalendarError::WantsWareki
}

date_by! {
    /// 年月日 that the law wants by the Gregorian year: 外国人住民の生年月日 and 在留期間の満了の日.
    SeirekiDate, from RecordedDate::seireki, not Year::Wareki => CalendarError::WantsSeireki
}

/// A recorded date may be somebody's birthday, which no log may hold.
macro_rules! secret_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("***")
            }
        }
    )*};
}

secret_debug!(
    RecordedDate,
    WarekiDate,
    SeirekiDate,
    YearMonth,
    YearMonthDay,
    DaysOfMonth,
    DaysOfYear,
    MonthJun,
    Jun,
    Kisetsu,
    DateParts,
    YearPart
);

// ---------------------------------------------------------------------------------------------
// 暦上日

/// 暦上日: a day of the Gregorian calendar from 1873-01-01, when Japan adopted it, to 2117-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// 明治6年1月1日
    pub const MIN: Day = Day(date(1873, 1, 1));
    /// 令和99年12月31日
    pub const MAX: Day = Day(date(2117, 12, 31));

    /// The day of a year, month (1 to 12) and day of month.
    ///
    /// # Errors
    /// [`CalendarError::NotACalendarDay`].
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Result<Self, CalendarError> {
        NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day))
            .ok_or(CalendarError::NotACalendarDay)
            .and_then(Self::try_from)
    }

    /// Gregorian year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        month_day(self.0).0
    }

    /// 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        month_day(self.0).1
    }

    /// Era and year of the era. The day on which an era began belongs to that era.
    #[must_use]
    pub fn to_wareki(self) -> (Era, u8) {
        let row = ERAS.iter().rev().find(|row| row.first <= self.0);
        let era = row.map_or(Era::Meiji, |row| row.era);
        let nen = self.year() - era.first().year() + 1;
        (era, u8::try_from(nen).unwrap_or(LAST_NEN)) // MAX is in 令和99年
    }

    /// The day `days` later.
    ///
    /// # Errors
    /// [`CalendarError::NotACalendarDay`] after [`Day::MAX`].
    pub fn plus_days(self, days: u32) -> Result<Self, CalendarError> {
        self.0
            .checked_add_days(Days::new(u64::from(days)))
            .ok_or(CalendarError::NotACalendarDay)
            .and_then(Self::try_from)
    }

    /// Days from `self` to `later`; negative if `later` is earlier.
    #[must_use]
    pub fn days_until(self, later: Day) -> i64 {
        later.0.signed_duration_since(self.0).num_days()
    }

    /// The same day in chrono's terms.
    #[must_use]
    pub fn to_naive(self) -> NaiveDate {
        self.0
    }
}

impl TryFrom<NaiveDate> for Day {
    type Error = CalendarError;

    fn try_from(day: NaiveDate) -> Result<Self, CalendarError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&day) { Ok(Self(day)) } else { Err(CalendarError::NotACalendarDay) }
    }
}

/// ISO 8601, `2026-01-15`.
impl FromStr for Day {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let (year, rest) = take_four(text)?;
        let (month, rest) = take_two(rest.strip_prefix('-').ok_or(CalendarError::Form)?)?;
        let (day, rest) = take_two(rest.strip_prefix('-').ok_or(CalendarError::Form)?)?;
        if rest.is_empty() { Self::from_ymd(year, month, day) } else { Err(CalendarError::Form) }
    }
}

/// ISO 8601, `2026-01-15`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

/// First and last of a run of Gregorian days.
#[derive(Clone, Copy)]
struct Span(NaiveDate, NaiveDate);

impl Span {
    fn within(self, outer: Self) -> Self {
        Self(self.0.max(outer.0), self.1.min(outer.1))
    }
}

fn year_span(year: i32) -> Span {
    // Years end with 2117, so every year has these days.
    Span(
        NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MIN),
        NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX),
    )
}

fn before(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap_or(NaiveDate::MIN)
}

fn month_day(day: NaiveDate) -> (u8, u8) {
    let byte = |number: u32| u8::try_from(number).unwrap_or(u8::MAX); // at most 31
    (byte(day.month()), byte(day.day()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use icu_calendar::{Date, cal::Japanese};
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> RecordedDate {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> CalendarError {
        match text.parse::<RecordedDate>() {
            Ok(_) => panic!("{text} was accepted"),
            Err(error) => error,
        }
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_of_eras_is_in_order() {
        for (at, era) in Era::ALL.into_iter().enumerate() {
            assert_eq!(ERAS[at].era, era);
            assert_eq!(Era::from_letter(era.letter()), Some(era));
            if let Some(next) = ERAS.get(at + 1) {
                let gap = next.first - era.last().unwrap();
                assert!((0..=1).contains(&gap.num_days()), "{era:?}");
            }
        }
        assert_eq!(Era::ALL.map(Era::last_nen), [45, 15, 64, 31, 99]);
    }

    #[test]
    fn eras_end_and_begin_on_their_days() {
        for text in "M1-01-01 M5-12-02 M6-01-01 M45-07-30 T1-07-30 T15-12-25 S1-12-25 \
             S64-01-07 H1-01-08 H31-04-30 R1-05-01 R99-12-31"
            .split_whitespace()
        {
            assert_eq!(read(text).to_string(), text);
        }
        for text in "M45-07-31 T1-07-29 T15-12-26 S1-12-24 S64-01-08 H1-01-07 H31-05-01 \
             R1-04-30 T1-06 S64-02 R1-04~ H31-05* S64-01/2 T1-07/1 S64-01-05..08~"
            .split_whitespace()
        {
            assert_eq!(refused(text), CalendarError::OutsideEra, "{text}");
        }
        for text in ["M46", "T16-01-01", "S65", "H32-01", "R100", "R0", "M0"] {
            let error = refused(text);
            assert!(matches!(error, CalendarError::Year | CalendarError::Form), "{text}");
        }
    }

    #[test]
    fn days_skipped_by_the_change_of_calendar_never_were() {
        for day in 3..=31 {
            assert_eq!(refused(&format!("M5-12-{day:02}")), CalendarError::Skipped);
        }
        assert_eq!(refused("M5-12-32"), CalendarError::DayOfMonth);
        assert_eq!(refused("M4-12-31"), CalendarError::DayOfMonth);
    }

    #[test]
    fn a_day_with_two_names_keeps_the_name_it_was_given() {
        for (old, new) in [("M45-07-30", "T1-07-30"), ("T15-12-25", "S1-12-25")] {
            let (old, new) = (read(old), read(new));
            assert!(old != new && old.calendar_day() == new.calendar_day());
            assert!(!old.certainly_before(&new) && !new.certainly_before(&old));
            assert!(RecordedDate::wareki(old.calendar_day().unwrap()) == new);
        }
    }

    #[test]
    fn the_29th_of_february_is_kept_in_every_year() {
        let lacking = read("S56-02-29");
        assert_eq!(lacking.to_string(), "S56-02-29");
        assert!(lacking.calendar_day().is_none());
        assert!(read("S55-02-29").calendar_day() == Some(day("1980-02-29")));
        assert!(read("S56-02-27").certainly_before(&lacking));
        assert!(!read("S56-02-28").certainly_before(&lacking));
        assert!(!lacking.certainly_before(&read("S56-03-01")));
        assert!(lacking.certainly_before(&read("S56-03-02")));
        assert!(read("S56-02").certainly_before(&read("S56-03-01")));
    }

    #[test]
    fn days_that_no_year_has_are_refused() {
        for (text, error) in [
            ("R7-13-01", CalendarError::Month),
            ("R7-00", CalendarError::Month),
            ("R7-01-32", CalendarError::DayOfMonth),
            ("R7-01-00", CalendarError::DayOfMonth),
            ("R7-02-30", CalendarError::DayOfMonth),
            ("1990-04-31", CalendarError::DayOfMonth),
            ("1799", CalendarError::Year),
            ("2118-01-01", CalendarError::Year),
            ("R7-03-12..05~", CalendarError::Span),
            ("R7-03-05..05~", CalendarError::Span),
            ("R7-03-05..03-12~", CalendarError::Span),
            ("R7-03-05..02-12~", CalendarError::Span),
            ("R7-03-05..32~", CalendarError::DayOfMonth),
        ] {
            assert_eq!(refused(text), error, "{text}");
        }
    }

    #[test]
    fn only_the_documented_forms_are_read() {
        for text in [
            "",
            "-",
            "R",
            "R07",
            "r7",
            "R7-3",
            "R7-03-5",
            "R7-03-05 ",
            " R7",
            "R7-03-05-",
            "R7-",
            "R7?",
            "R7/0",
            "R7/5",
            "R7-03/4",
            "R7/1~",
            "R7-03-05/1",
            "R7-03-05~~",
            "R7-03-05..12",
            "R7-03-05~..12",
            "R7-03-05*..12~",
            "R7-03-05~..04-02~",
            "R7-03-05..04-02",
            "90-12-31",
            "19901231",
            "R７",
            "令和7年",
            "??",
            "1990-1２-31",
            "R7-0あ",
            "/1",
        ] {
            assert_eq!(refused(text), CalendarError::Form, "{text}");
        }
    }

    /// Each pattern of the standard's list, in its order, then the two neighbours.
    const FUSHO: [(&str, &str); 16] = [
        ("R7~", "nen-goro"),
        ("R7-03~", "nen-getsu-goro"),
        ("R7-03-05~", "nen-getsu-hi-goro"),
        ("R7-03-05*", "suitei-hi"),
        ("R7-03*", "suitei-getsu"),
        ("R7/1", "haru"),
        ("R7-03/1", "jojun"),
        ("R7-03/2~", "chujun-goro"),
        ("?", "fusho"),
        ("R7", "nen"),
        ("R7-03", "nen-getsu"),
        ("R7-03-05..04-02~", "tsukihi-kara-tsukihi-goro"),
        ("R7-03-05*..12", "suitei-hi-kara-hi"),
        ("R7-03-05~..12~", "hi-goro-kara-hi-goro"),
        ("R7*", "suitei-nen"),
        ("R7-03-05..12~", "hi-kara-hi-goro"),
    ];

    #[test]
    fn every_pattern_of_the_standard_is_kept() {
        for (text, pattern) in FUSHO {
            let date = read(text);
            assert_eq!((date.to_string().as_str(), date.pattern()), (text, pattern));
            assert!(date.is_fusho() && date.calendar_day().is_none());
        }
    }

    #[test]
    fn wording_data_can_list_every_pattern() {
        let more = ["R7-03-05", "R7/2", "R7/3", "R7/4", "R7-03/2", "R7-03/3", "R7-03/1~", "R7-03/3~"];
        let met: BTreeSet<_> =
            (FUSHO.iter().map(|(text, _)| *text)).chain(more).map(|text| read(text).pattern()).collect();
        assert_eq!(met, BTreeSet::from(PATTERNS));
    }

    #[test]
    fn parts_hold_what_the_phrase_needs_and_no_more() {
        let numbers = |text: &str| {
            let parts = read(text).parts();
            (parts.month, parts.day, parts.to_month, parts.to_day)
        };
        assert_eq!(numbers("?"), (None, None, None, None));
        assert_eq!(numbers("R7/1"), (None, None, None, None));
        assert_eq!(numbers("R7-03/2~"), (Some(3), None, None, None));
        assert_eq!(numbers("R7-03-05"), (Some(3), Some(5), None, None));
        assert_eq!(numbers("R7-03-05~..12~"), (Some(3), Some(5), None, Some(12)));
        assert_eq!(numbers("R7-03-05..04-02~"), (Some(3), Some(5), Some(4), Some(2)));
        let year = |text: &str| read(text).parts().year;
        assert!(year("?").is_none());
        assert!(year("1990-12-31") == Some(YearPart::Seireki(1990)));
        for (text, nen, is_first) in [("R1-05-01", 1, true), ("R7", 7, false)] {
            let era = "reiwa";
            assert!(year(text) == Some(YearPart::Wareki { era, nen, is_first }));
        }
    }

    #[test]
    fn death_before_birth_is_certain_only_without_doubt() {
        let cases = [
            ("S55-12-25", "S55-12-26", true),
            ("S55-12-26", "S55-12-26", false),
            ("S63", "H1", true),
            ("S64", "H1", true), // until 1月7日, from 1月8日
            ("H1", "S64", false),
            ("S64-01", "H1-01-08", true),
            ("S55", "S55-12-26", false),
            ("S55-11", "S55-12-26", true),
            ("S55-12/1", "S55-12/2", true),
            ("S55-12/1~", "S55-12/2", false),
            ("S20~", "R7-01-01", false),
            ("S20-01-01", "R7~", false),
            ("?", "R7-01-01", false),
            ("S20-01-01", "?", false),
            ("S20-01-01", "R7-03-05..12~", true),
            ("R7-03-05..12~", "R7-12-31", false),
            ("M5-12-02", "M6-01-01", true),
            ("M3-02-01", "M3-11-01", false), // one lunisolar year, begun on 1870-02-01
            ("1870-01-31", "M3-01-01", true),
            ("1870-02-01", "M3-12-30", false),
            ("M2-12-30", "1870-02-01", true),
            ("1990-12-31", "H3-01-01", true),
        ];
        for (earlier, later, certain) in cases {
            assert_eq!(read(earlier).certainly_before(&read(later)), certain, "{earlier} {later}");
        }
    }

    #[test]
    fn each_law_gets_its_kind_of_year() {
        assert!("S55-12-26".parse::<WarekiDate>().is_ok());
        assert!("1990-12-31".parse::<SeirekiDate>().is_ok());
        assert!("1990-12-31".parse::<WarekiDate>() == Err(CalendarError::WantsWareki));
        assert!("R7~".parse::<SeirekiDate>() == Err(CalendarError::WantsSeireki));
        assert!("?".parse::<WarekiDate>().is_ok() && "?".parse::<SeirekiDate>().is_ok());
    }

    #[test]
    fn logs_never_hold_a_birthday() {
        assert_eq!(format!("{:?}", read("S55-12-26")), "***");
        assert_eq!(format!("{:?}", "1990-12-31".parse::<SeirekiDate>()), "Ok(***)");
        assert_eq!(format!("{:?}", read("S55-12-26").parts()), "***");
    }

    #[test]
    fn eras_and_years_agree_with_unicode_on_every_day() {
        let mut at = Day::MIN;
        while at < day("2101-01-01") {
            let theirs =
                Date::try_new_iso(at.year(), at.month(), at.day()).unwrap().to_calendar(Japanese::new()).era_year();
            let (era, nen) = at.to_wareki();
            assert_eq!((era.key(), i32::from(nen)), (theirs.era.as_str(), theirs.year), "{at}");
            let recorded = RecordedDate::wareki(at);
            assert!(read(&recorded.to_string()) == recorded, "{at}");
            assert!(recorded.calendar_day() == Some(at), "{at}");
            at = at.plus_days(1).unwrap();
        }
    }

    #[test]
    fn days_of_the_calendar_are_bounded_and_real() {
        for text in ["1872-12-31", "2118-01-01", "2025-02-29", "2025-13-01", "2025-00-10"] {
            assert_eq!(text.parse::<Day>(), Err(CalendarError::NotACalendarDay), "{text}");
        }
        for text in ["", "2025-1-1", "20250101", "2025-01-01T00", "R7-01-01", "２025-01-01"] {
            assert_eq!(text.parse::<Day>(), Err(CalendarError::Form), "{text}");
        }
        assert_eq!(Day::MAX.plus_days(1), Err(CalendarError::NotACalendarDay));
        assert_eq!(Day::MAX.plus_days(u32::MAX), Err(CalendarError::NotACalendarDay));
        assert_eq!(Day::MAX.to_wareki(), (Era::Reiwa, 99));
        assert_eq!(day("2024-02-28").plus_days(2), Ok(day("2024-03-01")));
        assert_eq!(day("2026-01-15").days_until(day("2026-02-14")), 30);
    }

    fn year() -> impl Strategy<Value = Year> {
        let wareki = (prop::sample::select(&Era::ALL[..]), 1_u8..=99)
            .prop_filter_map("no such year", |(era, nen)| WarekiYear::new(era, nen).ok())
            .prop_map(Year::Wareki);
        let seireki = (1800..=2117).prop_map(|year| Year::Seireki(SeirekiYear(year)));
        prop_oneof![3 => wareki, 1 => seireki]
    }

    /// Every pattern with numbers that may or may not exist, written by the grammar.
    fn written() -> impl Strategy<Value = String> {
        let mark = "|~|\\*|/[1-3]~?|/4|-(0[1-9]|[12][0-9]|3[01])(|~|\\*|(\\*|~)?\\.\\.[0-3][0-9]~?|\\.\\.(0[1-9]|1[0-2])-[0-2][0-9]~)";
        (year(), 0_u8..=12, mark).prop_map(|(year, month, mark)| match month {
            0 => format!("{year}{mark}"),
            _ => format!("{year}-{month:02}{mark}"),
        })
    }

    fn recorded() -> impl Strategy<Value = RecordedDate> {
        written().prop_filter_map("no such date", |text| text.parse().ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_read_prints_as_it_was_written(text in written()) {
            if let Ok(date) = text.parse::<RecordedDate>() {
                prop_assert_eq!(date.to_string(), text);
            }
        }

        #[test]
        fn no_text_breaks_the_readers(text in "\\PC{0,20}|[MTSHR0-9?~*/.\\-]{0,18}") {
            if let Ok(date) = text.parse::<RecordedDate>() {
                prop_assert_eq!(date.to_string(), text.as_str());
            }
            if let Ok(day) = text.parse::<Day>() {
                prop_assert_eq!(day.to_string(), text);
            }
        }

        #[test]
        fn certainty_is_a_strict_order(dates in prop::array::uniform3(recorded())) {
            let before = |a: usize, b: usize| dates[a].certainly_before(&dates[b]);
            prop_assert!(!before(0, 0));
            prop_assert!(!(before(0, 1) && before(1, 0)));
            prop_assert!(!(before(0, 1) && before(1, 2)) || before(0, 2));
            prop_assert!(!before(0, 1) || dates[0].sort_day() < dates[1].sort_day());
        }

        #[test]
        fn known_days_are_ordered_as_the_calendar_orders_them(a in 0_u32..80_000, b in 0_u32..80_000) {
            let (a, b) = (Day::MIN.plus_days(a).unwrap(), Day::MIN.plus_days(b).unwrap());
            let (by_era, by_year) = (RecordedDate::wareki(a), RecordedDate::seireki(b));
            prop_assert_eq!(by_era.certainly_before(&by_year), a < b);
        }
    }
}
