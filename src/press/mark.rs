//! 真贋確認の印: the signed QR. It is a COSE_Sign1 (RFC 9052, ES256) over nothing but numbers and a
//! salted digest of what is printed, written as an upper-case URL, so that a stock phone opens the
//! verification page and the same text verifies offline. No personal data is in it.

use ciborium::Value;
use coset::{CborSerializable, CoseSign1, CoseSign1Builder, HeaderBuilder, iana};
use data_encoding::BASE32_NOPAD;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::document::picture::{self, CodeError};
use crate::domain::calendar::Day;
use crate::domain::number::DantaiCode;

/// Most characters of a verification host: with them the QR is still version 10-M.
pub const MOST_HOST: usize = 45;
/// Length of the signed bytes, the same for every kind.
pub const LENGTH: usize = 158;
/// Side of one module in millimetres: ten pixels of 600 dpi.
pub const MODULE_MM: f64 = 25.4 / 60.0;
/// Length of a salt in bytes.
pub const SALT: usize = 16;

/// What a mark states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// 全国地方公共団体コード of the issuing office.
    pub code: DantaiCode,
    /// Kind of document.
    pub kind: String,
    /// Number of the terminal.
    pub terminal: u16,
    /// 発行順番号.
    pub serial: u32,
    /// Day of issue.
    pub day: Day,
    /// Pages of the certificate.
    pub pages: u8,
    /// SHA-256 over the salt and the fields as printed ([`fields_digest`]).
    pub fields: [u8; 32],
    /// The salt.
    pub salt: [u8; SALT],
}

/// A mark could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The host is too long for the QR's version, or has characters that it lacks.
    #[error("making a mark: the host {host} does not go into the QR")]
    Host {
        /// The host.
        host: String,
    },
    /// Not a key.
    #[error("reading a mark key: {message}")]
    Key {
        /// Why.
        message: String,
    },
    /// The signed bytes could not be written.
    #[error("making a mark: {message}")]
    Encoding {
        /// Why.
        message: String,
    },
    /// The text is no mark, or its signature does not hold.
    #[error("reading a mark: it is not one of ours")]
    Forged,
    /// The QR.
    #[error(transparent)]
    Code(#[from] CodeError),
}

/// The key that signs marks: a key of its own, never the one that signs files.
pub struct MarkKey {
    signing: SigningKey,
    id: [u8; 4],
}

impl std::fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MarkKey({})", data_encoding::HEXLOWER.encode(&self.id))
    }
}

impl MarkKey {
    /// The key of 32 secret bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MarkError> {
        let key = |message: String| MarkError::Key { message };
        let signing = SigningKey::from_slice(bytes).map_err(|error| key(error.to_string()))?;
        let point = signing.verifying_key().to_sec1_point(false);
        let hash = Sha256::digest(point.as_bytes());
        let mut id = [0; 4];
        id.copy_from_slice(&hash[..4]);
        Ok(Self { signing, id })
    }

    /// The public half.
    pub fn verifying(&self) -> &VerifyingKey {
        self.signing.verifying_key()
    }

    /// A salt for one issuance, from the key and what is issued: whoever lacks the key cannot tell it,
    /// and the same issuance has the same salt on every node.
    pub fn salt(&self, issuance: &[u8]) -> [u8; SALT] {
        let mut hasher = Sha256::new();
        hasher.update(b"shomei mark salt");
        hasher.update(self.signing.to_bytes());
        hasher.update(issuance);
        let mut salt = [0; SALT];
        salt.copy_from_slice(&hasher.finalize()[..SALT]);
        salt
    }

    /// Signs facts; deterministic (RFC 6979).
    pub fn sign(&self, facts: &Facts) -> Result<Vec<u8>, MarkError> {
        let payload = Value::Map(vec![
            (Value::from(1), Value::Bytes(code_bytes(&facts.code))),
            (Value::from(2), Value::Bytes(kind_bytes(&facts.kind).to_vec())),
            (Value::from(3), Value::Bytes(number_bytes(facts.terminal, facts.serial))),
            (Value::from(4), Value::from(days(facts.day))),
            (Value::from(5), Value::Bytes(facts.fields.to_vec())),
            (Value::from(6), Value::Bytes(facts.salt.to_vec())),
            (Value::from(7), Value::Bytes(vec![facts.pages])),
        ]);
        let encoding = |message: String| MarkError::Encoding { message };
        let mut bytes = Vec::new();
        ciborium::into_writer(&payload, &mut bytes).map_err(|error| encoding(error.to_string()))?;
        let protected = HeaderBuilder::new().algorithm(iana::Algorithm::ES256).key_id(self.id.to_vec()).build();
        CoseSign1Builder::new()
            .protected(protected)
            .payload(bytes)
            .create_signature(b"", |message| {
                let signature: Signature = self.signing.sign(message);
                signature.to_bytes().to_vec()
            })
            .build()
            .to_vec()
            .map_err(|error| encoding(error.to_string()))
    }
}

