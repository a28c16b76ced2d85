//! 交付 and the till: nothing goes out but to whoever shows the 番号札 and every sheet, and has paid; and the till's day
//! is closed only with what was counted.

use serde_json::{Value, json};

use crate::office::{Place, read};
use crate::root;

/// A case with its certificate out, before its 交付: its number, and what is asked for there.
fn before(place: &Place) -> (String, Value) {
    let (case, _) = place.issued();
    for step in ["11", "12", "13"] {
        place.done(&format!("case do {case} {step} --as kita-madoguchi"));
    }
    let shown = show(place, &case);
    let open = shown["open"].as_array().unwrap();
    let step = open.iter().find(|step| step["step"] == "14a").unwrap_or_else(|| panic!("{shown}"));
    let asked = step["handing"].clone();
    (case, asked)
}

fn show(place: &Place, case: &str) -> Value {
    serde_json::from_str(&place.done(&format!("case show {case} --json --as kita-madoguchi"))).unwrap()
}

fn hand_over(place: &Place, case: &str, shown: &Value) -> String {
    std::fs::write(place.at("shown.json"), shown.to_string()).unwrap();
    format!("case hand-over {case} 14a shown.json --as kita-madoguchi")
}

#[test]
fn only_whoever_shows_the_slip_and_every_sheet_and_pays_is_handed_the_certificate() {
    let place = Place::new();
    let (case, asked) = before(&place);
    assert_eq!((&asked["slip"], &asked["sum"]), (&json!(true), &json!(300)));
    let sheets = asked["sheets"].as_array().unwrap();
    assert!(sheets[0].as_str().unwrap().ends_with(" 1/1"), "{asked}");
    let cash = json!({ "genkin": { "azukari": 1000 } });
    let good = json!({ "bangofuda": case, "kami": sheets, "shuno": cash });
    let with = |field: &str, value: Value| {
        let mut shown = good.clone();
        shown[field] = value;
        shown
    };
    let plain = place.refused(&format!("case do {case} 14a --as kita-madoguchi"));
    assert!(plain.contains("case-handing-step"), "{plain}");
    for (shown, told) in [
        (json!({ "kami": sheets, "shuno": cash }), "handing-no-slip"),
        (with("bangofuda", json!("260115-9999")), "handing-other-slip"),
        (with("kami", json!([])), "handing-missing-sheet"),
        (with("kami", json!([sheets[0], "2026-01-15 本庁09 000009 1/1"])), "handing-other-sheet"),
        (with("kami", json!([sheets[0], sheets[0]])), "handing-twice-sheet"),
        (with("kami", json!(["本庁09"])), "sheet-code-form"),
        (with("shuno", json!({ "genkin": { "azukari": 200 } })), "case-too-little"),
        (json!({ "bangofuda": case, "kami": sheets }), "case-not-paid"),
    ] {
        let refused = place.refused(&hand_over(&place, &case, &shown));
        assert!(refused.contains(told), "{shown}: {refused}");
    }
    let seen = show(&place, &case)["version"].as_u64().unwrap();
    let done = place.done(&hand_over(&place, &case, &good));
    assert!(done.starts_with("￥300\t"), "{done}");
    let shown = show(&place, &case);
    // 交付, 収納 and 納付 in one write.
    assert_eq!(shown["version"].as_u64().unwrap(), seen + 3);
    assert_eq!(shown["settlements"][0]["paid"], json!({ "way": "genkin", "given": 1000, "change": 700 }));
    place.refused(&hand_over(&place, &case, &good));
    place.done(&format!("case do {case} 15 --as kita-madoguchi"));
}

#[test]
fn a_receipt_says_what_was_paid_and_when_it_is_printed_again() {
    let place = Place::new();
    let (case, asked) = before(&place);
    let cash = json!({ "genkin": { "azukari": 500 } });
    let shown = json!({ "bangofuda": case, "kami": asked["sheets"], "shuno": cash });
    place.done(&hand_over(&place, &case, &shown));
    let print = |file: &str| {
        place.done(&format!("case receipt {case} 000001 -o {file} --as kita-madoguchi"));
        crate::office::text_of(&place.at(file))
    };
    let (first, second) = (print("first.pdf"), print("second.pdf"));
    for text in ["住民票の写し", "￥300", "500", "200", "000001"] {
        assert!(first.contains(text), "{text}: {first}");
    }
    assert!(!first.contains("見本太郎") && !first.contains("太郎"), "a receipt names nobody");
    assert!(second.contains('再') && !first.contains('再'), "{second}");
    let none = place.refused(&format!("case receipt {case} 000002 -o none.pdf --as kita-madoguchi"));
    assert!(none.contains("case-no-receipt"), "{none}");
}

