//! What a certificate says is not there. An absence is certified of a name at a place; whoever is held by that
//! name and had to do with that place contradicts it, whether their record may be seen or not.

use serde_json::Value;

use super::names::{Field, Name};
use super::subject::Subject;
use crate::domain::text::search_form;

/// That nobody of a name is or was registered at an address (不在住).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    name: Name,
    jusho: Name,
}

impl Absence {
    /// What a document of a kind says is not there; nothing, if it says of nobody that they are not there.
    pub fn certified(kind: &str, data: &[u8]) -> Option<Self> {
        if kind != "fuzaiju-shomeisho" {
            return None;
        }
        let data: Value = serde_json::from_slice(data).ok()?;
        let searched = data.get("fuzaiju").or_else(|| data.pointer("/fuzaiseki_fuzaiju/fuzaiju"))?;
        let text = |field: &str| searched.get(field).and_then(Value::as_str);
        Some(Self { name: Name::new(Field::Shimei, text("shimei")?), jusho: Name::new(Field::Jusho, text("jusho")?) })
    }

    /// By what those are found who may contradict it.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// Whether a record says otherwise: the name, and the address anywhere in it, as of now or of before.
    pub fn is_contradicted_by(&self, subject: &Subject) -> bool {
        subject.found_by().contains(&self.name) && mentions(&subject.data, &self.jusho.text)
    }
}

fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(said) => search_form(said).contains(text),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        Value::Object(fields) => fields.values().any(|field| mentions(field, text)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Anything;
    use serde_json::json;

    const LINES: &str = include_str!("../../samples/subjects.jsonl");

    fn contradicted(shimei: &str, jusho: &str) -> bool {
        let searched = json!({ "jusho": jusho, "shimei": shimei, "johyo_kara": "2014-06-20", "biko": [] });
        let both = [
            json!({ "fuzaiju": searched }),
            json!({ "fuzaiseki_fuzaiju": { "honseki": "見本県", "fuzaiju": searched } }),
        ];
        let said = both.map(|data| {
            let absence = Absence::certified("fuzaiju-shomeisho", data.to_string().as_bytes()).unwrap();
            let held = LINES.lines().map(|line| Subject::read(line.as_bytes(), &Anything).unwrap());
            held.into_iter().any(|subject| absence.is_contradicted_by(&subject))
        });
        assert_eq!(said[0], said[1]);
        said[0]
    }

    #[test]
    fn who_is_or_was_registered_at_an_address_is_not_certified_to_be_absent() {
        const NOW: &str = "見本県見本市北区若葉二丁目１番２７号";
        const BEFORE: &str = "見本県見本市北区桜木一丁目３番２０号";
        const ELSEWHERE: &str = "見本県見本市北区若葉九丁目９番９号";
        assert!(contradicted("見本　太郎", NOW));
        assert!(contradicted("見本太郎", "見本県見本市北区若葉二丁目1番27号"));
        assert!(contradicted("見本　太郎", BEFORE));
        assert!(!contradicted("見本　太郎", ELSEWHERE));
        assert!(!contradicted("見本　三郎", NOW));
    }

    #[test]
    fn a_certificate_of_presence_says_of_nobody_that_they_are_not_there() {
        assert_eq!(Absence::certified("juminhyo-utsushi", b"{}"), None);
    }
}
