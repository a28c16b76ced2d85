//! Checkpoints: the size and root of an office's register at a moment, as a C2SP signed note
//! (c2sp.org/signed-note, c2sp.org/tlog-checkpoint). Kept outside, printed or sent, a checkpoint shows
//! whether anything before it was changed or removed since, even by who holds the whole database.

use data_encoding::BASE64;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::id::OfficeId;
use super::merkle::Tree;
use super::rows::whole;
use super::table::Of;
use super::vault::Secret;
use super::write::{Ask, Event, Writing};
use super::{Register, RegisterError};

/// Ed25519 in signed notes.
const ED25519: u8 = 1;

/// Before each signature line.
const DASH: &str = "\u{2014} ";

fn fault(message: &'static str) -> RegisterError {
    RegisterError::Checkpoint { message }
}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose register: `<host>/<office>`.
    pub origin: String,
    /// Size and root.
    pub tree: Tree,
}

impl Checkpoint {
    /// The text that is signed.
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.tree.size, BASE64.encode(&self.tree.root))
    }

    fn parse(text: &str) -> Result<Self, RegisterError> {
        let mut lines = text.lines();
        let mut next = || lines.next().ok_or_else(|| fault("lines are missing"));
        let (origin, size, root) = (next()?, next()?, next()?);
        let parsed: u64 = size.parse().map_err(|_| fault("the size is not a number"))?;
        if parsed.to_string() != size {
            return Err(fault("the size has zeros or a sign before it"));
        }
        let root = BASE64.decode(root.as_bytes()).map_err(|_| fault("the root is not Base64"))?;
        let root = root.try_into().map_err(|_| fault("the root has not 32 bytes"))?;
        Ok(Self { origin: origin.to_owned(), tree: Tree { size: parsed, root } })
    }
}

/// The public key under which a name signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

/// The secret key under which a name signs.
pub struct Signer {
    name: String,
    key: SigningKey,
}

/// Under which name and key the checkpoints of a city's offices are signed.
#[derive(Debug, Clone)]
pub struct Log {
    host: String,
    key: Secret,
}

impl Log {
    /// A log at a host.
    pub fn new(host: &str, key: Secret) -> Self {
        Self { host: host.to_owned(), key }
    }

    /// By whom an office's checkpoints are signed: `<host>/<office>`.
    pub fn signer(&self, office: &OfficeId) -> Result<Signer, RegisterError> {
        Signer::new(&format!("{}/{office}", self.host), self.key.bytes())
    }
}

/// First four bytes of SHA-256 over name, newline, algorithm and public key.
fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest =
        Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key.as_bytes()).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

impl Signer {
    /// The signer of a name, which has neither spaces nor `+`.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, RegisterError> {
        if name.is_empty() || name.contains('+') || name.contains(char::is_whitespace) {
            return Err(fault("a key's name has spaces or +, or is empty"));
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    /// The public key, to be given to whoever keeps checkpoints.
    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs the state of a register whose origin is this signer's name.
    pub fn sign(&self, tree: Tree) -> String {
        self.sign_text(&Checkpoint { origin: self.name.clone(), tree }.text())
    }

    fn sign_text(&self, text: &str) -> String {
        let id = key_id(&self.name, &self.key.verifying_key());
        let signed = [&id[..], &self.key.sign(text.as_bytes()).to_bytes()].concat();
        format!("{text}\n{DASH}{} {}\n", self.name, BASE64.encode(&signed))
    }
}

impl Verifier {
    /// Reads `name+id+key`, as [`std::fmt::Display`] writes it.
    pub fn parse(text: &str) -> Result<Self, RegisterError> {
        let mut parts = text.splitn(3, '+');
        let mut next = || parts.next().ok_or_else(|| fault("the verifier has not three parts"));
        let (name, id, key) = (next()?, next()?, next()?);
        let key = BASE64.decode(key.as_bytes()).map_err(|_| fault("the verifier's key is not Base64"))?;
        let Some((&ED25519, key)) = key.split_first() else { return Err(fault("the verifier is not Ed25519")) };
        let key = key.try_into().map_err(|_| fault("the verifier's key has not 32 bytes"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| fault("the verifier's key is no key"))?;
        let verifier = Self { name: name.to_owned(), key };
        if verifier.to_string() == text && !id.is_empty() {
            Ok(verifier)
        } else {
            Err(fault("the verifier's id is another one"))
        }
    }

    /// What a signed note says, once its signature by this key was verified.
    ///
    /// # Errors
    /// [`RegisterError::Checkpoint`] where the note is malformed, is not signed by this key, or is
    /// about another register.
    pub fn open(&self, note: &str) -> Result<Checkpoint, RegisterError> {
        let checkpoint = Checkpoint::parse(self.open_text(note)?)?;
        if checkpoint.origin == self.name { Ok(checkpoint) } else { Err(fault("it is about another register")) }
    }

    fn open_text<'n>(&self, note: &'n str) -> Result<&'n str, RegisterError> {
        let (before, signatures) = note.rsplit_once("\n\n").ok_or_else(|| fault("it has no signature"))?;
        let text = &note[..before.len() + 1];
        if !signatures.ends_with('\n') {
            return Err(fault("the last line is not ended"));
        }
        let id = key_id(&self.name, &self.key);
        for line in signatures.lines() {
            let line = line.strip_prefix(DASH).ok_or_else(|| fault("a signature line begins otherwise"))?;
            let (name, encoded) = line.split_once(' ').ok_or_else(|| fault("a signature line has no name"))?;
            let signed = BASE64.decode(encoded.as_bytes()).map_err(|_| fault("a signature is not Base64"))?;
            if name != self.name || !signed.starts_with(&id) {
                continue; // another witness's
            }
            let signature =
                Signature::from_slice(&signed[id.len()..]).map_err(|_| fault("the signature has another length"))?;
            return match self.key.verify_strict(text.as_bytes(), &signature) {
                Ok(()) => Ok(text),
                Err(_) => Err(fault("the signature is not by this key over this text")),
            };
        }
        Err(fault("it is not signed by this key"))
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = u32::from_be_bytes(key_id(&self.name, &self.key));
        let key = [&[ED25519], &self.key.as_bytes()[..]].concat();
        write!(f, "{}+{id:08x}+{}", self.name, BASE64.encode(&key))
    }
}

