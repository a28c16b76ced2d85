//! A certificate's content, composed from what is held of people and what was asked for. What was not
//! asked for is not in it at all.

use serde_json::{Map, Value, json};

use super::catalog::Kind;
use super::request::{Kisai, KofuSeikyu, Kojin, Taisho, TenshutsuTodoke};
use super::subject::{JUMIN, Subject};

/// A certificate cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// Nothing is held of somebody who is asked about; or it may not be told.
    #[error("composing {kind}: nothing is held of one of those who are asked about")]
    Nobody {
        /// Kind.
        kind: &'static str,
    },
    /// What is held is not in force, or is no 除票 where one is asked for.
    #[error("composing {kind}: what is held does not allow it")]
    State {
        /// Kind.
        kind: &'static str,
    },
    /// People of more than one household.
    #[error("composing {kind}: those who are asked about are of different households")]
    Households {
        /// Kind.
        kind: &'static str,
    },
    /// 個人番号 or 住民票コード is asked for, and the city's system has not given it yet.
    #[error("composing {kind}: a number that is asked for is not held yet")]
    NumberNotHeld {
        /// Kind.
        kind: &'static str,
    },
    /// The request says nothing of what the kind certifies.
    #[error("composing {kind}: the request does not say what")]
    Request {
        /// Kind.
        kind: &'static str,
    },
}

impl ComposeError {
    /// Key of the sentence that tells a person. That nothing is held is told as everything is of which a
    /// contractor may not know whether it is so.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nobody { .. } => "hand-to-city",
            Self::State { .. } => "compose-state",
            Self::Households { .. } => "compose-households",
            Self::NumberNotHeld { .. } => "compose-number-not-held",
            Self::Request { .. } => "compose-request",
        }
    }
}

/// The content of a kind. `held` is what is held of those who are asked about and, for a whole household,
/// of everyone in it.
pub fn compose(kind: &'static Kind, request: &KofuSeikyu, held: &[Subject]) -> Result<Value, ComposeError> {
    let composing = Composing { kind: kind.id, request, held };
    match kind.id {
        "juminhyo-utsushi" => composing.juminhyo(),
        "kisaijiko-shomeisho" => composing.kisaijiko(),
        "tenshutsu-shomeisho" => composing.tenshutsu(),
        _ => composing.as_held(),
    }
}

/// Whether a kind is composed from residents, and so from a household.
pub fn of_residents(kind: &str) -> bool {
    matches!(kind, "juminhyo-utsushi" | "kisaijiko-shomeisho" | "tenshutsu-shomeisho")
}

struct Composing<'a> {
    kind: &'static str,
    request: &'a KofuSeikyu,
    held: &'a [Subject],
}

impl<'a> Composing<'a> {
    fn nobody(&self) -> ComposeError {
        ComposeError::Nobody { kind: self.kind }
    }

