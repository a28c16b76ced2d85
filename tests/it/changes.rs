//! 異動の反映: what was entered becomes what is held with the city's approval, and not before; of two that change
//! the same, one wins.

use serde_json::{Value, json};
use shomei::document::catalog::Kind;
use shomei::procedure::{Procedures, StepKey};

use crate::office::Place;
use crate::root;

/// The first number of the office's own counter.
const NEWCOMER: &str = "900000006";

/// An office that holds the samples' people who move about.
struct Desk(Place);

impl Desk {
    fn new() -> Self {
        let desk = Self(Place::new());
        for file in ["subjects.jsonl", "changes/subjects.jsonl"] {
            desk.0.done(&format!("import {} --as kita-shonin", root().join("samples").join(file).display()));
        }
        desk
    }

    /// A case that was received and stands at its entry.
    fn received(&self, flow: &str) -> String {
        let case = self.0.done(&format!("case open {flow} --as kita-madoguchi")).trim().to_owned();
        let form = if flow.ends_with("kofu") { "seikyu" } else { "todoke" };
        let reception = root().join(format!("samples/receptions/{form}.json"));
        self.0.done(&format!("case request {case} {} --as kita-madoguchi", reception.display()));
        while self.open_step(&case).1 != "contractor-input" {
            let step = self.open_step(&case).0;
            let confirmed = unprinted(flow, &step);
            self.0.done(&format!("case do {case} {step}{confirmed} --as kita-madoguchi"));
        }
        case
    }

    fn shown(&self, case: &str) -> Value {
        serde_json::from_str(&self.0.done(&format!("case show {case} --json --as kita-shonin"))).unwrap()
    }

    /// The first step that waits, and for which role.
    fn open_step(&self, case: &str) -> (String, String) {
        let open = &self.shown(case)["open"][0];
        (open["step"].as_str().unwrap().to_owned(), open["roles"][0].as_str().unwrap().to_owned())
    }

    /// The line that enters a flow's sample, with something of it changed.
    fn entering(&self, case: &str, flow: &str, kind: &str, change: impl Fn(&mut Value)) -> String {
        let file = root().join(format!("samples/changes/{flow}.{kind}.json"));
        let mut sheet: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        change(&mut sheet);
        std::fs::write(self.0.at("sheet.json"), sheet.to_string()).unwrap();
        let step = self.open_step(case).0;
        let confirmed = unprinted(flow, &step);
        format!("case do {case} {step}{confirmed} --enter {kind}=sheet.json --as kita-nyuryoku")
    }

    /// From the entry on until the city approves.
    fn collated(&self, case: &str) {
        for (role, person) in [("contractor-collator", "kita-shogo"), ("city-reviewer", "kita-shinsa")] {
            let (step, open) = self.open_step(case);
            assert_eq!(open, role);
            self.0.done(&format!("case do {case} {step} --as {person}"));
        }
    }

    fn approving(&self, case: &str) -> String {
        let codes = self.shown(case)["documents"].as_array().unwrap().clone();
        let seen = codes.iter().filter(|document| document["kind"] == "tenshutsu-shomeisho");
        let seen: String = seen.map(|document| format!(" --seen {}", document["code"].as_str().unwrap())).collect();
        format!("case do {case} {}{seen} --as kita-shonin", self.open_step(case).0)
    }

    /// A flow's sample, entered, collated, reviewed and approved.
    fn changed(&self, flow: &str, kind: &str) -> String {
        let case = self.received(flow);
        self.0.done(&self.entering(&case, flow, kind, |_| {}));
        self.collated(&case);
        self.0.done(&self.approving(&case));
        case
    }

    /// A 住民票の写し of one person: the case, and the line that composes it.
    fn composing(&self, number: &str, form: &str) -> (String, String) {
        let case = self.received("juminhyo-kofu");
        let file = root().join("samples/requests/juminhyo-utsushi.json");
        let mut request: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        request["taisho"] = json!({ form: { "atena_bango": number, "rireki": true } });
        request["kisai"] = json!({ "setainushi": true, "honseki": true, "gaikokujin": false });
        std::fs::write(self.0.at("request.json"), request.to_string()).unwrap();
        let step = self.open_step(&case).0;
        let line = format!("case do {case} {step} --compose juminhyo-utsushi=request.json --as kita-nyuryoku");
        (case, line)
    }

