//! What whoever runs the program sees of it, and how it stops.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use shomei::PROGRAM;
use shomei::case::id::OfficeId;
use shomei::desk::{Need, document, endpoints};
use shomei::register::{Register, clock};

use crate::desk::{LOG, PASSWORD, Served, asked};
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
    const CASES: usize = 8;
    let mut served = Served::with(&PEOPLE);
    let approved: Vec<_> = (0..CASES).map(|_| served.approved(1)).collect();
    let issue = |number: usize| {
        let (case, approver) = &approved[number];
        let mut client = Command::new("curl");
        client.args(["-s", "-o", served.place.at(&format!("{number}.pdf")).to_str().unwrap(), "-w", "%{http_code}"]);
        client.args(["-X", "POST", "-H", &format!("authorization: Bearer {approver}")]);
        client.args(["-H", &served.terminal("kita-ku")]);
        // Half of them go away before they are answered.
        if number < CASES / 2 {
            client.args(["--max-time", &format!("0.{:02}", 5 * (2 + number))]);
        }
        client.arg(format!("{}/api/v1/cases/{case}/documents/1/issuances", served.url));
        client.stdout(Stdio::piped()).spawn().unwrap()
    };
    let clients: Vec<_> = (0..CASES).map(issue).collect();
    let log = || std::fs::read_to_string(served.place.at(LOG)).unwrap();
    let answered = |line: &str| line.contains("/issuances") && line.contains("status=201");
    while !log().lines().any(answered) {
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
    assert!(answers.iter().all(|answer| ["201", "000"].contains(&answer.as_str())), "{answers:?}");
    for (number, _) in answers.iter().enumerate().filter(|(_, answer)| *answer == "201") {
        assert!(std::fs::read(served.place.at(&format!("{number}.pdf"))).unwrap().starts_with(b"%PDF"));
    }
    assert_eq!(tool("curl", &["-s", &format!("{}/healthz", served.url)]).status.code(), Some(7));
    served.place.done("audit --lists --as kita-shinsa");
}

#[test]
fn a_request_with_a_key_is_done_once_whatever_it_asks() {
    let served = Served::with(&["kita-shonin", "kita-madoguchi"]);
    let (approver, counter) = (served.token("kita-shonin"), served.token("kita-madoguchi"));
    let case = served.case(&counter);
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.changes()) {
        let at = format!("{} {}", endpoint.method.word(), endpoint.path);
        let (path, body) = asked(endpoint, &case, "2026-01-15");
        let key = ["-H", "Idempotency-Key: one and the same"];
        let ask = |token: &str, body: &Option<Value>, key: &[&str]| {
            served.ask(endpoint.method.word(), &path, Some(token), body.clone(), key)
        };
        let key = [key[0], &format!("{} {at}", key[1])];
        let (first, again) = (ask(&approver, &body, &key), ask(&approver, &body, &key));
        assert_eq!((first.status, &first.body), (again.status, &again.body), "{at}");
        let other = ask(&approver, &Some(json!({ "another": "body" })), &key);
        assert_eq!(other.code(), (422, "request-key-reused".to_owned()), "{at}");
        // Another person's key is another key.
        let others = ask(&counter, &Some(json!({ "another": "body" })), &key);
        assert!(!String::from_utf8_lossy(&others.body).contains("request-key-reused"), "{at}");
    }
    // What was told again was not done again.
    let set = served.ask("GET", "/api/v1/suppressions", Some(&approver), None, &[]).json();
    assert_eq!(set["suppressions"].as_array().unwrap().len(), 1);
    let begin = |key: &str| {
        let key = ["-H", &format!("Idempotency-Key: {key}")];
        let body = json!({ "flow": "juminhyo-kofu" });
        served.ask("POST", "/api/v1/cases", Some(&counter), Some(body), &key).json()["number"].clone()
    };
    assert_eq!(begin("a"), begin("a"));
    assert_ne!(begin("a"), begin("b"));
}

