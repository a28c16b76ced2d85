//! Parsing is validating: what parses can be printed. Every fault is collected, so that a clerk sees
//! all of them at once.

use crate::domain::calendar::{CalendarError, Day, RecordedDate, SeirekiDate, WarekiDate};
use crate::domain::money::Yen;
use crate::domain::number::{
    AtenaBango, HojinBango, JuminhyoCode, KisoNenkinBango, KojinBango, NumberError, SetaiBango, YubinBango,
    ZairyuCardBango,
};
use crate::domain::person::{Kana, PersonError, Seibetsu, Zokugara};
use crate::domain::text::{self, Repertoire, Unprintable};

use super::cbor::Cbor;
use super::json::Json;
use super::refusal::Refusal;

/// Most members of any list, before anything of it is looked at.
pub const MOST_ITEMS: usize = 1_000;

/// A type that JSON is parsed into and that a digest is made of.
pub trait Parse: Sized {
    /// Reads the value at the reader's place. Faults go to the reader; nothing is returned then.
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self>;

    /// The value of a field that is not there, for fields that may be left out.
    fn absent() -> Option<Self> {
        None
    }

    /// The value for the digest; nothing for what is absent.
    fn encode(&self) -> Option<Cbor>;
}

/// Where parsing is, what it may print, and what it found.
pub struct Reader<'a> {
    repertoire: &'a dyn Repertoire,
    path: String,
    found: Found,
}

/// What parsing found besides the document.
#[derive(Default)]
pub struct Found {
    /// What is refused.
    pub refusals: Vec<Refusal>,
    /// Every date that was read.
    pub dates: Vec<DateAt>,
}

/// A date and where it stands.
pub struct DateAt {
    /// Path of its field.
    pub path: String,
    /// The date.
    pub date: RecordedDate,
}

impl<'a> Reader<'a> {
    /// A reader for one document.
    pub fn new(repertoire: &'a dyn Repertoire) -> Self {
        Self { repertoire, path: String::new(), found: Found::default() }
    }

    /// Everything found so far.
    pub fn into_found(self) -> Found {
        self.found
    }

    /// Notes a date at the present place.
    pub fn note(&mut self, date: RecordedDate) {
        self.found.dates.push(DateAt { path: self.path.clone(), date });
    }

    /// A refusal at the present place, to be added to and pushed.
    pub fn refusal(&self, code: &'static str) -> Refusal {
        Refusal::new(self.path.clone(), code)
    }

    /// Refuses the value at the present place.
    pub fn refuse<T>(&mut self, code: &'static str) -> Option<T> {
        self.push(self.refusal(code))
    }

    /// Adds a refusal.
    pub fn push<T>(&mut self, refusal: Refusal) -> Option<T> {
        self.found.refusals.push(refusal);
        None
    }

    /// Refuses a value of the wrong type, and a kind of nothing where there must be something.
    pub fn wrong_type<T>(&mut self, expected: &'static str, found: &Json) -> Option<T> {
        if found.nothing().is_some() {
            return self.refuse("cannot-be-nothing");
        }
        let refusal = self.refusal("wrong-type").with("expected", expected).with("found", found.kind());
        self.push(refusal)
    }

    /// Does something at a field below the present place.
    pub fn at<T>(&mut self, field: &str, act: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(field);
        let done = act(self);
        self.path.truncate(length);
        done
    }

    /// Does something at a member of the list at the present place.
    pub fn at_index<T>(&mut self, index: usize, act: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(&format!("[{index}]"));
        let done = act(self);
        self.path.truncate(length);
        done
    }

