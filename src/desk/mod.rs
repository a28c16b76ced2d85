//! 窓口の扉: the API over HTTP. It calls what every door calls ([`crate::issuing::clerk`]); no rule lives here.

mod cases;
mod certifiers;
mod days;
mod endpoints;
mod handing;
mod incidents;
mod metrics;
mod paper;
mod people;
mod problem;
mod requests;
mod sessions;
mod subjects;
mod suppressions;
mod terminals;
mod trace;

use std::future::{Future, IntoFuture as _};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{RwLock, Semaphore, oneshot};
use tracing::{Instrument as _, info, warn};

use crate::document::words::Words;
use crate::issuing::hall::Hall;
use crate::issuing::issue::PATIENCE;

pub use endpoints::{Endpoint, Method, Need, endpoints};
use metrics::Metrics;
use problem::Problem;

/// Largest body of a request, in bytes: a document and what it brings along (a picture of a seal's imprint).
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// How long connections are waited for once the program is told to stop: as long as a press may take, twice.
const MOST_STOPPING: Duration = PATIENCE.saturating_mul(2);

/// What the handlers share.
#[derive(Clone)]
pub struct Desk {
    hall: Arc<Hall>,
    sentences: Arc<Words>,
    metrics: Arc<Metrics>,
    /// Held by whatever must be ended before the program stops.
    working: Arc<RwLock<()>>,
    /// Had by whatever keeps a processor busy: so many at once that each is busy, and no more, so that whoever
    /// waits does not wait for everybody.
    places: Arc<Semaphore>,
}

impl Desk {
    /// The desk of a city; its sentences are those of the refusals.
    pub fn new(hall: Hall, sentences: Words) -> Self {
        let (hall, sentences) = (Arc::new(hall), Arc::new(sentences));
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        // One is printed while another waits for the disk.
        let places = Arc::new(Semaphore::new(processors.saturating_mul(2)));
        Self { hall, sentences, metrics: Arc::new(Metrics::new()), working: Arc::default(), places }
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
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .layer(middleware::from_fn_with_state(self.clone(), trace::told))
            .layer(middleware::from_fn(kept_by_nobody))
            .with_state(self)
    }

    /// What whoever watches over the program asks; it stands apart, so that who reaches the API need not reach it.
    fn watched(self) -> Router {
        Router::new()
            .route("/metrics", get(counted))
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .with_state(self)
    }

    /// Does work to its end, though whoever asked for it goes away or the program is told to stop.
    async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        let place = self.places.clone().acquire_owned().await;
        let at_work = self.working.clone().read_owned().await;
        let work = async move {
            let done = work.await;
            drop((at_work, place));
            done
        };
        tokio::spawn(work.in_current_span()).await.map_err(|_| self.refused("program-failed"))
    }
}

/// Where a desk is reached.
pub struct Doors {
    /// By the API's clients.
    pub api: TcpListener,
    /// By who watches over the program.
    pub watch: Option<TcpListener>,
}

/// Serves until `stop`; then nobody new is let in, and what was begun is ended first.
///
/// # Errors
/// The socket.
pub async fn serve(desk: Desk, doors: Doors, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let working = desk.working.clone();
    let watch = doors.watch.map(|door| tokio::spawn(axum::serve(door, desk.clone().watched()).into_future()));
    let (tell, told) = oneshot::channel();
    let stop = async move {
        stop.await;
        info!("told to stop");
        drop(tell);
    };
    let late = async move {
        let _ = told.await as Result<(), _>;
        tokio::time::sleep(MOST_STOPPING).await;
    };
    tokio::select! {
        served = axum::serve(doors.api, desk.router()).with_graceful_shutdown(stop).into_future() => served?,
        () = late => warn!("connections were still open"),
    }
    // What is issued for somebody who is gone is ended, too.
    drop(working.write().await);
    if let Some(watch) = watch {
        watch.abort();
    }
    info!("stopped");
    Ok(())
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

/// What was counted.
async fn counted(State(desk): State<Desk>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], desk.metrics.text())
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
