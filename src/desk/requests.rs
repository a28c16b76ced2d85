//! 受付の記録 over HTTP: who came, for what, and which papers were seen.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::Desk;
use super::cases::{At, Given, Seen, clerk, shown};
use super::problem::Problem;
use super::sessions::Signed;

/// `POST /cases/{number}/request`.
pub async fn record(
    State(desk): State<Desk>,
    signed: Signed,
    At(number): At<String>,
    Seen(seen): Seen,
    Given(request): Given<Value>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed).having_seen(seen);
    let after = clerk.record(&number, &request.to_string()).await.map_err(desk.problem())?;
    shown(&desk, clerk, StatusCode::OK, &after).await
}
