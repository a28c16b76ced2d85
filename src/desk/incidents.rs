//! Incidents over HTTP: what must not be passed over, until a person of the city has looked into it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::register::IncidentId;

use super::Desk;
use super::cases::{Asked, At, Given};
use super::page::{After, page};
use super::problem::Problem;
use super::sessions::Signed;

/// An incident in a list.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "IncidentRow")]
struct Row {
    incident: String,
    day: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<String>,
}

/// The open incidents of an office.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "IncidentRows")]
pub struct Rows {
    incidents: Vec<Row>,
    /// After which the rest begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What was found.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "IncidentClosing")]
#[serde(deny_unknown_fields)]
pub struct Closing {
    reason: String,
}

/// `GET /incidents`.
pub async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(after): Asked<Option<After>>,
) -> Result<Json<Rows>, Problem> {
    let office = desk.staff(&signed)?.office();
    let open = desk.hall.register.open_incidents(office).await.map_err(desk.problem())?;
    let rows = open.into_iter().map(|incident| Row {
        incident: incident.id.to_string(),
        day: incident.opened_at.day().to_string(),
        kind: incident.kind,
        case: incident.case.map(|case| case.to_string()),
    });
    let (incidents, next) = page(rows.collect(), after, |row| &row.incident);
    Ok(Json(Rows { incidents, next }))
}

/// `POST /incidents/{incident}/close`.
pub async fn close(
    State(desk): State<Desk>,
    signed: Signed,
    At(incident): At<String>,
    Given(Closing { reason }): Given<Closing>,
) -> Result<StatusCode, Problem> {
    let actor = desk.staff(&signed)?;
    let id = IncidentId::parse(&incident).map_err(|_| desk.refused("no-endpoint"))?;
    let casework = desk.hall.casework();
    let closed = casework.close_incident(actor.office(), id, desk.because(&reason)?, actor.person()).await;
    closed.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}
