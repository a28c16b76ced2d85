//! Keys of cases are wrapped again by a new key of the office.

use std::collections::BTreeMap;
use std::path::PathBuf;

use shomei::register::{CaseEvents, CaseId, Register, RegisterError};

use super::fixture::{Fixture, kita, sql};
use super::on_both;
use super::scene::*;

/// Makes the office's next key.
fn new_key(register: &Register) {
    let ring = register.ring();
    ring.add(&ring.next(&kita()).unwrap()).unwrap();
}

fn file(fixture: &Fixture, n: u32) -> PathBuf {
    fixture.keys().join(format!("office-kita-{n}.key"))
}

async fn in_use(register: &Register) -> Vec<(String, u64)> {
    register.keys_in_use(&kita()).await.unwrap().into_iter().collect()
}

fn counted(counts: &[(u32, u64)]) -> Vec<(String, u64)> {
    counts.iter().map(|(n, count)| (format!("office-kita-{n}"), *count)).collect()
}

/// What a case's events say.
async fn said(register: &Register, cases: &[CaseId]) -> BTreeMap<CaseId, Vec<Vec<u8>>> {
    let mut said = BTreeMap::new();
    for case in cases {
        let CaseEvents::Whole(events) = register.events(&kita(), *case).await.unwrap() else { panic!() };
        said.insert(*case, events.iter().map(|event| event.body.to_vec()).collect());
    }
    said
}

on_both! {
    async fn a_new_key_wraps_what_the_old_one_did_and_the_old_one_is_needed_no_more(database) {
        let (fixture, register) = Fixture::new(database).await;
        let cases = day(&register).await;
        let (kept, destroyed) = (&cases[..2], cases[2]);
        let before = said(&register, kept).await;
        new_key(&register);
        open(&register, "contractor").await;
        // Two cases, two records and the office itself.
        assert_eq!(in_use(&register).await, counted(&[(1, 5), (2, 1)]));
        let alone = register.rewrap(&kita(), ["a", "a"]).await;
        assert!(matches!(alone, Err(RegisterError::SamePerson)));
        assert_eq!(register.rewrap(&kita(), ["a", "b"]).await.unwrap(), 5);
        assert_eq!(in_use(&register).await, counted(&[(2, 6)]));
        std::fs::remove_file(file(&fixture, 1)).unwrap();
        assert_eq!(said(&register, kept).await, before);
        assert!(matches!(register.events(&kita(), destroyed).await.unwrap(), CaseEvents::Destroyed));
        begin(&register, kept[0], 1).await.unwrap();
        assert_eq!(register.audit(&kita(), Default::default()).await.unwrap().findings, []);
        // There is nothing more to do, and so nothing is written.
        let head = register.head(&kita()).await.unwrap();
        let last = register.events_from(&kita(), head.tree.size() - 2, 1).await.unwrap().remove(0).event.unwrap();
        assert_eq!(last.kind, "register/keys-rewrapped");
        assert_eq!(&last.body[..], br#"{"count":5,"key":"office-kita-2","people":["a","b"]}"#);
        assert_eq!(register.rewrap(&kita(), ["a", "b"]).await.unwrap(), 0);
        assert_eq!(register.head(&kita()).await.unwrap(), head);
    }

    async fn who_is_interrupted_goes_on_with_the_rest(database) {
        let (fixture, register) = Fixture::new(database).await;
        for _ in 0..250 {
            open(&register, "contractor").await;
        }
        new_key(&register);
        let last = open(&register, "contractor").await;
        new_key(&register);
        // The second batch meets a key that is not there, as a disk that is gone or a kill would end it.
        let aside = fixture.keys().join("aside");
        std::fs::rename(file(&fixture, 2), &aside).unwrap();
        let stopped = register.rewrap(&kita(), ["a", "b"]).await;
        assert!(matches!(stopped, Err(RegisterError::KeyMissing { .. })), "{stopped:?}");
        assert_eq!(in_use(&register).await, counted(&[(1, 51), (2, 1), (3, 200)]));
        assert_eq!(register.audit(&kita(), Default::default()).await.unwrap().findings, []);
        std::fs::rename(&aside, file(&fixture, 2)).unwrap();
        assert_eq!(register.rewrap(&kita(), ["a", "b"]).await.unwrap(), 52);
        assert_eq!(in_use(&register).await, counted(&[(3, 252)]));
        said(&register, &[last]).await;
        assert_eq!(register.audit(&kita(), Default::default()).await.unwrap().findings, []);
    }
}

#[tokio::test]
async fn a_key_as_it_was_wrapped_before_is_gone_from_the_files() {
    let (fixture, register) = Fixture::new(super::fixture::Database::Sqlite).await;
    let case = open(&register, "contractor").await;
    let query = sql(format!("SELECT wrapped FROM case_keys WHERE case_id = '{case}'"));
    let wrapped = fixture.rows(query).await.pop().unwrap().bytes().unwrap();
    assert!(fixture.stands_in_a_file(&wrapped));
    new_key(&register);
    register.rewrap(&kita(), ["a", "b"]).await.unwrap();
    assert!(!fixture.stands_in_a_file(&wrapped));
}
