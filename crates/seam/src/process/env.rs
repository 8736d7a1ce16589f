//! `Env`: the environment of the process, as a value.

use std::{
    env::{self, VarError},
    ffi::{OsStr, OsString},
    fmt,
    panic::Location,
};

use super::hooks::Source;
use crate::simulated::note_real_use;

/// The environment variables of the process. Clones are the same environment.
///
/// A fake environment knows what the test has declared, present or absent. To read another variable is a fault, and so
/// is to leave a declared one unread. Names are compared byte by byte, also where the real system ignores case
/// (Windows).
///
/// ```
/// use unplugged::inject::FakeProcess;
/// use unplugged_seam::Env;
///
/// fn language(env: &Env) -> String {
///     env.var("LC_ALL").or_else(|_| env.var("LANG")).unwrap_or_else(|_| "C".into())
/// }
/// let fake = FakeProcess::new().env_absent("LC_ALL").env("LANG", "de");
/// assert_eq!(language(&fake.process().env), "de");
/// fake.finish();
/// ```
#[derive(Clone)]
pub struct Env(pub(super) Source);

impl Env {
    /// Returns the real environment, `std::env::var` and `std::env::var_os`.
    #[must_use]
    pub const fn real() -> Self {
        Self(Source::Real)
    }

    /// Returns true if this is the environment of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.0.is_real()
    }

    /// Returns the value of a variable, which must be UTF-8.
    ///
    /// # Errors
    /// If it is absent, or not UTF-8.
    ///
    /// # Panics
    /// A fake environment, if the variable was not declared. The real one, on a thread where a sim runs.
    #[track_caller]
    pub fn var(&self, name: impl AsRef<OsStr>) -> Result<String, VarError> {
        self.var_os(name).ok_or(VarError::NotPresent)?.into_string().map_err(VarError::NotUnicode)
    }

    /// Returns the value of a variable, if it is present.
    ///
    /// # Panics
    /// A fake environment, if the variable was not declared. The real one, on a thread where a sim runs.
    #[track_caller]
    #[must_use]
    pub fn var_os(&self, name: impl AsRef<OsStr>) -> Option<OsString> {
        match &self.0 {
            Source::Real => {
                note_real_use("Env::real");
                env::var_os(name)
            }
            Source::Fake(hook) => hook.variable(name.as_ref(), Location::caller()),
        }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Env({})", self.0)
    }
}
