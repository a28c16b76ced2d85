//! 異動の反映: what a 仮登録 makes of what is held, once it is approved. What was entered stands on a sheet for
//! collation (確認用住民票, 印鑑異動結果確認票); out of it and of what is held comes the next record, or none.

use serde_json::{Map, Value, json};

use super::juminhyo_utsushi::ShojoJiyu;
use super::refusal::Refusals;
use super::subject::{JUMIN, Status, Subject};
use crate::domain::calendar::{Day, RecordedDate, WarekiDate};
use crate::domain::text::Repertoire;

/// The sheet on which changes of residents are entered.
const JUMINHYO: &str = "kakuninyo-juminhyo";
/// The sheet on which changes of registered seals are entered.
const INKAN: &str = "inkan-ido-kekka-kakuninhyo";
/// The record of a registered seal.
const INKAN_HELD: &str = "inkan-toroku-shomeisho";

/// What an entry cannot become a record for.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Of somebody nothing is held that could be changed, or something is of who is entered as new; or it may
    /// not be told.
    #[error("changing what is held: it is not as the sheet says")]
    Nobody,
    /// What is entered as standing before is not what is held.
    #[error("changing what is held: it is another than what is entered as standing before")]
    Before,
    /// Somebody else is changing it, or it is over.
    #[error("changing what is held: it is not in force")]
    State,
    /// 消除 in a procedure that does not say for what.
    #[error("changing what is held: the procedure removes nobody")]
    Removal,
    /// The record that would come of it.
    #[error("changing what is held: the record that comes of it is refused")]
    Refused(Refusals),
}

impl ChangeError {
    /// Key of the sentence that tells a person. That nothing is held is told as everything is of which a
    /// contractor may not know whether it is so.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nobody => "hand-to-city",
            Self::Before => "change-before-differs",
            Self::State => "compose-state",
            Self::Removal => "change-removal",
            Self::Refused(_) => "change-refused",
        }
    }
}

/// Whether a kind of sheet is one on which changes are entered.
pub fn is_entered_on(kind: &str) -> bool {
    [JUMINHYO, INKAN].contains(&kind)
}

