//! Templates from outside the program run in a child process with limits: Typst cannot be stopped
//! from inside.

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};

/// Set in the child, so that it does the work instead of starting another child.
const MARK: &str = "SHOMEI_CONFINED";
/// CPU time of the child in seconds.
const CPU_SECONDS: u64 = 10;
/// Memory of the child in bytes.
const MEMORY: u64 = 1 << 30;
/// Time after which a child that does not even use CPU is ended.
const PATIENCE: Duration = Duration::from_secs(30);
/// Exit status of a child that could not confine itself.
const UNCONFINED: u8 = 3;

/// Runs `act` in a child process of the same arguments, confined; in the child, runs it.
pub fn run(act: impl FnOnce() -> ExitCode) -> ExitCode {
    if std::env::var_os(MARK).is_some() {
        return if confine().is_ok() { act() } else { ExitCode::from(UNCONFINED) };
    }
    match start() {
        Ok(code) => code,
        Err(error) => {
            complain!("starting the confined process: {error}");
            ExitCode::from(UNCONFINED)
        }
    }
}

fn confine() -> rustix::io::Result<()> {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Cpu, limit(CPU_SECONDS))?;
    setrlimit(Resource::Data, limit(MEMORY))
}

fn start() -> std::io::Result<ExitCode> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(MARK, "1")
        // The allocator would otherwise reserve as much as the limit at once.
        .env("MIMALLOC_ARENA_RESERVE", "65536")
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::inherit())
        .spawn()?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            break child.wait()?;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    match status.code() {
        Some(code @ 0..=2) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(super::REFUSED))),
        // Ended by a signal or by a panic: out of CPU time, out of memory, or killed above.
        _ => {
            complain!("document: template-limits\t{}", sentence());
            Ok(ExitCode::from(super::REFUSED))
        }
    }
}

fn sentence() -> String {
    super::sentences().map(|words| words.get("refusal.template-limits").to_owned()).unwrap_or_default()
}
