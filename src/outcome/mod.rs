//! The result of a future, asserted now: succeeded, failed, or still pending and why.
//!
//! [`watch`] (and `FakeClock::watch`, `Sim::watch`, which also poll it while time moves) gives a [`Watch`]. It
//! keeps the answer, so asking twice gives the same answer twice.
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
//! assert_eq!(watch.assert_success(), &5); // asking does not consume
//! ```
//!
//! # Not modelled
//! Cancellation points: a watched future is polled until it is ready or its `Watch` is dropped.
//!
//! # Common mistakes
//! - A `Watch` owns its future: dropping the `Watch` drops, and so cancels, the future.
//! - A watch on a `JoinHandle` sees tokio's `Result` around the task's own: flatten it with `joined`.

mod future;
#[cfg(feature = "tokio")]
mod joined;
mod on_clock;
mod promise;
mod texts;
mod watch;

pub(crate) use self::future::panic_text;
#[cfg(feature = "tokio")]
pub(crate) use self::future::{Report, Watched};
#[cfg(feature = "tokio")]
pub use self::joined::{Joined, joined};
#[cfg(feature = "tokio")]
pub(crate) use self::{
    future::Slot,
    watch::{Runner, Settle, Settled},
};
pub use self::{
    promise::{Dropped, Promise, Promised, promise},
    watch::{Watch, watch},
};
