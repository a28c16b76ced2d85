//! 権限: what a person may do beside the steps of cases.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::case::actor::Actor;

/// A right. None includes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// To see what is suppressed, and of whom.
    SuppressSee,
    /// 抑止の設定.
    SuppressSet,
    /// 抑止の解除.
    SuppressLift,
    /// 抑止の一時解除.
    SuppressLiftTemporarily,
    /// To take over subjects from the city's systems.
    Import,
    /// 職員・端末の登録.
    People,
    /// 公印・鍵・認証者.
    Seals,
    /// 手数料・用紙.
    Fees,
    /// 本人通知: who asked to be told, and of what they must be.
    Notices,
}

/// A person lacks a right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("asking for a right: {person} has not {right:?}")]
pub struct NoRight {
    /// Who.
    pub person: String,
    /// Which.
    pub right: Right,
}

impl NoRight {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        "no-right"
    }
}

/// A person at work and their rights.
#[derive(Debug, Clone, Copy)]
pub struct Officer<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What they may do.
    pub rights: &'a BTreeSet<Right>,
}

impl<'a> Officer<'a> {
    /// The person, if they have the right.
    pub fn with(&self, right: Right) -> Result<&'a Actor, NoRight> {
        let lacks = || NoRight { person: self.actor.person().to_string(), right };
        if self.rights.contains(&right) { Ok(self.actor) } else { Err(lacks()) }
    }
}
