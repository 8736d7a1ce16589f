//! `Env`: the environment of the process, as something that is handed in.

use std::{
    env::{self, VarError},
    ffi::{OsStr, OsString},
    fmt,
    sync::Arc,
};

use super::{
    texts,
    world::{Wiring, World},
};
use crate::violation::SourceLocation;

/// The environment variables of the process. Clones are the same environment.
///
/// A fake one knows what the test has declared, present or absent; to read another is a fault, and so is to leave
/// a declared one unread. Names are compared byte by byte, also where the real system ignores case (Windows).
///
/// ```
/// use unplugged::inject::{Env, FakeProcess};
///
/// fn language(env: &Env) -> String {
///     env.var("LC_ALL").or_else(|_| env.var("LANG")).unwrap_or_else(|_| "C".into())
/// }
/// let fake = FakeProcess::new().env_absent("LC_ALL").env("LANG", "de");
/// assert_eq!(language(&fake.process().env), "de");
/// fake.finish();
/// ```
#[derive(Clone)]
pub struct Env(Wiring);

impl Env {
    /// `std::env::var` and `std::env::var_os`.
    #[must_use]
    pub const fn real() -> Self {
        Self(Wiring::Real)
    }

    pub(super) const fn fake(world: Arc<World>) -> Self {
        Self(Wiring::Fake(world))
    }

    /// Whether this is the environment of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.0.is_real()
    }

    /// The value of a variable, which must be UTF-8.
    ///
    /// # Errors
    /// If it is absent, or not UTF-8.
    ///
    /// # Panics
    /// A fake one, if the variable was not declared.
    #[track_caller]
    pub fn var(&self, name: impl AsRef<OsStr>) -> Result<String, VarError> {
        self.var_os(name).ok_or(VarError::NotPresent)?.into_string().map_err(VarError::NotUnicode)
    }

    /// The value of a variable, if it is present.
    ///
    /// # Panics
    /// A fake one, if the variable was not declared.
    #[track_caller]
    #[must_use]
    pub fn var_os(&self, name: impl AsRef<OsStr>) -> Option<OsString> {
        let name = name.as_ref();
        let Wiring::Fake(world) = &self.0 else { return env::var_os(name) };
        let mut state = world.state();
        if let Some(variable) = state.env.get_mut(name) {
            return variable.using().clone();
        }
        let violation = texts::undeclared_variable(name, state.env.keys(), SourceLocation::caller());
        world.broken(state, violation)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Env({})", self.0.word())
    }
}
