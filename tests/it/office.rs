//! The program at an office: its commands over a register on SQLite, run as people run them.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shomei::case::command::Command;
use shomei::case::event::{Evidence, IssueEnd};
use shomei::case::id::{EntryId, IssuanceId, OfficeId};
use shomei::issuing::casework::{Casework, Flows, Rebuilt};
use shomei::issuing::note::incident_opened;
use shomei::issuing::people::People;
use shomei::procedure::Procedures;
use shomei::procedure::settings::Settings;
use shomei::register::clock;
use shomei::register::retention::Retention;
use shomei::register::{Alarm, Ask, Batch, Event, Fresh as _, IncidentId, Locked, Register, RegisterError, Step};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::{root, tool};

/// Of a machine: its clock.
pub const CLOCK: &str = "clock";

/// A register in a folder, and the program there.
pub struct Place {
    folder: TempDir,
    /// What is said of the machine: its clock (as `faketime` has it), its zone, its language.
    pub machine: Vec<(&'static str, String)>,
    /// Said to every command: where the register is, if not in the folder.
    pub more: Vec<String>,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), machine: Vec::new(), more: Vec::new() }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, line: &str) -> Output {
        let program = env!("CARGO_BIN_EXE_shomei");
        let clock = self.machine.iter().find(|(name, _)| *name == CLOCK);
        let mut command = std::process::Command::new(if clock.is_some() { "faketime" } else { program });
        if let Some((_, clock)) = clock {
            command.args(["-f", clock, program]).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command.envs(self.machine.iter().filter(|(name, _)| *name != CLOCK).map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).args(line.split(' ')).args(&self.more).output().unwrap()
    }

    /// What a command that must go well says.
    pub fn done(&self, line: &str) -> String {
        let done = self.run(line);
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// What a command that must be refused says.
    pub fn refused(&self, line: &str) -> String {
        let done = self.run(line);
        assert_eq!(done.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&done.stdout));
        let told = String::from_utf8(done.stderr).unwrap();
        assert!(told.lines().all(|line| line.contains('\t') && line.ends_with('。')), "{told}");
        told
    }

    /// A case that was just begun, with a sample of who came.
    fn received(&self, flow: &str, reception: &str) -> String {
        let case = self.done(&format!("case open {flow} --as kita-madoguchi")).trim().to_owned();
        let samples = root().join("samples/receptions");
        self.done(&format!("case request {case} {}/{reception}.json --as kita-madoguchi", samples.display()));
        case
    }

    /// 住民票の写しの交付 until it was collated.
    fn collated(&self) -> String {
        let case = self.received("juminhyo-kofu", "seikyu");
        for step in ["1", "2", "3", "4", "5", "6"] {
            self.done(&format!("case do {case} {step} --as kita-madoguchi"));
        }
        let samples = root().join("samples");
        let samples = samples.display();
        self.done(&format!("import {samples}/subjects.jsonl --as kita-shonin"));
        let request = format!("{samples}/requests/juminhyo-utsushi.json");
        self.done(&format!("case do {case} 7 --compose juminhyo-utsushi={request} --as kita-nyuryoku"));
        self.done(&format!("case do {case} 8 --as kita-shogo"));
        case
    }

    /// The same until its document was approved.
    pub fn approved(&self) -> String {
        let case = self.collated();
        self.done(&format!("case do {case} 9 --as kita-shinsa"));
        let shown: Value =
            serde_json::from_str(&self.done(&format!("case show {case} --json --as kita-shonin"))).unwrap();
        let code = shown["documents"][0]["code"].as_str().unwrap();
        self.done(&format!("case do {case} 10 --seen {code} --as kita-shonin"));
        case
    }

    /// The same until its certificate is out; says case and issuance.
    pub fn issued(&self) -> (String, String) {
        let case = self.approved();
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

fn kita() -> OfficeId {
    OfficeId::parse("kita-ku").unwrap()
}

/// The text of a file's pages.
pub fn text_of(file: &Path) -> String {
    let pages = shomei::press::readback::read_back(&read(file)).unwrap();
    pages.iter().flat_map(|page| &page.runs).map(|run| run.text.as_str()).collect()
}

pub fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_case_is_done_by_its_own_people_until_a_sealed_page_is_out_and_proven() {
    let place = Place::new();
    let (case, issuance) = place.issued();
    assert!(read(place.at("sealed.pdf")).starts_with(b"%PDF-"));
    assert!(place.done("case list --as kita-madoguchi").contains(&format!("{case}\tjuminhyo-kofu\trunning\t11")));
    let told = place.done(&format!("audit prove {issuance} --as kita-shinsa"));
    for key in ["position\t", "size\t", "root\t", "leaf\t", "path\t"] {
        assert!(told.contains(key), "{told}");
    }
    assert!(place.done("audit --lists --as kita-shinsa").contains("kita-ku\tcases\t1\t0"));
    place.done("close-day -o book.pdf --as kita-shonin");
    let book = text_of(&place.at("book.pdf"));
    assert!(book.contains(&case) && book.contains("log.mihon.example/kita-ku"), "{book}");
    // The next book names this one's checkpoint, whatever was signed in between.
    let (_, closed) = checkpoints(&place).pop().unwrap();
    place.done("audit checkpoint --as kita-shonin");
    place.done("close-day -o next.pdf --as kita-shonin");
    assert!(text_of(&place.at("next.pdf")).contains(closed.lines().nth(2).unwrap()), "{closed}");
    assert!(place.refused("close-day -o x.pdf --as kita-nyuryoku").contains("people-not-city"));
}

#[test]
fn a_file_that_is_taken_over_twice_changes_nothing_the_second_time() {
    let place = Place::new();
    let samples = root().join("samples");
    let import = format!("import {}/subjects.jsonl --as kita-shonin", samples.display());
    assert!(place.done(&import).ends_with("\t+11\t~0\t=0\t!0\n"));
    let before = events(&place);
    assert!(place.done(&import).ends_with("\t+0\t~0\t=11\t!0\n"));
    // An hour may have begun meanwhile, and a checkpoint been signed.
    assert!(events(&place) <= before + 2);
}

/// How many events the offices have, as their audits say.
pub fn events(place: &Place) -> u64 {
    let told = place.done("audit --as kita-shinsa");
    told.lines().map(|line| line.split('\t').nth(1).unwrap().parse::<u64>().unwrap()).sum()
}

/// A resident of the samples, as a line that follows on it.
fn followed(atena_bango: &str, change: impl Fn(&mut Value)) -> String {
    let lines = String::from_utf8(read(root().join("samples/subjects.jsonl"))).unwrap();
    let mut residents = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut known = residents.find(|line| line["kind"] == "jumin" && line["atena_bango"] == atena_bango).unwrap();
    known["rireki_bango"] = json!(9);
    change(&mut known["data"]);
    known.to_string()
}

#[test]
fn a_certificate_is_issued_only_of_what_is_still_held_as_it_was() {
    let other_note = followed("1000020", |data| data["hito"]["biko"] = json!(["変更"]));
    let out_of_the_household = followed("1000047", |data| data["setai_bango"] = json!("2000024"));
    let somebody_else = followed("6000029", |data| data["hito"]["biko"] = json!(["変更"]));
    for (line, stops) in [(other_note, true), (out_of_the_household, true), (somebody_else, false)] {
        let place = Place::new();
        let case = place.approved();
        std::fs::write(place.at("newer.jsonl"), line).unwrap();
        place.done("import newer.jsonl --as kita-shonin");
        let issue = format!("case issue {case} 1 -o sealed.pdf --as kita-shonin");
        if stops {
            assert!(place.refused(&issue).contains("source-changed"));
            assert!(!place.at("sealed.pdf").exists());
            // It is no longer approved: it is entered again, out of what is held now.
            assert!(place.refused(&issue).contains("\t"));
        } else {
            place.done(&issue);
        }
    }
}

/// 照会: what is suppressed is to be found by nobody without the right to see it.
#[test]
fn who_is_suppressed_is_not_found_and_others_are_as_before() {
    let place = Place::new();
    let samples = root().join("samples");
    place.done(&format!("import {}/subjects.jsonl --as kita-shonin", samples.display()));
    let find = |with: &str, who: &str| place.done(&format!("subject find {with} --as {who}"));
    let household = "--setai-bango 2000016";
    assert_eq!(find(household, "kita-nyuryoku").lines().count(), 4);
    let both = find("--shi 見本 --seinengappi 1982-03-03 --cho 見本県見本市北区若葉二丁目", "kita-nyuryoku");
    // On another's record, too.
    assert_eq!(both, "jumin\t1000020\t1\tgenzon\njuminhyo-utsushi-koiki\t1000012\t1\tgenzon\n");
    assert_eq!(find("--furigana ミホンハナコ --setai-bango 2000016", "kita-nyuryoku").lines().count(), 1);
    let shown = place.done("subject show jumin 1000020 --as kita-nyuryoku");
    assert!(shown.contains("花子") && !shown.contains("100001000025") && !shown.contains("24701000028"), "{shown}");

    let nobody = place.refused("subject show jumin 9999999 --as kita-nyuryoku");
    let set = "suppress set --atena-bango 1000020 --shimei 見本花子 --basis shien --reason 申出 --as kita-shonin";
    place.done(set);
    assert_eq!(find(household, "kita-nyuryoku").lines().count(), 3);
    assert_eq!(find("--shimei 見本花子", "kita-nyuryoku"), "");
    assert_eq!(find("--furigana ミホンハナコ", "kita-nyuryoku"), "");
    assert_eq!(place.refused("subject show jumin 1000020 --as kita-nyuryoku"), nobody);
    let seen = find("--shimei 見本花子", "kita-shinsa");
    assert!(seen.starts_with("jumin\t1000020\t1\tgenzon\n") && seen.contains("shien"), "{seen}");
}

/// A suppression is of a person by number; whoever stands on a document without one is asked for by name.
#[test]
fn nothing_is_composed_on_which_somebody_suppressed_stands_without_a_number() {
    let place = Place::new();
    let samples = root().join("samples");
    let samples = samples.display();
    place.done(&format!("import {samples}/subjects.jsonl --as kita-shonin"));
    let case = place.received("koiki-juminhyo-kofu", "seikyu");
    let compose = format!("--compose juminhyo-utsushi-koiki={samples}/requests/juminhyo-utsushi-koiki.json");
    for step in ["1", "2", "3", "4", "5", "6"] {
        place.done(&format!("case do {case} {step} --as kita-madoguchi"));
    }
    let enter = format!("case do {case} 7 {compose} --as kita-nyuryoku");
    place.done("suppress set --atena-bango 1000020 --shimei 見本花子 --basis shien --reason 申出 --as kita-shonin");
    assert!(place.refused(&enter).contains("hand-to-city"));
    let lifted = place.done("suppress list --atena-bango 1000020 --as kita-shonin");
    let seen = lifted.split('\t').next().unwrap();
    place.done(&format!("suppress lift {seen} --reason 終了 --as kita-shonin-2"));
    place.done(&enter);
}

/// 不在住: typed, and so compared with what is held.
#[test]
fn nobody_who_is_held_at_an_address_is_certified_to_be_absent() {
    let samples = root().join("samples");
    let sample: Value = serde_json::from_slice(&read(samples.join("fuzaiju-shomeisho.json"))).unwrap();
    for (name, suppressed, refused) in
        [("見本　三郎", false, false), ("見本　花子", false, true), ("見本　花子", true, true)]
    {
        let place = Place::new();
        place.done(&format!("import {}/subjects.jsonl --as kita-shonin", samples.display()));
        if suppressed {
            place.done("suppress set --atena-bango 1000020 --shimei 別名 --basis shien --reason 申出 --as kita-shonin");
        }
        let mut typed = sample.clone();
        typed["fuzaiju"]["shimei"] = json!(name);
        std::fs::write(place.at("typed.json"), typed.to_string()).unwrap();
        let case = place.received("fuzaiju-jukyohyoji", "seikyu");
        for step in ["1", "2", "3", "4", "5", "6"] {
            place.done(&format!("case do {case} {step} --as kita-madoguchi"));
        }
        place.done(&format!("case do {case} 7 --enter fuzaiju-shomeisho=typed.json --as kita-nyuryoku"));
        place.done(&format!("case do {case} 8 --as kita-shogo"));
        place.done(&format!("case do {case} 9 --as kita-shinsa"));
        let shown: Value =
            serde_json::from_str(&place.done(&format!("case show {case} --json --as kita-koin"))).unwrap();
        let code = shown["documents"][0]["code"].as_str().unwrap();
        place.done(&format!("case do {case} 10 --seen {code} --as kita-koin"));
        let issue = format!("case issue {case} 1 -o sealed.pdf --as kita-koin");
        if refused {
            assert!(place.refused(&issue).contains("hand-to-city"));
        } else {
            place.done(&issue);
        }
        assert_eq!(place.at("sealed.pdf").exists(), !refused, "{name}");
    }
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
    assert!(place.done("audit --as kita-shinsa").contains("kita-ku\t"));
}

#[test]
fn evidence_of_what_another_program_made_is_refused_by_that_program_s_name() {
    let place = Place::new();
    let case = place.approved();
    let issuance = issued_by_another_program(&place, &case);
    let told = place.refused(&format!("reprint {issuance} --evidence --reason inquiry -o no.pdf --as kita-shonin"));
    assert!(told.contains("reprint-other-program") && told.contains("0.0.9+another"), "{told}");
    assert!(!place.at("no.pdf").exists());
    place.done("audit --as kita-shinsa");
}

/// Writes to the register what another build of the program would have written when it issued.
#[tokio::main(flavor = "current_thread")]
async fn issued_by_another_program(place: &Place, number: &str) -> IssuanceId {
    let register = open(place).await;
    let (flows, retention) = (Flows::embedded().unwrap(), Retention::sample().unwrap());
    let settings = Settings::recommended(&Procedures::embedded().unwrap()).unwrap();
    let city = shomei::issuing::city::City::sample().unwrap().id;
    let (flows, settings, retention) = (&flows, &settings, &retention);
    let casework = Casework { register: &register, city: &city, flows, settings, retention };
    let people = People::sample().unwrap();
    let officer = &people.person("kita-koin").unwrap().actor;
    let case = register.case_by_number(&kita(), number).await.unwrap().unwrap().id;
    let (issuance, file) = (IssuanceId::new(), b"%PDF of another program");
    let text = str::to_owned;
    let evidence = Evidence {
        program: text("0.0.9+another"),
        paper: text("plain"),
        host: text("verify.mihon.example"),
        terminal: text("本庁01"),
        printer: text("P001"),
    };
    let begin = Command::BeginIssue { issuance, entry: EntryId(1), number: text("1"), evidence };
    let (kind, issuer) = (text("juminhyo-utsushi"), text("kita-ku"));
    let begun = Step::Begin { id: issuance, kind, digest: [1; 32], template: [2; 32], issuer };
    let end = IssueEnd::Issued { sha256: Sha256::digest(file).into(), pages: 1 };
    let ended = Step::Issue { file: Zeroizing::new(file.to_vec()), pages: 1 };
    for (command, step) in [(begin, begun), (Command::EndIssue { issuance, end }, ended)] {
        let loaded = casework.load(&kita(), case).await.unwrap();
        let today = register.now().await.unwrap().day();
        let events = loaded.case.decide(command, officer, settings, today).unwrap();
        let events = events.iter().map(|event| {
            let kept = event.encode().unwrap();
            Event { kind: kept.kind.to_owned(), v: kept.version, body: Zeroizing::new(kept.body) }
        });
        let batch = Batch { events: events.collect(), step: Some(step), ..Batch::default() };
        let ask = Ask { terminal: Some(1), issuance: Some(issuance), ..Ask::case(&kita(), case, loaded.version) };
        register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ()))).await.unwrap();
    }
    register.close().await.unwrap();
    issuance
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
    std::fs::write(place.at("note"), place.done("audit checkpoint --as kita-shinsa")).unwrap();
    place.done("audit --from note --as kita-shinsa");
    place.tamper("UPDATE issuances SET pages = 9 WHERE pages = 1");
    let told = place.refused("audit --office kita-ku --as kita-shinsa");
    assert!(told.starts_with("kita-ku issuances/") && told.contains("audit-row"), "{told}");
    place.tamper("UPDATE events SET at = at + 1 WHERE office = 'kita-ku' AND position = 7");
    let told = place.refused("audit --office kita-ku --as kita-shinsa");
    assert!(told.starts_with("kita-ku events/7: audit-changed") && told.contains("保守担当"), "{told}");
    assert!(place.done("audit --office minato-ku --as kita-shinsa").starts_with("minato-ku\t1\t"));
}