    fn composed(&self, number: &str, form: &str) -> String {
        let (case, line) = self.composing(number, form);
        self.0.done(&line);
        self.0.done(&format!("case print {case} 1 -o copy.pdf --as kita-nyuryoku"));
        crate::office::text_of(&self.0.at("copy.pdf"))
    }

    fn refused_of(&self, number: &str, form: &str) -> String {
        self.0.refused(&self.composing(number, form).1)
    }
}

/// The papers of a step that the program does not print, as they are confirmed.
fn unprinted(flow: &str, step: &str) -> String {
    let flows = Procedures::embedded().unwrap();
    let step = flows.get(flow).unwrap().step(&StepKey::parse(step).unwrap()).unwrap().clone();
    let unknown = step.generates.iter().filter(|kind| Kind::by_id(kind).is_none());
    unknown.map(|kind| format!(" --confirm {kind}")).collect()
}

#[test]
fn who_moved_in_is_nobody_until_the_approval_and_has_a_juminhyo_from_it_on() {
    let (desk, kind) = (Desk::new(), "kakuninyo-juminhyo");
    let case = desk.received("tennyu");
    desk.0.done(&desk.entering(&case, "tennyu", kind, |_| {}));
    desk.collated(&case);
    assert!(desk.refused_of(NEWCOMER, "kojin").contains("hand-to-city"));
    // What is returned, and entered anew under the number that was given, changed nothing.
    desk.0.done(&format!("case return {case} --reason 氏名 --as kita-shonin"));
    assert!(desk.refused_of(NEWCOMER, "kojin").contains("hand-to-city"));
    desk.0.done(&desk.entering(&case, "tennyu", kind, |sheet| {
        sheet["taisho"][0]["atena_bango"] = json!(NEWCOMER);
        sheet["setai_bango"] = json!(NEWCOMER);
    }));
    desk.collated(&case);
    desk.0.done(&desk.approving(&case));
    let text = desk.composed(NEWCOMER, "kojin");
    assert!(text.contains("新井　渚") && text.contains("若葉六丁目８番３号"), "{text}");
    let whole = desk.0.done("audit --lists --as kita-shinsa");
    assert!(whole.contains("mihon-shi"), "{whole}");
}

#[test]
fn nobody_gives_themselves_a_number_and_nobody_is_new_twice() {
    let (desk, kind) = (Desk::new(), "kakuninyo-juminhyo");
    let case = desk.received("tennyu");
    for number in ["1000055", NEWCOMER, "1000012"] {
        let entering = desk.entering(&case, "tennyu", kind, |sheet| {
            sheet["taisho"][0]["atena_bango"] = json!(number);
            sheet["setai_bango"] = json!("2000016");
        });
        assert!(desk.0.refused(&entering).contains("hand-to-city"), "{number}");
    }
}

#[test]
fn of_two_cases_that_change_the_same_one_wins_and_the_other_is_entered_anew() {
    let (desk, flow, kind) = (Desk::new(), "kunai-tenkyo", "kakuninyo-juminhyo");
    let cases = [desk.received(flow), desk.received(flow)];
    for case in &cases {
        desk.0.done(&desk.entering(case, flow, kind, |_| {}));
        desk.collated(case);
    }
    desk.0.done(&desk.approving(&cases[0]));
    assert!(desk.0.refused(&desk.approving(&cases[1])).contains("subject-changed"));
    assert_eq!(desk.open_step(&cases[1]).1, "contractor-input");
    assert!(desk.shown(&cases[1])["documents"].as_array().unwrap().is_empty());
    // As it stood before, it does not stand any more.
    assert!(desk.0.refused(&desk.entering(&cases[1], flow, kind, |_| {})).contains("change-before-differs"));
    let number = subject(1);
    let text = desk.composed(&number, "kojin");
    assert!(text.contains("若葉荘２０３号") && text.contains("桜木一丁目３番２０号"), "{text}");
}

/// 宛名番号 of one of the people who move about.
fn subject(at: usize) -> String {
    let lines = std::fs::read_to_string(root().join("samples/changes/subjects.jsonl")).unwrap();
    let subject: Value = serde_json::from_str(lines.lines().nth(at).unwrap()).unwrap();
    subject["atena_bango"].as_str().unwrap().to_owned()
}