    /// What is held of a person, of a kind.
    fn of(&self, kind: &str, atena_bango: &str) -> Result<&'a Subject, ComposeError> {
        let found = self.held.iter().find(|held| held.kind == kind && held.atena_bango == atena_bango);
        found.ok_or_else(|| self.nobody())
    }

    fn as_held(&self) -> Result<Value, ComposeError> {
        let [asked] = self.request.asked()[..] else { return Err(ComposeError::Request { kind: self.kind }) };
        let held = self.of(self.kind, asked.as_str())?;
        if held.is_in_force() { Ok(held.data.clone()) } else { Err(ComposeError::State { kind: self.kind }) }
    }

    /// The people who are asked about, residents of one household, in the order of their numbers; and how
    /// many the household has.
    fn household(&self) -> Result<(Vec<&'a Subject>, usize), ComposeError> {
        let asked = self.request.asked().into_iter().map(|asked| self.of(JUMIN, asked.as_str()));
        let asked = asked.collect::<Result<Vec<_>, _>>()?;
        let first = asked.first().ok_or_else(|| self.nobody())?;
        if asked.iter().any(|held| held.setai_bango() != first.setai_bango()) {
            return Err(ComposeError::Households { kind: self.kind });
        }
        let stands = |held: &Subject| !held.is_removed() || self.moves_out(held);
        let member = |held: &&Subject| held.kind == JUMIN && stands(held) && held.setai_bango() == first.setai_bango();
        let mut all: Vec<&Subject> = self.held.iter().filter(member).collect();
        all.sort_by_key(|held| (held.atena_bango.len(), held.atena_bango.clone()));
        let count = all.len();
        let mut people = match &self.request.taisho {
            Taisho::Zenin(_) => all,
            _ => all.into_iter().filter(|held| asked.iter().any(|a| a.atena_bango == held.atena_bango)).collect(),
        };
        people.dedup_by_key(|held| held.atena_bango.clone());
        if people.is_empty() || people.iter().any(|held| !held.is_in_force() && !self.moves_out(held)) {
            return Err(ComposeError::State { kind: self.kind });
        }
        self.numbers(&people)?;
        Ok((people, count))
    }

    /// A number that is asked for is held of everybody: that it is not held yet is not that there is none.
    fn numbers(&self, people: &[&Subject]) -> Result<(), ComposeError> {
        let kisai = &self.request.kisai;
        let asked = [("kojin_bango", &kisai.kojin_bango), ("juminhyo_code", &kisai.juminhyo_code)];
        let missing = |number: &str| people.iter().any(|held| held.data["hito"][number].get("nothing").is_some());
        if asked.into_iter().any(|(number, reason)| reason.is_some() && missing(number)) {
            return Err(ComposeError::NumberNotHeld { kind: self.kind });
        }
        Ok(())
    }

    /// Whether it is a 除票 of the very 転出 that is certified.
    fn moves_out(&self, held: &Subject) -> bool {
        let day = self.request.tenshutsu.as_ref().map(|todoke| json!(todoke.tenshutsu_yotei_hi.to_string()));
        self.kind == "tenshutsu-shomeisho"
            && held.is_removed()
            && day.is_some_and(|day| held.data["shojo"]["jiyu_hi"] == day)
    }

    fn juminhyo(&self) -> Result<Value, ComposeError> {
        let kisai = &self.request.kisai;
        match &self.request.taisho {
            Taisho::Zenin(_) | Taisho::Ichibu(_) => {
                let (people, count) = self.household()?;
                let first = people.first().ok_or_else(|| self.nobody())?;
                let setaiin: Vec<Value> = people.iter().map(|held| hito(held, kisai)).collect();
                let mut sheet = heading(first, kisai);
                sheet.insert("setai_ninzu".to_owned(), json!(count));
                sheet.insert("setaiin".to_owned(), json!(setaiin));
                Ok(json!({ "setai_renki": sheet }))
            }
            Taisho::Kojin(one) => {
                let (people, count) = self.household()?;
                let person = people.first().ok_or_else(|| self.nobody())?;
                let mut sheet = self.alone(person, one);
                sheet.insert("setai_ninzu".to_owned(), json!(count));
                Ok(json!({ "kojinhyo": sheet }))
            }
            Taisho::Johyo(one) => {
                let person = self.removed(one)?;
                let mut sheet = self.alone(person, one);
                sheet.extend(fields(&person.data["shojo"]));
                Ok(json!({ "johyo": sheet }))
            }
        }
    }

    fn removed(&self, one: &Kojin) -> Result<&'a Subject, ComposeError> {
        let person = self.of(JUMIN, one.atena_bango.as_str())?;
        if person.is_removed() { Ok(person) } else { Err(ComposeError::State { kind: self.kind }) }
    }

    /// What 個人票 and 除票 have both.
    fn alone(&self, person: &Subject, asked: &Kojin) -> Map<String, Value> {
        let mut sheet = heading(person, &self.request.kisai);
        sheet.insert("hito".to_owned(), hito(person, &self.request.kisai));
        let rireki = if asked.rireki { person.data["rireki"].clone() } else { json!([]) };
        sheet.insert("rireki".to_owned(), rireki);
        sheet
    }

    fn kisaijiko(&self) -> Result<Value, ComposeError> {
        let kisai = &self.request.kisai;
        if let Taisho::Johyo(one) = &self.request.taisho {
            let person = self.removed(one)?;
            let mut sheet = stated_heading(person, kisai);
            sheet.insert("hito".to_owned(), stated(person, kisai));
            for field in ["jiyu", "jiyu_hi", "tenshutsusaki_yotei", "tenshutsusaki_kakutei"] {
                sheet.insert(field.to_owned(), person.data["shojo"][field].clone());
            }
            return Ok(json!({ "johyo": sheet }));
        }
        let (people, _) = self.household()?;
        let first = people.first().ok_or_else(|| self.nobody())?;
        let mut sheet = stated_heading(first, kisai);
        let stated: Vec<Value> = people.iter().map(|held| stated(held, kisai)).collect();
        sheet.insert("taishosha".to_owned(), json!(stated));
        Ok(json!({ "juminhyo": sheet }))
    }

    fn tenshutsu(&self) -> Result<Value, ComposeError> {
        let missing = || ComposeError::Request { kind: self.kind };
        let TenshutsuTodoke { todokede_hi, tenshutsu_yotei_hi, tenshutsusaki_jusho, tenshutsusaki_setainushi } =
            self.request.tenshutsu.as_ref().ok_or_else(missing)?;
        let (people, _) = self.household()?;
        let first = people.first().ok_or_else(|| self.nobody())?;
        let leaving = people.iter().map(|held| leaving(held).ok_or_else(missing)).collect::<Result<Vec<_>, _>>()?;
        let mut destination = Map::new();
        destination.insert("jusho".to_owned(), json!(tenshutsusaki_jusho.jusho.as_str()));
        if let Some(katagaki) = &tenshutsusaki_jusho.katagaki {
            destination.insert("katagaki".to_owned(), json!(katagaki.as_str()));
        }
        let head = match tenshutsusaki_setainushi.given() {
            Some(name) => json!(name.as_str()),
            None => json!({ "nothing": "no-data" }),
        };
        Ok(json!({ "tenshutsu": { "todoke": {
            "todokede_hi": todokede_hi.to_string(),
            "tenshutsu_yotei_hi": tenshutsu_yotei_hi.to_string(),
            "tenshutsumae_jusho": first.data["jusho"],
            "setainushi": first.data["setainushi"],
            "tenshutsusaki_jusho": destination,
            "tenshutsusaki_setainushi": head,
            "tenshutsusha": leaving,
        } } }))
    }
}

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn omitted() -> Value {
    json!({ "nothing": "omitted" })
}

