//! The state of a fake exit: its calls, and how a call ends the code under test.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, Mutex, OnceLock, Weak},
    thread,
};

use unplugged_seam::{
    __private::{Caller, ExitHook, exit},
    Exit,
};

use super::{
    calls::Call,
    process_state::ProcessState,
    run_outcome::{How, RunOutcome},
    texts,
};
use crate::{
    guard,
    sync::lock,
    violation::{SourceLocation, Violation, panic_text},
};

/// The state of one fake exit. The test's side and every `Exit` share it.
pub(super) struct ExitState {
    made_at: SourceLocation,
    /// The process that it is the exit of, if it is of one.
    process: OnceLock<Weak<ProcessState>>,
    run: Mutex<Run>,
}

struct Run {
    phase: Phase,
    calls: Vec<Call>,
    /// Calls that came when nothing ran.
    outside: Vec<Violation>,
    /// How a call ends the code under test.
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Running,
    Over,
}

enum Way {
    Unwind,
    /// Tell the test, and stay here for ever.
    Park(Box<dyn Fn() + Send>),
}

/// The payload with which a call of the fake exit unwinds. Private, so that no code takes it for its own panic.
struct Unwinding(Arc<ExitState>);

impl ExitHook for ExitState {
    fn exit(self: Arc<Self>, code: i32, called_at: Caller) -> ! {
        self.end_with(code, called_at.into())
    }
}

impl ExitState {
    pub(super) fn new(made_at: SourceLocation) -> Arc<Self> {
        let run = Run { phase: Phase::Before, calls: Vec::new(), outside: Vec::new(), way: Way::Unwind };
        Arc::new(Self { made_at, process: OnceLock::new(), run: Mutex::new(run) })
    }

    pub(super) const fn made_at(&self) -> SourceLocation {
        self.made_at
    }

    /// Returns an exit for the code under test.
    pub(super) fn to_exit(self: &Arc<Self>) -> Exit {
        exit(Arc::clone(self) as Arc<dyn ExitHook>)
    }

    /// How many others hold it.
    pub(super) fn holders(self: &Arc<Self>) -> usize {
        Arc::strong_count(self) - 1
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        lock(&self.run).calls.clone()
    }

    /// The calls that came when nothing ran.
    pub(super) fn outside(&self) -> Vec<Violation> {
        lock(&self.run).outside.clone()
    }

    /// Notes the call, and ends the code under test.
    fn end_with(self: &Arc<Self>, code: i32, called_at: SourceLocation) -> ! {
        let mut run = lock(&self.run);
        if let (Way::Park(tell), Phase::Running | Phase::Over) = (&run.way, run.phase) {
            tell();
            run.calls.push(Call { code, called_at });
            drop(run);
            loop {
                thread::park();
            }
        }
        if run.phase != Phase::Running {
            let over = run.phase == Phase::Over;
            let violation = texts::outside_of_the_run(code, over, called_at, self.made_at);
            run.outside.push(violation.clone());
            drop(run);
            if self.process.get().and_then(Weak::upgrade).is_none_or(|process| process.is_over()) {
                guard::raise(&violation); // no verdict of a process is to come
            }
            violation.raise();
        }
        run.calls.push(Call { code, called_at });
        drop(run);
        self.process.get().and_then(Weak::upgrade).iter().for_each(|process| process.exits(code, called_at));
        if thread::panicking() {
            give_up(&texts::while_unwinding(code, called_at));
        }
        resume_unwind(Box::new(Unwinding(Arc::clone(self))))
    }

    pub(super) fn begin(&self) {
        lock(&self.run).phase = Phase::Running;
    }

    /// The other form: a call tells the test, and parks its thread.
    pub(super) fn begin_parking(&self, tell: impl Fn() + Send + 'static) {
        lock(&self.run).way = Way::Park(Box::new(tell));
        self.begin();
    }

    /// Runs `f` with the exit open. `kept` others may hold the exit when it has returned.
    pub(super) fn catch<T>(self: &Arc<Self>, kept: usize, f: impl FnOnce() -> T) -> RunOutcome<T> {
        self.begin();
        let result = catch_unwind(AssertUnwindSafe(f));
        self.end(kept, result)
    }

    /// Judges how the run went.
    pub(super) fn end<T>(self: &Arc<Self>, kept: usize, result: thread::Result<T>) -> RunOutcome<T> {
        let calls = {
            let mut run = lock(&self.run);
            run.phase = Phase::Over;
            run.calls.clone()
        };
        self.process.get().and_then(Weak::upgrade).iter().for_each(|process| process.has_exited());
        let how = match (result, &*calls) {
            (Ok(value), []) => match self.holders().saturating_sub(kept) {
                0 => How::Returned(value),
                more => How::Fault(texts::still_held(more, self.made_at)),
            },
            (Ok(_), calls) => How::Fault(texts::swallowed(calls, "the code returned")),
            (Err(payload), calls) => match (self.own(payload), calls) {
                (Ok(()), &[call]) => Self::exited(call),
                (Ok(()), calls) => How::Fault(texts::called_again(calls)),
                (Err(text), []) => How::Panicked(text),
                (Err(text), calls) => {
                    How::Fault(texts::swallowed(calls, &format!("the code panicked: {text}")))
                }
            },
        };
        self.outcome(how)
    }

    /// Returns the outcome, with the end of what the process said.
    pub(super) fn outcome<T>(&self, how: How<T>) -> RunOutcome<T> {
        let stderr = self.process.get().and_then(Weak::upgrade);
        RunOutcome::new(how, self.made_at, stderr.and_then(|process| process.end_of_stderr()))
    }

    /// Says which process it is the exit of.
    pub(super) fn is_of(&self, process: &Arc<ProcessState>) {
        let is_first = self.process.set(Arc::downgrade(process)).is_ok();
        debug_assert!(is_first, "an exit is of one process");
    }

    /// A code that every parent sees as it is, or the fault.
    pub(super) fn exited<T>(call: Call) -> How<T> {
        if (0..=255).contains(&call.code) { How::Exited(call) } else { How::Fault(texts::unportable(call)) }
    }

    /// `Ok` if this is the unwinding of a call of this exit; the text of a panic if it is one. The unwinding of
    /// another fake exit, whose run lies further out, goes on.
    fn own(self: &Arc<Self>, payload: Box<dyn Any + Send>) -> Result<(), String> {
        match payload.downcast::<Unwinding>() {
            Ok(unwinding) if Arc::ptr_eq(&unwinding.0, self) => Ok(()),
            Ok(other) => resume_unwind(other),
            Err(payload) => Err(panic_text(&*payload)),
        }
    }
}

/// Returns whether this is how a fake exit unwinds the code that called it.
#[cfg(feature = "tokio")]
pub(crate) fn is_exit(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Unwinding>()
}

/// Unwinding inside of an unwinding aborts anyhow: do it with a text that tells why.
fn give_up(violation: &Violation) -> ! {
    eprintln!("{violation}");
    std::process::abort()
}
