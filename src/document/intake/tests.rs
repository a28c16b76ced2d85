//! Inputs are built here: a small encoder for each FAX coding, a writer of TIFF and of PDF.

use ::fax::maps::{self, Mode};
use ::fax::{BitWriter, Bits, VecWriter};
use proptest::prelude::*;

use super::*;

const FORM_PDF: &[u8] = include_bytes!("../../../samples/kisaijiko-shomeisho-tegaki/nenkin-genkyo.pdf");
const FORM_TIFF: &[u8] = include_bytes!("../../../samples/kisaijiko-shomeisho-tegaki/genkyo.tiff");
const FORM_JPEG: &[u8] = include_bytes!("../../../samples/kisaijiko-shomeisho-tegaki/genkyo.jpg");
const FAX_COARSE: &[u8] = include_bytes!("../../../samples/fax-tensha/kazei-204x98.tiff");
const FAX_FINE: &[u8] = include_bytes!("../../../samples/fax-tensha/kazei-204x196.tiff");
const FAX_T6: &[u8] = include_bytes!("../../../samples/fax-tensha/kazei-g4.tiff");

/// Rows of pixels, true where black.
type Rows = Vec<Vec<bool>>;

fn code(bytes: &[u8], source: Source) -> &'static str {
    read(bytes, source).map_or_else(|refusal| refusal.code(), |_| "read")
}

fn rows_of(page: &Page) -> Rows {
    let picture = image::load_from_memory(&page.picture.png).unwrap().into_luma8();
    assert!(picture.pixels().all(|p| p.0[0] == 0 || p.0[0] == 255), "two tones");
    picture.rows().map(|row| row.map(|pixel| pixel.0[0] == 0).collect()).collect()
}

/// A pattern with runs long and short, at both edges and none at all.
fn pattern(width: usize, height: usize) -> Rows {
    let black = |x: usize, y: usize| match y % 6 {
        0 => false,
        1 => true,
        2 => x.is_multiple_of(2),
        3 => (x + y / 6) % 97 < 13,
        4 => x * x % 11 < 4,
        _ => x == 0 || x + 1 == width,
    };
    (0..height).map(|y| (0..width).map(|x| black(x, y)).collect()).collect()
}

// ---- FAX encoders, after T.4 and T.6, pixel by pixel and so unlike the decoder ----

fn put_run(out: &mut VecWriter, black: bool, mut length: usize) {
    let mut put = |run: usize| {
        let run = u16::try_from(run).unwrap();
        let bits = if black { maps::black::encode(run) } else { maps::white::encode(run) };
        out.write(bits.unwrap()).unwrap();
    };
    while length >= 2560 {
        put(2560);
        length -= 2560;
    }
    if length >= 64 {
        put(length / 64 * 64);
    }
    put(length % 64);
}

/// The first place from `from` on where the colour differs from `black`.
fn run_end(row: &[bool], from: usize, black: bool) -> usize {
    (from..row.len()).find(|&x| row[x] != black).unwrap_or(row.len())
}

fn put_one_dimensional(out: &mut VecWriter, row: &[bool]) {
    let (mut x, mut black) = (0, false);
    while x < row.len() {
        let end = run_end(row, x, black);
        put_run(out, black, end - x);
        (x, black) = (end, !black);
    }
}

fn put_two_dimensional(out: &mut VecWriter, row: &[bool], above: &[bool]) {
    let width = row.len();
    let change = |x: usize| x < width && above[x] != (x > 0 && above[x - 1]);
    let (mut a0, mut first, mut black) = (0, true, false);
    while first || a0 < width {
        let from = if first { 0 } else { a0 + 1 };
        let b1 = (from..width).find(|&x| change(x) && above[x] != black).unwrap_or(width);
        let b2 = (b1 + 1..width).find(|&x| change(x)).unwrap_or(width);
        let a1 = run_end(row, a0, black);
        let offset = i8::try_from(a1 as i64 - b1 as i64).ok().filter(|d| (-3..=3).contains(d));
        let mut put = |mode| out.write(maps::mode::encode(mode).unwrap()).unwrap();
        if b2 < a1 {
            put(Mode::Pass);
            a0 = b2;
        } else if let Some(offset) = offset {
            put(Mode::Vertical(offset));
            (a0, black) = (a1, !black);
        } else {
            put(Mode::Horizontal);
            let a2 = run_end(row, a1, !black);
            put_run(out, black, a1 - a0);
            put_run(out, !black, a2 - a1);
            a0 = a2;
        }
        first = false;
    }
}

/// How the test TIFFs code their pages.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Runs,
    Mh {
        eol: bool,
    },
    /// With each EOL ending on a byte boundary.
    MhAligned,
    /// With every `k`th line one-dimensional.
    Mr {
        k: usize,
    },
    Mmr,
}

const KINDS: [Kind; 7] = [
    Kind::Runs,
    Kind::Mh { eol: true },
    Kind::Mh { eol: false },
    Kind::MhAligned,
    Kind::Mr { k: 2 },
    Kind::Mr { k: 4 },
    Kind::Mmr,
];

const EOL: Bits = Bits { data: 1, len: 12 };

