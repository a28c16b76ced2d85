//! What whoever runs the program sees of it, and how it stops.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use shomei::PROGRAM;
use shomei::case::id::OfficeId;
use shomei::register::{Register, clock};

use crate::desk::{LOG, PASSWORD, Served};
use crate::{root, tool};

const PEOPLE: [&str; 5] = ["kita-madoguchi", "kita-nyuryoku", "kita-shogo", "kita-shinsa", "kita-shonin"];

fn sample(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join("samples").join(path)).unwrap()).unwrap()
}

impl Served {
    fn step(&self, token: &str, case: &str, step: Value) {
        let told = self.ask("POST", &format!("/api/v1/cases/{case}/steps"), Some(token), Some(step), &[]);
        assert_eq!(told.status, 200, "{}", told.json());
    }

    /// 住民票の写しの交付 until its copies are approved: the case, and who may have them issued.
    fn approved(&self, copies: u8) -> (String, String) {
        let token = |person: &str| self.token(person);
        let counter = token("kita-madoguchi");
        let case = self.case(&counter);
        let path = format!("/api/v1/cases/{case}");
        let seikyu = sample("receptions/seikyu.json");
        assert_eq!(self.ask("POST", &format!("{path}/request"), Some(&counter), Some(seikyu), &[]).status, 200);
        for step in ["1", "2", "3", "4", "5", "6"] {
            self.step(&counter, &case, json!({ "step": step }));
        }
        let request = sample("requests/juminhyo-utsushi.json");
        let document = json!({ "kind": "juminhyo-utsushi", "copies": copies, "request": request });
        self.step(&token("kita-nyuryoku"), &case, json!({ "step": "7", "documents": [document] }));
        let collator = token("kita-shogo");
        assert_eq!(self.ask("GET", &format!("{path}/documents/1/copy"), Some(&collator), None, &[]).status, 200);
        self.step(&collator, &case, json!({ "step": "8" }));
        self.step(&token("kita-shinsa"), &case, json!({ "step": "9" }));
        let approver = token("kita-shonin");
        let seen = self.ask("GET", &path, Some(&approver), None, &[]).json()["documents"][0]["code"].clone();
        self.step(&approver, &case, json!({ "step": "10", "seen": [seen] }));
        (case, approver)
    }

    fn watched(&self) -> String {
        let told = tool("curl", &["-s", "-S", "--fail", &self.watch]);
        assert!(told.status.success());
        String::from_utf8(told.stdout).unwrap()
    }

