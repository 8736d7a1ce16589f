//! Tests of the clocks.

mod advance;
mod laws;
mod misuse;
mod repeating;
mod seam;
mod sleeping;
mod timers;
mod wall;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use unplugged::clock::{ClockExt, FakeClock};

/// What happened, and when.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(&'static str, Duration)>>>);

impl Log {
    fn note(&self, clock: &FakeClock, what: &'static str) {
        self.0.lock().unwrap().push((what, clock.since_start()));
    }

    /// A callback that notes `what`.
    fn noting(&self, clock: &FakeClock, what: &'static str) -> impl Fn() + Send + 'static {
        let (log, clock) = (self.clone(), clock.clone());
        move || log.note(&clock, what)
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().iter().map(|(name, _)| *name).collect()
    }

    fn all(&self) -> Vec<(&'static str, Duration)> {
        self.0.lock().unwrap().clone()
    }
}

/// The text that `test` panics with.
#[track_caller]
pub(crate) fn panic_text(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("it should panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast_ref::<&str>().expect("a panic with a text")).to_owned(),
    }
}
