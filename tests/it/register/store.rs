//! What is written is what is read, on both databases.

use shomei::register::retention::Retention;
use shomei::register::{
    After, Ask, Batch, CaseEvents, Copied, End, Key, Put, Register, RegisterError, Term, Watch, Written, verify_copy,
};

use super::fixture::{Fixture, kita};
use super::on_both;
use super::scene::*;

on_both! {
    async fn events_are_read_in_the_order_in_which_they_happened(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        for n in 1..=3 {
            let ask = Ask::case(&kita(), case, n + 1);
            let batch = Batch { events: vec![event("step", &n.to_string())], ..Batch::default() };
            let written: Result<_, RegisterError> = register.write(&ask, |_| Ok((batch, ()))).await;
            written.unwrap();
        }
        let CaseEvents::Whole(events) = register.events(&kita(), case).await.unwrap() else { panic!() };
        let read: Vec<(u64, &str, &[u8])> = events.iter().map(|e| (e.version, e.kind.as_str(), &e.body[..])).collect();
        assert_eq!(read[0], (1, "received", "窓口で受け付けた".as_bytes()));
        assert_eq!(read[2..], [(3, "step", &b"1"[..]), (4, "step", b"2"), (5, "step", b"3")]);
        assert!(!format!("{events:?}").contains("窓口"));
        let row = register.case(&kita(), case).await.unwrap().unwrap();
        assert_eq!(register.case_by_number(&kita(), &row.number).await.unwrap(), Some(row));
        assert_eq!(register.find(&kita(), &term("shimei", "見本太郎"), &[], 10).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [case]);
        assert!(register.find(&kita(), &term("shimei", "見本次郎"), &[], 10).await.unwrap().is_empty());
    }

    async fn a_record_is_what_was_put_last_and_found_by_what_was_said_last(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let names = async |terms: &[Term]| -> Vec<String> {
            let found = register.find_records(&kita(), "resident", terms, 9).await.unwrap();
            found.into_iter().map(|record| record.id).collect()
        };
        let (taro, jiro, year) = (term("shimei", "見本太郎"), term("shimei", "見本次郎"), term("year", "R8"));
        assert!(register.record(&kita(), "resident", "a").await.unwrap().is_none());
        put(&register, vec![record("a", 0, "一", "見本太郎"), record("b", 0, "三", "見本太郎")]).await.unwrap();
        assert_eq!(names(&[taro.clone(), year.clone()]).await, ["a", "b"]);
        put(&register, vec![record("a", 1, "二", "見本次郎")]).await.unwrap();
        let now = register.record(&kita(), "resident", "a").await.unwrap().unwrap();
        assert_eq!((now.version, &now.body[..]), (2, "二".as_bytes()));
        assert!(!format!("{now:?}").contains('二'));
        assert_eq!(names(&[taro.clone(), year.clone()]).await, ["b"]);
        assert_eq!(names(std::slice::from_ref(&jiro)).await, ["a"]);
        assert!(names(&[jiro.clone(), taro.clone()]).await.is_empty());
        assert!(register.record(&kita(), "suppression", "a").await.unwrap().is_none(), "of another kind");
        let history = register.history(&kita(), "resident", "a").await.unwrap();
        let told: Vec<&[u8]> = history.iter().map(|event| &event.body[..]).collect();
        assert_eq!(told, ["一".as_bytes(), "二".as_bytes()]);
        let after = register.records(&kita(), "resident", "a", 9).await.unwrap();
        assert_eq!(after.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["b"]);
        // Under the lock the writer sees them too.
        let watch = |key| Watch { office: kita(), kind: "resident", key };
        let watch = vec![watch(Key::Id("a".to_owned())), watch(Key::AnyOf(vec![taro.clone(), jiro.clone()]))];
        let ask = Ask { watch, ..Ask::office(&kita()) };
        let written: Result<Written<()>, RegisterError> = register.write(&ask, |locked| {
            assert_eq!(locked.watched.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["a", "a", "b"]);
            Err(RegisterError::SamePerson)
        }).await;
        assert!(matches!(written, Err(RegisterError::SamePerson)));
        assert_eq!(register.audit(&kita(), Default::default()).await.unwrap().findings, []);
    }

    async fn records_of_several_terms_are_found_alike_be_they_few_or_many(database) {
        let (_fixture, register) = Fixture::new(database).await;
        // Of the second and the third term there are more than are tried one by one.
        let divisors = [(2, "shi"), (3, "cho"), (500, "day")];
        let terms = |numbers: &[usize]| -> Vec<Term> { numbers.iter().map(|at| term(divisors[*at].1, "x")).collect() };
        let all: Vec<usize> = (0..3_300).collect();
        let of = |number: usize| divisors.iter().filter(move |(divisor, _)| number.is_multiple_of(*divisor));
        let puts = all.iter().map(|number| {
            let terms = of(*number).map(|(_, field)| term(field, "x")).collect();
            Put { terms, ..record(&format!("{number:04}"), 0, "一", "見本太郎") }
        });
        put(&register, puts.collect()).await.unwrap();
        for asked in [&[0][..], &[1], &[2], &[0, 1], &[1, 0], &[2, 1], &[0, 2], &[1, 2, 0], &[0, 0]] {
            for limit in [7, 5_000] {
                let found = register.find_records(&kita(), "resident", &terms(asked), limit).await.unwrap();
                let found: Vec<String> = found.into_iter().map(|record| record.id).collect();
                let wanted = all.iter().filter(|number| asked.iter().all(|at| number.is_multiple_of(divisors[*at].0)));
                let wanted: Vec<String> = wanted.take(limit as usize).map(|number| format!("{number:04}")).collect();
                assert_eq!(found, wanted, "{asked:?}, at most {limit}");
            }
        }
    }

    async fn a_record_that_moved_on_is_a_conflict_and_the_others_with_it_are_not_put(database) {
        let (_fixture, register) = Fixture::new(database).await;
        put(&register, vec![record("a", 0, "一", "見本太郎")]).await.unwrap();
        let before = register.head(&kita()).await.unwrap();
        for stale in [0, 2] {
            let both = vec![record("b", 0, "三", "見本花子"), record("a", stale, "二", "見本次郎")];
            let refused = put(&register, both).await;
            assert!(matches!(refused, Err(RegisterError::Conflict { expected, found: 1 }) if expected == stale));
        }
        assert!(register.record(&kita(), "resident", "b").await.unwrap().is_none());
        assert_eq!(register.head(&kita()).await.unwrap(), before);
        // An event that only a record may have is no other writer's.
        let forged = Batch { events: vec![event("record/resident", "x")], ..Batch::default() };
        let written: Result<Written<()>, RegisterError> =
            register.write(&Ask::office(&kita()), |_| Ok((forged, ()))).await;
        assert!(matches!(written, Err(RegisterError::Batch { .. })));
    }

    async fn a_case_that_moved_on_is_a_conflict_and_nothing_is_written(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        let before = register.head(&kita()).await.unwrap();
        let written: Result<Written<()>, RegisterError> =
            register.write(&Ask::case(&kita(), case, 1), |_| panic!("nothing is to be decided")).await;
        assert!(matches!(written, Err(RegisterError::Conflict { expected: 1, found: 2 })));
        // Nor if the writer refuses, nor without an event.
        let refused: Result<Written<()>, RegisterError> =
            register.write(&Ask::case(&kita(), case, 2), |_| Err(RegisterError::SamePerson)).await;
        assert!(matches!(refused, Err(RegisterError::SamePerson)));
        let silent: Result<Written<()>, RegisterError> =
            register.write(&Ask::case(&kita(), case, 2), |_| Ok((Batch::default(), ()))).await;
        assert!(matches!(silent, Err(RegisterError::Batch { .. })));
        assert_eq!(register.head(&kita()).await.unwrap(), before);
    }

    async fn the_same_request_is_answered_as_before(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        assert!(matches!(once(&register, case, "k", 1, "first").await.unwrap(), Written::Now(_)));
        let size = register.head(&kita()).await.unwrap().tree.size();
        let Written::Earlier(answer) = once(&register, case, "k", 1, "second").await.unwrap() else { panic!() };
        assert_eq!(&answer.0[..], b"first");
        assert_eq!(register.head(&kita()).await.unwrap().tree.size(), size);
        assert!(matches!(once(&register, case, "k", 2, "other").await, Err(RegisterError::KeyReused)));
    }

    async fn a_number_ends_once_and_a_paper_is_read_only_after_its_end(database) {
        let (fixture, register) = Fixture::new(database).await;
        let case = open(&register, "contractor").await;
        let (id, number) = begin(&register, case, 3).await.unwrap();
        assert_eq!((number.terminal, number.serial, number.day), (3, 1, register.now().await.unwrap().day()));
        assert!(register.paper(&kita(), id).await.unwrap().is_none());
        assert_eq!(register.issuances_without_end(&kita()).await.unwrap()[0].id, id);
        end(&register, case, id, issue(b"%PDF")).await.unwrap();
        assert_eq!(&register.paper(&kita(), id).await.unwrap().unwrap()[..], b"%PDF");
        for step in [issue(b"other"), void("late")] {
            assert!(matches!(end(&register, case, id, step).await, Err(RegisterError::AlreadyEnded)));
        }
        let (voided, number) = begin(&register, case, 3).await.unwrap();
        assert_eq!(number.serial, 2);
        end(&register, case, voided, void("jam")).await.unwrap();
        let read = register.issuance_by_number(&kita(), number).await.unwrap().unwrap();
        assert!(matches!(&read.end, Some(End::Voided { reason, .. }) if reason == "jam"));
        assert!(register.paper(&kita(), voided).await.unwrap().is_none());
        assert!(register.issuances_without_end(&kita()).await.unwrap().is_empty());
        assert_eq!(register.issuances_of_case(&kita(), case).await.unwrap().len(), 2);
        assert_eq!(register.issuances_of_day(&kita(), number.day).await.unwrap()[1], read);
        // The database says so too.
        let again = fixture.try_run("UPDATE issuances SET reason = 'other' WHERE state = 'voided'").await;
        assert!(matches!(again, Err(RegisterError::Refused { .. })), "{again:?}");
    }

    async fn fifty_writers_leave_no_gap_and_a_whole_chain(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let register = std::sync::Arc::new(register);
        let case = open(&register, "contractor").await;
        let writers: Vec<_> = (0..50u16).map(|n| {
            let register = register.clone();
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for _ in 0..20 {
                    numbers.push(begin(&register, case, n % 2).await.unwrap().1);
                }
                numbers
            })
        }).collect();
        let mut serials = [Vec::new(), Vec::new()];
        for writer in writers {
            for number in writer.await.unwrap() {
                serials[usize::from(number.terminal)].push(number.serial);
            }
        }
        for mut of_terminal in serials {
            of_terminal.sort_unstable();
            assert_eq!(of_terminal, (1..=500).collect::<Vec<_>>());
        }
        let report = register.audit(&kita(), Default::default()).await.unwrap();
        assert_eq!((report.findings, report.size), (Vec::new(), 1_003));
    }

    async fn the_work_list_goes_on_where_it_ended(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let mut opened = Vec::new();
        for _ in 0..7 {
            opened.push(open(&register, "contractor").await);
            open(&register, "city").await;
        }
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let (cases, more) = register.work_list(&kita(), "contractor", after, 3).await.unwrap();
            let last = cases.last().unwrap();
            after = Some(After { opened_at: last.opened_at, case: last.id });
            listed.extend(cases.iter().map(|case| case.id));
            assert_eq!(more, listed.len() < 7);
            if !more { break }
        }
        assert_eq!(listed, opened);
        // A case that waits for another is no longer there.
        let row = register.case(&kita(), opened[0]).await.unwrap().unwrap();
        let batch = Batch { events: vec![event("moved", "1")], case: Some((row, vec!["city".to_owned()])), ..Batch::default() };
        let written: Result<_, RegisterError> = register.write(&Ask::case(&kita(), opened[0], 2), |_| Ok((batch, ()))).await;
        written.unwrap();
        let (cases, _) = register.work_list(&kita(), "contractor", None, 50).await.unwrap();
        assert_eq!(cases.len(), 6);
        assert_eq!(register.work_list(&kita(), "city", None, 50).await.unwrap().0[0].id, opened[0]);
    }

    async fn the_whole_register_is_read_page_by_page(database) {
        let (_fixture, register) = Fixture::new(database).await;
        day(&register).await;
        let size = register.head(&kita()).await.unwrap().tree.size();
        let (mut position, mut entries) = (0, Vec::new());
        while position < size {
            let page = register.events_from(&kita(), position, 4).await.unwrap();
            position += page.len() as u64;
            entries.extend(page);
        }
        assert_eq!(entries.len() as u64, size);
        for (entry, at) in entries.iter().zip(0..) {
            match &entry.event {
                Some(event) => assert_eq!((event.position, event.version == 0), (at, entry.case.is_none())),
                None => assert!(entry.case.is_some(), "only a case's key is destroyed"),
            }
        }
        let gone = entries.iter().filter(|entry| entry.event.is_none()).count();
        assert_eq!(gone, 1, "the one event of the case that was destroyed");
        let kinds: Vec<&str> = entries.iter().filter_map(|entry| Some(entry.event.as_ref()?.kind.as_str())).collect();
        assert_eq!((kinds[0], *kinds.last().unwrap()), ("register/enrolled", "register/keys-destroyed"));
        // Nobody else writes such events.
        let batch = Batch { events: vec![event("register/enrolled", "1")], ..Batch::default() };
        let forged: Result<_, RegisterError> = register.write(&Ask::office(&kita()), |_| Ok((batch, ()))).await;
        assert!(matches!(forged, Err(RegisterError::Batch { .. })));
    }

    async fn a_destroyed_case_is_unreadable_and_the_chain_whole(database) {
        let (_fixture, register) = Fixture::new(database).await;
        let (kept, gone) = (open(&register, "contractor").await, ended(&register).await);
        let retention = Retention::sample().unwrap();
        assert_eq!(register.due(&kita(), &retention).await.unwrap(), [gone]);
        let destroy = |case, people| { let (register, retention) = (&register, &retention);
            async move { register.destroy(&kita(), &[case], people, retention).await } };
        assert!(matches!(destroy(gone, ["a", "a"]).await, Err(RegisterError::SamePerson)));
        assert!(matches!(destroy(kept, ["a", "b"]).await, Err(RegisterError::NotDue { .. })));
        destroy(gone, ["a", "b"]).await.unwrap();
        assert!(matches!(register.events(&kita(), gone).await.unwrap(), CaseEvents::Destroyed));
        assert!(matches!(register.events(&kita(), kept).await.unwrap(), CaseEvents::Whole(events) if events.len() == 2));
        assert!(register.find(&kita(), &term("shimei", "見本花子"), &[], 9).await.unwrap().is_empty());
        assert!(register.due(&kita(), &retention).await.unwrap().is_empty());
        let ask = Ask { case: Some(gone), ..Ask::office(&kita()) };
        let more: Result<Written<()>, RegisterError> =
            register.write(&ask, |_| Ok((Batch { events: vec![event("more", "1")], ..Batch::default() }, ()))).await;
        assert!(matches!(more, Err(RegisterError::Destroyed)));
        assert_eq!(register.audit(&kita(), Default::default()).await.unwrap().findings, []);
    }

    async fn a_copy_is_restored_on_either_database(database) {
        let (fixture, register) = Fixture::new(database).await;
        let cases = day(&register).await;
        let path = fixture.folder.path().join("copy.jsonl");
        let copied = register.copy(&path).await.unwrap();
        let report = register.audit(&kita(), Default::default()).await.unwrap();
        register.close().await.unwrap();
        let of = kita();
        for to in [Database::Sqlite, Database::Postgres] {
            let other = Fixture::empty(to).await;
            let keys = fixture.keys();
            let restore = |note: &'static str| {
                let noted = move |_: &Copied| Ok::<_, RegisterError>(event("restored", note));
                Register::restore(&path, &other.owner, &keys, other.clock(), (&of, noted))
            };
            assert_eq!(restore("by-somebody").await.unwrap(), copied);
            other.let_worker_in().await;
            let restored = Register::open(&other.url, &fixture.keys(), super::super::fixture::PROGRAM, other.clock()).await.unwrap();
            let now = restored.audit(&kita(), Default::default()).await.unwrap();
            assert_eq!((now.findings, now.size), (vec![], report.size + 1));
            let told = restored.events_from(&kita(), report.size, 9).await.unwrap();
            assert_eq!(*told[0].event.as_ref().unwrap().body, b"by-somebody");
            assert!(matches!(restored.events(&kita(), cases[0]).await.unwrap(), CaseEvents::Whole(_)));
            begin(&restored, cases[0], 1).await.unwrap();
            assert!(matches!(restore("again").await, Err(RegisterError::NotEmpty)));
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for broken in [
            text.replace("\"contractor\"", "\"city\""),
            lines[..lines.len() - 1].join("\n"),
            text.clone() + lines[3] + "\n",
        ] {
            std::fs::write(&path, broken).unwrap();
            assert!(matches!(verify_copy(&path), Err(RegisterError::Copy { .. })));
        }
    }
}
