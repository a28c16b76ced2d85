//! The vault: AES-256-GCM under one random key per case, wrapped by a key of the office that stands in
//! a file outside the database. To destroy a case's key is to destroy its content everywhere, while
//! every row and the chain over them stay as they were.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::RegisterError;
use super::id::{CaseId, OfficeId};
use super::write::Term;
use crate::document::cbor::Cbor;

const NONCE: usize = 12;

/// 32 secret bytes, erased when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Random bytes from the system.
pub(in crate::register) fn random<const N: usize>() -> Result<[u8; N], RegisterError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| RegisterError::Random { message: error.to_string() })?;
    Ok(bytes)
}

impl Secret {
    /// A new one.
    pub fn random() -> Result<Self, RegisterError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// From bytes that were deciphered.
    pub(in crate::register) fn from_slice(bytes: &[u8]) -> Result<Self, RegisterError> {
        let bytes = bytes.try_into().map_err(|_| RegisterError::damaged("a key has not 32 bytes"))?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(*self.0))
    }

    /// Enciphers under a new nonce, which stands before the cipher. What `place` says must be said
    /// again to decipher.
    pub fn seal(&self, place: &Place, plain: &[u8]) -> Result<Vec<u8>, RegisterError> {
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload { msg: plain, aad: &place.bytes() };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload).map_err(|_| place.undecipherable())?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Deciphers.
    ///
    /// # Errors
    /// [`RegisterError::Undecipherable`]: another key, changed bytes, or another place.
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, RegisterError> {
        let (nonce, cipher) = sealed.split_first_chunk::<NONCE>().ok_or_else(|| place.undecipherable())?;
        let payload = Payload { msg: cipher, aad: &place.bytes() };
        let plain = self.cipher().decrypt(&Nonce::from(*nonce), payload);
        plain.map(Zeroizing::new).map_err(|_| place.undecipherable())
    }

    /// HMAC-SHA-256 of a search term, by which a case is found without the term standing anywhere.
    pub fn search_hash(&self, Term { field, term }: &Term) -> Result<[u8; 32], RegisterError> {
        let said = Cbor::List(vec![Cbor::Text(field.clone()), Cbor::Text(term.to_string())]).encode();
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..])
            .map_err(|_| RegisterError::KeyMissing { key: "search".to_owned() })?;
        mac.update(&said);
        Ok(mac.finalize().into_bytes().into())
    }
}

/// Where enciphered bytes stand. It is bound to them, so that they cannot be moved elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    office: String,
    case: String,
    what: &'static str,
    detail: Vec<Cbor>,
}

impl Place {
    fn new(office: &OfficeId, case: CaseId, what: &'static str, detail: Vec<Cbor>) -> Self {
        Self { office: office.to_string(), case: case.to_string(), what, detail }
    }

    /// An event's body.
    pub fn event(office: &OfficeId, case: CaseId, position: i64, kind: &str, v: i64) -> Self {
        let detail = vec![Cbor::Integer(position), Cbor::Text(kind.to_owned()), Cbor::Integer(v)];
        Self::new(office, case, "event", detail)
    }

    /// A row found by one text: a released paper, an answer given before.
    pub fn row(office: &OfficeId, case: CaseId, what: &'static str, id: &str) -> Self {
        Self::new(office, case, what, vec![Cbor::Text(id.to_owned())])
    }

    /// A case's key, wrapped by the office's.
    pub fn case_key(office: &OfficeId, case: CaseId) -> Self {
        Self::new(office, case, "case-key", Vec::new())
    }

    fn bytes(&self) -> Vec<u8> {
        let text = |text: &str| Cbor::Text(text.to_owned());
        let mut said = vec![text(&self.office), text(&self.case), text(self.what)];
        said.extend(self.detail.iter().cloned());
        Cbor::List(said).encode()
    }

    fn undecipherable(&self) -> RegisterError {
        RegisterError::Undecipherable { what: format!("{} of case {} of {}", self.what, self.case, self.office) }
    }
}

/// The folder of key files: `office-<id>-<n>.key` wrap case keys, the greatest `n` the new ones;
/// `office-<id>-search.key` hashes search terms; `checkpoint.key` signs checkpoints. The folder is for
/// its owner alone (0700), so are the files (0600), and a folder that is not is refused.
#[derive(Debug, Clone)]
pub struct KeyRing {
    folder: PathBuf,
}