fn encode(rows: &[Vec<bool>], kind: Kind) -> Vec<u8> {
    let mut out = VecWriter::new();
    let mut above = vec![false; rows[0].len()];
    for (number, row) in rows.iter().enumerate() {
        match kind {
            Kind::Runs => out.pad(),
            Kind::Mh { eol: false } | Kind::Mmr => {}
            Kind::Mh { eol: true } => out.write(EOL).unwrap(),
            Kind::MhAligned => {
                out.pad();
                out.write(Bits { data: 0, len: 4 }).unwrap();
                out.write(EOL).unwrap();
            }
            Kind::Mr { k } => {
                out.write(EOL).unwrap();
                out.write(Bits { data: u16::from(number % k == 0), len: 1 }).unwrap();
            }
        }
        match kind {
            Kind::Mr { k } if number % k != 0 => put_two_dimensional(&mut out, row, &above),
            Kind::Mmr => put_two_dimensional(&mut out, row, &above),
            _ => put_one_dimensional(&mut out, row),
        }
        above.clone_from(row);
    }
    if kind == Kind::Mmr {
        out.write(EOL).unwrap();
        out.write(EOL).unwrap();
    }
    out.finish()
}

// ---- TIFF writer ----

#[derive(Debug, Clone)]
struct TiffPage {
    width: usize,
    height: usize,
    kind: Kind,
    strips: Vec<Vec<u8>>,
    rows_per_strip: usize,
    black_is_zero: bool,
    lsb_first: bool,
    orientation: u16,
    dpi: Option<(u32, u32)>,
    /// Tags written as LONG instead of, or beside, the usual ones.
    extra: Vec<(u16, u32)>,
}

impl TiffPage {
    fn new(rows: &[Vec<bool>], kind: Kind, rows_per_strip: usize) -> Self {
        Self {
            width: rows[0].len(),
            height: rows.len(),
            kind,
            strips: rows.chunks(rows_per_strip).map(|part| encode(part, kind)).collect(),
            rows_per_strip,
            black_is_zero: false,
            lsb_first: false,
            orientation: 1,
            dpi: Some((204, 98)),
            extra: Vec::new(),
        }
    }
}

