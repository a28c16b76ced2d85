//! The chain of an office's events. Each row is hashed together with the hash of the row before it, so
//! that none can be changed, taken out, put in or moved without every later hash telling. A row also
//! says which rows of other tables its write put or took out, by their hashes: so the chain tells of a
//! change in any table.

use super::RegisterError;
use super::merkle::{self, Hash};
use super::store::Value;
use super::table::{Of, TABLES, sha256};

/// Hash before the first event.
pub const BEGINNING: Hash = [0; 32];

/// How many columns of an event are hashed: all but `leaf` and `hash`, which the hashing makes.
pub const HASHED: usize = 9;

/// The two hashes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// In the Merkle tree.
    pub leaf: Hash,
    /// In the chain.
    pub hash: Hash,
}

/// Hashes of an event's row after the event with the hash `previous`: SHA-256 over `previous` and
/// every column.
pub fn link(previous: &Hash, row: &[Value]) -> Link {
    let said = [&previous[..], &Of::events.table().encode(&row[..HASHED])].concat();
    Link { leaf: merkle::leaf(&said), hash: sha256(&said) }
}

/// Which rows a write put and took out, as they stand with its last event: for each 65 bytes, the
/// table's number, the hash of the key, the hash of the row (zeros where it was taken out).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects(Vec<u8>);

const EFFECT: usize = 65;

/// One row that was put or taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Number of the table in [`TABLES`].
    pub table: usize,
    /// Hash of the row's key.
    pub key: Hash,
    /// Hash of the row; none where it was taken out.
    pub row: Option<Hash>,
}

impl Effects {
    /// A row was put.
    pub fn put(&mut self, of: Of, row: &[Value]) {
        self.add(of, row, of.table().row_hash(row));
    }

    /// A row was taken out.
    pub fn removed(&mut self, of: Of, key: &[Value]) {
        self.add(of, key, [0; 32]);
    }

    fn add(&mut self, of: Of, row: &[Value], hash: Hash) {
        // There are fewer than 256 tables.
        self.0.push(of as u8);
        self.0.extend(of.table().key_hash(row));
        self.0.extend(hash);
    }

    /// The bytes; none where no row was touched.
    pub fn into_value(self) -> Value {
        Value::Bytes(if self.0.is_empty() { None } else { Some(self.0) })
    }

    /// Reads the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Vec<Effect>, RegisterError> {
        let (effects, rest) = bytes.as_chunks::<EFFECT>();
        if !rest.is_empty() {
            return Err(RegisterError::damaged("effects of an event are cut off"));
        }
        effects.iter().map(Effect::parse).collect()
    }
}

impl Effect {
    fn parse(bytes: &[u8; EFFECT]) -> Result<Self, RegisterError> {
        let hash = |from: usize| {
            let mut hash = [0; 32];
            hash.copy_from_slice(&bytes[from..from + 32]);
            hash
        };
        let (table, row) = (usize::from(bytes[0]), hash(33));
        if table >= TABLES.len() {
            return Err(RegisterError::damaged("an event touched an unknown table"));
        }
        Ok(Self { table, key: hash(1), row: (row != [0; 32]).then_some(row) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Vec<Value> {
        vec![
            Value::from("kita"),
            Value::from(0),
            Value::from("c"),
            Value::from(1),
            Value::from(1_000),
            Value::from("entered"),
            Value::from(1),
            Value::from(vec![1, 2, 3]),
            Value::Bytes(None),
        ]
    }

    #[test]
    fn every_hashed_column_moves_the_link() {
        let whole = link(&BEGINNING, &event());
        assert_ne!(link(&[1; 32], &event()), whole, "the row before");
        for column in 0..HASHED {
            let mut changed = event();
            changed[column] = match &changed[column] {
                Value::Integer(Some(n)) => Value::from(n + 1),
                Value::Text(Some(text)) => Value::from(format!("{text}x")),
                Value::Bytes(Some(_)) => Value::from(vec![1, 2, 4]),
                _ => Value::from(vec![0]),
            };
            assert_ne!(link(&BEGINNING, &changed).hash, whole.hash, "column {column}");
            assert_ne!(link(&BEGINNING, &changed).leaf, whole.leaf, "column {column}");
        }
    }

    #[test]
    fn the_table_says_which_columns_are_hashed() {
        let names: Vec<&str> = Of::events.table().columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(names[HASHED..], ["leaf", "hash"]);
    }

    #[test]
    fn effects_are_read_as_they_were_written() {
        let mut effects = Effects::default();
        let row = vec![Value::from("kita"), Value::from("2026-01-15"), Value::from(1), Value::from(42)];
        effects.put(Of::serials, &row);
        effects.removed(Of::serials, &row[..3]);
        let Value::Bytes(Some(bytes)) = effects.into_value() else { panic!() };
        let read = Effects::parse(&bytes).unwrap();
        assert_eq!(TABLES[read[0].table].name, "serials");
        assert_eq!(read[0].row, Some(Of::serials.table().row_hash(&row)));
        assert_eq!((read[1].key, read[1].row), (read[0].key, None));
        assert!(Effects::parse(&bytes[1..]).is_err());
        assert!(Effects::parse(&[255; 65]).is_err());
    }
}