    /// The fields of a map: unknown keys and keys given twice are refused by name.
    pub fn record<'j>(&mut self, json: &'j Json, known: &[&'static str]) -> Option<&'j [(String, Json)]> {
        let Json::Map(entries) = json else { return self.wrong_type("map", json) };
        if json.nothing().is_some() {
            return self.refuse("cannot-be-nothing");
        }
        for (index, (key, _)) in entries.iter().enumerate() {
            let shown = shown_key(key);
            if !known.contains(&key.as_str()) {
                self.at(&shown, |reader| reader.refuse::<()>("unknown-field"));
            } else if entries[..index].iter().any(|(earlier, _)| earlier == key) {
                self.at(&shown, |reader| reader.refuse::<()>("duplicate-field"));
            }
        }
        Some(entries)
    }

    /// One field of a map.
    pub fn field<T: Parse>(&mut self, entries: &[(String, Json)], name: &'static str) -> Option<T> {
        self.at(name, |reader| match entries.iter().find(|(key, _)| key == name) {
            Some((_, Json::Null)) => reader.refuse("null"),
            Some((_, json)) => T::parse(json, reader),
            None => T::absent().or_else(|| reader.refuse("missing-field")),
        })
    }

    /// Checks a text character by character against the repertoire.
    pub fn printable(&mut self, text: &str) -> Option<()> {
        let faults = text::check(text, self.repertoire);
        for fault in &faults {
            let mut refusal = self
                .refusal(fault.reason.code())
                .with("position", fault.position)
                .with("moji", shown(fault))
                .with("code_points", fault.moji.code_points());
            if let Unprintable::SequenceNotInFont { available } = &fault.reason {
                refusal = refusal.with("available", listed(fault.moji.base, available));
            }
            self.found.refusals.push(refusal);
        }
        faults.is_empty().then_some(())
    }
}

/// Longest part of an unknown key that is told, in characters.
const MOST_OF_A_KEY: usize = 60;
/// Digits in a row from which on they may be somebody's number: 個人番号 has 12, 住民票コード 11.
const DIGITS_OF_A_NUMBER: usize = 8;

/// An unknown key as it may be told: whoever slips a column has a number of a person there.
fn shown_key(key: &str) -> String {
    let shown: Vec<char> = key.chars().filter(|c| !c.is_control()).take(MOST_OF_A_KEY).collect();
    let joins = |c: char| matches!(c, '-' | ' ' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{3000}' | '\u{FF0D}');
    shown
        .chunk_by(|a, b| (a.is_numeric() || joins(*a)) == (b.is_numeric() || joins(*b)))
        .flat_map(|run| {
            let hidden = run.iter().filter(|c| c.is_numeric()).count() >= DIGITS_OF_A_NUMBER;
            run.iter().map(move |c| if hidden && c.is_numeric() { '*' } else { *c })
        })
        .collect()
}

/// A character as it may be shown in a sentence: what cannot be seen is shown by its code points.
fn shown(fault: &text::Fault) -> String {
    match fault.reason {
        Unprintable::NotInFont | Unprintable::SequenceNotInFont { .. } => fault.moji.to_string(),
        _ => fault.moji.code_points(),
    }
}

fn listed(base: char, selectors: &[char]) -> String {
    selectors
        .iter()
        .map(|selector| format!("{base}{selector} (U+{:04X} U+{:04X})", u32::from(base), u32::from(*selector)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Declares a record: the struct, its parser and its encoding, in one place.
#[macro_export]
macro_rules! record {
    ($(#[$doc:meta])* pub struct $name:ident { $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        impl $crate::document::parse::Parse for $name {
            fn parse(
                json: &$crate::document::json::Json,
                reader: &mut $crate::document::parse::Reader<'_>,
            ) -> Option<Self> {
                let entries = reader.record(json, &[$(stringify!($field)),*])?;
                $(let $field = reader.field::<$type>(entries, stringify!($field));)*
                Some(Self { $($field: $field?,)* })
            }

            fn encode(&self) -> Option<$crate::document::cbor::Cbor> {
                Some($crate::document::cbor::Cbor::Map(
                    [$((stringify!($field), $crate::document::parse::Parse::encode(&self.$field))),*]
                        .into_iter()
                        .filter_map(|(key, value)| value.map(|value| (key, value)))
                        .collect(),
                ))
            }
        }
    };
}

/// Declares a closed choice: the enum and the words by which JSON names its members.
#[macro_export]
macro_rules! choice {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$member_doc:meta])* $member:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$member_doc])* $member,)* }

        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [Self] = &[$(Self::$member),*];

            /// The word that names it in data, and the key of its wording.
            pub fn key(self) -> &'static str {
                match self { $(Self::$member => $word,)* }
            }
        }

        impl $crate::document::parse::Parse for $name {
            fn parse(
                json: &$crate::document::json::Json,
                reader: &mut $crate::document::parse::Reader<'_>,
            ) -> Option<Self> {
                let $crate::document::json::Json::Text(word) = json else {
                    return reader.wrong_type("text", json);
                };
                Self::ALL.iter().copied().find(|member| member.key() == word).or_else(|| {
                    let refusal = reader.refusal("not-a-choice").with("choices", [$($word),*].join(", "));
                    reader.push(refusal)
                })
            }

            fn encode(&self) -> Option<$crate::document::cbor::Cbor> {
                Some($crate::document::cbor::Cbor::Text(self.key().to_owned()))
            }
        }
    };
}

