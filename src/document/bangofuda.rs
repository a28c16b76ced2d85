//! 番号札: what a visitor holds until called.

use crate::domain::calendar::Day;
use crate::record;

use super::Document;
use super::parse::{Count, Reader};
use super::uketsuke::{AnkenBango, Jikoku, SlipText, YobidashiBango, Yoshi, day_and_time, put_case_code};
use super::view::{Draft, View};
use super::words::{Words, full_width};

record! {
    /// 番号札. It names nobody.
    pub struct Bangofuda {
        /// 用紙.
        pub yoshi: Yoshi,
        /// 案件番号, for the reader at the counter.
        pub anken_bango: AnkenBango,
        /// 呼出番号.
        pub yobidashi_bango: YobidashiBango,
        /// 役所と課.
        pub jimusho: SlipText,
        /// 用件, where it may stand on a slip that others see.
        pub yoken: Option<SlipText>,
        /// 窓口 at which the number is called.
        pub madoguchi: Option<SlipText>,
        /// 受付日.
        pub uketsuke_hi: Day,
        /// 受付時刻.
        pub uketsuke_jikoku: Jikoku,
        /// お待ちの人数 before this one.
        pub machi_ninzu: Option<Count>,
    }
}

impl Document for Bangofuda {
    fn check(&self, _: &mut Reader<'_>) {}

    fn view(&self, words: &Words) -> View {
        let mut draft = Draft::new(words, words.get("title"), 1);
        draft.shape("yoshi", self.yoshi.key());
        draft.put("jimusho", self.jimusho.as_str(), "jimusho");
        draft.put("yobidashi_bango", self.yobidashi_bango.printed(), "yobidashi_bango");
        let rows = self.rows(words);
        draft.shape("rows", rows.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (name, text) in rows {
            draft.put(name, text, name);
        }
        let (width, height) = match self.yoshi {
            Yoshi::Roll80 => (60.0, 11.0),
            Yoshi::A4 => (100.0, 18.0),
        };
        put_case_code(&mut draft, 0, &self.anken_bango, width, height);
        draft.subject(self.anken_bango.as_str());
        draft.finish()
    }
}

impl Bangofuda {
    /// Rows below the number, as far as there is something to say.
    fn rows(&self, words: &Words) -> Vec<(&'static str, String)> {
        let text = |text: &SlipText| text.as_str().to_owned();
        let machi = |count: &Count| words.fill("machi", &[("n", &full_width(&count.0.to_string()))]);
        let rows = [
            ("uketsuke_hi", Some(day_and_time(words, self.uketsuke_hi, &self.uketsuke_jikoku))),
            ("yoken", self.yoken.as_ref().map(text)),
            ("madoguchi", self.madoguchi.as_ref().map(text)),
            ("machi_ninzu", self.machi_ninzu.as_ref().map(machi)),
        ];
        rows.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    fn sample() -> Json {
        json!({
            "yoshi": "roll80",
            "anken_bango": "260115-0042",
            "yobidashi_bango": "A042",
            "jimusho": "見本市北区役所",
            "uketsuke_hi": "2026-01-15",
            "uketsuke_jikoku": "10:24",
        })
    }

    fn read(data: &Json) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("bangofuda")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    #[test]
    fn only_what_is_known_has_a_row() {
        let words = Words::default();
        let rows = |data: &Json| read(data).unwrap().view(&words).shape["rows"].clone();
        assert_eq!(rows(&sample()), json!(["uketsuke_hi"]));
        let mut full = sample();
        full["yoken"] = json!("転入");
        full["madoguchi"] = json!("３番窓口");
        full["machi_ninzu"] = json!(0);
        assert_eq!(rows(&full), json!(["uketsuke_hi", "yoken", "madoguchi", "machi_ninzu"]));
    }

    #[test]
    fn a_slip_names_nobody() {
        let mut data = sample();
        data["shimei"] = json!("見本　太郎");
        assert_eq!(read(&data).unwrap_err(), [("shimei".to_owned(), "unknown-field")]);
    }

    #[test]
    fn paper_is_one_of_two() {
        let mut data = sample();
        data["yoshi"] = json!("a5");
        assert_eq!(read(&data).unwrap_err(), [("yoshi".to_owned(), "not-a-choice")]);
    }
}
