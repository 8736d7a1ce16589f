//! Async code called from blocking, threaded code: a tokio runtime in a thread of its own, and results with a limit.
//!
//! ```
//! use std::time::Duration;
//! use unplugged_blocking::Blocking;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let blocking = Blocking::new();
//!     blocking.setup()?;                             // one thread, once
//!     let page = blocking.run(download());           // starts now, on that thread
//!     assert_eq!(page.wait(Duration::from_secs(5))?, "a page");
//!     let page = blocking.wait_for(Duration::from_secs(5), download())?;
//!     assert_eq!(page, "a page");
//!     Ok(())
//! }
//!
//! async fn download() -> std::io::Result<String> {
//!     tokio::time::sleep(Duration::from_millis(1)).await;
//!     Ok("a page".to_owned())
//! }
//! ```
//!
//! | to | take |
//! |---|---|
//! | call one async function, and wait for it | [`Blocking::wait_for`]: cancelled at its limit |
//! | start it now, and wait later, or several times | [`Blocking::run`], [`Eventual::wait`] |
//! | start it in one request, and ask for it in the next | [`Eventual::stash`], [`Blocking::retrieve`] |
//! | use a runtime that the program has | [`Blocking::over`] |
//! | have one bridge for the whole program | [`setup`], [`run`], [`wait_for()`]: functions over one [`Blocking`] |
//! | bring `log` and `tracing` records into a sink that may block | [`LogBridge`] |
//!
//! # Rules
//! - Every wait has a limit. [`Duration::MAX`](std::time::Duration::MAX) says that there is none.
//! - A wait on a thread that runs tasks of a tokio runtime is refused: it would block them.
//! - A failure is never lost: what no wait has returned is reported once, also when it comes later.
//! - When the event loop stops, all waits on all threads end.
//! - Keep what crosses the bridge small: write an async function, test it as such, and call it through the bridge in
//!   one line.
//! - The bridge does not survive `fork` without `exec`: the thread of the event loop stays in the parent.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings))))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod blocking;
mod error;
mod event_loop;
mod eventual;
mod face;
mod logs;
mod operation;
mod outcome;
mod panics;
mod parker;
mod stash;
mod unread;
mod wakers;

/// Makes an async function one that starts on the event loop and returns an [`Eventual`].
///
/// Name, arguments, docs and visibility stay; the async original is beside it, under its name with `_async`, so that
/// a unit test needs no thread. The function returns a `Result`.
///
/// The argument is the bridge: any expression, also `self.blocking` or an argument of the function. Without one it is
/// [`default_bridge`]. In an `impl`, a function without `self` needs the word `associated`. The future is to be
/// `'static`: take `self: Arc<Self>`, and values instead of references.
///
/// ```
/// use std::{io, time::Duration};
/// use unplugged_blocking::{self as blocking, Blocking};
///
/// /// Returns the length of a page.
/// #[blocking::run_in(blocking)]
/// async fn length(blocking: Blocking, page: String) -> io::Result<usize> {
///     drop(blocking);
///     Ok(page.len())
/// }
///
/// let blocking = Blocking::new();
/// blocking.setup()?;
/// assert_eq!(*length(blocking.clone(), "abc".to_owned()).wait(Duration::from_secs(5))?, 3);
/// assert_eq!(blocking.wait_for(Duration::from_secs(5), length_async(blocking.clone(), "abc".to_owned()))?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A function that returns no `Result` does not compile:
/// ```compile_fail,E0277
/// #[unplugged_blocking::run_in]
/// async fn plain() -> u8 {
///     1
/// }
/// ```
#[cfg(feature = "macros")]
pub use unplugged_blocking_macros::run_in;
/// Makes an async function one that blocks until its result is there, at most for a limit.
///
/// The first argument is the limit, a whole number of `ns`, `us`, `ms`, `s`, `m` or `h`; when it passes, the future is
/// cancelled. The others are those of [`run_in`](macro@run_in). The future may borrow: see [`Blocking::wait_for`].
///
/// ```
/// use std::io;
/// use unplugged_blocking::{self as blocking, Blocking};
///
/// struct Client { blocking: Blocking, user: String }
/// impl Client {
///     /// Returns who is logged in.
///     #[blocking::wait_for("5s", self.blocking)]
///     async fn user(&self) -> io::Result<&str> {
///         Ok(&self.user)
///     }
/// }
///
/// let client = Client { blocking: Blocking::new(), user: "ada".to_owned() };
/// client.blocking.setup()?;
/// assert_eq!(client.user()?, "ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "macros")]
pub use unplugged_blocking_macros::wait_for;

pub use self::{
    blocking::{Blocking, Builder, StopOnDrop},
    error::{SetupError, StillRunning, WaitError},
    eventual::Eventual,
    face::{default_bridge, no_setup, retrieve, run, setup, stop, stop_on_drop, use_runtime, wait_for},
    logs::{Level, LogBridge, Record},
    panics::Panic,
    stash::{Id, ParseIdError, RetrieveError},
    unread::Unread,
};

/// The needs of the attributes. Not part of the public API: it changes in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::outcome::Outcome;
}
