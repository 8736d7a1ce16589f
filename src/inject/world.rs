//! What a fake process declares, and what became of it. The test's side and every part of the process share it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;

use super::texts;
use crate::{
    clock::Clock,
    sync::lock,
    violation::{SourceLocation, Violation},
};

/// Where a part of the process comes from.
#[derive(Clone)]
pub(super) enum Wiring {
    Real,
    Fake(Arc<World>),
}

impl Wiring {
    pub(super) const fn is_real(&self) -> bool {
        matches!(self, Self::Real)
    }

    pub(super) const fn word(&self) -> &'static str {
        if self.is_real() { "real" } else { "fake" }
    }
}

pub(super) struct World {
    made_at: SourceLocation,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) args: Option<Declared<Vec<OsString>>>,
    pub(super) env: BTreeMap<OsString, Declared<Option<OsString>>>,
    pub(super) stdin: Option<Declared<Bytes>>,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) entropy: Option<Declared<Bytes>>,
    pub(super) clock: Option<Declared<Arc<dyn Clock>>>,
    /// What broke a rule so far, in this order.
    pub(super) faults: Vec<Violation>,
    /// Where the process was given to the code.
    pub(super) given: Option<SourceLocation>,
}

/// Something that the test declares, and the code must use.
pub(super) struct Declared<T> {
    pub(super) value: T,
    pub(super) made_at: SourceLocation,
    pub(super) used: bool,
}

impl<T> Declared<T> {
    pub(super) const fn new(value: T, made_at: SourceLocation) -> Self {
        Self { value, made_at, used: false }
    }

    pub(super) const fn using(&mut self) -> &mut T {
        self.used = true;
        &mut self.value
    }
}

/// An output, and how it is broken.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
    /// How many bytes it takes in all before it is a broken pipe.
    pub(super) breaks: Option<Declared<usize>>,
    /// How many bytes it takes in one write.
    pub(super) short: Option<Declared<usize>>,
}

impl World {
    pub(super) fn new(made_at: SourceLocation) -> Arc<Self> {
        Arc::new(Self { made_at, state: Mutex::default() })
    }

    pub(super) const fn made_at(&self) -> SourceLocation {
        self.made_at
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The code did what the test has not declared: notes it, so that it counts even if the panic is caught.
    #[track_caller]
    pub(super) fn broken(&self, mut state: MutexGuard<'_, State>, violation: Violation) -> ! {
        state.faults.push(violation.clone());
        drop(state);
        violation.raise()
    }
}

impl State {
    /// What was declared, and not used to its end.
    pub(super) fn left_over(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        if let Some(args) = self.args.as_ref().filter(|args| !args.used) {
            faults.push(texts::never_read("the arguments", args.made_at));
        }
        for (name, variable) in self.env.iter().filter(|(_, variable)| !variable.used) {
            faults.push(texts::never_read(&texts::variable(name), variable.made_at));
        }
        if let Some(stdin) = &self.stdin {
            if !stdin.used {
                faults.push(texts::never_read("the standard input", stdin.made_at));
            } else if !stdin.value.is_empty() {
                faults.push(texts::unread("the standard input", &stdin.value, stdin.made_at));
            }
        }
        self.stdout.left_over("stdout", &mut faults);
        self.stderr.left_over("stderr", &mut faults);
        if let Some(entropy) = self.entropy.as_ref().filter(|entropy| !entropy.value.is_empty()) {
            faults.push(texts::unread("the entropy", &entropy.value, entropy.made_at));
        }
        if let Some(clock) = self.clock.as_ref().filter(|clock| !clock.used) {
            faults.push(texts::never_read("the clock", clock.made_at));
        }
        faults
    }
}

impl Captured {
    fn left_over(&self, name: &str, faults: &mut Vec<Violation>) {
        if !self.bytes.is_empty() {
            faults.push(texts::untaken(name, &self.bytes));
        }
        if let Some(breaks) = self.breaks.as_ref().filter(|breaks| !breaks.used) {
            faults.push(texts::never_broke(name, breaks.value, breaks.made_at));
        }
        if let Some(short) = self.short.as_ref().filter(|short| !short.used) {
            faults.push(texts::never_short(name, short.value, short.made_at));
        }
    }
}
