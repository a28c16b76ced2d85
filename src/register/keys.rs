//! The keys of cases: what they are wrapped by, and wrapping them again after a new key was made.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::id::{CaseId, OfficeId};
use super::store::{Row, Value};
use super::table::Of;
use super::vault::{KeyRing, Place, Secret};
use super::write::{Ask, Event, Writing};
use super::{Register, RegisterError};

/// How many keys one write wraps again. No other write of the office waits longer than for these.
const AT_ONCE: i64 = 200;

/// The key of a case as it stands in the register.
struct Wrapped {
    case: CaseId,
    ring_key: String,
    wrapped: Vec<u8>,
}

impl Register {
    /// How many keys of an office's cases each key of the ring wraps, those that were destroyed left out.
    /// The office's own key, for what belongs to no case, is one of them.
    pub async fn keys_in_use(&self, office: &OfficeId) -> Result<BTreeMap<String, u64>, RegisterError> {
        const IN_USE: &str = include_str!("../../sql/keys_in_use.sql");
        let counted = self.find_all(IN_USE, vec![office.as_str().into()], |mut row| Ok((row.text()?, row.count()?)));
        Ok(counted.await?.into_iter().collect())
    }

    /// 鍵の包み直し: wraps every key of an office's cases that another key wraps by the newest one, as events
    /// that name two people, and says how many there were. What the cases' keys encipher stays as it is, and
    /// a key that was destroyed stays so. Each write is whole; who is interrupted goes on with the next
    /// call.
    ///
    /// Copies that were made before hold the keys as they were wrapped: whoever has one and the old key
    /// reads it, and to restore one the old key is needed.
    ///
    /// # Errors
    /// [`RegisterError::SamePerson`]; [`RegisterError::KeyMissing`] where an old key is not in the ring.
    pub async fn rewrap(&self, office: &OfficeId, people: [&str; 2]) -> Result<u64, RegisterError> {
        if people[0] == people[1] {
            return Err(RegisterError::SamePerson);
        }
        let newest = self.ring.newest(office)?;
        let (ask, mut after, mut count) = (Ask::office(office), String::new(), 0);
        loop {
            let mut writing = Writing::begin(self, &ask).await?;
            let keys = writing.wrapped_otherwise(&newest, &after).await?;
            let Some(last) = keys.last() else { break };
            (after, count) = (last.case.to_string(), count + keys.len() as u64);
            let body = serde_json::json!({ "key": newest, "count": keys.len(), "people": people }).to_string();
            let body = Zeroizing::new(body.into_bytes());
            writing.add(vec![Event { kind: super::REWRAPPED.to_owned(), v: 1, body }], 0).await?;
            writing.wrap_again(keys, &self.ring, &newest).await?;
            writing.commit().await?;
        }
        self.store.scrub().await?;
        Ok(count)
    }
}

impl Writing<'_> {
    /// The next keys after a case's that another key of the ring wraps.
    async fn wrapped_otherwise(&mut self, newest: &str, after: &str) -> Result<Vec<Wrapped>, RegisterError> {
        const OTHERWISE: &str = include_str!("../../sql/keys_wrapped_otherwise.sql");
        let values = vec![self.office(), after.into(), newest.into(), AT_ONCE.into()];
        let read = |mut row: Row| {
            let (case, ring_key, wrapped) = (CaseId::parse(&row.text()?)?, row.text()?, row.bytes()?);
            Ok(Wrapped { case, ring_key, wrapped })
        };
        self.transaction().rows(OTHERWISE, values).await?.into_iter().map(read).collect()
    }

    async fn wrap_again(&mut self, keys: Vec<Wrapped>, ring: &KeyRing, newest: &str) -> Result<(), RegisterError> {
        let new = ring.get(newest)?;
        let mut old: BTreeMap<String, Secret> = BTreeMap::new();
        for Wrapped { case, ring_key, wrapped } in keys {
            if !old.contains_key(&ring_key) {
                old.insert(ring_key.clone(), ring.get(&ring_key)?);
            }
            let place = Place::case_key(self.office_id(), case);
            let key = old[&ring_key].open(&place, &wrapped)?;
            let wrapped = new.seal(&place, &key)?;
            let row = vec![self.office(), case.to_string().into(), newest.into(), wrapped.into(), Value::Text(None)];
            self.put(Of::case_keys, row).await?;
        }
        Ok(())
    }
}
