//! How often somebody may ask: per session, and per address whoever signs in.

use std::net::SocketAddr;
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use sha2::{Digest as _, Sha256};

use super::Desk;

/// So many who asked are remembered before those are forgotten who may ask freely again.
const REMEMBERED: usize = 10_000;

/// How often, in a minute.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// With one session.
    pub of_session: NonZeroU32,
    /// From one address, to sign in or without a session.
    pub of_address: NonZeroU32,
}

type Limiter = RateLimiter<[u8; 32], HashMapStateStore<[u8; 32]>, DefaultClock>;

/// Who asked how often.
pub struct Rates {
    sessions: Limiter,
    addresses: Limiter,
}

impl Rates {
    /// Nobody asked yet.
    pub fn new(limits: Limits) -> Self {
        let limiter = |most| RateLimiter::hashmap(Quota::per_minute(most));
        Self { sessions: limiter(limits.of_session), addresses: limiter(limits.of_address) }
    }

    /// Counts a request; how many seconds to wait where there were too many.
    fn wait(&self, request: &Request) -> Option<u64> {
        let token = request.headers().get(header::AUTHORIZATION);
        let peer = || request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_string());
        let signs_in = *request.method() == Method::POST && request.uri().path().ends_with("/session");
        let (limiter, key) = match token.filter(|_| !signs_in) {
            Some(token) => (&self.sessions, Sha256::digest(token)),
            None => (&self.addresses, Sha256::digest(peer().unwrap_or_default())),
        };
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let early = limiter.check_key(&key.into()).err()?;
        Some(early.wait_time_from(DefaultClock::default().now()).as_secs().saturating_add(1))
    }
}

/// Refuses whoever asks too often.
pub async fn limited(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let Some(seconds) = desk.rates.wait(&request) else { return next.run(request).await };
    let mut answer = desk.refused("too-many-requests").into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    answer
}