/// 記載許可, where 個人番号 or 住民票コード is asked for.
fn permission(kisai: &Kisai) -> Option<Value> {
    let reasons = [("kojin_bango", &kisai.kojin_bango), ("juminhyo_code", &kisai.juminhyo_code)];
    let given: Map<String, Value> = reasons
        .into_iter()
        .filter_map(|(number, reason)| Some((number.to_owned(), json!(reason.as_ref()?.as_str()))))
        .collect();
    (!given.is_empty()).then_some(Value::Object(given))
}

/// 住所, 世帯主 and permission.
fn heading(person: &Subject, kisai: &Kisai) -> Map<String, Value> {
    let mut sheet = Map::new();
    sheet.insert("jusho".to_owned(), person.data["jusho"].clone());
    let head = if kisai.setainushi { person.data["setainushi"].clone() } else { omitted() };
    sheet.insert("setainushi".to_owned(), head);
    sheet.extend(permission(kisai).map(|permission| ("kyoka".to_owned(), permission)));
    sheet
}

/// What only a part of the requests asks for, in a person's data: the field, below `kokumin` or not, and
/// whether it was asked for.
fn optional(kisai: &Kisai) -> [(&'static str, bool); 12] {
    let Kisai { setainushi, honseki, gaikokujin, .. } = *kisai;
    [
        ("/zokugara", setainushi),
        ("/kojin_bango", kisai.kojin_bango.is_some()),
        ("/juminhyo_code", kisai.juminhyo_code.is_some()),
        ("/kokumin/nihonjin/honseki", honseki),
        ("/kokumin/nihonjin/hittosha", honseki),
        ("/kokumin/gaikokujin/kokuseki", gaikokujin),
        ("/kokumin/gaikokujin/kubun", gaikokujin),
        ("/kokumin/gaikokujin/zairyu_shikaku", gaikokujin),
        ("/kokumin/gaikokujin/zairyu_kikan", gaikokujin),
        ("/kokumin/gaikokujin/manryo_hi", gaikokujin),
        ("/kokumin/gaikokujin/card_bango", gaikokujin),
        ("/kokumin/gaikokujin/tsusho_rireki", gaikokujin),
    ]
}

/// A person as a 住民票の写し shows them.
fn hito(person: &Subject, kisai: &Kisai) -> Value {
    let mut hito = person.data["hito"].clone();
    for (field, asked) in optional(kisai) {
        if let (false, Some(value)) = (asked, hito.pointer_mut(field)) {
            *value = omitted();
        }
    }
    hito
}

/// 住所, 世帯主 where asked for, and permission, of a certificate of 記載事項.
fn stated_heading(person: &Subject, kisai: &Kisai) -> Map<String, Value> {
    let mut sheet = heading(person, kisai);
    if !kisai.setainushi {
        sheet.remove("setainushi");
    }
    sheet
}

/// A person as a certificate of 記載事項 states them: what is not asked for is absent.
fn stated(person: &Subject, kisai: &Kisai) -> Value {
    let mut hito = person.data["hito"].clone();
    for (field, asked) in optional(kisai) {
        if !asked {
            take_out(&mut hito, field);
        }
    }
    take_out(&mut hito, "/kokumin/gaikokujin/tsusho_rireki");
    take_out(&mut hito, "/biko");
    let before = take_out(&mut hito, "/tennyumae_jusho");
    if let (Some(before), Value::Object(fields)) = (before, &mut hito) {
        fields.insert("juzen_no_jusho".to_owned(), before);
    }
    // What does not concern the person is not stated; what is empty in the register is, as empty.
    if let Value::Object(fields) = &mut hito {
        for number in ["zokugara", "kojin_bango", "juminhyo_code"] {
            if fields.get(number).is_some_and(|value| value.get("nothing").is_some()) {
                fields.remove(number);
            }
        }
    }
    hito
}

/// A person as a 転出証明書 shows them; nothing where the city does not hold their 資格.
fn leaving(person: &Subject) -> Option<Value> {
    let mut hito = person.data["hito"].clone();
    for field in [
        "/kokumin/nihonjin/jumin_to_natta_hi",
        "/kokumin/gaikokujin/gaikokujin_jumin_to_natta_hi",
        "/jusho_wo_sadameta_hi",
        "/todokede_hi",
        "/tennyumae_jusho",
        "/biko",
    ] {
        take_out(&mut hito, field);
    }
    if let Value::Object(fields) = &mut hito {
        fields.extend(person.data.get("shikaku")?.as_object()?.clone());
    }
    Some(hito)
}

/// Takes a field out, wherever it stands.
fn take_out(value: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, field) = pointer.rsplit_once('/')?;
    value.pointer_mut(parent)?.as_object_mut()?.remove(field)
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::names::Field;
    use crate::domain::text::Anything;

    fn held() -> Vec<Subject> {
        let lines = include_str!("../../samples/subjects.jsonl").lines();
        lines.map(|line| Subject::read(line.as_bytes(), &Anything).unwrap_or_else(|error| panic!("{error}"))).collect()
    }

    fn sample(path: &str) -> Value {
        serde_json::from_slice(&std::fs::read(format!("samples/{path}.json")).unwrap()).unwrap()
    }

    fn asked(request: &Value) -> KofuSeikyu {
        KofuSeikyu::read(request.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn of(kind: &str, request: &Value) -> Result<Value, ComposeError> {
        compose(Kind::by_id(kind).unwrap(), &asked(request), &held())
    }

    #[test]
    fn the_samples_are_composed_and_read_by_their_kinds() {
        for entry in std::fs::read_dir("samples/requests").unwrap() {
            let kind = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
            let content = of(&kind, &sample(&format!("requests/{kind}"))).unwrap();
            let read = Kind::by_id(&kind).unwrap().read(content.to_string().as_bytes(), &Anything);
            assert!(read.is_ok(), "{kind}: {:?}", read.err().map(|refusals| refusals.to_string()));
            if !["kisaijiko-shomeisho", "tenshutsu-shomeisho"].contains(&kind.as_str()) {
                assert_eq!(content, sample(&kind), "{kind}");
            }
        }
    }

    /// A request about a person, who has never asked for everything.
    fn about(taisho: Value, more: &[(&str, Value)]) -> Value {
        let mut request = sample("requests/juminhyo-utsushi");
        request["taisho"] = taisho;
        request["kisai"] = json!({ "setainushi": false, "honseki": false, "gaikokujin": false });
        for (item, value) in more {
            request["kisai"][*item] = value.clone();
        }
        request
    }

    #[test]
    fn what_is_not_asked_for_is_not_in_the_content() {
        let alone = json!({ "kojin": { "atena_bango": "1000012", "rireki": false } });
        for kind in ["juminhyo-utsushi", "kisaijiko-shomeisho"] {
            let text = of(kind, &about(alone.clone(), &[])).unwrap().to_string();
            for secret in ["100001000017", "24701000010", "世帯主", "桜木一丁目３番２０号から"] {
                assert!(!text.contains(secret), "{kind}: {secret}");
            }
            let asked = about(alone.clone(), &[("kojin_bango", json!("年金の手続"))]);
            let text = of(kind, &asked).unwrap().to_string();
            assert!(text.contains("100001000017") && !text.contains("24701000010"), "{kind}");
        }
        let with_history = json!({ "kojin": { "atena_bango": "1000012", "rireki": true } });
        assert!(of("juminhyo-utsushi", &about(with_history, &[])).unwrap().to_string().contains("から転居"));
    }

    #[test]
    fn a_part_of_a_household_is_counted_among_all_of_it() {
        let two = json!({ "ichibu": { "atena_bango": ["1000047", "1000012"] } });
        let content = of("juminhyo-utsushi", &about(two, &[])).unwrap();
        assert_eq!(content["setai_renki"]["setai_ninzu"], 4);
        assert_eq!(content["setai_renki"]["setaiin"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn whoever_is_unknown_removed_being_changed_or_of_another_household_is_refused() {
        let refused = |taisho: Value| of("juminhyo-utsushi", &about(taisho, &[])).unwrap_err().code();
        let person = |number: &str| json!({ "kojin": { "atena_bango": number, "rireki": false } });
        assert_eq!(refused(person("1000055")), "hand-to-city");
        assert_eq!(refused(person("6000029")), "compose-state", "a 除票 is no resident");
        assert_eq!(refused(json!({ "johyo": { "atena_bango": "1000012", "rireki": false } })), "compose-state");
        assert!(
            of("juminhyo-utsushi", &about(json!({ "johyo": { "atena_bango": "6000029", "rireki": true } }), &[]))
                .is_ok()
        );
        let mixed = json!({ "ichibu": { "atena_bango": ["1000012", "6000029"] } });
        assert_eq!(refused(mixed), "compose-households");
        let mut changing = held();
        changing[1].status = "idochu".to_owned();
        let everyone = asked(&about(json!({ "zenin": { "atena_bango": "1000012" } }), &[]));
        let kind = Kind::by_id("juminhyo-utsushi").unwrap();
        assert_eq!(compose(kind, &everyone, &changing).unwrap_err().code(), "compose-state");
        let inkan = Kind::by_id("inkan-toroku-shomeisho").unwrap();
        let mut abolished = held();
        abolished.iter_mut().filter(|held| held.kind == inkan.id).for_each(|held| held.status = "haiin".to_owned());
        let request = asked(&sample("requests/inkan-toroku-shomeisho"));
        assert!(compose(inkan, &request, &held()).is_ok());
        assert_eq!(compose(inkan, &request, &abolished).unwrap_err().code(), "compose-state", "廃印");
    }

    #[test]
    fn a_subject_is_found_by_what_people_say_and_never_by_secret_numbers() {
        let found = held()[0].found_by();
        let has = |field, text: &str| found.iter().any(|name| name.field == field && name.text == text);
        assert!(has(Field::Shimei, "見本太郎") && has(Field::Shi, "見本") && has(Field::Furigana, "ミホンタロウ"));
        assert!(has(Field::Seinengappi, "1980-12-26") && has(Field::SetaiBango, "2000016"));
        assert!(has(Field::Cho, "見本県見本市北区若葉二丁目"));
        assert!(found.iter().all(|name| !name.text.contains("100001000017") && !name.text.contains("24701000010")));
    }
}
