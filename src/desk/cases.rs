//! Cases over HTTP: begun, shown, worked on, issued.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::case::command::Command;
use crate::case::event::{AlertSeen, Attributes};
use crate::case::id::{EntryId, IssuanceId};
use crate::document::catalog::Kind;
use crate::document::names::{Field, Name};
use crate::domain::calendar::Day;
use crate::issuing::casework::Loaded;
use crate::issuing::clerk::{Cases, Clerk, ClerkError, Content, Doing, Given as Entered};
use crate::procedure::{Role, StepKey};
use crate::register::Once;

use super::Desk;
use super::problem::Problem;
use super::sessions::Signed;

/// What a request says, as JSON of its form.
pub struct Given<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Desk> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, desk: &Desk) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, desk).await {
            Ok(Json(given)) => Ok(Self(given)),
            Err(_) => Err(desk.refused("request-malformed")),
        }
    }
}

/// What the path of a request names; of anything else there is nothing.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Desk> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let named = Path::<T>::from_request_parts(parts, desk).await;
        named.map(|Path(named)| Self(named)).map_err(|_| desk.refused("no-endpoint"))
    }
}

/// A case to be begun.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    flow: String,
    #[serde(default)]
    attributes: Attributes,
}

/// A step to be done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    step: StepKey,
    #[serde(default)]
    documents: Vec<Document>,
    #[serde(default)]
    seen: Vec<String>,
    #[serde(default)]
    alerts: Vec<AlertSeen>,
    day: Option<String>,
    #[serde(default)]
    confirmed: Vec<String>,
}

/// A document to be entered: typed, or composed as a 交付請求 asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    kind: String,
    #[serde(default = "one")]
    copies: u8,
    typed: Option<Value>,
    request: Option<Value>,
}

/// Longest key of a client, in bytes.
const MOST_KEY: usize = 128;

fn one() -> u8 {
    1
}

/// What else is done with a case.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "act")]
pub enum Act {
    /// 差戻し.
    Return { reason: String },
    /// 修正依頼.
    Correct { reason: String },
    /// 本市へ引継ぎ.
    HandToCity { reason: String },
    /// Back from the city's staff.
    HandBack,
    /// 不交付.
    Refuse { reason: String },
    /// 書損.
    Spoil { issuance: String, reason: String },
}

/// What somebody looks for: never in a URL, where it would be logged.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wanted {
    /// 氏名・名称.
    Shimei(String),
    /// 宛名番号.
    AtenaBango(String),
}

/// A case in a list.
#[derive(Serialize)]
struct Row {
    number: String,
    flow: String,
    state: String,
    next: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

/// A list of cases.
#[derive(Serialize)]
pub struct Rows {
    cases: Vec<Row>,
    more: bool,
}

impl Rows {
    fn add(&mut self, role: Option<Role>, Cases { cases, more }: Cases) {
        self.more |= more;
        self.cases.extend(cases.into_iter().map(|case| Row {
            number: case.number,
            flow: case.procedure,
            state: case.state,
            next: case.next,
            role,
        }));
    }
}

/// The person at work.
pub fn clerk<'a>(desk: &'a Desk, signed: &'a Signed) -> Clerk<'a> {
    desk.hall.clerk(signed.actor())
}

/// A case as it is now, with its version as ETag.
pub async fn shown(desk: &Desk, clerk: Clerk<'_>, status: StatusCode, loaded: &Loaded) -> Result<Response, Problem> {
    let today = clerk.today().await.map_err(desk.problem())?;
    let tag = format!("\"{}\"", loaded.version);
    Ok((status, [(header::ETAG, tag)], Json(clerk.view(loaded, today))).into_response())
}

/// Whoever names the version that they saw changes nothing that has changed since.
pub async fn unchanged(desk: &Desk, clerk: Clerk<'_>, number: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(seen) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let (_, loaded) = clerk.find(number).await.map_err(desk.problem())?;
    let now = HeaderValue::from_str(&format!("\"{}\"", loaded.version));
    if now.is_ok_and(|now| now == *seen) { Ok(()) } else { Err(desk.refused("case-changed")) }
}

/// `POST /cases`.
pub async fn open(
    State(desk): State<Desk>,
    signed: Signed,
    Given(Opening { flow, attributes }): Given<Opening>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed);
    let opened = clerk.open(&flow, attributes).await.map_err(desk.problem())?;
    shown(&desk, clerk, StatusCode::CREATED, &opened).await
}

/// `GET /cases`: what the person can do now.
pub async fn list(State(desk): State<Desk>, signed: Signed) -> Result<Json<Rows>, Problem> {
    let mut rows = Rows { cases: Vec::new(), more: false };
    for (role, cases) in clerk(&desk, &signed).list().await.map_err(desk.problem())? {
        rows.add(Some(role), cases);
    }
    Ok(Json(rows))
}

