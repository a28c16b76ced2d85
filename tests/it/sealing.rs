//! No warrant, no seal; what was approved is what is sealed; what is omitted is absent.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shomei::case::id::EntryId;
use shomei::case::warrant::{Cover, WarrantError};
use shomei::document::catalog::{Composed, KINDS, Sealing};
use shomei::domain::calendar::Day;
use shomei::issuing::bench::Way;
use shomei::issuing::city::City;
use shomei::issuing::{IssueError, Issuing, Terminal};
use shomei::press::mark::MarkKey;
use shomei::press::readback::read_back;
use shomei::press::sheet::Paper;
use shomei::press::{Leave, Press, PressError, SealedPage, mark};

use crate::{document, root, samples, tool};

struct Office {
    press: Press,
    city: City,
    key: MarkKey,
    way: Way,
}

impl Office {
    fn new() -> Self {
        Self {
            press: Press::embedded().unwrap(),
            city: City::sample().unwrap(),
            key: MarkKey::from_bytes(&[5; 32]).unwrap(),
            way: Way::new().unwrap(),
        }
    }

    fn issuing(&self) -> Issuing<'_> {
        Issuing {
            press: &self.press,
            city: &self.city,
            key: &self.key,
            host: "verify.mihon.example",
            paper: Paper::Plain,
        }
    }

    fn day() -> Day {
        "2026-01-15".parse().unwrap()
    }

    fn cover(&self, document: &Composed, day: Day) -> Cover {
        let issuing = self.issuing();
        let surround = issuing.surround(self.city.office("kita-ku").unwrap(), day, "").unwrap();
        self.press.cover(document, &surround)
    }

    /// Seals a document, once a case about this cover was approved.
    fn seal(&self, cover: &Cover, document: &Composed, day: Day) -> Result<SealedPage, IssueError> {
        let terminal = Terminal { number: 1, name: "本庁01".to_owned(), printer: "P003".to_owned() };
        let office = self.city.office("kita-ku").unwrap();
        let warrant = self.way.approve(cover).unwrap();
        let number = terminal.number_line(day, 1);
        self.issuing().seal(&warrant, document, office, &number, &terminal)
    }
}

fn sample(kind: &str) -> Vec<u8> {
    std::fs::read(root().join(format!("samples/{kind}.json"))).unwrap()
}

fn text_of(pdf: &[u8]) -> String {
    read_back(pdf).unwrap().iter().flat_map(|page| &page.runs).map(|run| run.text.as_str()).collect()
}

#[test]
fn a_warrant_covers_content_template_issuer_and_day() {
    let office = Office::new();
    let document = document(&office.press, "juminhyo-utsushi", &sample("juminhyo-utsushi"));
    let right = office.cover(&document, Office::day());
    assert!(office.seal(&right, &document, Office::day()).is_ok());
    let mut content = right.clone();
    content.digest.0[0] ^= 1;
    let mut template = right.clone();
    template.templates[0] ^= 1;
    let issuer = Cover { issuer: "x".to_owned(), ..right.clone() };
    let yesterday = Cover { day: "2026-01-14".parse().unwrap(), ..right };
    for (cover, error) in [
        (content, WarrantError::OtherContent),
        (template, WarrantError::OtherTemplate),
        (issuer, WarrantError::OtherIssuer),
        (yesterday, WarrantError::OtherDay),
    ] {
        let refused = office.seal(&cover, &document, Office::day());
        assert!(
            matches!(refused, Err(IssueError::Press(PressError::Warrant(ref found))) if *found == error),
            "{error:?}"
        );
    }
}

#[test]
fn kinds_that_are_never_sealed_cannot_be_sealed_even_with_a_warrant() {
    let office = Office::new();
    let mut never = 0;
    for kind in KINDS.iter().filter(|kind| kind.sealing == Sealing::Never) {
        let document = document(&office.press, kind.id, &sample(kind.id));
        let cover = office.cover(&document, Office::day());
        let refused = office.seal(&cover, &document, Office::day());
        assert!(
            matches!(refused, Err(IssueError::Press(PressError::Warrant(WarrantError::NeverSealed)))),
            "{}",
            kind.id
        );
        never += 1;
    }
    assert!(never >= 5, "{never}");
}

