//! Every form in which an event was ever written stays readable: its vector is never changed, and a new
//! form adds one beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use shomei::case::Case;
use shomei::case::event::Event;
use shomei::issuing::note::Note;
use shomei::procedure::Procedure;

use crate::root;

fn vectors(folder: &str) -> Vec<(String, u32, Vec<u8>)> {
    let files = std::fs::read_dir(root().join("tests/vectors/events").join(folder)).unwrap();
    let mut found: Vec<PathBuf> = files.map(|file| file.unwrap().path()).filter(|path| path.is_file()).collect();
    found.sort();
    found.iter().map(|path| vector(path)).collect()
}

/// Type and version out of the file's name (`type.v1.json`, `type.some-form-of-it.v1.json`), and the body:
/// JSON, or the plain text of the first notes.
fn vector(path: &Path) -> (String, u32, Vec<u8>) {
    let (kind, version) = path.file_stem().unwrap().to_str().unwrap().rsplit_once(".v").unwrap();
    let (kind, _) = kind.split_once('.').unwrap_or((kind, ""));
    (kind.to_owned(), version.parse().unwrap(), std::fs::read(path).unwrap())
}

/// All types, as the reader itself lists them when it meets one that is none.
fn types<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let told = serde_json::from_str::<T>(r#"{"type":"none","body":null}"#).err().unwrap().to_string();
    let list = told.split("expected one of").nth(1).unwrap_or_else(|| panic!("{told}"));
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn named(vectors: &[(String, u32, Vec<u8>)]) -> BTreeSet<String> {
    vectors.iter().map(|(kind, ..)| kind.clone()).collect()
}

#[test]
fn every_event_of_a_case_has_a_vector_that_is_read_and_written_alike() {
    let vectors = vectors("");
    assert_eq!(named(&vectors), types::<Event>());
    for (kind, version, body) in vectors {
        let event = Event::decode(&kind, version, &body).unwrap_or_else(|error| panic!("{error}"));
        let written = event.encode().unwrap();
        assert_eq!(written.kind, kind);
        if written.version == version {
            let (as_written, as_kept): (Value, Value) =
                (serde_json::from_slice(&written.body).unwrap(), serde_json::from_slice(&body).unwrap());
            assert_eq!(as_written, as_kept, "{kind}: its form moved without a new version");
        }
    }
}

#[test]
fn every_note_of_an_office_has_a_vector_that_is_read_and_written_alike() {
    let vectors = vectors("office");
    assert_eq!(named(&vectors), types::<Note>());
    for (kind, version, body) in vectors {
        let note = Note::decode(&format!("office/{kind}"), version, &body).unwrap_or_else(|error| panic!("{error}"));
        let written = note.encode().unwrap();
        let (as_written, as_kept) = (value(&written.body), value(&body));
        assert_eq!((written.v, as_written), (version, as_kept), "{kind}: its form moved without a new version");
    }
}

/// A body without what JSON leaves open (order, space); of a plain text, the text.
fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8(body.to_vec()).unwrap().into())
}

#[test]
fn a_note_that_stands_under_another_type_is_not_read() {
    let kept = vectors("office");
    for (kind, version, body) in &kept {
        for (other, ..) in kept.iter().filter(|(other, ..)| other != kind) {
            assert!(Note::decode(&format!("office/{other}"), *version, body).is_err(), "{kind} as {other}");
        }
        assert!(Note::decode(&format!("office/{kind}"), version + 1, body).is_err());
    }
}

#[test]
fn a_whole_case_is_replayed_from_its_file() {
    let folder = root().join("tests/vectors/events/case");
    let flow = std::fs::read_to_string(folder.join("flow.toml")).unwrap();
    let flow = Arc::new(Procedure::parse("juminhyo-kofu", &flow).unwrap());
    let events: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("events.json")).unwrap()).unwrap();
    let mut events = events.iter().map(|kept| {
        let (kind, version) = (kept["type"].as_str().unwrap(), kept["v"].as_u64().unwrap());
        Event::decode(kind, u32::try_from(version).unwrap(), kept["body"].to_string().as_bytes()).unwrap()
    });
    let Some(Event::Opened(opening)) = events.next() else { panic!("a case begins with its opening") };
    assert_eq!(opening.version, flow.version.0, "the flow's text is the one with which the case began");
    let case = events.fold(Case::begin(flow, opening), |case, event| case.apply(&event));
    assert_eq!(case.state(), "completed");
    let released = case.record().sheets().iter().filter_map(|sheet| sheet.approved()).filter(|sheet| sheet.is_issued());
    assert_eq!(released.count(), 1);
}
