//! Helpers of the given tests. There is nothing to do here.
#![allow(dead_code, reason = "each chapter uses a part of it")]

use std::{
    fmt, panic,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

/// Fails unless both are the same bytes. Shows them escaped, and marks the first that differs.
#[track_caller]
pub(crate) fn same_bytes(what: &str, got: &[u8], expected: &[u8], rule: &str) {
    if got != expected {
        panic!("{}", difference(what, got, expected, rule));
    }
}

/// Fails unless both values are equal.
#[track_caller]
pub(crate) fn same<T: PartialEq + fmt::Debug>(what: &str, got: T, expected: T, rule: &str) {
    if got != expected {
        panic!("{what} is wrong\n  expected {expected:?}\n  got      {got:?}\n  rule     {rule}");
    }
}

/// Fails unless `it_does` is true.
#[track_caller]
pub(crate) fn holds(what: &str, it_does: bool, rule: &str) {
    if !it_does {
        panic!("{what}\n  rule     {rule}");
    }
}

/// Formats bytes as a Rust literal: `b"GET /\r\n"`.
pub(crate) fn shown(bytes: &[u8]) -> String {
    format!("b\"{}\"", bytes.escape_ascii())
}

/// Bytes whose `Debug` is a byte string, also inside other values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.0))
    }
}

/// Returns the failure text of [`same_bytes`]. It has no colours, so it reads the same in a file.
pub(crate) fn difference(what: &str, got: &[u8], expected: &[u8], rule: &str) -> String {
    let at = got.iter().zip(expected).take_while(|(got, expected)| got == expected).count();
    let column = shown(&expected[..at]).len() - 1;
    let ends = match (got.len() == at, expected.len() == at) {
        (true, _) => ": it ends here, but more was expected",
        (_, true) => ": it should end here",
        _ => "",
    };
    format!(
        "{what} differs at byte {at}\n  expected {}\n  got      {}\n           {}^ byte {at}{ends}\n  rule     {rule}",
        shown(expected),
        shown(got),
        " ".repeat(column),
    )
}

/// Runs `it` on a thread of its own and gives up after `limit` of real time, so that a hang becomes a failure. Passes
/// a panic on.
#[track_caller]
pub(crate) fn with_deadline<T: Send + 'static>(
    limit: Duration,
    it: impl FnOnce() -> T + Send + 'static,
) -> T {
    Watchdog::new(limit).run(it)
}

/// A time limit that many tests share. Once one test has hung, the others fail at once: its thread still runs, and
/// each of them would wait for the whole limit again.
pub(crate) struct Watchdog {
    limit: Duration,
    has_hung: AtomicBool,
}

impl Watchdog {
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { limit, has_hung: AtomicBool::new(false) }
    }

    #[track_caller]
    pub(crate) fn run<T: Send + 'static>(&self, it: impl FnOnce() -> T + Send + 'static) -> T {
        if self.has_hung.load(Ordering::Relaxed) {
            panic!("not tried: an earlier test still runs\n  rule     first make the test green that hangs");
        }
        let (done, end) = mpsc::channel();
        // The thread drops `done` when it ends, also by a panic: that ends the wait below.
        let thread = thread::spawn(move || {
            let value = it();
            let _ = done.send(());
            value
        });
        if end.recv_timeout(self.limit) == Err(mpsc::RecvTimeoutError::Timeout) {
            self.has_hung.store(true, Ordering::Relaxed);
            panic!(
                "still not done after {:?}\n  rule     nothing here may wait without end: look for a loop that makes no progress",
                self.limit
            );
        }
        thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
    }
}
