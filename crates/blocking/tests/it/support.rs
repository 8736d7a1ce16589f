//! What the tests share.

use std::{
    io,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;
use unplugged_blocking::{Blocking, Eventual};

/// A limit that only a hang reaches.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A bridge that runs.
pub(crate) fn running() -> Blocking {
    let blocking = Blocking::new();
    blocking.setup().unwrap();
    blocking
}

/// A bridge that runs, and the texts of the failures that it reports.
pub(crate) fn reporting() -> (Blocking, Reports) {
    let reports = Reports::default();
    let kept = reports.clone();
    let blocking = Blocking::builder().report_unread(move |unread| kept.add(unread.to_string())).build();
    blocking.setup().unwrap();
    (blocking, reports)
}

#[derive(Clone, Default)]
pub(crate) struct Reports(Arc<Mutex<Vec<String>>>);

impl Reports {
    fn add(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    /// The reports without the place where the operation was started.
    pub(crate) fn texts(&self) -> Vec<String> {
        let texts = self.0.lock().unwrap();
        texts.iter().map(|text| text.split(" (started at ").next().unwrap().to_owned()).collect()
    }

    pub(crate) fn whole(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// An operation that ends when the sender says so.
pub(crate) fn later<T: Send + Sync + 'static>(
    blocking: &Blocking,
) -> (oneshot::Sender<io::Result<T>>, Eventual<T>) {
    let (sender, receiver) = oneshot::channel();
    let eventual = blocking.run(async move {
        receiver.await.unwrap_or_else(|_| Err(io::Error::other("the sender of the test is gone")))
    });
    (sender, eventual)
}

/// Returns when the event loop has done all that was ready before.
pub(crate) fn settle(blocking: &Blocking) {
    for _ in 0..3 {
        let turn = blocking.run(async {
            tokio::task::yield_now().await;
            Ok::<_, io::Error>(())
        });
        turn.wait(LONG).unwrap();
    }
}

/// Yields until the closure says true.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}