/// Declares a choice between records: in data, a map with the one key that names the member.
#[macro_export]
macro_rules! either {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$member_doc:meta])* $member:ident($type:ty) = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name { $($(#[$member_doc])* $member($type),)* }

        impl $crate::document::parse::Parse for $name {
            fn parse(
                json: &$crate::document::json::Json,
                reader: &mut $crate::document::parse::Reader<'_>,
            ) -> Option<Self> {
                let $crate::document::json::Json::Map(entries) = json else {
                    return reader.wrong_type("map", json);
                };
                if json.nothing().is_some() {
                    return reader.refuse("cannot-be-nothing");
                }
                match entries.as_slice() {
                    $([(key, value)] if key == $word => {
                        reader.at($word, |reader| <$type>::parse(value, reader)).map(Self::$member)
                    })*
                    _ => {
                        let refusal = reader.refusal("not-one-of").with("choices", [$($word),*].join(", "));
                        reader.push(refusal)
                    }
                }
            }

            fn encode(&self) -> Option<$crate::document::cbor::Cbor> {
                match self {
                    $(Self::$member(value) => Some($crate::document::cbor::Cbor::Map(
                        value.encode().into_iter().map(|value| ($word, value)).collect(),
                    )),)*
                }
            }
        }
    };
}

/// Declares a whole number of a range; outside it, it is refused by the code.
#[macro_export]
macro_rules! whole_number {
    ($($(#[$doc:meta])* $name:ident: $range:expr, $code:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// The number.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl $crate::document::parse::Parse for $name {
            fn parse(
                json: &$crate::document::json::Json,
                reader: &mut $crate::document::parse::Reader<'_>,
            ) -> Option<Self> {
                let number = <i64 as $crate::document::parse::Parse>::parse(json, reader)?;
                if ($range).contains(&number) { Some(Self(number)) } else { reader.refuse($code) }
            }

            fn encode(&self) -> Option<$crate::document::cbor::Cbor> {
                $crate::document::parse::Parse::encode(&self.0)
            }
        }
    )*};
}

impl<T: Parse> Parse for Box<T> {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        T::parse(json, reader).map(Self::new)
    }

    fn encode(&self) -> Option<Cbor> {
        T::encode(self)
    }
}

impl<T: Parse> Parse for Option<T> {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        T::parse(json, reader).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn encode(&self) -> Option<Cbor> {
        self.as_ref().and_then(T::encode)
    }
}

impl<T: Parse> Parse for Vec<T> {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let Json::List(items) = json else { return reader.wrong_type("list", json) };
        if items.len() > MOST_ITEMS {
            let refusal = reader.refusal("too-many-items").with("most", MOST_ITEMS).with("found", items.len());
            return reader.push(refusal);
        }
        let parsed: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| reader.at_index(index, |reader| T::parse(item, reader)))
            .collect();
        parsed.into_iter().collect()
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::List(self.iter().filter_map(T::encode).collect()))
    }
}

impl Parse for bool {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        match json {
            Json::Flag(flag) => Some(*flag),
            other => reader.wrong_type("flag", other),
        }
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Flag(*self))
    }
}

impl Parse for i64 {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        match json {
            Json::Number(number) => number.as_i64().or_else(|| reader.refuse("not-a-whole-number")),
            other => reader.wrong_type("number", other),
        }
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Integer(*self))
    }
}

