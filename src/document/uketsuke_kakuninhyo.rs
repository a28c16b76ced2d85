//! 受付確認票（内部用）: lies on top of a case's papers from receipt to the call. Says from afar which
//! case it is, and at hand which step it has reached and what is missing.

use serde_json::json;

use crate::domain::calendar::Day;
use crate::domain::money::{MoneyError, Yen};
use crate::{choice, either, record};

use super::Document;
use super::parse::{Count, Reader, Text};
use super::uketsuke::{AnkenBango, Jikoku, SlipText, YobidashiBango, day_and_time, put_case_code, put_case_qr};
use super::view::{Draft, View};
use super::words::{Words, full_width};

record! {
    /// 受付確認票.
    pub struct UketsukeKakuninhyo {
        /// 案件番号.
        pub anken_bango: AnkenBango,
        /// 呼出番号.
        pub yobidashi_bango: YobidashiBango,
        /// 事務: name of the flow as people say it (転入).
        pub jimu: SlipText,
        /// 受付日.
        pub uketsuke_hi: Day,
        /// 受付時刻.
        pub uketsuke_jikoku: Jikoku,
        /// 受付者: who received it, and where.
        pub uketsukesha: Text,
        /// 届出人・請求者の氏名.
        pub todokedenin: Text,
        /// 本人確認書類 that were shown.
        pub honnin_kakunin: Vec<KakuninShorui>,
        /// 対象者.
        pub taishosha: Taishosha,
        /// 請求区分.
        pub seikyu_kubun: SeikyuKubun,
        /// 配慮・連絡: 筆談, 通訳, 車いす, 電話.
        pub hairyo: Option<Text>,
        /// 受け取る書類, each with whether it was received.
        pub shorui: Vec<Shorui>,
        /// 不備・補正.
        pub fubi: Option<Text>,
        /// What the visitor leaves with.
        pub watasu_mono: WatasuMono,
        /// 工程 of the flow but for the visitor's own, in order.
        pub kotei: Vec<Kotei>,
        /// Which way a correction goes (③→①), where the flow has one.
        pub shusei_irai: Option<SlipText>,
    }
}

record! {
    /// 対象者: one by name, the others by number.
    pub struct Taishosha {
        /// 氏名.
        pub shimei: Text,
        /// How many others.
        pub hoka: Count,
    }
}

choice! {
    /// 本人確認書類.
    pub enum KakuninShorui {
        /// 個人番号カード.
        KojinBangoCard = "kojin-bango-card",
        /// 運転免許証.
        Menkyo = "menkyo",
        /// 在留カード等.
        Zairyu = "zairyu",
        /// その他.
        Sonota = "sonota",
    }
}

choice! {
    /// 請求区分.
    pub enum SeikyuKubun {
        /// 本人.
        Honnin = "honnin",
        /// 同一世帯.
        Dosetai = "dosetai",
        /// 代理.
        Dairi = "dairi",
        /// 第三者.
        Daisansha = "daisansha",
        /// 公用.
        Koyo = "koyo",
    }
}

record! {
    /// A paper that the flow takes in.
    pub struct Shorui {
        /// 書類名.
        pub mei: Text,
        /// Whether it was received.
        pub uketori: bool,
    }
}

either! {
    /// What the visitor leaves with.
    pub enum WatasuMono {
        /// 発行するもの, with fees.
        Hakko(Vec<Hakko>) = "hakko",
        /// 交付するもの, without.
        Kofu(Vec<Text>) = "kofu",
    }
}

record! {
    /// A certificate to be issued.
    pub struct Hakko {
        /// 種別.
        pub shubetsu: Text,
        /// 通数.
        pub tsusu: Count,
        /// 単価 in yen; 0 where it is free.
        pub tanka: Yen,
        /// 記載事項・備考.
        pub hakko_biko: Option<Text>,
    }
}

choice! {
    /// Who does a step.
    pub enum Tanto {
        /// 受注者.
        Jutakusha = "jutakusha",
        /// 本市.
        Honshi = "honshi",
    }
}

record! {
    /// 工程.
    pub struct Kotei {
        /// Number as printed in the flow (⑧).
        pub bango: Text,
        /// 行為.
        pub koi: Text,
        /// 担当.
        pub tanto: Tanto,
        /// Whether it is done only where it applies.
        pub joken: bool,
        /// Whether the case does not pass it undone: 照合, 審査, 承認, 公印.
        pub gate: bool,
    }
}

