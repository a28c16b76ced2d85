//! 案件: a case is a pure state machine. `decide` says what a command by a person would bring about,
//! `apply` is the only thing that changes a case, and warrants come out of nothing but its events.

pub mod warrant;

use crate::domain::calendar::Day;
use crate::procedure::Party;

use warrant::{Collation, Cover, Office, Sealed};

/// A person at work.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// Account.
    pub id: String,
    /// 受注者 or 本市.
    pub party: Party,
}

/// What a person wants to do with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// 入力（仮登録）: the document was entered.
    Enter {
        /// What was entered.
        cover: Cover,
    },
    /// 照合: what was entered agrees with the papers.
    Collate,
    /// 審査.
    Examine,
    /// 承認入力: what was seen may be sealed.
    Approve {
        /// What the approver saw.
        cover: Cover,
    },
    /// Back to entry, from collation, examination or approval.
    Return {
        /// Why.
        reason: String,
    },
    /// 交付.
    HandOver,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Entered.
    Entered {
        /// By whom.
        by: Actor,
        /// What.
        cover: Cover,
    },
    /// Collated.
    Collated {
        /// By whom.
        by: Actor,
    },
    /// Examined.
    Examined {
        /// By whom.
        by: Actor,
    },
    /// Approved.
    Approved {
        /// By whom.
        by: Actor,
        /// What.
        cover: Cover,
    },
    /// Returned to entry.
    Returned {
        /// By whom.
        by: Actor,
        /// Why.
        reason: String,
    },
    /// Handed over.
    HandedOver {
        /// By whom.
        by: Actor,
    },
}

/// A case, by how far it has come. Each state holds what happened on the way to it, so that no state
/// exists without its people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Case {
    /// 受付済み.
    Received(Received),
    /// 入力済み.
    Entered(Entered),
    /// 照合済み.
    Collated(Collated),
    /// 審査済み.
    Examined(Examined),
    /// 承認済み.
    Approved(Approved),
    /// 交付済み.
    HandedOver(HandedOver),
}

/// 受付済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Who received the request.
    pub by: Actor,
}

/// 入力済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// The way here.
    pub received: Received,
    /// Who entered.
    pub by: Actor,
    /// What.
    pub cover: Cover,
}

/// 照合済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collated {
    /// The way here.
    pub entered: Entered,
    /// Who collated.
    pub by: Actor,
}

/// 審査済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// The way here.
    pub collated: Collated,
    /// Who examined.
    pub by: Actor,
}

/// 承認済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// The way here.
    pub examined: Examined,
    /// Who approved.
    pub by: Actor,
}

/// 交付済み.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// The way here.
    pub approved: Approved,
    /// Who handed over.
    pub by: Actor,
}

/// A command is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// The case is not where the command belongs.
    #[error("deciding {command}: the case is {state}")]
    OutOfOrder {
        /// Command.
        command: &'static str,
        /// State.
        state: &'static str,
    },
    /// The wrong party.
    #[error("deciding {command}: it belongs to {party:?}")]
    WrongParty {
        /// Command.
        command: &'static str,
        /// Who may.
        party: Party,
    },
    /// The person did a step that this one must check.
    #[error("deciding {command}: the same person entered the document")]
    SamePerson {
        /// Command.
        command: &'static str,
    },
    /// What the approver saw is not what was entered and collated.
    #[error("deciding approval: what was seen is not what was entered")]
    OtherContent,
}

impl CaseError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfOrder { .. } => "case-out-of-order",
            Self::WrongParty { .. } => "case-wrong-party",
            Self::SamePerson { .. } => "case-same-person",
            Self::OtherContent => "case-other-content",
        }
    }
}

impl Command {
    fn name(&self) -> &'static str {
        match self {
            Self::Enter { .. } => "entry",
            Self::Collate => "collation",
            Self::Examine => "examination",
            Self::Approve { .. } => "approval",
            Self::Return { .. } => "return",
            Self::HandOver => "handing over",
        }
    }

    /// The party that alone may give it, where only one may.
    fn party(&self) -> Option<Party> {
        match self {
            Self::Enter { .. } | Self::Collate | Self::HandOver => Some(Party::Contractor),
            Self::Examine | Self::Approve { .. } => Some(Party::City),
            Self::Return { .. } => None,
        }
    }
}

impl Case {
    /// 受付: a case begins when a contractor receives a request.
    pub fn receive(by: Actor) -> Result<Self, CaseError> {
        if by.party != Party::Contractor {
            return Err(CaseError::WrongParty { command: "reception", party: Party::Contractor });
        }
        Ok(Self::Received(Received { by }))
    }

