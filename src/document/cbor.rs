//! Deterministic CBOR (RFC 8949, section 4.2): the form over which every digest is made.

use sha2::{Digest as _, Sha256};

/// A value to be digested. Texts are taken as given, without normalisation; what is absent does not
/// appear at all, and nothing stands for null.
#[derive(Debug, Clone, PartialEq)]
pub enum Cbor {
    /// A whole number.
    Integer(i64),
    /// A text string.
    Text(String),
    /// A byte string.
    Bytes(Vec<u8>),
    /// True or false.
    Flag(bool),
    /// An array.
    List(Vec<Cbor>),
    /// A map with text keys; sorted when written.
    Map(Vec<(&'static str, Cbor)>),
}

/// SHA-256 over the deterministic CBOR of a document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Lower-case hexadecimal.
    pub fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }

    /// 照合符号: the first 12 digits in groups of four, as printed for people to compare.
    pub fn short(&self) -> String {
        let hex = data_encoding::HEXUPPER.encode(&self.0[..6]);
        format!("{}-{}-{}", &hex[..4], &hex[4..8], &hex[8..])
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

impl Cbor {
    /// The bytes: shortest heads, definite lengths, map keys in bytewise order of their encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// SHA-256 over [`Self::encode`].
    pub fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.encode()).into())
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Integer(n) if *n >= 0 => head(out, 0, n.unsigned_abs()),
            // -1 - n never overflows: !n is exactly that, and not negative for a negative n.
            Self::Integer(n) => head(out, 1, (!n).unsigned_abs()),
            Self::Bytes(bytes) => {
                head(out, 2, bytes.len() as u64);
                out.extend(bytes);
            }
            Self::Text(text) => {
                head(out, 3, text.len() as u64);
                out.extend(text.as_bytes());
            }
            Self::List(items) => {
                head(out, 4, items.len() as u64);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                let mut encoded: Vec<(Vec<u8>, Vec<u8>)> = entries
                    .iter()
                    .map(|(key, value)| (Self::Text((*key).to_owned()).encode(), value.encode()))
                    .collect();
                encoded.sort();
                head(out, 5, encoded.len() as u64);
                for (key, value) in encoded {
                    out.extend(key);
                    out.extend(value);
                }
            }
            Self::Flag(flag) => out.push(if *flag { 0xF5 } else { 0xF4 }),
        }
    }
}

fn head(out: &mut Vec<u8>, major: u8, value: u64) {
    let major = major << 5;
    let bytes = value.to_be_bytes();
    match value {
        0..24 => out.push(major | bytes[7]),
        24..0x100 => out.extend([major | 24, bytes[7]]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend(&bytes[6..]);
        }
        0x1_0000..0x1_0000_0000 => {
            out.push(major | 26);
            out.extend(&bytes[4..]);
        }
        _ => {
            out.push(major | 27);
            out.extend(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    /// Vectors of RFC 8949 appendix A, and our own for maps.
    #[test]
    fn the_encoding_is_the_deterministic_one() {
        let text = |t: &str| Cbor::Text(t.to_owned());
        for (value, hex) in [
            (Cbor::Integer(0), "00"),
            (Cbor::Integer(23), "17"),
            (Cbor::Integer(24), "1818"),
            (Cbor::Integer(1000), "1903e8"),
            (Cbor::Integer(1_000_000), "1a000f4240"),
            (Cbor::Integer(1_000_000_000_000), "1b000000e8d4a51000"),
            (Cbor::Integer(-1), "20"),
            (Cbor::Integer(-1000), "3903e7"),
            (Cbor::Integer(i64::MIN), "3b7fffffffffffffff"),
            (Cbor::Flag(true), "f5"),
            (text("水"), "63e6b0b4"),
            (text("\u{845B}\u{E0102}"), "67e8919bf3a08482"),
            (Cbor::Bytes(vec![1, 2, 3, 4]), "4401020304"),
            (Cbor::List(vec![Cbor::Integer(1), Cbor::Integer(2)]), "820102"),
            (
                Cbor::Map(vec![("b", Cbor::Integer(2)), ("aa", Cbor::Integer(3)), ("a", Cbor::Integer(1))]),
                "a361610161620262616103",
            ),
        ] {
            assert_eq!(HEXLOWER.encode(&value.encode()), hex, "{value:?}");
        }
    }

    #[test]
    fn the_order_of_fields_does_not_move_the_digest_but_any_code_point_does() {
        let map = |a: &str, swap: bool| {
            let mut entries = vec![("shimei", Cbor::Text(a.to_owned())), ("nen", Cbor::Integer(7))];
            if swap {
                entries.reverse();
            }
            Cbor::Map(entries).digest()
        };
        assert_eq!(map("葛", false), map("葛", true));
        assert_ne!(map("葛", false), map("葛\u{E0102}", false));
        // U+FA10 and U+585A are one character to NFC; to a register they are two.
        assert_ne!(map("\u{FA10}", false), map("\u{585A}", false));
    }
}
