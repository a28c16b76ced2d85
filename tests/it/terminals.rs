//! 端末の登録: nothing is issued but at a terminal of the office that is enrolled now.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};
use shomei::case::actor::Actor;
use shomei::case::id::{OfficeId, PersonId};
use shomei::office::right::{Officer, Right};
use shomei::office::terminals::{Seat, TerminalError, Terminals};
use shomei::office::token::Token;
use shomei::procedure::Role;
use shomei::register::{Mode, Register};

use crate::desk::Served;
use crate::office::Place;
use crate::proofs::office::{Hall, office};
use crate::register::fixture::Database;

#[test]
fn a_command_issues_only_at_a_terminal_that_this_machine_is() {
    let place = Place::new();
    let case = place.approved();
    let issue = |more: &str| format!("case issue {case} 1 -o sealed.pdf --as kita-shonin{more}");
    assert!(place.refused(&issue(" --terminal 2")).contains("no-terminal-here"));
    place.done("terminal end 1 --as kita-shonin");
    assert!(place.refused(&issue("")).contains("no-terminal-here"));
    assert!(place.refused("terminal end 1 --as kita-shonin").contains("no-terminal"));
    assert!(!place.at("sealed.pdf").exists());
    // What was ended is not given again, and neither is its name.
    let code = |seat: &str, who: &str| format!("terminal code {seat} --as {who}");
    for taken in ["1 --name 本庁01", "1 --name 本庁02", "2 --name 本庁01"] {
        assert!(place.refused(&code(taken, "kita-shonin")).contains("terminal-taken"), "{taken}");
    }
    for none in ["0 --name 本庁02", "32768 --name 本庁02", "2 --name 本庁/2", "2 --name 一二三四五六七八九十一二三"]
    {
        assert!(place.refused(&code(none, "kita-shonin")).contains("terminal-seat"), "{none}");
    }
    assert!(place.refused(&code("2 --name 本庁02", "kita-shinsa")).contains("no-right"));
    let told = place.done(&code("2 --name 本庁02 --printer P022 --tray A", "kita-shonin"));
    let enrol = format!("terminal enrol {}", told.trim().to_lowercase());
    assert_eq!(place.done(&enrol), "kita-ku\t2\t本庁02\n");
    assert!(place.refused(&enrol).contains("terminal-code-over"), "once");
    assert!(place.refused("terminal enrol AAAA-AAAA-AAAA-AAAA").contains("terminal-code-over"));
    let listed = place.done("terminal list --as kita-madoguchi");
    assert!(listed.starts_with("1\t本庁01\tP002\t\t") && listed.contains("\tend\n2\t本庁02\tP022\tA\t"), "{listed}");
    let issued = place.done(&issue(""));
    assert!(issued.contains("本庁02"), "{issued}");
    place.done("audit --lists --as kita-shinsa");
}

#[test]
fn over_http_a_terminal_that_is_not_of_the_office_or_over_is_none() {
    let served = Served::with(&["kita-shonin", "minato-shonin"]);
    let (kita, minato) = (served.token("kita-shonin"), served.token("minato-shonin"));
    let ask = |method: &str, path: &str, token: &str, body: Option<Value>| {
        served.ask(method, &format!("/api/v1{path}"), Some(token), body, &[])
    };
    let case = "991231-0001";
    let issue = |token: &str, terminal: &str| {
        let path = format!("/api/v1/cases/{case}/documents/1/issuances");
        let header = format!("x-shomei-terminal: {terminal}");
        let told = served.ask("POST", &path, Some(token), None, &["-H", &header]);
        (told.status, String::from_utf8(told.body).unwrap())
    };
    let seat = json!({ "number": 3, "name": "出張所01", "printer": "P033" });
    let code = ask("POST", "/terminals/codes", &kita, Some(seat)).json()["code"].as_str().unwrap().to_owned();
    let enrolled = served.ask("POST", "/api/v1/terminals", None, Some(json!({ "code": code })), &[]);
    assert_eq!(enrolled.status, 201);
    let terminal = enrolled.json()["token"].as_str().unwrap().to_owned();
    assert_eq!((&enrolled.json()["office"], &enrolled.json()["number"]), (&json!("kita-ku"), &json!(3)));
    // There the case is looked for; of it nothing is told elsewhere.
    assert!(issue(&kita, &terminal).1.contains("no-case"));
    let nothing = issue(&kita, "");
    assert!(nothing.0 == 403 && nothing.1.contains("no-terminal-here"));
    assert_eq!(issue(&kita, "AAAA"), nothing);
    assert_eq!(issue(&minato, &terminal), nothing, "another ward's");
    let used = served.ask("POST", "/api/v1/terminals", None, Some(json!({ "code": code })), &[]);
    let never = served.ask("POST", "/api/v1/terminals", None, Some(json!({ "code": "none" })), &[]);
    assert_eq!((used.status, used.body), (never.status, never.body));
    // Of another ward's terminals nothing is told or ended.
    assert_eq!(ask("DELETE", "/terminals/3", &minato, None).status, 404);
    assert!(!String::from_utf8(ask("GET", "/terminals", &minato, None).body).unwrap().contains("出張所01"));
    assert_eq!(ask("POST", "/terminals/3/renew", &kita, None).status, 200);
    assert_eq!(ask("DELETE", "/terminals/3", &kita, None).status, 204);
    assert_eq!(issue(&kita, &terminal), nothing, "ended");
    assert_eq!(ask("POST", "/terminals/3/renew", &kita, None).status, 404);
}

