//! 交付 over HTTP: what is shown and paid, and the receipt of it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::issuing::clerk::Over;
use crate::procedure::StepKey;

use super::Desk;
use super::cases::{At, Given, Seen, clerk, pdf, shown};
use super::problem::Problem;
use super::sessions::Signed;

/// A 交付.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Handing {
    #[schemars(with = "String")]
    step: StepKey,
    shown: Value,
    #[serde(default)]
    confirmed: Vec<String>,
}

/// `POST /cases/{number}/handing`: what was not right is recorded, and refused.
pub async fn hand_over(
    State(desk): State<Desk>,
    signed: Signed,
    At(number): At<String>,
    Seen(seen): Seen,
    headers: HeaderMap,
    Given(Handing { step, shown: given, confirmed }): Given<Handing>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed).having_seen(seen);
    let terminal = desk.here(&signed, &headers).await?;
    let over = Over::read(step, &given.to_string(), confirmed).map_err(desk.problem())?;
    let after = clerk.hand_over(&number, over, &terminal).await;
    shown(&desk, clerk, StatusCode::OK, &after.map_err(desk.problem())?).await
}

/// `POST /cases/{number}/receipts/{serial}`: a レシート as PDF; after the first time it says that it is printed again.
pub async fn receipt(
    State(desk): State<Desk>,
    signed: Signed,
    At((number, serial)): At<(String, String)>,
) -> Result<Response, Problem> {
    let file = clerk(&desk, &signed).receipt(&number, &serial).await.map_err(desk.problem())?;
    Ok(pdf(file).into_response())
}
