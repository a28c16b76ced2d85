//! 確認用住民票: what was entered, beside what stood before, for the collator (照合) and the examiner
//! (審査). It proves nothing, has no place for a seal, and never holds 個人番号 or 住民票コード.

use serde_json::{Value as Shape, json};

use crate::domain::calendar::WarekiDate;
use crate::domain::number::{AtenaBango, SetaiBango};
use crate::domain::person::{Family, MemberKey, Seibetsu, Zokugara};
use crate::{choice, either, record};

use super::Document;
use super::entry::{Nothing, Perhaps};
use super::jumin::{Gaikokujin, Jusho, Kokumin, Nihonjin};
use super::juminhyo_utsushi::tsusho_rireki_text;
use super::parse::{Reader, Text};
use super::uketsuke::{AnkenBango, code_points, code_points_beside, lines_at, put_case_code};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 確認用住民票 of one 届出: a sheet a person, and a list of the household first.
    pub struct KakuninyoJuminhyo {
        /// 案件番号.
        pub anken_bango: AnkenBango,
        /// 事務: what was notified (転入（全部）).
        pub jimu: Text,
        /// 届出日; none where nobody notified (職権).
        pub todokede_hi: Perhaps<WarekiDate>,
        /// 異動日; none where nothing changes.
        pub ido_hi: Perhaps<WarekiDate>,
        /// 世帯番号.
        pub setai_bango: SetaiBango,
        /// Who entered (受注者).
        pub nyuryokusha: Option<Text>,
        /// The people.
        pub taisho: Vec<Taisho>,
    }
}

record! {
    /// 対象者.
    pub struct Taisho {
        /// 宛名番号.
        pub atena_bango: AtenaBango,
        /// 宛名番号 of the 子 around whom the person's family within the household gathers.
        pub kazoku: Option<AtenaBango>,
        /// What becomes of the person's record.
        pub ido: Ido,
        /// 抑止 (支援措置) in force; empty where there is none.
        pub yokushi: Vec<YokushiHani>,
    }
}

either! {
    /// What becomes of a record.
    pub enum Ido {
        /// 新規: there was none before.
        Shinki(Box<Naiyo>) = "shinki",
        /// 消除: there is none after.
        Shojo(Box<Naiyo>) = "shojo",
        /// 変更.
        Henko(Box<Henko>) = "henko",
        /// 異動なし: the record as it stands.
        Genzai(Box<Naiyo>) = "genzai",
    }
}

record! {
    /// A record before and after.
    pub struct Henko {
        /// 変更前.
        pub mae: Naiyo,
        /// 変更後.
        pub ato: Naiyo,
    }
}

record! {
    /// What a record says of a person.
    pub struct Naiyo {
        /// What depends on nationality. Nothing of it may be omitted here.
        pub kokumin: Kokumin,
        /// 性別.
        pub seibetsu: Seibetsu,
        /// 続柄.
        pub zokugara: Zokugara,
        /// 世帯主の氏名.
        pub setainushi: Text,
        /// 住所.
        pub jusho: Jusho,
        /// 住所を定めた年月日.
        pub jusho_wo_sadameta_hi: Perhaps<WarekiDate>,
        /// 届出日 of the address.
        pub todokede_hi: Perhaps<WarekiDate>,
        /// 転入前住所.
        pub tennyumae_jusho: Perhaps<Jusho>,
        /// 個人番号: whether it was collated on the screen; never the number.
        pub kojin_bango: Shogo,
        /// 住民票コード: whether it was collated on the screen; never the code.
        pub juminhyo_code: Shogo,
        /// 国保・年金.
        pub kokuho_nenkin: Perhaps<Text>,
        /// 介護・後期・児童.
        pub kaigo_koki_jido: Perhaps<Text>,
        /// 備考, a line each.
        pub biko: Vec<Text>,
    }
}

choice! {
    /// Whether a number was collated on the screen.
    pub enum Shogo {
        /// 照合済.
        Sumi = "sumi",
        /// 要照合.
        Yo = "yo",
    }
}

choice! {
    /// From whom a person is protected (抑止の範囲).
    pub enum YokushiHani {
        /// 他課.
        Takka = "takka",
        /// 発行.
        Hakko = "hakko",
        /// 閲覧.
        Etsuran = "etsuran",
    }
}