#[test]
fn a_refused_request_may_be_sent_again_with_its_key() {
    let served = Served::with(&["kita-madoguchi"]);
    let counter = served.token("kita-madoguchi");
    let path = format!("/api/v1/cases/{}/steps", served.case(&counter));
    let step =
        |key: &str, more: &[&str]| served.ask("POST", &path, Some(&counter), Some(json!({ "step": key })), more).status;
    let key = ["-H", "Idempotency-Key: two"];
    assert_eq!(step("2", &key), 409);
    assert_eq!(step("1", &[]), 200);
    assert_eq!(step("2", &key), 200);
    assert_eq!(step("2", &key), 200);
    assert_eq!(step("2", &[]), 409);
}

#[test]
fn of_many_who_saw_the_same_version_one_writes() {
    const MANY: usize = 8;
    let served = Served::with(&["kita-madoguchi"]);
    let counter = served.token("kita-madoguchi");
    let case = served.case(&counter);
    let body = sample("receptions/seikyu.json").to_string();
    let write = |_| {
        let mut client = Command::new("curl");
        client.args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-d",
            &body,
            "-H",
            "content-type: application/json",
        ]);
        client.args(["-H", &format!("authorization: Bearer {counter}"), "-H", "if-match: \"1\""]);
        client.arg(format!("{}/api/v1/cases/{case}/request", served.url)).stdout(Stdio::piped()).spawn().unwrap()
    };
    let clients: Vec<_> = (0..MANY).map(write).collect();
    let told = clients.into_iter().map(|client| client.wait_with_output().unwrap().stdout);
    let mut told: Vec<String> = told.map(|told| String::from_utf8(told).unwrap()).collect();
    told.sort();
    assert_eq!((told[0].as_str(), &told[1..]), ("200", &vec!["412".to_owned(); MANY - 1][..]));
}

#[test]
fn a_work_list_is_read_page_by_page() {
    let served = Served::with(&["kita-madoguchi"]);
    let counter = served.token("kita-madoguchi");
    let begun: BTreeSet<String> = (0..103).map(|_| served.case(&counter)).collect();
    let (mut seen, mut path) = (Vec::new(), "/api/v1/cases".to_owned());
    loop {
        let told = served.ask("GET", &path, Some(&counter), None, &[]).json();
        seen.extend(told["cases"].as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap().to_owned()));
        let next = &told["next"][0];
        assert_eq!(told["more"], next.is_object());
        let (Some(role), Some(after)) = (next["role"].as_str(), next["after"].as_str()) else { break };
        path = format!("/api/v1/cases?role={role}&after={after}");
    }
    assert_eq!((seen.len(), seen.into_iter().collect()), (begun.len(), begun));
    let told = |path: &str| served.ask("GET", path, Some(&counter), None, &[]);
    assert_eq!(told("/api/v1/cases?role=city-approver").json()["cases"], json!([]));
    assert_eq!(told("/api/v1/cases?role=city-approver&of=1").code(), (400, "request-malformed".to_owned()));
}

#[test]
fn whoever_asks_too_often_must_wait() {
    let served = Served::with_options(&["kita-shonin"], &["--most-requests", "5", "--most-sign-ins", "4"]);
    let (one, other) = (served.token("kita-shonin"), served.token("kita-shonin"));
    let who = |token: &str| served.ask("GET", "/api/v1/session", Some(token), None, &[]);
    for _ in 0..5 {
        assert_eq!(who(&one).status, 200);
    }
    let told = who(&one);
    assert_eq!(told.code(), (429, "too-many-requests".to_owned()));
    let wait =
        told.headers.lines().find_map(|line| line.to_lowercase().strip_prefix("retry-after: ").map(str::to_owned));
    assert!((1..=60).contains(&wait.unwrap().trim().parse::<u64>().unwrap()));
    // Another session is not touched by it; whoever has none shares what their address has.
    assert_eq!(who(&other).status, 200);
    assert_eq!(served.sign_in("kita-shonin", "a wrong password").status, 401);
    assert_eq!(served.ask("GET", "/api/v1/session", None, None, &[]).status, 401);
    assert_eq!(served.sign_in("kita-shonin", PASSWORD).code(), (429, "too-many-requests".to_owned()));
}

