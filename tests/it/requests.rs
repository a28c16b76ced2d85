//! 受付: who came, for what, and which papers were seen. What a flow does not receive is not recorded, and
//! without a record nothing leaves its reception.

use proptest::prelude::*;
use serde_json::{Value, json};
use shomei::document::reception::Received;

use crate::office::Place;
use crate::root;

fn sample(name: &str) -> Value {
    let file = root().join(format!("samples/receptions/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// 請求 of somebody, with which items.
fn asked(seikyusha: Value, items: &[(&str, Value)]) -> Value {
    let mut kisai = json!({ "setainushi": false, "honseki": false, "gaikokujin": false });
    items.iter().for_each(|(item, value)| kisai[*item] = value.clone());
    json!({ "seikyu": { "seikyusha": seikyusha, "mokuteki": "提出", "kisai": kisai } })
}

fn third(more: Value) -> Value {
    let mut third = json!({ "seikyusha_shimei": "見本商事", "kakunin": ["menkyo"], "riyu": "債権の保全", "somei": [] });
    more.as_object().unwrap().iter().for_each(|(key, value)| third[key] = value.clone());
    json!({ "daisansha": third })
}

fn codes(reception: &Value) -> Vec<(String, &'static str)> {
    let refused = Received::read(&reception.to_string()).err();
    refused.map(|all| all.0.into_iter().map(|refusal| (refusal.path, refusal.code)).collect()).unwrap_or_default()
}

#[test]
fn what_a_kind_of_requester_needs_cannot_be_left_out() {
    let papers = json!(["menkyo"]);
    let whole = [
        ("honnin", json!({ "seikyusha_shimei": "見本", "kakunin": papers })),
        ("dosetai", json!({ "seikyusha_shimei": "見本", "kakunin": papers })),
        (
            "dairinin",
            json!({ "seikyusha_shimei": "見本", "kakunin": papers,
            "kengen": { "ininjo": { "ininsha": "見本　花子", "hizuke": "R8-01-10" } } }),
        ),
        ("shinzoku", json!({ "seikyusha_shimei": "見本", "kakunin": papers, "kankei": "haigusha" })),
        ("daisansha", third(json!({}))["daisansha"].clone()),
        (
            "tokutei-jimu",
            json!({ "seikyusha_shimei": "見本", "shikaku": "bengoshi", "kakunin": ["shikakusha-sho"],
            "riyu": "訴訟", "funso": true }),
        ),
        ("koyo", json!({ "kikan": "見本県税事務所", "bunsho_bango": "見税第1号", "konkyo": "地方税法20条の11" })),
    ];
    for (kubun, all) in whole {
        assert_eq!(codes(&asked(json!({ kubun: all }), &[])), [], "{kubun}");
        for field in all.as_object().unwrap().keys() {
            let mut less = all.clone();
            less.as_object_mut().unwrap().remove(field);
            let path = format!("seikyu.seikyusha.{kubun}.{field}");
            assert_eq!(codes(&asked(json!({ kubun: less }), &[])), [(path, "missing-field")], "{kubun}");
        }
    }
    let mut aimless = sample("seikyu");
    aimless["seikyu"]["mokuteki"] = json!("　");
    assert_eq!(codes(&aimless), [("seikyu.mokuteki".to_owned(), "empty-text")]);
}

#[test]
fn items_and_numbers_are_for_whoever_may_have_them() {
    let at = |item: &str| format!("seikyu.kisai.{item}");
    for item in ["setainushi", "honseki", "gaikokujin"] {
        assert_eq!(codes(&asked(third(json!({})), &[(item, json!(true))])), [(at(item), "beyond-basic-items")]);
        assert_eq!(codes(&asked(third(json!({ "tsuika_riyu": "相続" })), &[(item, json!(true))])), []);
    }
    for item in ["kojin_bango", "juminhyo_code"] {
        let more = third(json!({ "tsuika_riyu": "相続" }));
        assert_eq!(codes(&asked(more, &[(item, json!("必要"))])), [(at(item), "not-for-this-requester")]);
        let own = sample("seikyu")["seikyu"]["seikyusha"].clone();
        assert_eq!(codes(&asked(own, &[(item, json!("年金の手続"))])), []);
    }
}

proptest! {
    #[test]
    fn a_secret_number_is_no_field_anywhere(
        name in "(ansho|ansho_bango|pin|password|暗証番号)", at in 0usize..4, secret in "[0-9]{4}"
    ) {
        let places = ["/seikyu", "/seikyu/seikyusha/honnin", "/seikyu/kisai", ""];
        let mut given = sample("seikyu");
        given.pointer_mut(places[at]).unwrap()[&name] = json!(secret);
        let refused = Received::read(&given.to_string());
        prop_assert!(refused.is_err());
        prop_assert!(!format!("{:?}", refused.err()).contains(&secret), "the value is told");
    }

    #[test]
    fn no_text_is_read_into_anything_but_what_it_says(text in "\\PC{0,200}") {
        prop_assert!(Received::read(&text).is_err());
    }

    #[test]
    fn what_was_received_is_kept_as_it_was_given(shimei in "[一-龠ぁ-ん]{1,30}", riyu in "[一-龠]{1,60}") {
        let text = asked(third(json!({ "seikyusha_shimei": shimei, "riyu": riyu })), &[]).to_string();
        let received = Received::read(&text).unwrap();
        let kept = serde_json::to_string(&received).unwrap();
        prop_assert_eq!(received.text(), &text);
        prop_assert_eq!(serde_json::from_str::<Received>(&kept).unwrap(), received);
    }
}

struct Desk(Place);

impl Desk {
    fn open(&self, flow: &str) -> String {
        self.0.done(&format!("case open {flow} --as kita-madoguchi")).trim().to_owned()
    }

    fn line(&self, case: &str, reception: &Value) -> String {
        std::fs::write(self.0.at("reception.json"), reception.to_string()).unwrap();
        format!("case request {case} reception.json --as kita-madoguchi")
    }

    fn record(&self, case: &str, reception: &Value) {
        self.0.done(&self.line(case, reception));
    }

    fn refused(&self, case: &str, reception: &Value) -> String {
        self.0.refused(&self.line(case, reception))
    }

    fn shown(&self, case: &str) -> Value {
        serde_json::from_str(&self.0.done(&format!("case show {case} --json --as kita-shonin"))).unwrap()
    }
}

#[test]
fn nothing_leaves_the_reception_before_it_is_recorded_who_came() {
    let desk = Desk(Place::new());
    for flow in ["juminhyo-kofu", "tennyu"] {
        let case = desk.open(flow);
        for step in ["1", "2"] {
            desk.0.done(&format!("case do {case} {step} --as kita-madoguchi"));
        }
        assert!(desk.0.refused(&format!("case do {case} 3 --as kita-madoguchi")).contains("case-no-request"));
        assert_eq!(desk.shown(&case)["request"], Value::Null);
    }
    let case = desk.open("juminhyo-kofu");
    let mut silent = asked(third(json!({})), &[]);
    silent["seikyu"]["seikyusha"]["daisansha"]["riyu"] = json!("");
    desk.refused(&case, &silent);
    assert_eq!(desk.shown(&case)["request"], Value::Null);
    desk.record(&case, &sample("seikyu"));
    for step in ["1", "2", "3"] {
        desk.0.done(&format!("case do {case} {step} --as kita-madoguchi"));
    }
    // Whoever approves sees who asks, why, and which papers were seen.
    let shown = desk.shown(&case)["request"].clone();
    assert_eq!(shown["recorded"], sample("seikyu"));
    assert_eq!(shown["identified"], true);
    assert_eq!(shown["by"], "kita-madoguchi");
}

#[test]
fn a_flow_receives_its_own_form_of_its_own_requesters_with_its_papers() {
    let desk = Desk(Place::new());
    let own = |papers: Value| json!({ "honnin": { "seikyusha_shimei": "見本", "kakunin": papers } });
    let cases = [
        ("juminhyo-kofu", sample("todoke"), "case-reception-form"),
        ("tennyu", sample("seikyu"), "case-reception-form"),
        ("koiki-juminhyo-kofu", asked(third(json!({})), &[]), "case-requester"),
        (
            "juminhyo-kofu",
            asked(
                json!({ "shinzoku": { "seikyusha_shimei": "見本", "kakunin": ["menkyo"],
            "kankei": "haigusha" } }),
                &[],
            ),
            "case-requester",
        ),
        ("juminhyo-kofu", asked(own(json!([])), &[]), "case-papers"),
        ("juminhyo-kofu", asked(own(json!(["shain-sho"])), &[]), "case-papers"),
        ("koiki-juminhyo-kofu", asked(own(json!(["shain-sho", "nenkin-techo"])), &[]), "case-papers"),
        ("inkan-shomei-kofu", asked(own(json!(["menkyo"])), &[]), "case-papers"),
    ];
    for (flow, reception, code) in cases {
        let case = desk.open(flow);
        assert!(desk.refused(&case, &reception).contains(code), "{flow}: {code}");
    }
    let case = desk.open("juminhyo-kofu");
    desk.record(&case, &asked(own(json!(["shain-sho", "nenkin-techo"])), &[]));
    let case = desk.open("tennyu");
    let unknown = json!({ "todoke": { "todokedenin": own(json!([])) } });
    desk.record(&case, &unknown);
    assert_eq!(desk.shown(&case)["request"]["identified"], false, "a 本人確認通知 asks the person");
}

#[test]
fn what_is_composed_is_what_was_asked_for_at_the_reception() {
    let desk = Desk(Place::new());
    let samples = root().join("samples");
    desk.0.done(&format!("import {}/subjects.jsonl --as kita-shonin", samples.display()));
    let up_to_entry = |reception: &Value| {
        let case = desk.open("juminhyo-kofu");
        desk.record(&case, reception);
        for step in ["1", "2", "3", "4", "5", "6"] {
            desk.0.done(&format!("case do {case} {step} --as kita-madoguchi"));
        }
        let request = samples.join("requests/juminhyo-utsushi.json");
        let enter = format!("case do {case} 7 --compose juminhyo-utsushi={} --as kita-nyuryoku", request.display());
        (case, enter)
    };
    let mut less = sample("seikyu");
    less["seikyu"].as_object_mut().unwrap().remove("kisai");
    for other in [asked(third(json!({})), &[]), less] {
        let (case, enter) = up_to_entry(&other);
        assert!(desk.0.refused(&enter).contains("case-other-request"));
        // As long as nothing was made of it, what was recorded wrongly is recorded again.
        desk.record(&case, &sample("seikyu"));
        desk.0.done(&enter);
        assert!(desk.refused(&case, &other).contains("case-request-used"));
    }
}
