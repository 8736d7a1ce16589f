use std::future::{Future, pending};

use tokio::sync::watch;

/// Creates the two ends of a stop signal.
#[must_use]
pub fn stop_signal() -> (Stopper, StopSignal) {
    let (sender, receiver) = watch::channel(0);
    (Stopper(sender), StopSignal(receiver))
}

/// The end that tells a server to stop. Dropping it tells nothing.
#[derive(Debug)]
pub struct Stopper(watch::Sender<u32>);

impl Stopper {
    /// Tells the server to stop. The first time it drains, the second time it ends at once.
    pub fn stop(&self) {
        self.0.send_modify(|times| *times += 1);
    }
}

/// The end that is told to stop. It can be cloned.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<u32>);

impl StopSignal {
    /// Waits until the server was told to stop this many times; ready at once if it was already.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub fn told(&self, times: u32) -> impl Future<Output = ()> + Send + use<> {
        let mut receiver = self.0.clone();
        async move {
            if receiver.wait_for(|told| *told >= times).await.is_err() {
                pending::<()>().await;
            }
        }
    }
}
