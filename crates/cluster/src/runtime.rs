//! The runtime that openraft runs on: tasks, timers and random draws of one host.

use std::{
    future::Future,
    ops::{Add, AddAssign, Sub, SubAssign},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use openraft::{AsyncRuntime, Instant, OptionalSend, TokioRuntime};
use tokio::task::JoinHandle;
use unplugged::{net::Host, seed::Stream};

const MILLION: u128 = 1_000_000;

/// How fast the timers of a host run beside true time, in parts per million: 1,000,000 is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(u32);

impl Rate {
    /// Exactly as fast.
    pub const TRUE: Self = Self(1_000_000);

    /// So many parts per million of true time.
    ///
    /// # Panics
    /// If it is zero: the host's timers would never fire.
    #[must_use]
    pub const fn parts_per_million(parts: u32) -> Self {
        assert!(parts > 0, "a clock that stands still fires no timer");
        Self(parts)
    }

    /// What the host counts while so much true time passes.
    const fn counted(self, passed: Duration) -> Duration {
        nanos(passed.as_nanos() * self.0 as u128 / MILLION)
    }

    /// The true time in which the host counts so much.
    const fn needed(self, counted: Duration) -> Duration {
        nanos((counted.as_nanos() * MILLION).div_ceil(self.0 as u128))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "centuries do not come up")]
const fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(nanos as u64)
}

tokio::task_local! {
    /// openraft's runtime is a set of functions without a `self`: this is how they know whose they are.
    static BOOT: Boot;
}

/// One life of a host, from its start to its crash: what its tasks share.
#[derive(Clone, Debug)]
pub struct Boot {
    host: Host,
    rate: Rate,
    begun: tokio::time::Instant,
    draws: Draws,
}

impl Boot {
    /// Begins a life of `host` now, with timers that run at `rate` and with these draws.
    #[must_use]
    pub fn of(host: Host, rate: Rate, draws: Stream) -> Self {
        let draws = Draws(Arc::new(Mutex::new(draws)));
        Self { host, rate, begun: tokio::time::Instant::now(), draws }
    }

    /// Runs a future with this as its host.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        BOOT.scope(self, future).await
    }

    fn this<R>(f: impl FnOnce(&Self) -> R) -> R {
        BOOT.with(f)
    }
}

/// Runs openraft on a host: its tasks die with it, its timers run at the host's rate, its draws come from the seed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HostRuntime;

impl AsyncRuntime for HostRuntime {
    type JoinError = tokio::task::JoinError;
    type JoinHandle<T: OptionalSend + 'static> = JoinHandle<T>;
    type Sleep = tokio::time::Sleep;
    type Instant = HostInstant;
    type TimeoutError = tokio::time::error::Elapsed;
    type Timeout<R, T: Future<Output = R> + OptionalSend> = tokio::time::Timeout<T>;
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
        tokio::time::sleep(Boot::this(|boot| boot.rate.needed(duration)))
    }

    fn sleep_until(deadline: HostInstant) -> Self::Sleep {
        tokio::time::sleep_until(deadline.in_true_time())
    }

    fn timeout<R, F: Future<Output = R> + OptionalSend>(
        duration: Duration,
        future: F,
    ) -> Self::Timeout<R, F> {
        tokio::time::timeout(Boot::this(|boot| boot.rate.needed(duration)), future)
    }

    fn timeout_at<R, F: Future<Output = R> + OptionalSend>(
        deadline: HostInstant,
        future: F,
    ) -> Self::Timeout<R, F> {
        tokio::time::timeout_at(deadline.in_true_time(), future)
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

/// A time on the clock that a host's timers run by: since its start, as the host counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostInstant(Duration);

impl HostInstant {
    fn in_true_time(self) -> tokio::time::Instant {
        Boot::this(|boot| boot.begun + boot.rate.needed(self.0))
    }
}

impl Instant for HostInstant {
    fn now() -> Self {
        Boot::this(|boot| Self(boot.rate.counted(boot.begun.elapsed())))
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
        Self(self.0.saturating_sub(earlier))
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
        self.0.saturating_sub(earlier.0)
    }
}

/// Random numbers of the seed, as `rand` wants them.
#[derive(Clone, Debug)]
pub struct Draws(Arc<Mutex<Stream>>);

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