/// Most steps, papers, and things issued or handed over that the sheet has rows for.
const MOST_KOTEI: usize = 24;
const MOST_SHORUI: usize = 10;
const MOST_HAKKO: usize = 7;
const MOST_KOFU: usize = 10;

impl Document for UketsukeKakuninhyo {
    fn check(&self, reader: &mut Reader<'_>) {
        list_within("kotei", self.kotei.len(), MOST_KOTEI, reader);
        if self.kotei.is_empty() {
            reader.at("kotei", |reader| reader.refuse::<()>("empty-list"));
        }
        list_within("shorui", self.shorui.len(), MOST_SHORUI, reader);
        for (index, shorui) in self.honnin_kakunin.iter().enumerate() {
            if self.honnin_kakunin[..index].contains(shorui) {
                reader.at("honnin_kakunin", |reader| {
                    reader.at_index(index, |reader| reader.refuse::<()>("listed-twice"))
                });
            }
        }
        reader.at("watasu_mono", |reader| self.watasu_mono.check(reader));
    }

    fn view(&self, words: &Words) -> View {
        let mut draft = Draft::new(words, words.get("title"), 1);
        let steps: Vec<_> =
            self.kotei.iter().map(|k| json!({ "gate": k.gate, "honshi": k.tanto == Tanto::Honshi })).collect();
        draft.shape("kotei", steps);
        draft.shape("shorui", self.shorui.len());
        draft.shape("shusei", self.shusei_irai.is_some());
        put_case_code(&mut draft, 0, &self.anken_bango, 52.0, 9.0);
        put_case_qr(&mut draft, 0, &self.anken_bango, 0.6);
        self.put_heading(&mut draft);
        self.put_visitor(&mut draft);
        self.put_papers(&mut draft);
        self.watasu_mono.put(&mut draft);
        self.put_steps(&mut draft);
        draft.subject(self.anken_bango.as_str());
        draft.finish()
    }
}

impl UketsukeKakuninhyo {
    fn put_heading(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        draft.put("yobidashi_bango", self.yobidashi_bango.printed(), "yobidashi_bango");
        draft.put("jimu", self.jimu.as_str(), "jimu");
        draft.put("uketsuke", day_and_time(words, self.uketsuke_hi, &self.uketsuke_jikoku), "uketsuke_hi");
        draft.put("uketsukesha", self.uketsukesha.as_str(), "uketsukesha");
    }

    fn put_visitor(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        let taishosha = match self.taishosha.hoka.0 {
            0 => self.taishosha.shimei.as_str().to_owned(),
            hoka => {
                words.fill("hoka", &[("shimei", self.taishosha.shimei.as_str()), ("n", &full_width(&hoka.to_string()))])
            }
        };
        draft.put("todokedenin", self.todokedenin.as_str(), "todokedenin");
        draft.put("taishosha", taishosha, "taishosha");
        draft.put("hairyo", self.hairyo.as_ref().map_or("", Text::as_str), "hairyo");
        for shorui in &self.honnin_kakunin {
            draft.put(format!("kakunin.{}", shorui.key()), words.get("tick"), "honnin_kakunin");
        }
        draft.put(format!("kubun.{}", self.seikyu_kubun.key()), words.get("tick"), "seikyu_kubun");
    }

    fn put_papers(&self, draft: &mut Draft<'_>) {
        for (index, shorui) in self.shorui.iter().enumerate() {
            draft.put(format!("shorui{index}.mei"), shorui.mei.as_str(), format!("shorui[{index}].mei"));
            if shorui.uketori {
                draft.put(format!("shorui{index}.tick"), draft.words().get("tick"), format!("shorui[{index}].uketori"));
            }
        }
        draft.put("fubi", self.fubi.as_ref().map_or("", Text::as_str), "fubi");
    }

    fn put_steps(&self, draft: &mut Draft<'_>) {
        let words = draft.words();
        for (index, kotei) in self.kotei.iter().enumerate() {
            let key = if kotei.joken { "kotei-joken" } else { "kotei" };
            let text = words.fill(key, &[("bango", kotei.bango.as_str()), ("koi", kotei.koi.as_str())]);
            draft.put(format!("kotei{index}"), text, format!("kotei[{index}].koi"));
        }
        if let Some(way) = &self.shusei_irai {
            draft.put("shusei_irai", words.fill("shusei-irai", &[("michi", way.as_str())]), "shusei_irai");
        }
    }
}

