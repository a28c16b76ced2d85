//! Refusals: each by the program, with its code, its place, its sentence; exit 2; no output file.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::root;

fn sample(kind: &str) -> Value {
    let text = std::fs::read_to_string(root().join(format!("samples/{kind}.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What `shomei render` says to data: exit code, standard error, whether a file was written.
fn render(kind: &str, data: &[u8], more: &[&str]) -> (i32, String, bool) {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.pdf");
    let mut child = Command::new(env!("CARGO_BIN_EXE_shomei"))
        .args(["render", kind, "-", "-o", output.to_str().unwrap()])
        .args(more)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may stop reading before the end: that is one of the refusals.
    let _ = child.stdin.take().unwrap().write_all(data);
    let done = child.wait_with_output().unwrap();
    let written = output.exists();
    (done.status.code().unwrap_or(-1), String::from_utf8(done.stderr).unwrap(), written)
}

fn refused(kind: &str, data: &[u8]) -> String {
    let (code, told, written) = render(kind, data, &[]);
    assert_eq!(code, 2, "{told} {}", String::from_utf8_lossy(&data[..data.len().min(3000)]));
    assert!(!written, "a file was written");
    told
}

/// The sample of 住民票の写し with one change.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = sample("juminhyo-utsushi");
    change(&mut value["setai_renki"]);
    value.to_string().into_bytes()
}

#[test]
fn each_fault_of_a_household_is_named_with_its_place() {
    let person = |n: usize| format!("setai_renki.setaiin[{n}]");
    let cases: Vec<(Vec<u8>, String)> = vec![
        (changed(|h| h["memo"] = json!("x")), "setai_renki.memo: unknown-field".to_owned()),
        (
            changed(|h| {
                h.as_object_mut().unwrap().remove("jusho");
            }),
            "setai_renki.jusho: missing-field".to_owned(),
        ),
        (changed(|h| h["setai_ninzu"] = json!("4")), "setai_renki.setai_ninzu: wrong-type".to_owned()),
        (changed(|h| h["setai_ninzu"] = json!(4.5)), "setai_renki.setai_ninzu: not-a-whole-number".to_owned()),
        (changed(|h| h["setainushi"] = Value::Null), "setai_renki.setainushi: null".to_owned()),
        (changed(|h| h["setaiin"] = json!([])), "setai_renki.setaiin: empty-household".to_owned()),
        (changed(|h| h["setaiin"][0]["zokugara"] = json!("子")), "setai_renki.setaiin: setainushi-missing".to_owned()),
        (
            changed(|h| h["setaiin"][1]["zokugara"] = json!("世帯主")),
            "setai_renki.setaiin: setainushi-double".to_owned(),
        ),
        (changed(|h| h["setaiin"][2]["zokugara"] = json!("孫")), format!("{}.zokugara: zokugara-unknown", person(2))),
        (
            changed(|h| h["setaiin"][0]["kojin_bango"] = json!("123456789012")),
            format!("{}.kojin_bango: number-check-digit", person(0)),
        ),
        (
            changed(|h| h["setaiin"][0]["kojin_bango"] = json!("983205673214")),
            format!("{}.kojin_bango: needs-permission", person(0)),
        ),
        (
            changed(|h| h["setaiin"][0]["juminhyo_code"] = json!("24727059608")),
            format!("{}.juminhyo_code: needs-permission", person(0)),
        ),
        (
            changed(|h| h["setaiin"][1]["atena_bango"] = h["setaiin"][0]["atena_bango"].clone()),
            format!("{}.atena_bango: same-person-twice", person(1)),
        ),
        (
            changed(|h| h["setaiin"][0]["kokumin"]["nihonjin"]["seinengappi"] = json!("1980-12-26")),
            format!("{}.kokumin.nihonjin.seinengappi: date-wants-wareki", person(0)),
        ),
        (changed(|h| h["setainushi"] = json!("見本　次郎")), "setai_renki.setainushi: setainushi-differs".to_owned()),
        (
            changed(|h| h["setaiin"][2]["todokede_hi"] = json!("H20-04-03")),
            format!("{}.todokede_hi: date-before-birth", person(2)),
        ),
        (
            changed(|h| h["kyoka"] = json!({ "kojin_bango": "\u{3000} " })),
            "setai_renki.kyoka.kojin_bango: empty-text".to_owned(),
        ),
        (
            changed(|h| h["setaiin"][0]["kokumin"]["nihonjin"]["seinengappi"] = json!("S64-01-08")),
            format!("{}.kokumin.nihonjin.seinengappi: date-outside-era", person(0)),
        ),
    ];
    for (data, expected) in cases {
        let told = refused("juminhyo-utsushi", &data);
        assert!(told.lines().any(|line| line.starts_with(&expected)), "{expected}\n{told}");
        assert!(told.lines().all(|line| line.contains('。')), "a sentence for a person: {told}");
        assert!(!told.contains("983205673214"), "the number itself is not told: {told}");
    }
}

#[test]
fn an_older_page_does_not_stay_where_a_refused_one_was_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let (data, output) = (folder.path().join("data.json"), folder.path().join("out.pdf"));
    std::fs::write(&data, "{}").unwrap();
    std::fs::write(&output, "another's page").unwrap();
    let done = crate::shomei(&["render", "juminhyo-utsushi", data.to_str().unwrap(), "-o", output.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(2));
    assert!(!output.exists());
}

#[test]
fn all_refusals_come_at_once() {
    let data = changed(|h| {
        h["memo"] = json!(1);
        h["setainushi"] = json!("");
        h["setaiin"][0]["seibetsu"] = json!("x");
        h["setaiin"][3]["todokede_hi"] = json!("H20-13-01");
    });
    let told = refused("juminhyo-utsushi", &data);
    for code in ["unknown-field", "empty-text", "seibetsu-unknown", "date-month"] {
        assert!(told.contains(code), "{code}: {told}");
    }
}

#[test]
fn a_character_that_the_font_lacks_is_named_and_never_replaced() {
    let name = |mei: &str| {
        let mei = mei.to_owned();
        changed(move |h| h["setaiin"][3]["kokumin"]["nihonjin"]["shimei"]["shi_mei"]["mei"] = json!(mei))
    };
    let place = "setai_renki.setaiin[3].kokumin.nihonjin.shimei.shi_mei.mei";
    for (mei, code, says) in [
        // A sequence that the font lacks: the ones that it has are offered.
        ("葛\u{E0110}葉", "moji-sequence-not-in-font", "U+845B U+E0102"),
        ("花\u{E000}", "moji-private-use", "手書き対応"),
        // A simplified form that IPAmj lacks, and a look-alike radical.
        ("汉", "moji-not-in-font", "U+6C49"),
        ("⻝", "moji-not-in-font", "U+2EDD"),
        ("\u{E0101}葉", "moji-lone-selector", "U+E0101"),
        ("花\u{200B}子", "moji-control", "U+200B"),
        ("花\u{FFFE}", "moji-non-character", "U+FFFE"),
    ] {
        let told = refused("juminhyo-utsushi", &name(mei));
        let line = told.lines().find(|line| line.starts_with(&format!("{place}: {code}")));
        assert!(line.is_some_and(|line| line.contains(says)), "{code}: {told}");
    }
}

#[test]
fn what_is_too_long_even_for_the_annex_is_refused_by_name() {
    let told = refused(
        "juminhyo-utsushi",
        &changed(|h| {
            h["setaiin"][0]["kokumin"]["nihonjin"]["honseki"] = json!("見本".repeat(400));
        }),
    );
    assert!(told.starts_with("setai_renki.setaiin[0].honseki: too-long-for-annex"), "{told}");
    let told = refused("juminhyo-utsushi", &changed(|h| h["jusho"]["katagaki"] = json!("見".repeat(800))));
    assert!(told.starts_with("setai_renki.jusho: too-long-for-annex"), "{told}");
    // Without the name in the heading the sheet would no longer say whose it is.
    let told = refused(
        "juminhyo-utsushi",
        &changed(|h| {
            h["jusho"]["katagaki"] = json!("見".repeat(400));
            h["setainushi"] = json!({ "nothing": "omitted" });
        }),
    );
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.starts_with("setai_renki.jusho: too-long (capacity=122"), "{told}");
}

/// The texts of every page of a rendered document.
fn rendered(kind: &str, data: &[u8]) -> Vec<Vec<String>> {
    let press = shomei::press::Press::embedded().unwrap();
    let printed = shomei::issuing::specimen::specimen(&press, &crate::document(&press, kind, data)).unwrap();
    let pages = shomei::press::readback::read_back(&printed.pdf).unwrap();
    pages.into_iter().map(|page| page.runs.into_iter().map(|run| run.text).collect()).collect()
}

#[test]
fn an_address_too_long_for_the_heading_goes_to_the_annex_and_the_name_stays_on_every_sheet() {
    for length in [100, 400] {
        let katagaki = "見".repeat(length);
        let pages = rendered("juminhyo-utsushi", &changed(|h| h["jusho"]["katagaki"] = json!(katagaki)));
        assert_eq!(pages.len(), if length == 100 { 1 } else { 2 }, "{length}");
        let text = |page: usize| pages[page].concat();
        for page in 0..pages.len() {
            assert!(text(page).contains("見本　太郎"), "{length}: page {page}");
        }
        let last = text(pages.len() - 1);
        assert!(last.contains(&katagaki), "the whole address: {last}");
        assert_eq!(pages[0].iter().any(|run| run == "別紙のとおり"), length == 400);
    }
}

#[test]
fn an_annex_sheet_names_its_subject_and_numbers_only_what_the_form_numbers() {
    for (sample, subject, numbered) in [
        ("kojinhyo-foreign", "氏名\u{3000}MIHON ALEXANDRE", false),
        ("foreign", "住所\u{3000}見本県見本市北区若葉二丁目", true),
    ] {
        let data = std::fs::read(root().join(format!("samples/juminhyo-utsushi/{sample}.json"))).unwrap();
        let pages = rendered("juminhyo-utsushi", &data);
        let annex = pages.last().unwrap();
        assert!(annex.concat().contains(subject), "{sample}: {annex:?}");
        assert_eq!(annex.concat().contains("番号"), numbered, "{sample}: {annex:?}");
    }
}

#[test]
fn a_long_reason_of_a_change_wraps_and_then_goes_to_the_annex() {
    let text = std::fs::read_to_string(root().join("samples/juminhyo-utsushi/kojinhyo-history.json")).unwrap();
    for (length, annexed) in [(11, false), (20, false), (60, true)] {
        let mut value: Value = serde_json::from_str(&text).unwrap();
        let jiyu = "転".repeat(length);
        value["kojinhyo"]["rireki"][0]["jiyu"] = json!(jiyu);
        let pages = rendered("juminhyo-utsushi", value.to_string().as_bytes());
        assert!(pages.concat().concat().contains(&jiyu), "{length}");
        assert_eq!(pages.concat().iter().any(|run| run == "別紙のとおり"), annexed, "{length}");
    }
}

#[test]
fn death_before_birth() {
    let text = std::fs::read_to_string(root().join("samples/juminhyo-utsushi/johyo-death.json")).unwrap();
    let mut value: Value = serde_json::from_str(&text).unwrap();
    value["johyo"]["jiyu_hi"] = json!("T10-01-01");
    let told = refused("juminhyo-utsushi", value.to_string().as_bytes());
    assert!(told.contains("johyo.jiyu_hi: death-before-birth"), "{told}");
}

#[test]
fn json_that_is_too_much_or_too_deep_or_says_a_thing_twice() {
    let large = format!("{{\"setai_renki\": \"{}\"}}", "x".repeat(11 * 1024 * 1024));
    assert!(refused("juminhyo-utsushi", large.as_bytes()).contains("json-too-large"));
    let deep = "[".repeat(100_000);
    assert!(refused("juminhyo-utsushi", deep.as_bytes()).contains("json-too-deep"));
    assert!(refused("juminhyo-utsushi", b"{\"setai_renki\": ").contains("json-malformed"));
    let twice = String::from_utf8(changed(|_| {})).unwrap().replacen(
        "\"setai_ninzu\":4",
        "\"setai_ninzu\":4,\"setai_ninzu\":4",
        1,
    );
    assert!(refused("juminhyo-utsushi", twice.as_bytes()).contains("setai_ninzu: duplicate-field"));
    let crowd = changed(|h| {
        let person = h["setaiin"][0].clone();
        h["setaiin"] = json!(vec![person; 10_000]);
    });
    assert!(refused("juminhyo-utsushi", &crowd).contains("setaiin: too-many-items"));
}

#[test]
fn check_says_the_same_as_render() {
    let data = changed(|h| h["setaiin"][0]["zokugara"] = json!("孫"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.json");
    std::fs::write(&file, &data).unwrap();
    let checked = crate::shomei(&["check", "juminhyo-utsushi", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(2));
    assert_eq!(String::from_utf8(checked.stderr).unwrap(), refused("juminhyo-utsushi", &data));
    let checked = crate::shomei(&["check", "juminhyo-utsushi", file.to_str().unwrap(), "--json"]);
    let list: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(list[0]["code"], "zokugara-unknown");
    assert_eq!(list[0]["path"], "setai_renki.setaiin[0].zokugara");
}

#[test]
fn brought_files_that_cannot_be_certified() {
    use data_encoding::BASE64;
    let form = |bytes: &[u8]| {
        let mut value = sample("kisaijiko-shomeisho-tegaki");
        value["yoshiki"] = json!(BASE64.encode(bytes));
        value.to_string().into_bytes()
    };
    let sample_file = |path: &str| std::fs::read(root().join("samples").join(path)).unwrap();
    let pdf = sample_file("kisaijiko-shomeisho-tegaki/nenkin-genkyo.pdf");
    let tiff = sample_file("kisaijiko-shomeisho-tegaki/genkyo.tiff");
    // A PNG of 60,000 by 60,000 dots in a few bytes: refused by its header.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend([0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (bytes, codes) in [
        (b"hello".to_vec(), &["unknown-format"][..]),
        (pdf[..pdf.len() / 2].to_vec(), &["corrupt-pdf"]),
        (tiff[..tiff.len() / 2].to_vec(), &["truncated-tiff", "corrupt-tiff", "fax-line"]),
        (bomb, &["image-too-large", "corrupt-picture", "resolution-missing"]),
        (without_fonts(), &["font-not-embedded"]),
    ] {
        let told = refused("kisaijiko-shomeisho-tegaki", &form(&bytes));
        assert!(codes.iter().any(|code| told.contains(&format!("yoshiki: {code}"))), "{codes:?}: {told}");
    }
    let mut value = sample("kisaijiko-shomeisho-tegaki");
    value["ichi"]["x_mm"] = json!(150);
    assert!(refused("kisaijiko-shomeisho-tegaki", value.to_string().as_bytes()).contains("overlay-off-sheet"));
}

/// A PDF that shows text in Helvetica, which it does not bring along.
fn without_fonts() -> Vec<u8> {
    use lopdf::{Document, Object, Stream, dictionary};
    let mut pdf = Document::with_version("1.4");
    let pages = pdf.new_object_id();
    let font = pdf.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let content = pdf.add_object(Stream::new(dictionary! {}, b"BT /F1 12 Tf 72 700 Td (hello) Tj ET".to_vec()));
    let page = pdf.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    });
    pdf.objects.insert(
        pages,
        Object::Dictionary(dictionary! {
            "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1,
        }),
    );
    let catalog = pdf.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    pdf.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    pdf.save_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_template_that_fails_or_loops_does_no_harm() {
    let data = changed(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str| {
        for entry in std::fs::read_dir(root().join(from)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let to = folder.path().join(from.trim_start_matches("templates").trim_start_matches('/'));
                std::fs::create_dir_all(&to).unwrap();
                std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
    };
    ["templates", "templates/lib", "templates/words"].into_iter().for_each(copy);
    let template = folder.path().join("juminhyo-utsushi.typ");
    let more = ["--templates", folder.path().to_str().unwrap()];
    assert_eq!(render("juminhyo-utsushi", &data, &more).0, 0);
    for (text, code) in [
        ("#panic(\"x\")", "template-failed"),
        ("#let f(n) = f(n + 1)\n#f(0)", "template-failed"),
        ("#read(\"/etc/passwd\")", "template-failed"),
        ("#import \"@preview/x:1.0.0\": *", "template-failed"),
        ("#{ let i = 0; while true { i = i + 1; if calc.rem(i, 1000) == 0 { i = 0 } } }", "template"),
        ("#{ let a = (\"xxxxxxxxxxxxxxxx\",); for i in range(40) { a = a + a }; a.len() }", "template-limits"),
    ] {
        std::fs::write(&template, text).unwrap();
        let (exit, told, written) = render("juminhyo-utsushi", &data, &more);
        assert_eq!((exit, written), (2, false), "{text}: {told}");
        assert!(told.contains(code), "{text}: {told}");
    }
}

#[test]
fn a_private_character_is_printed_only_in_the_font_that_the_city_pinned_for_it() {
    let data = changed(|h| h["setaiin"][3]["kokumin"]["nihonjin"]["shimei"]["shi_mei"]["mei"] = json!("花\u{E000}"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root().join("tests/fixtures/gaiji.ttf"), folder.path().join("gaiji.ttf")).unwrap();
    let list = folder.path().join("fonts.toml");
    let write = |sha256: &str, range: &str| {
        let text = format!("[[font]]\nfile = \"gaiji.ttf\"\nsha256 = \"{sha256}\"\nranges = [\"{range}\"]\n");
        std::fs::write(&list, text).unwrap();
    };
    let more = ["--fonts", list.to_str().unwrap()];
    let pinned = "ced670f0b135ba441786bbdc0150846210c4691e00a085c3ba5a2b125f2f4dd7";
    write(pinned, "E000-E0FF");
    let (code, told, written) = render("juminhyo-utsushi", &data, &more);
    assert_eq!((code, written), (0, true), "{told}");
    // Another file than the pinned one, and a font that was assigned other code points.
    write(&pinned.replace('a', "b"), "E000-E0FF");
    assert!(render("juminhyo-utsushi", &data, &more).1.contains("SHA-256"));
    // No font of a city's sets what IPAmj明朝 sets.
    for range in ["4E00-9FFF", "E000-10FFFD", "5B50"] {
        write(pinned, range);
        assert!(render("juminhyo-utsushi", &data, &more).1.contains("private-use"), "{range}");
    }
    write(pinned, "E001-E0FF");
    assert!(render("juminhyo-utsushi", &data, &more).1.contains("moji-private-use"));
}

#[test]
fn what_contradicts_and_what_does_not_fit_come_together() {
    let data = changed(|h| {
        h["setaiin"][1]["zokugara"] = json!("世帯主");
        h["jusho"]["katagaki"] = json!("見".repeat(800));
        h["setaiin"][0]["kokumin"]["nihonjin"]["honseki"] = json!("見本".repeat(400));
        h["setaiin"][2]["todokede_hi"] = json!("R50-01-01");
    });
    let told = refused("juminhyo-utsushi", &data);
    for code in
        ["setainushi-double", "jusho: too-long-for-annex", "honseki: too-long-for-annex", "todokede_hi: later-than-day"]
    {
        assert_eq!(told.matches(code).count(), 1, "{code}: {told}");
    }
}

#[test]
fn no_shape_of_a_refused_document_stops_its_being_tried_out() {
    let press = shomei::press::Press::embedded().unwrap();
    for (kind, path) in crate::samples() {
        let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let words = press.words(kind).unwrap();
        for pointer in lists(&value, "") {
            for change in [|_: &Vec<Value>| Vec::new(), |list: &Vec<Value>| list.iter().chain(list).cloned().collect()]
            {
                let mut changed = value.clone();
                let list = changed.pointer_mut(&pointer).unwrap();
                *list = Value::Array(change(list.as_array().unwrap()));
                let parsed = kind.parse(changed.to_string().as_bytes(), &**press.typefaces());
                assert!(parsed.view(&words).is_some(), "{}: {pointer}", path.display());
            }
        }
    }
}

/// Where a document has lists.
fn lists(value: &Value, pointer: &str) -> Vec<String> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(key, value)| lists(value, &format!("{pointer}/{key}"))).collect(),
        Value::Array(list) => {
            let below = list.iter().enumerate().flat_map(|(index, value)| lists(value, &format!("{pointer}/{index}")));
            std::iter::once(pointer.to_owned()).chain(below).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn the_frame_hides_no_writing_unless_that_is_known() {
    let knowingly = sample("kisaijiko-shomeisho-tegaki/kasanaru");
    let with = |sample: &Value, ichi: Value| {
        let mut value = sample.clone();
        value["ichi"] = ichi;
        value.to_string().into_bytes()
    };
    let (form, fax) = (sample("kisaijiko-shomeisho-tegaki"), sample("fax-tensha"));
    for (kind, sample, x, y) in [
        ("kisaijiko-shomeisho-tegaki", &knowingly, 70, 206),
        // Over one line of small print alone, over rules, over the corner of a frame.
        ("kisaijiko-shomeisho-tegaki", &form, 10, 250),
        ("kisaijiko-shomeisho-tegaki", &form, 80, 62),
        ("kisaijiko-shomeisho-tegaki", &form, 99, 225),
        ("fax-tensha", &fax, 96, 190),
    ] {
        let told = refused(kind, &with(sample, json!({ "x_mm": x, "y_mm": y })));
        assert!(told.starts_with("ichi: overlay-covers-writing"), "{x}, {y}: {told}");
        assert!(
            refused(kind, &with(sample, json!({ "x_mm": x, "y_mm": y, "kasanaru": false }))).contains("overlay-covers")
        );
        let (code, told, written) = render(kind, &with(sample, json!({ "x_mm": x, "y_mm": y, "kasanaru": true })), &[]);
        assert_eq!((code, written), (0, true), "{told}");
    }
    // A FAX is wider than its sheet: the place is counted on the sheet, not on the picture.
    for (x, y) in [(0, 230), (100, 255)] {
        let (code, told, _) = render("fax-tensha", &with(&fax, json!({ "x_mm": x, "y_mm": y })), &[]);
        assert_eq!(code, 0, "{x}, {y}: {told}");
    }
}

#[test]
fn what_is_hidden_knowingly_is_approved_and_shown_to_whoever_approves() {
    let press = shomei::press::Press::embedded().unwrap();
    let value = sample("kisaijiko-shomeisho-tegaki/kasanaru");
    let knowingly = crate::document(&press, "kisaijiko-shomeisho-tegaki", value.to_string().as_bytes());
    let mut free = sample("kisaijiko-shomeisho-tegaki");
    let plain = crate::document(&press, "kisaijiko-shomeisho-tegaki", free.to_string().as_bytes());
    free["ichi"]["kasanaru"] = json!(true);
    let other = crate::document(&press, "kisaijiko-shomeisho-tegaki", free.to_string().as_bytes());
    assert_ne!(plain.digest(), other.digest());
    for (document, shown) in [(&knowingly, true), (&plain, false)] {
        let printed = shomei::issuing::specimen::specimen(&press, document).unwrap();
        let pages = shomei::press::readback::read_back(&printed.pdf).unwrap();
        let text: String = pages.iter().flat_map(|page| &page.runs).map(|run| run.text.as_str()).collect();
        assert_eq!(text.contains("重ねています"), shown, "{text}");
    }
}

/// A sample of 住民票の写し with one change, and the refusals of it.
fn told_of(sample_name: &str, form: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value = sample(&format!("juminhyo-utsushi{sample_name}"));
    change(&mut value[form]);
    render("juminhyo-utsushi", value.to_string().as_bytes(), &[]).1
}

#[test]
fn no_date_contradicts_another_or_the_day_of_the_certificate() {
    let history = |changes: &[(usize, &str, &str)]| {
        told_of("/kojinhyo-history", "kojinhyo", |h| {
            changes.iter().for_each(|(index, field, date)| h["rireki"][index][field] = json!(date));
        })
    };
    let removed = |sample: &str, changes: &[(&str, Value)]| {
        told_of(sample, "johyo", |h| changes.iter().for_each(|(field, value)| h[*field] = value.clone()))
    };
    let nowhere = json!({ "nothing": "not-applicable" });
    for (told, expected) in [
        (
            told_of("", "setai_renki", |h| h["setaiin"][0]["todokede_hi"] = json!("R50-01-01")),
            "setai_renki.setaiin[0].todokede_hi: later-than-day",
        ),
        (
            told_of("", "setai_renki", |h| h["setaiin"][3]["kokumin"]["nihonjin"]["seinengappi"] = json!("R50-01-01")),
            "setai_renki.setaiin[3].kokumin.nihonjin.seinengappi: later-than-day",
        ),
        (
            told_of("", "setai_renki", |h| {
                h["setaiin"][0]["jusho_wo_sadameta_hi"] = json!("R2-04-01");
                h["setaiin"][0]["todokede_hi"] = json!("R2-03-31");
            }),
            "setai_renki.setaiin[0].todokede_hi: reported-before-it-happened",
        ),
        (
            history(&[(3, "ido_hi", "H21-01-09"), (3, "todokede_hi", "H21-01-18")]),
            "kojinhyo.rireki[3].ido_hi: not-oldest-first",
        ),
        (history(&[(0, "ido_hi", "T1-08-01")]), "kojinhyo.rireki[0].ido_hi: date-before-birth"),
        (
            removed("/johyo-death", &[("shojo_todokede_hi", json!("R7-03-10")), ("jiyu_hi", json!("R7-03-11"))]),
            "johyo.shojo_todokede_hi: reported-before-it-happened",
        ),
        (
            removed(
                "/johyo-abroad",
                &[("tenshutsusaki_yotei", nowhere.clone()), ("tenshutsusaki_kakutei", nowhere.clone())],
            ),
            "johyo.tenshutsusaki_yotei: no-destination",
        ),
        (removed("/johyo-abroad", &[("jiyu_hi", json!("R50-03-31"))]), "johyo.jiyu_hi: later-than-day"),
    ] {
        assert!(told.lines().any(|line| line.starts_with(expected)), "{expected}: {told}");
    }
    // 転出 is reported before it happens; a late report stands where it was recorded; what is announced
    // may lie ahead; who moved to a place that nobody knows went somewhere.
    for told in [
        removed("/johyo-abroad", &[("shojo_todokede_hi", json!("R7-03-01")), ("jiyu_hi", json!("R7-03-31"))]),
        history(&[(3, "ido_hi", "H21-01-09"), (3, "todokede_hi", "H23-06-29")]),
        history(&[
            (19, "ido_hi", "R50-01-01"),
            (19, "todokede_hi", "R7-12-01"),
            (20, "ido_hi", "R50-01-02"),
            (20, "todokede_hi", "R7-12-01"),
        ]),
        removed("/johyo-abroad", &[("tenshutsusaki_yotei", json!({ "nothing": "no-data" }))]),
        told_of("/foreign", "setai_renki", |h| {
            h["setaiin"][2]["kokumin"]["gaikokujin"]["manryo_hi"] = json!("2050-04-30")
        }),
    ] {
        assert_eq!(told, "");
    }
    // Sheets for the office bear no 証明日.
    let mut value = sample("kakuninyo-juminhyo");
    value["todokede_hi"] = json!("R50-01-15");
    let (code, told, _) = render("kakuninyo-juminhyo", value.to_string().as_bytes(), &[]);
    assert_eq!(code, 0, "{told}");
}

#[test]
fn sentences_name_what_a_person_knows() {
    let told = refused(
        "juminhyo-utsushi",
        &changed(|h| {
            h["setai_ninzu"] = json!("4");
            h["jusho"] = json!({ "nothing": "omitted" });
            h["setaiin"][0]["kokumin"] = json!({});
            h["setaiin"][1]["todokede_hi"] = json!({ "nothing": "omitted" });
            h["setaiin"][2]["zokugara"] = json!("孫");
            h["９８３２-0567 3214"] = json!(1);
            h["memo 2026"] = json!(1);
        }),
    );
    let sentence = |start: &str| {
        let line = told.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {told}"));
        line.split_once('\t').unwrap().1.to_owned()
    };
    assert!(sentence("setai_renki.setai_ninzu").contains("数が必要なところに文字列が"));
    assert!(sentence("setai_renki.jusho: cannot-be-nothing").starts_with("世帯連記式・住所："));
    assert!(sentence("setai_renki.setaiin[0].kokumin").contains("日本人（nihonjin）、外国人（gaikokujin）"));
    assert!(sentence("setai_renki.setaiin[1].todokede_hi").contains("【空欄】（no-data）、＊＊＊（not-applicable）"));
    assert!(sentence("setai_renki.setaiin[2].zokugara").contains("縁故者"));
    assert!(told.contains("setai_renki.****-**** ****: unknown-field"), "{told}");
    assert!(told.contains("setai_renki.memo 2026: unknown-field"), "{told}");
    let told = refused("juminhyo-utsushi", &changed(|h| h["setaiin"][0]["juminhyo_code"] = json!("24727059608")));
    assert!(told.contains("「住民票コード」に理由を"), "{told}");
}

#[test]
fn a_long_list_of_faults_ends_with_how_many_more() {
    let data = changed(|h| (0..1_000).for_each(|n| h[format!("k{n}")] = json!(1)));
    let told = refused("juminhyo-utsushi", &data);
    assert_eq!(told.lines().count(), 201);
    assert!(told.lines().last().unwrap().starts_with("document: more-refusals (more=800)\t全体：ほかに800件"));
}

#[test]
fn sentences_are_told_whatever_templates_are_tried_out() {
    let folder = tempfile::tempdir().unwrap();
    let template = std::fs::read(root().join("templates/bangofuda.typ")).unwrap();
    std::fs::write(folder.path().join("bangofuda.typ"), template).unwrap();
    std::fs::create_dir(folder.path().join("words")).unwrap();
    std::fs::write(folder.path().join("words/refusals.toml"), "refusal-frame = \"x\"").unwrap();
    let (code, told, _) = render("bangofuda", b"{}", &["--templates", folder.path().to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(told.contains("必要な項目がありません") && !told.contains('◇'), "{told}");
}
