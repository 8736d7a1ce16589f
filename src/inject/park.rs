//! The run on a thread of its own, which an exit stops for ever.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use super::{
    exit_state::ExitState,
    run_outcome::{How, RunOutcome},
    texts,
};
use crate::guard;

/// How long a parked run may take in real time, unless set.
pub(super) const LIMIT: Duration = Duration::from_secs(10);

/// Runs `f`, which may call the exit of `state`, and waits for what comes first: its exit, its end, the limit.
pub(super) fn park<T: Send + 'static>(
    state: &Arc<ExitState>,
    kept: usize,
    limit: Duration,
    f: impl FnOnce() -> T + Send + 'static,
) -> RunOutcome<T> {
    let (done, ended) = mpsc::channel();
    let exited = done.clone();
    state.begin_parking(move || drop(exited.send(None)));
    thread::Builder::new()
        .name("unplugged-parked-exit".into())
        .spawn(move || done.send(Some(catch_unwind(AssertUnwindSafe(f)))))
        .expect("the system can start a thread");
    let result = ended.recv_timeout(limit);
    match (result, &*state.calls()) {
        // An exit from another thread ends the process even if this one returns meanwhile.
        (Ok(_), [first, ..]) => {
            guard::count_parked();
            state.outcome(ExitState::exited(*first))
        }
        (Ok(Some(result)), []) => state.end(kept, result),
        _ => state.outcome(How::Fault(texts::stuck(limit, state.made_at()))),
    }
}
