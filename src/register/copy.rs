//! A copy of a register in one file, the same for both databases: so backup, restoring and moving
//! between databases are one thing. Lines of JSON; the last one tells how many rows there are and the
//! SHA-256 of everything before it.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::clock::Clock;
use super::id::OfficeId;
use super::store::{Access, Store, Transaction, Value};
use super::table::{self, Holds, Statements, Table};
use super::vault::KeyRing;
use super::write::Event;
use super::{DEPLOY, Deployment, Mode, Register, RegisterError, SCHEMA, create};

const PAGE: i64 = 200;

/// A line of a copy.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Line {
    /// The first.
    Register { schema: i64, mode: String, program: String },
    /// A row: table, values; bytes in Base64.
    Row(String, Vec<serde_json::Value>),
    /// The last.
    End { rows: u64, sha256: String },
}

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Number of rows.
    pub rows: u64,
    /// SHA-256 over the file without its last line.
    pub sha256: String,
}

impl Register {
    /// Copies the register, as it is at one moment, to a new file (0600), and reads the file again.
    ///
    /// # Errors
    /// [`RegisterError::File`] where the file is there already or cannot be written; what was written of it
    /// stays.
    pub async fn copy(&self, path: &Path) -> Result<Copied, RegisterError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(path).map_err(RegisterError::file(path))?;
        let mut copy = Copying { path, file: BufWriter::new(file), digest: Sha256::new(), rows: 0 };
        let Deployment { mode, program } = &self.deployment;
        copy.line(&Line::Register { schema: SCHEMA, mode: mode.key().to_owned(), program: program.clone() })?;
        let mut transaction = self.begin(Access::Read).await?;
        for (table, statements) in table::statements() {
            copy.table(&mut *transaction, table, statements).await?;
        }
        let copied = copy.end()?;
        if verify_copy(path)? == copied { Ok(copied) } else { Err(broken(0, "the file is not what was written")) }
    }

    /// Restores a copy into a new register, which no program runs before it is noted in an office who
    /// restored it. On PostgreSQL the owner does it. It should be audited then.
    ///
    /// # Errors
    /// [`RegisterError::Copy`] where the copy is not whole, [`RegisterError::NotEmpty`].
    pub async fn restore<E: From<RegisterError>>(
        path: &Path,
        url: &str,
        keys: &Path,
        clock: Clock,
        (office, note): (&OfficeId, impl FnOnce(&Copied) -> Result<Event, E>),
    ) -> Result<Copied, E> {
        let copied = verify_copy(path)?;
        let note = note(&copied)?;
        // Before anything is there: who forgot the keys can do it again.
        let ring = KeyRing::open(keys)?;
        wrapping_keys(path)?.iter().try_for_each(|key| ring.get(key).map(drop))?;
        let program = Self::fill(path, url).await?;
        Self::adopt(url, keys, &program, clock, (office, note)).await?;
        Ok(copied)
    }

    /// Makes the tables and puts the rows of a copy there. Says which program is to run the register.
    async fn fill(path: &Path, url: &str) -> Result<String, RegisterError> {
        let mut lines = Lines::open(path)?;
        let Some(Line::Register { schema, mode, program }) = lines.next()? else {
            return Err(broken(1, "it does not begin as a copy"));
        };
        if schema != SCHEMA {
            return Err(RegisterError::OtherSchema { expected: SCHEMA, found: schema });
        }
        let store: Box<dyn Store> = create(url, Mode::parse(&mode)?).await?;
        let mut transaction = store.begin(Access::Write).await?;
        transaction.execute(DEPLOY, vec![mode.into(), schema.into(), UNTOLD.into()]).await?;
        while let Some(Line::Row(name, values)) = lines.next()? {
            let (table, statements) = table::statements()
                .find(|(table, _)| table.name == name)
                .ok_or_else(|| broken(lines.number, "an unknown table"))?;
            let row = read_row(table, values).ok_or_else(|| broken(lines.number, "a row does not fit its table"))?;
            transaction.execute(&statements.add, row).await?;
        }
        transaction.commit().await?;
        store.close().await?;
        Ok(program)
    }
}

/// What stands for the program of a register of which nobody has noted yet who restored it.
const UNTOLD: &str = "restored, and not told by whom";

