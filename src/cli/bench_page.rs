//! `shomei bench-page`: how long a sealed page takes here; for comparisons with other programs, and
//! for what a benchmark library does not measure (threads, memory, the first page).

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use shomei::issuing::bench::{Line, household};
use shomei::issuing::city::City;
use shomei::press::Press;
use shomei::press::mark::MarkKey;
use shomei::press::sheet::Paper;

use super::{Lines, Trouble, end};

/// Arguments of `shomei bench-page`.
#[derive(Args)]
pub struct Arguments {
    /// How many documents, in all threads together.
    #[arg(long, default_value_t = 200)]
    count: usize,
    /// With the ground.
    #[arg(long)]
    ground: bool,
    /// How many threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(measure(arguments))
}

fn measure(arguments: &Arguments) -> Result<(), Lines> {
    let begun = Instant::now();
    let press = Press::embedded()?;
    let city = City::sample()?;
    let key = MarkKey::from_bytes(&[7; 32])?;
    let paper = if arguments.ground { Paper::Plain } else { Paper::Security };
    let first = issue(&press, &city, &key, paper, 0, 1)?;
    let cold = begun.elapsed();
    let each = arguments.count.div_ceil(arguments.threads.max(1));
    let begun = Instant::now();
    let sizes = std::thread::scope(|scope| {
        let lines: Vec<_> = (0..arguments.threads.max(1))
            .map(|thread| {
                let (press, city, key) = (&press, &city, &key);
                scope.spawn(move || issue(press, city, key, paper, thread * each, each))
            })
            .collect();
        lines
            .into_iter()
            .map(|line| line.join().unwrap_or_else(|_| Err(Trouble::Program.at("shomei", "a thread failed"))))
            .collect::<Result<Vec<usize>, Lines>>()
    })?;
    let documents = each * arguments.threads.max(1);
    say!("{}", report(arguments, documents, begun.elapsed(), cold, first.max(sizes[0])));
    Ok(())
}

fn report(arguments: &Arguments, documents: usize, all: Duration, cold: Duration, size: usize) -> serde_json::Value {
    let seconds = all.as_secs_f64();
    json!({
        "documents": documents,
        "threads": arguments.threads,
        "ground": arguments.ground,
        "milliseconds_each": seconds * 1000.0 / documents as f64,
        "documents_per_second": documents as f64 / seconds,
        "first_page_milliseconds": cold.as_secs_f64() * 1000.0,
        "bytes": size,
        "peak_memory_kilobytes": peak_memory(),
    })
}

/// Issues households; the size of the last file.
fn issue(press: &Press, city: &City, key: &MarkKey, paper: Paper, from: usize, count: usize) -> Result<usize, Lines> {
    let mut line = Line::new(press, city, key, paper).map_err(|error| Trouble::Program.at("shomei", error))?;
    let mut size = 0;
    for number in from..from + count {
        let household = household(number).ok_or_else(|| Trouble::Program.at("shomei", "the sample is broken"))?;
        size = line.issue(&household).map_err(|error| Trouble::Program.at("shomei", error))?.len();
    }
    Ok(size)
}

/// Greatest memory that the process has held, as Linux counts it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
