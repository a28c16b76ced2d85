//! Templates, samples and procedures are embedded: a file that appears among them must rebuild the program.
//! All that the program is made of is digested into `SHOMEI_PROGRAM`, by which nodes tell whether they are
//! the same program.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// What the program is made of. `Cargo.lock` names the sources of the libraries by their hashes.
const PARTS: [&str; 10] =
    ["src", "sql", "templates", "samples", "seals", "fonts", "build.rs", "Cargo.toml", "Cargo.lock", "licenses.txt"];

fn main() {
    let mut files = BTreeMap::new();
    for part in PARTS {
        println!("cargo:rerun-if-changed={part}");
        read(Path::new(part), &mut files);
    }
    // Two halves, so that chance does not make two programs one. It tells builds apart; it guards nothing.
    let digest = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, &files).hash(&mut hasher);
        hasher.finish()
    };
    let features = std::env::vars().filter(|(name, _)| name.starts_with("CARGO_FEATURE_")).count();
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    println!(
        "cargo:rustc-env=SHOMEI_PROGRAM={version}+{:016x}{:016x}{}",
        digest(0),
        digest(1),
        if features > 0 { ".test" } else { "" }
    );
}

fn read(path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(folder) = std::fs::read_dir(path) else {
        if let Ok(bytes) = std::fs::read(path) {
            files.insert(path.to_owned(), bytes);
        }
        return;
    };
    for entry in folder.flatten() {
        read(&entry.path(), files);
    }
}
