//! How long it takes to find somebody among a million: by name, kana, birth date, address, and by several of them.
//! What is found stands in the register only as keyed hashes. The register is made once, under the build's folder, and
//! kept; `SHOMEI_SEARCH` says how many are in it, and with `SHOMEI_SEARCH_POSTGRES=1` the same is put on a server.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::TryStreamExt as _;
use serde_json::json;
use shomei::case::actor::Actor;
use shomei::case::id::{OfficeId, PersonId};
use shomei::document::names::{Field, Name};
use shomei::document::subject::Subject;
use shomei::domain::calendar::Day;
use shomei::domain::number::AtenaBango;
use shomei::domain::text::Anything;
use shomei::office::lookup::Lookup;
use shomei::office::records::{Author, Records};
use shomei::office::right::Officer;
use shomei::procedure::Role;
use shomei::register::vault::KeyRing;
use shomei::register::{Ask, Batch, Deployment, Locked, Mode, Postgres, Register, RegisterError, Sqlite, Store, clock};
use sqlx::{Connection as _, Row as _, TypeInfo as _, ValueRef as _};
use tokio::runtime::Runtime;

/// Put in one write.
const AT_ONCE: usize = 5_000;

/// 氏 with its 振り仮名; the first are had by many, as they are in Japan (about one in sixty).
const SHI: &[(&str, &str)] = &[
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山口", "ヤマグチ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("斎藤", "サイトウ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
];
/// Parts of the rarer ones.
const PARTS: &[(&str, &str)] = &[
    ("青", "アオ"),
    ("赤", "アカ"),
    ("秋", "アキ"),
    ("石", "イシ"),
    ("岩", "イワ"),
    ("上", "ウエ"),
    ("大", "オオ"),
    ("岡", "オカ"),
    ("川", "カワ"),
    ("北", "キタ"),
    ("黒", "クロ"),
    ("桜", "サクラ"),
    ("島", "シマ"),
    ("白", "シロ"),
    ("杉", "スギ"),
    ("関", "セキ"),
    ("竹", "タケ"),
    ("谷", "タニ"),
    ("寺", "テラ"),
    ("中", "ナカ"),
    ("西", "ニシ"),
    ("野", "ノ"),
    ("浜", "ハマ"),
    ("東", "ヒガシ"),
    ("平", "ヒラ"),
    ("福", "フク"),
    ("前", "マエ"),
    ("松", "マツ"),
    ("南", "ミナミ"),
    ("宮", "ミヤ"),
    ("村", "ムラ"),
    ("若", "ワカ"),
];
/// 名 with its 振り仮名.
const MEI: &[(&str, &str)] = &[
    ("太郎", "タロウ"),
    ("花子", "ハナコ"),
    ("一郎", "イチロウ"),
    ("葵", "アオイ"),
    ("陽菜", "ヒナ"),
    ("蓮", "レン"),
    ("翔", "ショウ"),
    ("美咲", "ミサキ"),
    ("健太", "ケンタ"),
    ("恵子", "ケイコ"),
    ("和子", "カズコ"),
    ("清", "キヨシ"),
    ("茂", "シゲル"),
    ("実", "ミノル"),
    ("幸子", "サチコ"),
    ("節子", "セツコ"),
    ("大輔", "ダイスケ"),
    ("誠", "マコト"),
    ("直樹", "ナオキ"),
    ("愛", "アイ"),
    ("結衣", "ユイ"),
    ("悠真", "ユウマ"),
    ("湊", "ミナト"),
    ("凛", "リン"),
    ("紬", "ツムギ"),
    ("樹", "イツキ"),
    ("颯太", "ソウタ"),
    ("芽依", "メイ"),
];
/// 町.
const CHO: &[&str] =
    &["若葉", "桜木", "本町", "緑", "栄", "旭", "中央", "港", "山手", "川端", "松原", "竹園", "梅田", "泉", "光"];
const CHOME: &[&str] = &["一", "二", "三", "四", "五", "六", "七", "八"];

/// Somebody of the million: always the same.
struct One {
    shi: (String, String),
    mei: (&'static str, &'static str),
    born: Day,
    cho: String,
    jusho: String,
    atena_bango: String,
    setai_bango: String,
}

/// A number that looks like chance (SplitMix64).
fn chance(number: usize, salt: u64) -> usize {
    let mut z =
        (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((z ^ (z >> 31)) >> 1).unwrap()
}

fn pick<T: Copy>(from: &[T], chance: usize) -> T {
    from[chance % from.len()]
}

fn checked(number: usize) -> String {
    (0..10).map(|digit| format!("{number}{digit}")).find(|text| AtenaBango::parse_checked(text).is_ok()).unwrap()
}

impl One {
    fn of(number: usize) -> Self {
        let house = number / 4;
        let shi = match chance(house, 1) % 10 {
            0..4 => {
                let (kanji, kana) = pick(SHI, chance(house, 2));
                (kanji.to_owned(), kana.to_owned())
            }
            _ => {
                let (one, two) = (pick(PARTS, chance(house, 3)), pick(PARTS, chance(house, 4)));
                (format!("{}{}", one.0, two.0), format!("{}{}", one.1, two.1))
            }
        };
        let cho = format!("見本県見本市北区{}{}丁目", pick(CHO, chance(house, 5)), pick(CHOME, chance(house, 6)));
        let banchi = format!("{}番{}号", chance(house, 7) % 60 + 1, chance(house, 8) % 40 + 1);
        let days = u64::try_from(chance(number, 9) % 36_000).unwrap();
        let born = chrono::NaiveDate::from_ymd_opt(1926, 1, 1).unwrap() + chrono::Days::new(days);
        Self {
            shi,
            mei: pick(MEI, chance(number, 10)),
            born: Day::try_from(born).unwrap(),
            jusho: format!("{cho}{banchi}"),
            cho,
            atena_bango: checked(10_000_000 + number),
            setai_bango: checked(50_000_000 + house),
        }
    }

    fn subject(&self, sample: &Subject) -> Subject {
        let mut subject = sample.clone();
        subject.atena_bango.clone_from(&self.atena_bango);
        let data = &mut subject.data;
        data["setai_bango"] = json!(self.setai_bango);
        data["setainushi"] = json!(format!("{}\u{3000}{}", self.shi.0, pick(MEI, chance(0, 10)).0));
        data["jusho"] = json!({ "jusho": self.jusho });
        data["hito"]["atena_bango"] = json!(self.atena_bango);
        let person = data.pointer_mut("/hito/kokumin/nihonjin").unwrap();
        person["shimei"] = json!({ "shi_mei": { "shi": self.shi.0, "mei": self.mei.0 } });
        person["furigana"] = json!({ "shi": self.shi.1, "mei": self.mei.1 });
        person["seinengappi"] = json!(self.born.to_string());
        person["hittosha"] = json!(format!("{}\u{3000}{}", self.shi.0, self.mei.0));
        subject
    }

    fn shimei(&self) -> Name {
        Name::new(Field::Shimei, &format!("{}{}", self.shi.0, self.mei.0))
    }

    fn furigana(&self) -> Name {
        Name::new(Field::Furigana, &format!("{}{}", self.shi.1, self.mei.1))
    }

    fn born(&self) -> Name {
        Name::new(Field::Seinengappi, &self.born.to_string())
    }
}

fn many() -> usize {
    std::env::var("SHOMEI_SEARCH").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

fn city() -> OfficeId {
    OfficeId::parse("mihon-shi").unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("search-{}", many()))
}

const INDEX: &str = "CREATE INDEX record_terms_record ON record_terms (office, kind, id)";

/// The register on SQLite, made if it is not there.
async fn sqlite() -> Register {
    let (folder, file) = (folder(), folder().join("register.db"));
    let store =
        if folder.join("done").exists() { Sqlite::open(&file).await.unwrap() } else { fill(&folder, &file).await };
    let ring = KeyRing::open(&folder.join("keys")).unwrap();
    Register::with(Box::new(store), ring, shomei::PROGRAM, clock::system()).await.unwrap()
}

async fn fill(folder: &Path, file: &Path) -> Sqlite {
    drop(std::fs::remove_dir_all(folder));
    std::fs::create_dir_all(folder).unwrap();
    let deployment = Deployment { mode: Mode::Single, program: shomei::PROGRAM.to_owned() };
    Register::install(file.to_str().unwrap(), &deployment).await.unwrap();
    let store = Sqlite::open(file).await.unwrap();
    // Nothing of this is kept after it was filled: the disk is left to itself, the index made at the end.
    let quick = "PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000; PRAGMA foreign_keys = OFF; \
                 PRAGMA wal_autocheckpoint = 100000; DROP INDEX record_terms_record";
    sqlx::raw_sql(quick).execute(store.writer()).await.unwrap();
    let pool = store.writer().clone();
    let ring = KeyRing::open(&folder.join("keys")).unwrap();
    let register = Register::with(Box::new(store), ring, shomei::PROGRAM, clock::system()).await.unwrap();
    register.enrol(&city()).await.unwrap();
    let since = Instant::now();
    let sample = include_str!("../samples/subjects.jsonl").lines().nth(1).unwrap();
    let sample = Subject::read(sample.as_bytes(), &Anything).unwrap();
    let (city, author) = (city(), Author::one(&PersonId::parse("sample").unwrap()));
    let records: Records<'_, Subject> = Records::of(&register, &city);
    for from in (0..many()).step_by(AT_ONCE) {
        let puts = (from..many().min(from + AT_ONCE)).map(|number| {
            records.draft(&format!("{number:08x}"), 0, &One::of(number).subject(&sample), &author).unwrap()
        });
        let batch = Batch { records: puts.collect(), ..Batch::default() };
        let ask = Ask::office(&city);
        register.write(&ask, |_: &Locked| Ok::<_, RegisterError>((batch, ()))).await.unwrap();
        if from % 100_000 == 0 {
            eprintln!("{from} subjects put: {:.0} s", since.elapsed().as_secs_f64());
        }
    }
    sqlx::raw_sql(INDEX).execute(&pool).await.unwrap();
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
    register.close().await.unwrap();
    std::fs::write(folder.join("done"), "").unwrap();
    eprintln!("{} subjects: {:.0} s", many(), since.elapsed().as_secs_f64());
    Sqlite::open(file).await.unwrap()
}

/// A server that ends with this process, and the same register on it.
async fn postgres() -> (Child, Register) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/postgres-for-tests");
    let mut server = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut socket = String::new();
    let mut told = std::io::BufReader::new(server.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut told, &mut socket).unwrap();
    let url = |name: &str| format!("postgres://owner@localhost/{name}?host={}", socket.trim());
    let mut admin = sqlx::PgConnection::connect(&url("postgres")).await.unwrap();
    sqlx::raw_sql("CREATE DATABASE search").execute(&mut admin).await.unwrap();
    let deployment = Deployment { mode: Mode::Shared, program: shomei::PROGRAM.to_owned() };
    Register::install(&url("search"), &deployment).await.unwrap();
    let since = Instant::now();
    move_over(&url("search")).await;
    eprintln!("moved to a server: {:.0} s", since.elapsed().as_secs_f64());
    let store = Postgres::open(&url("search")).await.unwrap();
    let ring = KeyRing::open(&folder().join("keys")).unwrap();
    (server, Register::with(Box::new(store), ring, shomei::PROGRAM, clock::system()).await.unwrap())
}

/// What has rows, without triggers and with the keys made at the end.
async fn move_over(url: &str) {
    let from = Sqlite::open(&folder().join("register.db")).await.unwrap();
    let mut to = sqlx::PgConnection::connect(url).await.unwrap();
    let bare = "SET session_replication_role = replica; DROP INDEX record_terms_record; \
                ALTER TABLE record_terms DROP CONSTRAINT record_terms_pkey; SET maintenance_work_mem = '1GB'";
    sqlx::raw_sql(bare).execute(&mut to).await.unwrap();
    for table in ["heads", "events", "case_keys", "records", "record_terms"] {
        let columns = "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns \
                       WHERE table_schema = 'public' AND table_name = $1";
        let columns: String = sqlx::query_scalar(columns).bind(table).fetch_one(&mut to).await.unwrap();
        let mut copy = to.copy_in_raw(&format!("COPY {table} ({columns}) FROM STDIN")).await.unwrap();
        let select = sqlx::AssertSqlSafe(format!("SELECT {columns} FROM {table}"));
        let mut rows = sqlx::query(select).fetch(from.writer());
        let mut text = String::new();
        while let Some(row) = rows.try_next().await.unwrap() {
            for at in 0..row.len() {
                text.push_str(if at == 0 { "" } else { "\t" });
                text.push_str(&copied(&row, at));
            }
            text.push('\n');
            if text.len() > 1_000_000 {
                copy.send(std::mem::take(&mut text).into_bytes()).await.unwrap();
            }
        }
        copy.send(text.into_bytes()).await.unwrap();
        copy.finish().await.unwrap();
    }
    let keys = "ALTER TABLE record_terms ADD PRIMARY KEY (office, kind, term, id); \
                CREATE INDEX record_terms_record ON record_terms (office, kind, id); ANALYZE";
    sqlx::raw_sql(keys).execute(&mut to).await.unwrap();
    from.close().await.unwrap();
}

/// A value as COPY reads it; none of these texts has a tab, a line end or a backslash.
fn copied(row: &sqlx::sqlite::SqliteRow, at: usize) -> String {
    let value = row.try_get_raw(at).unwrap();
    match value.type_info().name() {
        _ if value.is_null() => "\\N".to_owned(),
        "BLOB" => format!("\\\\x{}", data_encoding::HEXLOWER.encode(&row.get::<Vec<u8>, _>(at))),
        "TEXT" => row.get(at),
        _ => row.get::<i64, _>(at).to_string(),
    }
}

/// What is looked for: by the number of somebody who is there.
type Wanted = (&'static str, fn(&One) -> Vec<Name>);

const WANTED: [Wanted; 11] = [
    ("宛名番号", |one| vec![Name::new(Field::AtenaBango, &one.atena_bango)]),
    ("氏名", |one| vec![one.shimei()]),
    ("氏", |one| vec![Name::new(Field::Shi, &one.shi.0)]),
    ("振り仮名", |one| vec![one.furigana()]),
    ("氏の振り仮名", |one| vec![Name::new(Field::FuriganaShi, &one.shi.1)]),
    ("生年月日", |one| vec![one.born()]),
    ("住所", |one| vec![Name::new(Field::Jusho, &one.jusho)]),
    ("町", |one| vec![Name::new(Field::Cho, &one.cho)]),
    ("氏名 and 生年月日", |one| vec![one.shimei(), one.born()]),
    ("氏 and 町, both of many", |one| vec![Name::new(Field::Shi, &one.shi.0), Name::new(Field::Cho, &one.cho)]),
    ("nobody: 氏名 with another's 生年月日", |one| {
        vec![one.shimei(), Name::new(Field::Seinengappi, "1920-01-01")]
    }),
];

fn search(criterion: &mut Criterion, database: &str, runtime: &Runtime, register: &Register) {
    let office = OfficeId::parse("kita-ku").unwrap();
    let actor = Actor::new(PersonId::parse("kita-shonin").unwrap(), office, [Role::CityApprover]).unwrap();
    let (city, rights) = (city(), BTreeSet::new());
    let lookup = Lookup::of(register, &city, Officer { actor: &actor, rights: &rights });
    for (what, wanted) in WANTED {
        let mut slowest = 0.0_f64;
        let mut number = 0;
        let mut found = 0;
        criterion.bench_function(&format!("search/{database}, {what}"), |bencher| {
            bencher.iter(|| {
                number += 1;
                let names = wanted(&One::of(chance(number, 11) % many()));
                let since = Instant::now();
                found = found.max(runtime.block_on(lookup.found(&names)).unwrap().people.len());
                slowest = slowest.max(since.elapsed().as_secs_f64() * 1000.0);
            });
        });
        println!("  of {number}: the slowest {slowest:.1} ms, at most {found} found");
    }
}

fn searches(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let register = runtime.block_on(sqlite());
    search(criterion, "SQLite", &runtime, &register);
    runtime.block_on(register.close()).unwrap();
    if std::env::var_os("SHOMEI_SEARCH_POSTGRES").is_some() {
        let (mut server, register) = runtime.block_on(postgres());
        search(criterion, "PostgreSQL", &runtime, &register);
        drop(server.stdin.take());
        server.wait().unwrap();
    }
}

criterion_group! {
    name = search_bench;
    config = Criterion::default().sample_size(30);
    targets = searches
}
criterion_main!(search_bench);
