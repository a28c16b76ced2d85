//! 抑止: what may not be changed, given out or looked up of a person or household (支援措置 after 住民基本
//! 台帳事務処理要領 第5の10, and the office's own). A suppression never ends by itself; a temporary lift
//! returns by itself. There is one place that asks (`issuing::decision`), and it asks by whom a document
//! is about, never by what kind it is: a kind added tomorrow is covered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::event::{Held, Reason};
use crate::case::id::OfficeId;
use crate::case::wire;
use crate::document::names::{self, Field, Name};
use crate::document::subject::JUMIN;
use crate::domain::calendar::Day;
use crate::register::clock::Moment;
use crate::register::{Key, Register, RegisterError, Term, Watch};

use super::records::{Author, Kept, RecordError, Records, Version, term};
use super::right::{NoRight, Officer, Right};

/// What is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// 異動.
    Ido,
    /// 発行.
    Hakko,
    /// 照会.
    Shokai,
}

/// How.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// エラー: it is not done.
    Error,
    /// アラート: it is done, and who does it is told.
    Alert,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// 支援措置.
    Shien,
    /// 仮支援措置: until the need is decided on.
    KariShien,
    /// 併せて支援を求める者.
    AwaseteShien,
    /// 本人の申出.
    Honnin,
    /// 職権.
    Shokken,
}

/// Of whom. Numbers and names stand in the form in which they are looked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Target {
    /// 宛名番号 of a person.
    pub atena_bango: String,
    /// 世帯番号, where the whole household is meant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub setai_bango: Option<String>,
    /// Names, for documents on which no number stands.
    pub shimei: BTreeSet<String>,
}

impl Target {
    /// Numbers and names as they were given, in the form in which they are looked for.
    #[must_use]
    pub fn searched(self) -> Self {
        let form = |field, text: &String| Name::new(field, text).text;
        Self {
            atena_bango: form(Field::AtenaBango, &self.atena_bango),
            setai_bango: self.setai_bango.as_ref().map(|text| form(Field::SetaiBango, text)),
            shimei: self.shimei.iter().map(|text| form(Field::Shimei, text)).collect(),
        }
    }

    /// By what they are known.
    pub fn names(&self) -> Vec<Name> {
        let name = |field, text: &String| Name { field, text: text.clone() };
        let own = name(Field::AtenaBango, &self.atena_bango);
        let household = self.setai_bango.iter().map(|text| name(Field::SetaiBango, text));
        let names = self.shimei.iter().map(|text| name(Field::Shimei, text));
        std::iter::once(own).chain(household).chain(names).collect()
    }

    /// Whether any of some names is theirs.
    pub fn is_among(&self, about: &[Name]) -> bool {
        self.names().iter().any(|name| about.contains(name))
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// 一時解除.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TemporaryLift {
    /// When it returns, in milliseconds since 1970.
    pub until: i64,
}

/// A suppression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Suppression {
    /// Of whom.
    pub target: Target,
    /// What.
    pub works: BTreeSet<Work>,
    /// How.
    pub level: Level,
    /// Why.
    pub basis: Basis,
    /// First day.
    #[serde(with = "wire::text")]
    #[schemars(with = "String")]
    pub from: Day,
    /// The day on which somebody must look at it again. It does not end then.
    #[serde(with = "wire::maybe_text", skip_serializing_if = "Option::is_none", default)]
    #[schemars(with = "Option<String>")]
    pub review: Option<Day>,
    /// Whether somebody ended it.
    pub lifted: bool,
    /// 一時解除.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temporarily: Option<TemporaryLift>,
}

/// The longest 一時解除: an hour, in milliseconds.
pub const LONGEST_LIFT: i64 = 60 * 60 * 1_000;

impl Suppression {
    /// Whether it holds at a moment.
    pub fn holds(&self, now: Moment) -> bool {
        let returns = self.temporarily.as_ref().is_none_or(|lift| lift.until <= now.millis());
        !self.lifted && returns && self.from <= now.day()
    }

    /// Whether it forbids work at a moment.
    pub fn forbids(&self, work: Work, now: Moment) -> bool {
        self.holds(now) && self.level == Level::Error && self.works.contains(&work)
    }

    /// Whether its day of review is over.
    pub fn is_overdue(&self, today: Day) -> bool {
        !self.lifted && self.review.is_some_and(|day| day < today)
    }

    /// Ended for good.
    #[must_use]
    pub fn lift(self) -> Self {
        Self { lifted: true, temporarily: None, ..self }
    }

