//! 異動の反映: what is entered to change what is held (仮登録), and how it becomes the next record: with the
//! approval, in the same write and under the same locks, or not at all.

use serde_json::{Value, json};

use crate::case::event::{Data, Entry, Event, Held, Source};
use crate::case::id::{EntryId, PersonId};
use crate::case::sheet::{EnteredSheet, Sheet};
use crate::document::catalog::Kind;
use crate::document::change::{Change, ChangeError, concerned, newcomers};
use crate::document::subject::{JUMIN, Subject, key_of};
use crate::domain::calendar::Day;
use crate::office::numbers::{Numbered, Numbers};
use crate::office::records::{Author, Records, Version};
use crate::office::subjects::{Subjects, noted};
use crate::office::suppression::{self, Suppression, Work, found};
use crate::procedure::{Fill, Procedure};
use crate::register::{Ask, Key, Locked, Put, Watch};

use super::casework::{Casework, CaseworkError, Loaded};
use super::city::OfficeEntry;
use super::entering::EnteringError;
use super::issue::Counter;

/// The sheet that says where somebody moves to.
const TODOKE: &str = "idotodoke-takayo";

/// What is to be entered over what is held.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// Kind of the sheet.
    pub kind: &'static Kind,
    /// 部数.
    pub copies: u8,
    /// JSON of the kind; whoever is new may be without a 宛名番号, and a new household without a 世帯番号.
    pub data: &'a str,
    /// The procedure.
    pub flow: &'a Procedure,
    /// The office.
    pub office: &'a OfficeEntry,
    /// The day.
    pub day: Day,
    /// Who enters.
    pub by: &'a PersonId,
}

/// How a procedure makes records of a kind of sheet.
pub(super) fn fill_of<'f>(flow: &'f Procedure, kind: &str) -> Option<&'f Fill> {
    flow.fills.iter().find(|fill| fill.document == kind)
}

impl Counter<'_> {
    /// An entry over what is held: it says what it is to change, and can be changed so.
    pub async fn changing(&self, draft: Draft<'_>) -> Result<Entry, EnteringError> {
        let sheet = self.numbered(&draft).await?;
        let text = sheet.to_string();
        let read = draft.kind.read(text.as_bytes(), &**self.issuing.press.typefaces());
        let document = read.map_err(|refusals| EnteringError::Document { kind: draft.kind.id, refusals })?;
        let held = self.held_of(draft.kind.id, &sheet).await?;
        let basis = basis(draft.kind.id, &sheet, &held);
        self.may_change(&text, &basis).await?;
        self.known_numbers(&basis).await?;
        let change = Change {
            kind: draft.kind.id,
            sheet: &sheet,
            removal: fill_of(draft.flow, draft.kind.id).and_then(|fill| fill.removal),
            destination: None,
            as_of: 0,
            today: draft.day,
        };
        change.checked(&held, &**self.issuing.press.typefaces())?;
        let cover = self.issuing.cover(&document, draft.office, draft.day)?;
        let source = Source::Change { subjects: basis };
        Ok(Entry { kind: draft.kind.id.to_owned(), copies: draft.copies, cover, data: Data::from(text), source })
    }

    fn numbers(&self) -> Numbers<'_> {
        Numbers::of(self.casework.register, self.casework.city, self.casework.settings.first_numbers)
    }

    /// The sheet with a number for whoever has none yet. What cannot be read is refused when it is read.
    async fn numbered(&self, draft: &Draft<'_>) -> Result<Value, EnteringError> {
        let Ok(mut sheet) = serde_json::from_str::<Value>(draft.data) else {
            let refusals = draft.kind.parse(draft.data.as_bytes(), &crate::domain::text::Anything).into_refusals();
            return Err(EnteringError::Document { kind: draft.kind.id, refusals });
        };
        let numbers = self.numbers();
        let mut household = false;
        for person in newcomers(&mut sheet).filter(|person| !person.contains_key("atena_bango")) {
            household = true;
            person.insert("atena_bango".to_owned(), json!(numbers.take(Numbered::Person, draft.by).await?));
        }
        if let (true, Some(fields)) = (household, sheet.as_object_mut())
            && !fields.contains_key("setai_bango")
        {
            fields.insert("setai_bango".to_owned(), json!(numbers.take(Numbered::Household, draft.by).await?));
        }
        Ok(sheet)
    }

    async fn held_of(&self, kind: &str, sheet: &Value) -> Result<Vec<Subject>, EnteringError> {
        let subjects = Subjects::of(self.casework.register, self.casework.city);
        let mut held = Vec::new();
        for (kind, number) in concerned(kind, sheet) {
            held.extend(subjects.newest(&key_of(kind, &number)).await?.map(|version| version.state));
        }
        Ok(held)
    }

    /// Of whom a change is forbidden, the same is told as of nobody.
    async fn may_change(&self, data: &str, basis: &[Held]) -> Result<(), EnteringError> {
        let about = suppression::about(data.as_bytes(), basis);
        let now = self.casework.register.now().await.map_err(crate::office::records::RecordError::from)?;
        let known = found(self.casework.register, self.casework.city, &about).await?;
        if known.iter().any(|known| known.state.forbids(Work::Ido, now)) {
            return Err(ChangeError::Nobody.into());
        }
        Ok(())
    }

    /// A resident of whom nothing is held has a number that the office gave.
    async fn known_numbers(&self, basis: &[Held]) -> Result<(), EnteringError> {
        for new in basis.iter().filter(|held| held.kind == JUMIN && held.rireki_bango == 0) {
            if !self.numbers().gave(Numbered::Person, &new.atena_bango).await? {
                return Err(ChangeError::Nobody.into());
            }
        }
        Ok(())
    }
}

