//! 本人確認: which papers show who somebody is, and when they suffice.

use serde::Deserialize;

use crate::choice;

choice! {
    /// 本人確認書類.
    pub enum Mibunsho {
        /// 個人番号カード.
        KojinBangoCard = "kojin-bango-card",
        /// 運転免許証.
        Menkyo = "menkyo",
        /// 運転経歴証明書.
        UntenKeireki = "unten-keireki",
        /// 旅券.
        Ryoken = "ryoken",
        /// 在留カード・特別永住者証明書.
        Zairyu = "zairyu",
        /// 障害者手帳.
        ShogaishaTecho = "shogaisha-techo",
        /// 資格者証, with a photograph.
        Shikakusha = "shikakusha-sho",
        /// 官公署の職員証, with a photograph.
        Shokuin = "shokuin-sho",
        /// 健康保険の資格確認書.
        ShikakuKakunin = "shikaku-kakuninsho",
        /// 介護保険被保険者証.
        KaigoHoken = "kaigo-hoken-sho",
        /// 年金手帳・基礎年金番号通知書.
        Nenkin = "nenkin-techo",
        /// 社員証.
        Shain = "shain-sho",
        /// 学生証.
        Gakusei = "gakusei-sho",
        /// 印鑑登録証.
        InkanToroku = "inkan-toroku-sho",
        /// その他.
        Sonota = "sonota",
    }
}

impl Mibunsho {
    /// 一号: issued by an authority, with a photograph; one of them suffices.
    pub fn is_first_kind(self) -> bool {
        match self {
            Self::KojinBangoCard
            | Self::Menkyo
            | Self::UntenKeireki
            | Self::Ryoken
            | Self::Zairyu
            | Self::ShogaishaTecho
            | Self::Shikakusha
            | Self::Shokuin => true,
            Self::ShikakuKakunin
            | Self::KaigoHoken
            | Self::Nenkin
            | Self::Shain
            | Self::Gakusei
            | Self::InkanToroku
            | Self::Sonota => false,
        }
    }
}

/// Which papers a procedure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needed {
    /// One of the first kind, or two others that are not the same.
    #[default]
    OneOrTwo,
    /// One of the first kind (広域交付).
    Photograph,
    /// 印鑑登録証, or the 個人番号カード that is used as one.
    InkanToroku,
    /// None: of a 届 the person is told afterwards by a 本人確認通知, for a 戸籍 the city's staff ask (聞き取り), and
    /// what names nobody (継続検査用) goes to whoever asks.
    Nothing,
}

impl Needed {
    /// Whether these papers show enough.
    pub fn met_by(self, papers: &[Mibunsho]) -> bool {
        let first = papers.iter().any(|paper| paper.is_first_kind());
        let two = papers.iter().any(|paper| Some(paper) != papers.first());
        match self {
            Self::OneOrTwo => first || two,
            Self::Photograph => first,
            Self::InkanToroku => {
                papers.iter().any(|paper| matches!(paper, Mibunsho::InkanToroku | Mibunsho::KojinBangoCard))
            }
            Self::Nothing => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_first_kind_or_two_of_the_second_suffice() {
        for paper in Mibunsho::ALL.iter().copied() {
            assert_eq!(Needed::OneOrTwo.met_by(&[paper]), paper.is_first_kind(), "{paper:?}");
            assert_eq!(Needed::OneOrTwo.met_by(&[paper, paper]), paper.is_first_kind(), "{paper:?} counted twice");
            assert_eq!(Needed::Photograph.met_by(&[paper, Mibunsho::Sonota]), paper.is_first_kind(), "{paper:?}");
            for other in Mibunsho::ALL.iter().copied().filter(|other| *other != paper) {
                assert!(Needed::OneOrTwo.met_by(&[paper, other]), "{paper:?} {other:?}");
            }
        }
        for needed in [Needed::OneOrTwo, Needed::Photograph, Needed::InkanToroku] {
            assert!(!needed.met_by(&[]), "{needed:?}");
        }
        assert!(Needed::InkanToroku.met_by(&[Mibunsho::InkanToroku]));
        assert!(!Needed::InkanToroku.met_by(&[Mibunsho::Menkyo, Mibunsho::Sonota]));
    }
}
