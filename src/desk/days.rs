//! Days over HTTP: whether the offices are open (開庁日), and what closes a day: the 日計 of a till, then the 交付簿.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use serde::Serialize;

use crate::domain::calendar::Day;

use super::Desk;
use super::cases::{At, pdf};
use super::problem::Problem;
use super::sessions::Signed;

impl Desk {
    fn named(&self, day: &str) -> Result<Day, Problem> {
        day.parse().map_err(|_| self.refused("no-endpoint"))
    }
}

/// A day of the offices.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "DayShown")]
pub struct Opening {
    day: String,
    open: bool,
    next: String,
}

/// `GET /days/{day}`: whether the offices are open, and on which day next.
pub async fn show(State(desk): State<Desk>, _signed: Signed, At(day): At<String>) -> Result<Json<Opening>, Problem> {
    let (day, days) = (desk.named(&day)?, &desk.hall.settings.opening_days);
    let open = days.is_open(day).map_err(desk.problem())?;
    let next = days.next_after(day).map_err(desk.problem())?.to_string();
    Ok(Json(Opening { day: day.to_string(), open, next }))
}

/// `POST /days/{day}/till`: what was counted, as JSON; the till takes no money on that day afterwards.
pub async fn till(
    State(desk): State<Desk>,
    signed: Signed,
    At(day): At<String>,
    counted: Bytes,
) -> Result<Response, Problem> {
    let (actor, day, hall) = (desk.staff(&signed)?, desk.named(&day)?, &desk.hall);
    let people = hall.people_now().await.map_err(desk.problem())?;
    let book = hall.counter().close_till((day, actor), &counted, &people).await.map_err(desk.problem())?;
    Ok(pdf(hall.clerk(actor).book(&book, day).map_err(desk.problem())?).into_response())
}

/// `POST /days/{day}/close`: the register's checkpoint is signed first; the book bears it.
pub async fn close(State(desk): State<Desk>, signed: Signed, At(day): At<String>) -> Result<Response, Problem> {
    let (actor, day, hall) = (desk.staff(&signed)?, desk.named(&day)?, &desk.hall);
    let signer = hall.log.signer(actor.office()).map_err(desk.problem())?;
    let people = hall.people_now().await.map_err(desk.problem())?;
    let book = hall.counter().day_book((day, actor), &signer, &people).await.map_err(desk.problem())?;
    Ok(pdf(hall.clerk(actor).book(&book, day).map_err(desk.problem())?).into_response())
}
