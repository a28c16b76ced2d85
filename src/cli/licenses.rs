//! `shomei licenses`: every licence text that the program has to pass on.

use std::process::ExitCode;

/// Runs it.
pub fn run() -> ExitCode {
    say!("shomei {}: MIT OR Apache-2.0\n", env!("CARGO_PKG_VERSION"));
    say!("{}\n\n{}\n", include_str!("../../LICENSE-MIT"), include_str!("../../LICENSE-APACHE"));
    for font in shomei_fonts::ALL {
        say!("font {}: {}", font.family, font.licence);
    }
    for (name, text) in shomei_fonts::LICENCES {
        say!("\n==== {name} ====\n\n{text}");
    }
    say!("\n==== crates ====\n\n{}", include_str!("../../licenses.txt"));
    ExitCode::SUCCESS
}