    /// How far it has come, for logs.
    pub fn state(&self) -> &'static str {
        match self {
            Self::Received(_) => "received",
            Self::Entered(_) => "entered",
            Self::Collated(_) => "collated",
            Self::Examined(_) => "examined",
            Self::Approved(_) => "approved",
            Self::HandedOver(_) => "handed over",
        }
    }

    /// What a command would bring about, or why it is not allowed (R1 to R6 of the separation of
    /// duties).
    pub fn decide(&self, command: Command, actor: &Actor) -> Result<Event, CaseError> {
        let name = command.name();
        if let Some(party) = command.party()
            && actor.party != party
        {
            return Err(CaseError::WrongParty { command: name, party });
        }
        let by = actor.clone();
        match (self, command) {
            (Self::Received(_), Command::Enter { cover }) => Ok(Event::Entered { by, cover }),
            (Self::Entered(state), Command::Collate) => {
                not_the_one_who_entered(state, actor, name)?;
                Ok(Event::Collated { by })
            }
            (Self::Collated(state), Command::Examine) => {
                not_the_one_who_entered(&state.entered, actor, name)?;
                Ok(Event::Examined { by })
            }
            (Self::Examined(state), Command::Approve { cover }) => {
                let entered = &state.collated.entered;
                not_the_one_who_entered(entered, actor, name)?;
                if cover != entered.cover {
                    return Err(CaseError::OtherContent);
                }
                Ok(Event::Approved { by, cover })
            }
            (Self::Entered(_) | Self::Collated(_) | Self::Examined(_) | Self::Approved(_), Command::Return { reason }) => {
                Ok(Event::Returned { by, reason })
            }
            (Self::Approved(_), Command::HandOver) => Ok(Event::HandedOver { by }),
            _ => Err(CaseError::OutOfOrder { command: name, state: self.state() }),
        }
    }

    /// The case after an event. An event that does not belong here changes nothing: events come only
    /// out of [`Self::decide`].
    #[must_use]
    pub fn apply(self, event: Event) -> Self {
        match (self, event) {
            (Self::Received(received), Event::Entered { by, cover }) => {
                Self::Entered(Entered { received, by, cover })
            }
            (Self::Entered(entered), Event::Collated { by }) => Self::Collated(Collated { entered, by }),
            (Self::Collated(collated), Event::Examined { by }) => Self::Examined(Examined { collated, by }),
            (Self::Examined(examined), Event::Approved { by, .. }) => Self::Approved(Approved { examined, by }),
            (Self::Approved(approved), Event::HandedOver { by }) => {
                Self::HandedOver(HandedOver { approved, by })
            }
            (Self::Entered(state), Event::Returned { .. }) => Self::Received(state.received),
            (Self::Collated(state), Event::Returned { .. }) => Self::Received(state.entered.received),
            (Self::Examined(state), Event::Returned { .. }) => {
                Self::Received(state.collated.entered.received)
            }
            (Self::Approved(state), Event::Returned { .. }) => {
                Self::Received(state.examined.collated.entered.received)
            }
            (unchanged, _) => unchanged,
        }
    }

    /// What may be printed for collation, once a document was entered.
    pub fn collation_warrant(&self) -> Option<Collation> {
        self.entered().map(|entered| Collation::new(entered.cover.clone()))
    }

    /// What may be sealed, once it was approved and until it was handed over.
    pub fn sealed_warrant(&self) -> Option<Sealed> {
        match self {
            Self::Approved(state) => {
                Some(Sealed::new(state.examined.collated.entered.cover.clone()))
            }
            _ => None,
        }
    }

    /// The internal sheets that go with a case (受付確認票, 番号札) at any of its steps.
    pub fn office_warrant(&self, cover: Cover) -> Office {
        Office::new(cover)
    }

    fn entered(&self) -> Option<&Entered> {
        match self {
            Self::Received(_) => None,
            Self::Entered(state) => Some(state),
            Self::Collated(state) => Some(&state.entered),
            Self::Examined(state) => Some(&state.collated.entered),
            Self::Approved(state) => Some(&state.examined.collated.entered),
            Self::HandedOver(state) => Some(&state.approved.examined.collated.entered),
        }
    }
}

/// R2 and R4: who entered neither collates nor examines nor approves.
fn not_the_one_who_entered(
    entered: &Entered,
    actor: &Actor,
    command: &'static str,
) -> Result<(), CaseError> {
    if entered.by.id == actor.id { Err(CaseError::SamePerson { command }) } else { Ok(()) }
}