#[test]
fn the_document_of_the_api_is_what_the_types_say() {
    let document = document();
    let file = root().join("docs/openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&document).unwrap());
    if std::env::var_os("SHOMEI_ACCEPT").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert!(text == std::fs::read_to_string(&file).unwrap(), "SHOMEI_ACCEPT=1 writes what is so now");
    assert!(document["components"]["schemas"]["Problem"]["properties"]["title"]["enum"].as_array().unwrap().len() > 80);
    // Every endpoint says what it answers, and whatever is named is there.
    for endpoint in endpoints() {
        let described = &document["paths"][endpoint.path][endpoint.method.word().to_lowercase()];
        let answers = described["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{}", endpoint.path);
        assert_eq!(described["security"].is_array(), endpoint.need != Need::Nothing, "{}", endpoint.path);
    }
    for named in text.split("\"#/").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(document.pointer(&format!("/{named}")).is_some(), "{named}");
    }
    let served = Served::with(&[]);
    assert_eq!(served.ask("GET", "/api/v1/openapi.json", None, None, &[]).json(), document);
}

#[test]
fn made_up_requests_break_nothing_and_learn_nothing() {
    let served = Served::with(&["kita-madoguchi", "kita-shonin"]);
    let (counter, approver) = (served.token("kita-madoguchi"), served.token("kita-shonin"));
    let terminals = served.ask("GET", "/api/v1/terminals", Some(&approver), None, &[]).json().to_string();
    let (case, report) = (served.case(&counter), served.place.at("requests.har"));
    let tool = std::env::var("SHOMEI_VENV").expect("SHOMEI_VENV: scripts/test sets it") + "/bin/schemathesis";
    let run = |token: &str| {
        let mut command = Command::new(&tool);
        command.current_dir(served.place.at("")).args(["run", &format!("{}/api/v1/openapi.json", served.url)]);
        command.args(["--header", &format!("Authorization: Bearer {token}"), "--no-color", "--workers", "1"]);
        command.args(["--phases", "coverage,fuzzing", "--max-examples", "12", "--generation-deterministic"]);
        command.args(["--checks", "not_a_server_error,content_type_conformance,response_schema_conformance"]);
        command.args(["--exclude-path", "/session", "--suppress-health-check", "all", "--warnings", "off"]);
        command.args(["--report-har-path", report.to_str().unwrap()]);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        let report: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
        let entries = report["log"]["entries"].as_array().unwrap().clone();
        entries.iter().map(|entry| entry["response"]["content"]["text"].to_string()).collect::<Vec<_>>()
    };
    let answers = [run(&counter), run(&approver)].concat();
    assert!(answers.len() > 500, "{}", answers.len());
    let log = std::fs::read_to_string(served.place.at(LOG)).unwrap();
    let answers = answers.join("\n");
    // Who certifies, from which day on, who works there (two residents are called alike) and what the terminals are
    // called is of no resident.
    let of_the_office = ["samples/offices.toml", "samples/people.toml"];
    let public = of_the_office.map(|file| std::fs::read_to_string(root().join(file)).unwrap()).concat();
    let told = values_of_samples().into_iter().filter(|value| has(&answers, value));
    let told: Vec<String> = told.filter(|value| !public.contains(value) && !terminals.contains(value)).collect();
    assert!(told.is_empty(), "answers have {told:?}");
    for value in values_of_samples() {
        assert!(!has(&log, &value), "the log has {value}");
    }
    assert!(!has(&log, &case) && !log.contains("panicked"));
}
