//! 交付: nothing is handed over but to whoever shows the 番号札, every sheet of it read or typed, and paid for. What was
//! shown and is wrong is refused, and the refusal is recorded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::document::handing::{Handing, SheetCode, Shuno, Uketori};
use crate::document::parse::Count;
use crate::document::reception::Reception;
use crate::domain::calendar::Day;
use crate::domain::money::Yen;
use crate::procedure::settings::Settings;
use crate::procedure::{Act, Step, StepKey};

use super::command::Work;
use super::decide::Decision;
use super::error::CaseError;
use super::event::Event;
use super::id::{CaseId, IssuanceId};
use super::rules;
use super::running::Running;
use super::settlement::{Due, Line, Paid, ReceiptNumber, Settlement};
use super::sheet::{IssuanceState, Sheet};

/// What is shown and paid, with what the register knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// At which step.
    pub step: StepKey,
    /// What was shown and paid.
    pub handing: Handing,
    /// The case whose 番号札 was shown, where there is such a case in the office.
    pub slip: Option<CaseId>,
    /// Ids of papers that the program does not print and that go with it.
    pub confirmed: Vec<String>,
    /// The receipt that there will be, if money is due.
    pub receipt: ReceiptNumber,
    /// Hour and minute, by the register's clock (`10:41`).
    pub time: String,
}

/// What was wrong with what was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
pub enum HandingFault {
    /// No 番号札.
    NoSlip,
    /// The 番号札 of another case.
    OtherSlip,
    /// A sheet that is none of this case.
    OtherSheet {
        /// Its code.
        sheet: String,
    },
    /// A sheet of a number that was voided or spoiled.
    VoidedSheet {
        /// Its code.
        sheet: String,
    },
    /// The same sheet twice.
    TwiceSheet {
        /// Its code.
        sheet: String,
    },
    /// A sheet that was not shown.
    MissingSheet {
        /// Its number, n/N.
        sheet: String,
    },
}

impl HandingFault {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSlip => "handing-no-slip",
            Self::OtherSlip => "handing-other-slip",
            Self::OtherSheet { .. } => "handing-other-sheet",
            Self::VoidedSheet { .. } => "handing-voided-sheet",
            Self::TwiceSheet { .. } => "handing-twice-sheet",
            Self::MissingSheet { .. } => "handing-missing-sheet",
        }
    }

    /// The sheet in question.
    pub fn sheet(&self) -> Option<&str> {
        match self {
            Self::NoSlip | Self::OtherSlip => None,
            Self::OtherSheet { sheet }
            | Self::VoidedSheet { sheet }
            | Self::TwiceSheet { sheet }
            | Self::MissingSheet { sheet } => Some(sheet),
        }
    }
}

/// Whether a step is done only by handing over: where a fee is taken, and where a 番号札 was given out or something
/// sealed goes out with it.
pub fn is_handing(running: &Running, step: &Step) -> bool {
    match step.act {
        Act::Collect | Act::Pay => true,
        Act::HandOver => has_slip(running, step) || !running.due_at(&step.key).is_empty(),
        _ => false,
    }
}

fn has_slip(running: &Running, step: &Step) -> bool {
    let before = running.flow().ancestors(&step.key);
    let gives = |other: &&Step| other.act == Act::GiveSlip && before.contains(&other.key);
    running.flow().steps.iter().any(|step| gives(&step) && running.progress().done_by(&step.key).is_some())
}

/// What must be shown and paid at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "HandingAsked")]
pub struct Asked {
    /// Whether the 番号札.
    pub slip: bool,
    /// Every sheet, n/N.
    pub sheets: Vec<String>,
    /// 明細 of what is due.
    pub lines: Vec<Line>,
    /// Its sum, in yen.
    pub sum: Yen,
    /// Whether it is paid in 収入印紙.
    pub stamps: bool,
    /// Whether it must be said how many copies another system printed.
    pub elsewhere: bool,
}

/// What must be shown and paid at a step on a day, of what is out by now; none where nothing is handed over, or where a
/// fee is not known.
pub fn asked(running: &Running, step: &Step, settings: &Settings, day: Day) -> Option<Asked> {
    if step.act == Act::Pay || !is_handing(running, step) {
        return None;
    }
    let sheets = running.due_at(&step.key);
    let elsewhere = sheets.is_empty() && step.act == Act::Collect && running.flow().fee.is_some();
    let due = Due::of((running.flow(), step), &sheets, elsewhere.then_some(1), (settings, day)).ok()?;
    let (slip, Due { lines, sum, stamps }) = (has_slip(running, step), due);
    let sheets = released(&sheets).map(|(_, sheet)| sheet).collect();
    Some(Asked { slip, sheets, lines, sum, stamps, elsewhere })
}

impl Asked {
    /// All that is asked for, as whoever has it in hand shows it, paid in cash or stamps to the yen; none where a sheet's
    /// number is not of the form of one.
    pub fn whole(&self, slip: &str) -> Option<Handing> {
        let cash = Uketori { azukari: self.sum };
        let shuno = if self.stamps { Shuno::ShunyuInshi(cash) } else { Shuno::Genkin(cash) };
        let kami = self.sheets.iter().map(|sheet| sheet.parse().ok()).collect::<Option<Vec<_>>>()?;
        Some(Handing {
            bangofuda: if self.slip { Some(slip.parse().ok()?) } else { None },
            kami,
            shuno: (self.sum > Yen::ZERO).then_some(shuno),
            tsusu: self.elsewhere.then_some(Count(1)),
        })
    }
}

