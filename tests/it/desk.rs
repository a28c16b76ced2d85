//! The API, as a server of the program itself answers: over HTTP, by people with passwords.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use shomei::desk::{Endpoint, Method, Need, endpoints};
use shomei::issuing::people::People;
use shomei::office::machine::Permit;
use shomei::procedure::Party;

use crate::office::Place;
use crate::{root, tool};

pub const PASSWORD: &str = "a password for the sample city";

/// A register with the sample's subjects and people who may sign in, and the program that serves it.
pub struct Served {
    pub place: Place,
    pub server: Child,
    pub url: String,
    /// Where it is watched.
    pub watch: String,
    /// Every URL that was asked.
    pub asked: RefCell<Vec<String>>,
}

/// What a server tells of itself, by its place: all that it can.
pub const LOG: &str = "server.log";

/// What is answered.
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    pub fn code(&self) -> (u16, String) {
        let told = self.json();
        assert!(self.headers.to_lowercase().contains("application/problem+json"), "{}", self.headers);
        assert_eq!(told["status"], self.status);
        assert!(told["detail"].as_str().unwrap().ends_with('。'), "{told}");
        (self.status, told["title"].as_str().unwrap().to_owned())
    }
}

impl Served {
    pub fn with(people: &[&str]) -> Self {
        let place = Place::new();
        place.done(&format!("import {} --as kita-shonin", root().join("samples/subjects.jsonl").display()));
        for person in people {
            password(&place, person);
        }
        let (server, url, watch) = serving(&place);
        Self { place, server, url, watch, asked: RefCell::default() }
    }

    /// Stops the server, does something at the machine itself, and serves again.
    pub fn meanwhile(&mut self, work: impl FnOnce(&Place)) {
        tool("kill", &["-TERM", &self.server.id().to_string()]);
        assert!(self.server.wait().unwrap().success());
        work(&self.place);
        (self.server, self.url, self.watch) = serving(&self.place);
    }

