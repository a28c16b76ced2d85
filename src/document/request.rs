//! 交付請求: who asks for a certificate, about whom, with which items, and why. What the law does not let a
//! kind of requester have cannot be said (法12条, 12条の2, 12条の3).

use serde::{Deserialize, Serialize};

use super::entry::Perhaps;
use super::identity::Mibunsho;
use super::json::Json;
use super::jumin::Jusho;
use super::parse::{Found, Parse as _, Reader, Text};
use super::refusal::Refusals;
use crate::domain::calendar::WarekiDate;
use crate::domain::number::AtenaBango;
use crate::domain::text::Anything;
use crate::{choice, either, record};

either! {
    /// 請求区分.
    pub enum Seikyusha {
        /// 本人 (法12条1項).
        Honnin(Jibun) = "honnin",
        /// 同一世帯の者 (法12条1項).
        Dosetai(Jibun) = "dosetai",
        /// 代理人, with what shows the authority.
        Dairinin(Dairinin) = "dairinin",
        /// 配偶者・直系の親族, of whoever is in a 戸籍 (戸籍法10条).
        Shinzoku(Shinzoku) = "shinzoku",
        /// 第三者 (法12条の3第1項).
        Daisansha(Daisansha) = "daisansha",
        /// 特定事務受任者 (法12条の3第2項).
        TokuteiJimu(TokuteiJimu) = "tokutei-jimu",
        /// 国又は地方公共団体の機関 (法12条の2).
        Koyo(Koyo) = "koyo",
    }
}

record! {
    /// Who asks about themselves or their own household.
    pub struct Jibun {
        /// 氏名.
        pub seikyusha_shimei: Text,
        /// 本人確認書類 that were seen.
        pub kakunin: Vec<Mibunsho>,
    }
}

record! {
    /// 代理人.
    pub struct Dairinin {
        /// 氏名.
        pub seikyusha_shimei: Text,
        /// 本人確認書類 of the 代理人.
        pub kakunin: Vec<Mibunsho>,
        /// What shows the authority.
        pub kengen: Kengen,
    }
}

either! {
    /// 代理権限を示す書類.
    pub enum Kengen {
        /// 任意代理.
        Ininjo(Ininjo) = "ininjo",
        /// 法定代理.
        Hotei(Hotei) = "hotei",
        /// 印鑑登録証: whoever brings it is sent by its owner.
        TorokuSho(TorokuSho) = "inkan-toroku-sho",
    }
}

record! {
    /// 委任状.
    pub struct Ininjo {
        /// 委任者の氏名.
        pub ininsha: Text,
        /// 委任状の日付.
        pub hizuke: WarekiDate,
    }
}

record! {
    /// 法定代理人.
    pub struct Hotei {
        /// Which.
        pub shurui: HoteiDairi,
        /// What shows it: 戸籍全部事項証明書, 登記事項証明書.
        pub shorui: Text,
    }
}

record! {
    /// 印鑑登録証.
    pub struct TorokuSho {
        /// 登録番号.
        pub bango: Text,
    }
}

choice! {
    /// 法定代理人 of whom.
    pub enum HoteiDairi {
        /// 親権者・未成年後見人.
        Shinkensha = "shinkensha",
        /// 成年後見人.
        Koken = "koken",
        /// 保佐人・補助人, as far as their authority goes.
        Hosa = "hosa-hojo",
    }
}

record! {
    /// 配偶者・直系の親族.
    pub struct Shinzoku {
        /// 氏名.
        pub seikyusha_shimei: Text,
        /// 本人確認書類.
        pub kakunin: Vec<Mibunsho>,
        /// What they are to the person.
        pub kankei: Kankei,
    }
}

choice! {
    /// 続柄 of who asks to whoever is in the 戸籍.
    pub enum Kankei {
        /// 配偶者.
        Haigusha = "haigusha",
        /// 直系尊属.
        Sonzoku = "sonzoku",
        /// 直系卑属.
        Hizoku = "hizoku",
    }
}

