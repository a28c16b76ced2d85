//! Passwords: argon2id, with the parameters that OWASP names (19 MiB, two passes, one lane).

use std::fmt;
use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::id::PersonId;

/// Fewest and most characters (NIST SP 800-63B, 3.1.1.2: at least 15 where nothing else is asked for; a city
/// asks for a terminal too, so 12).
const LENGTH: std::ops::RangeInclusive<usize> = 12..=128;

/// A password cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("choosing a password: it has not 12 to 128 characters")]
    Length,
    /// The account stands in it.
    #[error("choosing a password: the account stands in it")]
    Account,
    /// The library.
    #[error("hashing a password: {message}")]
    Hash {
        /// Why.
        message: String,
    },
}

impl PasswordError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length => "password-length",
            Self::Account => "password-account",
            Self::Hash { .. } => "program-failed",
        }
    }
}

/// What somebody types. It prints as nothing.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Password {
    /// What is typed at a sign-in: whatever it is, it is right or wrong.
    pub fn typed(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// One that a person may choose.
    ///
    /// # Errors
    /// It is too short, too long, or has the account in it.
    pub fn chosen(text: String, person: &PersonId) -> Result<Self, PasswordError> {
        let password = Self::typed(text);
        if !LENGTH.contains(&password.0.chars().count()) {
            return Err(PasswordError::Length);
        }
        if password.0.to_lowercase().contains(&person.as_str().to_lowercase()) {
            return Err(PasswordError::Account);
        }
        Ok(password)
    }

    /// What is kept of it.
    ///
    /// # Errors
    /// The system gives no random salt.
    pub fn hash(&self) -> Result<Hashed, PasswordError> {
        let hashed = Argon2::default().hash_password(self.0.as_bytes());
        let hashed = hashed.map_err(|error| PasswordError::Hash { message: error.to_string() })?;
        Ok(Hashed(hashed.to_string()))
    }

    /// Whether it is the one that is kept. Where none is kept the same work is done, so that it takes as
    /// long.
    pub fn is(&self, kept: Option<&Hashed>) -> bool {
        static NOBODY: OnceLock<Option<Hashed>> = OnceLock::new();
        let nobody = NOBODY.get_or_init(|| Self::typed("nobody has this one".to_owned()).hash().ok());
        let Some(compared) = kept.or(nobody.as_ref()) else { return false };
        let Ok(hash) = PasswordHash::new(&compared.0) else { return false };
        let same = Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok();
        same && kept.is_some()
    }
}

/// A password as it is kept: a PHC string.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hashed(String);

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> PersonId {
        PersonId::parse("kita-shonin").unwrap()
    }

    #[test]
    fn only_long_passwords_without_the_account_are_chosen() {
        let chosen = |text: &str| Password::chosen(text.to_owned(), &person()).map(drop);
        assert_eq!(chosen("elevenchars"), Err(PasswordError::Length));
        assert_eq!(chosen(&"x".repeat(129)), Err(PasswordError::Length));
        assert_eq!(chosen("my Kita-Shonin 1"), Err(PasswordError::Account));
        assert_eq!(chosen("十二文字の合い言葉ですよ"), Ok(()));
    }

    #[test]
    fn a_password_is_the_kept_one_or_it_is_not_and_nobody_has_any() {
        let (right, wrong) = (Password::typed("correct horse".to_owned()), Password::typed("other horse".to_owned()));
        let kept = right.hash().unwrap();
        assert!(right.is(Some(&kept)) && !wrong.is(Some(&kept)));
        assert!(kept.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", kept.0);
        assert_ne!(right.hash().unwrap().0, kept.0, "each has its own salt");
        assert!(!Password::typed("nobody has this one".to_owned()).is(None));
        assert_eq!(format!("{right:?} {kept:?}"), "*** ***");
    }
}
