//! The 48 procedures: what is in them, and that every one of them can be walked to its end.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::Value;
use shomei::document::catalog::{Kind, Sealing};
use shomei::procedure::settings::Settings;
use shomei::procedure::{Act, GateKind, Procedure, Procedures, SealPolicy, Step, StepKey};

use crate::shomei;

fn all() -> Procedures {
    Procedures::embedded().unwrap_or_else(|error| panic!("{error}"))
}

fn key(text: &str) -> StepKey {
    StepKey::parse(text).unwrap()
}

/// Numbered steps of the procedures 1 to 48.
const NUMBERED: [usize; 48] = [
    22, 22, 22, 18, 18, 17, 11, 18, 24, 17, 14, 9, 17, 17, 21, 20, 3, 13, 13, 12, 13, 8, 8, 18, 18, 18, 17, 18, 19, 18,
    21, 20, 7, 7, 8, 6, 11, 12, 7, 7, 6, 3, 8, 5, 10, 10, 9, 8,
];

#[test]
fn every_printed_step_is_there() {
    let all = all();
    let numbered = |procedure: &Procedure| procedure.steps.iter().filter(|step| step.number.is_some()).count();
    assert_eq!(all.all().iter().map(numbered).collect::<Vec<_>>(), NUMBERED);
    assert_eq!(NUMBERED.iter().sum::<usize>(), 648);
    let boxes = all.all().iter().map(|procedure| procedure.steps.len() - numbered(procedure));
    assert_eq!(boxes.sum::<usize>(), 15);
    for (index, procedure) in all.all().iter().enumerate() {
        assert_eq!(usize::from(procedure.number), index + 1);
    }
}

/// A key is the printed number: ⑭ is 14, 14a or 14b; ⑤’ is 5x.
#[test]
fn keys_are_the_printed_numbers() {
    for procedure in all().all() {
        for step in &procedure.steps {
            let digits: String = step.key.as_str().chars().filter(char::is_ascii_digit).collect();
            let Some(printed) = &step.number else {
                assert!(step.key.as_str().starts_with('u'), "{} {}", procedure.id, step.key);
                continue;
            };
            let number = match printed.chars().next().unwrap() {
                circled @ '①'..='⑳' => u32::from(circled) - u32::from('①') + 1,
                '㉑' => 21,
                '➉' => 10,
                other => panic!("{other}"),
            };
            assert_eq!(digits, number.to_string(), "{}", procedure.id);
            assert_eq!(step.key.as_str().ends_with('x'), printed.ends_with('’'), "{}", procedure.id);
        }
    }
}

/// What approval is, where.
#[test]
fn gates_are_those_of_the_matrix() {
    use GateKind::{ApproveInput, Decide, None, Review, Seal};
    type Gates = &'static [(GateKind, &'static str)];
    let expected: [(&[u8], Gates); 26] = [
        (&[1, 2, 3, 8, 29], &[(ApproveInput, "12")]),
        (&[4, 5, 6], &[(ApproveInput, "11")]),
        (&[7], &[(ApproveInput, "8")]),
        (&[9], &[(ApproveInput, "10"), (ApproveInput, "20")]),
        (&[10, 24, 25, 26, 27, 28], &[(ApproveInput, "10")]),
        (&[11], &[(None, "")]),
        (&[12], &[(ApproveInput, "5")]),
        (&[13, 14], &[(Seal, "10")]),
        (&[15], &[(Seal, "13")]),
        (&[16], &[(Review, "2"), (Review, "6")]),
        (&[17], &[(Review, "3")]),
        (&[18, 19, 20, 21], &[(Decide, "7")]),
        (&[22], &[(Decide, "5")]),
        (&[23], &[(Review, "6")]),
        (&[30], &[(Review, "10")]),
        (&[31], &[(Review, "12")]),
        (&[32], &[(Review, "8"), (ApproveInput, "19")]),
        (&[33], &[(Review, "4"), (Review, "6")]),
        (&[34, 35, 36, 40, 42, 44], &[(Review, "3")]),
        (&[37], &[(Review, "6"), (Review, "10")]),
        (&[38], &[(Review, "6"), (Review, "10")]),
        (&[39], &[(Review, "3"), (Review, "5")]),
        (&[41, 43], &[(Review, "3"), (Review, "6")]),
        (&[45], &[(Review, "4")]),
        (&[46], &[(Review, "3"), (Review, "7")]),
        (&[47, 48], &[(Review, "5"), (Seal, "6")]),
    ];
    let mut seen = BTreeSet::new();
    let all = all();
    for (numbers, gates) in expected {
        for number in numbers {
            let procedure = &all.all()[usize::from(*number) - 1];
            let found: Vec<(GateKind, &str)> = procedure
                .gates
                .iter()
                .map(|gate| (gate.kind, gate.step.as_ref().map_or("", StepKey::as_str)))
                .collect();
            assert_eq!(found, gates, "{}", procedure.id);
            seen.insert(*number);
        }
    }
    assert_eq!(seen.len(), 48);
}

