//! The house: imports run downwards only.

use std::path::{Path, PathBuf};

use crate::root;

/// Rooms from the top to the bottom; a room may use those after it.
const ROOMS: [&str; 10] =
    ["cli", "desk", "mail", "issuing", "office", "register", "press", "case", "procedure", "document"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(&root().join("src"), &mut found);
    found
}

fn rank(room: &str) -> usize {
    ROOMS.iter().position(|known| *known == room).unwrap_or(ROOMS.len())
}

/// `crate::room` and `shomei::room` in a text, with the line.
fn edges(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for prefix in ["crate::", "shomei::"] {
            for (at, _) in code.match_indices(prefix) {
                let rest = &code[at + prefix.len()..];
                let names: Vec<&str> = if let Some(list) = rest.strip_prefix('{') {
                    list.split([',', '}']).map(str::trim).collect()
                } else {
                    vec![rest]
                };
                for name in names {
                    let room: String = name.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                    if rank(&room) < ROOMS.len() || room == "domain" {
                        found.push((index + 1, room));
                    }
                }
            }
        }
    }
    found
}

#[test]
fn imports_run_downwards_only() {
    let mut wrong = Vec::new();
    for path in all_sources() {
        let relative = path.strip_prefix(root().join("src")).unwrap().to_path_buf();
        let Some(room) = relative.iter().next().and_then(|first| first.to_str()) else { continue };
        if room.ends_with(".rs") {
            continue;
        }
        for (line, used) in edges(&std::fs::read_to_string(&path).unwrap()) {
            if rank(&used) < rank(room) {
                wrong.push(format!("{}:{line}: {room} uses {used}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_rooms_do_no_io_and_ask_no_clock() {
    let mut wrong = Vec::new();
    for path in all_sources() {
        let relative = path.strip_prefix(root().join("src")).unwrap().to_path_buf();
        let room = relative.iter().next().unwrap().to_str().unwrap();
        // Reading a folder of templates for trying out forms is the press's one exception.
        let exception = relative == Path::new("press/template.rs") || relative == Path::new("press/testing.rs");
        if !["domain", "document", "procedure", "case", "press"].contains(&room) || exception {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for forbidden in
            ["std::fs", "std::net", "std::env", "SystemTime", "Utc::now", "Local::now", "getrandom", "rand::"]
        {
            if code.contains(forbidden) {
                wrong.push(format!("{}: {forbidden}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_kind_is_found_by_one_id_everywhere() {
    for kind in shomei::document::catalog::KINDS {
        for file in [
            format!("src/document/{}.rs", kind.id.replace('-', "_")),
            format!("templates/{}.typ", kind.id),
            format!("templates/words/{}.toml", kind.id),
            format!("samples/{}.json", kind.id),
            format!("tests/golden/{}.txt", kind.id),
        ] {
            assert!(root().join(&file).is_file(), "{file}");
        }
    }
}