/// Of whom a sheet tells: kind of the record and 宛名番号.
pub fn concerned(kind: &str, sheet: &Value) -> Vec<(&'static str, String)> {
    let number = |held, person: &Value| Some((held, person["atena_bango"].as_str()?.to_owned()));
    match kind {
        JUMINHYO => people(sheet).filter_map(|person| number(JUMIN, person)).collect(),
        INKAN => number(INKAN_HELD, sheet).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn people(sheet: &Value) -> impl Iterator<Item = &Value> {
    sheet["taisho"].as_array().into_iter().flatten()
}

/// A 新規 on a sheet, for whoever gives numbers.
pub fn newcomers(sheet: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let people = sheet.get_mut("taisho").and_then(Value::as_array_mut).into_iter().flatten();
    people.filter(|person| person["ido"].get("shinki").is_some()).filter_map(Value::as_object_mut)
}

/// What was entered, and when it becomes true.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// Kind of the sheet.
    pub kind: &'a str,
    /// The sheet.
    pub sheet: &'a Value,
    /// For what somebody is removed, as the procedure has it.
    pub removal: Option<ShojoJiyu>,
    /// 転出先, as 住民異動届 has it.
    pub destination: Option<&'a Value>,
    /// The moment, in milliseconds since 1970.
    pub as_of: i64,
    /// Its day.
    pub today: Day,
}

impl Change<'_> {
    /// The records that come of it, out of those that are held of whom it concerns.
    ///
    /// # Errors
    /// Everything that [`ChangeError`] names, but for [`ChangeError::Refused`].
    pub fn records(&self, held: &[Subject]) -> Result<Vec<Subject>, ChangeError> {
        let mut records = Vec::new();
        let of = |kind: &str, number: &str| held.iter().find(|held| held.kind == kind && held.atena_bango == number);
        match self.kind {
            JUMINHYO => {
                for person in people(self.sheet) {
                    let number = person["atena_bango"].as_str().unwrap_or_default();
                    records.extend(self.resident(person, number, of(JUMIN, number))?);
                }
            }
            INKAN => {
                let number = self.sheet["atena_bango"].as_str().unwrap_or_default();
                records.extend(self.seal(number, of(INKAN_HELD, number))?);
            }
            _ => {}
        }
        Ok(records)
    }

    /// The same, each read as what a system of the city would say.
    ///
    /// # Errors
    /// Everything that [`ChangeError`] names.
    pub fn checked(&self, held: &[Subject], repertoire: &dyn Repertoire) -> Result<Vec<Subject>, ChangeError> {
        let records = self.records(held)?;
        records.iter().try_for_each(|record| record.check(repertoire)).map_err(ChangeError::Refused)?;
        Ok(records)
    }

    fn resident(&self, person: &Value, number: &str, held: Option<&Subject>) -> Result<Option<Subject>, ChangeError> {
        let Some((ido, said)) = person["ido"].as_object().and_then(|ido| ido.iter().next()) else { return Ok(None) };
        if ido == "shinki" {
            let removed = |held: &Subject| held.clone().on(self.today).is_removed();
            if held.is_some_and(|held| !removed(held)) {
                return Err(ChangeError::Nobody);
            }
            return Ok(Some(self.next(JUMIN, number, held, Status::Genzon, self.moved(person, number, held, said))));
        }
        let held = held.ok_or(ChangeError::Nobody)?;
        if !held.is_in_force() {
            return Err(ChangeError::State);
        }
        let before = if ido == "henko" { &said["mae"] } else { said };
        if !stands(before, &held.data) {
            return Err(ChangeError::Before);
        }
        match ido.as_str() {
            "henko" => {
                let mut data = self.moved(person, number, Some(held), &said["ato"]);
                self.note(&mut data, said);
                Ok(Some(self.next(JUMIN, number, Some(held), Status::Genzon, data)))
            }
            "shojo" => self.removed(number, held).map(Some),
            _ => Ok(None),
        }
    }

    /// What is held of a resident who moved in, or of whom something changed. Numbers that are not on the sheet
    /// stay as they are held; of a newcomer none is held.
    fn moved(&self, person: &Value, number: &str, held: Option<&Subject>, said: &Value) -> Value {
        let unknown = || json!({ "nothing": "no-data" });
        let new = || json!({ "rireki": [], "hito": { "kojin_bango": unknown(), "juminhyo_code": unknown() } });
        let mut data = held.map_or_else(new, |held| held.data.clone());
        data["setai_bango"] = self.sheet["setai_bango"].clone();
        for field in HOUSEHOLD {
            data[field] = said[field].clone();
        }
        data["hito"]["atena_bango"] = json!(number);
        for field in PERSON {
            data["hito"][field] = said[field].clone();
        }
        take(&mut data["hito"], "kazoku");
        if let Some(family) = person.get("kazoku") {
            data["hito"]["kazoku"] = family.clone();
        }
        if take(&mut data, "shojo").is_some() {
            // Who comes back has a new 住民票.
            data["rireki"] = json!([]);
        }
        data
    }

    /// 異動履歴: what stood before.
    fn note(&self, data: &mut Value, said: &Value) {
        let (before, after) = (&said["mae"], &said["ato"]);
        let changed =
            [&HOUSEHOLD[..], &["zokugara"]].concat().into_iter().filter(|field| before[field] != after[field]);
        let stood: Vec<String> = changed.map(|field| printed(&before[field])).collect();
        if let (false, Some(history)) = (stood.is_empty(), data["rireki"].as_array_mut()) {
            history.push(json!({
                "ido_hi": self.sheet["ido_hi"],
                "jiyu": self.sheet["jimu"],
                "todokede_hi": self.sheet["todokede_hi"],
                "kisai": stood.join("\u{3000}"),
            }));
        }
    }

    /// 消除; of a day to come, what is held stays in force until then.
    fn removed(&self, number: &str, held: &Subject) -> Result<Subject, ChangeError> {
        let jiyu = self.removal.ok_or(ChangeError::Removal)?;
        let unknown = json!({ "nothing": "no-data" });
        let mut data = held.data.clone();
        data["shojo"] = json!({
            "jiyu": jiyu.key(),
            "jiyu_hi": self.sheet["ido_hi"],
            "tenshutsusaki_yotei": self.destination.unwrap_or(&unknown),
            "tenshutsusaki_kakutei": unknown,
            "shojo_todokede_hi": self.sheet["todokede_hi"],
            "tennyu_tsuchi_hi": unknown,
        });
        let status = if is_to_come(&self.sheet["ido_hi"], self.today) { Status::Idochu } else { Status::Shojo };
        Ok(self.next(JUMIN, number, Some(held), status, data))
    }

    fn seal(&self, number: &str, held: Option<&Subject>) -> Result<Option<Subject>, ChangeError> {
        let Some((ido, said)) = self.sheet["ido"].as_object().and_then(|ido| ido.iter().next()) else {
            return Ok(None);
        };
        let same = |said: &Value, held: &Subject| SEAL.iter().all(|field| said[field] == held.data[field]);
        let registered = held.filter(|held| held.is_in_force());
        let next = |status, said: &Value| {
            let mut data: Map<String, Value> =
                SEAL.iter().map(|field| ((*field).to_owned(), said[field].clone())).collect();
            data.insert("biko".to_owned(), held.map_or_else(|| json!([]), |held| held.data["biko"].clone()));
            Some(self.next(INKAN_HELD, number, held, status, Value::Object(data)))
        };
        match (ido.as_str(), said.get("mae"), registered) {
            ("toroku" | "haishi" | "saikofu", Some(_), None) | ("toroku" | "kaifuku", None, Some(_)) => {
                Err(ChangeError::Nobody)
            }
            (_, Some(before), Some(held)) if !same(before, held) => Err(ChangeError::Before),
            ("toroku", ..) => Ok(next(Status::Genzon, &said["ato"])),
            ("haishi", Some(before), _) => Ok(next(Status::Haiin, before)),
            ("kaifuku", ..) => match held {
                Some(held) if same(&said["ato"], held) => Ok(next(Status::Genzon, &said["ato"])),
                Some(_) => Err(ChangeError::Before),
                None => Err(ChangeError::Nobody),
            },
            _ => Ok(None),
        }
    }

    fn next(&self, kind: &str, number: &str, held: Option<&Subject>, status: Status, data: Value) -> Subject {
        Subject {
            kind: kind.to_owned(),
            atena_bango: number.to_owned(),
            rireki_bango: held.map_or(0, |held| held.rireki_bango).saturating_add(1),
            as_of: self.as_of,
            status: status.key().to_owned(),
            data,
        }
    }
}

