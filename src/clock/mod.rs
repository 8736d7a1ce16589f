//! Time, as something that is handed in.
//!
//! [`Clock`] is the seam: production code takes one (`Arc<dyn Clock>`, `C: Clock` or `&dyn Clock`) instead of
//! reading the time from the system. [`SystemClock`] is the real one; [`FakeClock`] moves only when a test says
//! so, and then visits every deadline on its way, one by one.
//!
//! # Example: the smallest test
//! ```
//! use unplugged::clock::{ClockExt, FakeClock, nanos, secs};
//!
//! let clock = FakeClock::new();
//! let nap = clock.watch({ let clock = clock.clone(); async move { clock.sleep(secs(30)).await } });
//! clock.advance(secs(30) - nanos(1));
//! nap.assert_pending();
//! clock.advance(nanos(1));
//! nap.assert_ready();
//! ```
//!
//! # Not modelled
//! Time zones, leap seconds, the cost of running code: no time passes while callbacks and futures run.
//!
//! # Common mistakes
//! - **Polling by hand what sleeps in a loop.** A future is polled between two deadlines only if the clock knows
//!   it: hand it over with [`FakeClock::watch`]. One that the test polls itself sees the time jump, like with
//!   every other fake clock:
//!   ```
//!   use unplugged::{clock::{ClockExt, FakeClock, secs}, outcome};
//!
//!   let clock = FakeClock::new();
//!   let twice = |clock: FakeClock| async move {
//!       clock.sleep(secs(1)).await;
//!       clock.sleep(secs(1)).await;
//!   };
//!   let by_hand = outcome::watch(twice(clock.clone()));
//!   let by_clock = clock.watch(twice(clock.clone()));
//!   by_hand.assert_pending(); // polled here, for the first time
//!   clock.advance(secs(2));
//!   by_clock.assert_ready();
//!   by_hand.assert_pending(); // polled here again: its second sleep begins only now, at +2s
//!   ```
//! - **`t.elapsed()`** on an `Instant` compiles and reads the real clock. Say `clock.since(t)`, and forbid the
//!   other with clippy:
//!   ```toml
//!   # clippy.toml
//!   disallowed-methods = ["std::time::Instant::now", "std::time::Instant::elapsed", "std::time::SystemTime::now"]
//!   ```

mod base;
mod every;
mod ext;
mod fake;
mod interval;
mod misuse;
#[cfg(feature = "tokio")]
mod pace;
mod queue;
mod sleep;
mod system;
mod timeline;
mod timer;
#[cfg(feature = "tokio")]
mod tokio;
mod units;
mod wall;

use std::time::{Instant, SystemTime};

pub(crate) use self::fake::{Attached, ReadyQueue};
#[cfg(feature = "tokio")]
pub use self::tokio::TokioClock;
#[cfg(feature = "tokio")]
pub(crate) use self::{
    base::{instant_at, later, offset_of, saturating_nanos},
    misuse::{offset, point},
    pace::Pace,
    timeline::{Label, Timeline},
    wall::Wall,
};
pub use self::{
    every::{FirstCall, Tick},
    ext::{ClockExt, Elapsed, Timeout},
    fake::FakeClock,
    interval::{Interval, MissedTickBehavior},
    sleep::Sleep,
    system::SystemClock,
    timer::{PendingTimer, Timer, TimerError},
    units::{hours, micros, millis, mins, nanos, secs},
    wall::Drift,
};

/// Where code gets its time from. [`ClockExt`] adds what can be built on these four.
///
/// There are two kinds of time. The *monotonic* one (`now`) only goes forward and is for measuring and
/// waiting; the *wall clock* (`system_time`) is for people and certificates, and can jump.
///
/// ```
/// use std::sync::Arc;
/// use unplugged::clock::{Clock, ClockExt, FakeClock, SystemClock, secs};
///
/// struct Session { clock: Arc<dyn Clock>, opened: std::time::Instant }
/// impl Session {
///     fn open(clock: Arc<dyn Clock>) -> Self { Self { opened: clock.now(), clock } }
///     fn is_alive(&self) -> bool { self.clock.since(self.opened) < secs(7200) }
/// }
/// assert!(Session::open(Arc::new(SystemClock)).is_alive());
/// assert!(Session::open(Arc::new(FakeClock::new())).is_alive());
/// ```
pub trait Clock: Send + Sync {
    /// The monotonic time.
    fn now(&self) -> Instant;

    /// The monotonic time at which this clock began.
    fn start(&self) -> Instant;

    /// The wall clock's time.
    fn system_time(&self) -> SystemTime;

    /// A future that is ready once `now` has reached `deadline` (inclusive). A deadline in the past is ready
    /// at once.
    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep;
}

macro_rules! forward_clock {
    ($($pointer:ty),*) => {$(
        impl<C: Clock + ?Sized> Clock for $pointer {
            fn now(&self) -> Instant {
                (**self).now()
            }
            fn start(&self) -> Instant {
                (**self).start()
            }
            fn system_time(&self) -> SystemTime {
                (**self).system_time()
            }
            #[track_caller]
            fn sleep_until(&self, deadline: Instant) -> Sleep {
                (**self).sleep_until(deadline)
            }
        }
    )*};
}

forward_clock!(&C, Box<C>, std::sync::Arc<C>);
