//! 職務分離: who may do what. Every rule of the separation of duties lives here, and nowhere else.
//!
//! | rule | what it says | how it is kept |
//! |---|---|---|
//! | R1 | 承認入力 is the city's | the flow's loader gives the act to no other party; [`may_do`] asks for the role |
//! | R2 | the collator is not who entered | [`separate`]; an office may relax it, each use is an event |
//! | R3 | no examination without collation | the order of the flow |
//! | R4 | who examines, approves or seals is not who entered | [`separate`]; may be relaxed likewise |
//! | R5 | 公印 is the city's, after examination | loader, order, [`may_do`] |
//! | R6 | nothing is handed over before its gate | loader: what a gate opens waits for it; the case: every copy was released |
//! | R7 | fees are taken by the contractor, with the handing over | loader, [`may_do`] |
//! | R8 | 転出証明書 comes out with the approval, by the approver | the seal of the flow hangs on the approval step; [`may_issue`] |
//! | R9, R10, R14, R18 | terminals, 本人確認, 受理, judgement: the city's | loader, [`may_do`] |
//! | R11 | 補記 is the contractor's, its examination the city's | loader, [`may_do`] |
//! | R12 | tax certificates: the city decides | loader, [`may_do`], [`may_refuse`] |
//! | R13 | 聞き取り is handed to the city | the case stops while it is with the city |
//! | R15 | 就学情報 by either, as agreed | the settings, among the flow's alternatives |
//! | R16 | 翌日処理 only of what was approved | loader: next-day steps wait for the gate |
//! | R17 | another ward's paper is collated and examined here | order, [`may_do`]: the step elsewhere is done by people of another office |

use crate::procedure::settings::{PersonRule, Settings};
use crate::procedure::{Act, Party, Procedure, Role, SealPolicy, Step};

use super::actor::{Actor, By};
use super::error::CaseError;
use super::event::Event;
use super::running::Running;

/// The roles that may do a step: its performer, as the office has chosen where it may choose; and for what
/// people outside do, those who see it done.
pub fn roles_of(flow: &Procedure, step: &Step, settings: &Settings) -> Vec<Role> {
    let role = settings.performer(&flow.id, step);
    match role {
        Role::Visitor => vec![Role::ContractorCounter, Role::CityCounter, Role::ContractorInput],
        Role::Immigration => vec![Role::CityNextday, Role::CityCounter],
        Role::TaxOffice => vec![Role::ContractorInput, Role::CityReviewer],
        Role::OtherDesk => vec![Role::ContractorCounter],
        own => vec![own],
    }
}

/// In which role the actor does a step, if that is the actor's to do.
pub fn may_do(running: &Running, step: &Step, actor: &Actor, settings: &Settings) -> Result<By, CaseError> {
    let own_office = *actor.office() == running.opening().office;
    // 受付区＝作成区: where the office's settings allow it, what another ward would make is made here.
    let made_here = own_office && settings.own_making;
    if own_office == step.performer.elsewhere && !made_here {
        return Err(CaseError::OtherOffice { step: step.key.clone() });
    }
    let roles = roles_of(running.flow(), step, settings);
    if let Some(role) = roles.iter().find(|role| actor.roles().contains(role)) {
        return Ok(actor.as_role(*role));
    }
    let party = roles.first().map_or(Party::Contractor, |role| role.party());
    if roles.iter().any(|role| role.party() == actor.party()) {
        Err(CaseError::WrongRole { step: step.key.clone() })
    } else {
        Err(CaseError::WrongParty { step: step.key.clone(), party })
    }
}

/// R2 and R4: whether the actor entered what this step must check. Says which relaxed rule was used.
pub fn separate(running: &Running, step: &Step, by: &By, settings: &Settings) -> Result<Option<Event>, CaseError> {
    let rule = match step.act {
        Act::Collate => PersonRule::CollatorNotEnterer,
        Act::Review | Act::Approve | Act::Seal | Act::Decide => PersonRule::OfficerNotEnterer,
        _ => return Ok(None),
    };
    if !running.enterers_before(&step.key).any(|enterer| enterer.person == by.person) {
        return Ok(None);
    }
    if !settings.relaxes(rule) {
        return Err(CaseError::SamePerson { step: step.key.clone() });
    }
    Ok(Some(Event::RuleRelaxed { rule, step: step.key.clone(), by: by.clone() }))
}

/// Who may have a number given and a page sealed: the city's staff; where the flow has no gate (広域交付),
/// also who enters.
pub fn may_issue(policy: SealPolicy, actor: &Actor) -> Option<By> {
    let officers = [Role::CityApprover, Role::CitySealKeeper, Role::CityReviewer];
    let contractors = [Role::ContractorInput];
    let without_gate = policy == SealPolicy::Auto;
    officers
        .into_iter()
        .chain(contractors.into_iter().filter(|_| without_gate))
        .find(|role| actor.roles().contains(role))
        .map(|role| actor.as_role(role))
}

/// Steps from which a case may be returned to its last entry.
pub fn may_return(act: Act) -> bool {
    matches!(act, Act::Collate | Act::Review | Act::Approve | Act::Seal | Act::Decide)
}

/// Steps at which the city may decide not to issue (R12; the same for every gate of the city).
pub fn may_refuse(step: &Step, flow: &Procedure) -> bool {
    let gate = matches!(step.act, Act::Review | Act::Approve | Act::Seal | Act::Decide);
    gate || flow.refusable.contains(&step.key)
}

/// Who takes over what a contractor hands to the city.
pub const CITY_AT_HAND: [Role; 3] = [Role::CityCounter, Role::CityReviewer, Role::CityApprover];