#[test]
fn a_checkpoint_kept_outside_tells_of_a_register_that_was_cut() {
    let place = Place::new();
    place.issued();
    place.done("audit checkpoint --as kita-shinsa");
    std::fs::write(place.at("note"), place.done("audit checkpoint --as kita-shinsa")).unwrap();
    place.tamper("DELETE FROM events WHERE office = 'kita-ku' AND position >= 12");
    assert!(place.refused("audit --office kita-ku --from note --as kita-shinsa").contains("audit-cut-off"));
    std::fs::write(place.at("note"), with_another_size(read(place.at("note")))).unwrap();
    assert!(place.refused("audit --office kita-ku --from note --as kita-shinsa").contains("register-checkpoint"));
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
    place.done("audit --office kita-ku --as kita-shinsa");
}

/// Kept checkpoints.
#[tokio::main(flavor = "current_thread")]
async fn checkpoints(place: &Place) -> Vec<(u64, String)> {
    let register = open(place).await;
    let kept = register.checkpoints(&kita()).await.unwrap();
    register.close().await.unwrap();
    kept
}

#[test]
fn content_goes_after_its_period_by_two_approvers_and_the_audit_passes_after() {
    let place = Place::new();
    let case = place.collated();
    place.done(&format!("case refuse {case} --reason none --as kita-shinsa"));
    assert_eq!(place.done("retention due --as kita-shinsa"), "", "its period is not over");
    let table = std::fs::read_to_string(root().join("src/register/retention.toml")).unwrap();
    let table = table.replace("years = 3\nstarts = \"fiscal-year\"", "years = 0\nstarts = \"case-end\"");
    std::fs::write(place.at("table.toml"), table).unwrap();
    assert!(place.done("retention due --table table.toml --as kita-shinsa").contains(&case));
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
    assert!(place.done("audit --lists --as kita-shinsa").contains("kita-ku\tcases\t0\t1"));
}

