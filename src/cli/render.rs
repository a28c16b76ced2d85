//! `shomei render`: a 見本 of any document.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use shomei::document::catalog::Kind;
use shomei::domain::calendar::Day;
use shomei::domain::office::Signatory;
use shomei::press::{Leave, Press};
use shomei::press::sheet::Surround;
use shomei::press::template::Templates;
use shomei::press::typeface::Typefaces;

/// Arguments of `shomei render`.
#[derive(Args)]
pub struct Arguments {
    /// Kind of document (`shomei kinds`).
    kind: String,
    /// The data, JSON; `-` reads standard input.
    data: PathBuf,
    /// Where the PDF goes.
    #[arg(short, long)]
    output: PathBuf,
    /// Other templates, for trying out forms.
    #[arg(long)]
    templates: Option<PathBuf>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    match print(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(lines) => {
            lines.iter().for_each(|line| eprintln!("{line}"));
            ExitCode::from(2)
        }
    }
}

fn print(arguments: &Arguments) -> Result<(), Vec<String>> {
    let one = |error: &dyn std::fmt::Display| vec![error.to_string()];
    let kind = Kind::by_id(&arguments.kind).ok_or_else(|| vec![format!("unknown kind {}", arguments.kind)])?;
    let typefaces = Typefaces::embedded().map_err(|e| one(&e))?;
    let templates = match &arguments.templates {
        Some(folder) => Templates::from_directory(folder).map_err(|e| one(&e))?,
        None => Templates::embedded(),
    };
    let press = Press::new(templates, typefaces);
    let words = press.words(kind).map_err(|e| one(&e))?;
    let bytes = super::read_input(&arguments.data).map_err(|e| one(&e))?;
    let sentences = |refusals: shomei::document::refusal::Refusals| {
        refusals.0.iter().map(|r| format!("{r} {}", words.sentence(r))).collect::<Vec<_>>()
    };
    let document = kind.read(&bytes, &**press.typefaces()).map_err(&sentences)?;
    let day = Day::from_ymd(2026, 1, 15).map_err(|e| one(&e))?;
    let signatory = Signatory {
        from: day,
        until: None,
        title: "見本県見本市北区長".to_owned(),
        deputy: None,
        name: "見本　太郎".to_owned(),
        seal: String::new(),
    };
    let short = document.digest().short();
    let surround = Surround {
        day,
        office: "見本市北区",
        signatory: &signatory,
        number: None,
        ground: false,
        short_digest: &short,
    };
    let printed = press.print(&document, Leave::Specimen, &surround).map_err(|error| match error {
        shomei::press::PressError::Sheet(shomei::press::sheet::SheetError::Refused(refusals)) => sentences(refusals),
        other => vec![other.to_string()],
    })?;
    std::fs::write(&arguments.output, printed.pdf).map_err(|e| one(&e))
}