impl WatasuMono {
    fn check(&self, reader: &mut Reader<'_>) {
        match self {
            Self::Hakko(list) => {
                list_within("hakko", list.len(), MOST_HAKKO, reader);
                reader.at("hakko", |reader| check_hakko(list, reader));
            }
            Self::Kofu(list) => list_within("kofu", list.len(), MOST_KOFU, reader),
        }
    }

    fn put(&self, draft: &mut Draft<'_>) {
        match self {
            Self::Hakko(list) => put_hakko(draft, list),
            Self::Kofu(list) => {
                draft.shape("kofu", list.len());
                for (index, mei) in list.iter().enumerate() {
                    draft.put(format!("kofu{index}"), mei.as_str(), format!("watasu_mono.kofu[{index}]"));
                }
            }
        }
    }
}

/// 手数料 of one row, and of all.
fn fee(item: &Hakko) -> Result<Yen, MoneyError> {
    item.tanka.times(u32::from(item.tsusu.0))
}

fn total(list: &[Hakko]) -> Result<Yen, MoneyError> {
    list.iter().try_fold(Yen::ZERO, |sum, item| sum.plus(fee(item)?))
}

fn check_hakko(list: &[Hakko], reader: &mut Reader<'_>) {
    if list.is_empty() {
        reader.refuse::<()>("empty-list");
    }
    for (index, item) in list.iter().enumerate() {
        reader.at_index(index, |reader| {
            if item.tsusu.0 == 0 {
                reader.at("tsusu", |reader| reader.refuse::<()>("no-copies"));
            }
            if item.tanka < Yen::ZERO {
                reader.at("tanka", |reader| reader.refuse::<()>("negative-amount"));
            }
        });
    }
    if let Err(error) = total(list) {
        reader.refuse::<()>(error.code());
    }
}

fn put_hakko(draft: &mut Draft<'_>, list: &[Hakko]) {
    draft.shape("hakko", list.len());
    let minus = draft.words().get("minus").to_owned();
    for (index, item) in list.iter().enumerate() {
        let path = format!("watasu_mono.hakko[{index}]");
        let mut put =
            |name: &str, text: String| draft.put(format!("hakko{index}.{name}"), text, format!("{path}.{name}"));
        put("shubetsu", item.shubetsu.as_str().to_owned());
        put("tsusu", item.tsusu.0.to_string());
        // What would not fit was refused when the document was read.
        put("tesuryo", fee(item).unwrap_or_default().grouped(&minus));
        put("biko", item.hakko_biko.as_ref().map_or("", Text::as_str).to_owned());
    }
    let tsusu: u32 = list.iter().map(|item| u32::from(item.tsusu.0)).sum();
    draft.put("hakko.tsusu", tsusu.to_string(), "watasu_mono.hakko");
    draft.put("hakko.tesuryo", total(list).unwrap_or_default().grouped(&minus), "watasu_mono.hakko");
}

