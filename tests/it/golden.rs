//! The pages of every sample are the accepted ones, and the tool that says so sees what moves.

use crate::{root, shomei};

#[test]
fn every_page_is_as_accepted() {
    let path = |name: &str| root().join(name).to_str().unwrap().to_owned();
    let done = shomei(&["golden", "check", "--samples", &path("samples"), "--golden", &path("tests/golden")]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

#[test]
fn accepted_pictures_are_small_and_no_file_is_kept() {
    for entry in std::fs::read_dir(root().join("tests/golden")).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        assert!(path.is_dir() || ["txt", "png"].contains(&extension.as_str()), "{}", path.display());
        assert!(path.metadata().unwrap().len() <= 80 * 1024 || extension == "txt", "{}", path.display());
    }
}

#[test]
fn a_form_that_moves_by_a_fifth_of_a_millimetre_fails_with_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let copied = std::process::Command::new("cp").args(["-r", root().join("templates").to_str().unwrap(), &at("templates")]).status().unwrap();
    assert!(copied.success());
    let arguments = |action| {
        vec![
            "golden".to_owned(), action, "juminhyo-utsushi".to_owned(),
            "--templates".to_owned(), at("templates"), "--golden".to_owned(), at("golden"),
            "--samples".to_owned(), root().join("samples").to_str().unwrap().to_owned(),
        ]
    };
    let run = |action: &str| {
        let arguments = arguments(action.to_owned());
        shomei(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    assert!(run("accept").status.success());
    assert!(run("check").status.success());
    let form = folder.path().join("templates/lib/jumin.typ");
    let text = std::fs::read_to_string(&form).unwrap();
    let moved = text.replacen("form-table(16, y, (", "form-table(16.19, y, (", 1);
    assert_ne!(text, moved);
    std::fs::write(&form, moved).unwrap();
    let done = run("check");
    assert_eq!(done.status.code(), Some(1));
    let told = String::from_utf8(done.stdout).unwrap();
    assert!(told.contains("dots") && told.contains("texts gone or new"), "{told}");
    let report = std::fs::read_to_string(folder.path().join("golden/report/index.html")).unwrap();
    assert!(report.contains("overlay") && report.contains("class=gone"), "{report}");
}
