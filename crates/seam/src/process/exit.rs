//! `Exit`: the end of the process, as a value.

use std::{fmt, panic::Location, sync::Arc};

use super::hooks::ExitHook;
use crate::simulated::note_real_use;

/// Ends the process: the real one, or what a test hands in. Clones are the same exit.
///
/// ```
/// use unplugged::inject::FakeExit;
/// use unplugged_seam::Exit;
///
/// struct Exiter { exit: Exit }
/// impl Exiter {
///     const REAL: Self = Self { exit: Exit::real() };
///     fn exit_with_result(&self, f: impl FnOnce() -> bool) -> ! {
///         self.exit.exit(if f() { 0 } else { 1 })
///     }
/// }
/// assert!(Exiter::REAL.exit.is_real());
/// FakeExit::run(|exit| Exiter { exit }.exit_with_result(|| false)).assert_code(1);
/// ```
#[derive(Clone)]
pub struct Exit(Kind);

#[derive(Clone)]
enum Kind {
    Real,
    Fake(Arc<dyn ExitHook>),
}

impl Exit {
    /// Returns the real exit, `std::process::exit`.
    #[must_use]
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    pub(super) fn fake(hook: Arc<dyn ExitHook>) -> Self {
        Self(Kind::Fake(hook))
    }

    /// Returns true if this is the real exit, and not a fake one.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real)
    }

    /// Ends the process with `code`, which a Unix parent sees only from 0 to 255. A fake exit notes the code and ends
    /// the run of the code under test.
    ///
    /// # Panics
    /// A fake exit, if it is called outside of the run of its `FakeExit`. The real one, on a thread where a sim runs.
    #[track_caller]
    pub fn exit(&self, code: i32) -> ! {
        match &self.0 {
            Kind::Real => {
                note_real_use("Exit::real");
                std::process::exit(code)
            }
            Kind::Fake(hook) => Arc::clone(hook).exit(code, Location::caller()),
        }
    }
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_real() { "Exit(real)" } else { "Exit(fake)" })
    }
}