#[test]
fn the_next_day_the_fees_and_the_ways_back() {
    let numbers = |of: &dyn Fn(&Procedure) -> bool| -> Vec<u8> {
        all().all().iter().filter(|procedure| of(procedure)).map(|procedure| procedure.number).collect()
    };
    assert_eq!(numbers(&|p| p.steps.iter().any(|step| step.next_day)), [1, 2, 3, 4, 5, 6, 7, 12, 24, 32]);
    // A till; 9, 12, 37 and 46 take a fee otherwise than with a receipt.
    let till = [10, 11, 13, 14, 15, 16, 18, 19, 21, 29, 30, 31];
    let receipt = String::from("receipt");
    assert_eq!(numbers(&|p| p.steps.iter().any(|step| step.generates.contains(&receipt))), till);
    let mut fee = [till.as_slice(), &[9, 12, 37, 46]].concat();
    fee.sort_unstable();
    assert_eq!(numbers(&|p| p.fee.is_some()), fee);
    assert_eq!(numbers(&|p| !p.corrections.is_empty()).len(), 27);
    assert_eq!(numbers(&|p| !p.handover_to_city.is_empty()), [30, 31]);
    assert_eq!(numbers(&|p| !p.refusable.is_empty()), [18, 19, 20, 21, 22]);
    Settings::recommended(&all()).unwrap();
}

/// A kind that a warrant seals has a rule wherever a procedure makes it, and no other kind has one.
#[test]
fn seals_agree_with_the_catalog() {
    for procedure in all().all() {
        for document in procedure.steps.iter().flat_map(|step| &step.generates) {
            let Some(kind) = Kind::by_id(document) else { continue };
            let policies: Vec<SealPolicy> =
                procedure.seals.iter().filter(|rule| rule.document == *document).map(|rule| rule.policy).collect();
            let place = format!("{} {document}", procedure.id);
            match kind.sealing {
                Sealing::Never => assert_eq!(policies, [], "{place}"),
                Sealing::Auto => assert_eq!(policies, [SealPolicy::Auto], "{place}"),
                Sealing::Approval => {
                    let sealed = |policy: &SealPolicy| matches!(policy, SealPolicy::Step | SealPolicy::OnApproval);
                    assert!(!policies.is_empty() && policies.iter().all(sealed), "{place}");
                }
            }
        }
    }
}

#[test]
fn what_is_returned_comes_back_to_the_nearest_entry() {
    let all = all();
    for (id, from, to) in [
        ("tennyu", "10", Some("8")),
        ("tennyu", "12", Some("8")),
        ("tokubetsu-eijusha-shomeisho", "9", Some("7")),
        ("tokubetsu-eijusha-shomeisho", "19", Some("18")),
        ("fuhyo-haikizumi-shomei", "12", Some("10a")),
        ("kazei-shomei", "7", Some("5x")),
        ("koseki-todoke-shokken", "8", None),
        ("koseki-todoke-shokken", "18", Some("16")),
        ("card-hoki-ic-ari", "5", Some("4")),
        ("mynum-card-funshitsu", "3", None),
    ] {
        let procedure = all.get(id).unwrap();
        let found = procedure.last_entry_before(&key(from)).map(|step| step.key.as_str());
        assert_eq!(found, to, "{id} {from}");
    }
    let entries: Vec<&str> =
        all.get("kazei-shomei").unwrap().entries_before(&key("7")).map(|step| step.key.as_str()).collect();
    assert_eq!(entries, ["5x", "5"]);
}

#[test]
fn the_counter_and_the_next_day_do_not_wait_for_each_other() {
    let all = all();
    let tennyu = all.get("tennyu").unwrap();
    assert!(!tennyu.followers(&key("14")).contains(&key("20b")));
    assert!(tennyu.followers(&key("12")).contains(&key("20b")));
    let koseki = all.get("koseki-todoke-shokken").unwrap();
    let after: BTreeSet<&str> =
        koseki.steps.iter().filter(|s| s.after.contains(&key("8"))).map(|s| s.key.as_str()).collect();
    assert_eq!(after, BTreeSet::from(["9", "14"]));
    // 交付 does not wait for the register of residents.
    assert!(!koseki.ancestors(&key("12")).contains(&key("19")));
}

/// A walk: steps done in any order that the procedure allows.
struct Walk<'a> {
    procedure: &'a Procedure,
    attributes: BTreeMap<&'a str, &'a str>,
    over: BTreeSet<StepKey>,
    done: Vec<&'a Step>,
}

