//! 交付簿（内部用）: the day's book of an office, one row for each 発行番号, closed with the checkpoint of
//! the register, so that whoever keeps the paper can show that the register lost no entry since.
//!
//! The checkpoint is a signed note (C2SP tlog-checkpoint, signed-note): origin, tree size, root hash,
//! and one line for each signature.

use std::collections::BTreeMap;

use data_encoding::BASE64;

use crate::domain::calendar::Day;
use crate::domain::money::{MoneyError, Yen};
use crate::{either, record, whole_number};

use super::Document;
use super::entry::Nothing;
use super::parse::{Count, Reader, Text};
use super::uketsuke::{AnkenBango, Jikoku, SlipText, fixed_text};
use super::view::{Draft, View};
use super::words::{DateStyle, Words};

record! {
    /// 交付簿.
    pub struct Kofubo {
        /// 役所と課.
        pub jimusho: SlipText,
        /// Day of the book.
        pub hi: Day,
        /// Rows, in the order in which the numbers were given.
        pub gyo: Vec<Gyo>,
        /// チェックポイント of the register at the end of the day.
        pub checkpoint: Checkpoint,
        /// チェックポイント of the book before; none for the first book.
        pub mae_no_checkpoint: Option<TreeHead>,
    }
}

record! {
    /// One 発行番号.
    pub struct Gyo {
        /// 端末名番号.
        pub tanmatsu: SlipText,
        /// 発行順番号 of the day and terminal.
        pub renban: Renban,
        /// 発行時刻.
        pub jikoku: Jikoku,
        /// 種別: title of the document.
        pub shubetsu: Text,
        /// 通数.
        pub tsusu: Count,
        /// 枚数 of one copy.
        pub maisu: Count,
        /// 案件番号.
        pub anken_bango: AnkenBango,
        /// 承認者.
        pub shoninsha: Text,
        /// 発行者: who printed it.
        pub hakkosha: Text,
        /// How the number ended.
        pub shumatsu: Shumatsu,
    }
}

either! {
    /// How a number ended: every number ends once.
    pub enum Shumatsu {
        /// 交付.
        Kofu(Kofu) = "kofu",
        /// 無効: nothing left the office under this number.
        Muko(Muko) = "muko",
    }
}

record! {
    /// 交付.
    pub struct Kofu {
        /// 手数料 in yen; 0 where it is free.
        pub tesuryo: Yen,
    }
}

record! {
    /// 無効.
    pub struct Muko {
        /// Why.
        pub riyu: Text,
    }
}

record! {
    /// What the register says of itself, signed.
    pub struct Checkpoint {
        /// Name of the log.
        pub origin: Origin,
        /// Where it stands.
        pub tree_head: TreeHead,
        /// Signature lines, that of the log itself among them.
        pub signatures: Vec<SignatureLine>,
    }
}

record! {
    /// How many entries a log has, and the root over them (RFC 6962, 2.1).
    pub struct TreeHead {
        /// Number of entries.
        pub tree_size: TreeSize,
        /// Root hash.
        pub root_hash: RootHash,
    }
}

/// A number or line of the book is not written as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KofuboError {
    /// Origin.
    #[error("not the origin of a log: 1 to 80 visible ASCII characters without a plus sign")]
    Origin,
    /// Root hash.
    #[error("not a root hash: 32 bytes in base64")]
    RootHash,
    /// Signature line.
    #[error("not a signature line: a dash, the name of the key, its id with the signature in base64")]
    SignatureLine,
}

impl KofuboError {
    /// Key by which the sentence shown to a person is looked up.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Origin => "log-origin-form",
            Self::RootHash => "root-hash-form",
            Self::SignatureLine => "signature-line-form",
        }
    }
}

whole_number! {
    /// 発行順番号 of a day and terminal, from 1.
    Renban: 1..=999_999, "serial-out-of-range";
    /// Number of entries of a log.
    TreeSize: 0..=i64::MAX, "tree-size-negative";
}

