//! The tokio runtime of a sim.

use std::{hash::RandomState, io, ops::Deref, sync::Arc, time::Duration};

use tokio::{
    runtime::{Builder, LocalOptions, LocalRuntime},
    time::Instant,
};

use super::{
    core::SimCore,
    current::{self, Role},
    pool::Pool,
    tokio_clock::TASKS_IN_A_ROW,
};

/// A runtime that does not wait, at its end, for blocking tasks that may never end.
pub(super) struct Runtime(Option<LocalRuntime>, Arc<SimCore>);

impl Runtime {
    pub(super) fn start(core: &Arc<SimCore>) -> io::Result<Self> {
        let _running = current::enter(core, Role::Runtime);
        // Its keys are made once per thread. Where the sim decides them, they do not shift what is drawn later.
        let _keys = RandomState::new();
        let thread = Arc::downgrade(core);
        let mut builder = Builder::new_current_thread();
        if core.settings.real_io || core.interposed.is_some() {
            builder.enable_all();
        } else {
            builder.enable_time();
        }
        if core.pool().is_some() && !core.settings.real_threads {
            // In the order of their calls, and no longer than there are any: a thread that is alive makes the sim look.
            builder.max_blocking_threads(1).thread_keep_alive(Duration::ZERO);
        }
        builder
            .start_paused(true)
            .event_interval(TASKS_IN_A_ROW)
            .on_thread_park(|| current::with(SimCore::on_idle))
            .on_thread_unpark(|| current::with(SimCore::on_unpark))
            .on_thread_start(move || thread.upgrade().iter().for_each(|core| core.on_thread()));
        #[cfg(tokio_unstable)]
        builder.rng_seed(tokio::runtime::RngSeed::from_bytes(
            &core.draws.rng("sim.tokio").next_u64().to_le_bytes(),
        ));
        let runtime = builder.build_local(LocalOptions::default())?;
        let entered = runtime.enter();
        core.timeline.start_at(Instant::now().into_std());
        drop(entered);
        core.begin_entropy();
        Ok(Self(Some(runtime), Arc::clone(core)))
    }
}

impl Deref for Runtime {
    type Target = LocalRuntime;

    fn deref(&self) -> &LocalRuntime {
        self.0.as_ref().expect("there until it is dropped")
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.1.note_tasks_that_never_began();
        let _running = current::enter(&self.1, Role::End);
        self.1.pool().into_iter().for_each(Pool::end);
        self.0.take().into_iter().for_each(LocalRuntime::shutdown_background);
        self.1.threads.end();
    }
}
