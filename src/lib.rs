//! Test network code with the network unplugged.
//!
//! Everything that a network program touches gets an in-memory, deterministic, strict stand-in. The parts, each
//! using only those above it:
//!
//! | module | what it stands in for |
//! |---|---|
//! | [`seed`] | randomness: named, independent streams of one seed |
//! | [`violation`] | a failure as a value, and its text |
//! | [`trace`] | a record of what happened, in one order |
//! | [`wait`] | what a pending future waits for, and where that was made |
//! | [`clock`] | time: [`Clock`](clock::Clock), [`FakeClock`](clock::FakeClock) |
//! | [`outcome`] | the result of a future, now: [`Watch`](outcome::Watch), [`promise`](outcome::promise()) |
//! | [`transport`] | a byte stream: by hand, and as an in-memory pair |
//! | [`fake`] | collaborators: strict, scripted fakes |
//! | [`inject`] | the process: its exit, arguments, environment, input, output, randomness and clock |
#![cfg_attr(
    feature = "tokio",
    doc = "| [`net`] | hosts, connections, datagrams, and links that lose, delay and cut |
| [`sim`] | the world: tasks, time and streams on one exact timeline |
| [`explore`] | whole tests, run again and again: every seed, cut, cancellation and fault |"
)]
//!
//! There are two ways to use it. As a dev-dependency only, the code under test stays as it is (tokio, hyper,
//! anything over `AsyncRead + AsyncWrite`). As a seam, production code takes a [`clock::Clock`] from this crate
//! with `default-features = false`, and the tests hand in a [`clock::FakeClock`].
//!
//! # A test that cannot pass by accident
//! A misspelt assertion does not compile in Rust, and a fake implements the whole trait. What is left are tests that
//! are green and assert nothing: an expectation that nobody counts, a matcher that takes anything, a mock that a task
//! still holds, a panic that the code swallows. So the verifier here is never the thing that is handed out, every
//! call is scripted, a loose matcher shows what it rejects, and nothing is answered that the script does not say
//! ([`fake`]). Fake what is slow, far away, destructive or cannot be made to fail, at the edge of the program;
//! everything else is best tested as it is. Hand things in instead of patching them ([`inject`]): a patch that
//! misses is silent.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings))))]

pub mod seed;

pub mod violation;

pub mod trace;

pub mod wait;

pub mod clock;

pub mod outcome;

pub mod transport;

pub mod fake;

pub mod inject;

#[cfg(feature = "tokio")]
pub mod net;

#[cfg(feature = "tokio")]
pub mod sim;

#[cfg(feature = "tokio")]
pub mod explore;

mod guard;
#[cfg(feature = "tokio")]
mod leftover;
mod sync;

#[cfg(feature = "tokio")]
pub use sim::Sim;
#[cfg(feature = "macros")]
pub use unplugged_macros::strict_fake;
#[cfg(all(feature = "macros", feature = "tokio"))]
pub use unplugged_macros::test;

/// The tutorial's code is run with the documentation's.
#[cfg(all(doctest, feature = "macros", feature = "tokio"))]
mod tutorial {
    #[doc = include_str!("../tutorial/01-why-it-is-hard.md")]
    struct WhyItIsHard;
    #[doc = include_str!("../tutorial/02-unit-tests-without-patching.md")]
    struct UnitTestsWithoutPatching;
    #[doc = include_str!("../tutorial/03-mock-assurances.md")]
    struct MockAssurances;
    #[doc = include_str!("../tutorial/04-string-transports.md")]
    struct StringTransports;
    #[doc = include_str!("../tutorial/05-the-passage-of-time.md")]
    struct ThePassageOfTime;
    #[doc = include_str!("../tutorial/06-results-that-come-later.md")]
    struct ResultsThatComeLater;
    #[doc = include_str!("../tutorial/07-timeouts-and-cancellation.md")]
    struct TimeoutsAndCancellation;
    #[doc = include_str!("../tutorial/08-your-server.md")]
    struct YourServer;
    #[doc = include_str!("../tutorial/09-the-network-between.md")]
    struct TheNetworkBetween;
}
