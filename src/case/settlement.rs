//! 収納: what is due when something is handed over, and how it was paid. Amounts are whole yen out of the office's
//! dated table of fees; who takes the money is the contractor, in one step with the 交付 (R7).

use serde::{Deserialize, Serialize};

use crate::document::catalog::Kind;
use crate::document::handing::Shuno;
use crate::document::request::Kubun;
use crate::domain::calendar::Day;
use crate::domain::money::Yen;
use crate::procedure::settings::{KawaseOver, Settings};
use crate::procedure::{Act, Procedure, Step};

use super::error::CaseError;
use super::sheet::Sheet;
use super::wire;

/// One row of what is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "FeeLine")]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Code of the fee: a kind of certificate, or what another system prints.
    pub code: String,
    /// 単価 in yen; 0 where no fee is taken for it.
    pub unit: Yen,
    /// 通数.
    pub copies: u32,
}

/// 収納の方法, with what was taken and given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "way", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Paid {
    /// 現金.
    Genkin(Deposit),
    /// キャッシュレス.
    Cashless {
        /// Word of the means.
        means: String,
    },
    /// 定額小為替.
    Kawase(Deposit),
    /// 現金書留.
    GenkinKakitome(Deposit),
    /// 収入印紙.
    ShunyuInshi,
    /// 免除.
    Menjo {
        /// Code of the ground.
        ground: String,
    },
    /// 無料: nothing was due.
    Muryo,
}

/// What was taken, and given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Deposit {
    /// お預かり in yen.
    pub given: Yen,
    /// お釣り in yen.
    pub change: Yen,
}

/// The number of a receipt: a till's day and 一連番号.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptNumber {
    /// 領収日, by the register's clock.
    #[serde(with = "wire::text")]
    #[schemars(with = "String")]
    pub day: Day,
    /// レジ: the terminal's 端末名番号.
    pub till: String,
    /// 一連番号 of the till on that day, from 1.
    pub serial: u32,
}

impl ReceiptNumber {
    /// 一連番号 as it is printed.
    pub fn printed(&self) -> String {
        format!("{:06}", self.serial)
    }
}

/// 収納: what was handed over, for how much, paid how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Its receipt.
    pub receipt: ReceiptNumber,
    /// 領収時刻 (`10:41`).
    pub time: String,
    /// 明細.
    pub lines: Vec<Line>,
    /// 合計 taken, in yen: nothing of what is 免除.
    pub total: Yen,
    /// How it was paid.
    pub paid: Paid,
}

impl Settlement {
    /// Whether money was taken for which there is a receipt: 収入印紙 are the state's.
    pub fn has_receipt(&self) -> bool {
        !matches!(self.paid, Paid::ShunyuInshi | Paid::Menjo { .. } | Paid::Muryo)
    }
}

/// What is due: its lines, and their sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    /// 明細.
    pub lines: Vec<Line>,
    /// Their sum.
    pub sum: Yen,
    /// Whether it is the state's, paid in 収入印紙.
    pub stamps: bool,
}

impl Due {
    /// What is due for documents handed over at a step, and for so many copies of what another system prints.
    pub fn of(
        (flow, step): (&Procedure, &Step),
        sheets: &[&Sheet],
        elsewhere: Option<u16>,
        (settings, day): (&Settings, Day),
    ) -> Result<Self, CaseError> {
        let fee = |code: &str| {
            settings.fee(code, day).ok_or_else(|| CaseError::NoFee { step: step.key.clone(), code: code.to_owned() })
        };
        let mut lines = Vec::new();
        for sheet in sheets {
            let entry = &sheet.entered().entry;
            let costs = Kind::by_id(&entry.kind).is_some_and(|kind| kind.fee);
            let unit = if costs { fee(&entry.kind)? } else { Yen::ZERO };
            lines.push(Line { code: entry.kind.clone(), unit, copies: entry.copies.into() });
        }
        let counted = || CaseError::CopiesElsewhere { step: step.key.clone() };
        match (&flow.fee, elsewhere.filter(|copies| *copies > 0)) {
            (Some(code), Some(copies)) if sheets.is_empty() => {
                lines.push(Line { code: code.clone(), unit: fee(code)?, copies: copies.into() });
            }
            (_, Some(_)) => return Err(counted()),
            (Some(_), None) if sheets.is_empty() && step.act == Act::Collect => return Err(counted()),
            (_, None) => {}
        }
        let sum = lines.iter().map(|line| line.unit.times(line.copies)).collect::<Result<Vec<_>, _>>();
        let sum = sum.and_then(Yen::total).map_err(|_| counted())?;
        let stamps = lines.iter().any(|line| settings.is_paid_in_stamps(&line.code));
        Ok(Self { lines, sum, stamps })
    }

    /// How it was paid, if that is allowed and enough.
    pub fn paid(&self, step: &Step, shuno: Option<&Shuno>, who: Option<Kubun>, settings: &Settings) -> Paying {
        let key = || step.key.clone();
        let Some(shuno) = shuno else {
            return if self.sum == Yen::ZERO { Ok(Paid::Muryo) } else { Err(CaseError::NotPaid { step: key() }) };
        };
        if let Shuno::Menjo(menjo) = shuno {
            let ground = menjo.jiyu.as_str();
            return match settings.exempts(ground, who) {
                true => Ok(Paid::Menjo { ground: ground.to_owned() }),
                false => Err(CaseError::NotExempt { step: key() }),
            };
        }
        if self.sum == Yen::ZERO {
            return Err(CaseError::NothingDue { step: key() });
        }
        if self.stamps != matches!(shuno, Shuno::ShunyuInshi(_)) {
            return Err(CaseError::OtherWay { step: key() });
        }
        let deposit = |given: Yen| self.deposit(step, given);
        Ok(match shuno {
            Shuno::Genkin(taken) => Paid::Genkin(deposit(taken.azukari)?),
            Shuno::GenkinKakitome(taken) => Paid::GenkinKakitome(deposit(taken.azukari)?),
            Shuno::Kawase(taken) => {
                let deposit = deposit(taken.azukari)?;
                if deposit.change > Yen::ZERO && settings.kawase_over == KawaseOver::Refuse {
                    return Err(CaseError::KawaseOver { step: key() });
                }
                Paid::Kawase(deposit)
            }
            Shuno::Cashless(means) => Paid::Cashless { means: means.key().to_owned() },
            Shuno::ShunyuInshi(taken) if deposit(taken.azukari)?.change == Yen::ZERO => Paid::ShunyuInshi,
            Shuno::ShunyuInshi(_) | Shuno::Menjo(_) => return Err(CaseError::OtherWay { step: key() }),
        })
    }

    fn deposit(&self, step: &Step, given: Yen) -> Result<Deposit, CaseError> {
        match given.minus(self.sum) {
            Ok(change) if change >= Yen::ZERO => Ok(Deposit { given, change }),
            _ => Err(CaseError::TooLittle { step: step.key.clone() }),
        }
    }
}

type Paying = Result<Paid, CaseError>;
