//! 本人通知: whoever asked to be told is told of the copies that the city's rule names, and nobody else of them.

use serde_json::{Value, json};

use crate::office::Place;
use crate::root;

fn sample(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join("samples").join(name)).unwrap()).unwrap()
}

fn third() -> Value {
    json!({ "daisansha": { "seikyusha_shimei": "見本商事", "kakunin": ["menkyo"], "riyu": "債権の保全", "somei": [] } })
}

fn lawyer(funso: bool) -> Value {
    json!({ "tokutei-jimu": { "seikyusha_shimei": "見本　正", "shikaku": "bengoshi", "kakunin": ["shikakusha-sho"],
        "riyu": "訴訟", "funso": funso } })
}

/// 住民票の写し of 1000012 for a requester, until it is out; what everybody at work on it was told.
fn issued(place: &Place, seikyusha: &Value) -> String {
    let basic = json!({ "setainushi": false, "honseki": false, "gaikokujin": false });
    let case = place.done("case open juminhyo-kofu --as kita-madoguchi").trim().to_owned();
    let asked = json!({ "seikyu": { "seikyusha": seikyusha, "mokuteki": "提出", "kisai": basic } });
    std::fs::write(place.at("reception.json"), asked.to_string()).unwrap();
    let mut told = place.done(&format!("case request {case} reception.json --as kita-madoguchi"));
    for step in ["1", "2", "3", "4", "5", "6"] {
        told += &place.done(&format!("case do {case} {step} --as kita-madoguchi"));
    }
    let mut request = sample("requests/juminhyo-utsushi.json");
    request["seikyu"] = seikyusha.clone();
    request["taisho"] = json!({ "kojin": { "atena_bango": "1000012", "rireki": false } });
    request["kisai"] = basic;
    std::fs::write(place.at("request.json"), request.to_string()).unwrap();
    let entering = format!("case do {case} 7 --compose juminhyo-utsushi=request.json --as kita-nyuryoku");
    told += &place.done(&entering);
    told += &place.done(&format!("case do {case} 8 --as kita-shogo"));
    told += &place.done(&format!("case do {case} 9 --as kita-shinsa"));
    let shown: Value = serde_json::from_str(&place.done(&format!("case show {case} --json --as kita-shonin"))).unwrap();
    let code = shown["documents"][0]["code"].as_str().unwrap();
    told += &place.done(&format!("case do {case} 10 --seen {code} --as kita-shonin"));
    told += &place.done(&format!("case issue {case} 1 -o sealed.pdf --as kita-shonin"));
    told + &place.done(&format!("case show {case} --json --as kita-madoguchi"))
}

#[test]
fn whoever_asked_to_be_told_is_told_of_what_the_rule_names_and_of_nothing_else() {
    let place = Place::new();
    place.done(&format!("import {} --as kita-shonin", root().join("samples/subjects.jsonl").display()));
    let due = || place.done("notice due --as kita-shonin");
    issued(&place, &third());
    assert_eq!(due(), "", "nobody asked to be told");
    let wish = place.done("notice register --atena-bango 1000012 --as kita-shonin").trim().to_owned();
    place.done("notice register --atena-bango 1000020 --as kita-shonin");
    let own = json!({ "honnin": { "seikyusha_shimei": "見本　太郎", "kakunin": ["menkyo"] } });
    let mut told = issued(&place, &own);
    told += &issued(&place, &lawyer(true));
    assert_eq!(due(), "", "the person's own, and what is for a dispute");
    told += &issued(&place, &third());
    told += &issued(&place, &lawyer(false));
    let list = due();
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    let mut kubun: Vec<&str> = lines.iter().map(|line| line[4]).collect();
    kubun.sort_unstable();
    assert_eq!(kubun, ["daisansha", "tokutei-jimu"], "{list}");
    assert!(lines.iter().all(|line| line[1] == "1000012" && line[3] == "juminhyo-utsushi"), "{list}");
    // To whom it went is not told, and that somebody is told of it nobody at the counter learns.
    assert!(!list.contains("見本商事") && !list.contains("見本　正"), "{list}");
    assert!(!told.contains("notice") && !told.contains("本人通知"), "{told}");
    assert!(place.refused("notice due --as kita-madoguchi").contains("no-right"));
    place.done(&format!("notice told {} --as kita-shonin", lines[0][0]));
    assert!(place.refused(&format!("notice told {} --as kita-shonin", lines[0][0])).contains("record-stale"));
    assert_eq!(due().lines().count(), 1);
    place.done(&format!("notice end {wish} --reason 申出 --as kita-shonin"));
    issued(&place, &third());
    assert_eq!(due().lines().count(), 1, "who does not want it any more is not told");
}