#[test]
fn every_certificate_can_be_sealed_and_its_qr_verifies() {
    let office = Office::new();
    for (kind, path) in samples() {
        if kind.sealing == Sealing::Never {
            continue;
        }
        let document = document(&office.press, kind.id, &std::fs::read(&path).unwrap());
        let cover = office.cover(&document, Office::day());
        let page = office.seal(&cover, &document, Office::day()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        // For looking at: SHOMEI_PAGES names a folder that keeps the sealed pages.
        if let Ok(folder) = std::env::var("SHOMEI_PAGES") {
            let name = format!("{}-{}.pdf", kind.id, path.file_stem().unwrap().to_string_lossy());
            std::fs::write(std::path::Path::new(&folder).join(name), page.pdf()).unwrap();
        }
        let sheets = page.sheets();
        let text = sheets.mark.as_deref().unwrap();
        assert!(mark::verify(text, office.key.verifying()).is_ok(), "{}", path.display());
        let all = text_of(page.pdf());
        assert!(all.contains("20260115"), "{}", path.display());
        assert!(!all.contains("見本　　"), "a sealed page is no specimen: {}", path.display());
    }
}

#[test]
fn the_printed_qr_is_read_by_another_program() {
    let office = Office::new();
    let document = document(&office.press, "juminhyo-utsushi", &sample("juminhyo-utsushi"));
    let cover = office.cover(&document, Office::day());
    let page = office.seal(&cover, &document, Office::day()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("page.pdf");
    std::fs::write(&pdf, page.pdf()).unwrap();
    for dpi in ["300", "600"] {
        let stem = folder.path().join(dpi);
        tool("pdftoppm", &["-r", dpi, "-gray", "-png", pdf.to_str().unwrap(), stem.to_str().unwrap()]);
        let picture = format!("{}-1.png", stem.display());
        let read = tool("zbarimg", &["-q", "--raw", &picture]);
        assert_eq!(String::from_utf8(read.stdout).unwrap().trim(), page.sheets().mark.as_deref().unwrap());
    }
}

/// 引継ぎQR that zbarimg reads from the first page of a file, drawn at so many dots an inch.
fn codes_read(pdf: &[u8], dpi: u32) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pdf");
    std::fs::write(&file, pdf).unwrap();
    let stem = folder.path().join("page");
    let dpi = dpi.to_string();
    tool(
        "pdftoppm",
        &["-r", &dpi, "-l", "1", "-singlefile", "-gray", "-png", file.to_str().unwrap(), stem.to_str().unwrap()],
    );
    let picture = stem.with_extension("png");
    let read = tool("zbarimg", &["-q", "--raw", "-Sdisable", "-Sqrcode.enable", picture.to_str().unwrap()]).stdout;
    // zbarimg ends each code with a line end of its own.
    let read = String::from_utf8(read).unwrap();
    let codes = read.split("TS2,").skip(1).map(|code| format!("TS2,{}", code.strip_suffix('\n').unwrap_or(code)));
    codes.map(|code| code.split("\nHTTPS://").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_codes_for_the_municipality_of_arrival_are_read_from_a_page_of_250_dpi() {
    let office = Office::new();
    let mut most = 0;
    for (kind, path) in samples() {
        if kind.id != "tenshutsu-shomeisho" {
            continue;
        }
        let document = document(&office.press, kind.id, &std::fs::read(&path).unwrap());
        let page = office.seal(&office.cover(&document, Office::day()), &document, Office::day()).unwrap();
        let view = document.view(&office.press.words(kind).unwrap());
        let expected = view.sealed_pictures.iter().filter(|picture| picture.slot.starts_with("s0.")).count();
        for dpi in [250, 300] {
            let mut parts = codes_read(page.pdf(), dpi);
            parts.sort();
            assert_eq!(parts.len(), expected, "{} at {dpi} dpi", path.display());
            let text: String = parts.iter().filter_map(|part| part.split_once('\n')).map(|(_, part)| part).collect();
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&text)[..4]);
            assert!(
                parts.iter().all(|part| part.lines().next().unwrap().ends_with(&hash)),
                "{}: {text}",
                path.display()
            );
        }
        most = most.max(expected);
    }
    assert_eq!(most, 2, "a sample with two codes");
}

#[test]
fn a_file_is_dated_by_the_midnight_of_japan() {
    let office = Office::new();
    let document = document(&office.press, "juminhyo-utsushi", &sample("juminhyo-utsushi"));
    let page = office.seal(&office.cover(&document, Office::day()), &document, Office::day()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), page.pdf()).unwrap();
    let info = String::from_utf8(tool("pdfinfo", &["-rawdates", file.path().to_str().unwrap()]).stdout).unwrap();
    let dated = info.lines().find(|line| line.starts_with("CreationDate:")).unwrap();
    assert!(dated.ends_with("D:20260115000000+09'00") || dated.ends_with("D:20260115000000+09'00'"), "{dated}");
}