impl Renban {
    /// As the number line prints it.
    pub fn printed(self) -> String {
        format!("{:06}", self.0)
    }
}

fixed_text! {
    KofuboError;
    /// Origin: the name of a log, which is also that of its key.
    Origin: is_key_name;
    /// Root hash: 32 bytes in base64.
    RootHash: |text| BASE64.decode(text.as_bytes()).is_ok_and(|hash| hash.len() == HASH_BYTES);
    /// A signature line, with the dash that begins it.
    SignatureLine: |text| signature_parts(text).is_some();
}

/// Bytes of SHA-256.
const HASH_BYTES: usize = 32;
/// Bytes of a key's id, before the signature.
const KEY_ID_BYTES: usize = 4;
/// Longest name of a key, and longest base64 of a signature, that the box has room for.
const MOST_NAME: usize = 80;
const MOST_SIGNATURE: usize = 400;
/// Most signatures that the box has room for: the log's and its witnesses'.
const MOST_SIGNATURES: usize = 3;
/// Rows of a sheet, those that leave room below them for the closing with the most signatures, and how
/// many more there is room for with each signature less.
const ROWS_A_SHEET: usize = 24;
const ROWS_WITH_CLOSING: usize = 8;
const ROWS_OF_A_SIGNATURE: usize = 2;

fn is_key_name(text: &str) -> bool {
    (1..=MOST_NAME).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'+')
}

/// Name of the key, and its id with the signature.
fn signature_parts(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, signature) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = BASE64.decode(signature.as_bytes()).ok()?;
    let is_sound = is_key_name(name) && bytes.len() > KEY_ID_BYTES && signature.len() <= MOST_SIGNATURE;
    is_sound.then_some((name, bytes))
}

impl Document for Kofubo {
    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("gyo", |reader| {
            self.check_numbers(reader);
            for (index, gyo) in self.gyo.iter().enumerate() {
                reader.at_index(index, |reader| gyo.check(reader));
            }
            if let Err(error) = self.total() {
                reader.refuse::<()>(error.code());
            }
        });
        reader.at("checkpoint", |reader| self.checkpoint.check(reader));
        if let Some(before) = &self.mae_no_checkpoint {
            reader.at("mae_no_checkpoint", |reader| before.check_before(&self.checkpoint.tree_head, reader));
        }
    }

    fn view(&self, words: &Words) -> View {
        let sheets = self.sheets();
        let mut draft = Draft::new(words, words.get("title"), sheets.len());
        draft.shape("rows", sheets.iter().map(|rows| rows.len()).collect::<Vec<_>>());
        draft.shape("rows_a_sheet", ROWS_A_SHEET);
        draft.shape("empty", self.gyo.is_empty());
        draft.shape("signatures", self.checkpoint.signatures.len());
        let heading = words
            .fill("heading", &[("jimusho", self.jimusho.as_str()), ("hi", &words.day(self.hi, DateStyle::Running))]);
        for sheet in 0..sheets.len() {
            draft.put(format!("s{sheet}.heading"), heading.clone(), "jimusho");
        }
        for (index, gyo) in self.gyo.iter().enumerate() {
            gyo.put(index, &mut draft);
        }
        self.put_totals(&mut draft);
        self.put_checkpoint(&mut draft);
        draft.subject(heading);
        draft.finish()
    }
}

impl Kofubo {
    /// Rows of each sheet. The closing stands on the last one, which may have no rows.
    fn sheets(&self) -> Vec<&[Gyo]> {
        let mut sheets: Vec<&[Gyo]> = self.gyo.chunks(ROWS_A_SHEET).collect();
        let unused = MOST_SIGNATURES.saturating_sub(self.checkpoint.signatures.len());
        let most = ROWS_WITH_CLOSING + unused * ROWS_OF_A_SIGNATURE;
        if sheets.last().is_none_or(|rows| rows.len() > most) {
            sheets.push(&[]);
        }
        sheets
    }