#[test]
fn a_copy_is_restored_and_audited_and_a_changed_one_is_refused() {
    let place = Place::new();
    place.issued();
    let told = place.done("backup copy --as kita-shonin");
    // Who forgot the keys can do it again.
    let forgot = place.refused("restore copy --database new.db --as kita-shinsa");
    assert!(forgot.contains("register-key-missing"), "{forgot}");
    assert!(place.done("restore copy --database new.db --keys shomei.keys --as kita-shinsa").starts_with(&told));
    assert!(
        place
            .refused("restore copy --database new.db --keys shomei.keys --as kita-shinsa")
            .contains("register-not-empty")
    );
    let copy = String::from_utf8(read(place.at("copy"))).unwrap();
    std::fs::write(place.at("changed"), copy.replacen("kita-ku", "kita-kv", 1)).unwrap();
    assert!(
        place
            .refused("restore changed --database other.db --keys shomei.keys --as kita-shinsa")
            .contains("register-copy")
    );
    place.done("adopt --as kita-shonin --and kita-shonin-2");
    assert!(place.refused("adopt --as kita-shonin --and kita-shonin").contains("people-same-person"));
    assert_eq!(notes(&place, "new.db"), ["flow-kept", "copy-begun", "copy-restored"]);
    assert_eq!(notes(&place, "shomei.db"), ["flow-kept", "copy-begun", "copy-made", "adopted"]);
}