impl Register {
    /// Signs where an office's chain stands, and keeps the note as an event of its own; with it stands
    /// whose wish it was.
    ///
    /// # Errors
    /// [`RegisterError::UnknownOffice`], and whatever refuses a write.
    pub async fn checkpoint(&self, office: &OfficeId, signer: &Signer, wish: Event) -> Result<String, RegisterError> {
        self.signed(office, signer, super::CHECKPOINTED, wish).await
    }

    /// 日締め: a checkpoint with which a day is closed. Its book bears it, and the next day's names it.
    ///
    /// # Errors
    /// As [`Self::checkpoint`].
    pub async fn close_day(&self, office: &OfficeId, signer: &Signer, wish: Event) -> Result<String, RegisterError> {
        self.signed(office, signer, super::DAY_CLOSED, wish).await
    }

    /// The checkpoint with which a day was closed last.
    pub async fn last_close(&self, office: &OfficeId) -> Result<Option<String>, RegisterError> {
        const LAST_CLOSE: &str = include_str!("../../sql/last_close.sql");
        let values = vec![office.as_str().into(), super::DAY_CLOSED.into()];
        self.find_one(LAST_CLOSE, values, |mut row| row.text()).await
    }

    async fn signed(
        &self,
        office: &OfficeId,
        signer: &Signer,
        occasion: &'static str,
        wish: Event,
    ) -> Result<String, RegisterError> {
        let ask = Ask::office(office);
        let mut writing = Writing::begin_unsigned(self, &ask).await?;
        let note = writing.sign(signer, occasion).await?;
        writing.add_of_the_office(wish).await?;
        writing.commit().await?;
        Ok(note)
    }

    /// From now on the first write of an office in each hour of the clock signs where its chain stood
    /// before it: what is without a checkpoint when an office writes is of that one hour. The hour is the
    /// store's and is asked for under the lock of the head, so that of several nodes one signs.
    #[must_use]
    pub fn signing(self, log: Log) -> Self {
        Self { log: Some(log), ..self }
    }
}

impl Writing<'_> {
    /// Signs where the chain stood when it was locked. The write's first event says so, by its type on which
    /// occasion.
    pub(in crate::register) async fn sign(
        &mut self,
        signer: &Signer,
        occasion: &'static str,
    ) -> Result<String, RegisterError> {
        let tree = self.tree();
        let note = signer.sign(tree);
        let body = Zeroizing::new(note.clone().into_bytes());
        self.add_of_the_office(Event { kind: occasion.to_owned(), v: 1, body }).await?;
        let row = vec![self.office(), whole(tree.size)?.into(), note.as_str().into()];
        self.put(Of::checkpoints, row).await?;
        Ok(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note, which c2sp.org/signed-note describes.
    const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn the_published_note_is_verified() {
        let verifier = Verifier::parse(VERIFIER).unwrap();
        assert!(verifier.open_text(NOTE).unwrap().ends_with("your problem is.\n"));
        assert!(verifier.open_text(&NOTE.replace("answer", "answer ")).is_err());
        assert!(Verifier::parse(&VERIFIER.replace("c74f20a3", "c74f20a4")).is_err());
    }

    #[test]
    fn a_checkpoint_is_opened_by_its_own_key_only() {
        let signer = Signer::new("shomei.example/kita", &[7; 32]).unwrap();
        let tree = Tree { size: 42, root: [3; 32] };
        let note = signer.sign(tree);
        let verifier = signer.verifier();
        assert_eq!(Verifier::parse(&verifier.to_string()).unwrap(), verifier);
        assert_eq!(verifier.open(&note).unwrap(), Checkpoint { origin: "shomei.example/kita".to_owned(), tree });
        assert!(verifier.open(&note.replace("\n42\n", "\n43\n")).is_err(), "another size");
        let same_name = Signer::new("shomei.example/kita", &[8; 32]).unwrap().verifier();
        assert!(same_name.open(&note).is_err(), "another key");
        let other = Signer::new("shomei.example/minato", &[7; 32]).unwrap();
        assert!(verifier.open(&other.sign(tree)).is_err(), "another office");
        assert!(Signer::new("two words", &[7; 32]).is_err());
    }

    #[test]
    fn the_size_is_written_in_one_way() {
        let signer = Signer::new("o", &[7; 32]).unwrap();
        for size in ["01", "+1", "x", ""] {
            let note = signer.sign_text(&format!("o\n{size}\n{}\n", BASE64.encode(&[0; 32])));
            assert!(signer.verifier().open(&note).is_err(), "{size}");
        }
    }
}
