//! The first write of an hour signs where the chain stood before it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shomei::register::audit::Scope;
use shomei::register::checkpoint::{Log, Signer};
use shomei::register::vault::Secret;
use shomei::register::{Ask, CaseEvents, Mode, Register, RegisterError, Written, clock, merkle};

use super::fixture::{Database, Fixture, kita};
use super::on_both;
use super::scene::*;

const HOUR: i64 = 3_600_000;

/// A register in which the office wrote in this hour and will not have left it before the test ends, and the
/// signer of its checkpoints.
async fn signing(database: Database, mode: Mode) -> (Fixture, Vec<Arc<Register>>, Signer) {
    let left = HOUR - clock::system()().rem_euclid(HOUR);
    if left < 10_000 {
        tokio::time::sleep(Duration::from_millis(left.unsigned_abs() + 10)).await;
    }
    let fixture = Fixture::installed(database, mode).await;
    let log = Log::new("log.example", Secret::random().unwrap());
    let nodes = if mode == Mode::Shared { 2 } else { 1 };
    let mut registers = Vec::new();
    for _ in 0..nodes {
        registers.push(Arc::new(fixture.open().await.unwrap().signing(log.clone())));
    }
    registers[0].enrol(&kita()).await.unwrap();
    fixture.disarm().await;
    (fixture, registers, log.signer(&kita()).unwrap())
}

/// The store's clock is an hour further than the office's last write. A server's clock cannot be set: there the
/// write is taken back by an hour.
async fn an_hour_passes(fixture: &Fixture) {
    match fixture.database {
        Database::Sqlite => drop(fixture.drift.fetch_add(HOUR, Ordering::Relaxed)),
        Database::Postgres => drop(fixture.tamper("UPDATE heads SET at = at - 3600000", Vec::new()).await),
    }
}

on_both! {
    async fn an_hour_s_first_write_signs_and_no_other(database) {
        let (fixture, registers, signer) = signing(database, Mode::Single).await;
        let register = &registers[0];
        open(register, "contractor").await;
        assert_eq!(register.checkpoints(&kita()).await.unwrap(), [], "the office's first hour");
        for signed in 1..=2 {
            an_hour_passes(&fixture).await;
            let before = register.head(&kita()).await.unwrap().tree;
            let case = open(register, "contractor").await;
            let CaseEvents::Whole(events) = register.events(&kita(), case).await.unwrap() else { panic!() };
            assert_eq!(events.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2], "the case has its own only");
            open(register, "contractor").await;
            let kept = register.checkpoints(&kita()).await.unwrap();
            assert_eq!(kept.len(), signed);
            let (size, note) = kept.last().unwrap();
            let tree = signer.verifier().open(note).unwrap().tree;
            assert_eq!((*size, tree), (before.size(), merkle::Tree { size: before.size(), root: before.root() }));
        }
        let verifier = signer.verifier();
        let scope = Scope { from: None, verifier: Some(&verifier) };
        assert_eq!(register.audit(&kita(), scope).await.unwrap().findings, []);
    }

    async fn a_write_that_is_refused_leaves_the_hour_s_signature_to_the_next(database) {
        let (fixture, registers, _) = signing(database, Mode::Single).await;
        let register = &registers[0];
        let case = open(register, "contractor").await;
        an_hour_passes(&fixture).await;
        let refused: Result<Written<()>, RegisterError> =
            register.write(&Ask::case(&kita(), case, 9), |_| panic!("nothing is to be decided")).await;
        assert_eq!(refused.unwrap_err().code(), "register-conflict");
        assert_eq!(register.checkpoints(&kita()).await.unwrap(), []);
        begin(register, case, 1).await.unwrap();
        assert_eq!(register.checkpoints(&kita()).await.unwrap().len(), 1);
    }

    async fn the_close_of_a_day_is_told_from_other_checkpoints(database) {
        let (fixture, registers, signer) = signing(database, Mode::Single).await;
        let register = &registers[0];
        register.checkpoint(&kita(), &signer, event("wish", "who")).await.unwrap();
        assert_eq!(register.last_close(&kita()).await.unwrap(), None);
        for _ in 0..2 {
            let closed = register.close_day(&kita(), &signer, event("wish", "who")).await.unwrap();
            an_hour_passes(&fixture).await;
            open(register, "contractor").await;
            register.checkpoint(&kita(), &signer, event("wish", "who")).await.unwrap();
            assert_eq!(register.last_close(&kita()).await.unwrap(), Some(closed));
        }
        let sizes: Vec<u64> = register.checkpoints(&kita()).await.unwrap().into_iter().map(|(size, _)| size).collect();
        for entry in register.events_from(&kita(), 0, 99).await.unwrap() {
            let event = entry.event.unwrap();
            let signs = event.body.starts_with(b"log.example/");
            assert_eq!(signs, sizes.contains(&event.position), "the event of a checkpoint stands at its size");
        }
    }

    async fn of_many_writers_at_once_one_signs(database) {
        let mode = if database == Database::Postgres { Mode::Shared } else { Mode::Single };
        let (fixture, registers, _) = signing(database, mode).await;
        let case = open(&registers[0], "contractor").await;
        an_hour_passes(&fixture).await;
        let writers: Vec<_> = registers.iter().cycle().take(20).cloned()
            .map(|register| tokio::spawn(async move { begin(&register, case, 1).await.unwrap() }))
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(registers[0].checkpoints(&kita()).await.unwrap().len(), 1);
        assert_eq!(registers[0].audit(&kita(), Scope::default()).await.unwrap().findings, []);
    }
}
