use std::future::{Future, pending};

use tokio::sync::watch;

/// Tells a server to stop: the two ends of one wire.
#[must_use]
pub fn stop_signal() -> (Stopper, StopSignal) {
    let (sender, receiver) = watch::channel(0);
    (Stopper(sender), StopSignal(receiver))
}

/// The end that tells. If it is dropped, nobody ever will.
#[derive(Debug)]
pub struct Stopper(watch::Sender<u32>);

impl Stopper {
    /// Told once, a server drains. Told twice, it ends at once.
    pub fn stop(&self) {
        self.0.send_modify(|times| *times += 1);
    }
}

/// The end that is told. As many as are wanted.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<u32>);

impl StopSignal {
    /// Is ready once the server was told so many times; at once, if it was already.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing.
    pub fn told(&self, times: u32) -> impl Future<Output = ()> + Send + use<> {
        let mut receiver = self.0.clone();
        async move {
            if receiver.wait_for(|told| *told >= times).await.is_err() {
                pending::<()>().await;
            }
        }
    }
}
