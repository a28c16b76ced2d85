//! 端末 over HTTP: a terminal is enrolled by a code, and shows its token whenever something is issued at it.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use crate::office::terminals::{Enrolled, Enrolment, Seat};
use crate::office::token::{Code, Token};

use super::Desk;
use super::cases::{At, Given};
use super::problem::Problem;
use super::sessions::Signed;
use super::trace::at_terminal;

/// Header in which a terminal shows its token.
pub const TERMINAL: &str = "x-shomei-terminal";

/// What a terminal is enrolled by, told once.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "TerminalAdmitted")]
pub struct Admitted {
    code: String,
}

/// A terminal that enrols itself.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "TerminalEnrolling")]
#[serde(deny_unknown_fields)]
pub struct Enrolling {
    code: String,
}

/// A terminal as it is shown.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "TerminalShown")]
pub struct Shown {
    office: String,
    #[serde(flatten)]
    seat: Seat,
    until: i64,
    ended: bool,
}

impl From<Enrolment> for Shown {
    fn from(Enrolment { office, seat, until, ended, .. }: Enrolment) -> Self {
        Self { office: office.to_string(), seat, until, ended }
    }
}

/// A terminal that was enrolled, and its token, told once.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "TerminalBegun")]
pub struct Begun {
    token: String,
    #[serde(flatten)]
    terminal: Shown,
}

/// The terminals of an office.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "TerminalList")]
pub struct List {
    terminals: Vec<Shown>,
}

/// Until when a terminal was renewed, in milliseconds since 1970.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "TerminalRenewed")]
pub struct Renewed {
    until: i64,
}

impl Desk {
    /// The terminal that the request shows: without one nothing is issued, and nothing is told.
    pub async fn here(&self, signed: &Signed, headers: &HeaderMap) -> Result<Enrolled, Problem> {
        let shown = headers.get(TERMINAL).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let here = self.hall.terminals().here(&Token::shown(shown), signed.actor().office()).await;
        let here = here.map_err(self.problem())?;
        at_terminal(here.seat().number);
        Ok(here)
    }
}

/// `GET /terminals`: those of the person's office.
pub async fn list(State(desk): State<Desk>, signed: Signed) -> Result<Json<List>, Problem> {
    let known = desk.hall.terminals().all(signed.actor().office()).await.map_err(desk.problem())?;
    Ok(Json(List { terminals: known.into_iter().map(Shown::from).collect() }))
}

/// `POST /terminals/codes`.
pub async fn admit(
    State(desk): State<Desk>,
    signed: Signed,
    Given(seat): Given<Seat>,
) -> Result<(StatusCode, Json<Admitted>), Problem> {
    let code = desk.hall.terminals().admit(&signed.officer(), seat).await.map_err(desk.problem())?;
    Ok((StatusCode::CREATED, Json(Admitted { code: code.text().to_string() })))
}

/// `POST /terminals`.
pub async fn enrol(
    State(desk): State<Desk>,
    Given(Enrolling { code }): Given<Enrolling>,
) -> Result<(StatusCode, Json<Begun>), Problem> {
    let (token, enrolment) = desk.hall.terminals().enrol(&Code::typed(&code)).await.map_err(desk.problem())?;
    Ok((StatusCode::CREATED, Json(Begun { token: token.text().to_owned(), terminal: enrolment.into() })))
}

/// `POST /terminals/{terminal}/renew`.
pub async fn renew(State(desk): State<Desk>, signed: Signed, At(number): At<u16>) -> Result<Json<Renewed>, Problem> {
    let until = desk.hall.terminals().renew(&signed.officer(), number).await.map_err(desk.problem())?;
    Ok(Json(Renewed { until }))
}

/// `DELETE /terminals/{terminal}`.
pub async fn end(State(desk): State<Desk>, signed: Signed, At(number): At<u16>) -> Result<StatusCode, Problem> {
    desk.hall.terminals().end(&signed.officer(), number).await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}
