//! The command line: the names that others build on.

use serde_json::Value;

use crate::{root, shomei};

#[test]
fn kinds_are_listed_as_data() {
    let done = shomei(&["kinds", "--json"]);
    let list: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(list.len(), shomei::document::catalog::KINDS.len());
    for kind in &list {
        let keys: Vec<&String> = kind.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["fee", "id", "orientation", "sample", "sealed", "title"]);
        assert!(["never", "approval", "auto"].contains(&kind["sealed"].as_str().unwrap()));
        assert!(["portrait", "landscape"].contains(&kind["orientation"].as_str().unwrap()));
        assert!(root().join(kind["sample"].as_str().unwrap()).is_file());
        assert!(!kind["title"].as_str().unwrap().contains('◇'), "{kind}");
    }
}

#[test]
fn the_demo_walks_a_case_and_prints_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let done = shomei(&["demo", "--out", out.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).unwrap();
    for step in ["③", "⑦", "⑧", "⑨", "⑩", "⑭"] {
        assert!(told.contains(step), "{step}: {told}");
    }
    assert!(out.join("juminhyo-utsushi-sealed.pdf").is_file());
    assert!(out.join("juminhyo-utsushi-collation.pdf").is_file());
    for kind in shomei::document::catalog::KINDS {
        assert!(out.join("specimens").join(format!("{}.pdf", kind.id)).is_file(), "{}", kind.id);
    }
    // A key that others can read is no key.
    use std::os::unix::fs::PermissionsExt as _;
    let mode = out.join("keys/mark.key").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0);
}

#[test]
fn pages_are_also_written_as_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let sample = root().join("samples/juminhyo-utsushi/nine-members.json");
    let done = shomei(&["render", "juminhyo-utsushi", sample.to_str().unwrap(), "-o", &at("x.pdf"), "--png", &at("png")]);
    assert!(done.status.success());
    for page in 1..=3 {
        assert!(folder.path().join(format!("png/juminhyo-utsushi-{page}.png")).is_file(), "{page}");
    }
}

#[test]
fn every_licence_is_told() {
    let told = String::from_utf8(shomei(&["licenses"]).stdout).unwrap();
    for text in ["IPA Font License Agreement", "SIL OPEN FONT LICENSE", "MIT License", "typst 0.15.1: Apache-2.0"] {
        assert!(told.contains(text), "{text}");
    }
}