fn tiff(pages: &[TiffPage]) -> Vec<u8> {
    let mut out = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    let at = |out: &Vec<u8>| u32::try_from(out.len()).unwrap();
    for page in pages {
        let places: Vec<(u32, u32)> = page
            .strips
            .iter()
            .map(|strip| {
                let place = at(&out);
                let order = |&b: &u8| if page.lsb_first { b.reverse_bits() } else { b };
                out.extend(strip.iter().map(order));
                (place, u32::try_from(strip.len()).unwrap())
            })
            .collect();
        let mut array = |values: Vec<u32>| {
            let count = u32::try_from(values.len()).unwrap();
            if count == 1 {
                return (count, values[0]);
            }
            let place = at(&out);
            out.extend(values.iter().flat_map(|v| v.to_le_bytes()));
            (count, place)
        };
        let offsets = array(places.iter().map(|p| p.0).collect());
        let lengths = array(places.iter().map(|p| p.1).collect());
        let (compression, options) = match page.kind {
            Kind::Runs => (2, None),
            Kind::Mh { .. } => (3, Some((292, 0))),
            Kind::MhAligned => (3, Some((292, 4))),
            Kind::Mr { .. } => (3, Some((292, 1))),
            Kind::Mmr => (4, Some((293, 0))),
        };
        let long = |tag: u16, value: usize| (tag, 4, 1, u32::try_from(value).unwrap());
        let mut entries = vec![
            long(256, page.width),
            long(257, page.height),
            long(259, compression),
            long(262, usize::from(page.black_is_zero)),
            long(266, if page.lsb_first { 2 } else { 1 }),
            (273, 4, offsets.0, offsets.1),
            long(274, usize::from(page.orientation)),
            long(278, page.rows_per_strip),
            (279, 4, lengths.0, lengths.1),
        ];
        for (tag, dpi) in [(282, page.dpi.map(|d| d.0)), (283, page.dpi.map(|d| d.1))] {
            if let Some(dpi) = dpi {
                entries.push((tag, 5, 1, at(&out)));
                out.extend([dpi, 1].iter().flat_map(|v| v.to_le_bytes()));
            }
        }
        entries.extend(options.map(|(tag, value)| long(tag, value)));
        for &(tag, value) in &page.extra {
            entries.retain(|entry| entry.0 != tag);
            entries.push((tag, 4, 1, value));
        }
        entries.sort_unstable();
        let directory = at(&out);
        out[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        out.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        for (tag, kind, count, value) in entries {
            out.extend(u16::to_le_bytes(tag));
            out.extend(u16::to_le_bytes(kind));
            out.extend(u32::to_le_bytes(count));
            out.extend(u32::to_le_bytes(value));
        }
        link = out.len();
        out.extend([0; 4]);
    }
    out
}

// ---- PDF writer ----

fn pdf(objects: &[String]) -> Vec<u8> {
    use std::fmt::Write;
    let mut out = String::from("%PDF-1.7\n");
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        write!(out, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let xref = out.len();
    write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(out, "{offset:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    write!(out, "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF").unwrap();
    out.into_bytes()
}

fn stream(entries: &str, data: &str) -> String {
    format!("<<{entries}/Length {}>>stream\n{data}\nendstream", data.len())
}

/// A PDF of one page of 72 by 36 units; `more` begins with object 5.
fn one_page(page: &str, resources: &str, content: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 36]/Contents 4 0 R\
             /Resources<<{resources}>>{page}>>"
        ),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

const COURIER: &str = "<</Type/Font/Subtype/Type1/BaseFont/Courier>>";
const TEXT: &str = "BT /F 12 Tf 10 10 Td (a) Tj ET";

/// A Type 3 font whose one glyph draws `drawing`.
fn type3(drawing: &str, resources: &str) -> [String; 2] {
    let font = format!(
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 97\
         /LastChar 97/Widths[1]/Encoding<</Differences[97/a]>>/CharProcs<</a 6 0 R>>\
         /Resources<<{resources}>>>>"
    );
    [font, stream("", drawing)]
}

fn small_pdf() -> Vec<u8> {
    let font = type3("1 0 d0 0 0 1 1 re f", "");
    let picture = stream(
        "/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8\
         /ColorSpace/DeviceGray/Filter/ASCIIHexDecode",
        "00ff80ff>",
    );
    let more = [font[0].clone(), font[1].clone(), picture];
    let content = format!("{TEXT} q 20 0 0 20 40 5 cm /I Do Q");
    one_page("", "/Font<</F 5 0 R>>/XObject<</I 7 0 R>>", &content, &more)
}

// ---- Rules ----

#[test]
fn every_fax_coding_gives_back_the_pixels() {
    for (width, height, per_strip) in [(1, 3, 3), (8, 12, 5), (67, 24, 24), (5300, 7, 2)] {
        for kind in KINDS {
            for (lsb_first, black_is_zero) in [(false, false), (true, false), (false, true)] {
                let rows = pattern(width, height);
                let mut sheet = TiffPage::new(&rows, kind, per_strip);
                sheet.dpi = Some((400, 400));
                (sheet.lsb_first, sheet.black_is_zero) = (lsb_first, black_is_zero);
                let pages = read(&tiff(&[sheet]), Source::Fax).unwrap();
                // BlackIsZero shows the coder's black white.
                let expected: Rows =
                    rows.iter().map(|row| row.iter().map(|&black| black != black_is_zero).collect()).collect();
                assert_eq!(rows_of(&pages[0]), expected, "{width} {kind:?} {lsb_first}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_rows_survive_every_fax_coding(
        rows in (1_usize..200).prop_flat_map(|width| {
            prop::collection::vec(prop::collection::vec(any::<bool>(), width), 1..12)
        }),
        kind in prop::sample::select(KINDS.to_vec()),
    ) {
        let page = &read(&tiff(&[TiffPage::new(&rows, kind, 4)]), Source::Fax).unwrap()[0];
        prop_assert_eq!(rows_of(page), rows);
    }
}

#[test]
fn a_damaged_line_is_refused_by_page_and_line() {
    let rows = pattern(200, 12);
    let good = || TiffPage::new(&rows, Kind::Mmr, 12);
    for kind in KINDS {
        // The seventh line, the third of the second strip, is a pixel short.
        let mut damaged = rows.clone();
        damaged[6].pop();
        let mut sheet = TiffPage::new(&rows, kind, 4);
        let lines = |rows: &[Vec<bool>]| encode(rows, kind);
        sheet.strips[1] = lines(&damaged[4..7]);
        assert_eq!(
            read(&tiff(&[good(), sheet]), Source::Fax),
            Err(IntakeError::FaxLine { page: 2, line: 7 }),
            "{kind:?}"
        );
        // A line is missing at the end.
        let mut sheet = TiffPage::new(&rows, kind, 12);
        sheet.strips[0] = lines(&rows[..11]);
        assert_eq!(read(&tiff(&[sheet]), Source::Fax), Err(IntakeError::FaxLine { page: 1, line: 12 }), "{kind:?}");
    }
    for kind in [Kind::Runs, Kind::Mh { eol: true }, Kind::Mh { eol: false }, Kind::MhAligned] {
        // A line is a pixel too long.
        let mut damaged = rows.clone();
        damaged[6] = vec![false; 201];
        let mut sheet = TiffPage::new(&rows, kind, 12);
        sheet.strips[0] = encode(&damaged, kind);
        assert_eq!(read(&tiff(&[sheet]), Source::Fax), Err(IntakeError::FaxLine { page: 1, line: 7 }), "{kind:?}");
    }
    // One EOL among others is missing.
    let mut out = VecWriter::new();
    for (number, row) in rows.iter().enumerate() {
        if number != 4 {
            out.write(EOL).unwrap();
        }
        put_one_dimensional(&mut out, row);
    }
    let mut sheet = TiffPage::new(&rows, Kind::Mh { eol: true }, 12);
    sheet.strips[0] = out.finish();
    assert_eq!(read(&tiff(&[sheet]), Source::Fax), Err(IntakeError::FaxLine { page: 1, line: 5 }));
    // Code is left over when the lines have run out.
    let mut sheet = good();
    sheet.strips[0] = encode(&pattern(200, 13), Kind::Mmr);
    assert_eq!(read(&tiff(&[sheet]), Source::Fax), Err(IntakeError::FaxLine { page: 1, line: 12 }));
}

#[test]
fn code_that_no_encoder_writes_is_refused() {
    let white = vec![vec![false; 20]; 2];
    // Padding before a byte boundary is zero.
    let mut padded = TiffPage::new(&white, Kind::Runs, 2);
    assert_eq!(padded.strips[0], [0x10, 0x10]);
    padded.strips[0][0] |= 1;
    // A change left of the last one: white 18, black 1, then 3 left of the end of the line.
    let mut out = VecWriter::new();
    out.write(maps::mode::encode(Mode::Horizontal).unwrap()).unwrap();
    put_run(&mut out, false, 18);
    put_run(&mut out, true, 1);
    out.write(maps::mode::encode(Mode::Vertical(-3)).unwrap()).unwrap();
    out.write(Bits { data: 0x3fff, len: 14 }).unwrap();
    let mut backward = TiffPage::new(&white, Kind::Mmr, 2);
    backward.strips[0] = out.finish();
    for (sheet, line) in [(padded, 2), (backward, 1)] {
        assert_eq!(read(&tiff(&[sheet]), Source::Fax), Err(IntakeError::FaxLine { page: 1, line }));
    }
}

#[test]
fn a_run_of_no_length_changes_no_colour() {
    // White 5, black 0, white 3, black 4; then the same line by reference to it.
    let mut out = VecWriter::new();
    out.write(EOL).unwrap();
    out.write(Bits { data: 1, len: 1 }).unwrap();
    for (black, length) in [(false, 5), (true, 0), (false, 3), (true, 4)] {
        put_run(&mut out, black, length);
    }
    out.write(EOL).unwrap();
    out.write(Bits { data: 0, len: 1 }).unwrap();
    for _ in 0..2 {
        out.write(maps::mode::encode(Mode::Vertical(0)).unwrap()).unwrap();
    }
    let row: Vec<bool> = (0..12).map(|x| x >= 8).collect();
    let rows = vec![row; 2];
    let mut sheet = TiffPage::new(&rows, Kind::Mr { k: 2 }, 2);
    sheet.strips[0] = out.finish();
    assert_eq!(rows_of(&read(&tiff(&[sheet]), Source::Fax).unwrap()[0]), rows);
}

#[test]
fn a_fax_keeps_its_pixels_and_takes_its_true_size() {
    for (bytes, height) in [(FAX_COARSE, 1146), (FAX_FINE, 2292), (FAX_T6, 2292)] {
        let pages = read(bytes, Source::Fax).unwrap();
        assert_eq!((pages[0].picture.width, pages[0].picture.height), (1728, height));
        // T.4: 1728 pels over 215 mm.
        assert!((pages[0].width_mm - 215.15).abs() < 0.01, "{}", pages[0].width_mm);
        assert!((pages[0].height_mm - 297.02).abs() < 0.01, "{}", pages[0].height_mm);
    }
    let pixels = |bytes| rows_of(&read(bytes, Source::Fax).unwrap()[0]);
    assert!(pixels(FAX_FINE) == pixels(FAX_T6), "the same page coded in MR and MMR");
}

#[test]
fn orientation_turns_pixels_and_resolution() {
    let mut rows = vec![vec![false; 40]; 20];
    rows[0][0] = true;
    // Where the first pixel of the first row is shown, by the Orientation tag.
    let corners = [
        (1, 40, (0, 0)),
        (2, 40, (39, 0)),
        (3, 40, (39, 19)),
        (4, 40, (0, 19)),
        (5, 20, (0, 0)),
        (6, 20, (19, 0)),
        (7, 20, (19, 39)),
        (8, 20, (0, 39)),
    ];
    for (orientation, width, (x, y)) in corners {
        let mut sheet = TiffPage::new(&rows, Kind::Mmr, 20);
        (sheet.orientation, sheet.dpi) = (orientation, Some((400, 200)));
        let page = &read(&tiff(&[sheet]), Source::Fax).unwrap()[0];
        assert_eq!(page.picture.width, width, "{orientation}");
        assert!(rows_of(page)[y][x], "{orientation}");
        // 40 pixels at 400 dpi and 20 at 200 dpi are a tenth of an inch each.
        assert!((page.width_mm - 2.54).abs() < 1e-9 && (page.height_mm - 2.54).abs() < 1e-9);
    }
}

#[test]
fn what_a_tiff_may_not_be() {
    let rows = pattern(20, 10);
    let sheet = || TiffPage::new(&rows, Kind::Mmr, 10);
    let with = |tag, value| TiffPage { extra: vec![(tag, value)], ..sheet() };
    let whole = tiff(&[sheet(), sheet()]);
    let cases: [(&str, Vec<u8>, Source); 14] = [
        ("truncated-tiff", whole[..whole.len() - 1].to_vec(), Source::Form),
        ("truncated-tiff", whole[..8].to_vec(), Source::Form),
        ("truncated-tiff", FORM_TIFF[..FORM_TIFF.len() / 2].to_vec(), Source::Form),
        ("truncated-tiff", tiff(&[with(279, 100_000)]), Source::Form),
        ("too-many-pages", tiff(&vec![sheet(); 11]), Source::Form),
        ("no-pages", tiff(&[with(254, 1)]), Source::Form),
        ("corrupt-tiff", tiff(&[with(278, 0)]), Source::Form),
        ("corrupt-tiff", tiff(&[with(278, 3)]), Source::Form),
        ("image-too-large", tiff(&[with(256, 4_000_000_000)]), Source::Form),
        ("image-too-large", tiff(&[with(257, 0)]), Source::Form),
        ("unsupported-compression", tiff(&[with(293, 2)]), Source::Form),
        ("unsupported-compression", tiff(&[with(259, 34712)]), Source::Form),
        ("not-fax", tiff(&[with(259, 1)]), Source::Fax),
        ("resolution-missing", tiff(&[TiffPage { dpi: None, ..sheet() }]), Source::Fax),
    ];
    for (expected, bytes, source) in cases {
        assert_eq!(code(&bytes, source), expected);
    }
    // A4 is supposed of a form, never of a FAX.
    let unknown = TiffPage { dpi: None, ..TiffPage::new(&pattern(20, 28), Kind::Mmr, 28) };
    assert_eq!(code(&tiff(std::slice::from_ref(&unknown)), Source::Form), "read");
    assert_eq!(code(&tiff(&[unknown]), Source::Fax), "resolution-missing");
    let chained_to_itself = {
        let mut bytes = tiff(&[sheet()]);
        let directory: [u8; 4] = bytes[4..8].try_into().unwrap();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&directory);
        bytes
    };
    assert_eq!(code(&chained_to_itself, Source::Form), "too-many-pages");
    assert_eq!(read(&tiff(&vec![sheet(); 10]), Source::Fax).map(|p| p.len()), Ok(10));
}

#[test]
fn size_is_stated_or_a4_by_its_proportions() {
    let a4 = |wide: bool| if wide { (297.0, 210.0) } else { (210.0, 297.0) };
    let dpi = |x, y| Dpi::new(x, y);
    let cases = [
        ((1654, 2339), dpi(200.0, 200.0), Ok((210.058, 297.053, SizeBasis::Stated))),
        ((2480, 3508), None, Ok((a4(false).0, a4(false).1, SizeBasis::AssumedA4))),
        ((3508, 2480), None, Ok((a4(true).0, a4(true).1, SizeBasis::AssumedA4))),
        ((4000, 3000), None, Err("resolution-missing")),
        ((2480, 3508), dpi(100.0, 100.0), Err("page-too-large")),
        // Resolutions that no scanner has state nothing.
        ((2480, 3508), dpi(1.0, 1.0), Ok((210.0, 297.0, SizeBasis::AssumedA4))),
        ((2480, 3508), dpi(f64::NAN, 300.0), Ok((210.0, 297.0, SizeBasis::AssumedA4))),
    ];
    for (pixels, dpi, expected) in cases {
        let rounded = |mm: f64| (mm * 1000.0).round() / 1000.0;
        let size = paper_size(1, pixels, dpi).map(|(w, h, basis)| (rounded(w), rounded(h), basis));
        assert_eq!(size.map_err(|e| e.code()), expected, "{pixels:?} {dpi:?}");
    }
    let placeholder = |x| Dpi::new(x, x).and_then(Dpi::unless_placeholder);
    assert_eq!(placeholder(72.0), None, "Exif 2.3: 72 stands for unknown");
    assert!(placeholder(75.0).is_some());
}

#[test]
fn the_sample_forms_are_read_at_a4() {
    for (bytes, pixels) in [(FORM_PDF, (2480, 3508)), (FORM_TIFF, (1654, 2339)), (FORM_JPEG, (1241, 1754))] {
        let pages = read(bytes, Source::Form).unwrap();
        let [Page { width_mm, height_mm, basis, picture }] = &pages[..] else { panic!("one page") };
        assert_eq!(((picture.width, picture.height), *basis), (pixels, SizeBasis::Stated));
        assert!((width_mm - 210.0).abs() < 0.2 && (height_mm - 297.0).abs() < 0.2);
        assert_eq!(pages, read(bytes, Source::Form).unwrap(), "the same bytes each time");
        // Black lines and white paper, so neither blank nor inverted.
        let grey = image::load_from_memory(&picture.png).unwrap().into_luma8();
        let dark = grey.pixels().filter(|pixel| pixel.0[0] < 128).count();
        let share = dark as f64 / f64::from(picture.width * picture.height);
        assert!((0.005..0.1).contains(&share), "{share}");
    }
}

#[test]
fn exif_turns_a_jpeg() {
    // A big-endian Exif with Orientation 6, 60 by 50 dpi: the camera was held upright.
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x04".to_vec();
    let entries: [(u16, u16, u32); 4] = [(274, 3, 6 << 16), (282, 5, 62), (283, 5, 70), (296, 3, 2 << 16)];
    for (tag, kind, value) in entries {
        exif.extend(tag.to_be_bytes());
        exif.extend(kind.to_be_bytes());
        exif.extend([0, 0, 0, 1]);
        exif.extend(value.to_be_bytes());
    }
    exif.extend([0; 4]);
    exif.extend([60_u32, 1, 50, 1].iter().flat_map(|v| v.to_be_bytes()));
    let mut jpeg = Vec::new();
    let landscape = GrayImage::from_fn(64, 32, |x, y| image::Luma([if x < 8 && y < 8 { 0 } else { 255 }]));
    image::codecs::jpeg::JpegEncoder::new(&mut jpeg).encode_image(&landscape).unwrap();
    let length = u16::try_from(exif.len() + 2).unwrap();
    // In place of the JFIF segment of 18 bytes that the encoder writes.
    let app1 = [&[0xff, 0xe1][..], &length.to_be_bytes(), &exif].concat();
    jpeg.splice(2..20, app1);
    let page = &read(&jpeg, Source::Form).unwrap()[0];
    let upright = image::load_from_memory(&page.picture.png).unwrap().into_luma8();
    assert_eq!(upright.dimensions(), (32, 64));
    assert!(upright.get_pixel(28, 4).0[0] < 40 && upright.get_pixel(4, 4).0[0] > 215);
    assert!((page.width_mm - 32.0 / 50.0 * 25.4).abs() < 1e-9, "{}", page.width_mm);
    assert!((page.height_mm - 64.0 / 60.0 * 25.4).abs() < 1e-9, "{}", page.height_mm);
}

/// A PNG of these dimensions with next to no data; the CRC is that of ISO 3309.
fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        !bytes
            .iter()
            .fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |c, _| (c >> 1) ^ (0xedb8_8320 * (c & 1))))
    };
    let chunk = |kind: &[u8], data: &[u8]| {
        let body = [kind, data].concat();
        let length = u32::try_from(data.len()).unwrap();
        [&length.to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let data = [0x78, 0x9c, 0x03, 0, 0, 0, 0, 1];
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &data)].concat()
}