/// Millimetres of one unit of height, of what a value keeps clear of its rules, of a line of code
/// points, and of a line at the least size of
/// 7 pt, as the template has them.
const UNIT: f64 = 8.0;
const CLEAR: f64 = 1.2;
const CODES_LINE: f64 = 2.9;
const LEAST_LINE: f64 = 7.0 * 1.2 * 25.4 / 72.0;
const LEAST_SIZE: f64 = 7.0 * 25.4 / 72.0;
/// Em of a line at the least size, with room for a break before a 方書; em of a line of code points.
const LINE_EM: f64 = 22.0;
const CODES_EM: f64 = 44.0;
/// Units that a list takes, and that a person's sheet takes before it is continued.
const UNITS_LIST: usize = 21;
const UNITS_PERSON: usize = 25;
/// Units of the tallest row.
const MOST_UNITS: usize = 8;

impl Document for KakuninyoJuminhyo {
    fn check(&self, reader: &mut Reader<'_>) {
        if self.taisho.is_empty() {
            reader.at("taisho", |reader| reader.refuse::<()>("empty-household"));
        }
        self.check_days(reader);
        self.check_setainushi(reader);
        for (index, taisho) in self.taisho.iter().enumerate() {
            let twice = self.taisho[..index].iter().any(|other| other.atena_bango == taisho.atena_bango);
            reader.at("taisho", |reader| {
                reader.at_index(index, |reader| {
                    if twice {
                        reader.at("atena_bango", |reader| reader.refuse::<()>("same-person-twice"));
                    }
                    taisho.check(self.ido_hi.given(), reader);
                });
            });
        }
    }

    fn view(&self, words: &Words) -> View {
        let people = self.in_order();
        let mut sheets: Vec<Sheet<'_>> = Vec::new();
        if people.len() > 1 {
            sheets.extend(list_sheets(&people, words));
        }
        for (index, taisho) in people.iter().enumerate() {
            sheets.extend(person_sheets(index + 1, taisho, words));
        }
        let mut draft = Draft::new(words, words.get("title"), sheets.len());
        draft.shape("nyuryokusha", self.nyuryokusha.is_some());
        draft.shape("sheets", sheets.iter().map(Sheet::shape).collect::<Vec<_>>());
        for (index, sheet) in sheets.iter().enumerate() {
            self.put_heading(&mut draft, index, sheet, people.len());
            for row in &sheet.rows {
                row.put(&mut draft, self.path_of(row.person));
            }
        }
        draft.subject(self.anken_bango.as_str());
        draft.finish()
    }
}

impl KakuninyoJuminhyo {
    fn check_days(&self, reader: &mut Reader<'_>) {
        let changes = self.taisho.iter().any(|taisho| !matches!(taisho.ido, Ido::Genzai(_)));
        let code = match (changes, self.ido_hi.given()) {
            (true, None) => "change-without-date",
            (false, Some(_)) => "date-without-change",
            _ => return,
        };
        reader.at("ido_hi", |reader| reader.refuse::<()>(code));
    }

    /// A household has one 世帯主 after the change; before it, people may have been of several.
    fn check_setainushi(&self, reader: &mut Reader<'_>) {
        let heads = self.taisho.iter().filter_map(|t| t.ido.ato()).filter(|n| n.zokugara.is_setainushi());
        if heads.count() > 1 {
            reader.at("taisho", |reader| reader.refuse::<()>("setainushi-double"));
        }
    }

    /// People in the order of a household (標準仕様書 5.2).
    fn in_order(&self) -> Vec<&Taisho> {
        let mut people: Vec<&Taisho> = self.taisho.iter().collect();
        people.sort_by_key(|taisho| {
            let family = taisho.kazoku.as_ref().and_then(|head| {
                let head = self.taisho.iter().find(|other| other.atena_bango == *head)?;
                Some(Family::of(head.ido.latest().kokumin.seinengappi(), &head.atena_bango))
            });
            let naiyo = taisho.ido.latest();
            MemberKey::new(&naiyo.zokugara, naiyo.kokumin.seinengappi(), &taisho.atena_bango, family)
        });
        people
    }

    fn path_of(&self, person: &Taisho) -> String {
        let index = self.taisho.iter().position(|taisho| std::ptr::eq(taisho, person)).unwrap_or(0);
        format!("taisho[{index}]")
    }