record! {
    /// 第三者: nothing without a reason.
    pub struct Daisansha {
        /// 氏名・名称.
        pub seikyusha_shimei: Text,
        /// 本人確認書類 of whoever is there.
        pub kakunin: Vec<Mibunsho>,
        /// 請求の理由.
        pub riyu: Text,
        /// 疎明資料.
        pub somei: Vec<Text>,
        /// Why items beyond 基礎証明事項 are needed; absent where they are not asked for.
        pub tsuika_riyu: Option<Text>,
    }
}

record! {
    /// 特定事務受任者.
    pub struct TokuteiJimu {
        /// 氏名.
        pub seikyusha_shimei: Text,
        /// 資格.
        pub shikaku: Shikaku,
        /// 本人確認書類.
        pub kakunin: Vec<Mibunsho>,
        /// 依頼者 and 事件の種類.
        pub riyu: Text,
        /// Whether it is for a dispute whose other side must not be told (紛争処理の代理).
        pub funso: bool,
        /// Why items beyond 基礎証明事項 are needed.
        pub tsuika_riyu: Option<Text>,
    }
}

choice! {
    /// 資格 of a 特定事務受任者.
    pub enum Shikaku {
        /// 弁護士.
        Bengoshi = "bengoshi",
        /// 司法書士.
        ShihoShoshi = "shiho-shoshi",
        /// 土地家屋調査士.
        TochiKaokuChosashi = "tochi-kaoku-chosashi",
        /// 税理士.
        Zeirishi = "zeirishi",
        /// 社会保険労務士.
        ShakaiHokenRomushi = "shakai-hoken-romushi",
        /// 弁理士.
        Benrishi = "benrishi",
        /// 海事代理士.
        KaijiDairishi = "kaiji-dairishi",
        /// 行政書士.
        GyoseiShoshi = "gyosei-shoshi",
    }
}

record! {
    /// 公用請求.
    pub struct Koyo {
        /// 機関.
        pub kikan: Text,
        /// 文書番号.
        pub bunsho_bango: Text,
        /// 根拠法令 and 利用目的.
        pub konkyo: Text,
    }
}

either! {
    /// Whose, in which form.
    pub enum Taisho {
        /// 世帯全員, of the household of a person.
        Zenin(Hitori) = "zenin",
        /// 世帯の一部.
        Ichibu(Ichibu) = "ichibu",
        /// 個人票.
        Kojin(Kojin) = "kojin",
        /// 除票.
        Johyo(Kojin) = "johyo",
    }
}

record! {
    /// A person.
    pub struct Hitori {
        /// 宛名番号.
        pub atena_bango: AtenaBango,
    }
}

record! {
    /// Some people of a household.
    pub struct Ichibu {
        /// 宛名番号 of each.
        pub atena_bango: Vec<AtenaBango>,
    }
}

record! {
    /// A person, with or without history.
    pub struct Kojin {
        /// 宛名番号.
        pub atena_bango: AtenaBango,
        /// 異動履歴.
        pub rireki: bool,
    }
}

record! {
    /// What is asked for beyond what every certificate has. What is not asked for is omitted (法12条5項).
    pub struct Kisai {
        /// 世帯主・続柄.
        pub setainushi: bool,
        /// 本籍・筆頭者.
        pub honseki: bool,
        /// 国籍・在留資格 and the other items of 法30条の45.
        pub gaikokujin: bool,
        /// Why 個人番号 is needed; absent where it is not asked for.
        pub kojin_bango: Option<Text>,
        /// Why 住民票コード is needed; absent where it is not asked for.
        pub juminhyo_code: Option<Text>,
    }
}

record! {
    /// 転出届, for a 転出証明書.
    pub struct TenshutsuTodoke {
        /// 届出年月日.
        pub todokede_hi: WarekiDate,
        /// 転出予定年月日.
        pub tenshutsu_yotei_hi: WarekiDate,
        /// 転出先の住所.
        pub tenshutsusaki_jusho: Jusho,
        /// 世帯主 there.
        pub tenshutsusaki_setainushi: Perhaps<Text>,
    }
}

record! {
    /// 交付請求.
    pub struct KofuSeikyu {
        /// 請求区分, and what it needs.
        pub seikyu: Seikyusha,
        /// Whose.
        pub taisho: Taisho,
        /// Which items.
        pub kisai: Kisai,
        /// 転出届, where that is what is certified.
        pub tenshutsu: Option<TenshutsuTodoke>,
    }
}