/// What was held of whom a sheet concerns: 0 is the 履歴番号 of nobody.
fn basis(kind: &str, sheet: &Value, held: &[Subject]) -> Vec<Held> {
    let of = |(kind, number): (&'static str, String)| {
        let known = held.iter().find(|held| held.kind == kind && held.atena_bango == number);
        let nobody = || Held { kind: kind.to_owned(), atena_bango: number.clone(), setai_bango: None, rireki_bango: 0 };
        known.map_or_else(nobody, |known| noted(std::slice::from_ref(known)).pop().unwrap_or_else(nobody))
    };
    concerned(kind, sheet).into_iter().map(of).collect()
}

/// The sheets that become records with a step.
fn due<'c>(loaded: &'c Loaded, fill: &'c Fill) -> impl Iterator<Item = (&'c EnteredSheet, &'c [Held])> {
    let sheets = loaded.case.record().sheets().iter().map(Sheet::entered);
    sheets.filter(|sheet| sheet.entry.kind == fill.document).filter_map(|sheet| match &sheet.entry.source {
        Source::Change { subjects } => Some((sheet, &subjects[..])),
        _ => None,
    })
}

impl Casework<'_> {
    /// What must be seen, and locked, for a step that makes records of what was entered.
    pub(super) fn asking_to_fill(&self, loaded: &Loaded, step: &str, ask: Ask) -> Result<Ask, CaseworkError> {
        let subjects = Subjects::of(self.register, self.city);
        let fills = loaded.case.record().flow().fills.iter().filter(|fill| fill.step.as_str() == step);
        let mut watch = ask.watch.clone();
        for (sheet, held) in fills.flat_map(|fill| due(loaded, fill)) {
            watch.push(suppression::watch(self.city, &suppression::about(sheet.entry.data.0.as_bytes(), held)));
            for held in held {
                let id = subjects.id_of(&key_of(&held.kind, &held.atena_bango))?;
                watch.push(Watch { office: self.city.clone(), kind: "subject", key: Key::Id(id) });
            }
        }
        let beside = (watch.len() > ask.watch.len()).then(|| self.city.clone());
        Ok(Ask { watch, beside, ..ask })
    }

    /// The records that come of what is decided, and what the case notes of it.
    pub(super) fn filling(
        &self,
        loaded: &Loaded,
        events: &[Event],
        locked: &Locked,
    ) -> Result<(Vec<Put>, Vec<Event>), CaseworkError> {
        let (mut puts, mut notes) = (Vec::new(), Vec::new());
        for event in events {
            let Event::StepDone { step, by, .. } = event else { continue };
            for fill in loaded.case.record().flow().fills.iter().filter(|fill| fill.step == *step) {
                for (sheet, basis) in due(loaded, fill) {
                    let records = self.next_records(loaded, fill, sheet, basis, locked)?;
                    let subjects = records.iter().map(|(_, subject)| subject.clone()).collect::<Vec<_>>();
                    notes.push(Event::SubjectsFilled {
                        step: step.clone(),
                        subjects: noted(&subjects),
                        by: by.clone(),
                    });
                    let author = Author::one(&by.person);
                    let of = Records::<Subject>::of(self.register, self.city);
                    for (version, subject) in &records {
                        let id = Subjects::of(self.register, self.city).id_of(&subject.key())?;
                        puts.push(of.draft(&id, *version, subject, &author)?);
                    }
                }
            }
        }
        Ok((puts, notes))
    }

    /// The next records with the versions that they follow, if nothing was changed since it was entered.
    fn next_records(
        &self,
        loaded: &Loaded,
        fill: &Fill,
        sheet: &EnteredSheet,
        basis: &[Held],
        locked: &Locked,
    ) -> Result<Vec<(u64, Subject)>, CaseworkError> {
        let changed = || CaseworkError::SubjectChanged { entry: sheet.id };
        let suppressed = Version::<Suppression>::watched(locked)?;
        if suppressed.iter().any(|known| known.state.forbids(Work::Ido, locked.now)) {
            return Err(ChangeError::Nobody.into());
        }
        let held = Version::<Subject>::watched(locked)?;
        let of = |kind: &str, number: &str| {
            held.iter().find(|held| held.state.kind == kind && held.state.atena_bango == number)
        };
        for basis in basis {
            let now = of(&basis.kind, &basis.atena_bango).map_or(0, |held| held.state.rireki_bango);
            if now != basis.rireki_bango {
                return Err(changed());
            }
        }
        let data: Value = serde_json::from_str(&sheet.entry.data.0).map_err(|_| changed())?;
        let destination = destination(loaded);
        let change = Change {
            kind: &sheet.entry.kind,
            sheet: &data,
            removal: fill.removal,
            destination: destination.as_ref(),
            as_of: locked.now.millis(),
            today: locked.now.day(),
        };
        let states: Vec<Subject> = held.iter().map(|held| held.state.clone()).collect();
        let records = change.records(&states)?;
        let version = |record: &Subject| of(&record.kind, &record.atena_bango).map_or(0, |held| held.version);
        Ok(records.into_iter().map(|record| (version(&record), record)).collect())
    }

    /// What was to be changed is another by now: the case goes back to its entry.
    pub(super) async fn lapse_change(
        &self,
        office: &crate::case::id::OfficeId,
        id: crate::case::id::CaseId,
        entry: EntryId,
        actor: &crate::case::actor::Actor,
    ) -> Result<Loaded, CaseworkError> {
        let command = crate::case::command::Command::Lapse { entry, cause: crate::case::event::Lapse::SourceChanged };
        Box::pin(self.act(office, id, &command, actor)).await?;
        Err(CaseworkError::SubjectChanged { entry })
    }
}

/// 転出先, as 住民異動届 of the case has it.
fn destination(loaded: &Loaded) -> Option<Value> {
    let mut sheets = loaded.case.record().sheets().iter().map(Sheet::entered);
    let todoke = sheets.find(|sheet| sheet.entry.kind == TODOKE)?;
    let data: Value = serde_json::from_str(&todoke.entry.data.0).ok()?;
    data.get("shin_jusho").cloned()
}