/// Reads a copy and compares it with its last line.
///
/// # Errors
/// [`RegisterError::Copy`] where it was changed or cut off.
pub fn verify_copy(path: &Path) -> Result<Copied, RegisterError> {
    let (mut lines, mut rows) = (Lines::open(path)?, 0);
    loop {
        let before = HEXLOWER.encode(&lines.digest.clone().finalize());
        match lines.next()? {
            Some(Line::Register { .. }) => {}
            Some(Line::Row(..)) => rows += 1,
            Some(Line::End { rows: said, sha256 }) => {
                let whole = said == rows && sha256 == before && lines.next()?.is_none();
                return if whole { Ok(Copied { rows, sha256 }) } else { Err(broken(lines.number, "it was changed")) };
            }
            None => return Err(broken(lines.number, "it is cut off")),
        }
    }
}

/// The keys by which those of the copy's cases are wrapped.
fn wrapping_keys(path: &Path) -> Result<BTreeSet<String>, RegisterError> {
    let (mut lines, mut keys) = (Lines::open(path)?, BTreeSet::new());
    while let Some(line) = lines.next()? {
        let Line::Row(name, values) = line else { continue };
        let Some((table, _)) = table::statements().find(|(table, _)| table.name == name) else { continue };
        let column = table.columns.iter().position(|(column, _)| *column == "ring_key");
        let key = column.and_then(|column| values.get(column)).and_then(serde_json::Value::as_str);
        keys.extend(key.map(str::to_owned));
    }
    Ok(keys)
}

fn broken(line: u64, message: impl Into<String>) -> RegisterError {
    RegisterError::Copy { line, message: message.into() }
}

struct Copying<'p> {
    path: &'p Path,
    file: BufWriter<File>,
    digest: Sha256,
    rows: u64,
}

impl Copying<'_> {
    fn line(&mut self, line: &Line) -> Result<(), RegisterError> {
        let mut text = serde_json::to_vec(line).map_err(|error| broken(self.rows, error.to_string()))?;
        text.push(b'\n');
        self.digest.update(&text);
        self.file.write_all(&text).map_err(RegisterError::file(self.path))
    }

    async fn table(
        &mut self,
        transaction: &mut dyn Transaction,
        table: &Table,
        statements: &'static Statements,
    ) -> Result<(), RegisterError> {
        let mut rows = transaction.rows(&statements.first, vec![PAGE.into()]).await?;
        while let Some(last) = rows.last().cloned() {
            for row in rows {
                self.line(&Line::Row(table.name.to_owned(), row.into_values().iter().map(json).collect()))?;
                self.rows += 1;
            }
            let mut after = last.into_values();
            after.truncate(table.key);
            after.push(PAGE.into());
            rows = transaction.rows(&statements.after, after).await?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<Copied, RegisterError> {
        let copied = Copied { rows: self.rows, sha256: HEXLOWER.encode(&self.digest.clone().finalize()) };
        self.line(&Line::End { rows: copied.rows, sha256: copied.sha256.clone() })?;
        let file = self.file.into_inner().map_err(|error| RegisterError::file(self.path)(error.into_error()))?;
        file.sync_all().map_err(RegisterError::file(self.path))?;
        Ok(copied)
    }
}

struct Lines<'p> {
    path: &'p Path,
    file: BufReader<File>,
    digest: Sha256,
    number: u64,
}

impl<'p> Lines<'p> {
    fn open(path: &'p Path) -> Result<Self, RegisterError> {
        let file = File::open(path).map_err(RegisterError::file(path))?;
        Ok(Self { path, file: BufReader::new(file), digest: Sha256::new(), number: 0 })
    }

    fn next(&mut self) -> Result<Option<Line>, RegisterError> {
        let mut text = Vec::new();
        if self.file.read_until(b'\n', &mut text).map_err(RegisterError::file(self.path))? == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.digest.update(&text);
        serde_json::from_slice(&text).map(Some).map_err(|error| broken(self.number, error.to_string()))
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(value) => (*value).into(),
        Value::Text(value) => value.clone().into(),
        Value::Bytes(value) => value.as_ref().map(|bytes| BASE64.encode(bytes)).into(),
    }
}

fn read_row(table: &Table, values: Vec<serde_json::Value>) -> Option<Vec<Value>> {
    if values.len() != table.columns.len() {
        return None;
    }
    let columns = table.columns.iter().zip(values);
    columns
        .map(|((_, holds), value)| match (holds, value) {
            (Holds::Integer, serde_json::Value::Null) => Some(Value::Integer(None)),
            (Holds::Text, serde_json::Value::Null) => Some(Value::Text(None)),
            (Holds::Bytes, serde_json::Value::Null) => Some(Value::Bytes(None)),
            (Holds::Integer, value) => value.as_i64().map(Value::from),
            (Holds::Text, serde_json::Value::String(text)) => Some(Value::from(text)),
            (Holds::Bytes, serde_json::Value::String(text)) => BASE64.decode(text.as_bytes()).ok().map(Value::from),
            _ => None,
        })
        .collect()
}