impl KofuSeikyu {
    /// Reads a request.
    ///
    /// # Errors
    /// Everything that is refused, with its path.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusals> {
        let mut reader = Reader::new(&Anything);
        let json = Json::read(bytes).map_err(|error| Refusals::from(error.refusal()))?;
        let request = Self::parse(&json, &mut reader);
        if let Some(request) = &request {
            request.check(&mut reader);
        }
        let Found { refusals, .. } = reader.into_found();
        match (Refusals::of(refusals), request) {
            (None, Some(request)) => Ok(request),
            (refused, _) => Err(refused.unwrap_or(Refusals(Vec::new()))),
        }
    }

    fn check(&self, reader: &mut Reader<'_>) {
        reader.at("seikyu", |reader| self.seikyu.check(reader));
        if self.seikyu.kubun() == Kubun::Shinzoku {
            reader.at("seikyu", |reader| reader.refuse::<()>("requester-of-koseki"));
        }
        reader.at("kisai", |reader| self.kisai.check(&self.seikyu, reader));
    }

    /// 宛名番号 of those who are asked about by number.
    pub fn asked(&self) -> Vec<&AtenaBango> {
        match &self.taisho {
            Taisho::Zenin(one) => vec![&one.atena_bango],
            Taisho::Ichibu(some) => some.atena_bango.iter().collect(),
            Taisho::Kojin(one) | Taisho::Johyo(one) => vec![&one.atena_bango],
        }
    }
}

/// 請求区分, by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kubun {
    /// 本人.
    Honnin,
    /// 同一世帯の者.
    Dosetai,
    /// 代理人.
    Dairinin,
    /// 配偶者・直系の親族.
    Shinzoku,
    /// 第三者.
    Daisansha,
    /// 特定事務受任者.
    TokuteiJimu,
    /// 国又は地方公共団体の機関.
    Koyo,
}

impl Seikyusha {
    /// 請求区分.
    pub fn kubun(&self) -> Kubun {
        match self {
            Self::Honnin(_) => Kubun::Honnin,
            Self::Dosetai(_) => Kubun::Dosetai,
            Self::Dairinin(_) => Kubun::Dairinin,
            Self::Shinzoku(_) => Kubun::Shinzoku,
            Self::Daisansha(_) => Kubun::Daisansha,
            Self::TokuteiJimu(_) => Kubun::TokuteiJimu,
            Self::Koyo(_) => Kubun::Koyo,
        }
    }

    /// 本人確認書類 that were seen; none of an 機関, whose 文書番号 stands for them.
    pub fn papers(&self) -> Option<&[Mibunsho]> {
        match self {
            Self::Honnin(own) | Self::Dosetai(own) => Some(&own.kakunin),
            Self::Dairinin(agent) => Some(&agent.kakunin),
            Self::Shinzoku(relative) => Some(&relative.kakunin),
            Self::Daisansha(other) => Some(&other.kakunin),
            Self::TokuteiJimu(other) => Some(&other.kakunin),
            Self::Koyo(_) => None,
        }
    }

    /// Nobody asks without being identified.
    fn check(&self, reader: &mut Reader<'_>) {
        if self.papers().is_some_and(<[Mibunsho]>::is_empty) {
            reader.refuse::<()>("nobody-was-identified");
        }
    }

    /// Whether items beyond 基礎証明事項 may be asked for.
    fn may_have_more(&self) -> bool {
        match self {
            Self::Daisansha(other) => other.tsuika_riyu.is_some(),
            Self::TokuteiJimu(other) => other.tsuika_riyu.is_some(),
            Self::Honnin(_) | Self::Dosetai(_) | Self::Dairinin(_) | Self::Shinzoku(_) | Self::Koyo(_) => true,
        }
    }
}

