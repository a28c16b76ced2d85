//! What a city may choose about the procedures. Rules between parties are not among it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Procedures, Role, Step, StepKey};
use crate::domain::calendar::Day;
use crate::domain::money::Yen;

/// A rule between two persons of one case, which a small office may have to relax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonRule {
    /// Who collates is not who entered.
    CollatorNotEnterer,
    /// Who reviews or approves is not who entered.
    OfficerNotEnterer,
}

/// When a 補記 is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnnotationSeal {
    /// By hand, after its review.
    AfterReview,
    /// Printed with the 補記; the review sees it sealed, and the step of sealing is over with it.
    BeforeReview,
}

/// What a city chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    performers: BTreeMap<(String, StepKey), Role>,
    relaxed: BTreeSet<PersonRule>,
    fees: BTreeMap<String, BTreeMap<Day, Yen>>,
    /// The last day of 住民基本台帳カード.
    pub juki_card_end: Day,
    /// When a 補記 is sealed.
    pub annotation_seal: AnnotationSeal,
    /// Whether this ward makes itself what the procedures have another ward make.
    pub own_making: bool,
}

/// Settings are broken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("reading the settings {file}:{line}: {fault}")]
pub struct SettingsError {
    /// File.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: SettingsFault,
}

/// What can be wrong in settings.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SettingsFault {
    /// Not TOML, or not of the form of settings.
    #[error("{0}")]
    Malformed(String),
    /// A step that there is not.
    #[error("the procedure {procedure} has no step {step}")]
    NoSuchStep {
        /// Procedure.
        procedure: String,
        /// Step.
        step: StepKey,
    },
    /// A performer that the procedure does not offer for the step.
    #[error("{role:?} is none of those who may do it")]
    NotOffered {
        /// Role.
        role: Role,
    },
    /// A fee that no procedure takes.
    #[error("no procedure takes the fee {0}")]
    UnknownFee(String),
    /// Two performers of one step, or two amounts from one day.
    #[error("{0} is given twice")]
    Double(String),
}