/// `POST /cases/search`.
pub async fn search(
    State(desk): State<Desk>,
    signed: Signed,
    Given(wanted): Given<Wanted>,
) -> Result<Json<Rows>, Problem> {
    let name = match wanted {
        Wanted::Shimei(text) => Name::new(Field::Shimei, &text),
        Wanted::AtenaBango(text) => Name::new(Field::AtenaBango, &text),
    };
    let mut rows = Rows { cases: Vec::new(), more: false };
    let rights = signed.officer().rights;
    rows.add(None, clerk(&desk, &signed).look_for(&name, rights).await.map_err(desk.problem())?);
    Ok(Json(rows))
}

/// `GET /cases/{number}`.
pub async fn show(State(desk): State<Desk>, signed: Signed, At(number): At<String>) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed);
    let (_, loaded) = clerk.find(&number).await.map_err(desk.problem())?;
    shown(&desk, clerk, StatusCode::OK, &loaded).await
}

/// `POST /cases/{number}/steps`.
pub async fn work(
    State(desk): State<Desk>,
    signed: Signed,
    At(number): At<String>,
    headers: HeaderMap,
    Given(step): Given<Step>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed);
    unchanged(&desk, clerk, &number, &headers).await?;
    let day = step.day.map(|day| day.parse::<Day>()).transpose().map_err(|_| desk.refused("request-malformed"))?;
    let given = step.documents.into_iter().map(|document| entered(&desk, document)).collect::<Result<_, _>>()?;
    let (seen, alerts) = (step.seen, step.alerts);
    let doing = Doing { step: step.step, given, seen, alerts, day, confirmed: step.confirmed };
    let after = clerk.work(&number, doing).await.map_err(desk.problem())?;
    shown(&desk, clerk, StatusCode::OK, &after).await
}

fn entered(desk: &Desk, Document { kind, copies, typed, request }: Document) -> Result<Entered, Problem> {
    let known = Kind::by_id(&kind).ok_or_else(|| desk.problem()(ClerkError::NoKind { id: kind }))?;
    let content = match (typed, request) {
        (Some(data), None) => Content::Typed(data.to_string()),
        (None, Some(request)) => Content::Request(request.to_string()),
        _ => return Err(desk.refused("request-malformed")),
    };
    Ok(Entered { kind: known, copies, content })
}

/// `POST /cases/{number}/acts`.
pub async fn act(
    State(desk): State<Desk>,
    signed: Signed,
    At(number): At<String>,
    headers: HeaderMap,
    Given(act): Given<Act>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed);
    unchanged(&desk, clerk, &number, &headers).await?;
    let because = |reason: String| desk.because(&reason);
    let command = match act {
        Act::Return { reason } => Command::Return { reason: because(reason)? },
        Act::Correct { reason } => Command::RequestCorrection { reason: because(reason)? },
        Act::HandToCity { reason } => Command::HandToCity { reason: because(reason)? },
        Act::HandBack => Command::HandBack,
        Act::Refuse { reason } => Command::Refuse { reason: because(reason)? },
        Act::Spoil { issuance, reason } => {
            let issuance = IssuanceId::parse(&issuance).map_err(|_| desk.refused("request-malformed"))?;
            Command::Spoil { issuance, reason: because(reason)? }
        }
    };
    let after = clerk.act(&number, &command).await.map_err(desk.problem())?;
    shown(&desk, clerk, StatusCode::OK, &after).await
}

/// What the client says makes the request the same as another (`Idempotency-Key`); two people's are never the
/// same.
fn once(desk: &Desk, signed: &Signed, headers: &HeaderMap, request: &[&str]) -> Result<Option<Once>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=MOST_KEY).contains(&key.len()));
    let key = key.ok_or_else(|| desk.refused("request-malformed"))?;
    let key = format!("{}/{key}", signed.actor().person());
    Ok(Some(Once { key, request: Sha256::digest(request.join("\n")).into() }))
}

/// A file as it is answered.
pub fn pdf(file: Vec<u8>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/pdf")], file)
}

/// `GET /cases/{number}/documents/{document}/copy`: for collation, or clean where its kind is never sealed.
pub async fn copy(
    State(desk): State<Desk>,
    signed: Signed,
    At((number, document)): At<(String, u32)>,
) -> Result<Response, Problem> {
    let file = clerk(&desk, &signed).print(&number, EntryId(document)).await.map_err(desk.problem())?;
    Ok(pdf(file).into_response())
}

/// `POST /cases/{number}/documents/{document}/issuances`: one sealed copy, its id and number in the headers. The
/// request's headers show the terminal.
pub async fn issue(
    State(desk): State<Desk>,
    signed: Signed,
    At((number, document)): At<(String, u32)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let once = once(&desk, &signed, &headers, &[&number, &document.to_string()])?;
    let terminal = desk.here(&signed, &headers).await?;
    let at = desk.clone();
    let issued = async move {
        let released = clerk(&at, &signed).issue(&number, EntryId(document), &terminal, once.as_ref()).await;
        let released = released.map_err(at.problem())?;
        let told = [("x-shomei-issuance", released.issuance.to_string())];
        Ok((StatusCode::CREATED, told, pdf(released.file)).into_response())
    };
    desk.to_its_end(issued).await?
}
