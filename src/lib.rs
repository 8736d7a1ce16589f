//! Tests for network code without a network: virtual time, in-memory streams and simulated hosts, in one process.
//!
//! Your code runs unchanged. The test moves the time, and asks what has become of a future:
//! ```
//! use tokio::time::{sleep, timeout};
//! use unplugged::{Sim, clock::{hours, millis, secs}};
//!
//! let sim = Sim::new();
//! let answer = sim.watch(async { timeout(secs(30), sleep(hours(1))).await });
//! sim.advance(millis(29_999));
//! answer.assert_pending();
//! sim.advance(millis(1));
//! answer.assert_failure(); // after exactly 30 seconds of virtual time
//! ```
//!
//! Hosts, and links between them that lose, delay and cut; the same test over a hundred seeds:
//! ```
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use unplugged::{Sim, explore, net::Probability};
//!
//! explore::seeds(0..100, async |sim: Sim| {
//!     let (client, server) = (sim.net().host("client"), sim.net().host("server"));
//!     sim.net().between("client", "server").loss(Probability::percent(10)).keep();
//!     let (listener, mut heard) = (server.listen(80).unwrap(), Vec::new());
//!     client.connect("server:80").await.unwrap().write_all(b"a book").await.unwrap();
//!     listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
//!     assert_eq!(heard, b"a book"); // a lossy link loses no byte of a stream
//! });
//! ```
//!
//! # Which tool for which test
//! | you test | take |
//! |---|---|
//! | tokio code, unchanged | [`Sim`], [`#[unplugged::test]`](macro@test) |
//! | an axum or hyper server, several machines, a bad network | [`net`] |
//! | one test in every case: seeds, cuts, cancellations, faults | [`explore`] |
//! | code over a byte stream | [`transport::pipe`], [`transport::ScriptedPeer`], [`transport::Segmentation`] |
//! | a stream, a datagram socket or a clock that you wrote | [`contract`] |
//! | a future: done, failed, or why not yet | [`outcome`] |
//! | code that calls collaborators behind a trait | [`fake`], [`#[strict_fake]`](macro@strict_fake) |
//! | code that takes a clock | [`clock::FakeClock`] |
//! | code that exits, or reads its arguments, environment or input | [`inject`] |
//! | a protocol without I/O | [`transport::TestConnection`] |
//!
//! The example `axum_server` tests an axum server over a simulated network. On Linux the package `unplugged-system` puts code that
//! makes tokio's own sockets (`axum::serve`, reqwest) on that network as it is. The module [`sim`] has two tables: which `spawn`
//! to call, and which clock to read. Below all these lie [`seed`], [`violation`], [`trace`] and [`wait`]: a test needs them
//! seldom, an extension of the kit often.
//!
//! # In production
//! Code that takes its clock, network, tasks or process as values depends on the package `unplugged-seam` alone, which links
//! none of this. The fakes are here: [`clock::FakeClock`], a [`net::Host`], [`inject::FakeProcess`].
//!
//! # A test that cannot pass by accident
//! Rust refuses a misspelt assertion. What is left are tests that are green and assert nothing: an expectation that is
//! never counted, a matcher that takes everything, a mock that a task still holds, a panic that the code swallows. So
//! here the verifier is never the object that is handed out, every call is scripted, a loose matcher shows what it
//! rejects, and no reply is invented ([`fake`]). Fake what is slow, far away, destructive or cannot be made to fail, at
//! the edge of the program; test the rest as it is. Hand things in instead of patching them ([`inject`]): a patch that
//! misses is silent.
//!
//! # Features
//! | feature | what it adds |
//! |---|---|
//! | `tokio` (default) | [`Sim`], [`net`], [`explore`], [`contract`], `transport::pipe`, [`transport::ScriptedPeer`] |
//! | `macros` (default) | [`#[unplugged::test]`](macro@test), [`#[strict_fake]`](macro@strict_fake) |
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

#[cfg(feature = "tokio")]
pub mod contract;

#[cfg(feature = "tokio")]
mod environment;
mod guard;
mod leaf;
#[cfg(feature = "tokio")]
mod leftover;
mod nanos;
#[cfg(feature = "tokio")]
mod nearest;
#[cfg(feature = "tokio")]
mod replay;
mod swept;
mod sync;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

#[cfg(feature = "tokio")]
pub use sim::sim::Sim;
#[cfg(feature = "macros")]
pub use unplugged_macros::strict_fake;
#[cfg(all(feature = "macros", feature = "tokio"))]
pub use unplugged_macros::test;

/// The tutorial: its code runs with the documentation's.
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
