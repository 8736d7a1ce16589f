//! The simulation that a test runs in: tasks, tokio's timers and the kit's, on one exact timeline.
//!
//! A [`Sim`](crate::Sim) runs unmodified tokio code on one thread, in virtual time. Time moves when the test says so, or
//! when the test itself awaits something and every task is blocked.
//!
//! # Example: the smallest test
//! ```
//! use unplugged::{Sim, clock::{millis, secs}};
//!
//! let sim = Sim::new();
//! let nap = sim.watch(async { tokio::time::sleep(secs(7200)).await });
//! sim.advance(secs(7200) - millis(1));
//! nap.assert_pending();
//! sim.advance(millis(1));
//! nap.assert_ready();
//! ```
//!
//! The same test in async form, where every move is awaited:
//!
//! ```
//! # #![allow(unused_imports, reason = "a doctest compiles no tests")]
//! # #[cfg(feature = "macros")] mod tests {
//! use unplugged::{Sim, clock::{millis, secs}};
//!
//! #[unplugged::test]
//! async fn two_hours_pass(sim: Sim) {
//!     let nap = sim.watch(tokio::time::sleep(secs(7200)));
//!     sim.advance(secs(7200) - millis(1)).await;
//!     nap.assert_pending();
//!     sim.advance(millis(1)).await;
//!     nap.assert_ready();
//! }
//! # }
//! ```
//!
//! # Which call starts a task
//!
//! | call | for | a report names it | `run_until_idle` waits | a crash of the host |
//! |---|---|---|---|---|
//! | [`Sim::watch`](crate::Sim::watch) | a future whose result the test asks for | yes | yes | does not touch it |
//! | [`Sim::spawn`](crate::Sim::spawn) | a task of the test | yes | yes | does not touch it |
//! | [`Sim::spawn_background`](crate::Sim::spawn_background) | a task without an end | yes | no | does not touch it |
//! | [`Host::spawn`](crate::net::Host::spawn) | a task on a machine | yes | no | drops it |
//! | [`Host::start`](crate::net::Host::start) | a program that begins again after a restart | yes | no | drops it |
//! | `tokio::spawn` | code that is not yours | no | no | closes its sockets only |
//!
//! # Which clock
//!
//! | clock | time | moved by |
//! |---|---|---|
//! | [`Sim::clock`](crate::Sim::clock) | the sim's, exact to the nanosecond | `sim.advance(..)` and its like |
//! | [`Host::clock`](crate::net::Host::clock) | the sim's, faster or slower, set wrong: as on a machine | `sim.advance(..)` |
//! | tokio's `Instant`, `sleep` | the sim's, in whole milliseconds | `sim.advance(..)` |
//! | [`FakeClock`](crate::clock::FakeClock) | its own, without a sim | `clock.advance(..)` |
//! | [`SystemClock`](crate::clock::SystemClock), std's | the real one | nothing: not in a sim |
//!
//! # Not modelled
//! Other threads: `std::thread`, `block_in_place`, a nested `block_on`. Real sockets and `spawn_blocking` are
//! reported; [`Sim::spawn_blocking`](crate::Sim::spawn_blocking) is waited for.
//! Randomness that other people's code takes from the system: the order of a std `HashMap`, `rand`, the branches of
//! `select!`. On Linux one line of the package `unplugged-system` in the test binary has it drawn from the seed, and
//! on request std's clocks follow the sim. Built with `--cfg tokio_unstable`, a sim seeds `select!` by itself.
//! tokio's own timers keep their grain of one millisecond, and at one instant they come before the kit's.
//!
//! # Common mistakes
//! - **A forgotten `.await`** on `advance` and its like: the test panics and says so.
//! - **Asking too early.** A future that was just woken or just watched has not run yet: `sim.settle().await` first.
//! - **A tokio timer made outside.** `tokio::time::sleep` asks for its runtime when it is called, not when it is
//!   polled: outside of an async test write `sim.watch(async { sleep(..).await })`.
//! - **`std::time::Instant::now()`** in the code under test reads the real clock; take a [`Clock`](crate::clock::Clock)
//!   or use tokio's `Instant`.

mod builder;

#[expect(clippy::module_inception, reason = "it holds `Sim`")]
pub(crate) mod sim;

mod inspect;
pub(crate) mod interposed;

mod scenario;

mod audit;

mod activity;
mod blocking;
mod clock;
mod core;
pub(crate) mod current;
mod driver;
mod idle;
mod notes;
mod panics;
#[cfg(all(unix, target_pointer_width = "64"))]
mod plain;
mod pool;
mod probe;
mod quiet;
mod real_use;
mod report;
mod run;
pub(crate) mod running;
mod runtime;
mod settings;
mod step;
mod task_entry;
mod tasks;
mod test_waker;
mod texts;
mod threads;
mod tokio_clock;
mod watchdog;
mod watched;

#[cfg(all(unix, target_pointer_width = "64"))]
pub use self::plain::settle;
pub use self::{audit::Audit, builder::SimBuilder, clock::SimClock, step::Step};
pub(crate) use self::{current::is_asked, notes::Notes, panics::quietly};
pub use crate::leftover::{Leftover, LeftoverKind};
