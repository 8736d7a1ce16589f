//! Owns a sim's runtime, and runs futures in it.

use std::{
    future::Future,
    rc::Rc,
    sync::{Arc, atomic::Ordering},
    thread,
};

use super::{
    core::SimCore,
    current::{self, Role},
    panics::{self, ExpectedPanics},
    quiet, real_use,
    runtime::Runtime,
    settings::Settings,
    tasks::TestFuture,
    texts,
    watchdog::Watchdog,
};
use crate::{guard, net::Net, violation::Violation};

/// The parts that all handles of one sim own together.
pub(super) struct Owned {
    pub(super) core: Arc<SimCore>,
    // Dropped in this order: the tasks go with the runtime, and may panic then.
    pub(super) runtime: Runtime,
    pub(super) expected: ExpectedPanics,
    _watchdog: Watchdog,
    _end: End,
}

/// Ends the network. Dropped last: tasks that are dropped still have one.
struct End(Arc<SimCore>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.net.get().into_iter().for_each(Net::end);
    }
}

impl Owned {
    pub(super) fn new(settings: Settings) -> Rc<Self> {
        let core = SimCore::new(settings);
        let runtime = Runtime::start(&core).unwrap_or_else(|error| panic!("a sim needs a runtime: {error}"));
        let watchdog = Watchdog::start(&core);
        let expected = ExpectedPanics::new(&core);
        let end = End(Arc::clone(&core));
        Rc::new(Self { core, runtime, expected, _watchdog: watchdog, _end: end })
    }

    /// Ends the world, if this is the last handle on it. Returns what its end has shown.
    pub(super) fn end(self: Rc<Self>) -> Result<(), Violation> {
        let Some(Self { runtime, expected, _watchdog, _end, .. }) = Rc::into_inner(self) else {
            return Ok(());
        };
        drop(runtime);
        expected.verdict().map_or(Ok(()), Err)
    }

    /// Runs `body` to its end.
    ///
    /// # Panics
    /// With what ends the test, or with the first panic of a task that was not expected.
    #[track_caller]
    pub(super) fn drive<F: Future>(&self, body: F) -> F::Output {
        struct Stop<'a>(&'a Owned, bool);
        impl Drop for Stop<'_> {
            fn drop(&mut self) {
                let core = &self.0.core;
                core.set_running(false);
                if thread::panicking() {
                    core.has_failed.store(true, Ordering::Relaxed);
                    self.0.expected.tell_unexpected();
                }
                if thread::panicking() && !self.1 && !quiet::is_quiet() {
                    core.print_test_panic();
                }
            }
        }
        if self.core.set_running(true) {
            self.core.stamp(texts::nested()).raise();
        }
        let _context = self.runtime.enter();
        // It outlives the report that ends it: what it holds is dropped by a panic, and need not complain itself.
        let mut body = Box::pin(body);
        let stop = Stop(self, thread::panicking());
        panics::install_hook();
        let test = TestFuture::new(&self.core, body.as_mut());
        let recording = (self.core.trace.start(), self.core.leftovers.start());
        let entered = current::enter(&self.core, Role::Tasks);
        let refusing = real_use::refuse(self.core.settings.real_io);
        let output = self.runtime.block_on(test);
        drop((refusing, entered, recording, stop));
        // What ends the test may be what a panic has left behind: a world in which nobody answers.
        let violation = match (output, self.expected.unexpected()) {
            (Ok(output), None) => return output,
            (Err(violation), None) | (Ok(_), Some(violation)) => violation,
            (Err(ended), Some(panicked)) => panicked.with("then", ended.headline()),
        };
        self.core.has_failed.store(true, Ordering::Relaxed);
        guard::raise(&violation)
    }
}
