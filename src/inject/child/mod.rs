//! Child processes for tests: what really ends a process is proved in one.
//!
//! A child's exit status alone proves little: a process that ends too early with 0 looks like one that passed,
//! and a test binary that finds no test of a misspelt name ends with 0 as well. So a child leaves marks, when its
//! body begins and when it is complete, and is asked for both and for its exact code.
//!
//! # Example: the real exit ends a process
//! ```no_run
//! use unplugged::inject::{Exit, child};
//!
//! // This is the body of the test `exits::the_real_exit_ends_the_process`.
//! child::test("exits::the_real_exit_ends_the_process")
//!     .run(|| Exit::real().exit(73), |child| child.assert_exited(73));
//! ```
//!
//! # Not modelled
//! A child has the environment and the folder of the test, and the real network.
//!
//! # Common mistakes
//! - **An everyday code.** 0 and 101 are what a test harness ends with by itself: prove an exit with 73.

mod ended;
mod facts;
mod marks;
mod of_test;
mod program;
mod spawn;
mod texts;

pub use self::{
    ended::EndedChild,
    of_test::{ChildTest, test},
    program::{Program, program},
};
