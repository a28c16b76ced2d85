//! What the register asks of a database: transactions that run statements. Both databases understand
//! the same statements (`sql/*.sql`); what differs is here, in [`Store`].

use std::future::Future;
use std::pin::Pin;

use super::RegisterError;

/// Work that a store does.
pub type Job<'a, T> = Pin<Box<dyn Future<Output = Result<T, RegisterError>> + Send + 'a>>;

/// A value of a column, with its type even where it is absent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// A whole number.
    Integer(Option<i64>),
    /// A text.
    Text(Option<String>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

/// Values may be personal data.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<[u8; 32]> for Value {
    fn from(value: [u8; 32]) -> Self {
        Self::Bytes(Some(value.to_vec()))
    }
}

/// A row that was read; its values are taken from the first to the last.
#[derive(Debug, Clone)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// A row of values.
    pub fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    /// All values that are left.
    pub fn into_values(self) -> Vec<Value> {
        self.0.collect()
    }

    /// The next value, a number.
    pub fn integer(&mut self) -> Result<i64, RegisterError> {
        self.maybe_integer()?.ok_or_else(|| RegisterError::damaged("a number is absent"))
    }

    /// The next value, a number or nothing.
    pub fn maybe_integer(&mut self) -> Result<Option<i64>, RegisterError> {
        match self.0.next() {
            Some(Value::Integer(value)) => Ok(value),
            Some(Value::Text(None) | Value::Bytes(None)) => Ok(None),
            _ => Err(RegisterError::damaged("a column is not a number")),
        }
    }

    /// The next value, a number that is not negative.
    pub fn count(&mut self) -> Result<u64, RegisterError> {
        u64::try_from(self.integer()?).map_err(|_| RegisterError::damaged("a count is negative"))
    }

    /// The next value, a small number that is not negative.
    pub fn small(&mut self) -> Result<u32, RegisterError> {
        u32::try_from(self.integer()?).map_err(|_| RegisterError::damaged("a small number is out of its range"))
    }

    /// The next value, a text.
    pub fn text(&mut self) -> Result<String, RegisterError> {
        self.maybe_text()?.ok_or_else(|| RegisterError::damaged("a text is absent"))
    }

    /// The next value, a text or nothing.
    pub fn maybe_text(&mut self) -> Result<Option<String>, RegisterError> {
        match self.0.next() {
            Some(Value::Text(value)) => Ok(value),
            Some(Value::Integer(None) | Value::Bytes(None)) => Ok(None),
            _ => Err(RegisterError::damaged("a column is not a text")),
        }
    }

    /// The next value, bytes.
    pub fn bytes(&mut self) -> Result<Vec<u8>, RegisterError> {
        self.maybe_bytes()?.ok_or_else(|| RegisterError::damaged("bytes are absent"))
    }

    /// The next value, bytes or nothing.
    pub fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>, RegisterError> {
        match self.0.next() {
            Some(Value::Bytes(value)) => Ok(value),
            Some(Value::Integer(None) | Value::Text(None)) => Ok(None),
            _ => Err(RegisterError::damaged("a column is not bytes")),
        }
    }

    /// The next value, a SHA-256.
    pub fn hash(&mut self) -> Result<[u8; 32], RegisterError> {
        self.bytes()?.try_into().map_err(|_| RegisterError::damaged("a hash has not 32 bytes"))
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reads, all of them from one moment.
    Read,
    /// Reads and writes; nobody else writes what it has locked.
    Write,
}

/// A transaction. One that is dropped without [`Transaction::commit`] has written nothing.
pub trait Transaction: Send {
    /// Runs a statement: now, or together with others before the next query or the commit, which then
    /// say what was wrong with it.
    fn execute<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, ()>;
    /// Runs a query.
    fn rows<'a>(&'a mut self, sql: &'static str, values: Vec<Value>) -> Job<'a, Vec<Row>>;
    /// Makes what was written last.
    fn commit(self: Box<Self>) -> Job<'static, ()>;
}

/// A database.
pub trait Store: Send + Sync {
    /// Begins a transaction.
    fn begin(&self, access: Access) -> Job<'_, Box<dyn Transaction>>;
    /// Creates the tables.
    fn install(&self) -> Job<'_, ()>;
    /// Whether the tables are there.
    fn is_installed(&self) -> Job<'_, bool>;
    /// The query of the deployment and of an office's head that keeps other writers of the office, and
    /// another deployment, out until the transaction ends.
    fn lock_head(&self) -> &'static str;
    /// The query of the store's own clock, in milliseconds; none where it has none but the node's.
    fn clock(&self) -> Option<&'static str>;
    /// Whether several nodes may work on it.
    fn can_be_shared(&self) -> bool;
    /// Becomes the only node, or is refused with [`RegisterError::SecondNode`].
    fn claim(&self) -> Job<'_, ()>;
    /// Refuses in a transaction if another node has become the only one since.
    fn still_claimed<'a>(&'a self, transaction: &'a mut dyn Transaction) -> Job<'a, ()>;
    /// Leaves nothing of what was taken out in the files, as far as the program can.
    fn scrub(&self) -> Job<'_, ()>;
    /// Closes every connection.
    fn close(&self) -> Job<'_, ()>;
}

/// The one row that a query must find.
pub(in crate::register) async fn one(
    transaction: &mut dyn Transaction,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Row, RegisterError> {
    maybe_one(transaction, sql, values).await?.ok_or_else(|| RegisterError::damaged("a row is missing"))
}

/// The one row that a query may find.
pub(in crate::register) async fn maybe_one(
    transaction: &mut dyn Transaction,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Option<Row>, RegisterError> {
    Ok(transaction.rows(sql, values).await?.into_iter().next())
}
