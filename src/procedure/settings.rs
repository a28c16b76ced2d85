//! What a city may choose about the procedures. Rules between parties are not among it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Deadline, Paper, Procedures, Role, Step, StepKey};
use crate::document::catalog::Kind;
use crate::document::request::{Kubun, Seikyusha};
use crate::domain::calendar::Day;
use crate::domain::money::Yen;
use crate::domain::opening_days::{OpeningDays, OpeningDaysError};

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

/// What is done with 定額小為替 above the sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KawaseOver {
    /// 地方自治法施行令156条: not taken.
    #[default]
    Refuse,
    /// What is over is given back in others that the office has.
    Change,
}

/// 免除の事由.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// 請求区分 for which alone it is; empty where it is for all.
    #[serde(default)]
    pub requesters: BTreeSet<Kubun>,
}

/// By code, the amounts from their days on.
type Fees = BTreeMap<String, BTreeMap<Day, Yen>>;

/// 住民基本台帳カード, which came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JukiCard {
    /// Its last day.
    pub last_day: Day,
    /// Papers and 細目, by name, that no step has any more after it.
    gone: BTreeSet<String>,
}

/// What a step has to do with on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtHand<'s> {
    /// Papers that come in, by name.
    pub documents_in: Vec<&'s str>,
    /// Papers that go out, by name.
    pub documents_out: Vec<&'s str>,
    /// 細目.
    pub details: Vec<&'s str>,
}

/// 付番: the first number that the office gives, without its check digit: above all that the city's other systems
/// give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstNumbers {
    /// 宛名番号.
    pub atena_bango: u64,
    /// 世帯番号.
    pub setai_bango: u64,
}

impl Default for FirstNumbers {
    fn default() -> Self {
        Self { atena_bango: 90_000_000, setai_bango: 90_000_000 }
    }
}

/// How many days old what is held may be: the day of the last import, or of the approval that wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceAge {
    /// Older than that, whoever decides is told; none where nobody is.
    pub told_after: Option<u32>,
    /// Older than that, nothing is composed of it or issued; none where that is the city's own care.
    pub refused_after: Option<u32>,
}

impl SourceAge {
    /// Whether whoever decides is told.
    pub fn is_told(self, as_of: Day, today: Day) -> bool {
        is_older(as_of, today, self.told_after)
    }

    /// Whether nothing is made of it.
    pub fn is_refused(self, as_of: Day, today: Day) -> bool {
        is_older(as_of, today, self.refused_after)
    }
}

fn is_older(as_of: Day, today: Day, most: Option<u32>) -> bool {
    most.is_some_and(|most| as_of.days_until(today) > i64::from(most))
}

/// 本人通知: copies of these kinds that go to these requesters lead to a notice.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    /// Kinds of documents.
    pub kinds: BTreeSet<String>,
    /// 請求区分.
    pub requesters: BTreeSet<Kubun>,
}

/// What a city chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    performers: BTreeMap<(String, StepKey), Role>,
    relaxed: BTreeSet<PersonRule>,
    fees: Fees,
    /// Codes of fees that are the state's, paid in 収入印紙.
    stamps: BTreeSet<String>,
    /// 免除の事由.
    pub exemptions: Vec<Exemption>,
    /// What is done with 定額小為替 above the sum.
    pub kawase_over: KawaseOver,
    /// 開庁日.
    pub opening_days: OpeningDays,
    /// 付番: where the office's own numbers begin.
    pub first_numbers: FirstNumbers,
    /// How old what is held may be.
    pub source: SourceAge,
    /// 本人通知: which copies lead to a notice.
    notices: Vec<NoticeRule>,
    /// 期限, by id, where the city has other days than the procedure.
    deadlines: BTreeMap<String, u32>,
    /// 住民基本台帳カード.
    pub juki_card: JukiCard,
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
    /// A fee that neither a procedure nor a certificate takes.
    #[error("neither a procedure nor a certificate takes the fee {0}")]
    UnknownFee(String),
    /// Neither a paper nor a 細目 of any step.
    #[error("no step has the paper or detail {0}")]
    NowhereAtHand(String),
    /// A kind of document that there is not.
    #[error("there is no kind {0}")]
    UnknownKind(String),
    /// A 期限 that no procedure has.
    #[error("no procedure has the deadline {0}")]
    UnknownDeadline(String),
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
    #[serde(default)]
    opening: RawOpening,
    #[serde(default)]
    numbers: FirstNumbers,
    #[serde(default)]
    source: SourceAge,
    #[serde(default, rename = "notice")]
    notices: Vec<Spanned<NoticeRule>>,
    #[serde(default)]
    deadlines: BTreeMap<Spanned<String>, u32>,
    juki_card: RawJukiCard,
    #[serde(default)]
    kawase_over: KawaseOver,
    #[serde(default, rename = "exemption")]
    exemptions: Vec<Exemption>,
    annotation_seal: AnnotationSeal,
    own_making: bool,
    #[serde(default, rename = "performer")]
    performers: Vec<RawPerformer>,
    #[serde(default, rename = "fee")]
    fees: Vec<RawFee>,
}

