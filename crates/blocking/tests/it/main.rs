//! The bridge, held to what Crochet's own tests check (`B10.md`), and to more.
#![expect(clippy::unwrap_used, reason = "a test may fail in any line")]

mod attributes;
mod eventual;
mod face;
mod in_a_sim;
mod lifecycle;
mod list;
mod logs;
mod panics;
#[cfg(unix)]
mod signal;
mod stash;
mod support;
mod texts;
mod unread;
mod wait_for;
