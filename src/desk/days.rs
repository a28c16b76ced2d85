//! 日締め over HTTP: the day's 日計 of a till, then its 交付簿, as they are printed.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

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

/// `POST /days/{day}/till`: what was counted, as JSON.
pub async fn till(
    State(desk): State<Desk>,
    signed: Signed,
    At(day): At<String>,
    counted: Bytes,
) -> Result<Response, Problem> {
    let (actor, day, hall) = (desk.staff(&signed)?, desk.named(&day)?, &desk.hall);
    let book = hall.counter().till_book(actor.office(), day, &counted, &hall.people).await.map_err(desk.problem())?;
    Ok(pdf(hall.clerk(actor).book(&book, day).map_err(desk.problem())?).into_response())
}

/// `POST /days/{day}/close`: the register's checkpoint is signed first; the book bears it.
pub async fn close(State(desk): State<Desk>, signed: Signed, At(day): At<String>) -> Result<Response, Problem> {
    let (actor, day, hall) = (desk.staff(&signed)?, desk.named(&day)?, &desk.hall);
    let signer = hall.log.signer(actor.office()).map_err(desk.problem())?;
    let book = hall.counter().day_book((day, actor), &signer, &hall.people).await.map_err(desk.problem())?;
    Ok(pdf(hall.clerk(actor).book(&book, day).map_err(desk.problem())?).into_response())
}
