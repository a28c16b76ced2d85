//! One golden: text with positions, pixels, bytes.

use std::fmt;
use std::path::Path;

use image::GrayImage;
use sha2::{Digest, Sha256};
use shomei::press::raster;
use shomei::press::readback::read_back;

use super::super::Lines;

/// Dots an inch of golden pictures: a shift of 0.2 mm moves a rule's grey by more than half.
const DPI: f64 = 100.0;
/// Levels of grey that are kept: four bits.
const LEVELS: u8 = 16;
/// Levels by which a dot may differ before it counts as another dot.
const NEAR: u8 = 3;

/// What is accepted of a document, or what it is now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Golden {
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Each text and its place: `page x y size font text`, hundredths of a millimetre and points.
    pub texts: Vec<String>,
    /// Pages in 16 greys.
    pub pages: Vec<GrayImage>,
}

impl Golden {
    /// What a file is.
    pub fn of(pdf: Vec<u8>) -> Result<Self, Lines> {
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&pdf));
        let mut texts = Vec::new();
        for (page, text) in read_back(&pdf)?.iter().enumerate() {
            for run in &text.runs {
                let mm = |pt: f64| pt * 25.4 / 72.0;
                texts.push(format!(
                    "{} {:.2} {:.2} {:.2} {} {}",
                    page + 1,
                    mm(run.x),
                    mm(run.y),
                    run.size,
                    run.font,
                    run.text
                ));
            }
        }
        let mut pages = raster::pages(pdf, DPI)?;
        for dot in pages.iter_mut().flat_map(|page| page.pixels_mut()) {
            dot.0[0] /= u8::MAX / LEVELS + 1;
        }
        Ok(Self { sha256, texts, pages })
    }

    /// Reads an accepted golden; one that does not exist is empty.
    pub fn read(folder: &Path, name: &str) -> Result<Self, Lines> {
        let file = folder.join(format!("{name}.txt"));
        if !file.is_file() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(file)?;
        let mut lines = text.lines();
        let sha256 = lines.next().and_then(|line| line.strip_prefix("sha256 ")).unwrap_or_default().to_owned();
        let texts = lines.map(str::to_owned).collect();
        let mut pages = Vec::new();
        loop {
            let picture = folder.join(format!("{name}.{}.png", pages.len() + 1));
            if !picture.is_file() {
                break;
            }
            pages.push(read_picture(&picture)?);
        }
        Ok(Self { sha256, texts, pages })
    }

    /// Writes it as accepted.
    pub fn write(&self, folder: &Path, name: &str) -> Result<(), Lines> {
        std::fs::create_dir_all(folder)?;
        let mut text = format!("sha256 {}\n", self.sha256);
        for line in &self.texts {
            text.push_str(line);
            text.push('\n');
        }
        std::fs::write(folder.join(format!("{name}.txt")), text)?;
        for (index, page) in self.pages.iter().enumerate() {
            write_picture(&folder.join(format!("{name}.{}.png", index + 1)), page)?;
        }
        let mut gone = self.pages.len() + 1;
        while std::fs::remove_file(folder.join(format!("{name}.{gone}.png"))).is_ok() {
            gone += 1;
        }
        Ok(())
    }
}

/// Whether a file is the picture of a page.
pub fn is_picture(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "png")
}

/// The name of the golden that a file belongs to (`KIND.CASE` of `KIND.CASE.txt` and
/// `KIND.CASE.N.png`); nothing for files that belong to none.
pub fn name_of(file: &Path) -> Option<String> {
    let stem = file.file_stem()?.to_str()?;
    if is_picture(file) {
        let (name, page) = stem.rsplit_once('.')?;
        return page.parse::<usize>().is_ok().then(|| name.to_owned());
    }
    (file.extension()? == "txt").then(|| stem.to_owned())
}

/// Writes a picture of 16 greys, four bits a dot.
fn write_picture(path: &Path, page: &GrayImage) -> Result<(), Lines> {
    let mut rows = Vec::with_capacity(page.as_raw().len() / 2 + 1);
    for row in page.rows() {
        let dots: Vec<u8> = row.map(|dot| dot.0[0]).collect();
        rows.extend(dots.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)));
    }
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut encoder = png::Encoder::new(file, page.width(), page.height());
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Four);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rows)?;
    Ok(writer.finish()?)
}

fn read_picture(path: &Path) -> Result<GrayImage, Lines> {
    let mut page = image::open(path)?.into_luma8();
    for dot in page.pixels_mut() {
        // The reader spreads four bits over eight: 15 becomes 255.
        dot.0[0] /= u8::MAX / (LEVELS - 1);
    }
    Ok(page)
}

