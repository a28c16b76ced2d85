//! 職員の登録: who works where is changed by two people.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::desk::{PASSWORD, Served, typed};
use crate::office::Place;
use crate::{root, tool};

/// What somebody proposes; the id alone.
fn proposed(place: &Place, line: &str) -> String {
    place.done(line).trim().split('\t').next().unwrap().to_owned()
}

/// What two people of 北区 change.
fn changed(place: &Place, change: &str) {
    let proposal = proposed(place, &format!("user {change} --as kita-shonin"));
    place.done(&format!("user confirm {proposal} --as kita-shonin-2"));
}

#[test]
fn one_proposes_and_another_who_may_confirms() {
    let place = Place::new();
    let add = "user add kita-atarashii --name N --role city-reviewer --right import";
    assert!(place.refused(&format!("{add} --as kita-shinsa")).contains("no-right"));
    let proposal = proposed(&place, &format!("{add} --as kita-shonin"));
    let confirm = |who: &str| place.refused(&format!("user confirm {proposal} --as {who}"));
    assert!(confirm("kita-shonin").contains("proposal-own"));
    assert!(confirm("kita-shinsa").contains("no-right"));
    // Another ward is told of a proposal as of none.
    assert!(confirm("minato-shonin").contains("no-proposal"));
    assert!(place.refused("user confirm none --as minato-shonin").contains("no-proposal"));
    assert_eq!(place.done("user proposals --as minato-shonin"), "");
    assert!(place.done("user proposals --as kita-shonin-2").contains(&proposal));
    assert!(place.refused("user list --as kita-atarashii").contains("no-person"), "not before it is confirmed");
    place.done(&format!("user confirm {proposal} --as kita-shonin-2"));
    assert!(place.done("user list --as kita-atarashii").contains("kita-atarashii\tkita-ku\tN\tcity-reviewer"));
    assert!(confirm("kita-shonin-2").contains("no-proposal"), "once");
    assert_eq!(place.done("user proposals --as kita-shonin"), "");
    assert!(place.refused(&format!("{add} --as kita-shonin")).contains("account-taken"));
    // What was taken back is not confirmed.
    let back = proposed(&place, "user rights kita-shogo --right import --as kita-shonin");
    assert!(place.refused(&format!("user withdraw {back} --as minato-shonin")).contains("no-proposal"));
    place.done(&format!("user withdraw {back} --as kita-shonin"));
    assert!(place.refused(&format!("user confirm {back} --as kita-shonin-2")).contains("no-proposal"));
}

#[test]
fn two_who_register_people_are_left_whatever_is_confirmed() {
    let place = Place::new();
    for change in ["end kita-shonin", "rights kita-shonin --right import"] {
        let told = place.refused(&format!("user {change} --as kita-shonin-2"));
        assert!(told.contains("accounts-last-two"), "{told}");
    }
    changed(&place, "rights kita-shinsa --right people");
    // Each of two might go; once one is gone, the other does not.
    let one = proposed(&place, "user end kita-shinsa --as kita-shonin");
    let other = proposed(&place, "user rights kita-shonin --as kita-shonin-2");
    place.done(&format!("user confirm {one} --as kita-shonin-2"));
    assert!(place.refused(&format!("user confirm {other} --as kita-shonin")).contains("accounts-last-two"));
    changed(&place, "rights kita-shonin --right people --right import");
    changed(&place, "end kita-shogo");
}