#[test]
fn a_new_key_takes_over_from_the_old_one_by_two_people() {
    let place = Place::new();
    let (case, _) = place.issued();
    assert_eq!(place.done("key list --as kita-shinsa"), "office-kita-ku-1\t2\n");
    assert!(place.refused("key new --as kita-shonin --and kita-shonin").contains("people-same-person"));
    assert!(place.refused("key new --as kita-shonin --and kita-shinsa").contains("people-not-approver"));
    assert_eq!(place.done("key new --as kita-shonin --and kita-shonin-2"), "office-kita-ku-2\n");
    place.issued();
    assert_eq!(place.done("key list --as kita-shinsa"), "office-kita-ku-1\t2\noffice-kita-ku-2\t1\n");
    assert!(place.refused("key rewrap --as kita-shonin --and kita-shinsa").contains("people-not-approver"));
    assert!(place.done("key rewrap --as kita-shonin --and kita-shonin-2").starts_with("kita-ku\t2\nkita-ku\t"));
    assert_eq!(place.done("key list --as kita-shinsa"), "office-kita-ku-1\t0\noffice-kita-ku-2\t3\n");
    std::fs::remove_file(place.at("shomei.keys/office-kita-ku-1.key")).unwrap();
    place.done(&format!("case show {case} --as kita-shonin"));
    place.done("audit --lists --as kita-shinsa");
    assert_eq!(notes(&place, "shomei.db"), ["flow-kept", "key-begun", "key-made"]);
}

