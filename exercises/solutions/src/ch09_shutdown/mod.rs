//! Chapter 09: real TCP, and how to stop.
//!
//! What can be decided is decided without I/O: [`Drain`] counts connections and knows the deadline, and is tested by
//! hand. What is left is a thin shell, [`Server`], and only that needs sockets.

mod drain;
mod server;
mod stop;

pub use self::{
    drain::{Drain, Report},
    server::Server,
    stop::{StopSignal, Stopper, stop_signal},
};