#[test]
fn nobody_alone_gives_a_colleague_a_password() {
    let mut served = Served::with(&["kita-shogo", "kita-shonin", "kita-shonin-2"]);
    let (before, other) = (served.token("kita-shogo"), served.token("kita-shonin"));
    served.meanwhile(|place| {
        let told = place.done("user reset kita-shogo --as kita-shonin");
        let (proposal, half) = told.trim().split_once('\t').unwrap();
        let choose = |code: &str, who: &str| {
            let lines = format!("{code}\nanother password of somebody\n");
            let done = typed(place, &format!("user password {who}"), &lines);
            (done.status.success(), String::from_utf8(done.stderr).unwrap())
        };
        let refused = |code: &str, who: &str| assert!(choose(code, who).1.contains("password-code-over"), "{code}");
        refused(half, "kita-shogo");
        assert!(place.refused(&format!("user confirm {proposal} --as kita-shonin")).contains("proposal-own"));
        let second = place.done(&format!("user confirm {proposal} --as kita-shonin-2")).trim().to_owned();
        let whole = format!("{half} {second}");
        for code in [half, &second, &format!("{half} {half}"), &format!("{second} {half}"), ""] {
            refused(code, "kita-shogo");
        }
        refused(&whole, "kita-madoguchi");
        assert_eq!(choose(&whole, "kita-shogo"), (true, String::new()));
        refused(&whole, "kita-shogo");
    });
    let who = |token: &str| served.ask("GET", "/api/v1/session", Some(token), None, &[]).status;
    assert_eq!((who(&before), who(&other)), (401, 200), "sessions of before are over");
    assert_eq!(served.sign_in("kita-shogo", PASSWORD).status, 401);
    let mine =
        served.sign_in("kita-shogo", "another password of somebody").json()["token"].as_str().unwrap().to_owned();
    // One's own, by the one before.
    let change = |old: &str| {
        let body = json!({ "password": old, "new": PASSWORD });
        served.ask("POST", "/api/v1/session/password", Some(&mine), Some(body), &[]).status
    };
    assert_eq!([change("wrong"), change("another password of somebody"), change(PASSWORD)], [401, 204, 401]);
    assert_eq!(served.sign_in("kita-shogo", PASSWORD).status, 201);
}

#[test]
fn over_http_two_change_an_account_and_a_program_never_decides() {
    let served = Served::with(&["kita-shonin", "kita-shonin-2", "minato-shonin"]);
    let (one, other, minato) =
        (served.token("kita-shonin"), served.token("kita-shonin-2"), served.token("minato-shonin"));
    let ask = |method: &str, path: &str, token: &str, body: Value| {
        let told = served.ask(method, &format!("/api/v1{path}"), Some(token), (!body.is_null()).then_some(body), &[]);
        let code = if told.body.is_empty() { Value::Null } else { told.json() };
        (told.status, code)
    };
    let propose = |wish: Value| ask("POST", "/people/proposals", &one, wish);
    let (status, told) = propose(json!({ "change": "roles", "person": "kita-shogo", "roles": ["contractor-input"] }));
    assert_eq!(status, 201);
    let path = format!("/proposals/{}", told["proposal"].as_str().unwrap());
    let confirm = |token: &str, path: &str| ask("POST", &format!("{path}/confirm"), token, Value::Null);
    assert_eq!(confirm(&one, &path).1["title"], "proposal-own");
    assert_eq!(confirm(&minato, &path).1["title"], "no-proposal");
    let waiting = ask("GET", "/proposals", &other, Value::Null).1;
    assert_eq!(waiting["proposals"][0]["account"]["roles"], json!(["contractor-input"]), "{waiting}");
    assert_eq!(ask("GET", "/proposals", &minato, Value::Null).1["proposals"], json!([]));
    assert_eq!(confirm(&other, &path), (200, json!({ "done": true })));
    assert_eq!(ask("DELETE", &path, &one, Value::Null).0, 404);
    let people = ask("GET", "/people", &one, Value::Null).1["people"].clone();
    let of = |id: &str| people.as_array().unwrap().iter().find(|known| known["person"] == id).cloned();
    assert_eq!(of("kita-shogo").unwrap()["roles"], json!(["contractor-input"]));
    assert!(of("minato-shonin").is_none());
    // A program: what decides it never has.
    let program = |roles: Value, days: u16| {
        let (permits, name) = (json!(["session", "import"]), "N");
        json!({ "change": "add-program", "person": "kita-bot", "name": name, "roles": roles, "permits": permits, "days": days })
    };
    for roles in [["city-approver"], ["city-seal-keeper"], ["city-reviewer"], ["contractor-collator"], ["city-counter"]]
    {
        assert_eq!(propose(program(json!(roles), 30)).1["title"], "machine-too-much", "{roles:?}");
    }
    assert_eq!(propose(program(json!(["contractor-counter"]), 367)).1["title"], "machine-too-much");
    let told = propose(program(json!(["contractor-counter"]), 30)).1;
    let path = format!("/proposals/{}", told["proposal"].as_str().unwrap());
    let bot = confirm(&other, &path).1["token"].as_str().unwrap().to_owned();
    assert_eq!(ask("POST", "/cases", &bot, json!({ "flow": "juminhyo-kofu" })).0, 201);
    for wish in [
        json!({ "change": "rights", "person": "kita-bot", "rights": ["people"] }),
        json!({ "change": "roles", "person": "kita-bot", "roles": ["city-approver"] }),
    ] {
        assert_eq!(propose(wish).1["title"], "machine-too-much");
    }
    assert_eq!(ask("GET", "/terminals/codes", &bot, Value::Null).0, 404);
    // Its token anew ends the one before; one person ends it at once, and it alone.
    let told = propose(json!({ "change": "password", "person": "kita-bot" })).1;
    let anew = confirm(&other, &format!("/proposals/{}", told["proposal"].as_str().unwrap())).1;
    let anew = anew["token"].as_str().unwrap().to_owned();
    assert_eq!(ask("GET", "/session", &bot, Value::Null).0, 401);
    assert_eq!(ask("GET", "/session", &anew, Value::Null).0, 200);
    assert_eq!(ask("DELETE", "/people/kita-shogo", &one, Value::Null).1["title"], "no-person");
    assert_eq!(ask("DELETE", "/people/kita-bot", &minato, Value::Null).1["title"], "no-person");
    assert_eq!(ask("DELETE", "/people/kita-bot", &one, Value::Null).0, 204);
    assert_eq!(ask("GET", "/session", &anew, Value::Null).1["title"], "no-session");
}

