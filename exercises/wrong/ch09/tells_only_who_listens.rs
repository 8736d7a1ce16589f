// caught-by: t07_all_who_listen_are_told_and_those_who_come_late
// instead-of: ch09_shutdown/stop.rs
// A `Notify` wakes those who wait just now. Who asks a moment later waits for ever.
use std::{future::{Future, pending}, sync::Arc};

use tokio::sync::Notify;

/// Tells a server to stop: the two ends of one wire.
#[must_use]
pub fn stop_signal() -> (Stopper, StopSignal) {
    let notify = Arc::new(Notify::new());
    (Stopper(Arc::clone(&notify)), StopSignal(notify))
}

/// The end that tells. If it is dropped, nobody ever will.
#[derive(Debug)]
pub struct Stopper(Arc<Notify>);

impl Stopper {
    /// Told once, a server drains. Told twice, it ends at once.
    pub fn stop(&self) {
        self.0.notify_waiters();
    }
}

/// The end that is told. As many as are wanted.
#[derive(Clone, Debug)]
pub struct StopSignal(Arc<Notify>);

impl StopSignal {
    /// Is ready once the server was told so many times; at once, if it was already.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing.
    pub fn told(&self, times: u32) -> impl Future<Output = ()> + Send + use<> {
        let notify = Arc::clone(&self.0);
        async move {
            for _ in 0..times {
                notify.notified().await;
            }
        }
    }
}
