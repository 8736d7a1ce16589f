//! Tests of `outcome`.

mod asking;
mod joining;
mod lost;
mod misuse;
mod promises;
mod texts;

use std::task::Poll;

use unplugged::{Sim, clock::FakeClock, outcome::Watch};

/// One future, watched by hand, on a clock and in a sim.
struct Everywhere<T>([Watch<T>; 3], Sim);

fn everywhere<F>(future: impl Fn() -> F) -> Everywhere<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + Sync + 'static,
{
    let sim = Sim::new();
    let watches =
        [unplugged::outcome::watch(future()), FakeClock::new().watch(future()), sim.watch(future())];
    Everywhere(watches, sim)
}

/// A leaf of somebody else that forgets its waker.
fn forgets_its_waker() -> impl Future<Output = ()> + Send {
    std::future::poll_fn(|_| Poll::Pending)
}
