//! Every command and every endpoint that can name somebody: to whoever may not know, somebody suppressed is told of
//! as nobody is, to the byte; over HTTP, where the time can be told from that of the program's start, not before the
//! grid's next step.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shomei::office::grid::STEP;

use crate::desk::{Answer, Served};
use crate::office::Place;
use crate::root;

const SET: &str = "suppress set --atena-bango 1000020 --shimei 見本花子 --basis shien --reason 申出 --as kita-shonin";

/// Whoever is suppressed, and nobody, by the words of commands and of the API.
const PAIRS: [(&str, &str, &str, &str); 6] = [
    ("--shimei", "shimei", "見本花子", "見本三郎"),
    ("--atena-bango", "atena-bango", "1000020", "1000055"),
    ("--furigana", "furigana", "ミホンハナコ", "ミホンサブロウ"),
    ("--seinengappi", "seinengappi", "1982-03-03", "1982-03-04"),
    ("--setai-bango", "setai-bango", "2000016", "2000024"),
    ("--jusho", "jusho", "見本県見本市北区若葉二丁目１番２７号", "見本県見本市北区若葉九丁目９番９号"),
];

/// A request about a household of which somebody is a part.
fn request(atena_bango: &str) -> Value {
    let text = std::fs::read_to_string(root().join("samples/requests/juminhyo-utsushi.json")).unwrap();
    let mut request: Value = serde_json::from_str(&text).unwrap();
    request["taisho"] = json!({ "kojin": { "atena_bango": atena_bango, "rireki": false } });
    request
}

/// What a command tells by its two streams and its end.
fn told(place: &Place, line: &str) -> (String, String, Option<i32>) {
    let done = place.run(line);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(done.stdout), text(done.stderr), done.status.code())
}

#[test]
fn no_command_tells_somebody_suppressed_from_nobody() {
    let place = Place::new();
    place.done(&format!("import {} --as kita-shonin", root().join("samples/subjects.jsonl").display()));
    // A case of hers, from before she asked for it.
    let case = |number: &str| {
        let case = place.done("case open juminhyo-kofu --as kita-madoguchi").trim().to_owned();
        let received = root().join("samples/receptions/seikyu.json");
        place.done(&format!("case request {case} {} --as kita-madoguchi", received.display()));
        for step in ["1", "2", "3", "4", "5", "6"] {
            place.done(&format!("case do {case} {step} --as kita-madoguchi"));
        }
        std::fs::write(place.at("request.json"), request(number).to_string()).unwrap();
        case
    };
    let hers = case("1000020");
    let enter = |case: &str| format!("case do {case} 7 --compose juminhyo-utsushi=request.json --as kita-nyuryoku");
    place.done(&enter(&hers));
    assert!(place.done("case find --atena-bango 1000020 --as kita-nyuryoku").contains(&hers));
    place.done(SET);

    let same = |hidden: &str, absent: &str| {
        assert_eq!(told(&place, hidden), told(&place, absent));
    };
    for (option, _, hidden, absent) in PAIRS {
        // Those beside whom she stands are still found; alone, she is not.
        let beside = ["--setai-bango", "--jusho"].contains(&option);
        let and = if beside { " --furigana ミホンハナコ" } else { "" };
        let find = |value: &str| format!("subject find {option} {value}{and} --as kita-nyuryoku");
        same(&find(hidden), &find(absent));
    }
    let show = |number: &str| format!("subject show jumin {number} --as kita-nyuryoku");
    same(&show("1000020"), &show("1000055"));
    for (option, _, hidden, absent) in &PAIRS[..2] {
        let find = |value: &str| format!("case find {option} {value} --as kita-nyuryoku");
        same(&find(hidden), &find(absent));
    }
    let list = |number: &str| format!("suppress list --atena-bango {number} --as kita-nyuryoku");
    let (hidden, absent) = (place.refused(&list("1000020")), place.refused(&list("1000055")));
    assert_eq!(hidden, absent);
    // The same case, asked for somebody else.
    let another = case("1000020");
    let hidden = told(&place, &enter(&another));
    std::fs::write(place.at("request.json"), request("1000055").to_string()).unwrap();
    let absent = told(&place, &enter(&another));
    assert_eq!(hidden, absent);
    assert_eq!(hidden.2, Some(2));
}

