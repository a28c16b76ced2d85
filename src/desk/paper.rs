//! 偽造防止用紙 over HTTP: the stock of the printer of the terminal that is shown.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::case::id::IssuanceId;
use crate::office::paper::{Balance, Paper, Sheets, Spoiled, Stock};

use super::Desk;
use super::cases::{At, Given};
use super::problem::Problem;
use super::sessions::Signed;

/// A printer's stock today.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PaperTold")]
pub struct Told {
    terminal: String,
    today: Balance,
    left: Vec<Sheets>,
    /// Spoiled, and waiting to be destroyed.
    spoiled: Vec<Sheets>,
}

/// A number that came out on sheets.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PaperUse")]
#[serde(deny_unknown_fields)]
pub struct Use {
    issuance: String,
    first: u32,
}

/// Sheets that nobody uses any more.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PaperSpoil")]
#[serde(deny_unknown_fields)]
pub struct Spoil {
    first: u32,
    last: u32,
    reason: String,
}

/// Spoiled sheets that were destroyed.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "PaperDestroy")]
#[serde(deny_unknown_fields)]
pub struct Destroy {
    first: u32,
}

/// The number on a sheet.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PaperFound")]
pub struct Found {
    issuance: String,
    sheets: Sheets,
}

impl Desk {
    async fn paper<'d>(&'d self, signed: &'d Signed, headers: &HeaderMap) -> Result<(Paper<'d>, String), Problem> {
        let terminal = self.here(signed, headers).await?.seat().name.clone();
        Ok((Paper::of(&self.hall.register, signed.actor().office()), terminal))
    }

    async fn told(&self, terminal: String, stock: Stock) -> Result<Json<Told>, Problem> {
        let today = self.hall.register.now().await.map_err(self.problem())?.day();
        let spoiled = stock.spoiled.iter().map(|spoiled| spoiled.sheets).collect();
        Ok(Json(Told { terminal, today: stock.balance(today), left: stock.left, spoiled }))
    }
}

/// `GET /paper`.
pub async fn show(State(desk): State<Desk>, signed: Signed, headers: HeaderMap) -> Result<Json<Told>, Problem> {
    let (paper, terminal) = desk.paper(&signed, &headers).await?;
    let stock = paper.stock(&terminal).await.map_err(desk.problem())?;
    desk.told(terminal, stock).await
}

/// `POST /paper/in`.
pub async fn take_in(
    State(desk): State<Desk>,
    signed: Signed,
    headers: HeaderMap,
    Given(Sheets { first, last }): Given<Sheets>,
) -> Result<Json<Told>, Problem> {
    let (paper, terminal) = desk.paper(&signed, &headers).await?;
    let sheets = Sheets::new(first, last).map_err(desk.problem())?;
    let stock = paper.take_in(&terminal, sheets, signed.actor().person()).await.map_err(desk.problem())?;
    desk.told(terminal, stock).await
}

/// `POST /paper/use`.
pub async fn consume(
    State(desk): State<Desk>,
    signed: Signed,
    headers: HeaderMap,
    Given(Use { issuance, first }): Given<Use>,
) -> Result<Json<Told>, Problem> {
    let (paper, terminal) = desk.paper(&signed, &headers).await?;
    let id = IssuanceId::parse(&issuance).map_err(|_| desk.refused("request-malformed"))?;
    let stock = paper.consume(&terminal, (id, first), signed.actor().person()).await.map_err(desk.problem())?;
    desk.told(terminal, stock).await
}

/// `POST /paper/spoil`.
pub async fn spoil(
    State(desk): State<Desk>,
    signed: Signed,
    headers: HeaderMap,
    Given(Spoil { first, last, reason }): Given<Spoil>,
) -> Result<Json<Told>, Problem> {
    let (paper, terminal) = desk.paper(&signed, &headers).await?;
    let sheets = Sheets::new(first, last).map_err(desk.problem())?;
    let spoiled = Spoiled { sheets, reason: desk.because(&reason)?, by: signed.actor().person().clone() };
    let stock = paper.spoil(&terminal, spoiled).await.map_err(desk.problem())?;
    desk.told(terminal, stock).await
}

/// `POST /paper/destroy`: by another person than who spoiled them.
pub async fn destroy(
    State(desk): State<Desk>,
    signed: Signed,
    headers: HeaderMap,
    Given(Destroy { first }): Given<Destroy>,
) -> Result<Json<Told>, Problem> {
    let (paper, terminal) = desk.paper(&signed, &headers).await?;
    let stock = paper.destroy(&terminal, first, signed.actor().person()).await.map_err(desk.problem())?;
    desk.told(terminal, stock).await
}

/// `GET /paper/{serial}`: which number is on a sheet of this printer.
pub async fn find(
    State(desk): State<Desk>,
    signed: Signed,
    headers: HeaderMap,
    At(serial): At<u32>,
) -> Result<Json<Found>, Problem> {
    let (paper, terminal) = desk.paper(&signed, &headers).await?;
    let found = paper.issuance_on(&terminal, serial).await.map_err(desk.problem())?;
    let found = found.ok_or_else(|| desk.refused("no-record"))?;
    Ok(Json(Found { issuance: found.id, sheets: found.state.sheets }))
}
