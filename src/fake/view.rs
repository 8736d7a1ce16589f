//! A snapshot of a script and its log, which is read and shown with no lock held.

use super::{
    at::At,
    call::ErasedCall,
    logged::{Log, LoggedCall, of_fake},
    state::{Shared, State, Step},
};

pub(super) struct View<'s> {
    pub(super) lanes: Vec<LaneView<'s>>,
    log: Log,
}

pub(super) struct LaneView<'s> {
    pub(super) steps: Vec<StepView<'s>>,
}

/// An entry as it stood at that moment.
pub(super) struct StepView<'s> {
    pub(super) at: At,
    pub(super) lane: Option<&'static str>,
    /// How many there are in its lane.
    pub(super) of: usize,
    pub(super) entry: &'s Step,
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) met: u32,
    pub(super) has_reply: bool,
    pub(super) is_spoilt: bool,
    pub(super) is_left: bool,
}

impl Shared {
    /// `state` is this script's own.
    pub(super) fn view(&self, state: &State) -> View<'_> {
        let lanes = self.lanes.iter().enumerate().map(|(lane, known)| {
            let of = known.steps.len();
            let steps = known.steps.iter().take(of).enumerate().map(|(step, entry)| StepView {
                at: At { lane, step },
                lane: known.name,
                of,
                entry,
                least: entry.least(),
                most: entry.most(),
                met: entry.met(),
                has_reply: entry.expected.has_reply(),
                is_spoilt: entry.is_spoilt(),
                is_left: step >= known.next(),
            });
            LaneView { steps: steps.collect() }
        });
        View { lanes: lanes.collect(), log: state.log.clone() }
    }
}

impl View<'_> {
    pub(super) fn step(&self, at: At) -> &StepView<'_> {
        &self.lanes[at.lane].steps[at.step]
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = &StepView<'_>> {
        self.lanes.iter().flat_map(|lane| &lane.steps)
    }

    /// All calls, in their order.
    pub(super) fn calls(&self) -> impl Iterator<Item = LoggedCall<'_>> {
        self.log.iter()
    }
}

impl StepView<'_> {
    pub(super) fn is_for(&self, call: &dyn ErasedCall) -> bool {
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
        let text = of_fake(shown(&self.entry.expected.text()), self.entry.fake);
        match (self.least, self.most) {
            (1, 1) => text,
            (least, most) if least == most => format!("{text}, {most} times"),
            (least, most) => format!("{text}, {least} to {most} times"),
        }
    }
}

/// Cuts a long text.
pub(super) fn shown(text: &str) -> String {
    const SHOWN: usize = 1000;
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}... ({} characters)", &text[..end], text.chars().count()),
    }
}
