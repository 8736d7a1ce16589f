//! `Args`: the arguments of the process, as something that is handed in.

use std::{env, ffi::OsString, fmt, sync::Arc, vec};

use super::{
    texts,
    world::{Wiring, World},
};
use crate::violation::SourceLocation;

/// The arguments that the process was started with, its own name first. Clones are the same arguments.
///
/// They need not be UTF-8. A parser of command lines takes them as they are, `parse_from(&args)`.
///
/// ```
/// use unplugged::inject::{Args, FakeProcess};
///
/// fn is_verbose(args: &Args) -> bool { args.iter().any(|arg| arg == "--verbose") }
///
/// let fake = FakeProcess::new().args(["prog", "--verbose"]);
/// assert!(is_verbose(&fake.process().args));
/// fake.finish();
/// ```
#[derive(Clone)]
pub struct Args(Wiring);

impl Args {
    /// `std::env::args_os`.
    #[must_use]
    pub const fn real() -> Self {
        Self(Wiring::Real)
    }

    pub(super) const fn fake(world: Arc<World>) -> Self {
        Self(Wiring::Fake(world))
    }

    /// Whether these are the arguments of the real process.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.0.is_real()
    }

    /// All of them, the name of the program first.
    ///
    /// # Panics
    /// Fake ones, if none were declared.
    #[track_caller]
    #[must_use]
    pub fn iter(&self) -> vec::IntoIter<OsString> {
        let Wiring::Fake(world) = &self.0 else { return env::args_os().collect::<Vec<_>>().into_iter() };
        let mut state = world.state();
        if let Some(args) = &mut state.args {
            return args.using().clone().into_iter();
        }
        world.broken(state, texts::undeclared("the arguments were read", "args", SourceLocation::caller()))
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
        write!(f, "Args({})", self.0.word())
    }
}
