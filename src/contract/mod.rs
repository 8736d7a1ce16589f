//! Contracts: what a stream, a datagram socket or a clock must do, as suites that anyone can run.
//!
//! A fake that behaves otherwise than the real thing makes green tests that say nothing. Each function here takes a
//! *maker* of your type and returns a suite; its `run` tries every rule and returns a [`Report`] with all the rules
//! that are broken, each with its name and its source. The kit runs the same suites over its own types and over the
//! sockets of the operating system.
//!
//! ```
//! use unplugged::{Sim, contract};
//!
//! let sim = Sim::new();
//! let duplex = contract::stream(async || tokio::io::duplex(1024));
//! sim.run(duplex.run()).assert_held();
//! ```
//!
//! | you wrote | hold it to |
//! |---|---|
//! | a type with `AsyncRead` and `AsyncWrite` | [`stream`] |
//! | a writer and a reader | [`one_way`] |
//! | a [`Datagram`](unplugged_seam::Datagram) socket | [`datagram`](datagram()) |
//! | a [`Clock`](unplugged_seam::Clock) | [`clock`](clock()) |
//!
//! # Time
//! A suite runs on any tokio runtime that has time: in a [`Sim`](crate::Sim), or for real sockets in a real one.
//! Nothing in it can hang. A rule that is not done within the limit is broken, as is one that panics, or that wakes
//! itself without an end. On virtual time a generous limit costs nothing. Code that blocks its thread cannot be
//! stopped.
//!
//! # What a suite cannot see
//! It calls the type as any code could, so it finds no data race and no slip that needs a state it does not reach. A rule
//! that does not concern a type is switched off by a setting, and is listed in [`Report::skipped`].

mod clock;
mod datagram;
mod probe;

mod report;
mod rule;
mod stream;
mod texts;

pub use self::{
    clock::clock,
    datagram::datagram,
    report::Report,
    stream::{StreamContract, one_way, stream},
};