    /// Every terminal's numbers are 1, 2, 3 … without a gap and without a double.
    fn check_numbers(&self, reader: &mut Reader<'_>) {
        let mut last = BTreeMap::new();
        for (index, gyo) in self.gyo.iter().enumerate() {
            let last = last.entry(gyo.tanmatsu.as_str()).or_insert(0);
            if gyo.renban.get() != *last + 1 {
                let refusal =
                    reader.at_index(index, |reader| reader.at("renban", |reader| reader.refusal("serial-not-next")));
                reader.push::<()>(refusal.with("next", *last + 1).with("found", gyo.renban.get()));
            }
            *last = gyo.renban.get();
        }
    }

    /// 手数料 of all.
    fn total(&self) -> Result<Yen, MoneyError> {
        Yen::total(self.kofu().map(|(_, kofu)| kofu.tesuryo))
    }

    fn kofu(&self) -> impl Iterator<Item = (&Gyo, &Kofu)> {
        self.gyo.iter().filter_map(|gyo| match &gyo.shumatsu {
            Shumatsu::Kofu(kofu) => Some((gyo, kofu)),
            Shumatsu::Muko(_) => None,
        })
    }

    fn put_totals(&self, draft: &mut Draft<'_>) {
        let copies = |gyo: &Gyo| i64::from(gyo.tsusu.0);
        let issued = self.kofu().count();
        let voided = self.gyo.len() - issued;
        for (name, count) in [
            // A list has at most a thousand rows.
            ("kofu", i64::try_from(issued).unwrap_or(i64::MAX)),
            ("muko", i64::try_from(voided).unwrap_or(i64::MAX)),
            ("tsusu", self.kofu().map(|(gyo, _)| copies(gyo)).sum()),
            ("maisu", self.kofu().map(|(gyo, _)| copies(gyo) * i64::from(gyo.maisu.0)).sum()),
            // What is beyond any sum was refused when the book was read.
            ("tesuryo", self.total().unwrap_or_default().amount()),
        ] {
            let text = draft.words().yen(Yen::new(count));
            draft.put(format!("kei.{name}"), text, "gyo");
        }
    }

    fn put_checkpoint(&self, draft: &mut Draft<'_>) {
        let Checkpoint { origin, tree_head, signatures } = &self.checkpoint;
        draft.put("origin", origin.as_str(), "checkpoint.origin");
        tree_head.put("ima", "checkpoint.tree_head", draft);
        match &self.mae_no_checkpoint {
            Some(before) => before.put("mae", "mae_no_checkpoint", draft),
            None => {
                let none = draft.nothing(Nothing::NotApplicable);
                draft.put("mae.tree_size", none.clone(), "mae_no_checkpoint");
                draft.put("mae.root_hash", none, "mae_no_checkpoint");
            }
        }
        for (index, line) in signatures.iter().enumerate() {
            draft.put(format!("signature{index}"), line.as_str(), format!("checkpoint.signatures[{index}]"));
        }
    }
}

impl Gyo {
    fn check(&self, reader: &mut Reader<'_>) {
        let Shumatsu::Kofu(kofu) = &self.shumatsu else { return };
        if self.tsusu.0 == 0 {
            reader.at("tsusu", |reader| reader.refuse::<()>("no-copies"));
        }
        if self.maisu.0 == 0 {
            reader.at("maisu", |reader| reader.refuse::<()>("no-sheets"));
        }
        if kofu.tesuryo < Yen::ZERO {
            reader.at("shumatsu", |reader| {
                reader.at("kofu", |reader| reader.at("tesuryo", |reader| reader.refuse::<()>("negative-amount")))
            });
        }
    }

