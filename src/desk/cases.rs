//! Cases over HTTP: begun, shown, worked on, issued.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::command::Command;
use crate::case::event::{AlertSeen, Attributes};
use crate::case::id::{EntryId, IssuanceId};
use crate::document::catalog::Kind;
use crate::document::names::{Field, Name};
use crate::domain::calendar::Day;
use crate::issuing::casework::Loaded;
use crate::issuing::clerk::{Cases, Clerk, ClerkError, Content, Doing, Given as Entered};
use crate::procedure::{Role, StepKey};

use super::Desk;
use super::problem::Problem;
use super::repeat::once;
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

/// What stands after `?` in a request's address; nothing personal ever does.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Desk> for Asked<Option<T>> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        if parts.uri.query().is_none_or(str::is_empty) {
            return Ok(Self(None));
        }
        let asked = Query::<T>::from_request_parts(parts, desk).await;
        asked.map(|Query(asked)| Self(Some(asked))).map_err(|_| desk.refused("request-malformed"))
    }
}

/// A case to be begun.
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CaseOpening")]
#[serde(deny_unknown_fields)]
pub struct Opening {
    flow: String,
    #[serde(default)]
    attributes: Attributes,
}

/// A step to be done.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    #[schemars(with = "String")]
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
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "DocumentGiven")]
#[serde(deny_unknown_fields)]
pub struct Document {
    kind: String,
    #[serde(default = "one")]
    copies: u8,
    typed: Option<Value>,
    request: Option<Value>,
}

fn one() -> u8 {
    1
}

/// What else is done with a case.
#[derive(Deserialize, schemars::JsonSchema)]
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
#[derive(Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CaseWanted")]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wanted {
    /// 氏名・名称.
    Shimei(String),
    /// 宛名番号.
    AtenaBango(String),
}

/// A case in a list.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "CaseRow")]
struct Row {
    number: String,
    flow: String,
    state: String,
    next: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

/// A list of cases.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "CaseRows")]
pub struct Rows {
    cases: Vec<Row>,
    more: bool,
    /// Where the rest of each role's list begins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<Page>,
}

/// A page of a role's list.
#[derive(Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "CasePage")]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Whose list.
    role: Role,
    /// After which case; from the first one if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    after: Option<String>,
}

impl Rows {
    fn none() -> Self {
        Self { cases: Vec::new(), more: false, next: Vec::new() }
    }

    fn add(&mut self, role: Option<Role>, Cases { cases, more }: Cases) {
        self.more |= more;
        if let (true, Some(role), Some(last)) = (more, role, cases.last()) {
            self.next.push(Page { role, after: Some(last.number.clone()) });
        }
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

/// The version of a case that its writer saw (`If-Match`), if they say which.
pub struct Seen(pub Option<u64>);

impl FromRequestParts<Desk> for Seen {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let Some(tag) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let version = tag.to_str().ok().and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        version.map(|version| Self(Some(version))).ok_or_else(|| desk.refused("case-changed"))
    }
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

/// `GET /cases`: what the person can do now; a page of one role's list where it is named.
pub async fn list(
    State(desk): State<Desk>,
    signed: Signed,
    Asked(page): Asked<Option<Page>>,
) -> Result<Json<Rows>, Problem> {
    let (mut rows, clerk) = (Rows::none(), clerk(&desk, &signed));
    let lists = match page {
        None => clerk.list().await.map_err(desk.problem())?,
        Some(Page { role, after }) => {
            vec![(role, clerk.page(role, after.as_deref()).await.map_err(desk.problem())?)]
        }
    };
    for (role, cases) in lists {
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
    let mut rows = Rows::none();
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
    Seen(seen): Seen,
    Given(step): Given<Step>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed).having_seen(seen);
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
    Seen(seen): Seen,
    Given(act): Given<Act>,
) -> Result<Response, Problem> {
    let clerk = clerk(&desk, &signed).having_seen(seen);
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
    let once = once(&desk, &signed, &headers, &[number.as_bytes(), document.to_string().as_bytes()])?;
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