    fn put_heading(&self, draft: &mut Draft<'_>, index: usize, sheet: &Sheet<'_>, people: usize) {
        let words = draft.words();
        let all = people.to_string();
        let date = |date: &WarekiDate| words.date(date.recorded(), DateStyle::Grid);
        let (taisho, atena_bango) = match sheet.person {
            None => (words.fill("ichiran", &[("all", &all)]), words.get("nothing.not-applicable").to_owned()),
            Some((number, person)) => {
                let shimei = person.ido.latest().kokumin.shimei();
                let named = [("shimei", shimei.as_str()), ("n", &number.to_string()), ("all", &all)];
                (words.fill("taisho", &named), person.atena_bango.as_str().to_owned())
            }
        };
        let todokede_hi = draft.entry(&self.todokede_hi, date);
        let ido_hi = draft.entry(&self.ido_hi, date);
        let mut put = |name: &str, text: String| draft.put(format!("s{index}.{name}"), text, name);
        put("jimu", self.jimu.as_str().to_owned());
        put("todokede_hi", todokede_hi);
        put("ido_hi", ido_hi);
        put("taisho", taisho);
        put("setai_bango", self.setai_bango.as_str().to_owned());
        put("atena_bango", atena_bango);
        if let Some(nyuryokusha) = &self.nyuryokusha {
            put("nyuryokusha", nyuryokusha.as_str().to_owned());
        }
        put_case_code(draft, index, &self.anken_bango, 52.0, 8.0);
    }
}

impl Ido {
    /// Word of the template for it.
    fn key(&self) -> &'static str {
        match self {
            Self::Shinki(_) => "shinki",
            Self::Shojo(_) => "shojo",
            Self::Henko(_) => "henko",
            Self::Genzai(_) => "genzai",
        }
    }

    /// What stood before, where it is shown.
    fn mae(&self) -> Option<&Naiyo> {
        match self {
            Self::Shojo(naiyo) => Some(naiyo),
            Self::Henko(henko) => Some(&henko.mae),
            Self::Shinki(_) | Self::Genzai(_) => None,
        }
    }

    /// What stands after.
    fn ato(&self) -> Option<&Naiyo> {
        match self {
            Self::Shinki(naiyo) | Self::Genzai(naiyo) => Some(naiyo),
            Self::Henko(henko) => Some(&henko.ato),
            Self::Shojo(_) => None,
        }
    }

    /// What stands after or, of a record that is removed, what stood last.
    fn latest(&self) -> &Naiyo {
        match self {
            Self::Shinki(naiyo) | Self::Genzai(naiyo) | Self::Shojo(naiyo) => naiyo,
            Self::Henko(henko) => &henko.ato,
        }
    }
}

impl Taisho {
    fn check(&self, ido_hi: Option<&WarekiDate>, reader: &mut Reader<'_>) {
        for (index, hani) in self.yokushi.iter().enumerate() {
            if self.yokushi[..index].contains(hani) {
                reader.at("yokushi", |reader| reader.at_index(index, |reader| reader.refuse::<()>("listed-twice")));
            }
        }
        reader.at("ido", |reader| {
            reader.at(self.ido.key(), |reader| match &self.ido {
                Ido::Henko(henko) => {
                    if henko.mae == henko.ato {
                        reader.refuse::<()>("nothing-changed");
                    }
                    reader.at("mae", |reader| henko.mae.check(ido_hi, reader));
                    reader.at("ato", |reader| henko.ato.check(ido_hi, reader));
                }
                Ido::Shinki(naiyo) | Ido::Shojo(naiyo) | Ido::Genzai(naiyo) => naiyo.check(ido_hi, reader),
            });
        });
    }
}

impl Naiyo {
    fn check(&self, ido_hi: Option<&WarekiDate>, reader: &mut Reader<'_>) {
        if ido_hi.is_some_and(|day| day.recorded().certainly_before(self.kokumin.seinengappi())) {
            reader.at("kokumin", |reader| reader.refuse::<()>("change-before-birth"));
        }
        reader.at("kokumin", |reader| {
            for field in omitted(&self.kokumin) {
                reader.at(field, |reader| reader.refuse::<()>("omitted-from-collation"));
            }
        });
    }
}

/// Fields that a request omitted: what is collated is collated whole.
fn omitted(kokumin: &Kokumin) -> Vec<&'static str> {
    let fields = match kokumin {
        Kokumin::Nihonjin(n) => {
            vec![("honseki", n.honseki.as_result().err()), ("hittosha", n.hittosha.as_result().err())]
        }
        Kokumin::Gaikokujin(g) => vec![
            ("kokuseki", g.kokuseki.as_result().err()),
            ("kubun", g.kubun.as_result().err()),
            ("zairyu_shikaku", g.zairyu_shikaku.as_result().err()),
            ("zairyu_kikan", g.zairyu_kikan.as_result().err()),
            ("manryo_hi", g.manryo_hi.as_result().err()),
            ("card_bango", g.card_bango.as_result().err()),
            ("tsusho_rireki", g.tsusho_rireki.as_result().err()),
        ],
    };
    fields.into_iter().filter(|(_, kind)| *kind == Some(Nothing::Omitted)).map(|(field, _)| field).collect()
}

