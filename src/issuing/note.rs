//! What the office notes beside its cases: by whom, and why. Notes stand in the register as events of
//! their own, and change no case.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::event::{EventError, Reason};
use crate::case::id::{CaseId, IssuanceId, OfficeId, PersonId};
use crate::case::wire;
use crate::domain::calendar::Day;
use crate::register::replay::OFFICE_NOTE;
use crate::register::{self, Alarm, Ask, Batch, IncidentId, Locked};

use super::casework::{Casework, CaseworkError};

/// Version in which notes are written.
const VERSION: u32 = 1;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Note {
    /// The text of a flow is kept from now on, for the cases that begin with it.
    FlowKept {
        /// SHA-256 of the text, in hexadecimal.
        version: String,
    },
    /// Something happened that must not be passed over.
    IncidentOpened {
        /// Which.
        incident: String,
        /// Cause and kind of document.
        kind: String,
    },
    /// The kept file of a released page was shown to somebody.
    EvidenceShown {
        /// Of which number.
        issuance: IssuanceId,
        /// Why.
        reason: Reason,
        /// Who had it shown.
        by: PersonId,
    },
    /// An incident was looked into and closed.
    IncidentClosed {
        /// Which.
        incident: String,
        /// What was found.
        reason: Reason,
        /// Who closed it.
        by: PersonId,
    },
    /// A new key is about to be made. It may never have come to be: see [`Note::KeyMade`].
    KeyBegun {
        /// Its name.
        key: String,
        /// The two who have it made.
        people: [PersonId; 2],
    },
    /// The key is there: new cases' keys are wrapped by it.
    KeyMade {
        /// Its name.
        key: String,
        /// Who had it made.
        by: PersonId,
    },
    /// A copy of the register is about to be made. From now on there may be one, whole or in part.
    CopyBegun {
        /// Who has it made.
        by: PersonId,
    },
    /// The register came out of a copy.
    CopyRestored {
        /// SHA-256 over the copy without its last line.
        sha256: String,
        /// Who restored it.
        by: PersonId,
    },
    /// A copy of the register was made, and is whole.
    CopyMade {
        /// SHA-256 over the copy without its last line.
        sha256: String,
        /// Who had it made.
        by: PersonId,
    },
    /// A checkpoint was signed because somebody wished it.
    CheckpointSigned {
        /// Who.
        by: PersonId,
    },
    /// 日締め: a day was closed.
    DayClosed {
        /// Which day.
        #[serde(with = "wire::text")]
        day: Day,
        /// Who closed it.
        by: PersonId,
    },
    /// Another build of the program took over the register.
    Adopted {
        /// Which.
        program: String,
        /// The two who had it done.
        people: [PersonId; 2],
    },
}

impl Note {
    /// Its type, as the register names it.
    pub fn kind(&self) -> String {
        let own = match self {
            Self::FlowKept { .. } => "flow-kept",
            Self::IncidentOpened { .. } => "incident-opened",
            Self::EvidenceShown { .. } => "evidence-shown",
            Self::IncidentClosed { .. } => "incident-closed",
            Self::KeyBegun { .. } => "key-begun",
            Self::KeyMade { .. } => "key-made",
            Self::CopyBegun { .. } => "copy-begun",
            Self::CopyRestored { .. } => "copy-restored",
            Self::CopyMade { .. } => "copy-made",
            Self::CheckpointSigned { .. } => "checkpoint-signed",
            Self::DayClosed { .. } => "day-closed",
            Self::Adopted { .. } => "adopted",
        };
        format!("{OFFICE_NOTE}{own}")
    }

    /// As the register keeps it.
    pub fn encode(&self) -> Result<register::Event, EventError> {
        let failed = |source| EventError::Body { kind: self.kind(), version: VERSION, source };
        match self {
            Self::FlowKept { version } => Ok(flow_kept(version)),
            Self::IncidentOpened { incident, kind } => Ok(incident_opened(incident, kind)),
            other => Ok(event(self.kind(), serde_json::to_vec(other).map_err(failed)?)),
        }
    }

    /// As it was kept. Its type must be the one under which it stood.
    pub fn decode(kind: &str, version: u32, body: &[u8]) -> Result<Self, EventError> {
        let unknown = || EventError::Unknown { kind: kind.to_owned(), version };
        if version != VERSION {
            return Err(unknown());
        }
        if let Some(note) = Self::of_text(kind, body) {
            return note.ok_or_else(unknown);
        }
        let note: Self = serde_json::from_slice(body).map_err(|source| EventError::Body {
            kind: kind.to_owned(),
            version,
            source,
        })?;
        if note.kind() == kind { Ok(note) } else { Err(unknown()) }
    }

    /// A note of the two types that are kept as plain text; none inside where the text is not one.
    fn of_text(kind: &str, body: &[u8]) -> Option<Option<Self>> {
        let text = str::from_utf8(body).ok();
        let flow_kept = |version: &str| Self::FlowKept { version: version.to_owned() };
        let incident_opened = |(incident, kind): (&str, &str)| Self::IncidentOpened {
            incident: incident.to_owned(),
            kind: kind.to_owned(),
        };
        match kind.strip_prefix(OFFICE_NOTE)? {
            "flow-kept" => Some(text.filter(|text| HEXLOWER.decode(text.as_bytes()).is_ok()).map(flow_kept)),
            "incident-opened" => {
                let said = text.and_then(|text| text.split_once(' '));
                Some(said.filter(|(incident, _)| IncidentId::parse(incident).is_ok()).map(incident_opened))
            }
            _ => None,
        }
    }
}

/// [`Note::FlowKept`], as it has been kept from the first: its text alone.
pub fn flow_kept(version: &str) -> register::Event {
    event(format!("{OFFICE_NOTE}flow-kept"), version.as_bytes().to_vec())
}

/// [`Note::IncidentOpened`], as it has been kept from the first: a line of text.
pub fn incident_opened(incident: impl std::fmt::Display, kind: &str) -> register::Event {
    event(format!("{OFFICE_NOTE}incident-opened"), format!("{incident} {kind}").into_bytes())
}

fn event(kind: String, body: Vec<u8>) -> register::Event {
    register::Event { kind, v: VERSION, body: Zeroizing::new(body) }
}

impl Casework<'_> {
    /// Notes something about a case, or about the office itself.
    pub async fn note(&self, office: &OfficeId, case: Option<CaseId>, note: &Note) -> Result<(), CaseworkError> {
        let batch = Batch { events: vec![note.encode()?], ..Batch::default() };
        let ask = Ask { case, ..Ask::office(office) };
        self.register.write(&ask, |_: &Locked| Ok::<_, CaseworkError>((batch, ()))).await.map(drop)
    }

    /// Closes an incident, with what was found.
    pub async fn close_incident(
        &self,
        office: &OfficeId,
        id: IncidentId,
        reason: Reason,
        by: &PersonId,
    ) -> Result<(), CaseworkError> {
        let note = Note::IncidentClosed { incident: id.to_string(), reason, by: by.clone() }.encode()?;
        let open = self.register.open_incidents(office).await?;
        let incident = open.into_iter().find(|incident| incident.id == id).ok_or(CaseworkError::NoIncident)?;
        let ask = Ask { case: incident.case, ..Ask::office(office) };
        let written = self.register.write(&ask, |locked: &Locked| {
            if !locked.incidents.contains(&incident) {
                return Err(CaseworkError::NoIncident);
            }
            Ok((Batch { events: vec![note], alarms: vec![Alarm::Close { id }], ..Batch::default() }, ()))
        });
        written.await.map(drop)
    }
}
