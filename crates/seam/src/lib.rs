//! The seam between production code and its tests: time, network, tasks and process, as values.
//!
//! Production code takes what it needs as an argument or a field, and `main` hands in the real implementation. A
//! test hands in a fake of the test kit [`unplugged`](https://docs.rs/unplugged), which is a dev-dependency only.
//!
//! | production takes | `main` hands in | a test hands in |
//! |---|---|---|
//! | [`Clock`] | [`SystemClock`], `TokioClock` | `FakeClock`, `sim.clock()`, `host.clock()` |
//! | [`Process`], or a part such as [`Exit`] | [`Process::real`] | `FakeProcess`, `FakeExit` |
//! | `Dial`, `Listen`, `BindUdp` | `RealNet` | `net.host("server")` |
//! | `Accept`, `Socket`, `Datagram` | tokio's sockets | the sockets of a host |
//! | `Spawn` | `TokioSpawn` | `net.host("server")` |
//!
//! Every trait is object-safe: a struct holds an `Arc<dyn Clock>` or an `Arc<dyn Dial>`, and needs no type parameter.
//!
//! # Example: one clock, two users
//! ```
//! use std::{sync::Arc, time::{Duration, Instant}};
//! use unplugged_seam::{Clock, ClockExt, SystemClock};
//!
//! struct Session { clock: Arc<dyn Clock>, opened: Instant }
//! impl Session {
//!     fn open(clock: Arc<dyn Clock>) -> Self { Self { opened: clock.now(), clock } }
//!     fn is_alive(&self) -> bool { self.clock.since(self.opened) < Duration::from_secs(7200) }
//! }
//!
//! // In production:
//! assert!(Session::open(Arc::new(SystemClock)).is_alive());
//!
//! // In a test:
//! use unplugged::clock::{FakeClock, hours};
//! let clock = FakeClock::new();
//! let session = Session::open(Arc::new(clock.clone()));
//! clock.advance(hours(2));
//! assert!(!session.is_alive());
//! ```
//!
//! # Features
//! Without a feature, this package holds the clock and the process, and depends on nothing. The feature `tokio` adds
//! the network, the tasks and `TokioClock`; it enables tokio's `net`, `rt` and `time`, and never `test-util`. No type
//! changes its meaning with a feature.
//!
//! # Is it real?
//! Every trait and every part of a [`Process`] has `is_real`. A test of the program's defaults can assert that the
//! default is the real implementation, and not a fake that somebody left in.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc(test(attr(deny(warnings))))]

mod clock;
#[cfg(feature = "tokio")]
mod net;
mod process;
mod simulated;
#[cfg(feature = "tokio")]
mod spawn;

#[cfg(feature = "tokio")]
pub use self::{
    clock::TokioClock,
    net::{Accept, BindUdp, BoxFuture, ConnectTo, Datagram, Destination, Dial, Listen, RealNet, Socket},
    spawn::{Spawn, TokioSpawn},
};
pub use self::{
    clock::{Clock, ClockExt, Elapsed, Interval, MissedTickBehavior, Sleep, SystemClock, Timeout},
    process::{Args, Entropy, Env, Exit, Output, Process, ProcessClock, Stdin},
};

/// The hooks through which the test kit `unplugged` puts its fakes behind these types.
///
/// Not part of the public API: it changes in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::{
        clock::{ClockTimer, TimerHook, TimerLabel, sleep},
        process::{Caller, ExitHook, OutputStream, ProcessHook, StdinHook, exit, process},
        simulated::{RealUse, ThreadHook, ThreadWait, real_now, set_real_use, set_thread_hook, thread_hook},
    };
}
