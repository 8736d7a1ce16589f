//! `Args`: the arguments of the process, as a value.

use std::{env, ffi::OsString, fmt, panic::Location, vec};

use super::hooks::Source;
use crate::simulated::note_real_use;

/// The arguments of the process, the name of the program first. Clones are the same arguments.
///
/// They need not be UTF-8. A parser of command lines takes them as they are, `parse_from(&args)`.
///
/// ```
/// use unplugged::inject::FakeProcess;
/// use unplugged_seam::Args;
///
/// fn is_verbose(args: &Args) -> bool { args.iter().any(|arg| arg == "--verbose") }
///
/// let fake = FakeProcess::new().args(["prog", "--verbose"]);
/// assert!(is_verbose(&fake.process().args));
/// fake.finish();
/// ```
#[derive(Clone)]
pub struct Args(pub(super) Source);

impl Args {
    /// Returns the real arguments, `std::env::args_os`.
    #[must_use]
    pub const fn real() -> Self {
        Self(Source::Real)
    }

    /// Returns true if these are the arguments of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.0.is_real()
    }

    /// Returns all of them, the name of the program first.
    ///
    /// # Panics
    /// Fake arguments, if the test declared none. Real ones, on a thread where a sim runs.
    #[track_caller]
    #[must_use]
    pub fn iter(&self) -> vec::IntoIter<OsString> {
        let args = match &self.0 {
            Source::Real => {
                note_real_use("Args::real");
                env::args_os().collect()
            }
            Source::Fake(hook) => hook.args(Location::caller()),
        };
        args.into_iter()
    }
}

impl IntoIterator for &Args {
    type Item = OsString;
    type IntoIter = vec::IntoIter<OsString>;

    #[track_caller]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Args({})", self.0)
    }
}
