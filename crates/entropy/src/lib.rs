#![doc = include_str!("../README.md")]

mod check;
#[cfg(target_os = "linux")]
mod interposed;
mod macros;

pub use self::check::{assert_interposed, is_interposed};

/// What the macro calls.
#[doc(hidden)]
#[cfg(target_os = "linux")]
pub mod __private {
    pub use libc::timespec;

    pub use crate::interposed::{clock_gettime, getentropy, getrandom};
}
