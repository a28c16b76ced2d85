//! The read-back against what Typst laid out, and against Poppler.

use std::collections::HashMap;
use std::process::Command;

use shomei::press::readback::{PageText, PlacedImage, Run, read_back};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::layout::{Frame, FrameItem, Point, Size, Transform};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook, TextItem};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

const HEAD: &str = r#"
#set document(title: "見本", date: datetime(year: 2026, month: 4, day: 1))
#set text(font: "IPAmjMincho", size: 10.5pt, lang: "ja", region: "JP")
"#;

/// Pages by what is hard about them. The private sequences are written out as escapes.
const PAGES: &[(&str, &str)] = &[
    (
        "variation sequences beside bare characters",
        r"
        葛\u{E0102}城 葛\u{E0103}城 葛城 辻\u{E0102}本 辻本 渡邉\u{E010F} 渡邉 渡邊\u{E0108} 渡邊 葛\u{E0102}葛\u{E0103}葛",
    ),
    ("characters beyond the basic plane and compatibility characters", r"𠮷野 吉田 𠮟る 叱る 﨑 崎 髙橋 高橋"),
    ("characters that share one glyph", r"1-2‐3‑4‒5 - ‐ 〜 ～ 〜 ~sym.minus #str.from-unicode(0x2003)あ　い"),
    (
        "sizes and fonts",
        r#"
        #text(24pt)[見本市長] 小#text(6pt)[印]鑑 #text(font: "BIZ UDGothic")[ゴシック 葛城 ABC] #super[上]#sub[下]"#,
    ),
    (
        "letterspacing",
        r"
        #text(tracking: 0.3em)[字間葛城葛\u{E0103}城邉\u{E010F}] #text(tracking: -0.05em)[字間葛城葛\u{E0103}]
        #text(tracking: 2em)[葛城葛\u{E0103}葛]",
    ),
    (
        "brackets, kerning, justification",
        r#"
        （カッコ）「かぎ」、。・…『二重』）（「」 AV To office ffi
        #par(justify: true)[この写しは、「住民票」の原本と相違ないことを証明する。 Ward Office 123 の葛\u{E0103}城（葛城）。]"#,
    ),
    (
        "boxes in boxes, tables, placed text",
        r"
        #box(stroke: 1pt, inset: 3pt)[外 #box(inset: 2pt, stroke: .5pt)[中 #box(clip: true)[内葛\u{E0102}]]]
        #place(top + right, dx: -10mm, dy: 5mm)[置いた字]
        #table(columns: (3cm, 3cm), [氏名], [葛\u{E0102}城 太郎], [住所], [見本県見本市中央区一丁目1番1号])",
    ),
    (
        "turned, scaled, slanted, mirrored",
        r"
        #rotate(45deg)[斜め葛城邉\u{E010F}邉] #rotate(-90deg, reflow: true)[縦に葛城] #scale(x: 50%, y: 80%)[半分邉\u{E010F}邉]
        #skew(ax: 10deg)[斜体葛城] #scale(x: -100%)[鏡] #rotate(30deg, scale(150%, rotate(15deg)[重ね葛城]))",
    ),
    (
        "outlined, translucent, decorated",
        r##"
        #text(stroke: .3pt)[縁取り] #text(fill: rgb("#00000080"))[薄い] #underline[下線] #strike[取消] か゚"##,
    ),
    (
        "pages of two formats",
        r"一枚目 #pagebreak() #set page(flipped: true)
        二枚目葛\u{E0102} #pagebreak() #set page(margin: 5mm); 三枚目",
    ),
];

struct Sample {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    source: Source,
    files: HashMap<FileId, Bytes>,
}

impl Sample {
    fn new(body: &str) -> Self {
        let fonts: Vec<Font> = [shomei_fonts::IPAMJ_MINCHO, shomei_fonts::BIZ_UD_GOTHIC]
            .into_iter()
            .flat_map(|font| Font::iter(Bytes::new(font.data)))
            .collect();
        let file = |path| RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).unwrap()).intern();
        Self {
            library: LazyHash::new(Library::builder().build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            source: Source::new(file("/main.typ"), format!("{HEAD}{}", unescaped(body))),
            files: HashMap::from([(file("/seal.png"), Bytes::new(seal()))]),
        }
    }

    fn document(&self) -> PagedDocument {
        typst::compile::<PagedDocument>(self).output.unwrap()
    }
}