/// A server over an empty register, which told a code for the first two of 北区.
struct Empty {
    place: Place,
    server: Child,
    url: String,
    code: String,
}

impl Empty {
    fn new() -> Self {
        let place = Place::new();
        let mut server = Command::new(env!("CARGO_BIN_EXE_shomei"));
        server.current_dir(place.at("")).args(["serve", "--first", "kita-ku", "--listen", "127.0.0.1:0"]);
        let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut told = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        let (url, code) = (told.next().unwrap(), told.next().unwrap());
        Self { place, server, url, code }
    }

    /// Runs a sample of the API with a code and what else it is given.
    fn script(&self, name: &str, code: &str, more: &[&str]) -> Output {
        let mut script = Command::new(root().join("samples/api").join(name));
        script.args([self.url.as_str(), code]).args(more).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut script.stdin.take().unwrap(), format!("{PASSWORD}\n").as_bytes()).unwrap();
        script.wait_with_output().unwrap()
    }

    /// What a script tells that does all it is for.
    fn done(&self, name: &str, more: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.script(name, &self.code, more);
        let told = String::from_utf8_lossy(&stdout).into_owned();
        assert!(status.success(), "{told}{}", String::from_utf8_lossy(&stderr));
        told
    }

    /// The place, once the server has ended what it was told to.
    fn stopped(mut self) -> Place {
        tool("kill", &["-TERM", &self.server.id().to_string()]);
        assert!(self.server.wait().unwrap().success());
        self.place
    }
}

#[test]
fn by_the_api_alone_an_empty_register_gets_its_people_and_a_terminal() {
    let empty = Empty::new();
    let guessed = empty.script("kita-ku.sh", "AAAA-AAAA-AAAA-AAAA", &[]);
    assert!(String::from_utf8_lossy(&guessed.stdout).contains("accounts-code-over"));
    let terminal = empty.done("kita-ku.sh", &[]).lines().last().unwrap().to_owned();
    assert_eq!(terminal.len(), 52, "a token");
    let again = empty.script("kita-ku.sh", &empty.code, &[]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("accounts-not-first"), "{again:?}");
    let place = empty.stopped();
    let listed = place.done("user list --as kita-ichi");
    assert!(listed.contains("kita-madoguchi") && !listed.contains("kita-shonin"), "{listed}");
    place.done("audit --lists --as kita-ichi");
}