/// What a sheet and what is held say of a household, under the same names.
const HOUSEHOLD: [&str; 2] = ["jusho", "setainushi"];
/// The same of a person.
const PERSON: [&str; 7] =
    ["kokumin", "seibetsu", "zokugara", "jusho_wo_sadameta_hi", "todokede_hi", "tennyumae_jusho", "biko"];
/// The same of a registered seal.
const SEAL: [&str; 3] = ["inei", "torokusha", "jusho"];

/// Whether what a sheet says is what is held.
fn stands(said: &Value, data: &Value) -> bool {
    HOUSEHOLD.iter().all(|field| said[field] == data[field])
        && PERSON.iter().all(|field| said[field] == data["hito"][field])
}

/// Whether a day that a record names is certainly still to come.
pub fn is_to_come(date: &Value, today: Day) -> bool {
    let date = date.as_str().and_then(|text| text.parse::<WarekiDate>().ok());
    date.is_some_and(|date| RecordedDate::wareki(today).certainly_before(date.recorded()))
}

/// A text, or an address with its 方書.
fn printed(value: &Value) -> String {
    let texts =
        [value.as_str(), value.get("jusho").and_then(Value::as_str), value.get("katagaki").and_then(Value::as_str)];
    texts.into_iter().flatten().collect::<Vec<_>>().join("\u{3000}")
}

