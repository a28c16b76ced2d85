//! Wording: everything that stands on paper or on a screen and is not a value. It is data
//! (`templates/words/*.toml`), versioned with the templates; here it is only looked up and filled in.

use std::collections::BTreeMap;

use crate::domain::calendar::{DateParts, Day, RecordedDate, YearPart};
use crate::domain::money::Yen;

use super::entry::Entry;
use super::refusal::Refusal;

/// Wording of one kind: its own file over the common one.
#[derive(Debug, Clone, Default)]
pub struct Words(BTreeMap<String, String>);

/// Wording could not be read, or lacks a key.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// Not TOML.
    #[error("reading the wording {file}: {message}")]
    Malformed {
        /// Which file.
        file: String,
        /// What the reader said.
        message: String,
    },
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateStyle {
    /// Inside a grid: half-width digits in columns of two.
    Grid,
    /// In running text and as the day of issue: full-width digits.
    Running,
}

impl Words {
    /// Reads files from the most general to the most particular; later ones win.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, WordsError> {
        let mut words = BTreeMap::new();
        for (file, text) in files {
            let table: toml::Table = text.parse().map_err(|error: toml::de::Error| WordsError::Malformed {
                file: file.to_owned(),
                message: error.message().to_owned(),
            })?;
            flatten("", &table, &mut words);
        }
        Ok(Self(words))
    }

    /// The wording of a key. A key without wording prints its own name between lozenges, which no
    /// page passes: the inspection finds it, and a test looks every key up.
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("◇◇◇", String::as_str)
    }

    /// Whether there is wording for a key.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The wording of a key with `{name}` replaced.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        values.iter().fold(self.get(key).to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// A date of a register, with everything that is unknown about it.
    pub fn date(&self, date: &RecordedDate, style: DateStyle) -> String {
        let DateParts { pattern, year, month, day, to_month, to_day } = date.parts();
        let number = |part: Option<u8>| part.map(|n| digits(i64::from(n), style)).unwrap_or_default();
        let year = year.map(|year| self.year(year, style)).unwrap_or_default();
        self.fill(
            &format!("date.{pattern}"),
            &[
                ("nen", &year),
                ("getsu", &number(month)),
                ("hi", &number(day)),
                ("getsu2", &number(to_month.or(month))),
                ("hi2", &number(to_day)),
            ],
        )
    }

    /// A year by its era and number, without 年.
    pub fn year(&self, year: YearPart, style: DateStyle) -> String {
        match year {
            YearPart::Wareki { era, is_first: true, .. } => {
                format!("{}{}", self.get(&format!("era.{era}")), self.get("date.first-year"))
            }
            YearPart::Wareki { era, nen, .. } => {
                format!("{}{}", self.get(&format!("era.{era}")), digits(i64::from(nen), style))
            }
            YearPart::Seireki(year) => digits(i64::from(year), style),
        }
    }

    /// A day of the calendar in 和暦.
    pub fn day(&self, day: Day, style: DateStyle) -> String {
        self.date(&RecordedDate::wareki(day), style)
    }

    /// The printed form of an entry: its value by `show`, or its kind of nothing.
    pub fn entry<T, A>(&self, entry: &Entry<T, A>, show: impl FnOnce(&T) -> String) -> String {
        match entry.as_result() {
            Ok(value) => show(value),
            Err(kind) => self.get(&format!("nothing.{}", kind.key())).to_owned(),
        }
    }

    /// An amount of money without its unit, which stands in the heading: `1,234`, `−500`.
    pub fn yen(&self, amount: Yen) -> String {
        amount.grouped(self.get("amount.minus"))
    }

    /// The sentence that tells a person of a refusal: place, what is wrong, what to do.
    pub fn sentence(&self, refusal: &Refusal) -> String {
        let field = last_field(&refusal.path);
        let mut details: Vec<(&str, String)> =
            refusal.details.iter().map(|(name, value)| (*name, self.detail(name, value, field))).collect();
        details.push(("field", self.field(field)));
        let details: Vec<(&str, &str)> = details.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = self.fill(&format!("refusal.{}", refusal.code), &details);
        self.framed(&self.place(&refusal.path), &text)
    }

    /// The sentence about something that is no field of a document: a file, an argument.
    pub fn sentence_about(&self, place: &str, code: &str) -> String {
        self.framed(place, self.get(&format!("refusal.{code}")))
    }

    fn framed(&self, place: &str, text: &str) -> String {
        self.fill("refusal-frame", &[("place", place), ("text", text)])
    }

    /// A detail as a person reads it: keys of data by their names.
    fn detail(&self, name: &str, value: &str, field: &str) -> String {
        match name {
            "choices" => {
                let named: Vec<String> = value.split(", ").map(|word| self.choice(word, field)).collect();
                named.join(self.get("choice-joint"))
            }
            "expected" | "found" => self.0.get(&format!("json-type.{value}")).map_or(value, String::as_str).to_owned(),
            _ => value.to_owned(),
        }
    }

    /// A word of a choice by its printed name and as it stands in data. The name stands under the
    /// choice of that field, or under the one choice that has the word; a choice between records has
    /// fields for words.
    fn choice(&self, word: &str, field: &str) -> String {
        let own = [format!("choice.{word}"), format!("{}.{word}", field.replace('_', "-"))];
        let name = own.iter().find_map(|key| self.0.get(key)).or_else(|| {
            let mut named = self.0.iter().filter(|(key, _)| is_choice(key, word)).map(|(_, name)| name);
            let first = named.next().filter(|first| named.all(|name| name == *first));
            first.or_else(|| self.0.get(&format!("field.{word}")))
        });
        name.map_or_else(|| word.to_owned(), |name| self.fill("choice-frame", &[("name", name), ("word", word)]))
    }

    fn field(&self, field: &str) -> String {
        self.0.get(&format!("field.{field}")).cloned().unwrap_or_else(|| field.to_owned())
    }

    /// The Japanese name of a field's place: `setaiin[2].shimei` becomes 世帯員３人目の氏名.
    pub fn place(&self, path: &str) -> String {
        if path.is_empty() {
            return self.get("place.document").to_owned();
        }
        let named: Vec<String> = path
            .split('.')
            .map(|part| {
                let (field, rest) = part.split_once('[').unwrap_or((part, ""));
                let mut name = self.field(field);
                for index in rest.split('[').filter_map(|i| i.trim_end_matches(']').parse::<usize>().ok()) {
                    name.push_str(&self.fill("place.index", &[("n", &(index + 1).to_string())]));
                }
                name
            })
            .collect();
        named.join(self.get("place.joint"))
    }
}

/// The last field of a path, without its index.
fn last_field(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or_default();
    last.split('[').next().unwrap_or_default()
}

/// Whether a key names a word of some choice. Fields, titles and 認証文 have keys of the same words.
fn is_choice(key: &str, word: &str) -> bool {
    match key.split_once('.') {
        Some((group, last)) => last == word && !matches!(group, "field" | "refusal" | "title" | "ninsho"),
        None => false,
    }
}

fn flatten(prefix: &str, table: &toml::Table, words: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, words),
            toml::Value::String(text) => {
                words.insert(key, text.clone());
            }
            other => {
                words.insert(key, other.to_string());
            }
        }
    }
}

/// Digits of a style: half-width in columns of two, or full-width.
fn digits(number: i64, style: DateStyle) -> String {
    match style {
        DateStyle::Grid if (0..10).contains(&number) => format!("\u{2007}{number}"),
        DateStyle::Grid => number.to_string(),
        DateStyle::Running => full_width(&number.to_string()),
    }
}

/// ASCII digits as their full-width forms.
pub fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' => char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap_or(c),
            other => other,
        })
        .collect()
}
