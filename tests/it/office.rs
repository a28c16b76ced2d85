//! The program at an office: its commands over a register on SQLite, run as people run them.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use shomei::case::id::OfficeId;
use shomei::issuing::casework::{Casework, Flows, Rebuilt};
use shomei::procedure::Procedures;
use shomei::procedure::settings::Settings;
use shomei::register::clock;
use shomei::register::retention::Retention;
use shomei::register::{Alarm, Ask, Batch, Event, Fresh as _, IncidentId, Locked, Register, RegisterError};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{root, tool};

/// A register in a folder, and the program there.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_shomei"));
        command.current_dir(self.folder.path()).args(line.split(' ')).output().unwrap()
    }

    /// What a command that must go well says.
    fn done(&self, line: &str) -> String {
        let done = self.run(line);
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// What a command that must be refused says.
    fn refused(&self, line: &str) -> String {
        let done = self.run(line);
        assert_eq!(done.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&done.stdout));
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(told.lines().all(|line| line.contains('\t') && line.ends_with('。')), "{told}");
        told
    }

    /// 住民票の写しの交付 until it was collated.
    fn collated(&self) -> String {
        let case = self.done("case open juminhyo-kofu --as kita-madoguchi").trim().to_owned();
        for step in ["1", "2", "3", "4", "5", "6"] {
            self.done(&format!("case do {case} {step} --as kita-madoguchi"));
        }
        let sample = root().join("samples/juminhyo-utsushi.json");
        self.done(&format!("case do {case} 7 --enter juminhyo-utsushi={} --as kita-nyuryoku", sample.display()));
        self.done(&format!("case do {case} 8 --as kita-shogo"));
        case
    }

    /// The same until its certificate is out; says case and issuance.
    fn issued(&self) -> (String, String) {
        let case = self.collated();
        self.done(&format!("case do {case} 9 --as kita-shinsa"));
        let shown: Value =
            serde_json::from_str(&self.done(&format!("case show {case} --json --as kita-shonin"))).unwrap();
        let code = shown["documents"][0]["code"].as_str().unwrap();
        self.done(&format!("case do {case} 10 --seen {code} --as kita-shonin"));
        let told = self.done(&format!("case issue {case} 1 -o sealed.pdf --as kita-shonin"));
        (case, told.split('\t').next().unwrap().to_owned())
    }

    /// Changes the database behind the program's back.
    fn tamper(&self, sql: &str) {
        let script = "import sqlite3, sys\n\
            db = sqlite3.connect(sys.argv[1])\n\
            for (name,) in db.execute(\"SELECT name FROM sqlite_master WHERE type = 'trigger'\").fetchall():\n\
            \x20   db.execute('DROP TRIGGER ' + name)\n\
            assert db.execute(sys.argv[2]).rowcount > 0\n\
            db.commit()\n";
        let done = tool("python3", &["-c", script, self.at("shomei.db").to_str().unwrap(), sql]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_case_is_done_by_its_own_people_until_a_sealed_page_is_out_and_proven() {
    let place = Place::new();
    let (case, issuance) = place.issued();
    assert!(read(place.at("sealed.pdf")).starts_with(b"%PDF-"));
    assert!(place.done("case list --as kita-madoguchi").contains(&format!("{case}\tjuminhyo-kofu\trunning\t11")));
    let told = place.done(&format!("audit prove {issuance} --office kita-ku"));
    for key in ["position\t", "size\t", "root\t", "leaf\t", "path\t"] {
        assert!(told.contains(key), "{told}");
    }
    assert!(place.done("audit --lists").contains("kita-ku\tcases\t1\t0"));
    place.done("close-day --office kita-ku -o book.pdf --as kita-shonin");
    let book: String = shomei::press::readback::read_back(&read(place.at("book.pdf")))
        .unwrap()
        .iter()
        .flat_map(|page| &page.runs)
        .map(|run| run.text.as_str())
        .collect();
    assert!(book.contains(&case) && book.contains("log.mihon.example/kita-ku"), "{book}");
    assert!(place.refused("close-day --office kita-ku -o x.pdf --as kita-nyuryoku").contains("people-not-city"));
}

#[test]
fn evidence_is_the_same_bytes_and_a_reprint_is_a_new_number() {
    let place = Place::new();
    let (_, issuance) = place.issued();
    place.done(&format!("reprint {issuance} --evidence --reason inquiry -o again.pdf --as kita-shonin"));
    assert_eq!(read(place.at("again.pdf")), read(place.at("sealed.pdf")));
    let contractor = format!("reprint {issuance} --evidence --reason inquiry -o no.pdf --as kita-nyuryoku");
    assert!(place.refused(&contractor).contains("people-not-city"));
    assert!(!place.at("no.pdf").exists());
    let told = place.done(&format!("reprint {issuance} --reason torn -o new.pdf --as kita-shonin"));
    let (new, number) = told.trim().split_once('\t').unwrap();
    assert!(new != issuance && number.ends_with("000002"), "{told}");
    assert_ne!(read(place.at("new.pdf")), read(place.at("sealed.pdf")));
    let spoiled = format!("reprint {issuance} --evidence --reason inquiry --as kita-shonin");
    assert!(place.refused(&spoiled).contains("reprint-not-released"));
    assert!(place.done("audit").contains("kita-ku\t"));
}

#[test]
fn another_key_of_the_qr_makes_other_bytes_and_is_told() {
    let place = Place::new();
    let (_, issuance) = place.issued();
    std::fs::remove_file(place.at("shomei.keys/mark.key")).unwrap();
    let told = place.refused(&format!("reprint {issuance} --evidence --reason inquiry --as kita-shonin"));
    assert!(told.contains("reprint-other-bytes"), "{told}");
}

#[test]
fn the_audit_names_the_first_broken_link() {
    let place = Place::new();
    place.issued();
    std::fs::write(place.at("note"), place.done("audit checkpoint --office kita-ku")).unwrap();
    place.done("audit --office kita-ku --from note");
    place.tamper("UPDATE issuances SET pages = 9 WHERE pages = 1");
    let told = place.refused("audit --office kita-ku");
    assert!(told.starts_with("kita-ku issuances/") && told.contains("audit-row"), "{told}");
    place.tamper("UPDATE events SET at = at + 1 WHERE office = 'kita-ku' AND position = 7");
    let told = place.refused("audit --office kita-ku");
    assert!(told.starts_with("kita-ku events/7: audit-changed") && told.contains("保守担当"), "{told}");
    assert!(place.done("audit --office minato-ku").starts_with("minato-ku\t1\t"));
}

#[test]
fn a_checkpoint_kept_outside_tells_of_a_register_that_was_cut() {
    let place = Place::new();
    place.issued();
    place.done("audit checkpoint --office kita-ku");
    std::fs::write(place.at("note"), place.done("audit checkpoint --office kita-ku")).unwrap();
    place.tamper("DELETE FROM events WHERE office = 'kita-ku' AND position >= 12");
    assert!(place.refused("audit --office kita-ku --from note").contains("audit-cut-off"));
    std::fs::write(place.at("note"), with_another_size(read(place.at("note")))).unwrap();
    assert!(place.refused("audit --office kita-ku --from note").contains("register-checkpoint"));
}

/// A note with its first digit, which is in its size, another one.
fn with_another_size(mut note: Vec<u8>) -> Vec<u8> {
    let at = note.iter().position(u8::is_ascii_digit).unwrap();
    note[at] = if note[at] == b'9' { b'8' } else { note[at] + 1 };
    note
}

#[test]
fn the_program_signs_with_the_first_write_of_an_hour() {
    let place = Place::new();
    place.done("case open juminhyo-kofu --as kita-madoguchi");
    place.tamper("UPDATE heads SET at = at - 3600000 WHERE office = 'kita-ku'");
    place.done("case open juminhyo-kofu --as kita-madoguchi");
    assert!(!checkpoints(&place).is_empty());
    place.done("audit --office kita-ku");
}

/// Kept checkpoints.
#[tokio::main(flavor = "current_thread")]
async fn checkpoints(place: &Place) -> Vec<(u64, String)> {
    let register = open(place).await;
    let kept = register.checkpoints(&OfficeId::parse("kita-ku").unwrap()).await.unwrap();
    register.close().await.unwrap();
    kept
}

#[test]
fn content_goes_after_its_period_by_two_approvers_and_the_audit_passes_after() {
    let place = Place::new();
    let case = place.collated();
    place.done(&format!("case refuse {case} --reason none --as kita-shinsa"));
    assert_eq!(place.done("retention due"), "", "its period is not over");
    let table = std::fs::read_to_string(root().join("src/register/retention.toml")).unwrap();
    let table = table.replace("years = 3\nstarts = \"fiscal-year\"", "years = 0\nstarts = \"case-end\"");
    std::fs::write(place.at("table.toml"), table).unwrap();
    assert!(place.done("retention due --table table.toml").contains(&case));
    for (second, code) in [
        ("kita-shonin", "people-same-person"),
        ("kita-shinsa", "people-not-approver"),
        ("minato-shonin", "people-not-approver"),
    ] {
        let told = place.refused(&format!("retention run --table table.toml --as kita-shonin --and {second}"));
        assert!(told.contains(code), "{told}");
    }
    place.done(&format!("case show {case} --as kita-shonin"));
    let told = place.done("retention run --table table.toml --as kita-shonin --and kita-shonin-2");
    assert!(told.starts_with("kita-ku\t1\nkita-ku\t"), "{told}");
    assert!(place.refused(&format!("case show {case} --as kita-shonin")).contains("case-destroyed"));
    assert!(place.done("audit --lists").contains("kita-ku\tcases\t0\t1"));
}

#[test]
fn a_copy_is_restored_and_audited_and_a_changed_one_is_refused() {
    let place = Place::new();
    place.issued();
    let told = place.done("backup copy --as kita-shonin");
    assert!(place.done("restore copy --database new.db --keys shomei.keys").starts_with(&told));
    assert!(place.refused("restore copy --database new.db --keys shomei.keys").contains("register-not-empty"));
    let copy = String::from_utf8(read(place.at("copy"))).unwrap();
    std::fs::write(place.at("changed"), copy.replacen("kita-ku", "kita-kv", 1)).unwrap();
    assert!(place.refused("restore changed --database other.db --keys shomei.keys").contains("register-copy"));
    place.done("adopt --as kita-shonin --and kita-shonin-2");
    assert!(place.refused("adopt --as kita-shonin --and kita-shonin").contains("people-same-person"));
    assert_eq!(place.done("key list --office kita-ku"), "office-kita-ku-1\noffice-kita-ku-search\n");
    assert_eq!(place.done("key new --office kita-ku --as kita-shonin"), "office-kita-ku-2\n");
    place.issued();
    place.done("audit --lists");
}

#[test]
fn an_incident_is_closed_by_the_city_with_a_reason() {
    let place = Place::new();
    place.done("incident list");
    let id = incident(&place);
    assert!(place.done("incident list --office kita-ku").contains(&format!("kita-ku\t{id}\t")));
    assert!(
        place.refused(&format!("incident close {id} --reason seen --as kita-nyuryoku")).contains("people-not-city")
    );
    assert!(place.refused(&format!("incident close {id} --reason seen --as minato-shonin")).contains("no-incident"));
    place.done(&format!("incident close {id} --reason seen --as kita-shonin"));
    assert_eq!(place.done("incident list"), "");
    assert!(place.refused(&format!("incident close {id} --reason seen --as kita-shonin")).contains("no-incident"));
    place.done("audit");
}

#[test]
fn the_lists_are_what_the_events_say_until_the_settings_say_otherwise() {
    let place = Place::new();
    let case = place.done("case open koseki-todoke-shokken --as kita-madoguchi").trim().to_owned();
    for step in ["1", "2"] {
        place.done(&format!("case do {case} {step} --as kita-madoguchi"));
    }
    assert_eq!(rebuilt(&place, ""), Rebuilt { replayed: 1, ..Rebuilt::default() });
    assert_eq!(rebuilt(&place, ""), Rebuilt { replayed: 1, ..Rebuilt::default() }, "looking changes nothing");
    let other = "[[performer]]\nprocedure = \"koseki-todoke-shokken\"\nstep = \"3\"\nrole = \"city-counter\"\n";
    assert_eq!(rebuilt(&place, other), Rebuilt { replayed: 1, destroyed: 0, different: vec![case] });
}

/// What comes of replaying with more settings than the recommended ones.
#[tokio::main(flavor = "current_thread")]
async fn rebuilt(place: &Place, more: &str) -> Rebuilt {
    let procedures = Procedures::embedded().unwrap();
    let recommended = std::fs::read_to_string(root().join("src/procedure/settings.toml")).unwrap();
    let settings = Settings::parse("settings.toml", &format!("{recommended}\n{more}"), &procedures).unwrap();
    let register = open(place).await;
    let (flows, retention) = (Flows::embedded().unwrap(), Retention::sample().unwrap());
    let casework = Casework { register: &register, flows: &flows, settings: &settings, retention: &retention };
    let rebuilt = casework.rebuild(&OfficeId::parse("kita-ku").unwrap()).await.unwrap();
    register.close().await.unwrap();
    rebuilt
}

async fn open(place: &Place) -> Register {
    let (database, keys) = (place.at("shomei.db"), place.at("shomei.keys"));
    Register::open(database.to_str().unwrap(), &keys, shomei::PROGRAM, clock::system()).await.unwrap()
}

/// Opens an incident, as issuing does.
#[tokio::main(flavor = "current_thread")]
async fn incident(place: &Place) -> IncidentId {
    let register = open(place).await;
    let id = IncidentId::new();
    let ask = Ask::office(&OfficeId::parse("kita-ku").unwrap());
    let event = Event { kind: "office/incident-opened".to_owned(), v: 1, body: Zeroizing::new(Vec::new()) };
    let alarms = vec![Alarm::Open { id, kind: "orphan juminhyo-utsushi".to_owned() }];
    let batch = Batch { events: vec![event], alarms, ..Batch::default() };
    register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ()))).await.unwrap();
    register.close().await.unwrap();
    id
}