#[test]
fn by_the_api_alone_an_office_works_for_a_day() {
    let empty = Empty::new();
    let out = empty.place.at("out");
    let cases = empty.done("ichinichi.sh", &[out.to_str().unwrap()]);
    let cases: Vec<&str> = cases.trim().split(' ').collect();
    let refused = std::fs::read_to_string(out.join("refused.json")).unwrap();
    assert!(refused.contains("hand-to-city") && !refused.contains("花子"), "{refused}");
    let text = |name: &str| crate::office::text_of(&out.join(name));
    assert!(text("sealed.pdf").contains("住民票"));
    assert!(text("receipt.pdf").contains("￥300"));
    assert!(text("nikkei.pdf").contains("50,300"));
    assert!(text("kofubo.pdf").contains(cases[1]));
    let place = empty.stopped();
    for (case, state) in cases.iter().zip(["running", "running", "refused"]) {
        let shown = place.done(&format!("case show {case} --as kita-madoguchi"));
        assert!(shown.lines().next().unwrap().ends_with(state), "{shown}");
    }
    place.done("audit --lists --as kita-ichi");
}

#[test]
fn what_was_changed_meanwhile_is_not_confirmed() {
    let place = Place::new();
    let old = place.done("user rights kita-shinsa --right fees --as kita-shonin").trim().to_owned();
    changed(&place, "rights kita-shinsa --right import");
    assert_eq!(place.done("user proposals --as kita-shonin-2"), "");
    assert!(place.refused(&format!("user confirm {old} --as kita-shonin-2")).contains("proposal-lapsed"));
    // Who lost the right since proposing has proposed nothing.
    let left = place.done("user end kita-shogo --as kita-shonin").trim().to_owned();
    changed(&place, "rights kita-shinsa --right people");
    let taken = place.done("user rights kita-shonin --as kita-shonin-2").trim().to_owned();
    place.done(&format!("user confirm {taken} --as kita-shinsa"));
    assert!(place.refused(&format!("user confirm {left} --as kita-shonin-2")).contains("no-right"));
    place.done("audit --lists --as kita-shinsa");
}

#[test]
fn an_account_that_is_over_does_nothing_and_its_number_is_not_given_again() {
    let place = Place::new();
    changed(&place, "end kita-madoguchi");
    assert!(place.refused("case open juminhyo-kofu --as kita-madoguchi").contains("no-person"));
    let again = "user add kita-madoguchi --name N --role city-counter --as kita-shonin";
    assert!(place.refused(again).contains("account-taken"));
    // Another ward's accounts are told of as none.
    for person in ["minato-madoguchi", "nobody"] {
        let told = place.refused(&format!("user end {person} --as kita-shonin"));
        assert!(told.contains("no-person"), "{told}");
    }
    let both = "user add kita-ryoho --name N --role city-counter --role contractor-input --as kita-shonin";
    assert!(place.refused(both).contains("actor-mixed-parties"));
}

#[test]
fn the_first_two_of_an_office_are_entered_once_and_only_where_there_is_nobody() {
    let place = Place::new();
    let one = "user first kita-ku kita-ichi=A kita-ichi=A";
    assert!(place.refused(one).contains("accounts-not-two"));
    assert!(place.refused("user list --as kita-shonin").contains("no-person"), "nobody of the sample");
    place.done("user first kita-ku kita-ichi=A kita-ni=B");
    assert!(place.refused("user first kita-ku kita-san=C kita-yon=D").contains("accounts-not-first"));
    let proposal = proposed(&place, "user add kita-san --name C --role contractor-counter --as kita-ichi");
    place.done(&format!("user confirm {proposal} --as kita-ni"));
    place.done("case open juminhyo-kofu --as kita-san");
    // The sample's offices have theirs.
    let sample = Place::new();
    sample.done("user list --as kita-shonin");
    assert!(sample.refused("user first kita-ku kita-ichi=A kita-ni=B").contains("accounts-not-first"));
}
