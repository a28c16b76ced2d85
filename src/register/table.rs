//! The one list of the register's tables. Out of it come the statements that write rows, the encoding
//! over which rows are hashed, the walk of the audit and the copy.

use std::sync::LazyLock;

use super::merkle::Hash;
use super::store::Value;
use crate::document::cbor::Cbor;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A whole number.
    Integer,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
}

use Holds::{Bytes, Integer, Text};

/// How rows come into a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// Rows are added and never touched again.
    Append,
    /// A row is put in the place of the one with the same key.
    Put,
    /// Rows are added once, and taken out.
    Set,
}

/// A table. Its first columns are its key, and the first of them is the office.
#[derive(Debug)]
pub struct Table {
    /// Name.
    pub name: &'static str,
    /// Columns in order.
    pub columns: &'static [(&'static str, Holds)],
    /// How many of them are the key.
    pub key: usize,
    /// How it grows.
    pub growth: Growth,
}

macro_rules! tables {
    ($($name:ident $growth:ident [$($key:ident $key_holds:ident),*] [$($column:ident $holds:ident),*];)*) => {
        /// A table by its name; the numbers stand in chained rows and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(non_camel_case_types, reason = "named as in SQL")]
        pub enum Of { $(#[doc = stringify!($name)] $name),* }

        /// Every table but `deployment`, in an order in which none refers to a later one.
        pub static TABLES: &[Table] = &[$(Table {
            name: stringify!($name),
            columns: &[$((stringify!($key), $key_holds),)* $((stringify!($column), $holds)),*],
            key: [$(stringify!($key)),*].len(),
            growth: Growth::$growth,
        }),*];
    };
}

tables! {
    heads Put [office Text] [size Integer, hash Bytes, frontier Bytes, at Integer];
    events Append [office Text, position Integer]
        [case_id Text, version Integer, at Integer, kind Text, v Integer, body Bytes, effects Bytes, leaf Bytes, hash Bytes];
    cases Put [office Text, id Text]
        [number Text, procedure Text, flow_version Text, state Text, since Integer, opened_at Integer, next Text, class Text, ended Text];
    case_waiting Set [office Text, role Text, opened_at Integer, case_id Text] [];
    case_keys Put [office Text, case_id Text] [ring_key Text, wrapped Bytes, destroyed Text];
    issuances Put [office Text, id Text]
        [case_id Text, kind Text, day Text, terminal Integer, serial Integer, digest Bytes, template Bytes, issuer Text, begun_at Integer, state Text, ended_at Integer, sha256 Bytes, pages Integer, reason Text];
    papers Append [office Text, issuance_id Text] [case_id Text, sha256 Bytes, sealed Bytes];
    serials Put [office Text, day Text, terminal Integer] [last Integer];
    search_keys Set [office Text, field Text, term Bytes, case_id Text] [];
    flows Append [office Text, procedure Text, version Text] [text Text];
    incidents Put [office Text, id Text] [kind Text, case_id Text, opened_at Integer, closed_at Integer];
    answers Append [office Text, id Text] [case_id Text, request Bytes, sealed Bytes];
    checkpoints Append [office Text, size Integer] [note Text];
    records Put [office Text, kind Text, id Text] [case_id Text, version Integer];
    record_terms Set [office Text, kind Text, term Bytes, id Text] [];
}

/// Statements on one table.
pub struct Statements {
    /// Writes a row: every column.
    pub put: String,
    /// Adds a row: every column.
    pub add: String,
    /// Takes a row out: the key.
    pub remove: String,
    /// The first rows in the order of the key: how many.
    pub first: String,
    /// The rows after a key: the key, how many.
    pub after: String,
}

static STATEMENTS: LazyLock<Vec<Statements>> = LazyLock::new(|| TABLES.iter().map(Statements::of).collect());

impl Of {
    /// What is said of it.
    pub fn table(self) -> &'static Table {
        &TABLES[self as usize]
    }

    /// Its statements.
    pub fn statements(self) -> &'static Statements {
        &STATEMENTS[self as usize]
    }
}

/// Statements of a table of the list, by its place.
pub fn statements() -> impl Iterator<Item = (&'static Table, &'static Statements)> {
    TABLES.iter().zip(STATEMENTS.iter())
}

impl Statements {
    fn of(table: &Table) -> Self {
        let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
        let (key, rest) = names.split_at(table.key);
        let places = |from: usize, to: usize| (from..=to).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let Table { name, .. } = table;
        let (columns, keys) = (names.join(", "), key.join(", "));
        let add = format!("INSERT INTO {name} ({columns}) VALUES ({})", places(1, names.len()));
        let set: Vec<String> = rest.iter().map(|column| format!("{column} = excluded.{column}")).collect();
        let put = match table.growth {
            Growth::Append => add.clone(),
            Growth::Set => format!("{add} ON CONFLICT DO NOTHING"),
            Growth::Put => format!("{add} ON CONFLICT ({keys}) DO UPDATE SET {}", set.join(", ")),
        };
        let here: Vec<String> = key.iter().zip(1..).map(|(column, n)| format!("{column} = ${n}")).collect();
        let keyed = table.key;
        Self {
            put,
            add,
            remove: format!("DELETE FROM {name} WHERE {}", here.join(" AND ")),
            first: format!("SELECT {columns} FROM {name} ORDER BY {keys} LIMIT $1"),
            after: format!(
                "SELECT {columns} FROM {name} WHERE ({keys}) > ({}) ORDER BY {keys} LIMIT ${}",
                places(1, keyed),
                keyed + 1
            ),
        }
    }
}

impl Table {
    /// A row, or the first columns of one, as deterministic CBOR: column by column, what is absent not
    /// at all.
    pub fn encode(&self, row: &[Value]) -> Vec<u8> {
        let present = |(name, _): &(&'static str, Holds), value: &Value| {
            let said = match value.clone() {
                Value::Integer(value) => Cbor::Integer(value?),
                Value::Text(value) => Cbor::Text(value?),
                Value::Bytes(value) => Cbor::Bytes(value?),
            };
            Some((*name, said))
        };
        let columns = self.columns.iter().zip(row);
        Cbor::Map(columns.filter_map(|(column, value)| present(column, value)).collect()).encode()
    }

    /// The hash of a row's key.
    pub fn key_hash(&self, row: &[Value]) -> Hash {
        sha256(&self.encode(&row[..self.key]))
    }

    /// The hash of a row.
    pub fn row_hash(&self, row: &[Value]) -> Hash {
        sha256(&self.encode(row))
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> Hash {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_tells_columns_and_absence_apart() {
        let table = Of::incidents.table();
        let row = |closed: Option<i64>, case: Option<&str>| {
            vec![
                Value::from("kita"),
                Value::from("1"),
                Value::from("k"),
                Value::Text(case.map(str::to_owned)),
                Value::from(1),
                Value::Integer(closed),
            ]
        };
        let hashes = [row(None, None), row(Some(0), None), row(None, Some("")), row(Some(0), Some(""))]
            .map(|row| table.row_hash(&row));
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash), "{at}");
        }
    }
}
