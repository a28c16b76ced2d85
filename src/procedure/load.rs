//! Reading a procedure's file, and everything that is refused in one: with the file and the line.

use std::collections::{BTreeMap, BTreeSet};

use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;

use crate::document::change::is_entered_on;
use crate::document::juminhyo_utsushi::ShojoJiyu;
use crate::document::reception::Form;

use super::{
    Act, Attribute, Branch, Certainty, Condition, Correction, Deadline, Documents, Fill, FlowVersion, Gate, GateKind,
    Paper, Performer, Place, Procedure, Procedures, ReceptionRule, Role, SealPolicy, SealRule, Step, StepKey, Term,
};

/// How many procedures there are.
const COUNT: usize = 48;

/// The files inside the binary.
#[derive(RustEmbed)]
#[folder = "src/procedure/flows"]
struct Embedded;

/// A procedure's data is broken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("reading the procedure {file}:{line}: {fault}")]
pub struct ProcedureError {
    /// File.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: Fault,
}

impl ProcedureError {
    /// Key of the sentence that tells a person.
    pub fn code(&self) -> &'static str {
        "procedure-broken"
    }
}

/// What can be wrong in a procedure's file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Fault {
    /// Not TOML, not of the form of a procedure, or a word outside a list.
    #[error("{0}")]
    Malformed(String),
    /// Two steps with one key.
    #[error("two steps have the key {0}")]
    DoubleKey(StepKey),
    /// A key that no step has.
    #[error("there is no step {0}")]
    NoSuchStep(StepKey),
    /// A branch whose first step waits for nothing: nothing leads to it.
    #[error("nothing leads to step {0}: the first step of a branch says after what it comes")]
    LeadsFromNowhere(StepKey),
    /// A step that waits for itself, directly or by others.
    #[error("step {0} waits for itself")]
    Circle(StepKey),
    /// A step that waits for a box which is not this system's step.
    #[error("step {step} waits for {waits_for}, which nobody here confirms")]
    WaitsForOutside {
        /// Step.
        step: StepKey,
        /// What it waits for.
        waits_for: StepKey,
    },
    /// A step that another party than its own would do.
    #[error("step {step}: {act:?} may not be done by {role:?}")]
    WrongParty {
        /// Step.
        step: StepKey,
        /// Act.
        act: Act,
        /// Performer or alternative.
        role: Role,
    },
    /// A document outside the list of documents.
    #[error("there is no document {0}")]
    UnknownDocument(String),
    /// Two attributes with one id, or one without values.
    #[error("attribute {0} is given twice or has no values")]
    BadAttribute(String),
    /// A condition on an attribute that the procedure does not ask for.
    #[error("there is no attribute {0}")]
    UnknownAttribute(String),
    /// A condition on a value that the attribute does not have.
    #[error("attribute {attribute} has no value {value}")]
    UnknownValue {
        /// Attribute.
        attribute: String,
        /// Value.
        value: String,
    },
    /// A procedure that does not say what approval is.
    #[error("the procedure has no gate; where there is none, it says so")]
    NoGate,
    /// A gate without a step; or none, with one.
    #[error("a gate {0:?} and its step do not go together")]
    GateWithoutStep(GateKind),
    /// A gate at a step that does something else.
    #[error("step {step} cannot be a gate {kind:?}: it is {act:?}")]
    GateAct {
        /// Step.
        step: StepKey,
        /// Kind of the gate.
        kind: GateKind,
        /// What the step is.
        act: Act,
    },
    /// A gate at a step that need not be done while what it opens is.
    #[error("step {0} is a gate, and may be left out")]
    GateLeftOut(StepKey),
    /// A step that a gate opens without standing before it.
    #[error("the gate {gate} is not before step {step}, which it opens")]
    GateNotBefore {
        /// Gate.
        gate: StepKey,
        /// Step.
        step: StepKey,
    },
    /// 翌日処理 of what nobody approved.
    #[error("step {0} is done the next day without a gate before it")]
    NextDayBeforeGate(StepKey),
    /// A seal by a step that does not seal, or a policy that has no step, with one.
    #[error("the seal of {0} and its step do not go together")]
    SealStep(String),
    /// A seal for a document that the procedure does not make.
    #[error("the procedure does not make {0}")]
    SealOfNothing(String),
    /// A file of another name than its procedure's id.
    #[error("the procedure {0} is not in a file of its name")]
    OtherFile(String),
    /// Two procedures with one number or title.
    #[error("another procedure has the {what} {value}")]
    Double {
        /// Number or title.
        what: &'static str,
        /// It.
        value: String,
    },
    /// A sheet on which no change is entered, one that is not entered before its approval, or a 消除 for no reason.
    #[error("{0} does not become a record with that approval")]
    Fill(String),
    /// 受付 without a step that receives; a 請求 that nobody may make, or a 届出 with 請求区分.
    #[error("the reception does not go with its form, or no step receives")]
    Reception,
    /// Not exactly 48 procedures.
    #[error("there are {0} procedures, not 48")]
    Count(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProcedure {
    id: Spanned<String>,
    number: Spanned<u8>,
    title: Spanned<String>,
    family: String,
    fee: Option<String>,
    reception: Option<Spanned<ReceptionRule>>,
    #[serde(default)]
    handover_to_city: Vec<Spanned<StepKey>>,
    #[serde(default)]
    refusable: Vec<Spanned<StepKey>>,
    #[serde(default, rename = "attribute")]
    attributes: Vec<Spanned<Attribute>>,
    #[serde(default, rename = "gate")]
    gates: Vec<RawGate>,
    #[serde(default, rename = "seal")]
    seals: Vec<RawSeal>,
    #[serde(default, rename = "fill")]
    fills: Vec<RawFill>,
    #[serde(default, rename = "deadline")]
    deadlines: Vec<Spanned<Deadline>>,
    #[serde(default, rename = "correction")]
    corrections: Vec<RawCorrection>,
    #[serde(rename = "step")]
    steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGate {
    kind: Spanned<GateKind>,
    step: Option<StepKey>,
    #[serde(default)]
    opens: Vec<StepKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeal {
    document: Spanned<String>,
    alongside: Option<String>,
    #[serde(default)]
    typed: bool,
    policy: SealPolicy,
    step: Option<StepKey>,
    condition: Option<RawCondition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFill {
    document: Spanned<String>,
    step: StepKey,
    removal: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCorrection {
    text: Spanned<String>,
    from: Vec<StepKey>,
    to: StepKey,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    text: String,
    when: BTreeMap<String, String>,
}

/// A name as printed; with an id where the procedure does not make the document itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawPaper {
    Name(String),
    Known { name: String, id: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    key: Spanned<StepKey>,
    number: Option<String>,
    action: String,
    printed: Option<String>,
    act: Act,
    performer: Role,
    #[serde(default)]
    alternatives: Vec<Role>,
    #[serde(default)]
    certainty: Certainty,
    #[serde(default)]
    elsewhere: bool,
    place: Place,
    #[serde(default)]
    place_certainty: Certainty,
    #[serde(default)]
    details: Vec<String>,
    #[serde(default)]
    documents_in: Vec<RawPaper>,
    #[serde(default)]
    documents_out: Vec<RawPaper>,
    #[serde(default)]
    generates: Vec<String>,
    condition: Option<RawCondition>,
    #[serde(default)]
    next_day: bool,
    #[serde(default)]
    branch: Branch,
    after: Option<Vec<StepKey>>,
    #[serde(default)]
    outside: bool,
    note: Option<String>,
}

/// The file that is being read: for errors.
struct File<'a> {
    name: &'a str,
    text: &'a str,
}

impl File<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    fn error(&self, line: usize, fault: Fault) -> ProcedureError {
        ProcedureError { file: self.name.to_owned(), line, fault }
    }

    fn malformed(&self, error: &toml::de::Error) -> ProcedureError {
        let line = error.span().map_or(1, |span| self.line(span.start));
        self.error(line, Fault::Malformed(error.message().to_owned()))
    }
}

impl Procedures {
    /// All 48, from the files inside the binary.
    pub fn embedded() -> Result<Self, ProcedureError> {
        let mut files = Vec::new();
        for path in Embedded::iter() {
            let data = Embedded::get(&path).map(|file| file.data.into_owned()).unwrap_or_default();
            let text = String::from_utf8(data).map_err(|error| ProcedureError {
                file: path.clone().into_owned(),
                line: 1,
                fault: Fault::Malformed(error.to_string()),
            })?;
            files.push((path.into_owned(), text));
        }
        Self::parse(&files)
    }

    /// Reads files, each a name and its text, and compares them with each other.
    pub fn parse(files: &[(String, String)]) -> Result<Self, ProcedureError> {
        let mut all: Vec<Procedure> = Vec::with_capacity(files.len());
        for (name, text) in files {
            let file = File { name, text };
            let procedure = Procedure::parse(name, text)?;
            let line_of = |key: &str| text.lines().position(|line| line.starts_with(key)).map_or(1, |at| at + 1);
            if format!("{}.toml", procedure.id) != *name {
                return Err(file.error(line_of("id"), Fault::OtherFile(procedure.id)));
            }
            if all.iter().any(|other| other.number == procedure.number) {
                let value = procedure.number.to_string();
                return Err(file.error(line_of("number"), Fault::Double { what: "number", value }));
            }
            if all.iter().any(|other| other.title == procedure.title) {
                return Err(file.error(line_of("title"), Fault::Double { what: "title", value: procedure.title }));
            }
            all.push(procedure);
        }
        if all.len() != COUNT {
            return Err(ProcedureError { file: "flows".to_owned(), line: 1, fault: Fault::Count(all.len()) });
        }
        all.sort_by_key(|procedure| procedure.number);
        Ok(Self(all))
    }
}

impl Procedure {
    /// Reads a file, by its name and its text, and refuses what is broken in it.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProcedureError> {
        let file = File { name: file, text };
        let raw: RawProcedure = toml::from_str(text).map_err(|error| file.malformed(&error))?;
        let documents = Documents::embedded().map_err(|error| ProcedureError {
            file: "documents.toml".to_owned(),
            line: 1,
            fault: Fault::Malformed(error.message().to_owned()),
        })?;
        read(&file, raw, &documents)
    }
}

fn read(file: &File<'_>, raw: RawProcedure, documents: &Documents) -> Result<Procedure, ProcedureError> {
    let attributes = attributes(file, raw.attributes)?;
    let steps = steps(file, raw.steps, &attributes, documents)?;
    let version = FlowVersion(Sha256::digest(file.text.as_bytes()).into());
    let lines = Lines {
        number: file.line(raw.number.span().start),
        gates: raw.gates.iter().map(|gate| file.line(gate.kind.span().start)).collect(),
    };
    let mut procedure = Procedure {
        id: raw.id.into_inner(),
        number: raw.number.into_inner(),
        title: raw.title.into_inner(),
        family: raw.family,
        steps,
        attributes,
        gates: raw
            .gates
            .into_iter()
            .map(|gate| Gate { kind: gate.kind.into_inner(), step: gate.step, opens: gate.opens })
            .collect(),
        seals: Vec::new(),
        fills: Vec::new(),
        deadlines: Vec::new(),
        corrections: Vec::new(),
        fee: raw.fee,
        reception: None,
        handover_to_city: Vec::new(),
        refusable: Vec::new(),
        version,
        text: file.text.to_owned(),
    };
    order(file, &procedure)?;
    check_gates(file, &procedure, &lines)?;
    procedure.reception = raw.reception.map(|rule| reception(file, rule, &procedure)).transpose()?;
    procedure.seals = seals(file, raw.seals, &procedure)?;
    procedure.deadlines = deadlines(file, raw.deadlines, &procedure)?;
    procedure.fills = fills(file, raw.fills, &procedure)?;
    procedure.corrections = corrections(file, raw.corrections, &procedure)?;
    procedure.handover_to_city = known_keys(file, raw.handover_to_city, &procedure)?;
    procedure.refusable = known_keys(file, raw.refusable, &procedure)?;
    Ok(procedure)
}

/// Lines of what has lost its place in the text.
struct Lines {
    number: usize,
    gates: Vec<usize>,
}

fn attributes(file: &File<'_>, raw: Vec<Spanned<Attribute>>) -> Result<Vec<Attribute>, ProcedureError> {
    let mut all: Vec<Attribute> = Vec::new();
    for attribute in raw {
        let line = file.line(attribute.span().start);
        let attribute = attribute.into_inner();
        if attribute.values.is_empty() || all.iter().any(|other| other.id == attribute.id) {
            return Err(file.error(line, Fault::BadAttribute(attribute.id)));
        }
        all.push(attribute);
    }
    Ok(all)
}

fn condition(raw: RawCondition, attributes: &[Attribute]) -> Result<Condition, Fault> {
    let mut all = Vec::new();
    for (id, value) in raw.when {
        let Some(attribute) = attributes.iter().find(|attribute| attribute.id == id) else {
            return Err(Fault::UnknownAttribute(id));
        };
        if !attribute.values.contains(&value) {
            return Err(Fault::UnknownValue { attribute: id, value });
        }
        all.push(Term { attribute: id, is: value });
    }
    Ok(Condition { text: raw.text, all })
}

fn steps(
    file: &File<'_>,
    raw: Vec<RawStep>,
    attributes: &[Attribute],
    documents: &Documents,
) -> Result<Vec<Step>, ProcedureError> {
    let made: BTreeSet<String> = raw.iter().flat_map(|step| step.generates.iter().cloned()).collect();
    let mut ends: BTreeMap<Branch, StepKey> = BTreeMap::new();
    let mut all: Vec<Step> = Vec::with_capacity(raw.len());
    for raw in raw {
        let line = file.line(raw.key.span().start);
        let refuse = |fault| file.error(line, fault);
        let key = raw.key.into_inner();
        if all.iter().any(|step| step.key == key) {
            return Err(refuse(Fault::DoubleKey(key)));
        }
        let after = match (raw.after, ends.get(&raw.branch)) {
            (Some(after), _) if !after.is_empty() => after,
            (_, Some(before)) => vec![before.clone()],
            (_, None) if all.is_empty() => Vec::new(),
            (_, None) => return Err(refuse(Fault::LeadsFromNowhere(key))),
        };
        for role in std::iter::once(&raw.performer).chain(&raw.alternatives) {
            if !raw.act.may_be_done_by(*role) {
                return Err(refuse(Fault::WrongParty { step: key, act: raw.act, role: *role }));
            }
        }
        if let Some(unknown) = raw.generates.iter().find(|id| documents.get(id).is_none()) {
            return Err(refuse(Fault::UnknownDocument(unknown.clone())));
        }
        let papers = |raw: Vec<RawPaper>| papers(raw, &made, documents).map_err(refuse);
        ends.insert(raw.branch.clone(), key.clone());
        all.push(Step {
            key,
            number: raw.number,
            action: raw.action,
            printed: raw.printed,
            act: raw.act,
            performer: Performer {
                role: raw.performer,
                alternatives: raw.alternatives,
                certainty: raw.certainty,
                elsewhere: raw.elsewhere,
            },
            place: raw.place,
            place_certainty: raw.place_certainty,
            details: raw.details,
            documents_in: papers(raw.documents_in)?,
            documents_out: papers(raw.documents_out)?,
            generates: raw.generates,
            condition: raw.condition.map(|raw| condition(raw, attributes)).transpose().map_err(refuse)?,
            next_day: raw.next_day,
            branch: raw.branch,
            after,
            outside: raw.outside,
            line,
            note: raw.note,
        });
    }
    Ok(all)
}

/// A name means a document of the list if the procedure makes it: the 転出証明書 that somebody brings is
/// another city's.
fn papers(raw: Vec<RawPaper>, made: &BTreeSet<String>, documents: &Documents) -> Result<Vec<Paper>, Fault> {
    raw.into_iter()
        .map(|paper| {
            let (name, id) = match paper {
                RawPaper::Known { name, id } if documents.get(&id).is_some() => (name, Some(id)),
                RawPaper::Known { id, .. } => return Err(Fault::UnknownDocument(id)),
                RawPaper::Name(name) => {
                    let bare = name.trim_start_matches(['（', '・']).trim_end_matches('）');
                    let called = |id: &&String| {
                        documents.get(id).is_some_and(|document| document.is_called(&name) || document.is_called(bare))
                    };
                    let id = made.iter().find(called).cloned();
                    (name, id)
                }
            };
            let only_if_any = name.starts_with(['（', '［', '【']);
            Ok(Paper { name, id, only_if_any })
        })
        .collect()
}

/// Every step comes after steps that there are, none after itself, none after what nobody confirms.
fn order(file: &File<'_>, procedure: &Procedure) -> Result<(), ProcedureError> {
    for step in &procedure.steps {
        for before in &step.after {
            match procedure.step(before) {
                None => return Err(file.error(step.line, Fault::NoSuchStep(before.clone()))),
                Some(other) if other.outside => {
                    let fault = Fault::WaitsForOutside { step: step.key.clone(), waits_for: before.clone() };
                    return Err(file.error(step.line, fault));
                }
                Some(_) => {}
            }
        }
        if procedure.ancestors(&step.key).contains(&step.key) {
            return Err(file.error(step.line, Fault::Circle(step.key.clone())));
        }
    }
    Ok(())
}

fn check_gates(file: &File<'_>, procedure: &Procedure, lines: &Lines) -> Result<(), ProcedureError> {
    if procedure.gates.is_empty() {
        return Err(file.error(lines.number, Fault::NoGate));
    }
    for (gate, line) in procedure.gates.iter().zip(&lines.gates) {
        check_gate(procedure, gate).map_err(|fault| file.error(*line, fault))?;
    }
    let gates: Vec<&StepKey> = procedure.gates.iter().filter_map(|gate| gate.step.as_ref()).collect();
    for step in procedure.steps.iter().filter(|step| step.next_day && !gates.is_empty()) {
        let before = procedure.ancestors(&step.key);
        if !gates.iter().any(|gate| before.contains(gate)) {
            return Err(file.error(step.line, Fault::NextDayBeforeGate(step.key.clone())));
        }
    }
    Ok(())
}

fn check_gate(procedure: &Procedure, gate: &Gate) -> Result<(), Fault> {
    let Some(key) = &gate.step else {
        let none = gate.kind == GateKind::None && gate.opens.is_empty();
        return if none { Ok(()) } else { Err(Fault::GateWithoutStep(gate.kind)) };
    };
    let step = procedure.step(key).ok_or_else(|| Fault::NoSuchStep(key.clone()))?;
    if gate.kind == GateKind::None {
        return Err(Fault::GateWithoutStep(gate.kind));
    }
    if !gate.kind.is_done_by(step.act) {
        return Err(Fault::GateAct { step: key.clone(), kind: gate.kind, act: step.act });
    }
    if step.condition.is_some() || step.outside {
        return Err(Fault::GateLeftOut(key.clone()));
    }
    for opened in &gate.opens {
        if procedure.step(opened).is_none() {
            return Err(Fault::NoSuchStep(opened.clone()));
        }
        if !procedure.ancestors(opened).contains(key) {
            return Err(Fault::GateNotBefore { gate: key.clone(), step: opened.clone() });
        }
    }
    Ok(())
}

fn seals(file: &File<'_>, raw: Vec<RawSeal>, procedure: &Procedure) -> Result<Vec<SealRule>, ProcedureError> {
    raw.into_iter()
        .map(|raw| {
            let line = file.line(raw.document.span().start);
            let document = raw.document.into_inner();
            let rule = SealRule {
                document,
                alongside: raw.alongside,
                typed: raw.typed,
                policy: raw.policy,
                step: raw.step,
                condition: raw
                    .condition
                    .map(|raw| condition(raw, &procedure.attributes))
                    .transpose()
                    .map_err(|fault| file.error(line, fault))?,
            };
            check_seal(procedure, &rule).map_err(|fault| file.error(line, fault))?;
            Ok(rule)
        })
        .collect()
}

fn check_seal(procedure: &Procedure, rule: &SealRule) -> Result<(), Fault> {
    let made = rule.alongside.as_ref().unwrap_or(&rule.document);
    if !procedure.steps.iter().any(|step| step.generates.contains(made)) {
        return Err(Fault::SealOfNothing(made.clone()));
    }
    let act = match &rule.step {
        None => None,
        Some(key) => Some(procedure.step(key).ok_or_else(|| Fault::NoSuchStep(key.clone()))?.act),
    };
    let is_gate = procedure.gates.iter().any(|gate| gate.step.is_some() && gate.step == rule.step);
    let together = match rule.policy {
        // The tax procedures seal inside the frame of the decision.
        SealPolicy::Step => matches!(act, Some(Act::Seal | Act::Decide)),
        SealPolicy::OnApproval => is_gate,
        SealPolicy::Auto | SealPolicy::None | SealPolicy::Never => act.is_none(),
    };
    if together { Ok(()) } else { Err(Fault::SealStep(rule.document.clone())) }
}

fn fills(file: &File<'_>, raw: Vec<RawFill>, procedure: &Procedure) -> Result<Vec<Fill>, ProcedureError> {
    let fill = |raw: RawFill| {
        let line = file.line(raw.document.span().start);
        let document = raw.document.into_inner();
        let entered = |before: &StepKey| {
            procedure.step(before).is_some_and(|step| step.act == Act::Enter && step.generates.contains(&document))
        };
        let approval = procedure.step(&raw.step).is_some_and(|step| step.act == Act::Approve);
        let reason = |text: &String| ShojoJiyu::ALL.iter().copied().find(|reason| reason.key() == text);
        let removal = raw.removal.as_ref().map(|text| reason(text).ok_or(()));
        match removal.transpose() {
            Ok(removal)
                if approval && is_entered_on(&document) && procedure.ancestors(&raw.step).iter().any(entered) =>
            {
                Ok(Fill { document, step: raw.step, removal })
            }
            _ => Err(file.error(line, Fault::Fill(document))),
        }
    };
    raw.into_iter().map(fill).collect()
}

fn deadlines(
    file: &File<'_>,
    raw: Vec<Spanned<Deadline>>,
    procedure: &Procedure,
) -> Result<Vec<Deadline>, ProcedureError> {
    let known = |raw: Spanned<Deadline>| {
        let line = file.line(raw.span().start);
        let deadline = raw.into_inner();
        match procedure.step(&deadline.after) {
            Some(_) => Ok(deadline),
            None => Err(file.error(line, Fault::NoSuchStep(deadline.after))),
        }
    };
    raw.into_iter().map(known).collect()
}

fn corrections(
    file: &File<'_>,
    raw: Vec<RawCorrection>,
    procedure: &Procedure,
) -> Result<Vec<Correction>, ProcedureError> {
    raw.into_iter()
        .map(|raw| {
            let line = file.line(raw.text.span().start);
            for key in raw.from.iter().chain([&raw.to]) {
                if procedure.step(key).is_none() {
                    return Err(file.error(line, Fault::NoSuchStep(key.clone())));
                }
            }
            Ok(Correction { text: raw.text.into_inner(), from: raw.from, to: raw.to })
        })
        .collect()
}

fn reception(
    file: &File<'_>,
    raw: Spanned<ReceptionRule>,
    procedure: &Procedure,
) -> Result<ReceptionRule, ProcedureError> {
    let line = file.line(raw.span().start);
    let rule = raw.into_inner();
    let receives = procedure.steps.iter().any(|step| step.act == Act::Receive);
    let fits = (rule.form == Form::Seikyu) != rule.requesters.is_empty();
    if receives && fits { Ok(rule) } else { Err(file.error(line, Fault::Reception)) }
}

fn known_keys(
    file: &File<'_>,
    raw: Vec<Spanned<StepKey>>,
    procedure: &Procedure,
) -> Result<Vec<StepKey>, ProcedureError> {
    raw.into_iter()
        .map(|key| {
            let line = file.line(key.span().start);
            let key = key.into_inner();
            match procedure.step(&key) {
                Some(_) => Ok(key),
                None => Err(file.error(line, Fault::NoSuchStep(key))),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::procedure::StepKeyForm;

    fn text(id: &str) -> String {
        String::from_utf8(Embedded::get(&format!("{id}.toml")).unwrap().data.into_owned()).unwrap()
    }

    fn key(key: &str) -> StepKey {
        StepKey::parse(key).unwrap()
    }

    /// The error of a procedure in which one thing was changed, and the line of a text in it.
    fn refused(id: &str, changes: &[(&str, &str)], at: &str) -> (Fault, usize, usize) {
        let mut broken = text(id);
        Procedure::parse("whole.toml", &broken).unwrap();
        for (from, to) in changes {
            assert!(broken.contains(from), "{from}");
            broken = broken.replacen(from, to, 1);
        }
        let error = Procedure::parse("broken.toml", &broken).unwrap_err();
        assert_eq!(error.file, "broken.toml");
        let line = broken.lines().position(|line| line == at).unwrap() + 1;
        (error.fault, error.line, line)
    }

    /// A change of `juminhyo-kofu` is refused, at the line that reads `at`.
    #[track_caller]
    fn refuses(changes: &[(&str, &str)], at: &str, fault: Fault) {
        refuses_in("juminhyo-kofu", changes, at, fault);
    }

    #[track_caller]
    fn refuses_in(id: &str, changes: &[(&str, &str)], at: &str, fault: Fault) {
        let (found, line, expected) = refused(id, changes, at);
        assert_eq!((found, line), (fault, expected));
    }

    #[test]
    fn every_step_is_reached() {
        let eight = "key = \"8\"";
        refuses(&[(eight, "key = \"8\"\nafter = [\"9\"]")], eight, Fault::Circle(key("8")));
        refuses(&[(eight, "key = \"8\"\nafter = [\"99\"]")], eight, Fault::NoSuchStep(key("99")));
        let cashier = "branch = \"cashier\"\nafter = [\"13\"]";
        refuses(&[(cashier, "branch = \"cashier\"")], "key = \"14a\"", Fault::LeadsFromNowhere(key("14a")));
        let waits = Fault::WaitsForOutside { step: key("8"), waits_for: key("u1") };
        refuses_in("tennyu", &[(eight, "key = \"8\"\nafter = [\"u1\"]")], eight, waits);
    }

    #[test]
    fn two_steps_cannot_share_a_key() {
        let (found, line, first) = refused("juminhyo-kofu", &[("\"14b\"", "\"14a\"")], "key = \"14a\"");
        assert_eq!(found, Fault::DoubleKey(key("14a")));
        assert!(line > first, "the second one's line");
    }

    #[test]
    fn a_key_is_a_printed_number_or_a_box() {
        for wrong in ["8c", "", "08", "u", "123", "⑧", "a8", "ux"] {
            assert!(StepKey::parse(wrong).is_err(), "{wrong}");
        }
        let at = "key = \"8c\"";
        let (found, line, expected) = refused("juminhyo-kofu", &[("key = \"8\"", at)], at);
        assert_eq!((found, line), (Fault::Malformed(StepKeyForm("8c".to_owned()).to_string()), expected));
    }

    #[test]
    fn documents_are_those_of_the_list() {
        let changes = [("generates = [\"juminhyo-utsushi\"]", "generates = [\"juminhyo\"]")];
        refuses(&changes, "key = \"7\"", Fault::UnknownDocument("juminhyo".to_owned()));
    }

    #[test]
    fn a_gate_is_a_step_of_its_kind() {
        let at = "kind = \"approve-input\"";
        let gate = "kind = \"approve-input\"\nstep = \"10\"";
        refuses(&[(gate, at)], at, Fault::GateWithoutStep(GateKind::ApproveInput));
        refuses(&[(gate, "kind = \"none\"\nstep = \"10\"")], "kind = \"none\"", Fault::GateWithoutStep(GateKind::None));
        refuses(&[(gate, "kind = \"approve-input\"\nstep = \"99\"")], at, Fault::NoSuchStep(key("99")));
        let act = Fault::GateAct { step: key("9"), kind: GateKind::ApproveInput, act: Act::Review };
        refuses(&[(gate, "kind = \"approve-input\"\nstep = \"9\"")], at, act);
        let none = "[[gate]]\nkind = \"approve-input\"\nstep = \"10\"\nopens = [\"11\"]\n";
        refuses(&[(none, "")], "number = 10", Fault::NoGate);
        let condition = "act = \"approve\"\ncondition = { text = \"\", when = { shugaku = \"yes\" } }";
        refuses_in("tennyu", &[("act = \"approve\"", condition)], at, Fault::GateLeftOut(key("12")));
    }

    #[test]
    fn what_a_gate_opens_waits_for_it() {
        let at = "kind = \"approve-input\"";
        let fault = Fault::GateNotBefore { gate: key("10"), step: key("7") };
        refuses(&[("opens = [\"11\"]", "opens = [\"7\"]")], at, fault);
        // 翌日処理 is of approved cases only.
        let changes = [("opens = [\"13\", \"20b\"]", "opens = [\"13\"]"), ("after = [\"12\"]", "after = [\"11\"]")];
        refuses_in("tennyu", &changes, "key = \"20b\"", Fault::NextDayBeforeGate(key("20b")));
    }

    #[test]
    fn conditions_ask_for_what_the_case_has() {
        let asked = "when = { shugaku = \"yes\" }";
        let unknown = Fault::UnknownAttribute("gakko".to_owned());
        refuses_in("tennyu", &[(asked, "when = { gakko = \"yes\" }")], "key = \"13\"", unknown);
        let value = Fault::UnknownValue { attribute: "shugaku".to_owned(), value: "maybe".to_owned() };
        refuses_in("tennyu", &[(asked, "when = { shugaku = \"maybe\" }")], "key = \"13\"", value);
    }

    #[test]
    fn no_party_does_what_is_anothers() {
        for (id, act, step, city) in [
            ("juminhyo-kofu", "review", "9", true),
            ("juminhyo-kofu", "approve", "10", true),
            ("fuzaiju-jukyohyoji", "seal", "10", true),
            ("kazei-shomei", "decide", "7", true),
            ("tennyu", "terminal", "19", true),
            ("mynum-tsuchisho-kofu", "identify", "6", true),
            ("juminhyo-kofu", "collate", "8", false),
            ("juminhyo-kofu", "collect", "14a", false),
            ("tennyu", "annotate", "9", false),
        ] {
            let (role, name) = if city {
                (Role::ContractorCounter, "contractor-counter")
            } else {
                (Role::CityReviewer, "city-reviewer")
            };
            let whole = text(id);
            let at = format!("key = \"{step}\"");
            let start = whole.find(&at).unwrap();
            let step_text = whole[start..].split("\n\n").next().unwrap();
            let line = step_text.lines().find(|line| line.starts_with("performer")).unwrap();
            let wrong = |fault: &str| step_text.replace(line, fault);
            let act: Act = serde_json::from_str(&format!("\"{act}\"")).unwrap();
            let fault = || Fault::WrongParty { step: key(step), act, role };
            refuses_in(id, &[(step_text, &wrong(&format!("performer = \"{name}\"")))], &at, fault());
            // Nor may a city choose them instead.
            refuses_in(id, &[(step_text, &wrong(&format!("{line}\nalternatives = [\"{name}\"]")))], &at, fault());
        }
    }

    #[test]
    fn a_seal_is_a_step_or_comes_with_the_approval() {
        let at = "document = \"juminhyo-utsushi\"";
        let fault = || Fault::SealStep("juminhyo-utsushi".to_owned());
        let rule = "policy = \"on-approval\"\nstep = \"10\"";
        refuses(&[(rule, "policy = \"on-approval\"\nstep = \"8\"")], at, fault());
        refuses(&[(rule, "policy = \"on-approval\"")], at, fault());
        refuses(&[(rule, "policy = \"step\"\nstep = \"10\"")], at, fault());
        refuses(&[(rule, "policy = \"auto\"\nstep = \"10\"")], at, fault());
        let other = "document = \"nozei-shomeisho\"";
        refuses(&[(at, other)], other, Fault::SealOfNothing("nozei-shomeisho".to_owned()));
    }

    #[test]
    fn other_keys_name_steps() {
        let from = "from = [\"3\"]";
        refuses(&[(from, "from = [\"33\"]")], "text = \"交付請求書の修正を依頼\"", Fault::NoSuchStep(key("33")));
        let hand = "handover_to_city = [\"33\"]";
        refuses_in("koseki-shomei-kofu", &[("handover_to_city = [\"3\"]", hand)], hand, Fault::NoSuchStep(key("33")));
        let refusable = "refusable = [\"77\"]";
        refuses_in("kazei-shomei", &[("refusable = [\"7\"]", refusable)], refusable, Fault::NoSuchStep(key("77")));
        let values = "values = []";
        refuses_in(
            "kazei-shomei",
            &[("values = [\"no\", \"yes\"]", values)],
            "[[attribute]]",
            Fault::BadAttribute("hakko-irai".to_owned()),
        );
    }

    #[test]
    fn there_are_forty_eight_procedures_each_once() {
        let files: Vec<(String, String)> =
            Embedded::iter().map(|path| (path.to_string(), text(path.strip_suffix(".toml").unwrap()))).collect();
        let fault = |files: &[(String, String)]| Procedures::parse(files).unwrap_err().fault;
        assert_eq!(fault(&files[1..]), Fault::Count(47));
        assert_eq!(fault(&[files.clone(), vec![files[0].clone()]].concat()), {
            let value = Procedure::parse("", &files[0].1).unwrap().number.to_string();
            Fault::Double { what: "number", value }
        });
        let mut other = files.clone();
        other[0].0 = "other.toml".to_owned();
        assert!(matches!(fault(&other), Fault::OtherFile(_)));
        // Another number does not make another title.
        let number = format!("number = {}\n", Procedure::parse("", &files[0].1).unwrap().number);
        let (_, second) = files[0].1.split_once("\nid = ").unwrap();
        let second = format!("id = {}", second.replacen(&number, "number = 49\n", 1));
        let id = Procedure::parse("", &second).unwrap().id;
        let twins = [files[0].clone(), (format!("{id}.toml"), second)];
        assert!(matches!(fault(&twins), Fault::Double { what: "title", .. }));
    }
}