/// Items that are names: code points stand below them.
const NAMES: [&str; 4] = ["shimei", "betsumei", "setainushi", "hittosha"];

/// One sheet: a list of the household, or a person.
struct Sheet<'a> {
    /// Number among the people, and who; none for a list.
    person: Option<(usize, &'a Taisho)>,
    rows: Vec<Row<'a>>,
    /// Whether 抑止 is the sheet's last row.
    yokushi: bool,
}

/// One row of the table.
struct Row<'a> {
    person: &'a Taisho,
    /// First part of its slots' names: unique in the document.
    name: String,
    /// Item, or `hito` in a list.
    key: &'static str,
    mae: Option<Cell>,
    ato: Option<Cell>,
    changed: bool,
}

/// One value, and the code points that stand below it.
#[derive(PartialEq)]
struct Cell {
    text: String,
    codes: String,
}

impl Cell {
    fn plain(text: String) -> Self {
        Self { text, codes: String::new() }
    }

    /// Lines of code points.
    fn codes_lines(&self) -> usize {
        if self.codes.is_empty() { 0 } else { lines_at(&self.codes, CODES_EM) }
    }

    /// Units of height it takes at the least size.
    fn units(&self) -> usize {
        let lines = lines_at(&self.text, LINE_EM) as f64;
        let height = CLEAR + LEAST_SIZE + (lines - 1.0) * LEAST_LINE + self.codes_lines() as f64 * CODES_LINE;
        (1..MOST_UNITS).find(|units| height <= UNIT * *units as f64).unwrap_or(MOST_UNITS)
    }
}

impl Row<'_> {
    fn units(&self) -> usize {
        [&self.mae, &self.ato].into_iter().flatten().map(Cell::units).max().unwrap_or(1)
    }

    fn shape(&self) -> Shape {
        let codes = |cell: &Option<Cell>| cell.as_ref().map_or(0, Cell::codes_lines);
        json!({
            "name": self.name,
            "key": self.key,
            "units": self.units(),
            "changed": self.changed,
            "differs": self.mae != self.ato && self.changed,
            "mode": self.person.ido.key(),
            "yokushi": !self.person.yokushi.is_empty(),
            "mae_codes": codes(&self.mae),
            "ato_codes": codes(&self.ato),
        })
    }

    fn put(&self, draft: &mut Draft<'_>, person: String) {
        if self.key == "yokushi" {
            let path = format!("{person}.yokushi");
            let hani: Vec<&str> = self
                .person
                .yokushi
                .iter()
                .map(|hani| draft.words().get(&format!("yokushi-hani.{}", hani.key())))
                .collect();
            let text = draft.words().fill("yokushi", &[("hani", &hani.join(draft.words().get("yokushi-joint")))]);
            draft.put(format!("{}.ato", self.name), text, path);
            return;
        }
        for (side, cell) in [("mae", &self.mae), ("ato", &self.ato)] {
            let Some(cell) = cell else { continue };
            let path = self.path(&person, side);
            draft.put(format!("{}.{side}", self.name), cell.text.as_str(), path.as_str());
            if !cell.codes.is_empty() {
                draft.put(format!("{}.{side}_codes", self.name), cell.codes.as_str(), path);
            }
        }
    }

    fn path(&self, person: &str, side: &str) -> String {
        let ido = self.person.ido.key();
        match self.person.ido {
            Ido::Henko(_) => format!("{person}.ido.{ido}.{side}.{}", self.key),
            _ => format!("{person}.ido.{ido}.{}", self.key),
        }
    }
}

impl Sheet<'_> {
    fn shape(&self) -> Shape {
        json!({
            "list": self.person.is_none(),
            "rows": self.rows.iter().map(Row::shape).collect::<Vec<_>>(),
            "units": self.rows.iter().map(Row::units).sum::<usize>(),
            "yokushi": self.yokushi,
        })
    }
}

