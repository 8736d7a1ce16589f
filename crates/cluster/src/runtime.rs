//! The runtime that openraft runs on: tasks, timers and random draws of one host.

use std::{
    future::Future,
    ops::{Add, AddAssign, Sub, SubAssign},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use openraft::{AsyncRuntime, Instant, OptionalSend, TokioRuntime};
use tokio::task::JoinHandle;
use unplugged::{
    clock::{Clock, ClockExt, Elapsed, Sleep, Timeout},
    net::{Host, HostClock},
    seed::Rng,
};

tokio::task_local! {
    /// openraft's runtime is a set of functions without a `self`: this is how they know whose they are.
    static BOOT: Boot;
}

/// One life of a host, from its start to its crash: what its tasks share.
#[derive(Clone, Debug)]
pub struct Boot {
    host: Host,
    draws: Draws,
}

impl Boot {
    /// Begins a life of `host`, with these draws.
    #[must_use]
    pub fn of(host: Host, draws: Rng) -> Self {
        Self { host, draws: Draws(Arc::new(Mutex::new(draws))) }
    }

    /// Runs a future with this as its host.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        BOOT.scope(self, future).await
    }

    fn this<R>(f: impl FnOnce(&Self) -> R) -> R {
        BOOT.with(f)
    }

    fn clock() -> HostClock {
        Self::this(|boot| boot.host.clock())
    }
}

/// Runs openraft on a host: its tasks die with it, its timers run on the host's clock, its draws come from the seed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HostRuntime;

impl AsyncRuntime for HostRuntime {
    type JoinError = tokio::task::JoinError;
    type JoinHandle<T: OptionalSend + 'static> = JoinHandle<T>;
    type Sleep = Sleep;
    type Instant = HostInstant;
    type TimeoutError = Elapsed;
    type Timeout<R, T: Future<Output = R> + OptionalSend> = Timeout<T>;
    type ThreadLocalRng = Draws;
    type OneshotSender<T: OptionalSend> = <TokioRuntime as AsyncRuntime>::OneshotSender<T>;
    type OneshotReceiver<T: OptionalSend> = tokio::sync::oneshot::Receiver<T>;
    type OneshotReceiverError = tokio::sync::oneshot::error::RecvError;

    fn spawn<T>(future: T) -> JoinHandle<T::Output>
    where
        T: Future + OptionalSend + 'static,
        T::Output: OptionalSend + 'static,
    {
        Boot::this(|boot| boot.host.spawn(BOOT.scope(boot.clone(), future)))
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Boot::clock().sleep(duration)
    }

    fn sleep_until(deadline: HostInstant) -> Self::Sleep {
        Boot::clock().sleep_until(deadline.0)
    }

    fn timeout<R, F: Future<Output = R> + OptionalSend>(
        duration: Duration,
        future: F,
    ) -> Self::Timeout<R, F> {
        Boot::clock().timeout(duration, future)
    }

    fn timeout_at<R, F: Future<Output = R> + OptionalSend>(
        deadline: HostInstant,
        future: F,
    ) -> Self::Timeout<R, F> {
        let clock = Boot::clock();
        clock.timeout(deadline.0.saturating_duration_since(clock.now()), future)
    }

    fn is_panic(join_error: &Self::JoinError) -> bool {
        join_error.is_panic()
    }

    fn thread_rng() -> Draws {
        Boot::this(|boot| boot.draws.clone())
    }

    fn oneshot<T: OptionalSend>() -> (Self::OneshotSender<T>, Self::OneshotReceiver<T>) {
        TokioRuntime::oneshot()
    }
}

/// A time on the clock of a host, as openraft wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostInstant(std::time::Instant);

impl Instant for HostInstant {
    fn now() -> Self {
        Self(Boot::clock().now())
    }
}

impl Add<Duration> for HostInstant {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self(self.0 + later)
    }
}

impl AddAssign<Duration> for HostInstant {
    fn add_assign(&mut self, later: Duration) {
        self.0 += later;
    }
}

impl Sub<Duration> for HostInstant {
    type Output = Self;

    fn sub(self, earlier: Duration) -> Self {
        Self(self.0 - earlier)
    }
}

impl SubAssign<Duration> for HostInstant {
    fn sub_assign(&mut self, earlier: Duration) {
        *self = *self - earlier;
    }
}

impl Sub for HostInstant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }
}

/// Random numbers of the seed, as `rand` wants them.
#[derive(Clone, Debug)]
pub struct Draws(Arc<Mutex<Rng>>);

impl rand::RngCore for Draws {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