impl<'a> Walk<'a> {
    fn left(&self) -> Vec<&'a Step> {
        self.procedure.steps.iter().filter(|step| !step.outside && !self.over.contains(&step.key)).collect()
    }

    fn go(&mut self, step: &'a Step) {
        let holds = |condition: &shomei::procedure::Condition| {
            condition.holds(|attribute| self.attributes.get(attribute).copied())
        };
        if step.condition.as_ref().is_none_or(holds) {
            self.done.push(step);
        }
        self.over.insert(step.key.clone());
    }

    fn at(&self, key: &StepKey) -> Option<usize> {
        self.done.iter().position(|step| step.key == *key)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn every_procedure_is_walked_to_its_end(number in 0usize..48, choices in prop::collection::vec(any::<prop::sample::Index>(), 40)) {
        let all = all();
        let procedure = &all.all()[number];
        let mut choices = choices.into_iter().cycle();
        let mut choose = |among: usize| choices.next().unwrap().index(among);
        let attributes = procedure
            .attributes
            .iter()
            .map(|attribute| (attribute.id.as_str(), attribute.values[choose(attribute.values.len())].as_str()))
            .collect();
        let mut walk = Walk { procedure, attributes, over: BTreeSet::new(), done: Vec::new() };
        while !walk.left().is_empty() {
            let open: Vec<&Step> =
                walk.left().into_iter().filter(|step| step.after.iter().all(|before| walk.over.contains(before))).collect();
            prop_assert!(!open.is_empty(), "{}: a dead end after {:?}", procedure.id, walk.over);
            walk.go(open[choose(open.len())]);
        }
        // Whatever the case says: gates are passed, and nothing that they open is done before them.
        for gate in &procedure.gates {
            let Some(step) = &gate.step else { continue };
            let passed = walk.at(step);
            prop_assert!(passed.is_some(), "{}: the gate {step} was left out", procedure.id);
            for opened in gate.opens.iter().flat_map(|opened| procedure.followers(opened)) {
                prop_assert!(walk.at(&opened).is_none_or(|at| Some(at) > passed), "{}: {opened}", procedure.id);
            }
        }
        for (at, step) in walk.done.iter().enumerate() {
            let entered = walk.done[..at].iter().any(|before| !before.generates.is_empty());
            if matches!(step.act, Act::Collate | Act::Approve | Act::Seal | Act::Decide) && number < 46 {
                prop_assert!(entered, "{} {}: nothing was made", procedure.id, step.key);
            }
            let was_collated = walk.done[..at].iter().any(|before| before.act == Act::Collate);
            let collates = procedure.steps.iter().any(|other| other.act == Act::Collate);
            // 受理 of a 戸籍届 comes before anything is entered.
            if collates && matches!(step.act, Act::Review | Act::Approve | Act::Seal) {
                prop_assert!(was_collated, "{} {}: not collated", procedure.id, step.key);
            }
            if matches!(step.act, Act::Collect | Act::Pay | Act::Call) && procedure.gates[0].kind != GateKind::None {
                let gate = procedure.gates[0].step.as_ref().and_then(|gate| walk.at(gate));
                prop_assert!(gate.is_some_and(|gate| gate < at), "{} {}: before the gate", procedure.id, step.key);
            }
        }
    }
}

#[test]
fn the_list_is_data() {
    let done = shomei(&["flows", "--json"]);
    let list: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(list.len(), 48);
    for procedure in &list {
        let keys: Vec<&String> = procedure.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["family", "fee", "gate", "id", "number", "seal", "steps", "title"]);
        for step in procedure["steps"].as_array().unwrap() {
            let keys: Vec<&String> = step.as_object().unwrap().keys().collect();
            let expected = [
                "action",
                "actor",
                "branch",
                "condition",
                "documents_in",
                "documents_out",
                "generates",
                "key",
                "next_day",
                "number",
                "place",
            ];
            assert_eq!(keys, expected);
        }
    }
    let one: Vec<Value> = serde_json::from_slice(&shomei(&["flows", "tennyu", "--json"]).stdout).unwrap();
    assert_eq!(one, &list[..1]);
    assert_eq!(one[0]["title"], "住基事務（転入)");
}

#[test]
fn the_table_and_what_is_not_a_procedure() {
    let table = String::from_utf8(shomei(&["flows"]).stdout).unwrap();
    assert_eq!(table.lines().count(), 48);
    assert!(!table.contains('◇'), "{table}");
    for procedure in all().all() {
        let steps = String::from_utf8(shomei(&["flows", &procedure.id]).stdout).unwrap();
        assert!(steps.contains("① ") && !steps.contains('◇'), "{steps}");
    }
    let unknown = shomei(&["flows", "nothing"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no procedure nothing"));
}

#[test]
fn every_procedure_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for procedure in all().all() {
        let path = folder.path().join("flow.svg");
        let done = shomei(&["flows", &procedure.id, "--diagram", "-o", path.to_str().unwrap()]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let svg = std::fs::read_to_string(&path).unwrap();
        for step in &procedure.steps {
            assert!(svg.contains(&format!("<g id=\"step-{}\">", step.key)), "{} {}", procedure.id, step.key);
        }
        let dashed: usize = procedure.corrections.iter().map(|correction| correction.from.len()).sum();
        assert_eq!(svg.matches("<path class=\"back\"").count(), dashed);
        let arrows: usize = procedure.steps.iter().map(|step| step.after.len()).sum();
        assert_eq!(svg.matches("<path class=\"arrow\"").count(), arrows);
        let gates = procedure.gates.iter().filter(|gate| gate.step.is_some()).count();
        assert_eq!(svg.matches("class=\"box gate\"").count(), gates);
        assert!(!svg.contains('◇') && !svg.contains('⟨'), "{}", procedure.id);
    }
}