fn list_within(field: &str, found: usize, most: usize, reader: &mut Reader<'_>) {
    if found > most {
        reader.at(field, |reader| {
            let refusal = reader.refusal("too-many-items").with("most", most).with("found", found);
            reader.push::<()>(refusal)
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Shape;

    use super::*;
    use crate::document::catalog::{Composed, Kind};
    use crate::domain::text::Anything;

    fn sample() -> Shape {
        let step = |bango: &str, tanto: &str, gate: bool| json!({ "bango": bango, "koi": "入力内容の照合", "tanto": tanto, "joken": gate, "gate": gate });
        json!({
            "anken_bango": "260115-0042",
            "yobidashi_bango": "A042",
            "jimu": "転入",
            "uketsuke_hi": "2026-01-15",
            "uketsuke_jikoku": "10:24",
            "uketsukesha": "見本",
            "todokedenin": "見本　太郎",
            "honnin_kakunin": ["menkyo", "sonota"],
            "taishosha": { "shimei": "見本　太郎", "hoka": 2 },
            "seikyu_kubun": "dairi",
            "shorui": [{ "mei": "転入届", "uketori": true }, { "mei": "委任状", "uketori": false }],
            "watasu_mono": { "hakko": [
                { "shubetsu": "住民票の写し", "tsusu": 2, "tanka": 300 },
                { "shubetsu": "税証明", "tsusu": 1, "tanka": 350 },
            ]},
            "kotei": [step("⑧", "jutakusha", false), step("⑪", "honshi", true)],
        })
    }

    fn read(data: &Shape) -> Result<Composed, Vec<(String, &'static str)>> {
        let bytes = serde_json::to_vec(data).unwrap();
        Kind::by_id("uketsuke-kakuninhyo")
            .unwrap()
            .read(&bytes, &Anything)
            .map_err(|refusals| refusals.0.into_iter().map(|r| (r.path, r.code)).collect())
    }

    fn view(data: &Shape) -> View {
        let words = Words::read([
            ("common", include_str!("../../templates/words/common.toml")),
            ("own", include_str!("../../templates/words/uketsuke-kakuninhyo.toml")),
        ]);
        read(data).unwrap().view(&words.unwrap())
    }

    fn value<'v>(view: &'v View, slot: &str) -> Option<&'v str> {
        view.values.iter().find(|value| value.slot == slot).map(|value| value.text.as_str())
    }

    fn many(item: &Shape, count: usize) -> Shape {
        Shape::Array(vec![item.clone(); count])
    }

    /// What makes a good document a bad one.
    type Spoil = fn(&mut Shape);

    #[test]
    fn what_cannot_be_is_refused_at_its_place() {
        let cases: [(Spoil, &str, &str); 12] = [
            (|d| d["kotei"] = json!([]), "kotei", "empty-list"),
            (|d| d["kotei"] = many(&d["kotei"][0], 25), "kotei", "too-many-items"),
            (|d| d["shorui"] = many(&d["shorui"][0], 11), "shorui", "too-many-items"),
            (|d| d["honnin_kakunin"] = json!(["menkyo", "menkyo"]), "honnin_kakunin[1]", "listed-twice"),
            (|d| d["watasu_mono"] = json!({ "hakko": [] }), "watasu_mono.hakko", "empty-list"),
            (
                |d| d["watasu_mono"]["hakko"] = many(&d["watasu_mono"]["hakko"][0], 8),
                "watasu_mono.hakko",
                "too-many-items",
            ),
            (
                |d| d["watasu_mono"] = json!({ "kofu": many(&json!("就学通知"), 11) }),
                "watasu_mono.kofu",
                "too-many-items",
            ),
            (|d| d["watasu_mono"]["hakko"][1]["tsusu"] = json!(0), "watasu_mono.hakko[1].tsusu", "no-copies"),
            (|d| d["watasu_mono"]["hakko"][1]["tanka"] = json!(-1), "watasu_mono.hakko[1].tanka", "negative-amount"),
            (|d| d["watasu_mono"]["hakko"][0]["tanka"] = json!(i64::MAX), "watasu_mono.hakko", "money-overflow"),
            (|d| d["yobidashi_bango"] = json!("未定"), "yobidashi_bango", "call-number-form"),
            (|d| d["kojin_bango"] = json!("123456789018"), "kojin_bango", "unknown-field"),
        ];
        assert!(read(&sample()).is_ok());
        for (spoil, path, code) in cases {
            let mut data = sample();
            spoil(&mut data);
            let refusals = read(&data).unwrap_err();
            assert!(refusals.contains(&(path.to_owned(), code)), "{path} {code}: {refusals:?}");
        }
        let mut full = sample();
        full["kotei"] = many(&full["kotei"][0], 24);
        full["shorui"] = many(&full["shorui"][0], 10);
        assert!(read(&full).is_ok());
    }

    #[test]
    fn fees_are_reckoned_by_copies_and_summed() {
        let view = view(&sample());
        assert_eq!(value(&view, "hakko0.tesuryo"), Some("600"));
        assert_eq!(value(&view, "hakko.tsusu"), Some("3"));
        assert_eq!(value(&view, "hakko.tesuryo"), Some("950"));
    }

    #[test]
    fn only_what_was_received_and_chosen_is_ticked() {
        let view = view(&sample());
        let ticked: Vec<&str> =
            view.values.iter().filter(|value| value.text == "✓").map(|value| value.slot.as_str()).collect();
        assert_eq!(ticked, ["kakunin.menkyo", "kakunin.sonota", "kubun.dairi", "shorui0.tick"]);
    }

    #[test]
    fn a_conditional_step_says_so() {
        let view = view(&sample());
        assert_eq!(value(&view, "kotei0"), Some("⑧　入力内容の照合"));
        assert_eq!(value(&view, "kotei1"), Some("⑪　（該当時）入力内容の照合"));
        assert_eq!(view.shape["kotei"][1], json!({ "gate": true, "honshi": true }));
    }

    #[test]
    fn others_are_counted_where_there_are_any() {
        let mut data = sample();
        assert_eq!(value(&view(&data), "taishosha"), Some("見本　太郎　ほか２人"));
        data["taishosha"]["hoka"] = json!(0);
        assert_eq!(value(&view(&data), "taishosha"), Some("見本　太郎"));
    }
}