#[test]
fn bombs_and_fragments_are_refused() {
    let oversized_jpeg = {
        let mut bytes = FORM_JPEG.to_vec();
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
        bytes
    };
    let cases: [(&str, Vec<u8>); 8] = [
        ("image-too-large", png_bomb(100_000, 100_000)),
        ("image-too-large", png_bomb(60_000_001, 1)),
        ("corrupt-picture", png_bomb(100, 100)),
        ("image-too-large", oversized_jpeg),
        ("corrupt-picture", FORM_JPEG[..FORM_JPEG.len() / 2].to_vec()),
        ("input-too-large", vec![0; MAX_BYTES + 1]),
        ("unknown-format", Vec::new()),
        ("unknown-format", b"GIF89a".to_vec()),
    ];
    for (expected, bytes) in cases {
        assert_eq!(code(&bytes, Source::Form), expected);
    }
    assert_eq!(code(FORM_JPEG, Source::Fax), "not-fax");
    assert_eq!(code(FORM_PDF, Source::Fax), "not-fax");
}

#[test]
fn a_font_that_is_not_embedded_is_refused_where_it_shows() {
    let refused = |font: &str| Err(IntakeError::FontNotEmbedded { page: 1, font: font.to_owned() });
    let helvetica = COURIER.replace("Courier", "Helvetica");
    let fonts = &*format!("/Font<</F {COURIER}>>");
    let form = stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 72 36]/Resources<<{fonts}>>"), TEXT);
    let group = form.replace("/BBox", "/Group<</S/Transparency/CS/DeviceGray>>/BBox");
    let tile = stream(
        &format!(
            "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9\
             /Resources<<{fonts}>>"
        ),
        TEXT,
    );
    let annotation = "/Annots[<</Type/Annot/Subtype/Widget/Rect[0 0 72 36]/AP<</N 5 0 R>>>>]";
    let japanese = "<</Type/Font/Subtype/Type0/BaseFont/Ryumin-Light/Encoding/UniJIS-UCS2-H\
        /DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/Ryumin-Light\
        /CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>\
        /FontDescriptor<</Type/FontDescriptor/FontName/Ryumin-Light/Flags 4>>>>]>>";
    let japanese_text = "BT /F 12 Tf 10 10 Td <5E74> Tj ET";
    let use_form = "/XObject<</X 5 0 R>>";
    let drawn = |drawing, resources: &str| type3(drawing, resources).to_vec();
    let cases: [(&str, Vec<u8>, Result<usize, IntakeError>); 13] = [
        ("one of the standard 14", one_page("", fonts, TEXT, &[]), refused("Courier")),
        ("by reference", one_page("", "/Font<</F 5 0 R>>", TEXT, &[helvetica]), refused("Helvetica")),
        ("Type 0", one_page("", &format!("/Font<</F {japanese}>>"), japanese_text, &[]), refused("Ryumin-Light")),
        ("in a form XObject", one_page("", use_form, "/X Do", std::slice::from_ref(&form)), refused("Courier")),
        ("in an annotation", one_page(annotation, "", "", &[form]), refused("Courier")),
        (
            "in a pattern",
            one_page("", "/Pattern<</P 5 0 R>>", "/Pattern cs /P scn 0 0 9 9 re f", &[tile]),
            refused("Courier"),
        ),
        (
            "in a soft mask",
            one_page("", "/ExtGState<</M<</SMask<</S/Luminosity/G 5 0 R>>>>>>", "/M gs 0 0 9 9 re f", &[group]),
            refused("Courier"),
        ),
        (
            "in a Type 3 glyph",
            one_page("", "/Font<</F 5 0 R>>", TEXT, &drawn(&format!("1 0 d0 {TEXT}"), fonts)),
            refused("Courier"),
        ),
        ("Type 3 itself", one_page("", "/Font<</F 5 0 R>>", TEXT, &drawn("1 0 d0 0 0 1 1 re f", "")), Ok(1)),
        ("listed only", one_page("", fonts, "0 0 9 9 re f", &[]), Ok(1)),
        ("selected only", one_page("", fonts, "BT /F 12 Tf ET 0 0 9 9 re f", &[]), Ok(1)),
        ("invisible text of a scan", one_page("", fonts, &TEXT.replace("Tf", "Tf 3 Tr"), &[]), Ok(1)),
        ("no such font", one_page("", "", TEXT, &[]), Err(IntakeError::FontUnreadable { page: 1 })),
    ];
    for (case, bytes, expected) in cases {
        assert_eq!(read(&bytes, Source::Form).map(|pages| pages.len()), expected, "{case}");
    }
    let broken = [
        "<</Type/Font/Subtype/TrueType/BaseFont/ABCDEF+X/FontDescriptor 6 0 R>>".to_owned(),
        "<</Type/FontDescriptor/FontName/ABCDEF+X/Flags 4/FontFile2 7 0 R>>".to_owned(),
        stream("", "rubbish"),
    ];
    let text = TEXT.replace("(a)", r"(\220\221)");
    assert_eq!(
        read(&one_page("", "/Font<</F 5 0 R>>", &text, &broken), Source::Form),
        Err(IntakeError::FontUnreadable { page: 1 })
    );
    let page = |content| format!("<</Type/Page/MediaBox[0 0 72 36]/Contents {content} 0 R/Resources<<{fonts}>>>>");
    let second = pdf(&[
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>".to_owned(),
        page(5),
        page(6),
        stream("", "0 0 9 9 re f"),
        stream("", TEXT),
    ]);
    assert_eq!(read(&second, Source::Form), Err(IntakeError::FontNotEmbedded { page: 2, font: "Courier".to_owned() }));
}

