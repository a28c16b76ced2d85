//! The program `shomei` with its fail points (`issuing/fail.rs`): for the tests that kill it, never handed out.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
