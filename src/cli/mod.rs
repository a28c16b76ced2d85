//! The command line: one file per subcommand.

mod render;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Prints a Japanese ward office's certificates.
#[derive(Parser)]
#[command(name = "shomei", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print a 見本 of a document.
    Render(render::Arguments),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Render(arguments) => render::run(&arguments),
    }
}

/// Reads a file, or standard input for `-`.
fn read_input(path: &PathBuf) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let most = shomei::document::json::MOST_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
