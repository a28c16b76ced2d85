//! What a user of the crate and of the program could write. One binary, so that it is linked once.

mod architecture;
mod casework;
mod certifiers;
mod changes;
mod desk;
mod events;
mod flows;
mod golden;
mod handing;
mod judges;
mod nobody;
mod notices;
mod numbers;
mod office;
mod people;
mod program;
mod proofs;
mod readback;
mod refusals;
mod register;
mod requests;
mod sealing;
mod serving;
mod terminals;
mod wording;

use std::path::PathBuf;
use std::process::{Command, Output};

use shomei::document::catalog::{Composed, KINDS, Kind};
use shomei::press::Press;

/// The program under test.
pub fn shomei(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shomei")).args(arguments).output().unwrap()
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every sample with its kind.
pub fn samples() -> Vec<(&'static Kind, PathBuf)> {
    let mut found = Vec::new();
    for kind in KINDS {
        found.push((kind, root().join(kind.sample())));
        let Ok(folder) = std::fs::read_dir(root().join("samples").join(kind.id)) else { continue };
        let mut hard: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        hard.retain(|path| path.extension().is_some_and(|e| e == "json"));
        hard.sort();
        found.extend(hard.into_iter().map(|path| (kind, path)));
    }
    found
}

/// A document of a kind.
pub fn document(press: &Press, kind: &str, data: &[u8]) -> Composed {
    Kind::by_id(kind).unwrap().read(data, &**press.typefaces()).unwrap()
}

/// Runs another program's tool; it must be installed.
pub fn tool(name: &str, arguments: &[&str]) -> Output {
    Command::new(name)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{name} must be installed (scripts/test does it): {error}"))
}