#[test]
fn a_pdf_page_is_rasterised_at_its_true_size() {
    // A black square in the lower left corner of a landscape page.
    let square = "0 0 12 12 re f";
    let cases = [
        ("", (25.4, 12.7), (300, 150), (5, 145)),
        ("/Rotate 90", (12.7, 25.4), (150, 300), (5, 5)),
        ("/Rotate 180", (25.4, 12.7), (300, 150), (295, 5)),
        ("/Rotate -90", (12.7, 25.4), (150, 300), (145, 295)),
        ("/UserUnit 2.0", (50.8, 25.4), (600, 300), (5, 295)),
        ("/CropBox[6 6 42 24]", (12.7, 6.35), (150, 75), (5, 70)),
    ];
    for (entries, mm, pixels, (x, y)) in cases {
        let page = &read(&one_page(entries, "", square, &[]), Source::Form).unwrap()[0];
        assert!((page.width_mm - mm.0).abs() < 1e-6 && (page.height_mm - mm.1).abs() < 1e-6);
        let grey = image::load_from_memory(&page.picture.png).unwrap().into_luma8();
        assert_eq!(grey.dimensions(), pixels, "{entries}");
        assert_eq!(grey.get_pixel(x, y).0, [0], "{entries}");
        assert_eq!(grey.get_pixel(pixels.0 / 2, pixels.1 / 2).0, [255], "{entries}");
    }
}

