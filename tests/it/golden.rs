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
    let copied = std::process::Command::new("cp")
        .args(["-r", root().join("templates").to_str().unwrap(), &at("templates")])
        .status()
        .unwrap();
    assert!(copied.success());
    let arguments = |action| {
        vec![
            "golden".to_owned(),
            action,
            "juminhyo-utsushi".to_owned(),
            "--templates".to_owned(),
            at("templates"),
            "--golden".to_owned(),
            at("golden"),
            "--samples".to_owned(),
            root().join("samples").to_str().unwrap().to_owned(),
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

#[test]
fn a_golden_without_a_sample_fails_by_name_and_is_removed_when_pages_are_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let run = |action: &str, kind: &[&str]| {
        let places = ["--samples", &at("samples"), "--golden", &at("golden")];
        let done = shomei(&[&["golden", action], kind, &places].concat());
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    };
    // A case of two pages beside the ordinary one of one page, and another kind.
    let hard = folder.path().join("samples/honnin-kakunin-tsuchi");
    std::fs::create_dir_all(&hard).unwrap();
    let copy = |from: &str, to: &str| {
        std::fs::copy(root().join("samples").join(from), folder.path().join("samples").join(to)).unwrap();
    };
    copy("honnin-kakunin-tsuchi.json", "honnin-kakunin-tsuchi.json");
    copy("honnin-kakunin-tsuchi/jugonin.json", "honnin-kakunin-tsuchi/jugonin.json");
    copy("bangofuda.json", "bangofuda.json");
    let (code, told) = run("accept", &[]);
    assert_eq!(
        (code, told.trim()),
        (Some(0), "written: 3 documents (4 pages); removed: 0 documents (0 pages); unchanged: 0 documents (0 pages)")
    );

    std::fs::remove_file(hard.join("jugonin.json")).unwrap();
    copy("bangofuda/saidai.json", "bangofuda.json");
    let (code, told) = run("check", &["honnin-kakunin-tsuchi"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("honnin-kakunin-tsuchi.jugonin: a golden without a sample"), "{told}");
    assert!(told.contains("as accepted: 1 documents (1 pages); different: 0 documents (0 pages); without a sample: 1 documents (2 pages)"), "{told}");
    // The goldens of another kind are no orphans of this one, and are left alone.
    assert_eq!(
        run("accept", &["bangofuda"]).1.trim(),
        "written: 1 documents (1 pages); removed: 0 documents (0 pages); unchanged: 0 documents (0 pages)"
    );
    assert_eq!(
        run("accept", &[]).1.trim(),
        "written: 0 documents (0 pages); removed: 1 documents (2 pages); unchanged: 2 documents (2 pages)"
    );
    let left = |name: &str| folder.path().join("golden").join(name).exists();
    assert!(!left("honnin-kakunin-tsuchi.jugonin.txt") && !left("honnin-kakunin-tsuchi.jugonin.2.png"));
    assert!(left("honnin-kakunin-tsuchi.txt") && left("honnin-kakunin-tsuchi.1.png"));
    assert_eq!(run("check", &[]).0, Some(0));
}