    /// A working day: somebody gets a copy, somebody is looked for, suppressed and lifted, files are taken over,
    /// much is refused. The case, and what was typed.
    fn whole_day(&self) -> (String, Vec<String>) {
        let (case, approver) = self.approved(1);
        let path = format!("/api/v1/cases/{case}");
        let counter = self.token("kita-madoguchi");
        let post = |path: &str, token: &str, body: Value| self.ask("POST", path, Some(token), Some(body), &[]);
        let (issue, terminal) = (format!("{path}/documents/1/issuances"), self.terminal("kita-ku"));
        assert_eq!(self.ask("POST", &issue, Some(&approver), None, &["-H", &terminal]).status, 201);
        self.step(&counter, &case, json!({ "step": "11" }));
        for wanted in [json!({ "shimei": "見本花子" }), json!({ "atena-bango": "1000020" })] {
            assert_eq!(post("/api/v1/cases/search", &counter, wanted.clone()).status, 200);
            assert_eq!(post("/api/v1/subjects/search", &counter, wanted).status, 200);
        }
        let born = json!({ "furigana": "ミホンハナコ", "seinengappi": "1982-03-03" });
        assert_eq!(post("/api/v1/subjects/search", &counter, born).status, 200);
        let target = json!({ "atena-bango": "1000020", "shimei": ["見本花子"] });
        let set = json!({
            "target": target, "works": ["hakko"], "level": "error", "basis": "shien", "reason": "配偶者から逃れた",
        });
        assert_eq!(post("/api/v1/suppressions", &approver, set).status, 201);
        let found = post("/api/v1/suppressions/search", &approver, json!({ "atena-bango": "1000020" }));
        assert_eq!(found.status, 200);
        let file = root().join("samples/subjects.jsonl");
        let import = ["--data-binary", &format!("@{}", file.display())];
        assert_eq!(self.ask("POST", "/api/v1/subjects", Some(&approver), None, &import).status, 200);
        let spoiled = "{\"kind\": \"jumin\", \"atena_bango\": \"7654321\", \"shimei\": \"間違野太郎\"}";
        let told = self.ask("POST", "/api/v1/subjects", Some(&approver), None, &["--data-binary", spoiled]);
        assert_eq!(told.json()["bad"].as_array().unwrap().len(), 1);
        // What is refused: a form, a field, an address that there is not, a method, a password.
        assert_eq!(post(&format!("{path}/acts"), &approver, json!({ "act": "return", "reason": 7 })).status, 400);
        assert_eq!(post("/api/v1/cases/search", &counter, json!({ "shimei": ["拒絶川花"] })).status, 400);
        let typed = json!({ "kind": "juminhyo-utsushi", "typed": { "setainushi": "手打山花子" } });
        let typed = json!({ "step": "7", "documents": [typed] });
        assert_eq!(post(&format!("{path}/steps"), &self.token("kita-nyuryoku"), typed).status / 100, 4);
        assert_eq!(self.ask("GET", "/api/v1/people/%E8%BF%B7%E5%AD%90", Some(&counter), None, &[]).status, 404);
        assert_eq!(self.ask("BRING", "/api/v1/cases", Some(&counter), None, &[]).status, 404);
        assert_eq!(self.sign_in("kita-shonin", "a wrong password").status, 401);
        assert_eq!(self.ask("GET", "/api/v1/incidents", Some(&approver), None, &[]).status, 200);
        let mut typed: Vec<String> =
            ["配偶者から逃れた", "7654321", "間違野太郎", "拒絶川花", "手打山花子", "迷子"].map(str::to_owned).into();
        typed.extend([PASSWORD, "a wrong password", "1982-03-03", &approver, &counter].map(str::to_owned));
        typed.extend(PEOPLE.map(str::to_owned));
        (case, typed)
    }
}

/// Values of the samples that are about somebody: names, addresses, days of birth, numbers.
fn of_people(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| of_people(value, key, found)),
        Value::Array(values) => values.iter().for_each(|value| of_people(value, key, found)),
        Value::String(text) if text.chars().count() < 300 => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let named = !text.is_ascii() && text.chars().count() > 1;
            let numbered = digits > 6 && !text.contains(':');
            if named || numbered || key.contains("seinengappi") || key == "alphabet" {
                found.insert(text.clone());
            }
        }
        _ => {}
    }
}

fn values_of_samples() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, path) in crate::samples() {
        of_people(&serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(), "", &mut found);
    }
    for line in std::fs::read_to_string(root().join("samples/subjects.jsonl")).unwrap().lines() {
        of_people(&serde_json::from_str(line).unwrap(), "", &mut found);
    }
    found
}

/// Whether a text has a value; digits within a longer number are none.
fn has(text: &str, value: &str) -> bool {
    let part = |c: char| c.is_ascii_digit() || c == '.';
    text.match_indices(value).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + value.len()..].chars().next());
        !value.starts_with(|c: char| c.is_ascii_digit())
            || !(before.is_some_and(part) || after.is_some_and(|c| c.is_ascii_digit()))
    })
}

#[test]
fn nothing_of_a_person_is_in_logs_metrics_or_urls() {
    let served = Served::with(&PEOPLE);
    let (case, typed) = served.whole_day();
    let log = std::fs::read_to_string(served.place.at(LOG)).unwrap();
    let urls: Vec<String> = served.asked.borrow().iter().filter(|url| !url.contains("/people/")).cloned().collect();
    let (metrics, urls) = (served.watched(), urls.join("\n"));
    // It was told of each request, at all levels, and of the statements.
    for told in ["DEBUG", "INFO", "route=\"/api/v1/subjects/search\"", "code=\"sign-in-wrong\"", "SELECT"] {
        assert!(log.contains(told), "{told}");
    }
    let values = values_of_samples();
    assert!(values.len() > 500, "{}", values.len());
    for value in values.iter().chain(&typed) {
        assert!(!has(&log, value), "the log has {value}");
        assert!(!has(&metrics, value), "the metrics have {value}");
        assert!(!has(&urls, value), "a URL has {value}");
    }
    assert!(!has(&log, &case) && !has(&metrics, &case));
    // Microseconds, and statements that are cut short, are all that is not.
    let log = log.replace(['\u{b5}', '\u{2026}'], "");
    assert!(log.is_ascii() && metrics.is_ascii() && !log.contains("%E"));
}