/// Types of what 北区 noted beside its cases, in order.
#[tokio::main(flavor = "current_thread")]
async fn notes(place: &Place, database: &str) -> Vec<String> {
    let (database, keys) = (place.at(database), place.at("shomei.keys"));
    let register = Register::open(database.to_str().unwrap(), &keys, shomei::PROGRAM, clock::system()).await.unwrap();
    let entries = register.events_from(&kita(), 0, 1_000).await.unwrap();
    register.close().await.unwrap();
    let kinds = entries.into_iter().filter_map(|entry| Some(entry.event?.kind));
    kinds.filter_map(|kind| Some(kind.strip_prefix("office/")?.to_owned())).collect()
}

#[test]
fn every_command_on_the_register_names_its_actor_and_refuses_a_stranger() {
    let place = Place::new();
    let (_, issuance) = place.issued();
    place.done("backup copy --as kita-shonin");
    for command in [
        "audit",
        "audit --lists",
        "audit checkpoint",
        &format!("audit prove {issuance}"),
        "retention due",
        "incident list",
        "key list",
        "backup other",
        "restore copy --database new.db --keys shomei.keys",
    ] {
        assert_eq!(place.run(command).status.code(), Some(2), "{command}");
        for (who, code) in [("nobody", "no-person"), ("kita-nyuryoku", "people-not-city")] {
            assert!(place.refused(&format!("{command} --as {who}")).contains(code), "{command}");
        }
    }
    assert!(!place.at("new.db").exists() && !place.at("other").exists());
    assert!(place.refused(&format!("audit prove {issuance} --as minato-shonin")).contains("no-issuance"));
}

