//! tokio's in-memory pipe, with no network: what two tasks that talk cost at least.

use crate::work::{self, EXCHANGES};

pub(crate) fn exchanges(clients: usize) {
    run(clients, EXCHANGES);
}

pub(crate) fn open_and_close(clients: usize) {
    run(clients, 0);
}

fn run(clients: usize, exchanges: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async move {
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let (near, far) = tokio::io::duplex(65536);
                tokio::spawn(work::serve(far));
                tokio::spawn(work::exchange(near, exchanges))
            })
            .collect();
        for task in tasks {
            task.await.expect("a client");
        }
    });
}
