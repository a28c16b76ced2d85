//! 業務フロー: the procedures as data (`flows/*.toml`), and the rules that read them.

use serde::Deserialize;

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// 来庁者.
    Visitor,
    /// 受注者.
    Contractor,
    /// 本市.
    City,
}

/// Where a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// 窓口.
    Counter,
    /// バックヤード.
    BackYard,
}

/// What a step decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// 入力（仮登録）.
    Entry,
    /// 照合.
    Collation,
    /// 審査.
    Examination,
    /// 承認入力.
    Approval,
}

/// One step (工程).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Key, unique within the procedure.
    pub key: String,
    /// Number as printed.
    pub number: String,
    /// 行為, as printed.
    pub action: String,
    /// Who does it.
    pub actor: Party,
    /// Where.
    pub place: Place,
    /// What it decides, if anything.
    pub gate: Option<Gate>,
    /// Kinds of documents that it prints.
    #[serde(default)]
    pub generates: Vec<String>,
}

/// A procedure (業務フロー).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// Id.
    pub id: String,
    /// Number in the list of procedures.
    pub number: u8,
    /// Title, as printed.
    pub title: String,
    /// Family of procedures (住基, 税, 印鑑, …).
    pub family: String,
    /// Steps in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// A procedure's data is broken.
#[derive(Debug, thiserror::Error)]
pub enum ProcedureError {
    /// Not readable.
    #[error("reading the procedure {file}: {message}")]
    Malformed {
        /// File.
        file: &'static str,
        /// Line and reason.
        message: String,
    },
    /// Two steps with one key.
    #[error("reading the procedure {file}: two steps have the key {key}")]
    DoubleKey {
        /// File.
        file: &'static str,
        /// Key.
        key: String,
    },
    /// A gate that another party than its own would decide.
    #[error("reading the procedure {file}: step {key} lets the wrong party decide")]
    WrongParty {
        /// File.
        file: &'static str,
        /// Key.
        key: String,
    },
}

impl Procedure {
    /// 住民票の写しの交付.
    pub fn juminhyo_kofu() -> Result<Self, ProcedureError> {
        Self::read("juminhyo-kofu.toml", include_str!("flows/juminhyo-kofu.toml"))
    }

    fn read(file: &'static str, text: &str) -> Result<Self, ProcedureError> {
        let procedure: Self = toml::from_str(text)
            .map_err(|error| ProcedureError::Malformed { file, message: error.to_string() })?;
        for (index, step) in procedure.steps.iter().enumerate() {
            if procedure.steps[..index].iter().any(|earlier| earlier.key == step.key) {
                return Err(ProcedureError::DoubleKey { file, key: step.key.clone() });
            }
            if step.gate.is_some_and(|gate| step.actor != gate.party()) {
                return Err(ProcedureError::WrongParty { file, key: step.key.clone() });
            }
        }
        Ok(procedure)
    }

    /// The step that decides something.
    pub fn gate(&self, gate: Gate) -> Option<&Step> {
        self.steps.iter().find(|step| step.gate == Some(gate))
    }
}

impl Gate {
    /// The party that alone may decide it: no configuration changes this.
    pub fn party(self) -> Party {
        match self {
            Self::Entry | Self::Collation => Party::Contractor,
            Self::Examination | Self::Approval => Party::City,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contractor_cannot_be_made_to_approve_by_data() {
        let text = include_str!("flows/juminhyo-kofu.toml");
        let (before, after) = text.split_once("承認入力").unwrap();
        let broken = format!("{before}承認入力{}", after.replacen("city", "contractor", 1));
        let read = Procedure::read("broken.toml", &broken);
        assert!(matches!(read, Err(ProcedureError::WrongParty { ref key, .. }) if key == "10"), "{read:?}");
    }

    #[test]
    fn two_steps_cannot_share_a_key() {
        let text = include_str!("flows/juminhyo-kofu.toml").replace("key = \"14b\"", "key = \"14a\"");
        assert!(matches!(Procedure::read("broken.toml", &text), Err(ProcedureError::DoubleKey { .. })));
    }

    #[test]
    fn juminhyo_kofu_has_its_seventeen_steps_and_four_gates() {
        let procedure = Procedure::juminhyo_kofu().unwrap();
        assert_eq!(procedure.steps.len(), 17);
        let gates: Vec<&str> = [Gate::Entry, Gate::Collation, Gate::Examination, Gate::Approval]
            .into_iter()
            .map(|gate| procedure.gate(gate).unwrap().key.as_str())
            .collect();
        assert_eq!(gates, ["7", "8", "9", "10"]);
    }
}