/// Days on which the city is open or closed otherwise than the law has it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOpening {
    open: Vec<RawDay>,
    closed: Vec<RawDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawJukiCard {
    last_day: RawDay,
    gone: Vec<Spanned<String>>,
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
struct RawFees {
    #[serde(rename = "fee")]
    fees: Vec<RawFee>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFee {
    code: Spanned<String>,
    from: RawDay,
    yen: u32,
    /// Whether it is the state's, paid in 収入印紙.
    #[serde(default)]
    stamps: bool,
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

    /// Those of the sample city: what the procedures recommend, and its own fees.
    pub fn sample(procedures: &Procedures) -> Result<Self, SettingsError> {
        Self::recommended(procedures)?.with_fees("fees.toml", include_str!("../../samples/fees.toml"), procedures)
    }

    /// The same with more fees, by the name and the text of their file.
    pub fn with_fees(mut self, file: &str, text: &str, procedures: &Procedures) -> Result<Self, SettingsError> {
        let raw: RawFees = read(file, text)?;
        add_fees(&mut self.fees, raw.fees, procedures).map_err(|(start, fault)| refusal(file, text, start, fault))?;
        Ok(self)
    }

    /// Reads settings, by the name and the text of their file.
    pub fn parse(file: &str, text: &str, procedures: &Procedures) -> Result<Self, SettingsError> {
        let refuse = |start, fault| refusal(file, text, start, fault);
        let raw: RawSettings = read(file, text)?;
        let mut performers = BTreeMap::new();
        for raw in raw.performers {
            let start = raw.procedure.span().start;
            let (place, role) = performer(raw, procedures).map_err(|fault| refuse(start, fault))?;
            if let Some((procedure, step)) = performers.insert(place.clone(), role).map(|_| place) {
                return Err(refuse(start, SettingsFault::Double(format!("{procedure} {step}"))));
            }
        }
        let stamps = raw.fees.iter().filter(|fee| fee.stamps).map(|fee| fee.code.get_ref().clone()).collect();
        let mut fees = BTreeMap::new();
        add_fees(&mut fees, raw.fees, procedures).map_err(|(start, fault)| refuse(start, fault))?;
        let mut gone = BTreeSet::new();
        for name in raw.juki_card.gone {
            let (start, name) = (name.span().start, name.into_inner());
            if !procedures.all().iter().flat_map(|procedure| &procedure.steps).any(|step| has(step, &name)) {
                return Err(refuse(start, SettingsFault::NowhereAtHand(name)));
            }
            gone.insert(name);
        }
        let mut notices = Vec::new();
        for rule in raw.notices {
            let (start, rule) = (rule.span().start, rule.into_inner());
            if let Some(kind) = rule.kinds.iter().find(|kind| Kind::by_id(kind).is_none()) {
                return Err(refuse(start, SettingsFault::UnknownKind(kind.clone())));
            }
            notices.push(rule);
        }
        let known = |id: &str| procedures.all().iter().flat_map(|p| &p.deadlines).any(|deadline| deadline.id == id);
        let mut deadlines = BTreeMap::new();
        for (id, days) in raw.deadlines {
            let (start, id) = (id.span().start, id.into_inner());
            if !known(&id) {
                return Err(refuse(start, SettingsFault::UnknownDeadline(id)));
            }
            deadlines.insert(id, days);
        }
        let days = |raw: Vec<RawDay>| raw.into_iter().map(|day| day.0).collect();
        let by_law = OpeningDays::by_law();
        let by_law = by_law.map_err(|error| refuse(0, SettingsFault::Malformed(error.to_string())))?;
        Ok(Self {
            opening_days: by_law.with(days(raw.opening.open), days(raw.opening.closed)),
            first_numbers: raw.numbers,
            source: raw.source,
            notices,
            deadlines,
            performers,
            relaxed: raw.relaxed,
            fees,
            stamps,
            exemptions: raw.exemptions,
            kawase_over: raw.kawase_over,
            juki_card: JukiCard { last_day: raw.juki_card.last_day.0, gone },
            annotation_seal: raw.annotation_seal,
            own_making: raw.own_making,
        })
    }

    /// Who does a step of a procedure.
    pub fn performer(&self, procedure: &str, step: &Step) -> Role {
        let place = (procedure.to_owned(), step.key.clone());
        self.performers.get(&place).copied().unwrap_or(step.performer.role)
    }

    /// Whether a copy of a kind that goes to a requester leads to a 本人通知: as the rules have it, and never where
    /// the other side of a dispute would learn of it.
    pub fn leads_to_notice(&self, kind: &str, requester: &Seikyusha) -> bool {
        let disputed = matches!(requester, Seikyusha::TokuteiJimu(other) if other.funso);
        let rule = |rule: &NoticeRule| rule.kinds.contains(kind) && rule.requesters.contains(&requester.kubun());
        !disputed && self.notices.iter().any(rule)
    }

    /// 期限: its last day, counted from a day.
    ///
    /// # Errors
    /// [`OpeningDaysError::UnknownYear`].
    pub fn deadline(&self, deadline: &Deadline, from: Day) -> Result<Day, OpeningDaysError> {
        let days = self.deadlines.get(&deadline.id).copied().unwrap_or(deadline.days);
        self.opening_days.deadline(from, days)
    }

    /// Whether a rule between persons is not kept.
    pub fn relaxes(&self, rule: PersonRule) -> bool {
        self.relaxed.contains(&rule)
    }

    /// What a step has to do with on a day.
    pub fn at_hand<'s>(&self, step: &'s Step, day: Day) -> AtHand<'s> {
        let still = |name: &&str| day <= self.juki_card.last_day || !self.juki_card.gone.contains(*name);
        let papers =
            |papers: &'s [Paper]| papers.iter().map(|paper| paper.name.as_str()).filter(still).collect::<Vec<_>>();
        AtHand {
            documents_in: papers(&step.documents_in),
            documents_out: papers(&step.documents_out),
            details: step.details.iter().map(String::as_str).filter(still).collect(),
        }
    }

    /// Whether a fee is the state's, paid in 収入印紙.
    pub fn is_paid_in_stamps(&self, code: &str) -> bool {
        self.stamps.contains(code)
    }

    /// Whether the office knows a ground of 免除 by this code, for this 請求区分.
    pub fn exempts(&self, code: &str, requester: Option<Kubun>) -> bool {
        self.exemptions.iter().any(|ground| {
            let for_all = ground.requesters.is_empty();
            ground.code == code && (for_all || requester.is_some_and(|own| ground.requesters.contains(&own)))
        })
    }

    /// A fee on a day, in yen; none where the table has none for that day.
    pub fn fee(&self, code: &str, day: Day) -> Option<Yen> {
        self.fees.get(code)?.range(..=day).next_back().map(|(_, amount)| *amount)
    }
}