impl World for Sample {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }
    fn main(&self) -> FileId {
        self.source.id()
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() { Ok(self.source.clone()) } else { Err(FileError::NotSource) }
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }
    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// Puts the variation selectors in as characters: written as Typst escapes they would be markup of their own.
fn unescaped(body: &str) -> String {
    ["E0102", "E0103", "E0108", "E010F"].iter().fold(body.to_string(), |body, code| {
        let selector = char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap();
        body.replace(&format!("\\u{{{code}}}"), &selector.to_string())
    })
}

/// 40 by 20 pixels, no two rows alike.
fn seal() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let pixel = |x: u32, y: u32| image::Rgb([5 * x as u8, 9 * y as u8, 7]);
    image::RgbImage::from_fn(40, 20, pixel).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

fn export(document: &PagedDocument, pretty: bool) -> Vec<u8> {
    let options = PdfOptions {
        ident: Smart::Custom("sample".into()),
        timestamp: Some(Timestamp::new_utc(Datetime::from_ymd_hms(2026, 4, 1, 9, 0, 0).unwrap())),
        standards: PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]).unwrap(),
        pretty,
        ..Default::default()
    };
    typst_pdf::pdf(document, &options).unwrap()
}

/// What the laid-out pages say: one run for each text item, in the order of the frames.
fn meant(document: &PagedDocument) -> Vec<PageText> {
    let pages = document.pages().iter();
    pages
        .map(|page| {
            let (width_pt, height_pt) = (page.frame.width().to_pt(), page.frame.height().to_pt());
            let mut text = PageText { width_pt, height_pt, runs: Vec::new(), images: Vec::new() };
            collect(&page.frame, Transform::identity(), &mut text);
            text
        })
        .collect()
}

fn collect(frame: &Frame, outer: Transform, page: &mut PageText) {
    for (place, item) in frame.items() {
        let here = outer.pre_concat(Transform::translate(place.x, place.y));
        match item {
            FrameItem::Group(group) => collect(&group.frame, here.pre_concat(group.transform), page),
            FrameItem::Text(item) => page.runs.push(run_of(item, here)),
            FrameItem::Image(image, size, _) => {
                page.images.push(placed(image.width() as u32, image.height() as u32, *size, here));
            }
            _ => {}
        }
    }
}

/// The run that a text item must become.
fn run_of(item: &TextItem, transform: Transform) -> Run {
    let size = item.size;
    let (last, before) = item.glyphs.split_last().unwrap();
    let start = item.glyphs[0].x_offset.at(size);
    let width = item.font.x_advance(last.id).unwrap();
    let end = before.iter().fold(last.x_offset + width, |end, glyph| end + glyph.x_advance).at(size);
    let at = |x| Point::new(x, -item.glyphs[0].y_offset.at(size)).transform(transform);
    let [a, b, c, d] = [transform.sx, transform.ky, transform.kx, transform.sy].map(|part| part.get());
    Run {
        text: item.text.to_string(),
        x: at(start).x.to_pt(),
        y: at(start).y.to_pt(),
        end_x: at(end).x.to_pt(),
        size: size.to_pt() * (a * d - b * c).abs() / a.hypot(b),
        font: item.font.post_script_name().unwrap(),
        artifact: false,
    }
}

fn placed(pixel_width: u32, pixel_height: u32, size: Size, transform: Transform) -> PlacedImage {
    let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
    let corners = corners.map(|(x, y)| Point::new(x * size.x, y * size.y).transform(transform));
    let span = |values: [f64; 4]| {
        let least = values.into_iter().fold(f64::INFINITY, f64::min);
        (least, values.into_iter().fold(-f64::INFINITY, f64::max) - least)
    };
    let ((x, width), (y, height)) = (span(corners.map(|p| p.x.to_pt())), span(corners.map(|p| p.y.to_pt())));
    PlacedImage { x, y, width, height, pixel_width, pixel_height, interpolate: false }
}