fn take(value: &mut Value, field: &str) -> Option<Value> {
    value.as_object_mut()?.remove(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Anything;
    use proptest::prelude::*;

    fn read(file: &str) -> Value {
        serde_json::from_slice(&std::fs::read(format!("samples/changes/{file}.json")).unwrap()).unwrap()
    }

    fn held() -> Vec<Subject> {
        let lines = include_str!("../../samples/changes/subjects.jsonl").lines();
        lines.map(|line| Subject::read(line.as_bytes(), &Anything).unwrap_or_else(|error| panic!("{error}"))).collect()
    }

    fn of(kind: &str, sheet: &Value, held: &[Subject], today: &str) -> Result<Vec<Subject>, &'static str> {
        let removal = Some(ShojoJiyu::Tenshutsu);
        let today = today.parse().unwrap();
        let change = Change { kind, sheet, removal, destination: None, as_of: 7, today };
        change.checked(held, &Anything).map_err(|error| error.code())
    }

    #[test]
    fn a_change_follows_on_what_is_held_and_keeps_what_is_not_on_the_sheet() {
        let (sheet, held) = (read("kunai-tenkyo.kakuninyo-juminhyo"), held());
        let [after] = &of(JUMINHYO, &sheet, &held, "2026-01-15").unwrap()[..] else { panic!() };
        let before = held.iter().find(|held| held.atena_bango == after.atena_bango).unwrap();
        assert_eq!((after.rireki_bango, after.as_of, after.status.as_str()), (before.rireki_bango + 1, 7, "genzon"));
        for field in ["kojin_bango", "juminhyo_code", "kokumin"] {
            assert_eq!(after.data["hito"][field], before.data["hito"][field]);
        }
        assert_eq!(after.data["shikaku"], before.data["shikaku"]);
        assert_eq!(after.data["jusho"], sheet["taisho"][0]["ido"]["henko"]["ato"]["jusho"]);
        let history = after.data["rireki"].as_array().unwrap();
        assert_eq!(history.last().unwrap()["kisai"], before.data["jusho"]["jusho"]);
        // Of whom nothing is held, and of whom something else is, nothing is changed.
        assert_eq!(of(JUMINHYO, &sheet, &[], "2026-01-15").err(), Some("hand-to-city"));
        let mut changing = held.clone();
        changing[1].status = "idochu".to_owned();
        assert_eq!(of(JUMINHYO, &sheet, &changing, "2026-01-15").err(), Some("compose-state"));
        assert_eq!(
            of(JUMINHYO, &sheet, std::slice::from_ref(after), "2026-01-15").err(),
            Some("change-before-differs")
        );
    }

    #[test]
    fn who_is_to_move_out_is_a_resident_until_the_day() {
        let (sheet, held) = (read("tenshutsu.kakuninyo-juminhyo"), held());
        for (today, status) in [("2026-01-30", "idochu"), ("2026-01-31", "shojo"), ("2026-02-01", "shojo")] {
            let after = of(JUMINHYO, &sheet, &held, today).unwrap().remove(0);
            assert_eq!(after.status, status, "{today}");
            let (before, then) =
                (after.clone().on("2026-01-30".parse().unwrap()), after.on("2026-01-31".parse().unwrap()));
            assert_eq!(before.is_in_force(), status == "idochu");
            assert!(then.is_removed() && then.data.get("shojo").is_some());
        }
        let no_reason = Change {
            kind: JUMINHYO,
            sheet: &sheet,
            removal: None,
            destination: None,
            as_of: 0,
            today: "2026-02-01".parse().unwrap(),
        };
        assert_eq!(no_reason.records(&held).err().map(|error| error.code()), Some("change-removal"));
    }

    #[test]
    fn who_comes_back_has_a_new_juminhyo_under_the_old_number() {
        let mut sheet = read("tennyu.kakuninyo-juminhyo");
        let removed = of(JUMINHYO, &read("tenshutsu.kakuninyo-juminhyo"), &held(), "2026-02-01").unwrap();
        sheet["setai_bango"] = json!("2000016");
        sheet["taisho"][0]["atena_bango"] = json!(removed[0].atena_bango);
        let back = of(JUMINHYO, &sheet, &removed, "2026-02-01").unwrap().remove(0);
        assert!(back.is_in_force() && back.data.get("shojo").is_none());
        assert_eq!(back.rireki_bango, removed[0].rireki_bango + 1);
        assert_eq!(of(JUMINHYO, &sheet, &held(), "2026-02-01").err(), Some("hand-to-city"), "who is here is not new");
    }

    #[test]
    fn a_seal_is_registered_once_and_abolished_as_it_was() {
        let (sokuji, boshitsu) =
            (read(&format!("inkan-toroku-sokuji.{INKAN}")), read(&format!("inkan-insho-boshitsu.{INKAN}")));
        assert_eq!(of(INKAN, &boshitsu, &[], "2026-01-15").err(), Some("hand-to-city"));
        let registered = of(INKAN, &sokuji, &[], "2026-01-15").unwrap();
        assert_eq!(
            of(INKAN, &sokuji, &registered, "2026-01-15").err(),
            Some("hand-to-city"),
            "改印 says what was before"
        );
        let abolished = of(INKAN, &boshitsu, &registered, "2026-01-15").unwrap();
        assert_eq!((abolished[0].status.as_str(), abolished[0].rireki_bango), ("haiin", 2));
        assert_eq!(of(INKAN, &boshitsu, &abolished, "2026-01-15").err(), Some("hand-to-city"));
        assert_eq!(of(INKAN, &sokuji, &abolished, "2026-01-15").unwrap()[0].rireki_bango, 3);
        let mut other = boshitsu;
        other["ido"]["haishi"]["mae"]["inei"]["dpi"] = json!(300);
        assert_eq!(of(INKAN, &other, &registered, "2026-01-15").err(), Some("change-before-differs"));
    }

    proptest! {
        /// Whatever of what stood before is entered otherwise, nothing is changed.
        #[test]
        fn what_stood_before_is_entered_as_it_is_held(field in 0usize..9, text in "[ぁ-ん]{1,8}") {
            let mut sheet = read("kunai-tenkyo.kakuninyo-juminhyo");
            let field = [&HOUSEHOLD[..], &PERSON[..]].concat()[field];
            sheet["taisho"][0]["ido"]["henko"]["mae"][field] = json!(text);
            prop_assert_eq!(of(JUMINHYO, &sheet, &held(), "2026-01-15").err(), Some("change-before-differs"));
        }
    }
}
