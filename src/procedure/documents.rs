//! 書類: the documents that procedures name (`documents.toml`).

use serde::Deserialize;

/// A document that a procedure makes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentName {
    /// Id; where the program has a kind of this id, it is that kind.
    pub id: String,
    /// Name.
    pub name: String,
    /// What the procedures also call it.
    #[serde(default)]
    pub also: Vec<String>,
}

/// All of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    #[serde(rename = "document")]
    all: Vec<DocumentName>,
}

impl Documents {
    /// The list inside the binary.
    pub fn embedded() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("documents.toml"))
    }

    /// All, in the order of the list.
    pub fn all(&self) -> &[DocumentName] {
        &self.all
    }

    /// A document by its id.
    pub fn get(&self, id: &str) -> Option<&DocumentName> {
        self.all.iter().find(|document| document.id == id)
    }
}

impl DocumentName {
    /// Whether a bundle means it by this name.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.also.iter().any(|also| also == name)
    }
}