    fn put(&self, index: usize, draft: &mut Draft<'_>) {
        let words = draft.words();
        let number =
            words.fill("hakko-bango", &[("tanmatsu", self.tanmatsu.as_str()), ("renban", &self.renban.printed())]);
        let (state, reason, fee) = match &self.shumatsu {
            Shumatsu::Kofu(kofu) => ("shumatsu.kofu", "", words.yen(kofu.tesuryo)),
            Shumatsu::Muko(muko) => ("shumatsu.muko", muko.riyu.as_str(), String::new()),
        };
        for (slot, text, field) in [
            ("bango", number.as_str(), "renban"),
            ("jikoku", self.jikoku.as_str(), "jikoku"),
            ("shubetsu", self.shubetsu.as_str(), "shubetsu"),
            ("tsusu", &self.tsusu.0.to_string(), "tsusu"),
            ("maisu", &self.maisu.0.to_string(), "maisu"),
            ("anken_bango", self.anken_bango.as_str(), "anken_bango"),
            ("shoninsha", self.shoninsha.as_str(), "shoninsha"),
            ("hakkosha", self.hakkosha.as_str(), "hakkosha"),
            ("shumatsu", words.get(state), "shumatsu"),
            ("riyu", reason, "shumatsu.muko.riyu"),
            ("tesuryo", &fee, "shumatsu.kofu.tesuryo"),
        ] {
            draft.put(format!("g{index}.{slot}"), text, format!("gyo[{index}].{field}"));
        }
    }
}

impl Checkpoint {
    fn check(&self, reader: &mut Reader<'_>) {
        let signers = || self.signatures.iter().filter_map(|line| signature_parts(line.as_str()));
        reader.at("signatures", |reader| {
            if self.signatures.len() > MOST_SIGNATURES {
                let refusal = reader.refusal("too-many-items").with("most", MOST_SIGNATURES);
                reader.push::<()>(refusal.with("found", self.signatures.len()));
            }
            if !signers().any(|(name, _)| name == self.origin.as_str()) {
                reader.refuse::<()>("checkpoint-unsigned");
            }
        });
    }
}

impl TreeHead {
    /// A log only grows: one that has not has the same root.
    fn check_before(&self, now: &Self, reader: &mut Reader<'_>) {
        if self.tree_size > now.tree_size {
            reader.at("tree_size", |reader| reader.refuse::<()>("log-shrank"));
        } else if self.tree_size == now.tree_size && self.root_hash != now.root_hash {
            reader.at("root_hash", |reader| reader.refuse::<()>("log-rewritten"));
        }
    }

