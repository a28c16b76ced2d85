//! A file of many subjects with bad lines of every kind among them: each is named, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use shomei::document::subject_import::lines;
use shomei::issuing::bench::subjects;
use shomei::office::right::{Officer, Right};
use shomei::office::subjects::{Subjects, Taken};
use shomei::register::Register;

use super::count;
use super::office::{Hall, office};
use crate::office::{Place, events};
use crate::register::fixture::Database;

/// Lines of the file that the program takes over; more by `scripts/soak`.
const USUAL: usize = 1_500;
/// Lines that the library takes over on each database.
const FEW: usize = 600;
/// Bad lines among them.
const BAD: usize = 300;

/// A bad line: its number, the field, the code.
type Told = BTreeSet<(usize, String, String)>;

/// In which form a file is.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Csv,
    Json,
}

/// The columns of the sample, and two that only bad lines fill.
fn columns() -> Vec<&'static str> {
    let header = include_str!("../../../samples/subjects.csv").lines().next().unwrap();
    header.split(',').chain(["data.hito.x", "data.hito.kojin_bango.nothing"]).collect()
}

fn cell(value: &Value, column: &str) -> String {
    let path = column.split(':').next().unwrap();
    let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    match value.pointer(&pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A line of the file, without its end.
fn line(value: &Value, form: Form) -> Vec<u8> {
    match form {
        Form::Json => value.to_string().into_bytes(),
        Form::Csv => columns().iter().map(|column| cell(value, column)).collect::<Vec<_>>().join(",").into_bytes(),
    }
}

/// Somebody, as a system of the city says it.
fn somebody(number: usize) -> Value {
    let subject = &subjects(number / 4).unwrap()[number % 4];
    json!({
        "kind": subject.kind, "atena_bango": subject.atena_bango, "rireki_bango": 2,
        "as_of": "2026-01-15T08:30:00+09:00", "status": subject.status, "data": subject.data,
    })
}

/// What is done to a line, and what is said against it.
type Fault = (fn(&mut Value), &'static str, &'static str);

/// Likewise of a whole line as it stands in the file.
type LineFault = (fn(String) -> Vec<u8>, &'static str, &'static str);

/// Faults of fields, which either form can have.
const FIELDS: [Fault; 15] = [
    (|line| line["data"]["hito"]["kojin_bango"] = json!("100001000018"), "data.hito.kojin_bango", "number-check-digit"),
    (|line| line["atena_bango"] = json!("1000013"), "atena_bango", "number-check-digit"),
    (|line| drop(fields(&mut line["data"]["hito"]).remove("seibetsu")), "data.hito.seibetsu", "missing-field"),
    (|line| line["data"]["hito"]["x"] = json!("x"), "data.hito.x", "unknown-field"),
    (|line| line["data"]["hito"]["seibetsu"] = json!("otoka"), "data.hito.seibetsu", "seibetsu-unknown"),
    (|line| line["data"]["hito"]["todokede_hi"] = json!("R3-02-30"), "data.hito.todokede_hi", "date-day-of-month"),
    (|line| line["data"]["hito"]["todokede_hi"] = json!("S70-02-03"), "data.hito.todokede_hi", "date-year"),
    (|line| line["data"]["setainushi"] = json!("見本\u{30000}"), "data.setainushi", "moji-not-in-font"),
    (|line| line["data"]["setainushi"] = json!("見本\u{7}"), "data.setainushi", "moji-control"),
    (|line| line["status"] = json!("shojo"), "data.shojo", "status-and-shojo-differ"),
    (|line| line["rireki_bango"] = json!(0), "rireki_bango", "rireki-bango-out-of-range"),
    (|line| line["rireki_bango"] = json!("two"), "rireki_bango", "wrong-type"),
    (|line| line["as_of"] = json!("2026-13-01"), "as_of", "not-a-moment"),
    (|line| line["kind"] = json!("koseki"), "kind", "not-a-choice"),
    (|line| line["atena_bango"] = json!("1000012"), "data.hito.atena_bango", "other-atena-bango"),
];

fn fields(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().unwrap()
}

/// Faults of a line of JSON.
const JSON_LINES: [LineFault; 7] = [
    (|line| line[..100].into(), "", "json-malformed"),
    (|line| line.replacen("{\"", "{\"kind\":\"jumin\",\"", 1).into(), "kind", "duplicate-field"),
    (|line| format!("{line}{}", " ".repeat(1024 * 1024)).into(), "", "import-line-too-long"),
    (|line| [line.as_bytes(), b"\x8C\xA9"].concat(), "", "import-not-utf8"),
    (|_| b"[]".into(), "", "wrong-type"),
    (|_| "[".repeat(1_000).into(), "", "json-too-deep"),
    (omitted, "data.hito.kojin_bango", "omitted-in-a-register"),
];

fn omitted(line: String) -> Vec<u8> {
    let mut line: Value = serde_json::from_str(&line).unwrap();
    line["data"]["hito"]["kojin_bango"] = json!({ "nothing": "omitted" });
    line.to_string().into()
}

/// Faults of a row of CSV.
const CSV_ROWS: [LineFault; 6] = [
    (|row| format!("{row},").into(), "", "import-cells"),
    (|row| row.replacen(',', "", 1).into(), "", "import-cells"),
    (|row| row.replacen("見本県", "\"見本県", 1).into(), "", "import-quote"),
    (|row| format!("\"{}{row}", "x".repeat(1024 * 1024)).into(), "", "import-line-too-long"),
    (|row| [row.as_bytes(), b"\x8C\xA9"].concat(), "", "import-not-utf8"),
    (|row| format!("{row}omitted").into(), "data.hito.kojin_bango.nothing", "import-twice"),
];

/// A file of so many lines with somebody on it, and what is bad in it; the same every time.
struct File {
    bytes: Vec<u8>,
    bad: Told,
    good: usize,
}

impl File {
    fn of(form: Form, lines: usize) -> Self {
        let mut file = Self { bytes: Vec::new(), bad: Told::new(), good: 0 };
        let mut number = 0;
        if form == Form::Csv {
            number += 1;
            file.bytes.extend(columns().join(",").bytes());
            file.bytes.extend(b"\r\n");
        }
        let faulty = positions(lines);
        for at in 0..lines {
            number += 1;
            let mut told = None;
            let bytes = match faulty.get(&at) {
                Some(fault) => {
                    let (bytes, path, code) = faulted(form, *fault, at);
                    told = Some((number, path.to_owned(), code.to_owned()));
                    bytes
                }
                None => line(&somebody(at), form),
            };
            file.good += usize::from(told.is_none());
            file.bad.extend(told);
            file.bytes.extend(bytes);
            file.bytes.extend(if at % 2 == 0 { &b"\r\n"[..] } else { b"\n" });
            // An empty line counts, and says nothing.
            if at % 50 == 0 {
                number += 1;
                file.bytes.push(b'\n');
            }
        }
        file
    }
}

/// Which lines are bad: the second and the last, and others anywhere between.
fn positions(lines: usize) -> BTreeMap<usize, usize> {
    let mut found = BTreeSet::from([1, lines - 1]);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    while found.len() < BAD {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(seed >> 33).unwrap() % lines;
        if at > 0 {
            found.insert(at);
        }
    }
    found.into_iter().enumerate().map(|(fault, at)| (at, fault)).collect()
}

/// A bad line, and what is said against it. Of `fault` 0, 1, … every kind comes.
fn faulted(form: Form, fault: usize, at: usize) -> (Vec<u8>, &'static str, &'static str) {
    let mut value = somebody(at);
    let of_lines = if form == Form::Json { &JSON_LINES[..] } else { &CSV_ROWS[..] };
    match fault % (FIELDS.len() + of_lines.len() + 1) {
        fault if fault < FIELDS.len() => {
            let (change, path, code) = FIELDS[fault];
            change(&mut value);
            (line(&value, form), path, code)
        }
        fault if fault < FIELDS.len() + of_lines.len() => {
            let (change, path, code) = of_lines[fault - FIELDS.len()];
            (change(String::from_utf8(line(&value, form)).unwrap()), path, code)
        }
        _ => {
            // The person of the first line, of whom something newer is held by then.
            value = somebody(0);
            value["rireki_bango"] = json!(1);
            (line(&value, form), "rireki_bango", "rireki-bango-older")
        }
    }
}

async fn take_over(register: &Register, bytes: &[u8]) -> (Taken, Told) {
    let mut told = Told::new();
    let rights = BTreeSet::from([Right::Import]);
    let officer = Officer { actor: office().officer(), rights: &rights };
    let read = lines(bytes, &**office().press.typefaces()).unwrap();
    let subjects = Subjects::of(register, &office().city.id);
    let taken = subjects.take_over(read, officer, |bad| {
        for refusal in bad.reason.refusals() {
            assert!(told.insert((bad.line, refusal.path, refusal.code.to_owned())), "line {} twice", bad.line);
        }
    });
    (taken.await.unwrap(), told)
}

/// Nothing else was told, and nothing less.
fn same(told: &Told, bad: &Told) {
    let (more, less): (Vec<_>, Vec<_>) = (told.difference(bad).collect(), bad.difference(told).collect());
    assert!(more.is_empty() && less.is_empty(), "told besides: {more:?}; not told: {less:?}");
}

async fn named(database: Database) {
    for form in [Form::Json, Form::Csv] {
        let (_hall, register) = Hall::open_for_one(database).await;
        let file = File::of(form, FEW);
        assert_eq!((file.bad.len(), file.good), (BAD, FEW - BAD));
        let (taken, told) = take_over(&register, &file.bytes).await;
        same(&told, &file.bad);
        assert_eq!(taken, Taken { new: file.good, bad: BAD, ..Taken::default() });
        let head = register.head(&office().city.id).await.unwrap();
        let (again, told) = take_over(&register, &file.bytes).await;
        same(&told, &file.bad);
        assert_eq!(again, Taken { unchanged: file.good, bad: BAD, ..Taken::default() });
        assert_eq!(register.head(&office().city.id).await.unwrap(), head, "the same file changed something");
        assert_eq!(register.audit(&office().city.id, Default::default()).await.unwrap().findings, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_line_is_named_and_nothing_else_and_the_same_file_twice_changes_nothing_sqlite() {
    named(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bad_line_is_named_and_nothing_else_and_the_same_file_twice_changes_nothing_postgres() {
    named(Database::Postgres).await;
}

/// What a run of the program told: what it counted, the bad lines, and the most memory that it held, in MB.
fn run(place: &Place, file: &str) -> (String, Told, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shomei"));
    let told = std::fs::File::create(place.at("told")).unwrap();
    let mut child = command
        .current_dir(place.at(""))
        .args(["import", file, "--as", "kita-shonin"])
        .stdout(Stdio::piped())
        .stderr(told)
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        let held = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = held.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        most = most.max(kilobytes.unwrap_or(0) / 1024);
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    };
    let mut counted = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut counted).unwrap();
    assert_eq!(status.code(), Some(2), "{counted}");
    let told = std::fs::read_to_string(place.at("told")).unwrap();
    let bad = told.lines().map(|line| {
        let (machine, person) = line.split_once('\t').unwrap();
        let unfilled = person.split('{').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        assert!(person.contains(file) && person.ends_with('。') && !unfilled, "{person}");
        let mut parts = machine.strip_prefix(&format!("{file}:")).unwrap().splitn(3, ": ");
        let number = parts.next().unwrap().parse().unwrap();
        let path = parts.next().unwrap().replace("document", "");
        let code = parts.next().unwrap().split(' ').next().unwrap().to_owned();
        (number, path, code)
    });
    (counted, bad.collect(), most)
}

/// Most memory that a run may hold, in MB: the fonts and the program are most of it, whatever the file.
const MOST_HELD: u64 = 250;

#[test]
fn the_program_names_every_bad_line_of_a_great_file_and_holds_little_of_it() {
    let lines = count("SHOMEI_PROOF_SUBJECTS", USUAL);
    for (form, name) in [(Form::Json, "subjects.jsonl"), (Form::Csv, "subjects.csv")] {
        let (place, file) = (Place::new(), File::of(form, lines));
        std::fs::write(place.at(name), &file.bytes).unwrap();
        let mut before = None;
        for wanted in [format!("+{}\t~0\t=0", file.good), format!("+0\t~0\t={}", file.good)] {
            let since = std::time::Instant::now();
            let (counted, told, most) = run(&place, name);
            same(&told, &file.bad);
            assert_eq!(counted.trim(), format!("{name}\t{wanted}\t!{BAD}"));
            let (size, spent) = (file.bytes.len() / 1_000_000, since.elapsed().as_secs_f64());
            println!("{name}: {lines} lines, {size} MB: {spent:.1} s, at most {most} MB held");
            assert!(most < MOST_HELD, "{most} MB held");
            let events = events(&place);
            // An hour may have begun meanwhile, and a checkpoint been signed.
            assert!(before.is_none_or(|before| events <= before + 2), "the same file changed something");
            before = Some(events);
        }
    }
}