/// Rows divided between sheets of so many units.
fn divided(rows: Vec<Row<'_>>, units: usize) -> Vec<Vec<Row<'_>>> {
    let mut sheets: Vec<Vec<Row<'_>>> = vec![Vec::new()];
    let mut used = 0;
    for row in rows {
        let height = row.units();
        if used + height > units {
            sheets.push(Vec::new());
            used = 0;
        }
        used += height;
        if let Some(sheet) = sheets.last_mut() {
            sheet.push(row);
        }
    }
    sheets
}

fn list_sheets<'a>(people: &[&'a Taisho], words: &Words) -> Vec<Sheet<'a>> {
    let rows = people
        .iter()
        .enumerate()
        .map(|(index, person)| {
            let cell = |naiyo: &Naiyo| Cell {
                text: words.fill(
                    "hito",
                    &[
                        ("shimei", &naiyo.kokumin.shimei()),
                        ("zokugara", naiyo.zokugara.as_str()),
                        ("seinengappi", &words.date(naiyo.kokumin.seinengappi(), DateStyle::Grid)),
                    ],
                ),
                codes: String::new(),
            };
            Row {
                person,
                name: format!("l{}", index + 1),
                key: "hito",
                mae: person.ido.mae().map(cell),
                ato: person.ido.ato().map(cell),
                changed: !matches!(person.ido, Ido::Genzai(_)),
            }
        })
        .collect();
    let sheet = |rows| Sheet { person: None, rows, yokushi: false };
    divided(rows, UNITS_LIST).into_iter().map(sheet).collect()
}

fn person_sheets<'a>(number: usize, person: &'a Taisho, words: &Words) -> Vec<Sheet<'a>> {
    let mut mae = person.ido.mae().map(|naiyo| naiyo.items(words).into_iter());
    let mut ato = person.ido.ato().map(|naiyo| naiyo.items(words).into_iter());
    let mut next = || {
        let mae = mae.as_mut().and_then(Iterator::next);
        let ato = ato.as_mut().and_then(Iterator::next);
        let key = mae.as_ref().or(ato.as_ref())?.0;
        Some((key, mae.map(|(_, cell)| cell), ato.map(|(_, cell)| cell)))
    };
    let mut rows: Vec<Row<'a>> = std::iter::from_fn(&mut next)
        .map(|(key, mut mae, mut ato)| {
            if let (Some(mae), Some(ato)) = (&mut mae, &mut ato)
                && NAMES.contains(&key)
            {
                mae.codes = code_points_beside(&mae.text, &ato.text, words);
                ato.codes = code_points_beside(&ato.text, &mae.text, words);
            }
            Row {
                person,
                name: format!("p{number}.{key}"),
                key,
                changed: !matches!(person.ido, Ido::Genzai(_)) && mae != ato,
                mae,
                ato,
            }
        })
        .collect();
    let protected = !person.yokushi.is_empty();
    if protected {
        let name = format!("p{number}.yokushi");
        rows.push(Row { person, name, key: "yokushi", mae: None, ato: None, changed: false });
    }
    let sheet = |rows: Vec<Row<'a>>| {
        let yokushi = rows.last().is_some_and(|row| row.key == "yokushi");
        Sheet { person: Some((number, person)), rows, yokushi }
    };
    divided(rows, UNITS_PERSON).into_iter().map(sheet).collect()
}

impl Naiyo {
    /// Items in the order of a 届書.
    fn items(&self, words: &Words) -> Vec<(&'static str, Cell)> {
        let date = |date: &WarekiDate| words.date(date.recorded(), DateStyle::Grid);
        let name = |text: String| Cell { codes: code_points(&text, words), text };
        let shogo = |shogo: Shogo| Cell::plain(words.get(&format!("shogo.{}", shogo.key())).to_owned());
        let plain = Cell::plain;
        let seibetsu = words.get(&format!("seibetsu.{}", self.seibetsu.key())).to_owned();
        let own = OwnItems::of(&self.kokumin, words);
        vec![
            ("furigana", plain(own.furigana)),
            ("shimei", name(self.kokumin.shimei())),
            ("betsumei", name(own.betsumei)),
            ("seinengappi", plain(words.date(self.kokumin.seinengappi(), DateStyle::Grid))),
            ("seibetsu", plain(seibetsu)),
            ("zokugara", plain(self.zokugara.as_str().to_owned())),
            ("setainushi", name(self.setainushi.as_str().to_owned())),
            ("jusho", plain(self.jusho.printed())),
            ("jusho_wo_sadameta_hi", plain(words.entry(&self.jusho_wo_sadameta_hi, date))),
            ("jumin_to_natta_hi", plain(own.natta)),
            ("todokede_hi", plain(words.entry(&self.todokede_hi, date))),
            ("honseki", plain(own.honseki)),
            ("hittosha", name(own.hittosha)),
            ("tennyumae_jusho", plain(words.entry(&self.tennyumae_jusho, Jusho::printed))),
            ("kojin_bango", shogo(self.kojin_bango)),
            ("juminhyo_code", shogo(self.juminhyo_code)),
            ("kokuseki", plain(own.kokuseki)),
            ("zairyu", plain(own.zairyu)),
            ("kokuho_nenkin", plain(words.entry(&self.kokuho_nenkin, |t| t.as_str().to_owned()))),
            ("kaigo_koki_jido", plain(words.entry(&self.kaigo_koki_jido, |t| t.as_str().to_owned()))),
            ("biko", plain(self.biko(words))),
        ]
    }

