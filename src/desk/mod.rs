//! 窓口の扉: the API over HTTP. It calls what every door calls ([`crate::issuing::clerk`]); no rule lives here.

mod cases;
mod days;
mod endpoints;
mod incidents;
mod problem;
mod requests;
mod sessions;
mod subjects;
mod suppressions;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;

use crate::document::words::Words;
use crate::issuing::hall::Hall;

pub use endpoints::{Endpoint, Method, Need, endpoints};
use problem::Problem;

/// Largest body of a request, in bytes: a document and what it brings along (a picture of a seal's imprint).
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// What the handlers share.
#[derive(Clone)]
pub struct Desk {
    hall: Arc<Hall>,
    sentences: Arc<Words>,
}

impl Desk {
    /// The desk of a city; its sentences are those of the refusals.
    pub fn new(hall: Hall, sentences: Words) -> Self {
        Self { hall: Arc::new(hall), sentences: Arc::new(sentences) }
    }

    /// Every endpoint.
    pub fn router(self) -> Router {
        let api =
            endpoints().into_iter().fold(Router::new(), |api, Endpoint { path, handler, .. }| api.route(path, handler));
        Router::new()
            .nest("/api/v1", api)
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .fallback(nothing_there)
            .method_not_allowed_fallback(nothing_there)
            .layer(middleware::from_fn(kept_by_nobody))
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .with_state(self)
    }
}

/// Serves until `stop`; what was begun is ended first.
///
/// # Errors
/// The socket.
pub async fn serve(
    desk: Desk,
    listener: tokio::net::TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, desk.router()).with_graceful_shutdown(stop).await
}

/// Whether the program runs.
async fn healthz() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether it can work: whether the register answers.
async fn readyz(State(desk): State<Desk>) -> Result<StatusCode, Problem> {
    desk.hall.register.now().await.map_err(desk.problem())?;
    Ok(StatusCode::NO_CONTENT)
}

async fn nothing_there(State(desk): State<Desk>) -> Problem {
    desk.refused("no-endpoint")
}

/// No answer is kept by anything between, shown in a frame, or taken for what it is not.
async fn kept_by_nobody(request: axum::extract::Request, next: Next) -> Response {
    const ALWAYS: [(HeaderName, &str); 4] = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in ALWAYS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
