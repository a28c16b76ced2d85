//! 記録: what is told of each request to whoever runs the program: how it was asked, by which route, what came of
//! it and when. Never an address, a body, a header or a name: those are people's.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, error, info, info_span};
use uuid::Uuid;

use crate::case::id::OfficeId;

use super::Desk;

/// Header by which an answer is found in the log.
const REQUEST_ID: &str = "x-request-id";
/// What stands for a route that there is not.
const NO_ROUTE: &str = "none";

/// Code of the refusal that an answer is.
#[derive(Clone, Copy)]
pub struct Refused(pub &'static str);

/// A method by its name; what a client made up is not repeated.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Tells of a request, once it is answered.
pub async fn told(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let (since, id) = (Instant::now(), Uuid::now_v7().to_string());
    let (method, route) = (word(request.method()), request.extensions().get::<MatchedPath>().cloned());
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let span = info_span!("request", method, route, id, office = Empty, terminal = Empty);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), since.elapsed());
    let code = response.extensions().get::<Refused>().map(|refused| refused.0);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match status {
        500.. => error!(status, ms, code, "failed"),
        _ => info!(status, ms, code, "answered"),
    });
    desk.metrics.answered(method, route, status, took);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Says in which office the request is worked on.
pub fn at_office(office: &OfficeId) {
    Span::current().record("office", office.as_str());
}

/// Says from which terminal.
pub fn at_terminal(terminal: u16) {
    Span::current().record("terminal", terminal);
}