#[test]
fn a_case_is_found_by_a_whole_name_or_number_on_its_documents_and_only_in_its_office() {
    let place = Place::new();
    let (case, _) = place.issued();
    for wanted in ["--shimei 見本太郎", "--shimei 見本　太郎", "--shimei 見本花子", "--atena-bango 1000012"]
    {
        let found = place.done(&format!("case find {wanted} --as kita-madoguchi"));
        assert!(found.starts_with(&format!("{case}\tjuminhyo-kofu\t")), "{wanted}: {found}");
        assert_eq!(found.lines().count(), 1);
        assert_eq!(place.done(&format!("case find {wanted} --as minato-madoguchi")), "");
    }
    for wanted in ["--shimei 見本", "--shimei 1000012", "--atena-bango 見本太郎"] {
        assert_eq!(place.done(&format!("case find {wanted} --as kita-madoguchi")), "", "{wanted}");
    }
    assert_eq!(rebuilt(&place, ""), Rebuilt { replayed: 1, ..Rebuilt::default() });
    place.tamper("DELETE FROM search_keys");
    assert_eq!(rebuilt(&place, "").different, [case], "the lists are not what the events say");
}

#[test]
fn an_incident_is_closed_by_the_city_with_a_reason() {
    let place = Place::new();
    place.done("incident list --as kita-shinsa");
    let id = incident(&place);
    assert!(place.done("incident list --as kita-shinsa").contains(&format!("kita-ku\t{id}\t")));
    assert!(
        place.refused(&format!("incident close {id} --reason seen --as kita-nyuryoku")).contains("people-not-city")
    );
    assert!(place.refused(&format!("incident close {id} --reason seen --as minato-shonin")).contains("no-incident"));
    place.done(&format!("incident close {id} --reason seen --as kita-shonin"));
    assert_eq!(place.done("incident list --as kita-shinsa"), "");
    assert!(place.refused(&format!("incident close {id} --reason seen --as kita-shonin")).contains("no-incident"));
    place.done("audit --as kita-shinsa");
}

