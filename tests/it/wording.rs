//! Wording is data: every key has its text, and no text that a person reads stands in Rust.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use shomei::document::catalog::{KINDS, Kind};
use shomei::document::refusal::Refusal;

use crate::root;

fn words(file: &str) -> toml::Table {
    std::fs::read_to_string(root().join("templates/words").join(file)).unwrap().parse().unwrap()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.ends_with("tests.rs")
            && !path.ends_with("testing.rs")
        {
            found.push(path);
        }
    }
}

/// The code of every source file without its tests and comments.
fn code() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            (path, lines.join("\n"))
        })
        .collect()
}

/// Literals in calls of the given functions: `refuse("x")`, `refuse::<()>("x")`.
fn literals(text: &str, function: &str) -> Vec<String> {
    text.match_indices(function)
        .filter_map(|(at, _)| {
            let rest = text[at + function.len()..].trim_start();
            let rest = rest.strip_prefix("::<()>").unwrap_or(rest).trim_start();
            let rest = rest.strip_prefix('(')?.trim_start().strip_prefix('"')?;
            Some(rest[..rest.find('"')?].to_owned())
        })
        .collect()
}

#[test]
fn every_refusal_has_a_sentence_with_a_remedy() {
    let sentences = words("refusals.toml");
    let sentences = sentences["refusal"].as_table().unwrap();
    let mut codes = BTreeSet::new();
    for (path, text) in code() {
        for function in [".refuse", ".refusal"] {
            codes.extend(literals(&text, function));
        }
        // `fn code(…)` maps a variant to its key.
        if !path.ends_with("readback.rs") {
            for (at, _) in text.match_indices("fn code(") {
                let body = &text[at..];
                // A trait only says that there is one.
                if body.lines().next().is_some_and(|line| line.ends_with(';')) {
                    continue;
                }
                let line = text[..at].rfind('\n').map_or(text.as_str(), |begin| &text[begin + 1..]);
                let indent = &line[..line.len() - line.trim_start().len()];
                let end = body.find(&format!("\n{indent}}}\n")).unwrap_or(body.len());
                codes.extend(body[..end].split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    assert!(codes.len() > 80, "{}", codes.len());
    let missing: Vec<&String> = codes.iter().filter(|code| !sentences.contains_key(*code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for (code, sentence) in sentences {
        let sentence = sentence.as_str().unwrap();
        assert!(sentence.ends_with('。') || sentence.contains('{'), "{code}: {sentence}");
        assert!(sentence.contains("ください"), "{code} names no remedy: {sentence}");
    }
}

#[test]
fn every_field_of_every_record_has_a_name() {
    let names = words("fields.toml");
    let names = names["field"].as_table().unwrap();
    let mut missing = BTreeSet::new();
    for (path, text) in code() {
        if !path.starts_with(root().join("src/document")) {
            continue;
        }
        for record in text.split("record! {").skip(1) {
            let body = &record[..record.find("\n}").unwrap_or(record.len())];
            for line in body.lines().filter(|line| line.starts_with("        pub ")) {
                let field = line.trim().trim_start_matches("pub ").split(':').next().unwrap();
                if !names.contains_key(field) {
                    missing.insert(field.to_owned());
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_word_of_every_choice_is_shown_by_its_name() {
    let press = shomei::press::Press::embedded().unwrap();
    let mut unnamed = Vec::new();
    for (path, text) in code() {
        if !path.starts_with(root().join("src/document")) {
            continue;
        }
        let id = path.file_stem().unwrap().to_string_lossy().replace('_', "-");
        // What several kinds share has its names in every kind's wording.
        let kind = Kind::by_id(&id).unwrap_or(&KINDS[0]);
        let words = press.words(kind).unwrap();
        for block in text.split("choice! {").chain(text.split("either! {")).skip(1) {
            let body = &block[..block.find("\n}").unwrap_or(block.len())];
            // A choice's fields are called by its last word: TorokuHoho is chosen at hoho.
            let name = body.split("pub enum ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let field = name.rfind(char::is_uppercase).map_or(String::new(), |at| name[at..].to_lowercase());
            for word in body
                .lines()
                .filter_map(|line| line.trim().strip_suffix("\",")?.rsplit_once("= \""))
                .map(|(_, word)| word)
            {
                let sentence = words.sentence(&Refusal::new(field.as_str(), "not-a-choice").with("choices", word));
                if !sentence.contains(&format!("（{word}）")) {
                    unnamed.push(format!("{id}: {word}"));
                }
            }
        }
    }
    assert!(unnamed.is_empty(), "{unnamed:?}");
}

/// Japanese in string literals of code is wording, but for what these files hold: the closed
/// vocabulary of 続柄 and 振り仮名, rules of line breaking, full-width digits, the demo's invented people.
const VOCABULARY: [&str; 9] = [
    // The endings of 都道府県 and 郡, at which an address is told apart.
    "document/juminhyo_utsushi_koiki.rs",
    "domain/person.rs",
    "press/setting.rs",
    "press/ground.rs",
    "document/words.rs",
    "cli/demo.rs",
    "issuing/bench.rs",
    "cli/bench_page.rs",
    "press/inspect.rs",
];

#[test]
fn no_wording_stands_in_rust() {
    let japanese = |c: char| matches!(u32::from(c), 0x3041..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF);
    let mut wrong = Vec::new();
    for (path, text) in code() {
        let relative = path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        if VOCABULARY.iter().any(|known| relative == *known) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let code = line.split(" // ").next().unwrap();
            for literal in code.split('"').skip(1).step_by(2).filter(|l| l.chars().any(japanese)) {
                wrong.push(format!("{relative}:{}: {literal}", index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
