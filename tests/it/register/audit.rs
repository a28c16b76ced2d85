//! The chain tells of every change.

use shomei::register::audit::{Finding, Scope};
use shomei::register::merkle;
use shomei::register::{CaseEvents, Register, RegisterError, Value};

use super::fixture::{Fixture, kita, sql};
use super::on_both;
use super::scene::*;

async fn findings(register: &Register) -> Vec<Finding> {
    let verifier = signer().verifier();
    match register.audit(&kita(), Scope { from: None, verifier: Some(&verifier) }).await {
        Ok(report) => report.findings,
        Err(RegisterError::UnknownOffice { .. } | RegisterError::Damaged { .. }) => vec![Finding::Head],
        Err(error) => panic!("{error}"),
    }
}

/// Tables and columns as the database has them.
async fn columns(fixture: &Fixture) -> Vec<(String, String)> {
    let query = match fixture.database {
        super::fixture::Database::Sqlite => {
            "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY t.name, c.cid"
        }
        super::fixture::Database::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'
             ORDER BY table_name, ordinal_position"
        }
    };
    let mut found = Vec::new();
    for mut row in fixture.rows(query).await {
        found.push((row.text().unwrap(), row.text().unwrap()));
    }
    // The deployment is compared at every opening; it is no record.
    found.retain(|(table, _)| table != "deployment");
    found
}

/// The value with one bit changed.
fn changed(value: &Value) -> Value {
    match value {
        Value::Integer(Some(n)) => Value::from(n + 1_000),
        Value::Text(Some(text)) => {
            let mut bytes = text.clone().into_bytes();
            *bytes.last_mut().unwrap() ^= 1;
            Value::from(String::from_utf8(bytes).unwrap())
        }
        Value::Bytes(Some(bytes)) => {
            let mut bytes = bytes.clone();
            *bytes.last_mut().unwrap() ^= 1;
            Value::from(bytes)
        }
        _ => panic!("the column is absent"),
    }
}