#[test]
fn the_lists_are_what_the_events_say_until_the_settings_say_otherwise() {
    let place = Place::new();
    let case = place.received("koseki-todoke-shokken", "todoke");
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
    let city = shomei::issuing::city::City::sample().unwrap().id;
    let (flows, settings, retention) = (&flows, &settings, &retention);
    let casework = Casework { register: &register, city: &city, flows, settings, retention };
    let rebuilt = casework.rebuild(&kita()).await.unwrap();
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
    let ask = Ask::office(&kita());
    let kind = "orphan juminhyo-utsushi";
    let alarms = vec![Alarm::Open { id, kind: kind.to_owned() }];
    let batch = Batch { events: vec![incident_opened(id, kind)], alarms, ..Batch::default() };
    register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ()))).await.unwrap();
    register.close().await.unwrap();
    id
}

#[test]
fn an_alert_forbids_nothing_and_whoever_decides_has_seen_it() {
    let place = Place::new();
    let case = place.collated();
    place.done(&format!("case do {case} 9 --as kita-shinsa"));
    let set = "--shimei 見本花子 --level alert --basis honnin --reason 申出 --as kita-shonin";
    let alert = place.done(&format!("suppress set --atena-bango 1000020 {set}")).trim().to_owned();
    let other = place.done(&format!("suppress set --atena-bango 1000055 {set}")).trim().to_owned();
    let shown: Value = serde_json::from_str(&place.done(&format!("case show {case} --json --as kita-shonin"))).unwrap();
    let approve =
        format!("case do {case} 10 --seen {} --as kita-shonin", shown["documents"][0]["code"].as_str().unwrap());
    let told = place.refused(&approve);
    assert!(told.contains("alert-unseen") && told.contains(&alert) && !told.contains(&other), "{told}");
    assert!(place.refused(&format!("{approve} --alert {other}")).contains(&alert), "another alert is not this one");
    place.done(&format!("{approve} --alert {alert}"));
    place.done(&format!("case issue {case} 1 -o sealed.pdf --as kita-shonin"));
    // Of which day its source is, stands with the document.
    assert!(shown["documents"][0]["as_of"].is_string() && shown["documents"][0]["stale"] == false, "{shown}");
}
