//! A copy of the script and its log at one moment, to be read and shown with no lock held.

use std::sync::Arc;

use super::{
    call::Inside,
    entry::Entry,
    made::Made,
    state::{At, State},
};

pub(super) struct View {
    pub(super) lanes: Vec<LaneView>,
    pub(super) log: Vec<Made>,
}

pub(super) struct LaneView {
    pub(super) steps: Vec<StepView>,
}

/// An entry as it stood at that moment.
pub(super) struct StepView {
    pub(super) at: At,
    pub(super) lane: Option<&'static str>,
    /// How many there are in its lane.
    pub(super) of: usize,
    pub(super) entry: Arc<Entry>,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) met: u32,
    pub(super) has_reply: bool,
    pub(super) is_spoilt: bool,
    pub(super) is_left: bool,
}

impl State {
    pub(super) fn view(&self) -> View {
        let lanes = self.lanes.iter().enumerate().map(|(lane, known)| {
            let steps = known.steps.iter().enumerate().map(|(step, found)| StepView {
                at: At { lane, step },
                lane: known.name,
                of: known.steps.len(),
                entry: Arc::clone(&found.entry),
                least: found.least,
                most: found.most,
                met: found.met,
                has_reply: found.has_reply(),
                is_spoilt: found.is_spoilt,
                is_left: self.is_left(At { lane, step }),
            });
            LaneView { steps: steps.collect() }
        });
        View { lanes: lanes.collect(), log: self.log.clone() }
    }
}

impl View {
    pub(super) fn step(&self, at: At) -> &StepView {
        &self.lanes[at.lane].steps[at.step]
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &StepView> {
        self.lanes.iter().flat_map(|lane| &lane.steps)
    }
}

impl StepView {
    pub(super) fn is_for(&self, call: &dyn Inside) -> bool {
        self.entry.expected.is_for(call.as_any())
    }

    /// `entry 2 of 5`, and of which lane.
    pub(super) fn position(&self) -> String {
        let position = format!("entry {} of {}", self.at.step + 1, self.of);
        match self.lane {
            Some(lane) => format!("{position} in lane `{lane}`"),
            None => position,
        }
    }

    /// The expected call, and how often.
    pub(super) fn text(&self) -> String {
        let text = super::texts::shown(&self.entry.expected.text());
        match (self.least, self.most) {
            (1, 1) => text,
            (least, most) if least == most => format!("{text}, {most} times"),
            (least, most) => format!("{text}, {least} to {most} times"),
        }
    }
}
