//! `Exit`: the end of the process, as something that is handed in.

use std::{fmt, sync::Arc};

use super::record::Record;
use crate::violation::SourceLocation;

/// Ends the process: the real one, or what a test hands in. Clones are the same exit.
///
/// ```
/// use unplugged::inject::{Exit, FakeExit};
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
    Fake(Arc<Record>),
}

impl Exit {
    /// `std::process::exit`.
    #[must_use]
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    pub(super) const fn fake(record: Arc<Record>) -> Self {
        Self(Kind::Fake(record))
    }

    /// Whether this is the real exit, and not a fake one.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        matches!(self.0, Kind::Real)
    }

    /// Ends the process with `code`, which a Unix parent sees only from 0 to 255. A fake one notes the code and
    /// ends the run of the code under test, see [`FakeExit`](super::FakeExit).
    ///
    /// # Panics
    /// A fake one, if it is called outside of the run of its `FakeExit`.
    #[track_caller]
    pub fn exit(&self, code: i32) -> ! {
        match &self.0 {
            Kind::Real => std::process::exit(code),
            Kind::Fake(record) => record.exit(code, SourceLocation::caller()),
        }
    }
}

impl fmt::Debug for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_real() { "Exit(real)" } else { "Exit(fake)" })
    }
}