#[test]
fn what_a_pdf_may_not_be() {
    let catalog = "<</Type/Catalog/Pages 2 0 R>>".to_owned();
    let tree = |kids: &str| pdf(&[catalog.clone(), format!("<</Type/Pages/Kids[{kids}]/Count 1>>")]);
    let picture = |entries: &str, data: &str| {
        let entries = format!("/Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray{entries}");
        one_page("", "/XObject<</I 5 0 R>>", "/I Do", &[stream(&entries, data)])
    };
    let eleven = {
        let kids = "3 0 R ".repeat(11);
        let page = "<</Type/Page/MediaBox[0 0 72 36]>>".to_owned();
        pdf(&[catalog.clone(), format!("<</Type/Pages/Kids[{kids}]/Count 11>>"), page])
    };
    let encrypted = {
        let whole = String::from_utf8(small_pdf()).unwrap();
        let entry = "/Encrypt<</Filter/Standard/V 1/R 2/O(x)/U(x)/P -4>>/ID[(a)(a)]/Root";
        whole.replace("/Root", entry).into_bytes()
    };
    let nested = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let cases: [(&str, Vec<u8>); 15] = [
        ("corrupt-pdf", FORM_PDF[..FORM_PDF.len() / 2].to_vec()),
        ("corrupt-pdf", b"%PDF-1.7\n".to_vec()),
        ("corrupt-pdf", pdf(&["<<>>".to_owned()])),
        ("corrupt-pdf", tree("2 0 R")),
        ("corrupt-pdf", one_page("", "", &"[".repeat(100_000), &[])),
        ("corrupt-pdf", one_page(&format!("/X {}", nested(100_000)), "", "", &[])),
        ("encrypted-pdf", encrypted),
        ("no-pages", tree("")),
        ("too-many-pages", eleven),
        ("page-too-large", one_page("/UserUnit 20.0", "", "", &[])),
        ("pdf-expands-too-far", picture("/Width 50000/Height 50000", "")),
        (
            "pdf-expands-too-far",
            picture("/Width 9/Height 9/Filter/CCITTFaxDecode/DecodeParms<</Columns 99999999>>", ""),
        ),
        ("pdf-expands-too-far", one_page("", "", "BI /W 60000 /H 60000 /BPC 8 /CS /G ID abc EI", &[])),
        ("pdf-picture-unreadable", picture("/Width 9/Height 9/Filter/DCTDecode", "rubbish")),
        ("page-too-large", one_page("/CropBox[0 0 9 9]/UserUnit 500", "", "", &[])),
    ];
    for (expected, bytes) in cases {
        assert_eq!(code(&bytes, Source::Form), expected);
    }
    assert_eq!(code(&small_pdf(), Source::Form), "read");
    let coded = stream("/Filter/ASCIIHexDecode", &"5B".repeat(100_000));
    assert_eq!(code(&one_page("/X 5 0 R", "", "", &[coded]), Source::Form), "corrupt-pdf");
    // A soft mask is a picture that is not drawn itself.
    let entries = "/Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray";
    let masked = stream(&format!("{entries}/Width 1/Height 1/SMask 6 0 R"), "a");
    let mask = stream(&format!("{entries}/Width 50000/Height 50000"), "a");
    let masked = one_page("", "/XObject<</I 5 0 R>>", "/I Do", &[masked, mask]);
    assert_eq!(code(&masked, Source::Form), "pdf-expands-too-far");
    // Every two bytes stand for 128 of the same, twice over: 100 kB become 200 MB.
    let bomb = format!("{}80>", "8181".repeat(25_000));
    let bomb = stream("/Filter[/ASCIIHexDecode/RunLengthDecode/RunLengthDecode]", &bomb);
    assert_eq!(code(&one_page("", "", "", &[bomb]), Source::Form), "pdf-expands-too-far");
}

