//! Chapter 09: real TCP, and how to stop.
//!
//! Decisions need no I/O: [`Drain`] counts connections and has the deadline, and is tested by hand. [`Server`] is a
//! thin layer around it, and only that needs sockets.

mod drain;
mod server;
mod stop;

pub use self::{
    drain::{Drain, Report},
    server::Server,
    stop::{StopSignal, Stopper, stop_signal},
};
