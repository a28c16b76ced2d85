//! Templates: the forms themselves, their wording and the data that both share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use typst::foundations::Bytes;

/// The templates inside the binary: the only ones that a sealed page may use.
#[derive(RustEmbed)]
#[folder = "templates"]
struct Embedded;

/// Largest file and largest sum of files that a template directory may hold, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Why a template directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file or folder could not be read.
    #[error("reading the template {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// More than [`MOST_BYTES`] in all.
    #[error("reading the templates in {path}: more than {MOST_BYTES} bytes")]
    TooLarge {
        /// The directory.
        path: PathBuf,
    },
}

/// A whole set of templates: path from the root (`juminhyo-utsushi.typ`, `lib/form.typ`) to content.
#[derive(Debug)]
pub struct Templates {
    files: BTreeMap<String, Bytes>,
    digest: [u8; 32],
    embedded: bool,
}

impl Templates {
    /// The set inside the binary.
    pub fn embedded() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Templates>> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let files = Embedded::iter()
                    .filter_map(|path| {
                        let file = Embedded::get(&path)?;
                        Some((path.into_owned(), Bytes::new(file.data.into_owned())))
                    })
                    .collect();
                Arc::new(Self::of(files, true))
            })
            .clone()
    }

    /// A set read from a folder, for trying out forms: good for 見本 only.
    pub fn from_directory(root: &Path) -> Result<Arc<Self>, TemplateError> {
        let mut files = BTreeMap::new();
        let mut pending = vec![root.to_path_buf()];
        let mut total = 0u64;
        while let Some(folder) = pending.pop() {
            let read = |source| TemplateError::Read { path: folder.clone(), source };
            for entry in std::fs::read_dir(&folder).map_err(read)? {
                let path = entry.map_err(read)?.path();
                if path.is_dir() {
                    pending.push(path);
                    continue;
                }
                let data = std::fs::read(&path).map_err(|source| TemplateError::Read { path: path.clone(), source })?;
                total = total.saturating_add(data.len() as u64);
                if total > MOST_BYTES {
                    return Err(TemplateError::TooLarge { path: root.to_path_buf() });
                }
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                files.insert(name, Bytes::new(data));
            }
        }
        Ok(Arc::new(Self::of(files, false)))
    }

    fn of(files: BTreeMap<String, Bytes>, embedded: bool) -> Self {
        Self { digest: digest(files.iter()), files, embedded }
    }

    /// SHA-256 over every path and content: the version of the templates.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// SHA-256 over what one kind's pages are made of: its own form and wording, and what all share.
    /// This is the version of its template.
    pub fn digest_of(&self, kind: &str) -> [u8; 32] {
        let (form, words) = (format!("{kind}.typ"), format!("words/{kind}.toml"));
        let shared = ["words/common.toml", "words/fields.toml"];
        digest(self.files.iter().filter(|(path, _)| {
            path.starts_with("lib/") || **path == form || **path == words || shared.contains(&path.as_str())
        }))
    }

    /// Whether this is the set inside the binary.
    pub fn is_embedded(&self) -> bool {
        self.embedded
    }

    /// A file by its path from the root.
    pub fn file(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// A text file by its path from the root.
    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.file(path)?).ok()
    }
}

fn digest<'a>(files: impl Iterator<Item = (&'a String, &'a Bytes)>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (path, data) in files {
        hasher.update((path.len() as u64).to_be_bytes());
        hasher.update(path);
        hasher.update((data.len() as u64).to_be_bytes());
        hasher.update(data);
    }
    hasher.finalize().into()
}