    /// Lifted until a moment, at most [`LONGEST_LIFT`] from now.
    #[must_use]
    pub fn lift_until(self, now: Moment, until: Moment) -> Self {
        let latest = now.millis().saturating_add(LONGEST_LIFT);
        Self { temporarily: Some(TemporaryLift { until: until.millis().min(latest) }), ..self }
    }
}

impl Kept for Suppression {
    const KIND: &'static str = "suppression";

    fn found_by(&self) -> Vec<Term> {
        // What was lifted for good is found no more, and stays in its history.
        if self.lifted { Vec::new() } else { self.target.names().iter().map(term).collect() }
    }
}

/// Whom a document is about, as far as it says so itself and as far as what is held says from which it was
/// composed. Names are asked for only of whom no number is known, since others may have them, too: residents
/// are held with their whole household, and the one name on a document about one person is that person's.
pub fn about(data: &[u8], held: &[Held]) -> Vec<Name> {
    let mut about = names::about(data);
    let names = about.iter().filter(|name| name.field == Field::Shimei).count();
    if held.iter().any(|held| held.kind == JUMIN) || (held.len() == 1 && names == 1) {
        about.retain(|name| name.field != Field::Shimei);
    }
    for held in held {
        about.push(Name::new(Field::AtenaBango, &held.atena_bango));
        about.extend(held.setai_bango.as_ref().map(|number| Name::new(Field::SetaiBango, number)));
    }
    about.sort();
    about.dedup();
    about
}

/// The suppressions in a city of whom a document is about.
pub fn watch(city: &OfficeId, about: &[Name]) -> Watch {
    Watch { office: city.clone(), kind: Suppression::KIND, key: Key::AnyOf(about.iter().map(term).collect()) }
}

/// The suppressions of anyone who is named, each once, with one question, be there many names or none.
pub async fn found(
    register: &Register,
    city: &OfficeId,
    about: &[Name],
) -> Result<Vec<Version<Suppression>>, RecordError> {
    let terms: Vec<Term> = about.iter().map(term).collect();
    Records::of(register, city).find_by_any(&terms).await
}

/// A suppression could not be seen or changed.
#[derive(Debug, thiserror::Error)]
pub enum SuppressionError {
    /// Nobody may do this without the right to it.
    #[error(transparent)]
    Right(#[from] NoRight),
    /// The records.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It was lifted for good: a new one must be set.
    #[error("changing the suppression {id}: it was lifted")]
    Lifted {
        /// Which.
        id: String,
    },
}

impl From<RegisterError> for SuppressionError {
    fn from(error: RegisterError) -> Self {
        Self::Record(error.into())
    }
}

impl SuppressionError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Right(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Lifted { .. } => "suppression-lifted",
        }
    }
}

/// A suppression as somebody saw it: whoever changes it names the version, so that a list made before
/// somebody changed it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AsSeen {
    /// Which.
    pub id: String,
    /// Version.
    pub version: u64,
}

/// The suppressions of a city, for a person.
#[derive(Clone, Copy)]
pub struct Suppressions<'a> {
    register: &'a Register,
    records: Records<'a, Suppression>,
    officer: Officer<'a>,
}

impl<'a> Suppressions<'a> {
    /// Those of a city.
    pub fn of(register: &'a Register, city: &'a OfficeId, officer: Officer<'a>) -> Self {
        Self { register, records: Records::of(register, city), officer }
    }

    /// All that were not lifted for good, of one person or all.
    pub async fn list(&self, of: Option<&Name>) -> Result<Vec<Version<Suppression>>, SuppressionError> {
        self.officer.with(Right::SuppressSee)?;
        if let Some(name) = of {
            return Ok(self.records.find(&[term(name)], u32::MAX).await?);
        }
        let all = self.records.all("").await?;
        Ok(all.into_iter().filter(|version| !version.state.lifted).collect())
    }

    /// 設定. Says under which id.
    pub async fn set(&self, suppression: &Suppression, reason: Reason) -> Result<String, SuppressionError> {
        let actor = self.officer.with(Right::SuppressSet)?;
        let id = uuid::Uuid::now_v7().to_string();
        self.records.put(&id, 0, suppression, &Author::one(actor.person()).because(reason)).await?;
        Ok(id)
    }

    /// 解除 of all that are named, as they were seen; of none, if one was changed since.
    ///
    /// # Errors
    /// [`RecordError::Stale`], [`SuppressionError::Lifted`].
    pub async fn lift(&self, seen: &[AsSeen], reason: Reason) -> Result<(), SuppressionError> {
        let actor = self.officer.with(Right::SuppressLift)?;
        self.change(seen, &Author::one(actor.person()).because(reason), Suppression::lift).await
    }

