//! `shomei days`: whether the city's offices are open on a day, what follows it, and when a period from it ends.

use std::process::ExitCode;

use clap::Args;
use shomei::domain::calendar::Day;
use shomei::procedure::Procedures;
use shomei::procedure::settings::Settings;

use super::office::refused;
use super::{Lines, end, today};

/// Arguments of `shomei days`.
#[derive(Args)]
pub struct Arguments {
    /// Day (2026-12-28); today in Tokyo if it is not given.
    day: Option<String>,
    /// Also say when a period of so many days from it ends (期限).
    #[arg(long)]
    period: Option<u32>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(tell(arguments))
}

fn tell(Arguments { day, period }: &Arguments) -> Result<(), Lines> {
    let day = match day {
        Some(text) => text.parse::<Day>().map_err(refused(text))?,
        None => today()?,
    };
    let settings = Settings::sample(&Procedures::embedded()?)?;
    let (place, days) = (day.to_string(), &settings.opening_days);
    let open = if days.is_open(day).map_err(refused(&place))? { "open" } else { "closed" };
    say!("{day}\t{open}\t{}", days.next_after(day).map_err(refused(&place))?);
    if let Some(period) = period {
        say!("{day}+{period}\t{}", days.deadline(day, *period).map_err(refused(&place))?);
    }
    Ok(())
}
