// Its examples are of Linux.
#![cfg_attr(target_os = "linux", doc = include_str!("../README.md"))]
#![cfg_attr(not(target_os = "linux"), doc = "For Linux. Elsewhere [`interpose!`] does not compile.")]

mod check;
#[cfg(target_os = "linux")]
mod interposed;
mod macros;

pub use self::check::{assert_interposed, is_interposed};

/// What the macro calls.
#[doc(hidden)]
#[cfg(target_os = "linux")]
pub mod __private {
    pub use libc::{SYS_getrandom, timespec};

    pub use crate::interposed::{clock_gettime, failed, getentropy, getrandom, pin_virtual_time};
}