/// Whether a warrant's day is over: then the case goes back to examination.
pub fn is_over(cover: &Cover, today: Day) -> bool {
    cover.day != today
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::cbor::Digest;
    use proptest::prelude::*;

    fn cover(n: u8) -> Cover {
        Cover {
            digest: Digest([n; 32]),
            templates: [0; 32],
            issuer: "office".to_owned(),
            day: Day::from_ymd(2026, 1, 15).unwrap(),
        }
    }

    fn contractor(id: &str) -> Actor {
        Actor { id: id.to_owned(), party: Party::Contractor }
    }

    fn city(id: &str) -> Actor {
        Actor { id: id.to_owned(), party: Party::City }
    }

    fn walked(steps: &[(Command, Actor)]) -> Case {
        steps.iter().fold(Case::receive(contractor("a")).unwrap(), |case, (command, actor)| {
            let event = case.decide(command.clone(), actor).unwrap();
            case.apply(event)
        })
    }

    #[test]
    fn the_way_to_a_seal() {
        let case = walked(&[
            (Command::Enter { cover: cover(1) }, contractor("a")),
            (Command::Collate, contractor("b")),
            (Command::Examine, city("c")),
            (Command::Approve { cover: cover(1) }, city("c")),
        ]);
        assert_eq!(case.sealed_warrant().unwrap().cover(), &cover(1));
    }

    #[test]
    fn each_rule_of_the_separation_of_duties() {
        let entered = walked(&[(Command::Enter { cover: cover(1) }, contractor("a"))]);
        // R2: who entered does not collate.
        let same = entered.decide(Command::Collate, &contractor("a"));
        assert_eq!(same, Err(CaseError::SamePerson { command: "collation" }));
        // Collation is the contractor's.
        assert!(matches!(entered.decide(Command::Collate, &city("c")), Err(CaseError::WrongParty { .. })));
        // R3: no examination without collation.
        assert!(matches!(entered.decide(Command::Examine, &city("c")), Err(CaseError::OutOfOrder { .. })));
        let examined = walked(&[
            (Command::Enter { cover: cover(1) }, contractor("a")),
            (Command::Collate, contractor("b")),
            (Command::Examine, city("c")),
        ]);
        // R1: a contractor never approves.
        let approve = Command::Approve { cover: cover(1) };
        assert!(matches!(examined.decide(approve.clone(), &contractor("d")), Err(CaseError::WrongParty { .. })));
        // R4: nor does who entered, even if the account has since moved to the city's staff.
        let moved = Actor { id: "a".to_owned(), party: Party::City };
        assert_eq!(examined.decide(approve, &moved), Err(CaseError::SamePerson { command: "approval" }));
        // What was approved is what was entered.
        let other = Command::Approve { cover: cover(2) };
        assert_eq!(examined.decide(other, &city("c")), Err(CaseError::OtherContent));
        // R6: nothing is handed over before approval.
        assert!(matches!(examined.decide(Command::HandOver, &contractor("a")), Err(CaseError::OutOfOrder { .. })));
    }

    fn any_command() -> impl Strategy<Value = Command> {
        prop_oneof![
            (0u8..3).prop_map(|n| Command::Enter { cover: cover(n) }),
            Just(Command::Collate),
            Just(Command::Examine),
            (0u8..3).prop_map(|n| Command::Approve { cover: cover(n) }),
            Just(Command::Return { reason: "r".to_owned() }),
            Just(Command::HandOver),
        ]
    }

    fn any_actor() -> impl Strategy<Value = Actor> {
        ("[a-d]", any::<bool>()).prop_map(|(id, is_city)| Actor {
            id,
            party: if is_city { Party::City } else { Party::Contractor },
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_warrant_to_seal_without_its_people(
            steps in prop::collection::vec((any_command(), any_actor()), 0..30)
        ) {
            let mut case = Case::receive(contractor("a")).unwrap();
            let mut since_entry: Vec<Event> = Vec::new();
            for (command, actor) in steps {
                if let Ok(event) = case.decide(command, &actor) {
                    if matches!(event, Event::Entered { .. }) { since_entry.clear(); }
                    since_entry.push(event.clone());
                    case = case.apply(event);
                }
                if let Some(warrant) = case.sealed_warrant() {
                    let [Event::Entered { by: entry, cover }, Event::Collated { by: collation },
                        Event::Examined { by: examination }, Event::Approved { by: approval, .. }] =
                        since_entry.as_slice()
                    else { panic!("{since_entry:?}") };
                    prop_assert_eq!(warrant.cover(), cover);
                    prop_assert_eq!((entry.party, collation.party), (Party::Contractor, Party::Contractor));
                    prop_assert_eq!((examination.party, approval.party), (Party::City, Party::City));
                    for other in [collation, examination, approval] {
                        prop_assert_ne!(&entry.id, &other.id);
                    }
                }
            }
        }
    }
}
