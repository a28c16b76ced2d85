//! What is promised of issuing, tried on both databases; `docs/proofs.md` lists it.

mod aged;
mod alike;
mod between;
mod clock;
mod crash;
mod demo;
mod import;
mod million;
pub mod office;
mod stopped;
mod suppressed;
mod thousand;

/// How often: what the tests do, or what `scripts/soak` asks for.
fn count(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