fn refusal(file: &str, text: &str, start: usize, fault: SettingsFault) -> SettingsError {
    let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
    SettingsError { file: file.to_owned(), line, fault }
}

fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, SettingsError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        refusal(file, text, start, SettingsFault::Malformed(error.message().to_owned()))
    })
}

/// Adds fees to a table. What is wrong is told with its place in the text.
fn add_fees(table: &mut Fees, fees: Vec<RawFee>, procedures: &Procedures) -> Result<(), (usize, SettingsFault)> {
    for raw in fees {
        let (start, code) = (raw.code.span().start, raw.code.into_inner());
        let of_a_procedure = procedures.all().iter().any(|procedure| procedure.fee.as_ref() == Some(&code));
        if !of_a_procedure && !Kind::by_id(&code).is_some_and(|kind| kind.fee) {
            return Err((start, SettingsFault::UnknownFee(code)));
        }
        let amounts = table.entry(code.clone()).or_default();
        if amounts.insert(raw.from.0, Yen::new(i64::from(raw.yen))).is_some() {
            return Err((start, SettingsFault::Double(format!("{code} {}", raw.from.0))));
        }
    }
    Ok(())
}

/// Whether a step has a paper or 細目 of this name.
fn has(step: &Step, name: &str) -> bool {
    let mut papers = step.documents_in.iter().chain(&step.documents_out);
    papers.any(|paper| paper.name == name) || step.details.iter().any(|detail| detail == name)
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
    use crate::document::catalog::KINDS;
    use proptest::prelude::*;

    const REST: &str = "annotation_seal = \"after-review\"\nown_making = false\n";
    const CARD: &str = "[juki_card]\nlast_day = \"2025-12-28\"\ngone = [\"住基カード\"]\n";

    fn parse(more: &str) -> Result<Settings, SettingsError> {
        Settings::parse("settings.toml", &format!("{REST}{CARD}{more}"), &Procedures::embedded().unwrap())
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

    /// 住民基本台帳カード ended on 令和7年12月28日; the steps stay, what has to do with the card does not.
    #[test]
    fn the_steps_have_nothing_to_do_with_a_card_that_ended() {
        let procedures = Procedures::embedded().unwrap();
        let settings = Settings::recommended(&procedures).unwrap();
        let flow = procedures.get("inkan-insho-boshitsu").unwrap();
        let card = |step: &str, day: &str| {
            let at_hand = settings.at_hand(flow.step(&StepKey::parse(step).unwrap()).unwrap(), day.parse().unwrap());
            let names = [at_hand.documents_in, at_hand.documents_out, at_hand.details].concat();
            (names.len(), names.iter().filter(|name| name.starts_with("住基カード")).count())
        };
        for (step, before, after) in [("7", (11, 3), (8, 0)), ("14", (1, 1), (0, 0)), ("15", (1, 1), (0, 0))] {
            assert_eq!(card(step, "2025-12-28"), before, "{step}");
            assert_eq!(card(step, "2025-12-29"), after, "{step}");
        }
        let text = format!("{REST}{}", CARD.replace("住基カード", "住基かーど"));
        let fault = SettingsFault::NowhereAtHand("住基かーど".to_owned());
        let error = SettingsError { file: "s".to_owned(), line: 5, fault };
        assert_eq!(Settings::parse("s", &text, &procedures), Err(error));
    }

    #[test]
    fn every_certificate_that_takes_a_fee_has_one_in_the_sample_city() {
        let settings = Settings::sample(&Procedures::embedded().unwrap()).unwrap();
        for kind in KINDS.iter().filter(|kind| kind.fee) {
            assert!(settings.fee(kind.id, "2026-01-15".parse().unwrap()).is_some(), "{}", kind.id);
        }
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
            (performer("12", "contractor-input"), 7, approve),
            (performer("99", "city-terminal"), 7, nowhere),
            (performer("13", "city-terminal").repeat(2), 11, SettingsFault::Double("tennyu 13".to_owned())),
            (fee("juminhyo"), 7, SettingsFault::UnknownFee("juminhyo".to_owned())),
            (fee("etsuran").repeat(2), 11, SettingsFault::Double("etsuran 2026-04-01".to_owned())),
        ] {
            assert_eq!(parse(&text), Err(SettingsError { file: "settings.toml".to_owned(), line, fault }));
        }
        // No rule between parties has a name here.
        assert!(matches!(
            Settings::parse(
                "s",
                &format!("relaxed = [\"approval-by-city\"]\n{REST}{CARD}"),
                &Procedures::embedded().unwrap()
            ),
            Err(SettingsError { line: 1, fault: SettingsFault::Malformed(_), .. })
        ));
    }

    proptest! {
        #[test]
        fn what_is_held_is_too_old_after_so_many_days_and_not_before(most in 0u32..400, waited in 0u32..800) {
            let from: Day = "2026-01-15".parse().unwrap();
            let age = SourceAge { told_after: None, refused_after: Some(most) };
            let today = from.plus_days(waited).unwrap();
            prop_assert_eq!(age.is_refused(from, today), waited > most);
            prop_assert!(!age.is_told(from, today) && !SourceAge::default().is_refused(from, today));
        }
    }

    #[test]
    fn a_deadline_and_a_rule_of_notices_name_what_there_is() {
        let procedures = Procedures::embedded().unwrap();
        let broken = |more: &str| {
            let text = format!("{}\n{more}", include_str!("settings.toml"));
            Settings::parse("s", &text, &procedures).map_err(|error| error.fault)
        };
        let notice = "[[notice]]\nkinds = [\"nothing\"]\nrequesters = [\"daisansha\"]\n";
        assert_eq!(broken(notice), Err(SettingsFault::UnknownKind("nothing".to_owned())));
        let text = include_str!("settings.toml").replace("inkan-shokai-kaito = 30", "nothing = 30");
        let error = Settings::parse("s", &text, &procedures).unwrap_err();
        assert_eq!(error.fault, SettingsFault::UnknownDeadline("nothing".to_owned()));
    }
}
