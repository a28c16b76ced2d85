//! 証明者と公印: two people change who certifies and with which seal, and never what was certified.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use data_encoding::BASE64;
use serde_json::{Value, json};
use shomei::case::event::Lapse;
use shomei::issuing::Issuing;
use shomei::issuing::city::City;
use shomei::issuing::issue::{Counter, Order, ReleaseError};
use shomei::office::certifiers::Period;
use shomei::office::proposals::Proposals;
use shomei::office::right::Officer;
use shomei::register::{Mode, Register};

use crate::desk::Served;
use crate::proofs::office::{Hall, office};
use crate::register::fixture::Database;
use crate::root;

/// The day in Tokyo, so many days from now.
fn day(from_now: i64) -> String {
    let tokyo = chrono::Utc::now().with_timezone(&chrono::FixedOffset::east_opt(9 * 3_600).unwrap());
    (tokyo + chrono::TimeDelta::days(from_now)).format("%Y-%m-%d").to_string()
}

#[test]
fn two_change_who_certifies_from_tomorrow_on_and_register_a_seal() {
    let served = Served::with(&["kita-shonin", "kita-shonin-2", "kita-shinsa", "minato-shonin"]);
    let [one, other, without, minato] =
        ["kita-shonin", "kita-shonin-2", "kita-shinsa", "minato-shonin"].map(|person| served.token(person));
    let ask = |method: &str, path: &str, token: &str, body: Value| {
        served.ask(method, &format!("/api/v1{path}"), Some(token), (!body.is_null()).then_some(body), &[]).json()
    };
    let propose = |wish: &Value, who: &str| ask("POST", "/certifiers/proposals", who, wish.clone());
    let confirm = |told: &Value, who: &str| {
        ask("POST", &format!("/proposals/{}/confirm", told["proposal"].as_str().unwrap()), who, Value::Null)
    };
    let png = |path: &str| BASE64.encode(&std::fs::read(root().join(path)).unwrap());
    let seal = |id: &str, png: String, mm: f64| json!({ "change": "seal", "id": id, "png": png, "mm": mm, "alt": "A" });
    let good = seal("kita-ku-cho-2", png("seals/kita-ku-cho.png"), 24.0);
    assert_eq!(propose(&good, &without)["title"], "no-right");
    assert_eq!(propose(&seal("kita-ku-cho-2", png("README.md"), 24.0), &one)["title"], "seal-malformed");
    assert_eq!(propose(&seal("kita-ku-cho-2", png("seals/kita-ku-cho.png"), 26.0), &one)["title"], "seal-malformed");
    assert_eq!(propose(&seal("minato-ku-cho", png("seals/kita-ku-cho.png"), 24.0), &one)["title"], "seal-taken");

    let before = ask("GET", "/certifiers", &one, Value::Null)["signatories"].clone();
    let changed = |last: i64, seal: &str| {
        let mut all = before.as_array().unwrap().clone();
        let end = all.last_mut().unwrap();
        end["until"] = json!(day(last));
        let mut next = end.clone();
        next.as_object_mut().unwrap().remove("until");
        next["from"] = json!(day(last + 1));
        next["name"] = json!("見本　次郎");
        next["seal"] = json!(seal);
        all.push(next);
        json!({ "change": "signatories", "signatories": all })
    };
    assert_eq!(propose(&changed(0, "kita-ku-cho-2"), &one)["title"], "no-seal");
    let waits = propose(&good, &one);
    assert_eq!(confirm(&waits, &one)["title"], "proposal-own");
    assert_eq!(confirm(&waits, &without)["title"], "no-right");
    assert_eq!(confirm(&waits, &minato)["title"], "no-proposal");
    assert_eq!(confirm(&waits, &other), json!({ "done": true }));
    assert_eq!(propose(&good, &one)["title"], "seal-taken");

    assert_eq!(propose(&changed(-1, "kita-ku-cho-2"), &one)["title"], "signatories-past");
    assert_eq!(propose(&json!({ "change": "signatories", "signatories": [] }), &one)["title"], "signatories-past");
    let (first, second) = (propose(&changed(0, "kita-ku-cho-2"), &one), propose(&changed(5, "kita-ku-cho-2"), &one));
    assert_eq!(ask("GET", "/certifiers", &other, Value::Null)["signatories"], before, "not before it is confirmed");
    assert_eq!(confirm(&first, &other), json!({ "done": true }));
    assert_eq!(confirm(&second, &other)["title"], "proposal-lapsed");
    let now = ask("GET", "/certifiers", &other, Value::Null);
    assert_eq!(now["signatories"], changed(0, "kita-ku-cho-2")["signatories"], "in the program that runs");
    assert!(now["seals"].as_array().unwrap().iter().any(|seal| seal["id"] == "kita-ku-cho-2"), "{now}");
    // Another ward's are its own.
    assert!(!ask("GET", "/certifiers", &minato, Value::Null).to_string().contains("kita-ku"));
    let mut served = served;
    served.meanwhile(|place| {
        let shown = place.done("office show --as kita-madoguchi");
        assert!(shown.contains(&format!("{}\t\t", day(1))) && shown.contains("見本　次郎\tkita-ku-cho-2"), "{shown}");
        place.done("audit --lists --as kita-shinsa");
    });
}