    pub fn ask(&self, method: &str, path: &str, token: Option<&str>, body: Option<Value>, more: &[&str]) -> Answer {
        let (headers, url) = (self.place.at("headers"), format!("{}{path}", self.url));
        self.asked.borrow_mut().push(url.clone());
        let mut arguments = vec!["-s", "-S", "-X", method, "-D", headers.to_str().unwrap(), &url];
        let token = token.map(|token| format!("authorization: Bearer {token}"));
        let body = body.map(|body| body.to_string());
        if let Some(token) = &token {
            arguments.extend(["-H", token.as_str()]);
        }
        if let Some(body) = &body {
            arguments.extend(["-H", "content-type: application/json", "-d", body.as_str()]);
        }
        arguments.extend(more);
        let told = tool("curl", &arguments);
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let headers = std::fs::read_to_string(headers).unwrap();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers, body: told.stdout }
    }

    /// A program of kita-ku that receives cases, as two people made it.
    fn program(&self) -> String {
        let ask = |who: &str, path: &str, body: Option<Value>| {
            self.ask("POST", &format!("/api/v1{path}"), Some(&self.token(who)), body, &[]).json()
        };
        let wish = json!({
            "change": "add-program", "person": "kita-program", "name": "N", "roles": ["contractor-counter"],
            "permits": ["session"], "days": 30,
        });
        let proposal = ask("kita-shonin", "/people/proposals", Some(wish))["proposal"].as_str().unwrap().to_owned();
        let told = ask("kita-shonin-2", &format!("/proposals/{proposal}/confirm"), None);
        told["token"].as_str().unwrap().to_owned()
    }

    pub fn sign_in(&self, person: &str, password: &str) -> Answer {
        let body = json!({ "person": person, "password": password });
        self.ask("POST", "/api/v1/session", None, Some(body), &[])
    }

    /// The header by which a terminal of the sample is shown: the machine on which the register is, is each.
    pub fn terminal(&self, office: &str) -> String {
        let token = self.place.at(&format!("shomei.keys/terminal-{office}-1.token"));
        format!("x-shomei-terminal: {}", std::fs::read_to_string(token).unwrap())
    }

    pub fn token(&self, person: &str) -> String {
        self.sign_in(person, PASSWORD).json()["token"].as_str().unwrap().to_owned()
    }

    /// 住民票の写しの交付, just begun.
    pub fn case(&self, token: &str) -> String {
        let opened = self.ask("POST", "/api/v1/cases", Some(token), Some(json!({ "flow": "juminhyo-kofu" })), &[]);
        assert_eq!(opened.status, 201);
        opened.json()["number"].as_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A test that failed leaves no server behind.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

fn serving(place: &Place) -> (Child, String, String) {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(place.at(LOG)).unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_shomei"));
    server.current_dir(place.at("")).args(["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
    let mut server = server.env("RUST_LOG", "trace").stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut told = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let (url, watch) = (told.next().unwrap(), told.next().unwrap());
    (server, url, watch)
}

/// A command that reads lines.
pub fn typed(place: &Place, line: &str, lines: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shomei"));
    command.current_dir(place.at("")).args(line.split(' ')).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut command = command.spawn().unwrap();
    command.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    command.wait_with_output().unwrap()
}

/// Somebody chooses a password, by a code of which the two who register people of the ward were told a half each.
fn password(place: &Place, person: &str) {
    let ward = person.split('-').next().unwrap();
    let told = place.done(&format!("user reset {person} --as {ward}-shonin"));
    let (proposal, half) = told.trim().split_once('\t').unwrap();
    let other = place.done(&format!("user confirm {proposal} --as {ward}-shonin-2"));
    let lines = format!("{half} {}\n{PASSWORD}\n", other.trim());
    assert!(typed(place, &format!("user password {person}"), &lines).status.success());
}

#[test]
fn a_case_is_done_over_the_api_until_a_sealed_page_is_out() {
    let people = ["kita-madoguchi", "kita-nyuryoku", "kita-shogo", "kita-shinsa", "kita-shonin"];
    let mut served = Served::with(&people);
    let sealed = served.place.at("sealed.pdf");
    let mut script = Command::new(root().join("samples/api/juminhyo-kofu.sh"));
    script.args([served.url.as_str(), sealed.to_str().unwrap()]);
    script
        .env("SHOMEI_TERMINAL", served.terminal("kita-ku").split(' ').nth(1).unwrap())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut script = script.stdout(Stdio::piped()).spawn().unwrap();
    script.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    let done = script.wait_with_output().unwrap();
    assert!(
        done.status.success(),
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    let text = String::from_utf8(tool("pdftotext", &[sealed.to_str().unwrap(), "-"]).stdout).unwrap();
    assert!(text.contains("花子") && text.contains("見本県見本市北区長"), "{text}");
    // Whoever lost the answer asks again by the same key, and gets the same copy; by another there is none left.
    let (approver, terminal) = (served.token("kita-shonin"), served.terminal("kita-ku"));
    let case = String::from_utf8(done.stdout).unwrap().split(' ').next().unwrap().to_owned();
    let again = |key: &str, document: &str| {
        let path = format!("/api/v1/cases/{case}/documents/{document}/issuances");
        served.ask("POST", &path, Some(&approver), None, &["-H", &format!("Idempotency-Key: {key}"), "-H", &terminal])
    };
    let key = format!("{case}-1");
    assert_eq!(again(&key, "1").body, std::fs::read(&sealed).unwrap());
    assert_eq!(again("another", "1").code(), (409, "case-no-copy-left".to_owned()));
    // What is stopped ends what it does, and gives the register back.
    tool("kill", &["-TERM", &served.server.id().to_string()]);
    assert!(served.server.wait().unwrap().success());
    served.place.done("audit --lists --as kita-shinsa");
}

#[test]
fn who_did_not_sign_in_learns_nothing() {
    let served = Served::with(&["kita-madoguchi", "minato-madoguchi"]);
    let (kita, minato) = (served.token("kita-madoguchi"), served.token("minato-madoguchi"));
    let case = served.case(&kita);
    let endpoints = [
        ("GET", "/session".to_owned(), None),
        ("DELETE", "/session".to_owned(), None),
        ("POST", "/cases".to_owned(), Some(json!({ "flow": "juminhyo-kofu" }))),
        ("GET", "/cases".to_owned(), None),
        ("POST", "/cases/search".to_owned(), Some(json!({ "shimei": "見本太郎" }))),
        ("GET", format!("/cases/{case}"), None),
        ("POST", format!("/cases/{case}/steps"), Some(json!({ "step": "1" }))),
        ("POST", format!("/cases/{case}/acts"), Some(json!({ "act": "hand-back" }))),
        ("GET", format!("/cases/{case}/documents/1/copy"), None),
        ("POST", format!("/cases/{case}/documents/1/issuances"), None),
    ];
    let over = served.token("kita-madoguchi");
    assert_eq!(served.ask("DELETE", "/api/v1/session", Some(&over), None, &[]).status, 204);
    for (method, path, body) in &endpoints {
        let path = format!("/api/v1{path}");
        for token in [None, Some("AAAA"), Some(over.as_str())] {
            let told = served.ask(method, &path, token, body.clone(), &[]);
            assert_eq!(told.code(), (401, "no-session".to_owned()), "{method} {path} {token:?}");
        }
        // Another ward's people are told of a case as of none, to the byte.
        if let Some(rest) = path.strip_prefix(&format!("/api/v1/cases/{case}")) {
            let none = format!("/api/v1/cases/990101-0001{rest}");
            let (theirs, nobodys) = (
                served.ask(method, &path, Some(&minato), body.clone(), &[]),
                served.ask(method, &none, Some(&minato), body.clone(), &[]),
            );
            assert_eq!((theirs.status, theirs.body), (nobodys.status, nobodys.body), "{method} {path}");
        }
    }
    assert_eq!(served.ask("GET", "/api/v1/none", Some(&kita), None, &[]).code(), (404, "no-endpoint".to_owned()));
}

/// Asks for a copy over a connection of its own, and hangs up so long after.
fn ask_and_hang_up(served: &Served, token: &str, case: &str, after: std::time::Duration) {
    let mut connection = std::net::TcpStream::connect(served.url.trim_start_matches("http://")).unwrap();
    let path = format!("/api/v1/cases/{case}/documents/1/issuances");
    let terminal = served.terminal("kita-ku");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{}\r\ncontent-length: 0\r\n\r\n",
        terminal.trim()
    );
    connection.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(after);
}

#[test]
fn whoever_hangs_up_leaves_no_number_without_its_end() {
    let mut told = String::new();
    let mut served = Served::with(&["kita-shonin"]);
    let token = served.token("kita-shonin");
    served.meanwhile(|place| told = place.done("bench-cases --count 12"));
    let cases: Vec<&str> = told.lines().collect();
    for (case, millis) in cases.iter().zip([0, 1, 2, 4, 6, 9, 13, 18, 25, 35, 50, 70]) {
        ask_and_hang_up(&served, &token, case, std::time::Duration::from_millis(millis));
    }
    let mut states = Vec::new();
    served.meanwhile(|place| {
        let show = |case: &&str| place.done(&format!("case show {case} --json --as kita-shonin"));
        states.extend(cases.iter().map(show));
    });
    let with = |state: &str| states.iter().filter(|shown| shown.contains(state)).count();
    assert_eq!(with("\"voided\""), 0, "a number was left for the next start to void");
    assert!(with("\"issued\"") > 0, "nobody was quick enough to hang up too late");
}

#[test]
fn a_wrong_password_is_told_as_no_account_is_and_the_fourth_must_wait() {
    let served = Served::with(&["kita-shogo"]);
    let nobody = served.sign_in("nobody", PASSWORD);
    assert_eq!(nobody.code(), (401, "sign-in-wrong".to_owned()));
    for _ in 0..3 {
        let told = served.sign_in("kita-shogo", "wrong");
        assert_eq!((told.status, &told.body), (401, &nobody.body));
    }
    assert_eq!(served.sign_in("kita-shogo", PASSWORD).code(), (429, "sign-in-too-soon".to_owned()));
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(served.sign_in("kita-shogo", PASSWORD).status, 201);
}

#[test]
fn a_version_that_was_seen_before_somebody_else_wrote_changes_nothing() {
    let served = Served::with(&["kita-madoguchi", "kita-nyuryoku"]);
    let counter = served.token("kita-madoguchi");
    let path = format!("/api/v1/cases/{}/steps", served.case(&counter));
    let step = |key: &str, tag: &str| {
        served.ask("POST", &path, Some(&counter), Some(json!({ "step": key })), &["-H", &format!("If-Match: {tag}")])
    };
    let first = step("1", "\"1\"");
    let tag = first.headers.lines().find_map(|line| line.to_lowercase().strip_prefix("etag: ").map(str::to_owned));
    assert_eq!(step("2", "\"1\"").code(), (412, "case-changed".to_owned()));
    assert_eq!(step("2", tag.unwrap().trim()).status, 200);
    // What is not one's own is refused by role, what is not open by order, what is no JSON by form.
    let told = |token: &str, body: Value| served.ask("POST", &path, Some(token), Some(body), &[]).code();
    let input = served.token("kita-nyuryoku");
    assert_eq!(told(&input, json!({ "step": "3" })), (403, "case-wrong-role".to_owned()));
    assert_eq!(told(&counter, json!({ "step": "5" })).0, 409);
    assert_eq!(told(&counter, json!({ "stride": "3" })), (400, "request-malformed".to_owned()));
}

#[test]
fn whose_account_is_over_has_no_session_and_is_told_of_as_nobody() {
    let mut served = Served::with(&["kita-madoguchi", "kita-shogo"]);
    let (over, other) = (served.token("kita-madoguchi"), served.token("kita-shogo"));
    served.meanwhile(|place| {
        let proposal = place.done("user end kita-madoguchi --as kita-shonin");
        place.done(&format!("user confirm {} --as kita-shonin-2", proposal.trim()));
    });
    let who = |token: &str| served.ask("GET", "/api/v1/session", Some(token), None, &[]);
    assert_eq!(who(&over).code(), (401, "no-session".to_owned()));
    assert_eq!(who(&other).status, 200);
    let (theirs, nobodys) = (served.sign_in("kita-madoguchi", PASSWORD), served.sign_in("nobody", PASSWORD));
    assert_eq!((theirs.status, theirs.body), (nobodys.status, nobodys.body));
}

/// What an endpoint is asked with, so that nothing but who asks decides.
fn asked(endpoint: &Endpoint, case: &str, day: &str) -> (String, Option<Value>) {
    let none = "01890000-0000-7000-8000-000000000000";
    let path = endpoint
        .path
        .replace("{number}", case)
        .replace("{document}", "1")
        .replace("{day}", day)
        .replace("{terminal}", "77");
    let path = path.replace("{program}", "nobody").replace("{proposal}", none);
    let seen = json!({ "id": none, "version": 1 });
    let body = match endpoint.path {
        "/session" | "/days/{day}/till" => json!({}),
        "/cases" => json!({ "flow": "juminhyo-kofu" }),
        "/cases/search" => json!({ "shimei": "見本太郎" }),
        "/cases/{number}/request" => {
            let sample = std::fs::read_to_string(root().join("samples/receptions/seikyu.json")).unwrap();
            serde_json::from_str(&sample).unwrap()
        }
        "/cases/{number}/steps" => json!({ "step": "5" }),
        "/cases/{number}/handing" => json!({ "step": "14a", "shown": { "kami": [] } }),
        "/cases/{number}/receipts/{serial}" => return (format!("/api/v1{}", path.replace("{serial}", "000001")), None),
        "/paper/{serial}" => return (format!("/api/v1{}", path.replace("{serial}", "1")), None),
        "/paper/in" => json!({ "first": 2, "last": 1 }),
        "/paper/use" => json!({ "issuance": none, "first": 1 }),
        "/paper/spoil" => json!({ "first": 1, "last": 1, "reason": "試験" }),
        "/paper/destroy" => json!({ "first": 1 }),
        "/cases/{number}/acts" => json!({ "act": "hand-back" }),
        "/subjects" => json!({ "kind": "none" }),
        "/subjects/search" => json!({ "shimei": "見本太郎" }),
        "/suppressions" => json!({
            "target": { "atena-bango": "9999999", "shimei": ["見本無人"] },
            "works": ["hakko"], "level": "error", "basis": "shokken", "reason": "試験",
        }),
        "/suppressions/search" => json!({ "atena-bango": "1000012" }),
        "/suppressions/lift" => json!({ "seen": [seen], "reason": "試験" }),
        "/suppressions/lift-for" => json!({ "seen": seen, "minutes": 15, "reason": "試験" }),
        "/certifiers/proposals" => json!({ "change": "signatories", "signatories": [] }),
        "/people/first" => {
            let one = |person: &str| json!({ "person": person, "name": "N" });
            json!({ "code": "none", "people": [one("a"), one("b")] })
        }
        "/people/proposals" => json!({ "change": "end", "person": "nobody" }),
        "/password" => json!({ "person": "nobody", "code": "none", "password": PASSWORD }),
        "/session/password" => json!({ "password": "wrong", "new": PASSWORD }),
        "/terminals/codes" => json!({ "number": 7, "name": "試験" }),
        "/terminals" => json!({ "code": "none" }),
        "/incidents/{incident}/close" => json!({ "reason": "試験" }),
        _ => Value::Null,
    };
    let body = (endpoint.method == Method::Post && !body.is_null()).then_some(body);
    (format!("/api/v1{}", path.replace("{incident}", none)), body)
}

#[test]
fn every_endpoint_answers_every_person_as_the_matrix_says() {
    let people = ["kita-madoguchi", "kita-shinsa", "kita-shonin", "kita-shonin-2", "minato-madoguchi", "minato-shinsa"];
    let served = Served::with(&people);
    let tokens: Vec<String> = people.iter().map(|person| served.token(person)).collect();
    // Numbers of cases are an office's own: one that the other ward does not reach.
    let cases: Vec<String> = (0..10).map(|_| served.case(&tokens[0])).collect();
    let (case, known) = (cases.last().unwrap(), People::sample().unwrap());
    let day = chrono::Utc::now().with_timezone(&chrono::FixedOffset::east_opt(9 * 3_600).unwrap());
    let day = day.format("%Y-%m-%d").to_string();
    let program = served.program();
    let mut matrix = format!("endpoint,need,nobody,{},kita-program\n", people.join(","));
    for endpoint in endpoints() {
        let (path, body) = asked(&endpoint, case, &day);
        let at = format!("{} {}", endpoint.method.word(), endpoint.path);
        let told = |token: Option<&str>| {
            let told = served.ask(endpoint.method.word(), &path, token, body.clone(), &[]);
            if told.status < 400 { told.status.to_string() } else { format!("{} {}", told.status, told.code().1) }
        };
        let nobody = told(None);
        assert_eq!(nobody == "401 no-session", endpoint.need != Need::Nothing, "{at}: {nobody}");
        let mut row = vec![at.clone(), format!("{:?}", endpoint.need), nobody];
        for (id, token) in people.iter().zip(&tokens) {
            let (told, person) = (told(Some(token)), known.person(id).unwrap());
            match endpoint.need {
                Need::Right(right) => {
                    assert_eq!(told == "403 no-right", !person.rights.contains(&right), "{at} {id}: {told}");
                }
                Need::Staff => {
                    let city = person.actor.party() == Party::City;
                    assert_eq!(told == "403 people-not-city", !city, "{at} {id}: {told}");
                }
                Need::Terminal => assert_eq!(told, "403 no-terminal-here", "{at} {id}"),
                Need::Session | Need::Nothing => {}
            }
            let others = id.starts_with("minato") && endpoint.path.starts_with("/cases/{number}");
            assert!(!others || told == "404 no-case" || endpoint.need == Need::Terminal, "{at} {id}: {told}");
            row.push(told);
        }
        let told = told(Some(&program));
        let permitted = endpoint.need.permit() == Some(Permit::Session) || endpoint.need == Need::Nothing;
        assert_eq!(told == "403 machine-not-permitted", !permitted, "{at}: {told}");
        row.push(told);
        matrix.push_str(&row.join(","));
        matrix.push('\n');
    }
    let file = root().join("tests/it/matrix.csv");
    if std::env::var_os("SHOMEI_ACCEPT").is_some() {
        std::fs::write(&file, &matrix).unwrap();
    }
    assert_eq!(matrix, std::fs::read_to_string(&file).unwrap(), "SHOMEI_ACCEPT=1 writes what is so now");
}
