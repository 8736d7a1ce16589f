//! `settle` for a plain tokio test, without a [`Sim`](crate::Sim).

use tokio::{
    net::UnixStream,
    runtime::{Handle, RuntimeFlavor},
};

/// Runs everything that can run at this instant, inside a plain `#[tokio::test(start_paused = true)]`. Time stands
/// still; timers that are due fire. A way to begin without a [`Sim`](crate::Sim): it cannot step time exactly, and
/// reports nothing.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::time::Duration;
/// use unplugged::sim;
///
/// let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
/// let sum = tokio::spawn(async move {
///     let mut sum = 0;
///     while let Some(number) = receiver.recv().await { sum += number; }
///     sum
/// });
/// let late = tokio::spawn(tokio::time::sleep(Duration::from_millis(1)));
/// tokio::spawn(async move { for number in 0..100 { sender.send(number).await.unwrap(); } });
/// sim::settle().await;
/// assert!(sum.is_finished() && !late.is_finished());
/// # }
/// ```
///
/// # Panics
/// In a runtime of several threads or without I/O (a [`Sim`](crate::Sim) has its own
/// [`settle`](crate::Sim::settle)), and outside of a runtime.
///
/// # Cancel safety
/// Dropped early, it has done nothing that needs an end.
pub async fn settle() {
    let runtime = Handle::current();
    assert!(
        runtime.runtime_flavor() == RuntimeFlavor::CurrentThread,
        "`settle` needs a runtime of one thread: write `#[tokio::test(start_paused = true)]`"
    );
    let (bell, ear) =
        UnixStream::pair().unwrap_or_else(|error| panic!("`settle` needs a socket pair: {error}"));
    let parks = || runtime.metrics().worker_park_count(0);
    tokio::task::yield_now().await; // lets due timers fire
    loop {
        // The ring is heard when the runtime looks at its sockets: between tasks now and then, and in any case
        // before it parks. Only the second counts, and only the second is counted by tokio.
        let before = parks();
        ring(&bell);
        heard(&ear).await;
        if parks() > before {
            return;
        }
    }
}

fn ring(bell: &UnixStream) {
    let rung = bell.try_write(&[0]);
    debug_assert!(rung.is_ok(), "an empty socket has room: {rung:?}");
}

/// Waits for the ring, and forgets it: only a read that finds nothing makes tokio ask the system again.
async fn heard(ear: &UnixStream) {
    ear.readable().await.unwrap_or_else(|error| panic!("`settle` lost its socket: {error}"));
    while ear.try_read(&mut [0; 8]).is_ok() {}
}