#[test]
fn debug_shows_no_pixels() {
    let page = &read(&small_pdf(), Source::Form).unwrap()[0];
    let shown = format!("{page:?}");
    assert!(shown.contains("png: ***") && shown.len() < 200, "{shown}");
}

// ---- Hostile input ----

fn seeds() -> Vec<Vec<u8>> {
    let rows = pattern(64, 30);
    let mut seeds: Vec<Vec<u8>> = KINDS.iter().map(|&kind| tiff(&[TiffPage::new(&rows, kind, 8)])).collect();
    let grey = GrayImage::from_fn(40, 56, |x, y| image::Luma([(x * y % 251) as u8]));
    for format in [image::ImageFormat::Png, image::ImageFormat::Jpeg] {
        let mut out = std::io::Cursor::new(Vec::new());
        grey.write_to(&mut out, format).unwrap();
        seeds.push(out.into_inner());
    }
    seeds.extend([small_pdf(), one_page("", &format!("/Font<</F {COURIER}>>"), TEXT, &[])]);
    seeds
}

fn stays_within_limits(bytes: &[u8]) -> Result<(), TestCaseError> {
    for source in [Source::Form, Source::Fax] {
        let Ok(pages) = read(bytes, source) else {
            continue;
        };
        prop_assert!((1..=MAX_PAGES).contains(&pages.len()));
        for page in pages {
            let pixels = u64::from(page.picture.width) * u64::from(page.picture.height);
            prop_assert!((1..=MAX_PIXELS).contains(&pixels));
            prop_assert!(check_paper(1, page.width_mm, page.height_mm).is_ok());
        }
    }
    Ok(())
}