    /// 備考, and the history of 通称, a line each.
    fn biko(&self, words: &Words) -> String {
        let mut lines: Vec<String> = self.biko.iter().map(|line| line.as_str().to_owned()).collect();
        if let Kokumin::Gaikokujin(gaikokujin) = &self.kokumin {
            let history = gaikokujin.tsusho_rireki.given().into_iter().flatten();
            lines.extend(history.map(|entry| tsusho_rireki_text(words, entry)));
        }
        if lines.is_empty() { words.get("nothing.not-applicable").to_owned() } else { lines.join("\n") }
    }
}

/// Items that depend on nationality.
struct OwnItems {
    furigana: String,
    betsumei: String,
    natta: String,
    honseki: String,
    hittosha: String,
    kokuseki: String,
    zairyu: String,
}

impl OwnItems {
    fn of(kokumin: &Kokumin, words: &Words) -> Self {
        match kokumin {
            Kokumin::Nihonjin(nihonjin) => Self::of_nihonjin(nihonjin, words),
            Kokumin::Gaikokujin(gaikokujin) => Self::of_gaikokujin(gaikokujin, words),
        }
    }

    fn of_nihonjin(person: &Nihonjin, words: &Words) -> Self {
        let none = || words.get("nothing.not-applicable").to_owned();
        let text = |text: &Text| text.as_str().to_owned();
        let betsumei = person.kyushi.as_ref().map_or_else(none, |kyushi| {
            words.fill("betsumei", &[("mei", kyushi.kyushi.as_str()), ("furigana", kyushi.furigana.as_str())])
        });
        Self {
            furigana: person.furigana.printed(words),
            betsumei,
            natta: words.entry(&person.jumin_to_natta_hi, |d| words.date(d.recorded(), DateStyle::Grid)),
            honseki: words.entry(&person.honseki, text),
            hittosha: words.entry(&person.hittosha, text),
            kokuseki: none(),
            zairyu: none(),
        }
    }

    fn of_gaikokujin(person: &Gaikokujin, words: &Words) -> Self {
        let none = || words.get("nothing.not-applicable").to_owned();
        let kana = |kana: &crate::domain::person::Kana| kana.as_str().to_owned();
        let betsumei = person.tsusho.as_ref().map_or_else(none, |tsusho| match &tsusho.furigana {
            None => tsusho.tsusho.as_str().to_owned(),
            Some(furigana) => {
                words.fill("betsumei", &[("mei", tsusho.tsusho.as_str()), ("furigana", furigana.as_str())])
            }
        });
        let kubun = words.entry(&person.kubun, |k| words.get(&format!("kubun.{}", k.key())).to_owned());
        let kokuseki = words.entry(&person.kokuseki, |t| t.as_str().to_owned());
        let natta = &person.gaikokujin_jumin_to_natta_hi;
        Self {
            furigana: person.furigana.as_ref().map_or_else(none, kana),
            betsumei,
            natta: words.entry(natta, |d| words.date(d.recorded(), DateStyle::Grid)),
            honseki: none(),
            hittosha: none(),
            kokuseki: format!("{kokuseki}\u{3000}{kubun}"),
            zairyu: zairyu(person, words),
        }
    }
}