const SEARCH: &str = "search";
const CHECKPOINT: &str = "checkpoint";

impl KeyRing {
    /// The ring in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`RegisterError::KeyFile`] where others can open the folder.
    pub fn open(folder: &Path) -> Result<Self, RegisterError> {
        if !folder.exists() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(0o700).create(folder).map_err(RegisterError::file(folder))?;
        }
        only_for_owner(folder)?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    /// Makes the first keys of an office: the one that wraps those of its cases, whose name is returned,
    /// and the one that hashes search terms.
    pub fn create(&self, office: &OfficeId) -> Result<String, RegisterError> {
        let search = format!("office-{office}-{SEARCH}");
        if !self.path(&search).exists() {
            self.write(&search)?;
        }
        let name = self.next(office)?;
        self.add(&name)?;
        Ok(name)
    }

    /// The name that the next wrapping key of an office will have.
    pub fn next(&self, office: &OfficeId) -> Result<String, RegisterError> {
        let last = self.numbers(office)?.last().copied();
        Ok(format!("office-{office}-{}", last.unwrap_or(0) + 1))
    }

    /// Makes the wrapping key of a name that [`Self::next`] gave; case keys made from now on are wrapped
    /// by it.
    ///
    /// # Errors
    /// [`RegisterError::File`] where somebody else made it in between.
    pub fn add(&self, name: &str) -> Result<(), RegisterError> {
        self.write(name)
    }

    /// Name of the office's newest wrapping key.
    pub fn newest(&self, office: &OfficeId) -> Result<String, RegisterError> {
        let newest = self.wrapping(office)?.pop();
        newest.ok_or_else(|| RegisterError::KeyMissing { key: format!("office-{office}-1") })
    }

    /// Names of an office's wrapping keys, oldest first.
    pub fn wrapping(&self, office: &OfficeId) -> Result<Vec<String>, RegisterError> {
        Ok(self.numbers(office)?.iter().map(|n| format!("office-{office}-{n}")).collect())
    }

    /// Names of all keys, in order.
    fn list(&self) -> Result<Vec<String>, RegisterError> {
        let entries = fs::read_dir(&self.folder).map_err(RegisterError::file(&self.folder))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| name.strip_suffix(".key").map(str::to_owned))
            .collect();
        names.sort();
        Ok(names)
    }

    /// A key by its name.
    ///
    /// # Errors
    /// [`RegisterError::KeyMissing`]; [`RegisterError::KeyFile`] where others can open the file, or it is no key.
    pub fn get(&self, name: &str) -> Result<Secret, RegisterError> {
        let path = self.path(name);
        if !path.exists() {
            return Err(RegisterError::KeyMissing { key: name.to_owned() });
        }
        only_for_owner(&path)?;
        let text = Zeroizing::new(fs::read(&path).map_err(RegisterError::file(&path))?);
        let bytes = HEXLOWER.decode(text.trim_ascii()).ok().map(Zeroizing::new);
        let bytes: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.as_slice().try_into().ok());
        bytes.map(|bytes| Secret(Zeroizing::new(bytes))).ok_or_else(|| RegisterError::KeyFile {
            path: path.display().to_string(),
            message: "not 64 hexadecimal digits".to_owned(),
        })
    }

    /// The office's search key.
    pub fn search(&self, office: &OfficeId) -> Result<Secret, RegisterError> {
        self.get(&format!("office-{office}-{SEARCH}"))
    }

    /// The key that signs checkpoints; made if it is not there.
    pub fn checkpoint(&self) -> Result<Secret, RegisterError> {
        if !self.path(CHECKPOINT).exists() {
            self.write(CHECKPOINT)?;
        }
        self.get(CHECKPOINT)
    }

    /// Numbers of an office's wrapping keys, ascending.
    fn numbers(&self, office: &OfficeId) -> Result<Vec<u32>, RegisterError> {
        let prefix = format!("office-{office}-");
        let names = self.list()?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| name.strip_prefix(&prefix)?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    /// Writes a new key; an existing file is never written over. It is whole when it gets its name, so that
    /// a program that is killed leaves no key that is none.
    fn write(&self, name: &str) -> Result<(), RegisterError> {
        let chance = HEXLOWER.encode(&random::<8>()?);
        let (path, beside) = (self.path(name), self.folder.join(format!("{name}.{chance}.part")));
        let text = Zeroizing::new(format!("{}\n", HEXLOWER.encode(Secret::random()?.bytes())));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        let named = written.and_then(|()| fs::hard_link(&beside, &path));
        // Whatever came of it, the secret stands under no other name.
        let removed = fs::remove_file(&beside);
        named.map_err(RegisterError::file(&path))?;
        removed.map_err(RegisterError::file(&beside))?;
        let folder = fs::File::open(&self.folder).and_then(|folder| folder.sync_all());
        folder.map_err(RegisterError::file(&self.folder))
    }
}

