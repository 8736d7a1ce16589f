//! Tells how far a long search has come.

use std::{
    io::{IsTerminal, Write, stderr},
    time::{Duration, Instant},
};

use unplugged_seam::__private::real_now;

use crate::clock::secs;

/// Nothing is said of a search that is shorter.
const QUIET: Duration = secs(1);

/// On a terminal one line, again and again; elsewhere a plain line after 1 s, 2 s, 4 s and so on, to where the
/// test's output goes.
pub(super) struct Progress {
    search: &'static str,
    begun: Instant,
    next: Duration,
    terminal: bool,
    written: usize,
}

impl Progress {
    pub(super) fn begin(search: &'static str) -> Self {
        let terminal = stderr().is_terminal();
        Self { search, begun: real_now(), next: QUIET, terminal, written: 0 }
    }

    pub(super) fn tell(&mut self, done: usize, of: Option<usize>, what: &str) {
        let passed = real_now().saturating_duration_since(self.begun);
        if passed < self.next {
            return;
        }
        let line = line(self.search, done, of, what, passed);
        if self.terminal {
            let _nobody_sees = write!(stderr(), "\r{line:<width$}", width = self.written);
            self.written = line.len();
        } else {
            eprintln!("{line}");
            self.next *= 2;
        }
    }
}

impl Drop for Progress {
    /// What comes next begins on an empty line.
    fn drop(&mut self) {
        if self.written > 0 {
            let _nobody_sees = write!(stderr(), "\r{:<width$}\r", "", width = self.written);
        }
    }
}

fn line(search: &str, done: usize, of: Option<usize>, what: &str, passed: Duration) -> String {
    let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
    format!("explore::{search}: {done}{of} {what}, {} s", passed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_many_of_how_many_since_when() {
        assert_eq!(
            line("seeds", 340, Some(1000), "seeds", secs(3)),
            "explore::seeds: 340 of 1000 seeds, 3 s"
        );
        assert_eq!(line("faults", 340, None, "cases", secs(3)), "explore::faults: 340 cases, 3 s");
    }
}