/// 在留資格, 在留期間, 満了の日 and card in one cell; one mark where none of them applies.
fn zairyu(person: &Gaikokujin, words: &Words) -> String {
    let text = |text: &Text| text.as_str().to_owned();
    let items = [
        words.entry(&person.zairyu_shikaku, text),
        words.entry(&person.zairyu_kikan, text),
        words.entry(&person.manryo_hi, |d| words.date(d.recorded(), DateStyle::Grid)),
        words.entry(&person.card_bango, |n| n.as_str().to_owned()),
    ];
    let none = words.get("nothing.not-applicable");
    if items.iter().all(|item| item == none) { none.to_owned() } else { items.join("\u{3000}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    fn naiyo(mei: &str, zokugara: &str) -> Shape {
        json!({
            "kokumin": { "nihonjin": {
                "shimei": { "shi_mei": { "shi": "見本", "mei": mei } },
                "furigana": { "shi": "ミホン" },
                "seinengappi": "S55-12-26",
                "jumin_to_natta_hi": { "nothing": "no-data" },
                "honseki": "見本県見本市北区若葉二丁目１番",
                "hittosha": "見本　太郎",
            }},
            "seibetsu": "otoko",
            "zokugara": zokugara,
            "setainushi": "見本　太郎",
            "jusho": { "jusho": "見本県見本市港区桜町六丁目５番１号" },
            "jusho_wo_sadameta_hi": { "nothing": "no-data" },
            "todokede_hi": "H20-04-03",
            "tennyumae_jusho": { "nothing": "not-applicable" },
            "kojin_bango": "sumi",
            "juminhyo_code": "yo",
            "kokuho_nenkin": "国保加入",
            "kaigo_koki_jido": { "nothing": "not-applicable" },
            "biko": [],
        })
    }

    fn moved(atena_bango: &str, mei: &str, zokugara: &str) -> Shape {
        let mut ato = naiyo(mei, zokugara);
        ato["jusho"]["jusho"] = json!("見本県見本市北区若葉二丁目１番２７号");
        json!({ "atena_bango": atena_bango, "ido": { "henko": { "mae": naiyo(mei, zokugara), "ato": ato } }, "yokushi": [] })
    }

    fn sample() -> Shape {
        json!({
            "anken_bango": "260115-0042",
            "jimu": "転居（全部）",
            "todokede_hi": "R8-01-15",
            "ido_hi": "R8-01-10",
            "setai_bango": "2000016",
            "taisho": [moved("1000020", "一郎", "子"), moved("1000012", "太郎", "世帯主")],
        })
    }

    fn read(data: &Shape) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("kakuninyo-juminhyo")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    fn view(data: &Shape) -> View {
        let words = Words::read([
            ("common", include_str!("../../templates/words/common.toml")),
            ("own", include_str!("../../templates/words/kakuninyo-juminhyo.toml")),
        ]);
        read(data).unwrap().view(&words.unwrap())
    }

    fn value<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    /// What makes a good document a bad one.
    type Spoil = fn(&mut Shape);

    #[test]
    fn what_cannot_be_is_refused_at_its_place() {
        let cases: [(&str, Spoil, &str, &str); 12] = [
            ("nobody", |d| d["taisho"] = json!([]), "taisho", "empty-household"),
            (
                "twice",
                |d| d["taisho"][1]["atena_bango"] = json!("1000020"),
                "taisho[1].atena_bango",
                "same-person-twice",
            ),
            ("no day", |d| d["ido_hi"] = json!({ "nothing": "not-applicable" }), "ido_hi", "change-without-date"),
            (
                "two heads",
                |d| d["taisho"][0]["ido"]["henko"]["ato"]["zokugara"] = json!("世帯主"),
                "taisho",
                "setainushi-double",
            ),
            (
                "no change",
                |d| {
                    d["taisho"][0]["ido"] =
                        json!({ "henko": { "mae": naiyo("一郎", "子"), "ato": naiyo("一郎", "子") } })
                },
                "taisho[0].ido.henko",
                "nothing-changed",
            ),
            (
                "before birth",
                |d| d["ido_hi"] = json!("S55-12-25"),
                "taisho[0].ido.henko.mae.kokumin",
                "change-before-birth",
            ),
            (
                "omitted",
                |d| {
                    d["taisho"][0]["ido"]["henko"]["ato"]["kokumin"]["nihonjin"]["honseki"] =
                        json!({ "nothing": "omitted" })
                },
                "taisho[0].ido.henko.ato.kokumin.honseki",
                "omitted-from-collation",
            ),
            (
                "個人番号 as a value",
                |d| d["taisho"][0]["ido"]["henko"]["ato"]["kojin_bango"] = json!("123456789018"),
                "taisho[0].ido.henko.ato.kojin_bango",
                "not-a-choice",
            ),
            (
                "住民票コード as a value",
                |d| d["taisho"][0]["ido"]["henko"]["ato"]["juminhyo_code"] = json!("12345678901"),
                "taisho[0].ido.henko.ato.juminhyo_code",
                "not-a-choice",
            ),
            (
                "抑止 twice",
                |d| d["taisho"][0]["yokushi"] = json!(["takka", "takka"]),
                "taisho[0].yokushi[1]",
                "listed-twice",
            ),
            ("case number", |d| d["anken_bango"] = json!("42"), "anken_bango", "case-number-form"),
            (
                "day without change",
                |d| {
                    d["taisho"] = json!([{ "atena_bango": "1000012", "ido": { "genzai": naiyo("太郎", "世帯主") }, "yokushi": [] }]);
                },
                "ido_hi",
                "date-without-change",
            ),
        ];
        assert!(read(&sample()).is_ok());
        for (name, spoil, path, code) in cases {
            let mut data = sample();
            spoil(&mut data);
            let refusals = read(&data).unwrap_err();
            assert!(refusals.contains(&(path.to_owned(), code)), "{name}: {refusals:?}");
        }
    }

    #[test]
    fn heads_before_the_change_may_be_several() {
        let mut data = sample();
        data["taisho"][0]["ido"]["henko"]["mae"]["zokugara"] = json!("世帯主");
        assert!(read(&data).is_ok());
    }

    #[test]
    fn a_household_is_a_list_and_a_sheet_a_person_in_its_order() {
        let view = view(&sample());
        assert_eq!(view.sheets, 3);
        assert_eq!(view.shape["sheets"][0]["list"], json!(true));
        assert_eq!(value(&view, "s1.taisho"), Some("見本　太郎　（1／2）"));
        assert_eq!(value(&view, "p2.shimei.ato"), Some("見本　一郎"));
        assert_eq!(
            view.values.iter().find(|v| v.slot == "p1.shimei.ato").unwrap().path,
            "taisho[1].ido.henko.ato.shimei"
        );
    }

    #[test]
    fn one_person_needs_no_list() {
        let mut data = sample();
        data["taisho"] = json!([moved("1000012", "太郎", "世帯主")]);
        assert_eq!(view(&data).sheets, 1);
    }

    #[test]
    fn only_what_changes_is_marked() {
        let view = view(&sample());
        let rows = view.shape["sheets"][1]["rows"].as_array().unwrap();
        let changed: Vec<_> =
            rows.iter().filter(|row| row["changed"] == json!(true)).map(|row| row["key"].clone()).collect();
        assert_eq!(changed, [json!("jusho")]);
        assert_eq!(rows.len(), 21);
    }

    #[test]
    fn a_variant_alone_is_a_change_and_is_named_by_code_points() {
        let mut data = sample();
        data["taisho"] = json!([moved("1000012", "太郎", "世帯主")]);
        data["taisho"][0]["ido"]["henko"]["ato"]["kokumin"]["nihonjin"]["hittosha"] = json!("見本　辻\u{E0102}子");
        data["taisho"][0]["ido"]["henko"]["mae"]["kokumin"]["nihonjin"]["hittosha"] = json!("見本　辻子");
        let view = view(&data);
        let rows = view.shape["sheets"][0]["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == "hittosha").unwrap();
        assert_eq!((&row["changed"], &row["ato_codes"], &row["mae_codes"]), (&json!(true), &json!(1), &json!(1)));
        assert_eq!(value(&view, "p1.hittosha.ato_codes"), Some("3字目 U+8FBB U+E0102"));
        assert_eq!(value(&view, "p1.hittosha.mae_codes"), Some("3字目 U+8FBB"));
    }

    #[test]
    fn numbers_are_only_said_to_be_collated() {
        let view = view(&sample());
        assert_eq!(value(&view, "p1.kojin_bango.ato"), Some("【照合済】"));
        assert_eq!(value(&view, "p1.juminhyo_code.ato"), Some("【要照合】"));
    }

    #[test]
    fn protection_is_the_last_row() {
        let mut data = sample();
        data["taisho"][1]["yokushi"] = json!(["takka", "hakko"]);
        let view = view(&data);
        assert_eq!(value(&view, "p1.yokushi.ato"), Some("■　抑止　他課・発行"));
        assert_eq!(view.shape["sheets"][1]["rows"].as_array().unwrap().last().unwrap()["key"], json!("yokushi"));
        assert_eq!(view.shape["sheets"][2]["yokushi"], json!(false));
    }

    #[test]
    fn a_long_address_takes_a_higher_row_and_a_long_sheet_is_continued() {
        let long = |text: &str, count: usize| Cell::plain(text.repeat(count)).units();
        assert_eq!(
            [long("字", 1), long("字", 44), long("字", 45), long("字", 110), long("字", 2000)],
            [1, 1, 2, 2, MOST_UNITS]
        );
        let mut data = sample();
        data["taisho"] = json!([moved("1000012", "太郎", "世帯主")]);
        let lines = vec!["字".repeat(22); 14];
        data["taisho"][0]["ido"]["henko"]["ato"]["biko"] = json!(lines);
        let view = view(&data);
        assert_eq!(view.sheets, 2);
        assert_eq!(view.shape["sheets"][1]["rows"].as_array().unwrap().len(), 1);
    }
}
