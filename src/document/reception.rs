//! 受付の記録: who came, for what, and which papers were seen. What a kind of requester needs stands in its type
//! ([`Seikyusha`]). There is no field for a 暗証番号, and what is no field is refused.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::identity::{Mibunsho, Needed};
use super::json::Json;
use super::parse::{Parse as _, Reader, Text};
use super::refusal::Refusals;
use super::request::{Dairinin, Jibun, Kisai, Koyo, Seikyusha};
use crate::domain::text::Anything;
use crate::{either, record};

either! {
    /// 受付の記録.
    pub enum Reception {
        /// 交付請求 and other requests.
        Seikyu(Seikyu) = "seikyu",
        /// 届出・申請.
        Todoke(Todoke) = "todoke",
    }
}

record! {
    /// 交付請求.
    pub struct Seikyu {
        /// 請求区分, and what it needs.
        pub seikyusha: Seikyusha,
        /// 利用目的.
        pub mokuteki: Text,
        /// Which items of a 住民票 are asked for; absent where none are.
        pub kisai: Option<Kisai>,
    }
}

record! {
    /// 届出・申請.
    pub struct Todoke {
        /// 届出人, and which papers were seen; there may be none, and then a 本人確認通知 asks the person.
        pub todokedenin: Todokedenin,
    }
}

either! {
    /// 届出人の区分.
    pub enum Todokedenin {
        /// 本人.
        Honnin(Jibun) = "honnin",
        /// 世帯主 for their household.
        Setainushi(Jibun) = "setainushi",
        /// 同一世帯の者.
        Dosetai(Jibun) = "dosetai",
        /// 代理人.
        Dairinin(Dairinin) = "dairinin",
        /// Another authority, or another desk of the office.
        Kikan(Koyo) = "kikan",
    }
}

/// Which of the two a procedure receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// [`Reception::Seikyu`].
    Seikyu,
    /// [`Reception::Todoke`].
    Todoke,
}

impl Reception {
    /// Which of the two it is.
    pub fn form(&self) -> Form {
        match self {
            Self::Seikyu(_) => Form::Seikyu,
            Self::Todoke(_) => Form::Todoke,
        }
    }

    /// Whether the papers that were seen are those that are needed; an 機関 shows a 文書番号 instead.
    pub fn is_identified(&self, needed: Needed) -> bool {
        let papers: Option<&[Mibunsho]> = match self {
            Self::Seikyu(Seikyu { seikyusha, .. }) => seikyusha.papers(),
            Self::Todoke(Todoke { todokedenin }) => match todokedenin {
                Todokedenin::Honnin(own) | Todokedenin::Setainushi(own) | Todokedenin::Dosetai(own) => {
                    Some(&own.kakunin)
                }
                Todokedenin::Dairinin(agent) => Some(&agent.kakunin),
                Todokedenin::Kikan(_) => None,
            },
        };
        papers.is_none_or(|papers| needed.met_by(papers))
    }

    fn check(&self, reader: &mut Reader<'_>) {
        let Self::Seikyu(Seikyu { seikyusha, kisai: Some(kisai), .. }) = self else { return };
        reader.at("seikyu", |reader| reader.at("kisai", |reader| kisai.check(seikyusha, reader)));
    }
}

/// A reception and the words in which it was said: as it was read, it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Received {
    reception: Arc<Reception>,
    text: Arc<str>,
}

/// A reception that was kept is not of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reception that is not of its form")]
pub struct Unreadable;

impl Received {
    /// Reads a reception.
    ///
    /// # Errors
    /// Everything that is refused, with its path.
    pub fn read(text: &str) -> Result<Self, Refusals> {
        let received = Self::parse(text)?;
        let mut reader = Reader::new(&Anything);
        received.reception.check(&mut reader);
        match Refusals::of(reader.into_found().refusals) {
            None => Ok(received),
            Some(refusals) => Err(refusals),
        }
    }

    /// The form alone: what was once received stays readable, whatever is asked of a reception since.
    fn parse(text: &str) -> Result<Self, Refusals> {
        let mut reader = Reader::new(&Anything);
        let json = Json::read(text.as_bytes()).map_err(|error| Refusals::from(error.refusal()))?;
        let reception = Reception::parse(&json, &mut reader);
        match (Refusals::of(reader.into_found().refusals), reception) {
            (None, Some(reception)) => Ok(Self { reception: Arc::new(reception), text: text.into() }),
            (refused, _) => Err(refused.unwrap_or(Refusals(Vec::new()))),
        }
    }

    /// What it says.
    pub fn reception(&self) -> &Reception {
        &self.reception
    }

    /// JSON, as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Received {
    type Error = Unreadable;
    fn try_from(text: String) -> Result<Self, Unreadable> {
        Self::parse(&text).map_err(|_| Unreadable)
    }
}

impl From<Received> for String {
    fn from(received: Received) -> Self {
        received.text.as_ref().to_owned()
    }
}

impl PartialEq for Received {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Received {}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
