//! A Raft cluster through storms.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod elections;
mod planted;
mod storm;
mod wire;