#[test]
fn a_change_is_refused_where_the_subject_is_suppressed_meanwhile() {
    let (desk, flow, kind) = (Desk::new(), "kunai-tenkyo", "kakuninyo-juminhyo");
    let case = desk.received(flow);
    desk.0.done(&desk.entering(&case, flow, kind, |_| {}));
    desk.collated(&case);
    let set = "--shimei 見本楓 --work ido --basis shien --reason 相談 --as kita-shonin";
    let set = format!("suppress set --atena-bango {} {set}", subject(1));
    desk.0.done(&set);
    assert!(desk.0.refused(&desk.approving(&case)).contains("hand-to-city"));
    assert_eq!(desk.open_step(&case).1, "city-approver");
    let other = desk.received(flow);
    assert!(desk.0.refused(&desk.entering(&other, flow, kind, |_| {})).contains("hand-to-city"));
}

#[test]
fn who_moved_out_is_removed_and_their_certificate_still_issued() {
    let (desk, flow, kind) = (Desk::new(), "tenshutsu", "kakuninyo-juminhyo");
    let case = desk.received(flow);
    let request = root().join("samples/changes/tenshutsu.tenshutsu-shomeisho.json");
    let entering = desk.entering(&case, flow, kind, |_| {});
    desk.0.done(&entering.replace(" --as", &format!(" --compose tenshutsu-shomeisho={} --as", request.display())));
    desk.collated(&case);
    desk.0.done(&desk.approving(&case));
    assert!(desk.refused_of(&subject(2), "kojin").contains("compose-state"));
    assert!(desk.composed(&subject(2), "johyo").contains("見本　梅"));
    let documents = desk.shown(&case)["documents"].as_array().unwrap().clone();
    let entry = documents.iter().find(|document| document["kind"] == "tenshutsu-shomeisho").unwrap();
    desk.0.done(&format!("case issue {case} {} -o sealed.pdf --as kita-shonin", entry["id"]));
    let text = crate::office::text_of(&desk.0.at("sealed.pdf"));
    assert!(text.contains("見本　梅"), "{text}");
}

#[test]
fn a_seal_is_registered_with_the_approval_and_abolished_with_another() {
    let (desk, kind) = (Desk::new(), "inkan-ido-kekka-kakuninhyo");
    desk.changed("kunai-tenkyo", "kakuninyo-juminhyo");
    let compose = |desk: &Desk| {
        let case = desk.received("inkan-shomei-kofu");
        let file = root().join("samples/requests/inkan-toroku-shomeisho.json");
        let mut request: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        request["taisho"] = json!({ "kojin": { "atena_bango": subject(1), "rireki": false } });
        std::fs::write(desk.0.at("request.json"), request.to_string()).unwrap();
        let step = desk.open_step(&case).0;
        format!("case do {case} {step} --compose inkan-toroku-shomeisho=request.json --as kita-nyuryoku")
    };
    assert!(desk.0.refused(&compose(&desk)).contains("hand-to-city"));
    desk.changed("inkan-toroku-sokuji", kind);
    desk.0.done(&compose(&desk));
    desk.changed("inkan-insho-boshitsu", kind);
    assert!(desk.0.refused(&compose(&desk)).contains("compose-state"));
}

#[test]
fn what_is_of_the_next_day_is_refused_today_and_listed_for_its_day() {
    let (desk, kind) = (Desk::new(), "kakuninyo-juminhyo");
    let case = desk.changed("tennyu", kind);
    let open = desk.shown(&case)["open"].as_array().unwrap().clone();
    let later: Vec<&Value> = open.iter().filter(|step| step.get("from").is_some()).collect();
    let [notify] = later[..] else { panic!("{open:?}") };
    assert_eq!(notify["step"], "20b");
    let day: shomei::domain::calendar::Day = notify["from"].as_str().unwrap().parse().unwrap();
    let refused = desk.0.refused(&format!("case do {case} 20b --as kita-yokujitsu"));
    let told = format!("{}", shomei::domain::calendar::WarekiDate::from(day));
    assert!(refused.contains("case-next-day-from") && refused.contains(&told), "{refused}");
    assert!(desk.0.done("case list --as kita-yokujitsu").contains(&format!("20b@{day}")));
    let whole = desk.0.done("audit --lists --as kita-shinsa");
    assert!(whole.contains("kita-ku\tcases\t1\t0"), "{whole}");
}
