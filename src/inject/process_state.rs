//! The state of a fake process: what the test declares, what the code has used, and what it has done wrong.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use bytes::{Buf, Bytes};
use unplugged_seam::__private::{Caller, OutputStream, ProcessHook};

use super::texts;
use crate::{
    clock::Clock,
    guard,
    sync::lock,
    violation::{SourceLocation, Violation},
};

/// The state of one fake process. The test's side and every part of the process share it.
pub(super) struct ProcessState {
    made_at: SourceLocation,
    state: Mutex<Declarations>,
}

#[derive(Default)]
pub(super) struct Declarations {
    pub(super) args: Option<Declared<Vec<OsString>>>,
    pub(super) env: BTreeMap<OsString, Declared<Option<OsString>>>,
    pub(super) stdin: Option<Declared<Bytes>>,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) entropy: Option<Declared<Bytes>>,
    pub(super) clock: Option<Declared<Arc<dyn Clock>>>,
    /// The broken rules so far, in this order.
    pub(super) faults: Vec<Violation>,
    /// Where the process was given to the code.
    pub(super) given: Option<SourceLocation>,
    /// The exit under way: its code, and where it was called. Its thread unwinds.
    exiting: Option<(i32, SourceLocation)>,
    /// The test has asked for the verdict.
    is_over: bool,
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

impl ProcessState {
    pub(super) fn new(made_at: SourceLocation) -> Arc<Self> {
        Arc::new(Self { made_at, state: Mutex::default() })
    }

    pub(super) const fn made_at(&self) -> SourceLocation {
        self.made_at
    }

    pub(super) fn state(&self) -> MutexGuard<'_, Declarations> {
        lock(&self.state)
    }

    /// Notes that the fake exit unwinds now.
    pub(super) fn exits(&self, code: i32, called_at: SourceLocation) {
        self.state().exiting = Some((code, called_at));
    }

    pub(super) fn has_exited(&self) {
        self.state().exiting = None;
    }

    /// Notes that the verdict is given.
    pub(super) fn ends(&self) {
        self.state().is_over = true;
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Returns the last lines that it wrote to its standard error and the test has not taken.
    pub(super) fn end_of_stderr(&self) -> Option<String> {
        texts::last_lines(&self.state().stderr.bytes)
    }

    /// The code did what the test has not declared: notes it, so that it counts even if the panic is caught.
    #[track_caller]
    pub(super) fn broken(&self, mut state: MutexGuard<'_, Declarations>, violation: Violation) -> ! {
        state.faults.push(violation.clone());
        let is_over = state.is_over;
        drop(state);
        if is_over {
            guard::raise(&violation); // the verdict was given before
        }
        violation.raise()
    }
}

impl ProcessHook for ProcessState {
    fn args(&self, used_at: Caller) -> Vec<OsString> {
        let mut state = self.state();
        match &mut state.args {
            Some(args) => args.using().clone(),
            None => {
                let fault = texts::undeclared("the arguments were read", "args", used_at.into());
                self.broken(state, fault)
            }
        }
    }

    fn variable(&self, name: &OsStr, used_at: Caller) -> Option<OsString> {
        let mut state = self.state();
        if let Some(variable) = state.env.get_mut(name) {
            return variable.using().clone();
        }
        let fault = texts::undeclared_variable(name, state.env.keys(), used_at.into());
        self.broken(state, fault)
    }

    fn write(&self, output: OutputStream, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        // The destructor of a buffer, for example, which a real exit does not run.
        if let (Some((code, called_at)), true) = (state.exiting, thread::panicking()) {
            state.faults.push(texts::written_while_exiting(output, bytes, code, called_at));
            return Ok(bytes.len());
        }
        match output {
            OutputStream::Stdout => state.stdout.take(bytes),
            OutputStream::Stderr => state.stderr.take(bytes),
        }
    }

    fn fill(&self, bytes: &mut [u8], used_at: Caller) {
        let mut state = self.state();
        let Some(entropy) = &mut state.entropy else {
            let fault = texts::undeclared("entropy was drawn", "entropy", used_at.into());
            self.broken(state, fault)
        };
        let made_at = entropy.made_at;
        let left = entropy.using();
        if left.len() < bytes.len() {
            let fault = texts::exhausted(bytes.len(), left.len(), used_at.into(), made_at);
            self.broken(state, fault);
        }
        left.copy_to_slice(bytes);
    }

    fn clock(&self, used_at: Caller) -> Arc<dyn Clock> {
        let mut state = self.state();
        match &mut state.clock {
            Some(clock) => Arc::clone(clock.using()),
            None => {
                let fault = texts::undeclared("the clock was read", "clock", used_at.into());
                self.broken(state, fault)
            }
        }
    }
}

impl Declarations {
    /// The declarations that were not used to their end.
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
    /// Takes as much as this output takes.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = bytes;
        if let Some(short) = self.short.as_mut().filter(|short| short.value < taken.len()) {
            taken = &taken[..*short.using()];
        }
        if let Some(breaks) = self.breaks.as_mut().filter(|breaks| breaks.value < taken.len()) {
            if breaks.value == 0 {
                breaks.used = true;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            taken = &taken[..breaks.value];
        }
        if let Some(breaks) = &mut self.breaks {
            breaks.value -= taken.len();
        }
        self.bytes.extend_from_slice(taken);
        Ok(taken.len())
    }

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