#[test]
fn copies_say_what_they_are_and_have_neither_seal_nor_qr() {
    // A 転出証明書 has codes of its own, from which another municipality would take the data over.
    for kind in ["juminhyo-utsushi", "tenshutsu-shomeisho"] {
        copies_of(kind);
    }
}

fn copies_of(kind: &str) {
    let office = Office::new();
    let document = document(&office.press, kind, &sample(kind));
    let issuing = office.issuing();
    let entry = office.city.office("kita-ku").unwrap();
    let surround = issuing.surround(entry, Office::day(), "x").unwrap();
    let case = office.way.enter(&office.cover(&document, Office::day())).unwrap();
    let collation = case.collation_warrant(EntryId(1)).unwrap();
    for (leave, words) in [(Leave::Specimen, "見本"), (Leave::Collation(&collation), "承認前・照合用")] {
        let printed = office.press.print(&document, leave, &surround).unwrap();
        for page in read_back(&printed.pdf).unwrap() {
            assert!(page.runs.iter().any(|run| run.text == words), "{words} across the page");
            assert!(page.images.is_empty(), "no seal, no QR");
        }
    }
    // A certificate is never printed clean without its seal.
    let clean = case.office_warrant(office.cover(&document, Office::day()));
    let refused = office.press.print(&document, Leave::Office(&clean), &surround);
    assert!(matches!(refused, Err(PressError::Warrant(WarrantError::CleanCertificate))));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, other) = (Office::new(), Office::new());
    let issue = |office: &Office| {
        let document = document(&office.press, "juminhyo-utsushi", &sample("juminhyo-utsushi"));
        let cover = office.cover(&document, Office::day());
        office.seal(&cover, &document, Office::day()).unwrap().pdf().to_vec()
    };
    let first = issue(&one);
    // What was printed in between leaves no trace.
    let between = document(
        &one.press,
        "juminhyo-utsushi",
        &std::fs::read(root().join("samples/juminhyo-utsushi/foreign.json")).unwrap(),
    );
    let cover = one.cover(&between, Office::day());
    one.seal(&cover, &between, Office::day()).unwrap();
    assert!(first == issue(&one), "the second time");
    assert!(first == issue(&other), "another press");
    let threads: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..4).map(|_| scope.spawn(|| issue(&one))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(threads.iter().all(|file| *file == first), "four threads");
}

#[test]
fn two_offices_on_a_border_day_have_their_own_head() {
    let office = Office::new();
    let document = document(&office.press, "juminhyo-utsushi", &sample("juminhyo-utsushi"));
    let day: Day = "2026-03-10".parse().unwrap();
    let cover = office.cover(&document, day);
    let text = text_of(office.seal(&cover, &document, day).unwrap().pdf());
    assert!(text.contains("見本県見本市北区長職務代理者"), "the deputy's title");
    assert!(text.contains("令和８年３月１０日"));
}

#[test]
fn what_is_omitted_is_nowhere_in_the_file() {
    let office = Office::new();
    let mut value: Value = serde_json::from_slice(&sample("juminhyo-utsushi")).unwrap();
    let secret = "見本県見本市港区秘町九丁目";
    let with = json!(secret);
    value["setai_renki"]["setaiin"][0]["kokumin"]["nihonjin"]["honseki"] = with;
    let printed = |value: &Value| {
        let document = document(&office.press, "juminhyo-utsushi", value.to_string().as_bytes());
        let cover = office.cover(&document, Office::day());
        office.seal(&cover, &document, Office::day()).unwrap().pdf().to_vec()
    };
    let folder = tempfile::tempdir().unwrap();
    let plain = |name: &str, pdf: &[u8]| {
        let (from, to) = (folder.path().join(format!("{name}.pdf")), folder.path().join(format!("{name}.qdf")));
        std::fs::write(&from, pdf).unwrap();
        tool("qpdf", &["--qdf", "--object-streams=disable", from.to_str().unwrap(), to.to_str().unwrap()]);
        let text = tool("pdftotext", &[from.to_str().unwrap(), "-"]).stdout;
        (std::fs::read(to).unwrap(), String::from_utf8(text).unwrap())
    };
    let (_, shown) = plain("with", &printed(&value));
    assert!(shown.contains(secret), "the test would see it");
    value["setai_renki"]["setaiin"][0]["kokumin"]["nihonjin"]["honseki"] = json!({ "nothing": "omitted" });
    let (bytes, hidden) = plain("without", &printed(&value));
    assert!(!hidden.contains("秘町"));
    // Neither as text nor in a character map.
    let contains = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!contains("秘町".as_bytes()) && !contains(b"<79D8>") && !contains(b"<79d8>"));
}

