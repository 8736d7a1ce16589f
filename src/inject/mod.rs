//! The process around the code, as something that is handed in.
//!
//! [`Process`] is a plain struct of what a program gets from the process around it: its exit, arguments, environment,
//! standard streams, randomness and clock. [`Process::real`] is what `main` hands in; a test hands in what a
//! [`FakeProcess`] makes. Each part is real or a fake, and says so: `process.exit.is_real()`.
//!
//! # Example: the smallest test
//! ```
//! use unplugged::inject::FakeExit;
//!
//! FakeExit::run(|exit| exit.exit(3)).assert_code(3);
//! ```
//!
//! # Example: a default that is the real one, and proved to be
//! A public function need not take an exit for the sake of its test. A small struct behind it holds the exit, tests
//! make their own, and the default is proved in three steps: it *is* the real exit (`is_real`); the real exit *does*
//! end a process ([`child::test`](child::test()), with an unusual code); the public function, in a child, ends it
//! with the code that the default instance gives. `examples/exiter.rs` is the whole of it.
//!
//! # Not modelled
//! Listing the environment; a change of it; terminals; standard output that is buffered, and lost when it is not
//! flushed; signals; what other threads do while the real exit runs. A fake or an end that `mem::forget` takes says
//! nothing.
//!
//! # Common mistakes
//! - **Catching everything.** A `catch_unwind`, a thread or a task around the code under test catches the unwinding
//!   of a fake exit. That is told as a fault; [`FakeExit::park`] cannot be caught.
//! - **Exit in the depth.** A function that returns its result needs no exit at all; leave the exit to `main`.

mod calls;
pub mod child;
mod exit_catcher;
mod exit_state;
mod fake_exit;
mod fake_process;
mod fake_stdin;
mod park;
mod process_state;
mod run_outcome;
mod texts;

pub use unplugged_seam::{Args, Entropy, Env, Exit, Output, Process, ProcessClock, Stdin};

#[cfg(feature = "tokio")]
pub(crate) use self::exit_state::is_exit;
pub use self::{
    exit_catcher::ExitCatcher, fake_exit::FakeExit, fake_process::FakeProcess, run_outcome::RunOutcome,
};
