//! The one module for the kit's macros and for packages that interpose system calls. It is no part of the public API.

#[cfg(feature = "tokio")]
mod test_run;
#[cfg(feature = "tokio")]
mod texts;

/// The network as system calls see it.
#[cfg(feature = "tokio")]
pub mod raw {
    pub use crate::net::raw::{Datagrams, HERE, Listener, Observers, Readiness, Stream};
    pub use crate::net::raw::{has_address, has_name_servers, here, host_of, in_scope, lookup};
}

pub use bytes::Bytes;

pub use crate::fake::call::AnyCall;
pub use crate::guard::{ExitHook, set_exit_hook};
#[cfg(feature = "tokio")]
pub use crate::sim::current::{fill_from_running, now_in_running, system_time_in_running};
#[cfg(feature = "tokio")]
pub use crate::sim::{
    interposed::{interpose_sockets, interpose_threads},
    running::{RunningSim, SimOfThread, running},
};
pub use crate::violation::SourceLocation;

#[cfg(feature = "tokio")]
pub use self::test_run::{TestOutput, TestRun, test};
