//! How values stand in the body of an event.

/// Values with a text form of their own (days).
pub mod text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes its text.
    pub fn serialize<T: std::fmt::Display, S: Serializer>(value: &T, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(value)
    }

    /// Reads its text.
    pub fn deserialize<'de, T, D>(input: D) -> Result<T, D::Error>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(input)?.parse().map_err(de::Error::custom)
    }
}

/// The same, where there may be none.
pub mod maybe_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    /// Writes its text, or null.
    pub fn serialize<T: std::fmt::Display, S: Serializer>(value: &Option<T>, out: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(out)
    }

    /// Reads its text, or null.
    pub fn deserialize<'de, T, D>(input: D) -> Result<Option<T>, D::Error>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
        D: Deserializer<'de>,
    {
        let text = Option::<String>::deserialize(input)?;
        text.map(|text| text.parse().map_err(de::Error::custom)).transpose()
    }
}

/// SHA-256 digests: 64 lower-case hexadecimal digits.
pub mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de};

    /// Writes the digits.
    pub fn serialize<S: Serializer>(digest: &[u8; 32], out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&data_encoding::HEXLOWER.encode(digest))
    }

    /// Reads the digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<[u8; 32], D::Error> {
        let digits = String::deserialize(input)?;
        let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes()).map_err(de::Error::custom)?;
        bytes.try_into().map_err(|_| de::Error::custom("a digest has 32 bytes"))
    }
}

/// The digest of a document, likewise.
pub mod digest {
    use serde::{Deserializer, Serializer};

    use crate::document::cbor::Digest;

    /// Writes the digits.
    pub fn serialize<S: Serializer>(digest: &Digest, out: S) -> Result<S::Ok, S::Error> {
        super::hex::serialize(&digest.0, out)
    }

    /// Reads the digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Digest, D::Error> {
        super::hex::deserialize(input).map(Digest)
    }
}