/// A count: 0 to 9,999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u16);

impl Parse for Count {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let number = i64::parse(json, reader)?;
        match u16::try_from(number) {
            Ok(count) if count <= 9_999 => Some(Self(count)),
            _ => reader.refuse("count-out-of-range"),
        }
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Integer(i64::from(self.0)))
    }
}

impl Parse for Yen {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        i64::parse(json, reader).map(Yen::new)
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Integer(self.amount()))
    }
}

/// A text that a page will show: 1 to 2,000 characters, all of which can be printed as written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(String);

/// Longest text, in characters.
const MOST_CHARACTERS: usize = 2_000;

impl Text {
    /// The text, exactly as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Parse for Text {
    fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
        let Json::Text(text) = json else { return reader.wrong_type("text", json) };
        // A text of spaces prints nothing: it is no name, and no reason.
        if text.chars().all(char::is_whitespace) {
            return reader.refuse("empty-text");
        }
        let length = text::moji(text).take(MOST_CHARACTERS + 1).count();
        if length > MOST_CHARACTERS {
            let refusal = reader.refusal("text-too-long").with("most", MOST_CHARACTERS);
            return reader.push(refusal);
        }
        reader.printable(text)?;
        Some(Self(text.clone()))
    }

    fn encode(&self) -> Option<Cbor> {
        Some(Cbor::Text(self.0.clone()))
    }
}

/// Parses a text of a fixed form with the type's own parser, and names its error.
pub fn parse_with<T, E>(
    json: &Json,
    reader: &mut Reader<'_>,
    parse: impl FnOnce(&str) -> Result<T, E>,
    code: impl FnOnce(&E) -> &'static str,
) -> Option<T> {
    let Json::Text(text) = json else { return reader.wrong_type("text", json) };
    match parse(text) {
        Ok(value) => Some(value),
        Err(error) => reader.refuse(code(&error)),
    }
}

/// Types that are written as one text and parse by themselves.
macro_rules! parse_as_text {
    ($($type:ty, $parse:expr, $error:ty, $show:expr;)*) => {$(
        impl Parse for $type {
            fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
                parse_with(json, reader, $parse, <$error>::code)
            }

            fn encode(&self) -> Option<Cbor> {
                let show: fn(&Self) -> String = $show;
                Some(Cbor::Text(show(self)))
            }
        }
    )*};
}

/// Dates, which the reader notes.
macro_rules! parse_as_date {
    ($($type:ty, $recorded:expr;)*) => {$(
        impl Parse for $type {
            fn parse(json: &Json, reader: &mut Reader<'_>) -> Option<Self> {
                let date = parse_with(json, reader, str::parse::<Self>, CalendarError::code)?;
                let recorded: fn(Self) -> RecordedDate = $recorded;
                reader.note(recorded(date));
                Some(date)
            }

            fn encode(&self) -> Option<Cbor> {
                Some(Cbor::Text(self.to_string()))
            }
        }
    )*};
}

parse_as_date! {
    WarekiDate, |date| *date.recorded();
    SeirekiDate, |date| *date.recorded();
    RecordedDate, |date| date;
    Day, RecordedDate::wareki;
}

parse_as_text! {
    KojinBango, Self::parse, NumberError, |n| n.as_str().to_owned();
    JuminhyoCode, Self::parse, NumberError, |n| n.as_str().to_owned();
    HojinBango, Self::parse, NumberError, |n| n.as_str().to_owned();
    ZairyuCardBango, Self::parse, NumberError, |n| n.as_str().to_owned();
    YubinBango, Self::parse, NumberError, |n| n.as_str().to_owned();
    KisoNenkinBango, Self::parse, NumberError, |n| n.as_str().to_owned();
    AtenaBango, Self::parse_checked, NumberError, |n| n.as_str().to_owned();
    SetaiBango, Self::parse_checked, NumberError, |n| n.as_str().to_owned();
    Zokugara, Self::parse, PersonError, |z| z.as_str().to_owned();
    Kana, Self::parse, PersonError, |k| k.as_str().to_owned();
    Seibetsu, str::parse, PersonError, |s| s.key().to_owned();
}
