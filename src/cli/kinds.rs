//! `shomei kinds`: the catalog.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use shomei::document::catalog::{KINDS, Kind};
use shomei::press::Press;

use super::{Lines, end};

/// Arguments of `shomei kinds`.
#[derive(Args)]
pub struct Arguments {
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(list(arguments))
}

fn list(arguments: &Arguments) -> Result<(), Lines> {
    let press = Press::embedded()?;
    let entries = KINDS
        .iter()
        .map(|kind| Ok((kind, press.words(kind)?.get("name").to_owned())))
        .collect::<Result<Vec<(&Kind, String)>, Lines>>()?;
    if arguments.json {
        let list: Vec<_> = entries
            .iter()
            .map(|(kind, title)| {
                json!({
                    "id": kind.id,
                    "title": title,
                    "sealed": kind.sealing.key(),
                    "fee": kind.fee,
                    "orientation": if kind.landscape { "landscape" } else { "portrait" },
                    "sample": kind.sample(),
                })
            })
            .collect();
        say!("{}", serde_json::Value::Array(list));
    } else {
        for (kind, title) in entries {
            say!("{:32} {:9} {title}", kind.id, kind.sealing.key());
        }
    }
    Ok(())
}
