//! JSON as it came, before anything is believed of it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::refusal::Refusal;

/// Largest input, in bytes. A form with ten scanned pages stays below it; a bomb does not.
pub const MOST_BYTES: usize = 10 * 1024 * 1024;

/// A JSON value that keeps what a map usually loses: keys given twice, and their order.
#[derive(Clone, PartialEq)]
pub enum Json {
    /// `null`: never a value here; a field without one is left out.
    Null,
    /// `true` or `false`.
    Flag(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// A map with every key that was given, in order.
    Map(Vec<(String, Json)>),
}

/// Why bytes are not JSON that we read.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// More than [`MOST_BYTES`].
    #[error("reading JSON: {bytes} bytes, at most {MOST_BYTES}")]
    TooLarge {
        /// Size of the input.
        bytes: usize,
    },
    /// Lists and maps stand deeper in each other than any document needs (128).
    #[error("reading JSON: nested too deep at line {line}, column {column}")]
    TooDeep {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Not JSON.
    #[error("reading JSON: not JSON at line {line}, column {column}")]
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
}

impl JsonError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "json-too-large",
            Self::TooDeep { .. } => "json-too-deep",
            Self::Malformed { .. } => "json-malformed",
        }
    }

    /// Line and column, where known.
    pub fn place(&self) -> Option<(usize, usize)> {
        match *self {
            Self::TooLarge { .. } => None,
            Self::TooDeep { line, column } | Self::Malformed { line, column } => Some((line, column)),
        }
    }

    /// The refusal of a document that is not read, with line and column where known.
    pub fn refusal(&self) -> Refusal {
        let refusal = Refusal::new("", self.code());
        match self.place() {
            Some((line, column)) => refusal.with("line", line).with("column", column),
            None => refusal,
        }
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        // The reader has no other name for its own limit than this sentence.
        if error.to_string().starts_with("recursion limit exceeded") {
            Self::TooDeep { line, column }
        } else {
            Self::Malformed { line, column }
        }
    }
}

impl Json {
    /// Reads one JSON value and nothing after it.
    pub fn read(bytes: &[u8]) -> Result<Self, JsonError> {
        if bytes.len() > MOST_BYTES {
            return Err(JsonError::TooLarge { bytes: bytes.len() });
        }
        serde_json::from_slice(bytes).map_err(JsonError::from)
    }

    /// The word of `{"nothing": word}`, which says why there is no value; empty where that is not all
    /// that the map says.
    pub fn nothing(&self) -> Option<&str> {
        match self {
            Self::Map(entries) => match entries.as_slice() {
                [(key, Self::Text(word))] if key == "nothing" => Some(word),
                entries => entries.iter().any(|(key, _)| key == "nothing").then_some(""),
            },
            _ => None,
        }
    }

    /// What kind of value it is, for a refusal.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Flag(_) => "flag",
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.kind())
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Json::Map(map))
    }
}
