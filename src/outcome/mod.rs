//! The result of a future, asserted now: succeeded, failed, or still pending and why.
//!
//! [`watch`] returns a [`Watch`]. So do `FakeClock::watch` and `Sim::watch`, which also poll the future while time
//! moves. A watch keeps the answer, so asking twice gives the same answer twice.
//!
//! # Example: the smallest test
//! ```
//! use unplugged::outcome::{self, promise};
//!
//! let (promise, future) = promise::<u32, String>();
//! let watch = outcome::watch(future);
//! watch.assert_pending();
//! promise.succeed(5);
//! assert_eq!(watch.assert_success(), &5);
//! assert_eq!(watch.assert_success(), &5); // asking does not consume the answer
//! ```
//!
//! # Not modelled
//! Cancellation points: a watched future is polled until it is ready or its `Watch` is dropped.
//!
//! # Common mistakes
//! - A `Watch` owns its future: dropping the `Watch` drops, and so cancels, the future.
//! - A watch on a `JoinHandle` sees tokio's `Result` around the one of the task: flatten it with `joined`.

mod answer;
mod failure;
mod future;
#[cfg(feature = "tokio")]
mod joined;
mod polled;
mod promise;
mod settle;
mod texts;
mod watch;
#[cfg(feature = "tokio")]
mod watched;

#[cfg(feature = "tokio")]
pub use self::joined::joined;
pub(crate) use self::{
    answer::AnswerSlot,
    future::{Asked, FutureReport, poll_watched},
    settle::{Settle, Settled},
};
#[cfg(feature = "tokio")]
pub(crate) use self::{failure::failure, future::Slot, watched::Watched};
pub use self::{
    polled::watch,
    promise::{Promise, Promised, promise},
    watch::Watch,
};