#[test]
fn what_is_counted_is_told_apart_from_the_api() {
    let served = Served::with(&PEOPLE);
    served.whole_day();
    let metrics = served.watched();
    for line in [
        "shomei_requests_total{method=\"GET\",route=\"/api/v1/cases/{number}\",status=\"200\"} 1",
        "shomei_requests_total{method=\"other\",route=\"/api/v1/cases\",status=\"404\"} 1",
        "shomei_requests_seconds_count{method=\"POST\",route=\"/api/v1/cases\"} 1",
        "shomei_issuing_copies_total{kind=\"juminhyo-utsushi\",end=\"issued\"} 1",
        "shomei_issuing_press_seconds_count 1",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line} in {metrics}");
    }
    assert_eq!(served.ask("GET", "/metrics", None, None, &[]).status, 404);
    for watched in ["healthz", "readyz"] {
        assert_eq!(served.ask("GET", &format!("/{watched}"), None, None, &[]).status, 204);
        let there = served.watch.replace("metrics", watched);
        assert_eq!(tool("curl", &["-s", "-o", "/dev/null", "-w", "%{http_code}", &there]).stdout, b"204");
    }
}

/// A number that was given without an end, without the sweep of a start.
fn without_end(served: &Served) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (database, keys) = (served.place.at("shomei.db"), served.place.at("shomei.keys"));
        let register = Register::open(database.to_str().unwrap(), &keys, PROGRAM, clock::system()).await.unwrap();
        let office = OfficeId::parse("kita-ku").unwrap();
        let open = register.issuances_without_end(&office).await.unwrap().len();
        register.close().await.unwrap();
        open
    })
}

#[test]
fn a_server_that_is_told_to_stop_ends_what_it_issues_and_lets_nobody_in() {
    const CASES: usize = 4;
    const ORDERS: usize = 12;
    let mut served = Served::with(&PEOPLE);
    let approved: Vec<_> = (0..CASES).map(|_| served.approved(3)).collect();
    let issue = |number: usize| {
        let (case, approver) = &approved[number % CASES];
        let mut client = Command::new("curl");
        client.args(["-s", "-o", served.place.at(&format!("{number}.pdf")).to_str().unwrap(), "-w", "%{http_code}"]);
        client.args(["-X", "POST", "-H", &format!("authorization: Bearer {approver}")]);
        client.args(["-H", &served.terminal("kita-ku")]);
        // Half of them go away before they are answered.
        if number < ORDERS / 2 {
            client.args(["--max-time", &format!("0.{:02}", 5 * (2 + number))]);
        }
        client.arg(format!("{}/api/v1/cases/{case}/documents/1/issuances", served.url));
        client.stdout(Stdio::piped()).spawn().unwrap()
    };
    let clients: Vec<_> = (0..ORDERS).map(issue).collect();
    let log = || std::fs::read_to_string(served.place.at(LOG)).unwrap();
    while !log().contains("copy ended") {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    tool("kill", &["-TERM", &served.server.id().to_string()]);
    let answers: Vec<_> = clients.into_iter().map(|client| client.wait_with_output().unwrap().stdout).collect();
    assert!(served.server.wait().unwrap().success());
    assert!(log().contains("told to stop"));
    assert_eq!(without_end(&served), 0);
    // Whoever was answered has the paper; the register has it, and is whole.
    let answers: Vec<_> = answers.into_iter().map(|answer| String::from_utf8(answer).unwrap()).collect();
    assert!(answers.iter().any(|answer| answer == "201"), "{answers:?}");
    // Two at the same case at once: one of them is told so.
    assert!(answers.iter().all(|answer| ["201", "409", "000"].contains(&answer.as_str())), "{answers:?}");
    for (number, _) in answers.iter().enumerate().filter(|(_, answer)| *answer == "201") {
        assert!(std::fs::read(served.place.at(&format!("{number}.pdf"))).unwrap().starts_with(b"%PDF"));
    }
    assert_eq!(tool("curl", &["-s", &format!("{}/healthz", served.url)]).status.code(), Some(7));
    served.place.done("audit --lists --as kita-shinsa");
}
