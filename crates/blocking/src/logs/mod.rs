//! Records of `log` and `tracing`, brought to one sink on a thread of its own.

mod bridge;
#[cfg(feature = "log")]
mod log;
mod record;
#[cfg(feature = "tracing")]
mod tracing;

pub use self::{
    bridge::LogBridge,
    record::{Level, Record},
};