impl Kisai {
    /// What this kind of requester may not have is refused, item by item.
    pub(super) fn check(&self, seikyu: &Seikyusha, reader: &mut Reader<'_>) {
        let mut refuse = |field: &'static str, asked: bool, code: &'static str| {
            if asked {
                reader.at(field, |reader| reader.refuse::<()>(code));
            }
        };
        let (further, numbers) = (seikyu.may_have_more(), matches!(seikyu.kubun(), Kubun::Honnin | Kubun::Dosetai));
        for (field, asked) in
            [("setainushi", self.setainushi), ("honseki", self.honseki), ("gaikokujin", self.gaikokujin)]
        {
            refuse(field, asked && !further, "beyond-basic-items");
        }
        refuse("kojin_bango", self.kojin_bango.is_some() && !numbers, "not-for-this-requester");
        refuse("juminhyo_code", self.juminhyo_code.is_some() && !numbers, "not-for-this-requester");
    }

    fn items(&self) -> [bool; 5] {
        let (kojin_bango, juminhyo_code) = (self.kojin_bango.is_some(), self.juminhyo_code.is_some());
        [self.setainushi, self.honseki, self.gaikokujin, kojin_bango, juminhyo_code]
    }

    /// Whether everything that `other` asks for is asked for here too.
    pub fn covers(&self, other: &Self) -> bool {
        self.items().into_iter().zip(other.items()).all(|(here, there)| here || !there)
    }

    /// Whether nothing is asked for beyond 基礎証明事項.
    pub fn is_basic(&self) -> bool {
        !self.items().contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(seikyu: Value, kisai: &[(&str, Value)]) -> Result<KofuSeikyu, Refusals> {
        let mut all = json!({ "setainushi": false, "honseki": false, "gaikokujin": false });
        for (item, value) in kisai {
            all[*item] = value.clone();
        }
        let whole = json!({ "seikyu": seikyu, "taisho": { "zenin": { "atena_bango": "1000012" } }, "kisai": all });
        KofuSeikyu::read(whole.to_string().as_bytes())
    }

    fn codes(refused: Result<KofuSeikyu, Refusals>) -> Vec<&'static str> {
        refused.err().map(|refusals| refusals.0.iter().map(|refusal| refusal.code).collect()).unwrap_or_default()
    }

    fn honnin() -> Value {
        json!({ "honnin": { "seikyusha_shimei": "見本　太郎", "kakunin": ["kojin-bango-card"] } })
    }

    fn daisansha() -> Value {
        json!({ "daisansha": { "seikyusha_shimei": "見本商事", "kakunin": ["menkyo"], "riyu": "債権の保全", "somei": ["契約書"] } })
    }

    #[test]
    fn a_third_party_needs_a_reason_and_gets_basic_items_alone() {
        assert!(request(daisansha(), &[]).is_ok());
        let mut silent = daisansha();
        silent["daisansha"].as_object_mut().unwrap().remove("riyu");
        assert_eq!(codes(request(silent.clone(), &[])), ["missing-field"]);
        silent["daisansha"]["riyu"] = json!("　");
        assert_eq!(codes(request(silent, &[])), ["empty-text"]);
        assert_eq!(codes(request(daisansha(), &[("honseki", json!(true))])), ["beyond-basic-items"]);
        let mut more = daisansha();
        more["daisansha"]["tsuika_riyu"] = json!("相続人の確認");
        assert!(request(more, &[("honseki", json!(true))]).is_ok());
    }

    #[test]
    fn numbers_are_for_the_person_and_the_household_alone() {
        for item in ["kojin_bango", "juminhyo_code"] {
            let asked = [(item, json!("年金の手続"))];
            assert!(request(honnin(), &asked).is_ok());
            let mut third = daisansha();
            third["daisansha"]["tsuika_riyu"] = json!("必要");
            let agent = json!({ "dairinin": { "seikyusha_shimei": "代", "kakunin": ["menkyo"],
                "kengen": { "ininjo": { "ininsha": "見本　太郎", "hizuke": "R8-01-10" } } } });
            let office =
                json!({ "koyo": { "kikan": "見本県税事務所", "bunsho_bango": "見税第1号", "konkyo": "調査" } });
            for other in [third, agent, office] {
                assert_eq!(codes(request(other, &asked)), ["not-for-this-requester"]);
            }
        }
    }

    #[test]
    fn nobody_asks_without_being_identified() {
        let mut unknown = honnin();
        unknown["honnin"]["kakunin"] = json!([]);
        assert_eq!(codes(request(unknown, &[])), ["nobody-was-identified"]);
    }
}