fn code_bytes(code: &DantaiCode) -> Vec<u8> {
    // Six digits are below 2^20.
    let number: u32 = code.as_str().parse().unwrap_or_default();
    number.to_be_bytes()[1..].to_vec()
}

/// Two bytes by which a verifier finds the kind in its table.
fn kind_bytes(kind: &str) -> [u8; 2] {
    let hash = Sha256::digest(kind);
    [hash[0], hash[1]]
}

fn number_bytes(terminal: u16, serial: u32) -> Vec<u8> {
    [terminal.to_be_bytes().as_slice(), &serial.to_be_bytes()].concat()
}

fn days(day: Day) -> i64 {
    // 1970-01-01 plus 256 to 65,535 days are 1970-09-14 to 2149: three bytes for every day we issue on.
    day.to_naive().signed_duration_since(chrono::NaiveDate::default()).num_days()
}

/// SHA-256 over the salt and every printed field in order of its name: exact code points, no
/// normalisation.
pub fn fields_digest(salt: &[u8; SALT], fields: &[(String, String)]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    for (name, text) in fields {
        for part in [name, text] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().into()
}

/// The text of the QR: `HTTPS://HOST/V/` and the signed bytes in base32.
pub fn text(host: &str, signed: &[u8]) -> Result<String, MarkError> {
    let host = host.to_ascii_uppercase();
    let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || "-.:".contains(c);
    if host.is_empty() || host.len() > MOST_HOST || !host.chars().all(known) {
        return Err(MarkError::Host { host });
    }
    Ok(format!("HTTPS://{host}/V/{}", BASE32_NOPAD.encode(signed)))
}

/// The QR of a text: PNG of one pixel a module, and its side in millimetres.
pub fn picture(text: &str) -> Result<(Vec<u8>, f64), MarkError> {
    let (modules, side) = picture::qr_modules(text)?;
    Ok((picture::png(&modules), f64::from(side) * MODULE_MM))
}

/// Whether a scanned text is a mark that `key` signed; its payload, if so.
pub fn verify(text: &str, key: &VerifyingKey) -> Result<Vec<u8>, MarkError> {
    let (_, path) = text.rsplit_once("/V/").ok_or(MarkError::Forged)?;
    let signed = BASE32_NOPAD.decode(path.as_bytes()).map_err(|_| MarkError::Forged)?;
    let mark = CoseSign1::from_slice(&signed).map_err(|_| MarkError::Forged)?;
    mark.verify_signature(b"", |signature, message| {
        let signature = Signature::from_slice(signature).map_err(|_| MarkError::Forged)?;
        key.verify(message, &signature).map_err(|_| MarkError::Forged)
    })?;
    mark.payload.ok_or(MarkError::Forged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(kind: &str) -> Facts {
        Facts {
            code: DantaiCode::parse("271004").unwrap(),
            kind: kind.to_owned(),
            terminal: 1,
            serial: 123,
            day: Day::from_ymd(2026, 1, 15).unwrap(),
            pages: 1,
            fields: [7; 32],
            salt: [9; SALT],
        }
    }

    fn key() -> MarkKey {
        MarkKey::from_bytes(&[42; 32]).unwrap()
    }

    #[test]
    fn the_length_is_the_same_for_every_kind() {
        for kind in crate::document::catalog::KINDS {
            assert_eq!(key().sign(&facts(kind.id)).unwrap().len(), LENGTH, "{}", kind.id);
        }
    }

    #[test]
    fn no_two_kinds_have_the_same_two_bytes() {
        let mut seen: Vec<[u8; 2]> = crate::document::catalog::KINDS.iter().map(|kind| kind_bytes(kind.id)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), crate::document::catalog::KINDS.len());
    }

    #[test]
    fn the_longest_host_still_gives_57_modules() {
        let signed = key().sign(&facts("x")).unwrap();
        let host = "a".repeat(MOST_HOST);
        let (_, side) = picture(&text(&host, &signed).unwrap()).unwrap();
        assert!((side / MODULE_MM - 57.0).abs() < 1e-9, "{side}");
        assert!(matches!(text(&format!("{host}a"), &signed), Err(MarkError::Host { .. })));
    }

    #[test]
    fn a_changed_mark_does_not_verify() {
        let key = key();
        let good = text("verify.example", &key.sign(&facts("x")).unwrap()).unwrap();
        assert!(verify(&good, key.verifying()).is_ok());
        let other = MarkKey::from_bytes(&[43; 32]).unwrap();
        assert!(verify(&good, other.verifying()).is_err());
        let at = good.len() - 40;
        let replaced = if &good[at..=at] == "A" { "B" } else { "A" };
        let bad = format!("{}{replaced}{}", &good[..at], &good[at + 1..]);
        assert!(verify(&bad, key.verifying()).is_err());
    }

    #[test]
    fn signing_twice_gives_the_same_bytes() {
        assert_eq!(key().sign(&facts("x")).unwrap(), key().sign(&facts("x")).unwrap());
    }
}
