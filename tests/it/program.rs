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
fn the_demo_walks_all_flows_and_prints_every_kind() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let done = shomei(&["demo", "--out", out.to_str().unwrap()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let told = String::from_utf8(done.stdout).unwrap();
    for step in ["③", "⑦", "⑧", "⑨", "⑩", "⑭"] {
        assert!(told.contains(step), "{step}: {told}");
    }
    for file in ["10-juminhyo-kofu/juminhyo-utsushi-sealed.pdf", "10-juminhyo-kofu/juminhyo-utsushi.pdf", "register.db"]
    {
        assert!(out.join(file).is_file(), "{file}");
    }
    // Every flow came to its end.
    for flow in shomei::procedure::Procedures::embedded().unwrap().all() {
        let line = format!("{} {}  ", flow.number, flow.title);
        assert!(told.lines().any(|told| told.starts_with(&line)), "{}", flow.id);
    }
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
    let done =
        shomei(&["render", "juminhyo-utsushi", sample.to_str().unwrap(), "-o", &at("x.pdf"), "--png", &at("png")]);
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

#[test]
fn trouble_with_files_and_arguments_has_its_code_and_its_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let sample = root().join("samples/bangofuda.json").to_str().unwrap().to_owned();
    for (arguments, code) in [
        (
            vec!["render".to_owned(), "bangofuda".to_owned(), at("none.json"), "-o".to_owned(), at("x.pdf")],
            "file-not-read",
        ),
        (vec!["check".to_owned(), "bangofuda".to_owned(), at("")], "file-not-read"),
        (
            vec!["render".to_owned(), "bangofuda".to_owned(), sample.clone(), "-o".to_owned(), at("none/x.pdf")],
            "file-not-written",
        ),
        (
            vec![
                "render".to_owned(),
                "bangofuda".to_owned(),
                sample.clone(),
                "-o".to_owned(),
                at("x.pdf"),
                "--templates".to_owned(),
                at("none"),
            ],
            "file-not-read",
        ),
        (vec!["check".to_owned(), "fuda".to_owned(), sample.clone()], "unknown-kind"),
        (vec!["render".to_owned(), "bangofuda".to_owned()], "usage"),
    ] {
        let done = shomei(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        let told = String::from_utf8(done.stderr).unwrap();
        let (log, sentence) = told.trim_end().rsplit_once('\t').unwrap_or_else(|| panic!("{told}"));
        assert!(log.lines().last().unwrap().contains(&format!(": {code} (")), "{told}");
        assert!(sentence.contains("ください。"), "{told}");
    }
}

#[test]
fn a_page_goes_to_standard_output_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let sample = root().join("samples/bangofuda.json");
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_shomei"))
        .args(["render", "bangofuda", sample.to_str().unwrap(), "-o", "-"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(done.status.success());
    assert!(done.stdout.starts_with(b"%PDF-") && done.stdout.trim_ascii_end().ends_with(b"%%EOF"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
