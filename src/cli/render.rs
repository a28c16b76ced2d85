//! `shomei render`: a 見本 of any document.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use shomei::issuing::specimen::specimen_of;
use shomei::press::template::Templates;
use shomei::press::{Press, raster};

use super::{
    Lines, Trouble, city_fonts, confined, end, is_standard, kind, latest_day, read_input, told_of, write_output,
};

/// Dots an inch of the pictures.
const DPI: f64 = 150.0;

/// Arguments of `shomei render`.
#[derive(Args)]
pub struct Arguments {
    /// Kind of document (`shomei kinds`).
    kind: String,
    /// The data, JSON; `-` reads standard input.
    data: PathBuf,
    /// Where the PDF goes; `-` writes standard output.
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
        Some(folder) => Templates::from_directory(folder).map_err(|error| Trouble::Read.at(folder.display(), error))?,
        None => Templates::embedded(),
    };
    Ok(Press::new(templates, city_fonts::typefaces(fonts)?))
}

fn render(arguments: &Arguments, templates: Option<&Path>) -> Result<(), Lines> {
    let kind = kind(&arguments.kind)?;
    // An older page that stays after a refusal would be taken for this one.
    if !is_standard(&arguments.output) {
        match std::fs::remove_file(&arguments.output) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Trouble::Write.at(arguments.output.display(), error));
            }
            _ => {}
        }
    }
    let press = press(templates, arguments.fonts.as_deref())?;
    let words = press.words(kind)?;
    let bytes = read_input(&arguments.data)?;
    let parsed = kind.parse(&bytes, &**press.typefaces()).as_of(latest_day()?);
    let printed = specimen_of(&press, parsed).map_err(|error| told_of(error, &words))?;
    if let Some(folder) = &arguments.png {
        write_pictures(printed.pdf.clone(), kind.id, folder)?;
    }
    write_output(&arguments.output, &printed.pdf)
}

/// Writes every page of a file as `NAME-1.png`, `NAME-2.png`, … into a folder.
pub fn write_pictures(pdf: Vec<u8>, name: &str, folder: &Path) -> Result<(), Lines> {
    std::fs::create_dir_all(folder).map_err(|error| Trouble::Write.at(folder.display(), error))?;
    for (index, page) in raster::pages(pdf, DPI)?.iter().enumerate() {
        let file = folder.join(format!("{name}-{}.png", index + 1));
        page.save(&file).map_err(|error| Trouble::Write.at(file.display(), error))?;
    }
    Ok(())
}