/// Refuses a file or folder that others can open.
fn only_for_owner(path: &Path) -> Result<(), RegisterError> {
    let mode = fs::metadata(path).map_err(RegisterError::file(path))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message = format!("mode {:03o} lets others in", mode & 0o777);
    Err(RegisterError::KeyFile { path: path.display().to_string(), message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::Fresh as _;

    fn office(id: &str) -> OfficeId {
        OfficeId::parse(id).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_only_with_its_key_and_in_its_place() {
        let (key, case) = (Secret::random().unwrap(), CaseId::new());
        let place = Place::event(&office("kita"), case, 3, "entered", 1);
        let sealed = key.seal(&place, b"secret").unwrap();
        assert_eq!(&key.open(&place, &sealed).unwrap()[..], b"secret");
        assert!(Secret::random().unwrap().open(&place, &sealed).is_err(), "another key");
        for moved in [
            Place::event(&office("minato"), case, 3, "entered", 1),
            Place::event(&office("kita"), CaseId::new(), 3, "entered", 1),
            Place::event(&office("kita"), case, 4, "entered", 1),
            Place::event(&office("kita"), case, 3, "approved", 1),
            Place::event(&office("kita"), case, 3, "entered", 2),
            Place::row(&office("kita"), case, "paper", "3"),
        ] {
            assert!(key.open(&moved, &sealed).is_err(), "{moved:?}");
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open(&place, &changed).is_err(), "byte {at}");
        }
        assert_ne!(key.seal(&place, b"secret").unwrap(), sealed, "a new nonce each time");
    }

    #[test]
    fn key_files_are_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::open(&folder.path().join("keys")).unwrap();
        assert!(matches!(ring.newest(&office("kita")), Err(RegisterError::KeyMissing { .. })));
        assert_eq!(ring.create(&office("kita")).unwrap(), "office-kita-1");
        assert_eq!(ring.next(&office("kita")).unwrap(), "office-kita-2");
        ring.add("office-kita-2").unwrap();
        let first = ring.get("office-kita-2").unwrap();
        assert!(matches!(ring.add("office-kita-2"), Err(RegisterError::File { .. })), "none is written over");
        assert_eq!(ring.get("office-kita-2").unwrap().bytes(), first.bytes());
        // An office whose id begins with another's is not mistaken for it.
        assert_eq!(ring.create(&office("kita-2")).unwrap(), "office-kita-2-1");
        assert_eq!(ring.newest(&office("kita")).unwrap(), "office-kita-2");
        assert_eq!(ring.wrapping(&office("kita")).unwrap(), ["office-kita-1", "office-kita-2"]);
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), 5, "nothing is left beside them");
        assert_eq!(
            ring.list().unwrap(),
            ["office-kita-1", "office-kita-2", "office-kita-2-1", "office-kita-2-search", "office-kita-search"]
        );
        let path = folder.path().join("keys/office-kita-1.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(ring.get("office-kita-1"), Err(RegisterError::KeyFile { .. })));
        fs::set_permissions(folder.path().join("keys"), fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(KeyRing::open(&folder.path().join("keys")), Err(RegisterError::KeyFile { .. })));
    }

    #[test]
    fn a_search_hash_tells_fields_apart() {
        let term = |field: &str, term: &str| Term { field: field.to_owned(), term: Zeroizing::new(term.to_owned()) };
        let (key, other) = (Secret::random().unwrap(), Secret::random().unwrap());
        let hash = key.search_hash(&term("a", "bc")).unwrap();
        assert_eq!(hash, key.search_hash(&term("a", "bc")).unwrap());
        assert_ne!(hash, key.search_hash(&term("ab", "c")).unwrap());
        assert_ne!(hash, other.search_hash(&term("a", "bc")).unwrap());
    }
}