/// Compares two readings within 0.01 pt.
fn assert_same(read: &[PageText], meant: &[PageText], about: &str) {
    assert_eq!(read.len(), meant.len(), "{about}");
    for (read, meant) in read.iter().zip(meant) {
        near(&[read.width_pt, read.height_pt], &[meant.width_pt, meant.height_pt], about);
        let texts = |page: &PageText| page.runs.iter().map(|run| run.text.clone()).collect::<Vec<_>>();
        assert_eq!(texts(read), texts(meant), "{about}");
        for (read, meant) in read.runs.iter().zip(&meant.runs) {
            let about = format!("{about}: {}", meant.text);
            near(&[read.x, read.y, read.end_x, read.size], &[meant.x, meant.y, meant.end_x, meant.size], &about);
            assert_eq!(read.font, meant.font, "{about}");
        }
        assert_eq!(read.images.len(), meant.images.len(), "{about}");
        for (read, meant) in read.images.iter().zip(&meant.images) {
            let sides = |image: &PlacedImage| [image.x, image.y, image.width, image.height];
            near(&sides(read), &sides(meant), about);
            assert_eq!((read.pixel_width, read.pixel_height), (meant.pixel_width, meant.pixel_height), "{about}");
            assert_eq!(read.interpolate, meant.interpolate, "{about}");
        }
    }
}

fn near(read: &[f64], meant: &[f64], about: &str) {
    let all = read.iter().zip(meant).all(|(read, meant)| (read - meant).abs() < 0.01);
    assert!(all, "{about}: read {read:?}, meant {meant:?}");
}

#[test]
fn every_text_item_is_read_back_as_one_run_in_its_place() {
    for (about, body) in PAGES {
        let document = Sample::new(body).document();
        let meant = meant(&document);
        for pretty in [false, true] {
            assert_same(&read_back(&export(&document, pretty)).unwrap(), &meant, about);
        }
    }
}

#[test]
fn a_file_with_object_streams_reads_the_same() {
    let document = Sample::new(PAGES[0].1).document();
    let mut file = lopdf::Document::load_mem(&export(&document, false)).unwrap();
    let mut packed = Vec::new();
    let options = lopdf::SaveOptions::builder().use_object_streams(true).use_xref_streams(true).build();
    file.save_with_options(&mut packed, options).unwrap();
    assert!(packed.windows(7).any(|bytes| bytes == b"/ObjStm"));
    assert_same(&read_back(&packed).unwrap(), &meant(&document), "object streams");
}

#[test]
fn images_are_read_back_in_their_places() {
    let body = r#"
        #figure(image("/seal.png", width: 24mm, alt: "印影"), caption: [印影])
        #rotate(-90deg, origin: top + left, image("/seal.png", width: 10mm, alt: "横"))
        #rotate(30deg, scale(x: 150%, image("/seal.png", width: 10mm, height: 7mm, fit: "stretch", alt: "斜め")))"#;
    let document = Sample::new(body).document();
    assert_same(&read_back(&export(&document, false)).unwrap(), &meant(&document), "images");
}

#[test]
fn headers_and_footers_are_furniture() {
    let document = Sample::new("#set page(header: [柱], footer: [脚])\n本文").document();
    let pages = read_back(&export(&document, false)).unwrap();
    let furniture = pages[0].runs.iter().map(|run| (run.text.as_str(), run.artifact));
    let mut furniture: Vec<_> = furniture.collect();
    furniture.sort();
    assert_eq!(furniture, [("本文", false), ("柱", true), ("脚", true)]);
}

/// Whatever bit of the file flips, the reader refuses it or reads the same text. (Widths are written in
/// plain, so that a run may end elsewhere.)
#[test]
fn a_flipped_bit_never_yields_other_text() {
    let pdf = export(&Sample::new(PAGES[0].1).document(), false);
    let text = |pdf: &[u8]| -> Option<String> {
        Some(read_back(pdf).ok()?.into_iter().flat_map(|page| page.runs).map(|run| run.text).collect())
    };
    let sound = text(&pdf);
    assert!(sound.is_some());
    for place in 0..pdf.len() {
        let mut flipped = pdf.clone();
        flipped[place] ^= 1 << (place % 8);
        let read = text(&flipped);
        assert!(read.is_none() || read == sound, "byte {place}");
    }
}

/// The characters of a text but white space, in order of their codes.
fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    letters.sort_unstable();
    letters
}

fn poppler(pdf: &[u8], option: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.pdf");
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new("pdftotext").arg(option).arg(&path).arg("-").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]

fn poppler_reads_the_same_letters() {
    for (about, body) in PAGES {
        let pdf = export(&Sample::new(body).document(), false);
        let read: String =
            read_back(&pdf).unwrap().into_iter().flat_map(|page| page.runs).map(|run| run.text).collect();
        assert_eq!(letters(&poppler(&pdf, "-layout")), letters(&read), "{about}");
    }
}