impl Decision<'_> {
    pub(super) fn hand_over(self, shown: Shown) -> Result<Vec<Event>, CaseError> {
        let step = self.open(&shown.step)?;
        let by = rules::may_do(self.running, step, self.actor, self.settings)?;
        if step.act == Act::Pay || !is_handing(self.running, step) {
            return Err(CaseError::NotHanding { step: step.key.clone() });
        }
        let work = Work { confirmed: shown.confirmed.clone(), ..Work::plain(step.key.clone()) };
        self.check_entries(step, &work)?;
        self.check_released(step)?;
        if let Some(fault) = self.fault(step, &shown) {
            return Ok(vec![Event::HandingStopped { step: step.key.clone(), fault, by }]);
        }
        let settlement = self.settlement(step, &shown)?;
        let confirmed = work.confirmed.into_iter();
        let mut events: Vec<Event> =
            confirmed.map(|kind| Event::PrintedElsewhere { kind, step: step.key.clone(), by: by.clone() }).collect();
        let sheets = shown.handing.kami.iter().map(ToString::to_string).collect();
        events.push(Event::HandedOver { step: step.key.clone(), sheets, settlement, by: by.clone() });
        let (seen, day) = (Vec::new, Some(self.today));
        let done = |key: &StepKey| Event::StepDone { step: key.clone(), seen: seen(), day, by: by.clone() };
        events.push(done(&step.key));
        events.extend(self.other_side(step).map(|side| done(&side.key)));
        Ok(events)
    }

    /// 納付, the visitor's side of the same act.
    fn other_side(&self, step: &Step) -> Option<&Step> {
        let open = self.running.open_steps();
        let side = open.into_iter().find(|other| other.act == Act::Pay && other.after == step.after)?;
        self.running.flow().step(&side.key)
    }

    fn fault(&self, step: &Step, shown: &Shown) -> Option<HandingFault> {
        if has_slip(self.running, step) {
            if shown.handing.bangofuda.is_none() {
                return Some(HandingFault::NoSlip);
            }
            if shown.slip != Some(self.running.opening().case) {
                return Some(HandingFault::OtherSlip);
            }
        }
        let sheets = self.running.due_at(&step.key);
        let mut seen = BTreeSet::new();
        for code in &shown.handing.kami {
            let sheet = code.to_string();
            let Some((id, state)) = issuance_of(&sheets, code) else { return Some(HandingFault::OtherSheet { sheet }) };
            match state {
                IssuanceState::Issued { pages, .. } if *pages == code.pages => {}
                IssuanceState::Issued { .. } => return Some(HandingFault::OtherSheet { sheet }),
                _ => return Some(HandingFault::VoidedSheet { sheet }),
            }
            if !seen.insert((id, code.page)) {
                return Some(HandingFault::TwiceSheet { sheet });
            }
        }
        missing(&sheets, &seen)
    }

    /// What was paid; none where neither money nor a certificate changes hands.
    fn settlement(&self, step: &Step, shown: &Shown) -> Result<Option<Settlement>, CaseError> {
        let sheets = self.running.due_at(&step.key);
        let elsewhere = shown.handing.tsusu.map(|copies| copies.0);
        let day = shown.receipt.day;
        let due = Due::of((self.running.flow(), step), &sheets, elsewhere, (self.settings, day))?;
        if due.lines.is_empty() && shown.handing.shuno.is_none() {
            return Ok(None);
        }
        let who = self.running.request().and_then(|recorded| match recorded.request.reception() {
            Reception::Seikyu(asked) => Some(asked.seikyusha.kubun()),
            Reception::Todoke(_) => None,
        });
        let paid = due.paid(step, shown.handing.shuno.as_ref(), who, self.settings)?;
        let nothing = matches!(paid, Paid::Menjo { .. } | Paid::Muryo);
        let total = if nothing { Yen::ZERO } else { due.sum };
        Ok(Some(Settlement { receipt: shown.receipt.clone(), time: shown.time.clone(), lines: due.lines, total, paid }))
    }
}

/// The issuance that a sheet's code names, if it is of these documents.
fn issuance_of<'s>(sheets: &[&'s Sheet], code: &SheetCode) -> Option<(IssuanceId, &'s IssuanceState)> {
    let mut issuances = sheets.iter().filter_map(|sheet| sheet.approved()).flat_map(|sheet| &sheet.issuances);
    let found = issuances.find(|(_, issuance)| code.is_of(&issuance.number))?;
    Some((*found.0, &found.1.state))
}

/// Every sheet that is out: of which issuance, which page, and its code n/N.
fn released<'s>(sheets: &'s [&Sheet]) -> impl Iterator<Item = ((IssuanceId, u16), String)> + 's {
    let issuances = sheets.iter().filter_map(|sheet| sheet.approved()).flat_map(|sheet| &sheet.issuances);
    issuances.flat_map(|(id, issuance)| {
        let pages = match issuance.state {
            IssuanceState::Issued { pages, .. } => pages,
            _ => 0,
        };
        (1..=pages).map(move |page| ((*id, page), format!("{} {page}/{pages}", issuance.number)))
    })
}

/// The first sheet that is out and was not shown.
fn missing(sheets: &[&Sheet], seen: &BTreeSet<(IssuanceId, u16)>) -> Option<HandingFault> {
    let mut missing = released(sheets).filter(|(page, _)| !seen.contains(page));
    missing.next().map(|(_, sheet)| HandingFault::MissingSheet { sheet })
}
