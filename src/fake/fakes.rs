//! The fakes of a script: those that it names, and the handles of all, so that no two are taken for each other.

use crate::violation::SourceLocation;

/// The fakes of one script.
#[derive(Default)]
pub(super) struct Fakes {
    named: Vec<NamedFake>,
    handles: Vec<Origin>,
    /// Counts the handles that are made and those that are let go.
    events: usize,
}

/// A fake that the script names.
struct NamedFake {
    name: &'static str,
    made_at: SourceLocation,
    no_calls: Option<SourceLocation>,
}

/// One `handle()`, and how many copies of it are alive.
pub(super) struct Origin {
    pub(super) made_at: SourceLocation,
    pub(super) alive: usize,
    /// The lane that its calls belong to, if that is said.
    lane: Option<usize>,
    fake: Option<&'static str>,
    /// The traits whose methods were called.
    traits: Vec<&'static str>,
    /// The name of the method that was called last.
    last: &'static str,
    /// Since when it is there, and until when, as `Fakes::events` counts.
    born: usize,
    died: usize,
}

/// A fault of one fake, or between two.
pub(super) enum FakeFault {
    /// The script says nothing of it.
    Empty { name: &'static str, made_at: SourceLocation },
    /// It expects no calls, and one.
    Contradiction { name: &'static str, no_calls: SourceLocation },
    /// It expects no calls, and no code can call it.
    NoHandle { name: &'static str, no_calls: SourceLocation },
    /// Several fakes of one trait were called that have no names.
    NotToldApart { of_trait: &'static str, made_at: Vec<SourceLocation> },
    /// A handle was not called beside one that was: perhaps it should have been.
    NotCalledBeside { idle: SourceLocation, called: SourceLocation },
}

impl Fakes {
    pub(super) fn name(&mut self, name: &'static str, made_at: SourceLocation) {
        if !self.named.iter().any(|fake| fake.name == name) {
            self.named.push(NamedFake { name, made_at, no_calls: None });
        }
    }

    pub(super) fn expects_no_calls(&mut self, name: &'static str, said_at: SourceLocation) {
        if let Some(fake) = self.named.iter_mut().find(|fake| fake.name == name) {
            fake.no_calls.get_or_insert(said_at);
        }
    }

    pub(super) fn take_handle(
        &mut self,
        lane: Option<usize>,
        fake: Option<&'static str>,
        made_at: SourceLocation,
    ) -> usize {
        self.events += 1;
        let (traits, last, born, died) = (Vec::new(), "", self.events, usize::MAX);
        self.handles.push(Origin { made_at, alive: 1, lane, fake, traits, last, born, died });
        self.handles.len() - 1
    }

    /// Counts one more copy of a handle.
    pub(super) fn copy(&mut self, origin: usize) {
        self.handles[origin].alive += 1;
    }

    pub(super) fn let_go(&mut self, origin: usize) {
        let origin = &mut self.handles[origin];
        origin.alive -= 1;
        if origin.alive == 0 {
            self.events += 1;
            origin.died = self.events;
        }
    }

    /// Notes a call of the method with this name.
    #[inline]
    pub(super) fn is_called(&mut self, origin: usize, method: &'static str) {
        let origin = &mut self.handles[origin];
        if !std::ptr::eq(origin.last, method) {
            origin.last = method;
            let of_trait = method.rsplit_once("::").map_or(method, |(of_trait, _)| of_trait);
            if !origin.traits.contains(&of_trait) {
                origin.traits.push(of_trait);
            }
        }
    }

    pub(super) fn has_handles(&self) -> bool {
        !self.handles.is_empty()
    }

    /// Returns the handles of which there are copies.
    pub(super) fn alive(&self) -> impl Iterator<Item = &Origin> {
        self.handles.iter().filter(|origin| origin.alive > 0)
    }

    /// Returns whether a handle was made for this lane.
    pub(super) fn has_handle_of_lane(&self, lane: usize) -> bool {
        self.handles.iter().any(|origin| origin.lane == Some(lane))
    }

    /// Returns whether a fake says that it expects no calls.
    pub(super) fn has_idle(&self) -> bool {
        self.named.iter().any(|fake| fake.no_calls.is_some())
    }

    /// Returns what is wrong with the fakes themselves. `is_scripted` tells whether a named one has an entry.
    pub(super) fn faults(&self, is_scripted: impl Fn(&str) -> bool) -> Vec<FakeFault> {
        let mut faults = Vec::new();
        for &NamedFake { name, made_at, no_calls } in &self.named {
            let has_handle = || self.handles.iter().any(|origin| origin.fake == Some(name));
            match (no_calls, is_scripted(name)) {
                (None, false) => faults.push(FakeFault::Empty { name, made_at }),
                (Some(no_calls), true) => faults.push(FakeFault::Contradiction { name, no_calls }),
                (Some(no_calls), false) if !has_handle() => {
                    faults.push(FakeFault::NoHandle { name, no_calls });
                }
                _ => {}
            }
        }
        self.not_told_apart(&mut faults);
        faults
    }

    fn not_told_apart(&self, faults: &mut Vec<FakeFault>) {
        let mut told: Vec<&str> = Vec::new();
        for (at, origin) in self.handles.iter().enumerate() {
            for &of_trait in &origin.traits {
                let is_same = |other: &&Origin| origin.is_beside(other) && other.traits.contains(&of_trait);
                let mut made_at = vec![origin.made_at];
                made_at.extend(self.handles[at + 1..].iter().filter(is_same).map(|other| other.made_at));
                if made_at.len() > 1 && !told.contains(&of_trait) {
                    told.push(of_trait);
                    faults.push(FakeFault::NotToldApart { of_trait, made_at });
                }
            }
            if origin.traits.is_empty() {
                let is_called = |other: &&Origin| origin.is_beside(other) && !other.traits.is_empty();
                let called = self.handles.iter().find(is_called).map(|called| called.made_at);
                faults
                    .extend(called.map(|called| FakeFault::NotCalledBeside { idle: origin.made_at, called }));
            }
        }
    }
}

impl Origin {
    /// Returns whether both were there at one time, without names, for calls of one lane.
    fn is_beside(&self, other: &Self) -> bool {
        let is_one_lane = self.lane == other.lane && self.fake.is_none() && other.fake.is_none();
        is_one_lane && self.born < other.died && other.born < self.died
    }
}
