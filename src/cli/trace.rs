//! What the program tells of itself on standard error, for whoever runs it: none of it is about a person.

use std::process::ExitCode;
use std::time::Instant;

use tracing::{info, info_span};
use tracing_subscriber::EnvFilter;

use super::{Lines, Trouble};

/// What is told where nothing else is asked for.
const USUAL: &str = "shomei=warn";
/// The same of a server.
const SERVING: &str = "shomei=info";

/// Begins to tell: as `--log` says, else `RUST_LOG`, else the usual.
pub fn begin(filter: Option<&str>, serving: bool) -> Result<(), Lines> {
    let wanted = filter.map(str::to_owned).or_else(|| std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty()));
    let wanted = wanted.unwrap_or_else(|| if serving { SERVING } else { USUAL }.to_owned());
    let filter = EnvFilter::builder().parse(wanted).map_err(|error| Trouble::Usage.at("--log", error))?;
    let told = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::io::stderr);
    told.try_init().map_err(|error| Trouble::Program.at("--log", error))
}

/// Runs a command and tells how it ended.
pub fn command(name: &str, run: impl FnOnce() -> ExitCode) -> ExitCode {
    let since = Instant::now();
    let span = info_span!("command", name).entered();
    let status = run();
    let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    info!(ms, refused = status != ExitCode::SUCCESS, "ended");
    drop(span);
    status
}
