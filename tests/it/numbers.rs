//! Check digits against python-stdnum.

use std::io::Write as _;
use std::process::{Command, Stdio};

use shomei::domain::number::{HojinBango, KojinBango};

/// Says for each line, `in_ NUMBER` or `cn NUMBER`, whether python-stdnum takes the number.
const JUDGE: &str = "import sys, stdnum.jp.cn as cn, stdnum.jp.in_ as in_
for line in sys.stdin:
    kind, number = line.split()
    print(int({'cn': cn, 'in_': in_}[kind].is_valid(number)))";

#[test]
fn another_program_takes_the_same_numbers() {
    let venv = std::env::var("SHOMEI_VENV").unwrap_or_else(|_| "target/venv".to_owned());
    let mut input = String::new();
    let mut ours = Vec::new();
    // Numbers spread over the whole range, each with every last or first digit.
    for n in 0..300u64 {
        let body = n.wrapping_mul(7_919_000_017) % 100_000_000_000;
        for digit in 0..10 {
            let kojin = format!("{body:011}{digit}");
            ours.push(KojinBango::parse(&kojin).is_ok());
            input.push_str(&format!("in_ {kojin}\n"));
            let hojin = format!("{digit}{:012}", body * 7);
            ours.push(HojinBango::parse(&hojin).is_ok());
            input.push_str(&format!("cn {hojin}\n"));
        }
    }
    let mut child = Command::new(format!("{venv}/bin/python"))
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("scripts/test makes the Python environment");
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let theirs: Vec<bool> = String::from_utf8(output.stdout).unwrap().lines().map(|line| line == "1").collect();
    assert_eq!(ours.len(), theirs.len());
    let differing: Vec<usize> = (0..ours.len()).filter(|i| ours[*i] != theirs[*i]).collect();
    assert!(differing.is_empty(), "{} of {}", differing.len(), ours.len());
    assert!(ours.iter().filter(|taken| **taken).count() > 500);
}