impl SettingsError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        "procedure-settings-broken"
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSettings {
    #[serde(default)]
    relaxed: BTreeSet<PersonRule>,
    juki_card_end: RawDay,
    annotation_seal: AnnotationSeal,
    own_making: bool,
    #[serde(default, rename = "performer")]
    performers: Vec<RawPerformer>,
    #[serde(default, rename = "fee")]
    fees: Vec<RawFee>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPerformer {
    procedure: Spanned<String>,
    step: StepKey,
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFee {
    code: Spanned<String>,
    from: RawDay,
    yen: u32,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct RawDay(Day);

impl TryFrom<String> for RawDay {
    type Error = crate::domain::calendar::CalendarError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl Settings {
    /// What the procedures recommend.
    pub fn recommended(procedures: &Procedures) -> Result<Self, SettingsError> {
        Self::parse("settings.toml", include_str!("settings.toml"), procedures)
    }

    /// Reads settings, by the name and the text of their file.
    pub fn parse(file: &str, text: &str, procedures: &Procedures) -> Result<Self, SettingsError> {
        let refuse = |offset: usize, fault| {
            let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
            SettingsError { file: file.to_owned(), line, fault }
        };
        let raw: RawSettings = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            refuse(start, SettingsFault::Malformed(error.message().to_owned()))
        })?;
        let mut performers = BTreeMap::new();
        for raw in raw.performers {
            let start = raw.procedure.span().start;
            let (place, role) = performer(raw, procedures).map_err(|fault| refuse(start, fault))?;
            if let Some((procedure, step)) = performers.insert(place.clone(), role).map(|_| place) {
                return Err(refuse(start, SettingsFault::Double(format!("{procedure} {step}"))));
            }
        }
        let mut fees: BTreeMap<String, BTreeMap<Day, Yen>> = BTreeMap::new();
        for raw in raw.fees {
            let (start, code) = (raw.code.span().start, raw.code.into_inner());
            if procedures.all().iter().all(|procedure| procedure.fee.as_ref() != Some(&code)) {
                return Err(refuse(start, SettingsFault::UnknownFee(code)));
            }
            let amounts = fees.entry(code.clone()).or_default();
            if amounts.insert(raw.from.0, Yen::new(i64::from(raw.yen))).is_some() {
                return Err(refuse(start, SettingsFault::Double(format!("{code} {}", raw.from.0))));
            }
        }
        Ok(Self {
            performers,
            relaxed: raw.relaxed,
            fees,
            juki_card_end: raw.juki_card_end.0,
            annotation_seal: raw.annotation_seal,
            own_making: raw.own_making,
        })
    }

    /// Who does a step of a procedure.
    pub fn performer(&self, procedure: &str, step: &Step) -> Role {
        let place = (procedure.to_owned(), step.key.clone());
        self.performers.get(&place).copied().unwrap_or(step.performer.role)
    }

    /// Whether a rule between persons is not kept.
    pub fn relaxes(&self, rule: PersonRule) -> bool {
        self.relaxed.contains(&rule)
    }

    /// A fee on a day, in yen; none where the table has none for that day.
    pub fn fee(&self, code: &str, day: Day) -> Option<Yen> {
        self.fees.get(code)?.range(..=day).next_back().map(|(_, amount)| *amount)
    }
}

fn performer(raw: RawPerformer, procedures: &Procedures) -> Result<((String, StepKey), Role), SettingsFault> {
    let procedure = raw.procedure.into_inner();
    let Some(step) = procedures.get(&procedure).and_then(|procedure| procedure.step(&raw.step)) else {
        return Err(SettingsFault::NoSuchStep { procedure, step: raw.step });
    };
    if raw.role != step.performer.role && !step.performer.alternatives.contains(&raw.role) {
        return Err(SettingsFault::NotOffered { role: raw.role });
    }
    Ok(((procedure, raw.step), raw.role))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "juki_card_end = \"2025-12-28\"\nannotation_seal = \"after-review\"\nown_making = false\n";

    fn parse(more: &str) -> Result<Settings, SettingsError> {
        Settings::parse("settings.toml", &format!("{REST}{more}"), &Procedures::embedded().unwrap())
    }

    #[test]
    fn the_states_fee_changes_on_its_day() {
        let settings = Settings::recommended(&Procedures::embedded().unwrap()).unwrap();
        let fee = |day: &str| settings.fee("tokubetsu-eijusha-shomeisho", day.parse().unwrap());
        assert_eq!(fee("2025-03-31"), Some(Yen::new(1300)));
        assert_eq!(fee("2025-04-01"), Some(Yen::new(1600)));
        assert_eq!(fee("2012-07-08"), None);
        assert!(!settings.relaxes(PersonRule::CollatorNotEnterer));
        assert!(!settings.relaxes(PersonRule::OfficerNotEnterer));
    }

    #[test]
    fn a_step_is_done_by_whom_the_city_chose_among_those_offered() {
        let procedures = Procedures::embedded().unwrap();
        let chosen = "[[performer]]\nprocedure = \"tennyu\"\nstep = \"13\"\nrole = \"city-terminal\"\n";
        let settings = parse(chosen).unwrap();
        let step = |id: &str| procedures.get(id).unwrap().step(&StepKey::parse("13").unwrap()).unwrap();
        assert_eq!(settings.performer("tennyu", step("tennyu")), Role::CityTerminal);
        assert_eq!(settings.performer("kunai-tenkyo", step("kunai-tenkyo")), Role::ContractorInput);
    }

    #[test]
    fn what_settings_may_not_say() {
        let performer = |step: &str, role: &str| {
            format!("[[performer]]\nprocedure = \"tennyu\"\nstep = \"{step}\"\nrole = \"{role}\"\n")
        };
        let fee = |code: &str| format!("[[fee]]\ncode = \"{code}\"\nfrom = \"2026-04-01\"\nyen = 300\n");
        // Approval stays 本市's, whatever a file says.
        let approve = SettingsFault::NotOffered { role: Role::ContractorInput };
        let step = StepKey::parse("99").unwrap();
        let nowhere = SettingsFault::NoSuchStep { procedure: "tennyu".to_owned(), step };
        for (text, line, fault) in [
            (performer("12", "contractor-input"), 5, approve),
            (performer("99", "city-terminal"), 5, nowhere),
            (performer("13", "city-terminal").repeat(2), 9, SettingsFault::Double("tennyu 13".to_owned())),
            (fee("juminhyo"), 5, SettingsFault::UnknownFee("juminhyo".to_owned())),
            (fee("etsuran").repeat(2), 9, SettingsFault::Double("etsuran 2026-04-01".to_owned())),
        ] {
            assert_eq!(parse(&text), Err(SettingsError { file: "settings.toml".to_owned(), line, fault }));
        }
        // No rule between parties has a name here.
        assert!(matches!(
            Settings::parse(
                "s",
                &format!("relaxed = [\"approval-by-city\"]\n{REST}"),
                &Procedures::embedded().unwrap()
            ),
            Err(SettingsError { line: 1, fault: SettingsFault::Malformed(_), .. })
        ));
    }
}