on_both! {
    async fn a_changed_byte_in_any_column_is_found(database) {
        let (fixture, register) = Fixture::new(database).await;
        day(&register).await;
        fixture.disarm().await;
        assert_eq!(findings(&register).await, []);
        let columns = columns(&fixture).await;
        assert!(columns.len() > 70, "{}", columns.len());
        for (table, column) in columns {
            let first = sql(format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1"));
            let value = fixture.rows(first).await.pop().unwrap_or_else(|| panic!("{table}.{column} is never set")).into_values().remove(0);
            let other = changed(&value);
            let update = sql(format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2"));
            let rows = fixture.tamper(update, vec![other.clone(), value.clone()]).await;
            let found = findings(&register).await;
            assert!(rows > 0 && !found.is_empty(), "{table}.{column}");
            fixture.tamper(update, vec![value, other]).await;
        }
        assert_eq!(findings(&register).await, []);
    }

    async fn the_broken_link_is_named(database) {
        let (fixture, register) = Fixture::new(database).await;
        day(&register).await;
        fixture.disarm().await;
        let copy = fixture.folder.path().join("whole.jsonl");
        register.copy(&copy).await.unwrap();
        let size = register.head(&kita()).await.unwrap().tree.size();
        let run = async |statement: &'static str| { fixture.tamper(statement, Vec::new()).await; };
        let swap = async || {
            run("UPDATE events SET position = 1000 WHERE position = 4").await;
            run("UPDATE events SET position = 4 WHERE position = 7").await;
            run("UPDATE events SET position = 7 WHERE position = 1000").await;
        };
        swap().await;
        assert_eq!(findings(&register).await, [Finding::Swapped { position: 4, with: 7 }]);
        swap().await;
        run("UPDATE events SET kind = 'x' || kind WHERE position = 5").await;
        assert_eq!(findings(&register).await, [Finding::Changed { position: 5 }]);
        run("UPDATE events SET kind = substr(kind, 2) WHERE position = 5").await;
        run("UPDATE events SET position = -5 WHERE position = 5").await;
        assert_eq!(findings(&register).await, [Finding::Missing { position: 5 }]);
        run("UPDATE events SET position = 5 WHERE position = -5").await;
        run("INSERT INTO case_waiting SELECT office, 'thief', opened_at, id FROM cases LIMIT 1").await;
        assert!(matches!(&findings(&register).await[..], [Finding::Row { table: "case_waiting", position: None, .. }]));
        run("DELETE FROM case_waiting WHERE role = 'thief'").await;
        run("DELETE FROM papers").await;
        assert!(matches!(&findings(&register).await[..], [Finding::RowMissing { table: "papers", .. }]));
        // The last row removed: the head knows; if the head was changed too, a checkpoint knows.
        fixture.tamper(sql(format!("DELETE FROM events WHERE position = {}", size - 1)), Vec::new()).await;
        assert_eq!(findings(&register).await[0], Finding::CutOff { position: size - 1 });
    }

    async fn a_register_that_was_written_anew_does_not_fit_a_checkpoint(database) {
        let (_one, register) = Fixture::new(database).await;
        let (_two, rewritten) = Fixture::new(database).await;
        for register in [&register, &rewritten] {
            open(register, "contractor").await;
            open(register, "contractor").await;
        }
        let note = register.checkpoint(&kita(), &signer(), event("wish", "who")).await.unwrap();
        let checkpoint = signer().verifier().open(&note).unwrap();
        open(&register, "city").await;
        open(&rewritten, "city").await;
        let scope = Scope { from: Some(&checkpoint), verifier: None };
        let report = register.audit(&kita(), scope).await.unwrap();
        assert_eq!((report.findings, report.walked, report.size), (vec![], 5, 9));
        let report = rewritten.audit(&kita(), scope).await.unwrap();
        assert_eq!(report.findings[0], Finding::Checkpoint { size: 5 });
    }

    async fn a_removed_end_is_known_from_a_checkpoint_even_if_the_head_was_changed(database) {
        let (fixture, register) = Fixture::new(database).await;
        open(&register, "contractor").await;
        let before = register.head(&kita()).await.unwrap();
        open(&register, "contractor").await;
        let tree = register.head(&kita()).await.unwrap().tree;
        let note = signer().sign(merkle::Tree { size: tree.size(), root: tree.root() });
        let checkpoint = signer().verifier().open(&note).unwrap();
        fixture.disarm().await;
        fixture.tamper("DELETE FROM events WHERE position >= 3", Vec::new()).await;
        let head = vec![3.into(), before.hash.into(), before.tree.bytes().into(), before.at.into()];
        fixture.tamper("UPDATE heads SET size = $1, hash = $2, frontier = $3, at = $4", head).await;
        let scope = Scope { from: Some(&checkpoint), verifier: None };
        let report = register.audit(&kita(), scope).await.unwrap();
        assert!(report.findings.contains(&Finding::CutOff { position: 3 }), "{:?}", report.findings);
    }

    async fn proofs_out_of_the_register_hold_and_forged_ones_do_not(database) {
        let (_fixture, register) = Fixture::new(database).await;
        for _ in 0..5 {
            open(&register, "contractor").await;
        }
        let tree = register.head(&kita()).await.unwrap().tree;
        let (leaf, path) = register.inclusion(&kita(), 6, tree.size()).await.unwrap();
        assert!(merkle::includes(&tree.root(), tree.size(), 6, leaf, &path));
        assert!(!merkle::includes(&tree.root(), tree.size(), 6, merkle::leaf(b"forged"), &path));
        let older = merkle::root(&register.leaves(&kita(), 4).await.unwrap());
        let path = register.consistency(&kita(), 4, tree.size()).await.unwrap();
        let newer = merkle::Tree { size: tree.size(), root: tree.root() };
        assert!(merkle::consistent(&merkle::Tree { size: 4, root: older }, &newer, &path));
        assert!(!merkle::consistent(&merkle::Tree { size: 5, root: older }, &newer, &path));
    }

    async fn a_body_moved_to_another_row_is_neither_replayed_nor_deciphered(database) {
        let (fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        fixture.disarm().await;
        fixture.tamper("UPDATE events SET body = (SELECT body FROM events WHERE position = 1) WHERE position = 2", Vec::new()).await;
        // The chain tells before anything is deciphered; and where it is not asked, the cipher does.
        assert!(matches!(register.events(&kita(), case).await, Err(RegisterError::Damaged { .. })));
        assert!(matches!(register.events_from(&kita(), 0, 9).await, Err(RegisterError::Undecipherable { .. })));
    }

    async fn a_paper_that_is_not_what_its_hash_says_is_not_given_out(database) {
        let (fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        let (id, _) = begin(&register, case, 1).await.unwrap();
        end(&register, case, id, issue(b"%PDF")).await.unwrap();
        fixture.disarm().await;
        fixture.tamper("UPDATE papers SET sha256 = $1", vec![[9; 32].into()]).await;
        assert!(matches!(register.paper(&kita(), id).await, Err(RegisterError::Damaged { .. })));
    }

    async fn another_key_deciphers_nothing(database) {
        let (fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        assert!(matches!(register.events(&kita(), case).await, Ok(CaseEvents::Whole(_))));
        let key = fixture.keys().join("office-kita-1.key");
        std::fs::write(&key, "00".repeat(32)).unwrap();
        assert!(matches!(register.events(&kita(), case).await, Err(RegisterError::Undecipherable { .. })));
        std::fs::remove_file(&key).unwrap();
        assert!(matches!(register.events(&kita(), case).await, Err(RegisterError::KeyMissing { .. })));
        assert!(begin(&register, case, 1).await.is_err(), "no new key takes its place");
    }
}
