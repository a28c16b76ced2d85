//! What the office notes beside its cases: by whom, and why. Notes stand in the register as events of
//! their own, and change no case.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::case::event::{EventError, Reason};
use crate::case::id::{CaseId, IssuanceId, OfficeId, PersonId};
use crate::register::replay::OFFICE_NOTE;
use crate::register::{self, Alarm, Ask, Batch, IncidentId, Locked};

use super::casework::{Casework, CaseworkError};

/// Version in which notes are written.
const VERSION: u32 = 1;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "body", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Note {
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
    /// New cases' keys are wrapped by another key from now on.
    KeyMade {
        /// Its name.
        key: String,
        /// Who had it made.
        by: PersonId,
    },
    /// A copy of the register was made.
    CopyMade {
        /// SHA-256 over the copy without its last line.
        sha256: String,
        /// Who had it made.
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
            Self::EvidenceShown { .. } => "evidence-shown",
            Self::IncidentClosed { .. } => "incident-closed",
            Self::KeyMade { .. } => "key-made",
            Self::CopyMade { .. } => "copy-made",
            Self::Adopted { .. } => "adopted",
        };
        format!("{OFFICE_NOTE}{own}")
    }

    /// As the register keeps it.
    pub fn encode(&self) -> Result<register::Event, EventError> {
        let failed = |source| EventError::Body { kind: self.kind(), version: VERSION, source };
        let body = Zeroizing::new(serde_json::to_vec(self).map_err(failed)?);
        Ok(register::Event { kind: self.kind(), v: VERSION, body })
    }

    /// As it was kept. Its type must be the one under which it stood.
    pub fn decode(kind: &str, version: u32, body: &[u8]) -> Result<Self, EventError> {
        let unknown = || EventError::Unknown { kind: kind.to_owned(), version };
        if version != VERSION {
            return Err(unknown());
        }
        let note: Self = serde_json::from_slice(body).map_err(|source| EventError::Body {
            kind: kind.to_owned(),
            version,
            source,
        })?;
        if note.kind() == kind { Ok(note) } else { Err(unknown()) }
    }
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
