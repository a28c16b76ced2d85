//! 合い札: what is told once and kept as SHA-256: tokens of 256 random bits, and codes of 80 that somebody types.

use std::fmt;

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// The system gives nothing random.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("drawing a token: {message}")]
pub struct NoRandom {
    /// Why.
    pub message: String,
}

impl NoRandom {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        "program-failed"
    }
}

fn drawn<const N: usize>() -> Result<Zeroizing<String>, NoRandom> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|error| NoRandom { message: error.to_string() })?;
    Ok(Zeroizing::new(BASE32_NOPAD.encode(&*bytes)))
}

fn hash(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

/// A token: whoever shows it is whom it was given to. It prints as nothing.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Token {
    /// A new one.
    pub fn fresh() -> Result<Self, NoRandom> {
        Ok(Self(drawn::<32>()?))
    }

    /// One that somebody shows.
    pub fn shown(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// To be told once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn id(&self) -> String {
        hash(&self.0)
    }
}

/// Characters of a code.
const CODE: usize = 16;
/// Characters of a code that stand together.
const GROUP: usize = 4;

/// A code for one use. It prints as nothing.
#[derive(Clone)]
pub struct Code(Zeroizing<String>);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Code {
    /// A new one.
    pub fn fresh() -> Result<Self, NoRandom> {
        Ok(Self(drawn::<10>()?))
    }

    /// One that somebody types: in small letters, too, and with whatever stands between the groups.
    pub fn typed(text: &str) -> Self {
        let kept = text.chars().filter(char::is_ascii_alphanumeric).map(|typed| typed.to_ascii_uppercase());
        Self(Zeroizing::new(kept.collect()))
    }

    /// The two codes that somebody typed one after the other.
    pub fn halves(&self) -> [Self; 2] {
        let (one, other) = self.0.split_at_checked(CODE).unwrap_or((&self.0, ""));
        [one, other].map(|half| Self(Zeroizing::new(half.to_owned())))
    }

    /// To be told once: in groups of four.
    pub fn text(&self) -> Zeroizing<String> {
        let characters: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = characters.chunks(GROUP).map(|group| group.iter().collect()).collect();
        Zeroizing::new(groups.join("-"))
    }

    /// What is kept of it.
    pub fn id(&self) -> String {
        hash(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_typed_and_two_are_never_one() {
        let (one, other) = (Code::fresh().unwrap(), Code::fresh().unwrap());
        assert_eq!(one.text().len(), 19);
        for typed in [one.text().to_lowercase(), one.text().replace('-', " "), one.text().replace('-', "")] {
            assert_eq!(Code::typed(&typed).id(), one.id(), "{typed}");
        }
        assert_ne!(one.id(), other.id());
        let halves = Code::typed(&format!("{} {}", *one.text(), *other.text())).halves();
        assert_eq!(halves.map(|half| half.id()), [one.id(), other.id()]);
        assert_eq!(one.halves()[1].id(), Code::typed("").id());
        assert!(!one.id().contains(&one.text()[..4]));
        assert_eq!(format!("{one:?} {:?}", Token::fresh().unwrap()), "*** ***");
    }
}