    fn put(&self, name: &str, path: &str, draft: &mut Draft<'_>) {
        // As the note writes it, to be typed in as it stands.
        let size = self.tree_size.get().to_string();
        draft.put(format!("{name}.tree_size"), size, format!("{path}.tree_size"));
        draft.put(format!("{name}.root_hash"), self.root_hash.as_str(), format!("{path}.root_hash"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    /// What makes a good document a bad one.
    type Spoil = fn(&mut Json);

    fn sample() -> Json {
        serde_json::from_str(include_str!("../../samples/kofubo.json")).unwrap()
    }

    fn read(data: &Json) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("kofubo")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    fn refusals_of(spoil: Spoil) -> Vec<(String, &'static str)> {
        let mut data = sample();
        spoil(&mut data);
        read(&data).err().unwrap_or_default()
    }

    fn view(data: &Json) -> View {
        let words = Words::read([
            ("common", include_str!("../../templates/words/common.toml")),
            ("own", include_str!("../../templates/words/kofubo.toml")),
        ]);
        read(data).unwrap().view(&words.unwrap())
    }

    #[test]
    fn a_book_that_cannot_be_is_refused_at_its_place() {
        let cases: [(Spoil, &str, &str); 17] = [
            (|d| d["gyo"][3]["renban"] = json!(5), "gyo[3].renban", "serial-not-next"),
            (|d| d["gyo"][3]["renban"] = json!(3), "gyo[3].renban", "serial-not-next"),
            (|d| d["gyo"][0]["renban"] = json!(2), "gyo[0].renban", "serial-not-next"),
            (|d| d["gyo"][0]["renban"] = json!(0), "gyo[0].renban", "serial-out-of-range"),
            (|d| d["gyo"][4]["tanmatsu"] = json!("窓口09"), "gyo[4].renban", "serial-not-next"),
            (|d| d["gyo"][0]["tsusu"] = json!(0), "gyo[0].tsusu", "no-copies"),
            (|d| d["gyo"][0]["maisu"] = json!(0), "gyo[0].maisu", "no-sheets"),
            (
                |d| d["gyo"][0]["shumatsu"]["kofu"]["tesuryo"] = json!(-1),
                "gyo[0].shumatsu.kofu.tesuryo",
                "negative-amount",
            ),
            (|d| d["gyo"][0]["shumatsu"] = json!({ "muko": {} }), "gyo[0].shumatsu.muko.riyu", "missing-field"),
            (|d| d["gyo"][0]["shumatsu"]["kofu"]["tesuryo"] = json!(i64::MAX), "gyo", "money-overflow"),
            (|d| d["checkpoint"]["origin"] = json!("log+x"), "checkpoint.origin", "log-origin-form"),
            (|d| d["checkpoint"]["origin"] = json!("another.example"), "checkpoint.signatures", "checkpoint-unsigned"),
            (|d| d["checkpoint"]["signatures"] = json!([]), "checkpoint.signatures", "checkpoint-unsigned"),
            (
                |d| d["checkpoint"]["signatures"][0] = json!("- log.mihon.example/kita-ku AAAAAAAA"),
                "checkpoint.signatures[0]",
                "signature-line-form",
            ),
            (
                |d| d["checkpoint"]["tree_head"]["root_hash"] = json!("AAAA"),
                "checkpoint.tree_head.root_hash",
                "root-hash-form",
            ),
            (|d| d["mae_no_checkpoint"]["tree_size"] = json!(20_000), "mae_no_checkpoint.tree_size", "log-shrank"),
            (
                |d| d["mae_no_checkpoint"]["tree_size"] = d["checkpoint"]["tree_head"]["tree_size"].clone(),
                "mae_no_checkpoint.root_hash",
                "log-rewritten",
            ),
        ];
        assert!(read(&sample()).is_ok());
        for (spoil, path, code) in cases {
            let refusals = refusals_of(spoil);
            assert!(refusals.contains(&(path.to_owned(), code)), "{path} {code}: {refusals:?}");
        }
    }

    #[test]
    fn totals_count_what_was_issued_and_what_was_voided() {
        let mut data = sample();
        data["gyo"][0]["tsusu"] = json!(3);
        data["gyo"][0]["maisu"] = json!(4);
        let view = view(&data);
        let value = |slot: &str| view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str());
        // Seven of eight; one of two copies, one of three of four sheets.
        assert_eq!(value("kei.kofu"), Some("7"));
        assert_eq!(value("kei.muko"), Some("1"));
        assert_eq!(value("kei.tsusu"), Some("10"));
        assert_eq!(value("kei.maisu"), Some("21"));
        assert_eq!(value("kei.tesuryo"), Some("2,250"));
    }

    #[test]
    fn the_closing_has_its_room_on_the_last_sheet() {
        // The sample's checkpoint has 1 signature: the fewer, the more rows stand with the closing.
        for (rows, sheets) in [
            (0, vec![0]),
            (12, vec![12]),
            (13, vec![13, 0]),
            (24, vec![24, 0]),
            (25, vec![24, 1]),
            (48, vec![24, 24, 0]),
        ] {
            let mut data = sample();
            let row = data["gyo"][0].clone();
            let numbered = (1..=rows).map(|number| {
                let mut row = row.clone();
                row["renban"] = json!(number);
                row
            });
            data["gyo"] = numbered.collect();
            assert_eq!(view(&data).shape["rows"], json!(sheets), "{rows}");
        }
    }
}