/// A form that shows the next one ten times over, and so on, to the last, which shows nothing.
fn forms_within_forms(levels: usize) -> Vec<String> {
    let form = |resources: String, content: &str| {
        stream(&format!("/Type/XObject/Subtype/Form/BBox[0 0 72 36]/Resources<<{resources}>>"), content)
    };
    (1..=levels)
        .map(|level| match level {
            _ if level == levels => form(String::new(), ""),
            _ => form(format!("/XObject<</X {} 0 R>>", level + 5), &"/X Do ".repeat(10)),
        })
        .collect()
}

#[test]
fn drawing_without_end_is_refused_before_it_begins() {
    // A page of 720 by 360 points.
    let large = |resources: &str, content: &str, more: &[String]| one_page("/UserUnit 10", resources, content, more);
    let shading = |function: &str| {
        format!(
            "/Shading<</S<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 72 36]/Extend[true true]/Function {function}>>>>"
        )
    };
    let calculator = stream("/FunctionType 4/Domain[0 1]/Range[0 1]", &format!("{{{}}}", "sin cos ".repeat(200)));
    let linear = "<</FunctionType 2/Domain[0 1]/N 1>>";
    let tile = |step: &str| {
        stream(
            &format!("/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep {step}/YStep {step}/Resources<<>>"),
            "0 0 1 1 re f",
        )
    };
    let painted = |times: usize| format!("/Pattern cs /P scn {}", "0 0 72 36 re f ".repeat(times));
    let picture = stream(
        "/Type/XObject/Subtype/Image/Width 7000/Height 8000/BitsPerComponent 1/ColorSpace/DeviceGray\
         /Filter[/ASCIIHexDecode/RunLengthDecode]",
        &format!("{}80>", "81ff".repeat(54_688)),
    );
    let form = |content: &str| vec![stream("/Type/XObject/Subtype/Form/BBox[0 0 72 36]", content)];
    let itself = type3("1 0 d0 BT /F 1 Tf (a) Tj ET", "/Font<</F 5 0 R>>");
    let shown =
        |content: &str, times: usize, more: &[String]| large("/XObject<</X 5 0 R>>", &content.repeat(times), more);
    let cases: [(&str, Vec<u8>); 17] = [
        ("read", shown("/X Do ", 10, &forms_within_forms(3))),
        ("form-too-complex", shown("/X Do ", 10, &forms_within_forms(9))),
        ("read", large("", &"0 0 72 36 re f ".repeat(100), &[])),
        ("form-too-complex", large("", &"0 0 72 36 re f ".repeat(20_000), &[])),
        ("read", large("", &"9 9 m 10 10 l S ".repeat(30_000), &[])),
        ("read", large("", "[0.01 0.01] 0 d 0 0 m 72 0 l S", &[])),
        ("form-too-complex", large("", "[0.000001 0.000001] 0 d 0 0 m 72 0 l S", &[])),
        ("read", large("/Pattern<</P 5 0 R>>", &painted(3), &[tile("2")])),
        ("form-too-complex", large("/Pattern<</P 5 0 R>>", &painted(1), &[tile("60000")])),
        ("form-too-complex", large("/Font<</F 5 0 R>>", TEXT, &itself)),
        ("read", large(&shading(linear), "/S sh", &[])),
        ("form-too-complex", large(&shading(linear), &"/S sh ".repeat(50), &[])),
        ("form-too-complex", large(&shading("5 0 R"), "/S sh", &[calculator])),
        ("read", shown("/X Do ", 1, std::slice::from_ref(&picture))),
        ("form-too-complex", shown("/X Do ", 30, &[picture])),
        ("read", shown("/X Do ", 3, &form(&"q Q ".repeat(100_000)))),
        ("form-too-complex", shown("/X Do ", 2_000, &form(&"q Q ".repeat(100_000)))),
    ];
    for (index, (expected, bytes)) in cases.into_iter().enumerate() {
        assert_eq!(code(&bytes, Source::Form), expected, "case {index}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_are_refused_or_within_limits(
        head in prop::sample::select(vec![
            &b"%PDF-1.7\n"[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"",
        ]),
        tail in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        stays_within_limits(&[head, &tail].concat())?;
    }

    #[test]
    fn damaged_files_are_refused_or_within_limits(
        seed in prop::sample::select(seeds()),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        end in any::<prop::sample::Index>(),
        truncate in any::<bool>(),
    ) {
        let mut bytes = seed;
        for (place, value) in flips {
            *place.get_mut(&mut bytes) = value;
        }
        if truncate {
            bytes.truncate(end.index(bytes.len()));
        }
        stays_within_limits(&bytes)?;
    }
}
