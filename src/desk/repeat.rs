//! A request that its sender gave a key (`Idempotency-Key`): done once, though it is sent twice.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::case::id::CaseId;
use crate::office::repeat::{End, First, Repeats, Turn};
use crate::register::Once;

use super::cases::{clerk, shown};
use super::problem::Problem;
use super::sessions::Signed;
use super::{Desk, MOST_BYTES};

/// Header of the sender's key.
pub const KEY: &str = "idempotency-key";
/// Longest key, in bytes.
const MOST_KEY: usize = 128;
/// Largest answer, in bytes: a day's book.
const MOST_ANSWER: usize = 64 * 1024 * 1024;

/// What the sender says makes the request the same as another; two people's are never the same.
pub fn once(desk: &Desk, signed: &Signed, headers: &HeaderMap, request: &[&[u8]]) -> Result<Option<Once>, Problem> {
    let Some(key) = headers.get(KEY) else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=MOST_KEY).contains(&key.len()));
    let key = key.ok_or_else(|| desk.refused("request-malformed"))?;
    let key = format!("{}/{key}", signed.actor().person());
    Ok(Some(Once { key, request: Sha256::digest(request.join(&b'\n')).into() }))
}

/// Whatever has a key and changes something is done once.
pub async fn done_once(State(desk): State<Desk>, request: Request, next: Next) -> Result<Response, Problem> {
    if !request.headers().contains_key(KEY) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let signed = Signed::from_request_parts(&mut parts, &desk).await?;
    let body = to_bytes(body, MOST_BYTES).await.map_err(|_| desk.refused("request-malformed"))?;
    let asked = [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), &body];
    let Some(once) = once(&desk, &signed, &parts.headers, &asked)? else {
        return Err(desk.refused("request-malformed"));
    };
    let at = desk.clone();
    let turn = async move { at.turn(&signed, &once, (parts, body), next).await };
    desk.to_its_end(turn).await?
}

impl Desk {
    async fn turn(
        &self,
        signed: &Signed,
        once: &Once,
        (parts, body): (Parts, Bytes),
        next: Next,
    ) -> Result<Response, Problem> {
        let repeats = Repeats::of(&self.hall.register, signed.actor());
        let first = match repeats.begin(once).await.map_err(self.problem())? {
            Turn::First(first) => first,
            Turn::Again(end) => return self.again(signed, end).await,
        };
        let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
        self.noted(&repeats, &first, answer).await
    }

    /// Notes how a request ended. What failed is left as it was begun: nobody knows what was done.
    async fn noted(&self, repeats: &Repeats<'_>, first: &First, answer: Response) -> Result<Response, Problem> {
        if answer.status().is_server_error() {
            return Ok(answer);
        }
        if !answer.status().is_success() {
            repeats.end(first, None).await.map_err(self.problem())?;
            return Ok(answer);
        }
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, MOST_ANSWER).await.map_err(|_| self.refused("program-failed"))?;
        let (status, kind) = (parts.status.as_u16(), parts.headers.get(header::CONTENT_TYPE));
        let end = match serde_json::from_slice::<Shown>(&body) {
            Ok(Shown { case }) if parts.headers.contains_key(header::ETAG) => End::Case { status, case },
            _ => {
                let content_type = kind.and_then(|kind| kind.to_str().ok()).map(str::to_owned);
                End::Answer { status, content_type, body: HEXLOWER.encode(&body) }
            }
        };
        repeats.end(first, Some(end)).await.map_err(self.problem())?;
        Ok(Response::from_parts(parts, Body::from(body)))
    }

    /// What was answered before; a case as it is now.
    async fn again(&self, signed: &Signed, end: End) -> Result<Response, Problem> {
        let of = |status| StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        match end {
            End::Case { status, case } => {
                let clerk = clerk(self, signed);
                let (_, loaded) = clerk.find(&case.to_string()).await.map_err(self.problem())?;
                shown(self, clerk, of(status), &loaded).await
            }
            End::Answer { status, content_type, body } => {
                let body = HEXLOWER.decode(body.as_bytes()).map_err(|_| self.refused("program-failed"))?;
                let mut answer = (of(status), body).into_response();
                answer.headers_mut().remove(header::CONTENT_TYPE);
                if let Some(kind) = content_type.and_then(|kind| HeaderValue::from_str(&kind).ok()) {
                    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
                }
                Ok(answer)
            }
        }
    }
}

/// A case that is shown.
#[derive(Deserialize)]
struct Shown {
    case: CaseId,
}
