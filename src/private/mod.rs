//! What the kit's macros and the packages that stand between a test and its process use. No promise holds for it.

#[cfg(feature = "tokio")]
mod test_run;

pub use bytes::Bytes;

pub use crate::guard::{ExitHook, set_exit_hook};
#[cfg(feature = "tokio")]
pub use crate::sim::current::{fill_from_running, now_in_running, system_time_in_running};
pub use crate::violation::SourceLocation;

#[cfg(feature = "tokio")]
pub use self::test_run::{TestOutput, TestRun, test};
