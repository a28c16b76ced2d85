//! 発行の計: how many copies ended how, and how long the press took, for whoever watches over the program. It
//! counts by kind of document, never by whom it was for.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the press's times, in seconds.
const PRESS_SECONDS: [f64; 10] = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 1.0, 5.0, 60.0];

/// How a copy ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was released.
    Issued,
    /// Its number was voided.
    Voided,
}

impl Ended {
    fn key(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Voided => "voided",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
    end: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub struct Tally {
    copies: Family<OfKind, Counter>,
    press: Histogram,
}

static TALLY: LazyLock<Tally> =
    LazyLock::new(|| Tally { copies: Family::default(), press: Histogram::new(PRESS_SECONDS) });

/// The program's.
pub fn tally() -> &'static Tally {
    &TALLY
}

impl Tally {
    /// A copy of a kind ended.
    pub fn ended(&self, kind: &'static str, end: Ended) {
        let end = end.key();
        self.copies.get_or_create(&OfKind { kind, end }).inc();
        tracing::info!(kind, end, "copy ended");
    }

    /// The press was at work.
    pub fn pressed(&self, took: Duration) {
        self.press.observe(took.as_secs_f64());
    }

    /// Shows it among what else is counted.
    pub fn register(&self, registry: &mut Registry) {
        let copies = "Copies of certificates by kind and end";
        registry.register("issuing_copies", copies, self.copies.clone());
        let press = "Time of the press for one copy";
        registry.register_with_unit("issuing_press", press, Unit::Seconds, self.press.clone());
    }
}