/// 日計: what people counted, beside what the register took.
#[test]
fn a_till_is_closed_once_and_only_in_balance_and_the_day_after_it() {
    let place = Place::new();
    let (case, asked) = before(&place);
    let cash = json!({ "genkin": { "azukari": 1000 } });
    let shown = json!({ "bangofuda": case, "kami": asked["sheets"], "shuno": cash });
    place.done(&hand_over(&place, &case, &shown));
    let till = show(&place, &case)["settlements"][0]["receipt"]["till"].clone();
    let sample: Value = serde_json::from_slice(&read(root().join("samples/nikkei.json"))).unwrap();
    let counted = |junbikin: i64, more: Option<(&str, Value)>| {
        let mut cash = json!({ "junbikin": junbikin, "keisusha": "見本　受付", "kensasha": "見本　花子" });
        cash["kinshu"] = sample["genkin_seisa"]["kinshu"].clone();
        let mut counted = json!({ "reji": till, "genkin_seisa": cash });
        if let Some((field, value)) = more {
            counted[field] = value;
        }
        std::fs::write(place.at("till.json"), counted.to_string()).unwrap();
        "close-day -o book.pdf --till till.json --till-output till.pdf --as kita-shonin"
    };
    let open = place.refused("close-day -o book.pdf --as kita-shonin");
    assert!(open.contains("day-till-open"), "{open}");
    // 88,300 are there: 50,000 and 300 would have been.
    let difference = place.refused(counted(50_000, None));
    assert!(difference.contains("difference-without-reason"), "{difference}");
    let given = place.refused(counted(88_000, Some(("gokei", json!({})))));
    assert!(given.contains("till-count-broken"), "{given}");
    assert!(!place.at("book.pdf").exists(), "nothing was closed");
    place.done(counted(88_000, None));
    let book = crate::office::text_of(&place.at("till.pdf"));
    for text in ["住民票の写し", "300", "88,300"] {
        assert!(book.contains(text), "{text}: {book}");
    }
    let twice = place.refused(counted(88_000, None));
    assert!(twice.contains("till-closed"), "{twice}");
    let (next, asked) = before(&place);
    let shown = json!({ "bangofuda": next, "kami": asked["sheets"], "shuno": cash });
    let late = place.refused(&hand_over(&place, &next, &shown));
    assert!(late.contains("till-closed"), "{late}");
}

#[test]
fn a_sheet_of_paper_is_used_once_and_its_number_is_found_by_it() {
    let place = Place::new();
    let (_, issuance) = place.issued();
    place.done("paper in 1 100 --as kita-madoguchi");
    let on = |first: u32| format!("paper use {issuance} {first} --as kita-madoguchi");
    assert!(place.refused(&on(101)).contains("paper-not-left"));
    place.done(&on(7));
    assert!(place.refused(&on(8)).contains("paper-issuance"), "a number has its sheets once");
    assert!(place.done("paper find 7 --as kita-madoguchi").starts_with(&issuance));
    assert_eq!(place.done("paper find 8 --as kita-madoguchi"), "");
    place.done("paper spoil 8 9 --reason 紙詰まり --as kita-madoguchi");
    assert!(place.refused("paper destroy 8 --as kita-madoguchi").contains("paper-one-person"));
    let left = place.done("paper destroy 8 --as kita-nyuryoku");
    for text in ["\"ukeire\":100", "\"shiyo\":1", "\"kakison\":2", "\"zan\":97", "000010-000100"] {
        assert!(left.contains(text), "{text}: {left}");
    }
    // Another ward has its own paper.
    assert_eq!(place.done("paper find 7 --as minato-madoguchi"), "");
}