#[test]
fn what_was_approved_under_one_who_certifies_is_not_issued_under_another() {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        // 2026-01-15 10:00 in Tokyo; the clock moves when it is told to.
        let now = Arc::new(AtomicI64::new(1_768_438_800_000));
        let (hall, clock) = (Hall::of(Database::Sqlite, Mode::Single, shomei::PROGRAM).await, now.clone());
        let clock = Arc::new(move || clock.load(Ordering::Relaxed));
        let register = &Register::open(&hall.fixture.url, &hall.keys(), shomei::PROGRAM, clock).await.unwrap();
        office().enrol(register).await;
        office().employ(register).await;
        let (city, kita) = (City::sample().unwrap(), &office().id);
        let people = |id: &str| office().people.person(id).unwrap();
        let (one, other): (Officer<'_>, Officer<'_>) =
            (people("kita-shonin").officer(), people("kita-shonin-2").officer());
        let before: Vec<Period> =
            city.office("kita-ku").unwrap().office.signatories.iter().cloned().map(Period::from).collect();
        let mut after = before.clone();
        after[0].until = Some("2026-01-15".parse().unwrap());
        after.insert(1, Period { from: "2026-01-16".parse().unwrap(), name: "次の人".to_owned(), ..before[0].clone() });
        let proposals = Proposals::of(register, &city.id);
        let seals = ["kita-ku-cho", "kita-ku-cho-shokumu-dairisha"].map(str::to_owned);
        let late = proposals.signatories(&one, after.clone(), before.clone(), &seals).await.unwrap();
        let proposed = proposals.signatories(&one, after, before, &seals).await.unwrap();
        proposals.confirm(&other, &proposed.id).await.unwrap();
        assert_eq!(proposals.confirm(&other, &late.id).await.unwrap_err().code(), "proposal-lapsed");
        now.fetch_add(24 * 3_600_000, Ordering::Relaxed);
        // Approved by somebody whose program does not know of it yet.
        let case = office().approved(register, 1, 1).await.id;
        let counter = office().counter(register);
        let counter = Counter { issuing: Issuing { city: &city, ..counter.issuing }, ..counter };
        let terminal = office().terminal(register).await.unwrap();
        let (actor, entry) = (office().officer(), shomei::issuing::bench::CERTIFICATE);
        let order = Order { office: kita, case, entry, actor, terminal: &terminal, once: None };
        let refused = counter.issue(order).await.unwrap_err();
        assert!(matches!(refused, ReleaseError::Lapsed(Lapse::OtherIssuer)), "{refused}");
        let signs = city.office("kita-ku").unwrap().office.signatory("2026-01-16".parse().unwrap()).unwrap();
        assert_eq!(signs.name, "次の人");
        assert_eq!(register.issuances_of_case(kita, case).await.unwrap().len(), 0, "no number is spent");
    });
}
