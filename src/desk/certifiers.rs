//! 証明者と公印 over HTTP: who certifies in an office, and what two people change of it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::case::id::OfficeId;
use crate::office::certifiers::{KeptSeal, Period};

use super::Desk;
use super::cases::Given;
use super::people::Waiting;
use super::problem::Problem;
use super::sessions::Signed;

/// Who certifies in an office.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "CertifiersShown")]
pub struct Shown {
    #[schemars(with = "String")]
    office: OfficeId,
    signatories: Vec<Period>,
    seals: Vec<ShownSeal>,
}

/// A seal, without its picture: that is for paper.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "SealShown")]
pub struct ShownSeal {
    id: String,
    mm: f64,
    alt: String,
    sha256: String,
}

/// What is proposed.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CertifierWish")]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "change")]
pub enum Wish {
    /// Who certifies, by period, in place of those before.
    Signatories { signatories: Vec<Period> },
    /// A new seal: PNG, base64.
    Seal { id: String, png: String, mm: f64, alt: String },
}

/// `GET /certifiers`: of the person's office.
pub async fn show(State(desk): State<Desk>, signed: Signed) -> Result<Json<Shown>, Problem> {
    let (office, city) = (signed.actor().office().clone(), &desk.hall.city);
    city.refresh(&desk.hall.register, &office).await.map_err(desk.problem())?;
    city.refresh_seals(&desk.hall.register, &office).await.map_err(desk.problem())?;
    let signatories = city.office(office.as_str()).map(|entry| entry.office.signatories.clone()).unwrap_or_default();
    let seals = city.seals_of(&office).into_iter().map(|(id, seal)| ShownSeal {
        id,
        mm: seal.mm,
        alt: seal.alt.clone(),
        sha256: HEXLOWER.encode(&Sha256::digest(&seal.png)),
    });
    let (signatories, seals) = (signatories.into_iter().map(Period::from).collect(), seals.collect());
    Ok(Json(Shown { office, signatories, seals }))
}

/// `POST /certifiers/proposals`.
pub async fn propose(
    State(desk): State<Desk>,
    signed: Signed,
    Given(wish): Given<Wish>,
) -> Result<(StatusCode, Json<Waiting>), Problem> {
    let (hall, by) = (&desk.hall, signed.officer());
    let proposed = match wish {
        Wish::Signatories { signatories } => hall.propose_signatories(&by, signatories).await,
        Wish::Seal { id, png, mm, alt } => {
            hall.propose_seal(&by, KeptSeal { office: by.actor.office().clone(), id, png, mm, alt }).await
        }
    };
    Ok((StatusCode::CREATED, Json(proposed.map_err(desk.problem())?.into())))
}
