//! 受付: what a flow allows to be recorded of who came, and what may be made of it.

use crate::document::reception::Reception;
use crate::document::request::KofuSeikyu;
use crate::procedure::{Act, Procedure, Step};

use super::error::CaseError;
use super::event::Source;
use super::running::Running;

/// Whether the flow receives this: its form, who may ask, and the papers that show it.
pub(super) fn allowed(flow: &Procedure, reception: &Reception) -> Result<(), CaseError> {
    let Some(rule) = &flow.reception else { return Ok(()) };
    if reception.form() != rule.form {
        return Err(CaseError::ReceptionForm);
    }
    if let Reception::Seikyu(asked) = reception
        && !rule.requesters.contains(&asked.seikyusha.kubun())
    {
        return Err(CaseError::Requester);
    }
    if reception.is_identified(rule.papers) { Ok(()) } else { Err(CaseError::Papers) }
}

/// Whether something was made of the reception, or decided on it.
pub(super) fn is_used(running: &Running) -> bool {
    let flow = running.flow();
    let decided = |step: &&Step| {
        matches!(step.act, Act::Review | Act::Approve | Act::Seal | Act::Decide)
            && running.progress().done_by(&step.key).is_some()
    };
    let received = |step: &Step| {
        let before = flow.ancestors(&step.key);
        flow.steps.iter().any(|other| other.act == Act::Receive && before.contains(&other.key))
    };
    !running.sheets().is_empty() || flow.steps.iter().filter(decided).any(received)
}

/// Whether what is entered was asked for: composed for the requester who was recorded, and with no item that
/// was not asked for.
pub(super) fn is_asked_for(running: &Running, source: &Source) -> bool {
    let (Some(recorded), Source::Composed { request, .. }) = (running.request(), source) else { return true };
    let Reception::Seikyu(asked) = recorded.request.reception() else { return true };
    let Ok(composed) = KofuSeikyu::read(request.0.as_bytes()) else { return false };
    let covered = match &asked.kisai {
        Some(kisai) => kisai.covers(&composed.kisai),
        None => composed.kisai.is_basic(),
    };
    composed.seikyu == asked.seikyusha && covered
}
