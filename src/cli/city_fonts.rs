//! Fonts that a city adds for stated code points (行政事務標準文字 in the private-use area).
//!
//! A TOML file: `[[font]]` with `file` (beside it), `sha256` of the file, and `ranges`, a list of
//! `"E000"` or `"E000-E0FF"`. `text` says what the file's text layer has for a code point
//! (`E000 = "…"`, a reading or a name); without it, 〓.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use shomei::press::typeface::{ExtraFont, Typefaces};

use super::{Lines, Trouble};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fonts {
    font: Vec<Font>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Font {
    file: String,
    sha256: String,
    ranges: Vec<String>,
    #[serde(default)]
    text: BTreeMap<String, String>,
}

/// The embedded fonts, and those that the file names.
pub fn typefaces(file: Option<&Path>) -> Result<Arc<Typefaces>, Lines> {
    let Some(file) = file else { return Ok(Typefaces::embedded()?) };
    let fonts: Fonts =
        toml::from_str(&std::fs::read_to_string(file).map_err(|error| Trouble::Read.at(file.display(), error))?)?;
    let extra = fonts
        .font
        .into_iter()
        .map(|font| {
            let path = file.with_file_name(&font.file);
            let data = std::fs::read(&path).map_err(|error| Trouble::Read.at(path.display(), error))?;
            let ranges = font.ranges.iter().map(|range| code_points(range)).collect::<Result<_, _>>()?;
            let stand_ins = font
                .text
                .into_iter()
                .map(|(hex, text)| Ok((*code_points(&hex)?.start(), text)))
                .collect::<Result<_, Lines>>()?;
            Ok(ExtraFont::pinned(data, &font.sha256, ranges, stand_ins)?)
        })
        .collect::<Result<Vec<_>, Lines>>()?;
    Ok(Arc::new(Typefaces::with_extra(extra)?))
}

fn code_points(range: &str) -> Result<RangeInclusive<char>, Lines> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let character = |hex: &str| u32::from_str_radix(hex, 16).ok().and_then(char::from_u32);
    match (character(first), character(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err(Trouble::Program.at(range, "no range of code points")),
    }
}