/// What differs between an accepted golden and a page of now.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Other bytes.
    pub bytes: bool,
    /// Texts that are gone, and texts that are new.
    pub texts: Vec<(Change, String)>,
    /// Pages whose pixels differ, and by how many dots; pages that are missing count every dot.
    pub pixels: Vec<(usize, usize)>,
}

/// How a text differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was accepted and is not there.
    Gone,
    /// It is there and was not accepted.
    New,
}

impl Difference {
    /// Compares.
    pub fn between(accepted: &Golden, actual: &Golden) -> Self {
        let missing = |of: &[String], from: &[String]| -> Vec<String> {
            let mut left: Vec<&String> = from.iter().collect();
            of.iter()
                .filter(|text| match left.iter().position(|other| other == text) {
                    Some(at) => {
                        left.swap_remove(at);
                        false
                    }
                    None => true,
                })
                .cloned()
                .collect()
        };
        let gone = missing(&accepted.texts, &actual.texts).into_iter().map(|text| (Change::Gone, text));
        let new = missing(&actual.texts, &accepted.texts).into_iter().map(|text| (Change::New, text));
        let count = accepted.pages.len().max(actual.pages.len());
        let pixels = (0..count)
            .map(|page| (page + 1, dots(accepted.pages.get(page), actual.pages.get(page))))
            .filter(|(_, dots)| *dots > 0)
            .collect();
        Self { bytes: accepted.sha256 != actual.sha256, texts: gone.chain(new).collect(), pixels }
    }

    /// Whether nothing differs.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How many dots differ.
fn dots(accepted: Option<&GrayImage>, actual: Option<&GrayImage>) -> usize {
    match (accepted, actual) {
        (Some(a), Some(b)) if a.dimensions() == b.dimensions() => {
            a.pixels().zip(b.pixels()).filter(|(a, b)| a.0[0].abs_diff(b.0[0]) > NEAR).count()
        }
        (a, b) => a.or(b).map_or(0, |page| page.as_raw().len()),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.bytes {
            parts.push("other bytes".to_owned());
        }
        if !self.texts.is_empty() {
            parts.push(format!("{} texts gone or new", self.texts.len()));
        }
        for (page, dots) in &self.pixels {
            parts.push(format!("page {page}: {dots} dots"));
        }
        f.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    /// A page of rules and text-like strokes, shifted by so many millimetres.
    fn page(shift_mm: f64) -> GrayImage {
        let scale = DPI / 25.4;
        GrayImage::from_fn(400, 400, |x, y| {
            // A rule of 0.127 mm (0.36 pt), the thinnest of a form, antialiased over its dots.
            let (from, to) = ((20.0 + shift_mm) * scale, (20.127 + shift_mm) * scale);
            let cover = |at: u32| (f64::from(at + 1).min(to) - f64::from(at).max(from)).clamp(0.0, 1.0);
            Luma([(15.0 * (1.0 - cover(x).max(cover(y)))).round() as u8])
        })
    }

    #[test]
    fn a_rule_that_moves_by_less_than_a_fifth_of_a_millimetre_is_seen() {
        let golden = |shift| Golden { pages: vec![page(shift)], ..Golden::default() };
        assert!(Difference::between(&golden(0.0), &golden(0.0)).is_none());
        for shift in [0.15, 0.19, -0.15] {
            assert!(!Difference::between(&golden(0.0), &golden(shift)).pixels.is_empty(), "{shift}");
        }
    }

    #[test]
    fn a_text_that_moves_is_gone_and_new_and_a_doubled_one_is_new() {
        let golden =
            |texts: &[&str]| Golden { texts: texts.iter().map(|t| (*t).to_owned()).collect(), ..Golden::default() };
        let moved = Difference::between(&golden(&["1 10.00 5.00 a"]), &golden(&["1 10.01 5.00 a"]));
        assert_eq!(moved.texts.len(), 2);
        let doubled = Difference::between(&golden(&["a"]), &golden(&["a", "a"]));
        assert_eq!(doubled.texts, [(Change::New, "a".to_owned())]);
    }

    #[test]
    fn a_missing_page_counts_every_dot() {
        let accepted = Golden { pages: vec![page(0.0)], ..Golden::default() };
        assert_eq!(Difference::between(&accepted, &Golden::default()).pixels, [(1, 160_000)]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let golden = Golden {
            sha256: "ab".to_owned(),
            texts: vec!["1 1 1 葛\u{E0102}".to_owned()],
            pages: vec![page(0.1), page(0.0)],
        };
        golden.write(folder.path(), "x.y").ok().unwrap();
        assert_eq!(Golden::read(folder.path(), "x.y").ok().unwrap(), golden);
    }
}