/// Share of black in a place of a page at 600 dpi, drawn by poppler; millimetres.
fn tint(pdf: &std::path::Path, x: f64, y: f64, width: f64, height: f64) -> f64 {
    let dots = |mm: f64| ((mm / 25.4 * 600.0).round() as u32).to_string();
    let stem = pdf.with_extension("crop");
    tool(
        "pdftoppm",
        &[
            "-r",
            "600",
            "-gray",
            "-png",
            "-singlefile",
            "-x",
            &dots(x),
            "-y",
            &dots(y),
            "-W",
            &dots(width),
            "-H",
            &dots(height),
            pdf.to_str().unwrap(),
            stem.to_str().unwrap(),
        ],
    );
    let picture = image::open(stem.with_extension("crop.png")).unwrap().into_luma8();
    let black: f64 = picture.pixels().map(|dot| 1.0 - f64::from(dot.0[0]) / 255.0).sum();
    black / picture.pixels().len() as f64 * 100.0
}

#[test]
fn the_ground_is_drawn_at_its_tint_and_white_where_it_must_be() {
    let office = Office::new();
    let document = document(&office.press, "fuzaiju-shomeisho", &sample("fuzaiju-shomeisho"));
    let cover = office.cover(&document, Office::day());
    let page = office.seal(&cover, &document, Office::day()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.pdf");
    std::fs::write(&file, page.pdf()).unwrap();
    // A strip at the top without latent text, and one across 複写 in the empty middle.
    for (x, y, width, height) in [(20.0, 6.0, 170.0, 5.08), (62.0, 205.0, 80.0, 20.32)] {
        let tint = tint(&file, x, y, width, height);
        assert!((tint - 7.5).abs() < 0.4, "{tint} at {x}, {y}");
    }
    // Around the seal, and in the quiet zone of the QR.
    for (x, y, width, height) in [(171.2, 251.0, 0.6, 6.0), (16.2, 248.0, 1.2, 26.0)] {
        let tint = tint(&file, x, y, width, height);
        assert!(tint < 0.01, "{tint} at {x}, {y}");
    }
    // Security paper brings its own.
    let issuing = Issuing { paper: Paper::Security, ..office.issuing() };
    let terminal = Terminal { number: 1, name: "x".to_owned(), printer: String::new() };
    let entry = office.city.office("kita-ku").unwrap();
    let warrant = office.way.approve(&cover).unwrap();
    let number = terminal.number_line(Office::day(), 1);
    let plain = issuing.seal(&warrant, &document, entry, &number, &terminal).unwrap();
    std::fs::write(&file, plain.pdf()).unwrap();
    assert!(tint(&file, 20.0, 6.0, 170.0, 5.0) < 0.01);
}

#[test]
fn the_digests_of_the_samples_are_the_checked_in_ones() {
    // A digest that moves makes every warrant and every record of before worthless: RFC 8949 4.2 over
    // the content as given, and nothing of the program's, decides it.
    let press = Press::embedded().unwrap();
    let mut lines: Vec<String> = samples()
        .into_iter()
        .map(|(kind, path)| {
            let digest = document(&press, kind.id, &std::fs::read(&path).unwrap()).digest();
            format!("{} {}\n", path.strip_prefix(root()).unwrap().display(), digest.hex())
        })
        .collect();
    lines.sort();
    let now = lines.concat();
    let file = root().join("tests/vectors/digests.txt");
    let accepted = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(now == accepted, "{} should be:\n{now}", file.display());
}

#[test]
fn a_certificate_knows_nothing_of_the_days_after_its_own() {
    let office = Office::new();
    let mut value: Value = serde_json::from_slice(&sample("juminhyo-utsushi")).unwrap();
    value["setai_renki"]["setaiin"][0]["todokede_hi"] = json!("R8-01-15");
    let document = document(&office.press, "juminhyo-utsushi", value.to_string().as_bytes());
    for (day, sealed) in [("2026-01-14", false), ("2026-01-15", true)] {
        let day: Day = day.parse().unwrap();
        let issued = office.seal(&office.cover(&document, day), &document, day);
        assert_eq!(issued.is_ok(), sealed, "{day}");
        if let Err(error) = issued {
            assert!(error.to_string().contains("todokede_hi: later-than-day"), "{error}");
        }
    }
}
