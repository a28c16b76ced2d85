//! `shomei render`: a 見本 of any document.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use shomei::issuing::specimen::specimen;
use shomei::press::template::Templates;
use shomei::press::{Press, raster};

use super::{Lines, about, city_fonts, confined, end, kind, read_input, told, told_of, write_output};

/// Dots an inch of the pictures.
const DPI: f64 = 150.0;

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
    /// Also write every page as a picture into this folder.
    #[arg(long)]
    png: Option<PathBuf>,
    /// Other templates, for trying out forms. They run in a process of their own, with limits.
    #[arg(long)]
    templates: Option<PathBuf>,
    /// Fonts that the city adds for stated code points (TOML: file, sha256, ranges).
    #[arg(long)]
    fonts: Option<PathBuf>,
}

/// Runs it.
pub fn run(arguments: &Arguments) -> ExitCode {
    match &arguments.templates {
        None => end(render(arguments, None)),
        Some(folder) => confined::run(|| end(render(arguments, Some(folder)))),
    }
}

/// The press over the embedded templates, or over those of a folder.
pub fn press(templates: Option<&Path>, fonts: Option<&Path>) -> Result<Press, Lines> {
    let templates = match templates {
        Some(folder) => Templates::from_directory(folder)?,
        None => Templates::embedded(),
    };
    Ok(Press::new(templates, city_fonts::typefaces(fonts)?))
}

fn render(arguments: &Arguments, templates: Option<&Path>) -> Result<(), Lines> {
    let kind = kind(&arguments.kind)?;
    // An older page that stays after a refusal would be taken for this one.
    match std::fs::remove_file(&arguments.output) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(about("replacing", &arguments.output, &error));
        }
        _ => {}
    }
    let press = press(templates, arguments.fonts.as_deref())?;
    let words = press.words(kind)?;
    let bytes = read_input(&arguments.data)?;
    let document = kind.read(&bytes, &**press.typefaces()).map_err(|refusals| told(&refusals, &words))?;
    let printed = specimen(&press, &document).map_err(|error| told_of(&error, &words))?;
    if let Some(folder) = &arguments.png {
        write_pictures(printed.pdf.clone(), kind.id, folder)?;
    }
    write_output(&arguments.output, &printed.pdf)
}

/// Writes every page of a file as `NAME-1.png`, `NAME-2.png`, … into a folder.
pub fn write_pictures(pdf: Vec<u8>, name: &str, folder: &Path) -> Result<(), Lines> {
    std::fs::create_dir_all(folder)?;
    for (index, page) in raster::pages(pdf, DPI)?.iter().enumerate() {
        page.save(folder.join(format!("{name}-{}.png", index + 1)))?;
    }
    Ok(())
}
