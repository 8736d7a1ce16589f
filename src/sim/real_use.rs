//! Reports a real clock or a real process that is used on a thread where a sim runs.

use std::panic::Location;

use unplugged_seam::__private::{RealUse, set_real_use};

use super::{current, texts};

/// Until it is dropped, a real implementation that is used on this thread fails the test. Nests.
pub(super) struct Refusing(Option<RealUse>);

/// Begins to refuse real implementations on this thread, unless the sim allows them.
pub(super) fn refuse(is_allowed: bool) -> Refusing {
    Refusing(set_real_use((!is_allowed).then_some(report as RealUse)))
}

impl Drop for Refusing {
    fn drop(&mut self) {
        let _ours = set_real_use(self.0.take());
    }
}

fn report(what: &'static str, used_at: &'static Location<'static>) {
    let mut violation = texts::real_use(what, used_at.into());
    current::with(|core| violation = core.stamp(violation.clone()));
    violation.raise();
}