    /// 一時解除 of one, for some minutes. It returns by itself.
    ///
    /// # Errors
    /// As [`Self::lift`].
    pub async fn lift_for(&self, seen: &AsSeen, minutes: u16, reason: Reason) -> Result<(), SuppressionError> {
        let actor = self.officer.with(Right::SuppressLiftTemporarily)?;
        let now = self.register.now().await?;
        let until = Moment::from_millis(now.millis().saturating_add(i64::from(minutes).saturating_mul(60_000)))?;
        let author = Author::one(actor.person()).because(reason);
        self.change(std::slice::from_ref(seen), &author, |known| known.lift_until(now, until)).await
    }

    async fn change(
        &self,
        seen: &[AsSeen],
        author: &Author,
        change: impl Fn(Suppression) -> Suppression,
    ) -> Result<(), SuppressionError> {
        let mut puts = Vec::with_capacity(seen.len());
        for AsSeen { id, version } in seen {
            let known = self.records.get(id).await?;
            if known.version == *version && known.state.lifted {
                return Err(SuppressionError::Lifted { id: id.clone() });
            }
            puts.push(self.records.draft(id, *version, &change(known.state), author)?);
        }
        Ok(self.records.put_all(puts).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn moment(millis: i64) -> Moment {
        Moment::from_millis(1_800_000_000_000 + millis).unwrap()
    }

    fn suppression(from: Day) -> Suppression {
        let target =
            Target { atena_bango: "1000012".to_owned(), setai_bango: None, shimei: ["見本太郎".to_owned()].into() };
        let works = [Work::Hakko].into();
        let (level, basis) = (Level::Error, Basis::Shien);
        Suppression { target, works, level, basis, from, review: Some(from), lifted: false, temporarily: None }
    }

    proptest! {
        #[test]
        fn nothing_but_a_person_ends_a_suppression(later in 0i64..10_000_000_000_000) {
            let known = suppression(moment(0).day());
            let Ok(then) = Moment::from_millis(moment(0).millis() + later) else { return Ok(()) };
            prop_assert!(known.forbids(Work::Hakko, then));
            prop_assert!(!known.clone().lift().holds(then));
        }

        #[test]
        fn a_temporary_lift_returns_by_itself_within_the_hour(asked in 0i64..100_000_000, later in 0i64..100_000_000) {
            let lifted = suppression(moment(0).day()).lift_until(moment(0), moment(asked));
            prop_assert_eq!(lifted.holds(moment(later)), later >= asked.min(LONGEST_LIFT));
        }
    }

    #[test]
    fn an_alert_a_day_to_come_and_other_work_forbid_nothing() {
        let (now, known) = (moment(0), suppression(moment(0).day()));
        assert!(known.forbids(Work::Hakko, now));
        assert!(!known.forbids(Work::Ido, now));
        assert!(!Suppression { level: Level::Alert, ..known.clone() }.forbids(Work::Hakko, now));
        let tomorrow = moment(24 * 3_600_000).day();
        assert!(!suppression(tomorrow).forbids(Work::Hakko, now));
        assert!(known.is_overdue(tomorrow) && known.forbids(Work::Hakko, moment(24 * 3_600_000)));
    }

    #[test]
    fn names_are_asked_for_only_of_whom_no_number_is_known() {
        let held = |kind: &str| Held {
            kind: kind.to_owned(),
            atena_bango: "1000012".to_owned(),
            setai_bango: None,
            rireki_bango: 1,
        };
        let asked = |data: &str, held: &[Held]| {
            let about = about(data.as_bytes(), held).into_iter();
            about.map(|name| format!("{} {}", name.field.key(), name.text)).collect::<Vec<_>>()
        };
        let (one, two) = (r#"{"shimei":"見本太郎"}"#, r#"{"hito":[{"shimei":"見本太郎"},{"shimei":"見本花子"}]}"#);
        let (number, taro, hanako) = ("atena-bango 1000012", "shimei 見本太郎", "shimei 見本花子");
        assert_eq!(asked(one, &[]), [taro]);
        assert_eq!(asked(one, &[held("kazei-shotoku-shomeisho")]), [number]);
        assert_eq!(asked(two, &[held("juminhyo-utsushi-koiki")]), [taro, hanako, number]);
        assert_eq!(asked(two, &[held(JUMIN)]), [number]);
    }
}
