//! Which steps of a flow are over, and which are open.

use std::collections::{BTreeMap, BTreeSet};

use crate::procedure::{Condition, Procedure, Step, StepKey};

use super::actor::By;
use super::event::Attributes;

/// The steps that were done, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    done: BTreeMap<StepKey, By>,
}

impl Progress {
    /// Who did a step, if it was done and not undone since.
    pub fn done_by(&self, key: &StepKey) -> Option<&By> {
        self.done.get(key)
    }

    pub(super) fn mark(&mut self, key: StepKey, by: By) {
        self.done.insert(key, by);
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
