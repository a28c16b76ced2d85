//! Which steps of a flow are over, and which are open.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::calendar::Day;
use crate::procedure::{Condition, Procedure, Step, StepKey};

use super::actor::By;
use super::event::Attributes;

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Done {
    by: By,
    day: Option<Day>,
}

/// The steps that were done, by whom, and on which day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    done: BTreeMap<StepKey, Done>,
}

impl Progress {
    /// Who did a step, if it was done and not undone since.
    pub fn done_by(&self, key: &StepKey) -> Option<&By> {
        self.done.get(key).map(|done| &done.by)
    }

    /// On which day a step was done; none where that was not noted.
    pub fn done_on(&self, key: &StepKey) -> Option<Day> {
        self.done.get(key).and_then(|done| done.day)
    }

    pub(super) fn mark(&mut self, key: StepKey, by: By, day: Option<Day>) {
        self.done.insert(key, Done { by, day });
    }

    /// 翌日処理: the day after which a step follows: the last on which a step before it was done that is not itself of
    /// the next day. None of any other step, and where no day was noted.
    pub fn follows_on(&self, flow: &Procedure, step: &Step) -> Option<Day> {
        if !step.next_day {
            return None;
        }
        let (mut last, mut before) = (None, step.after.clone());
        let mut passed = BTreeSet::new();
        while let Some(key) = before.pop() {
            if !passed.insert(key.clone()) {
                continue;
            }
            match flow.step(&key) {
                Some(step) if !step.next_day && self.done.contains_key(&key) => last = last.max(self.done_on(&key)),
                Some(step) => before.extend(step.after.iter().cloned()),
                None => {}
            }
        }
        last
    }

    pub(super) fn undo(&mut self, keys: &BTreeSet<StepKey>) {
        self.done.retain(|key, _| !keys.contains(key));
    }

    /// For each step of the flow, in its order: whether it is over, that is done, or not needed while
    /// all before it is over. Steps stand in the flow after those for which they wait.
    fn cleared(&self, flow: &Procedure, attributes: &Attributes) -> Vec<bool> {
        let mut cleared: Vec<bool> = Vec::with_capacity(flow.steps.len());
        for step in &flow.steps {
            let over = self.done.contains_key(&step.key)
                || ((step.outside || !is_needed(flow, step, attributes)) && is_reached(flow, step, &cleared));
            cleared.push(over);
        }
        cleared
    }

    /// The steps that wait for somebody now.
    pub fn open<'f>(&self, flow: &'f Procedure, attributes: &Attributes) -> Vec<&'f Step> {
        let cleared = self.cleared(flow, attributes);
        flow.steps
            .iter()
            .zip(&cleared)
            .filter(|(step, over)| !**over && is_reached(flow, step, &cleared))
            .map(|(step, _)| step)
            .collect()
    }

    /// Whether nothing is left to do.
    pub fn is_complete(&self, flow: &Procedure, attributes: &Attributes) -> bool {
        self.cleared(flow, attributes).into_iter().all(|over| over)
    }
}

/// Whether the case's attributes ask for the step.
pub fn is_needed(flow: &Procedure, step: &Step, attributes: &Attributes) -> bool {
    step.condition.as_ref().is_none_or(|condition| holds(flow, condition, attributes))
}

/// Whether the attributes have the values of a condition. What nobody said has its first value.
pub fn holds(flow: &Procedure, condition: &Condition, attributes: &Attributes) -> bool {
    condition.holds(|id| {
        attributes.get(id).map(String::as_str).or_else(|| {
            let attribute = flow.attributes.iter().find(|attribute| attribute.id == id)?;
            attribute.values.first().map(String::as_str)
        })
    })
}

fn is_reached(flow: &Procedure, step: &Step, cleared: &[bool]) -> bool {
    step.after.iter().all(|before| {
        let place = flow.steps.iter().position(|other| other.key == *before);
        place.and_then(|place| cleared.get(place)).copied().unwrap_or(false)
    })
}