/// What an answer says: all of its headers but the clock's and the request's own random id, and its body.
fn sent(answer: &Answer) -> (Vec<String>, String) {
    // What every answer has of its own: when, and by which number a log knows it.
    let own = |line: &&str| ["date:", "x-request-id:"].iter().any(|name| line.to_lowercase().starts_with(name));
    let lines = answer.headers.lines().filter(|line| !own(line));
    (lines.map(str::to_owned).collect(), String::from_utf8_lossy(&answer.body).into_owned())
}

/// Somebody at work over the API, for how long an answer took as well.
struct Desk<'s> {
    served: &'s Served,
    counter: String,
    input: String,
}

impl Desk<'_> {
    fn timed(&self, path: &str, body: Value) -> (Answer, Duration) {
        let since = Instant::now();
        (self.served.ask("POST", path, Some(&self.input), Some(body), &[]), since.elapsed())
    }

    /// A case at the step at which a certificate is entered.
    fn ready(&self) -> String {
        let case = self.served.case(&self.counter);
        let received = std::fs::read_to_string(root().join("samples/receptions/seikyu.json")).unwrap();
        let request: Value = serde_json::from_str(&received).unwrap();
        let path = format!("/api/v1/cases/{case}/request");
        let done = self.served.ask("POST", &path, Some(&self.counter), Some(request), &[]);
        assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
        for step in ["1", "2", "3", "4", "5", "6"] {
            let path = format!("/api/v1/cases/{case}/steps");
            let done = self.served.ask("POST", &path, Some(&self.counter), Some(json!({ "step": step })), &[]);
            assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
        }
        case
    }

    fn enter(&self, case: &str, number: &str) -> (Answer, Duration) {
        let document = json!({ "kind": "juminhyo-utsushi", "request": request(number) });
        self.timed(&format!("/api/v1/cases/{case}/steps"), json!({ "step": "7", "documents": [document] }))
    }

    fn search(&self, field: &str, value: &str) -> (Answer, Duration) {
        self.timed("/api/v1/cases/search", json!({ field: value }))
    }
}

#[test]
fn no_endpoint_tells_somebody_suppressed_from_nobody() {
    let mut served = Served::with(&["kita-madoguchi", "kita-nyuryoku", "minato-madoguchi"]);
    let (counter, input) = (served.token("kita-madoguchi"), served.token("kita-nyuryoku"));
    let minato = served.token("minato-madoguchi");
    let desk = Desk { served: &served, counter: counter.clone(), input: input.clone() };
    let hers = desk.ready();
    assert_eq!(desk.enter(&hers, "1000020").0.status, 200);
    assert!(String::from_utf8_lossy(&desk.search("atena-bango", "1000020").0.body).contains(&hers));
    served.meanwhile(|place| drop(place.done(SET)));
    let desk = Desk { served: &served, counter, input };
    for (_, field, hidden, absent) in &PAIRS[..2] {
        let (hidden, absent) = (desk.search(field, hidden), desk.search(field, absent));
        assert_eq!(sent(&hidden.0), sent(&absent.0));
        assert!(hidden.0.status == 200 && hidden.1 >= STEP && absent.1 >= STEP);
    }
    for (_, field, hidden, absent) in PAIRS {
        // Those beside whom she stands are still found; alone, she is not.
        let find = |value: &str| {
            let mut wanted = json!({ field: value });
            if ["setai-bango", "jusho"].contains(&field) {
                wanted["furigana"] = json!("ミホンハナコ");
            }
            desk.timed("/api/v1/subjects/search", wanted)
        };
        let (hidden, absent) = (find(hidden), find(absent));
        assert_eq!(sent(&hidden.0), sent(&absent.0), "{field}");
        assert!(hidden.0.status == 200 && hidden.1 >= STEP && absent.1 >= STEP);
    }
    let another = desk.ready();
    let (hidden, absent) = (desk.enter(&another, "1000020"), desk.enter(&another, "1000055"));
    assert_eq!(sent(&hidden.0), sent(&absent.0));
    assert!(hidden.0.status == 422 && hidden.1 >= STEP && absent.1 >= STEP);
    // Whoever guesses numbers with another ward's token learns of none, hers among them.
    let none = sent(&served.ask("GET", "/api/v1/cases/990101-0001", Some(&minato), None, &[]));
    let (day, serial) = hers.rsplit_once('-').unwrap();
    let last: u32 = serial.parse().unwrap();
    for guess in 1..last + 20 {
        let path = format!("/api/v1/cases/{day}-{guess:0width$}", width = serial.len());
        assert_eq!(sent(&served.ask("GET", &path, Some(&minato), None, &[])), none, "{path}");
    }
}