/// A quarter of an hour, and how long a terminal is enrolled, in milliseconds.
const QUARTER: i64 = 15 * 60 * 1_000;
const ENROLLED: i64 = 92 * 24 * 60 * 60 * 1_000;

fn seat(number: u16, name: &str) -> Seat {
    Seat { number, name: name.to_owned(), printer: String::new(), tray: String::new() }
}

#[test]
fn a_code_ends_after_a_quarter_of_an_hour_and_a_terminal_unless_it_is_renewed() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(over());
}

async fn over() {
    // 2026-01-15 10:00 in Tokyo; the clock moves when it is told to.
    let now = Arc::new(AtomicI64::new(1_768_438_800_000));
    let wait = |millis| now.fetch_add(millis, Ordering::Relaxed);
    let (hall, clock) = (Hall::of(Database::Sqlite, Mode::Single, shomei::PROGRAM).await, now.clone());
    let clock = Arc::new(move || clock.load(Ordering::Relaxed));
    let register = &Register::open(&hall.fixture.url, &hall.keys(), shomei::PROGRAM, clock).await.unwrap();
    office().enrol(register).await;
    let (city, kita) = (&office().city.id, OfficeId::parse("kita-ku").unwrap());
    let terminals = Terminals::of(register, city);
    let actor = Actor::new(PersonId::parse("a").unwrap(), kita.clone(), [Role::CityApprover]).unwrap();
    let by = Officer { actor: &actor, rights: &[Right::People].into() };
    let (late, soon) =
        (terminals.admit(&by, seat(8, "八番")).await.unwrap(), terminals.admit(&by, seat(9, "九番")).await.unwrap());
    wait(QUARTER - 1);
    let (token, first) = terminals.enrol(&soon).await.unwrap();
    wait(1);
    assert!(matches!(terminals.enrol(&late).await, Err(TerminalError::Code)));
    // A second enrolment of one that stands ends the first token.
    let again = terminals.admit(&by, first.seat.clone()).await.unwrap();
    let (other, _) = terminals.enrol(&again).await.unwrap();
    assert!(matches!(terminals.here(&token, &kita).await, Err(TerminalError::NotHere)));
    let known = terminals.here(&other, &kita).await.unwrap();
    assert_eq!(known.seat(), &first.seat);
    wait(ENROLLED - 1);
    terminals.here(&other, &kita).await.unwrap();
    terminals.renew(&by, 9).await.unwrap();
    wait(1);
    terminals.here(&other, &kita).await.unwrap();
    wait(ENROLLED - 1);
    assert!(matches!(terminals.here(&other, &kita).await, Err(TerminalError::NotHere)));
    assert!(matches!(terminals.renew(&by, 9).await, Err(TerminalError::None { number: 9 })));
    assert!(matches!(terminals.here(&Token::shown(""), &kita).await, Err(TerminalError::NotHere)));
}
