//! The workbook: the code that you write, one module for each chapter. Start with `exercises/README.md`.

#[macro_use]
mod exercise;

#[cfg(feature = "ch01")]
#[cfg_attr(feature = "given-ch01", path = "../solutions/src/ch01_request_head/mod.rs")]
pub mod ch01_request_head;

#[cfg(feature = "ch02")]
#[cfg_attr(feature = "given-ch02", path = "../solutions/src/ch02_response_writer/mod.rs")]
pub mod ch02_response_writer;

#[cfg(feature = "ch03")]
#[cfg_attr(feature = "given-ch03", path = "../solutions/src/ch03_connection/mod.rs")]
pub mod ch03_connection;

#[cfg(feature = "ch04")]
#[cfg_attr(feature = "given-ch04", path = "../solutions/src/ch04_keep_alive/mod.rs")]
pub mod ch04_keep_alive;

#[cfg(feature = "ch05")]
#[cfg_attr(feature = "given-ch05", path = "../solutions/src/ch05_bodies/mod.rs")]
pub mod ch05_bodies;

#[cfg(feature = "ch06")]
#[cfg_attr(feature = "given-ch06", path = "../solutions/src/ch06_limits/mod.rs")]
pub mod ch06_limits;

#[cfg(feature = "ch07")]
#[cfg_attr(feature = "given-ch07", path = "../solutions/src/ch07_time/mod.rs")]
pub mod ch07_time;

#[cfg(feature = "ch08")]
#[cfg_attr(feature = "given-ch08", path = "../solutions/src/ch08_application/mod.rs")]
pub mod ch08_application;

#[cfg(feature = "ch09")]
#[cfg_attr(feature = "given-ch09", path = "../solutions/src/ch09_shutdown/mod.rs")]
pub mod ch09_shutdown;
