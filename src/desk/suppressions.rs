//! 抑止 over HTTP. Whoever changes one names the version that they saw.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::document::names::{Field, Name};
use crate::domain::calendar::Day;
use crate::office::records::Version;
use crate::office::suppression::{AsSeen, Basis, Level, Suppression, Suppressions, Target, Work};

use super::Desk;
use super::cases::{Asked, Given};
use super::page::{After, page};
use super::problem::Problem;
use super::sessions::Signed;

/// A suppression as it is shown.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SuppressionShown")]
pub struct Shown {
    id: String,
    version: u64,
    #[serde(flatten)]
    suppression: Suppression,
}

impl From<Version<Suppression>> for Shown {
    fn from(Version { id, version, state, .. }: Version<Suppression>) -> Self {
        Self { id, version, suppression: state }
    }
}

/// A list of suppressions.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SuppressionList")]
pub struct List {
    suppressions: Vec<Shown>,
    /// After which the rest begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Whose suppressions are looked for.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SuppressionWanted")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wanted {
    atena_bango: String,
}

/// 設定.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "SuppressionSetting")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Setting {
    target: Target,
    works: BTreeSet<Work>,
    level: Level,
    basis: Basis,
    from: Option<String>,
    review: Option<String>,
    reason: String,
}

/// 解除: of all that are named, or of none.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifting {
    seen: Vec<AsSeen>,
    reason: String,
}

/// 一時解除.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftingFor {
    seen: AsSeen,
    minutes: u16,
    reason: String,
}

impl Desk {
    fn suppressions<'s>(&'s self, signed: &'s Signed) -> Suppressions<'s> {
        Suppressions::of(&self.hall.register, &self.hall.city.id, signed.officer())
    }

    async fn listed(&self, signed: &Signed, of: Option<&Name>, after: Option<After>) -> Result<Json<List>, Problem> {
        let known = self.suppressions(signed).list(of).await.map_err(self.problem())?;
        let (suppressions, next) = page(known.into_iter().map(Shown::from).collect(), after, |shown| &shown.id);
        Ok(Json(List { suppressions, next }))
    }

    fn day(&self, text: &str) -> Result<Day, Problem> {
        text.parse().map_err(|_| self.refused("request-malformed"))
    }
}

/// `GET /suppressions`.
pub async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(after): Asked<Option<After>>,
) -> Result<Json<List>, Problem> {
    desk.listed(&signed, None, after).await
}

/// `POST /suppressions/search`: of one person.
pub async fn search(
    State(desk): State<Desk>,
    signed: Signed,
    Given(wanted): Given<Wanted>,
) -> Result<Json<List>, Problem> {
    desk.listed(&signed, Some(&Name::new(Field::AtenaBango, &wanted.atena_bango)), None).await
}

/// `POST /suppressions`.
pub async fn set(
    State(desk): State<Desk>,
    signed: Signed,
    Given(setting): Given<Setting>,
) -> Result<(StatusCode, Json<AsSeen>), Problem> {
    let reason = desk.because(&setting.reason)?;
    let from = match &setting.from {
        Some(day) => desk.day(day)?,
        None => desk.hall.register.now().await.map_err(desk.problem())?.day(),
    };
    let Setting { target, works, level, basis, review, .. } = setting;
    let review = review.map(|day| desk.day(&day)).transpose()?;
    let target = target.searched();
    let suppression = Suppression { target, works, level, basis, from, review, lifted: false, temporarily: None };
    let id = desk.suppressions(&signed).set(&suppression, reason).await.map_err(desk.problem())?;
    Ok((StatusCode::CREATED, Json(AsSeen { id, version: 1 })))
}

/// `POST /suppressions/lift`.
pub async fn lift(
    State(desk): State<Desk>,
    signed: Signed,
    Given(Lifting { seen, reason }): Given<Lifting>,
) -> Result<StatusCode, Problem> {
    let reason = desk.because(&reason)?;
    desk.suppressions(&signed).lift(&seen, reason).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /suppressions/lift-for`.
pub async fn lift_for(
    State(desk): State<Desk>,
    signed: Signed,
    Given(LiftingFor { seen, minutes, reason }): Given<LiftingFor>,
) -> Result<StatusCode, Problem> {
    let reason = desk.because(&reason)?;
    desk.suppressions(&signed).lift_for(&seen, minutes, reason).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}
