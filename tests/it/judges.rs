//! Other people's tools look at every page of every sample.

use shomei::document::catalog::{Frame, Sealing};
use shomei::issuing::specimen::specimen;
use shomei::press::Press;

use crate::{document, samples, tool};

#[test]
fn other_programs_find_nothing_wrong() {
    let press = Press::embedded().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (kind, path) in samples() {
        let printed = specimen(&press, &document(&press, kind.id, &std::fs::read(&path).unwrap())).unwrap();
        let file = folder.path().join("page.pdf");
        std::fs::write(&file, &printed.pdf).unwrap();
        let (name, file) = (path.display(), file.to_str().unwrap());
        let checked = tool("qpdf", &["--check", file]);
        assert!(checked.status.success(), "{name}: {}", String::from_utf8_lossy(&checked.stderr));
        let fonts = String::from_utf8(tool("pdffonts", &[file]).stdout).unwrap();
        for font in fonts.lines().skip(2) {
            // Name, type (two words), encoding, embedded, subset, ToUnicode.
            assert!(font.contains("Identity-H") && font.contains("yes yes yes"), "{name}: {font}");
            assert!(font.contains("IPAmjMincho") || font.contains("BIZUDGothic"), "{name}: {font}");
        }
        let info = String::from_utf8(tool("pdfinfo", &[file]).stdout).unwrap();
        assert!(info.contains("Tagged:          yes"), "{name}: {info}");
        let drawn = tool("mutool", &["draw", "-q", "-F", "text", "-o", "/dev/null", file]);
        assert!(
            drawn.status.success() && complaints(&drawn.stderr).is_empty(),
            "{name}: {}",
            String::from_utf8_lossy(&drawn.stderr)
        );
        for subject in &printed.sheets.subject {
            let text = String::from_utf8(tool("pdftotext", &["-raw", file, "-"]).stdout).unwrap();
            let squeezed =
                |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '\u{c}').collect::<String>();
            for page in squeezed_pages(&text) {
                assert!(page.contains(&squeezed(subject)), "{name}: the subject on every page");
            }
        }
        assert!(kind.frame == Frame::Certificate || kind.sealing == Sealing::Never, "{name}");
    }
}

fn squeezed_pages(text: &str) -> Vec<String> {
    text.trim_end_matches('\u{c}')
        .split('\u{c}')
        .map(|page| page.chars().filter(|c| !c.is_whitespace()).collect())
        .collect()
}

#[test]
fn the_metadata_says_nothing_of_a_person() {
    let press = Press::embedded().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (kind, path) in samples() {
        let printed = specimen(&press, &document(&press, kind.id, &std::fs::read(&path).unwrap())).unwrap();
        let file = folder.path().join("page.pdf");
        std::fs::write(&file, &printed.pdf).unwrap();
        let file = file.to_str().unwrap();
        let about = [tool("pdfinfo", &[file]).stdout, tool("pdfinfo", &["-meta", file]).stdout].concat();
        let about = String::from_utf8_lossy(&about).into_owned();
        for subject in &printed.sheets.subject {
            assert!(!about.contains(subject.as_str()), "{}", path.display());
        }
        assert!(!about.contains("Typst"), "{}", path.display());
    }
}

/// What mutool complains of, but for its own build without colour management.
fn complaints(told: &[u8]) -> Vec<String> {
    let told = String::from_utf8_lossy(told);
    told.lines().filter(|line| !line.trim().is_empty() && !line.contains("ICC support")).map(str::to_owned).collect()
}
