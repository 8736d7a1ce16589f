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
mod callback;
mod driving;
mod event;
mod every;
mod fake;
mod moment;
mod pending;
mod queue;
#[cfg(feature = "tokio")]
mod rate_clock;
mod ready;
mod sleeping;
#[cfg(feature = "tokio")]
mod source;
mod texts;
mod timeline;
mod timer;
mod units;
mod wall;
mod watch;

#[cfg(feature = "tokio")]
pub(crate) use unplugged_seam::__private::TimerLabel as Label;
#[cfg(feature = "tokio")]
pub use unplugged_seam::TokioClock;
pub use unplugged_seam::{
    Clock, ClockExt, Elapsed, Interval, MissedTickBehavior, Sleep, SystemClock, Timeout,
};

#[cfg(feature = "tokio")]
pub(crate) use self::{
    base::base,
    driving::this_thread,
    moment::{OutOfReach, target},
    rate_clock::RateClock,
    source::ZeroDelayLoop,
    timeline::{MAX_STEPS_PER_INSTANT, Timeline},
    wall::Wall,
};
pub use self::{
    every::{FirstCall, Tick},
    fake::FakeClock,
    moment::Moment,
    pending::PendingTimer,
    timer::{Timer, TimerError},
    units::{hours, micros, millis, mins, nanos, secs},
    wall::Drift,
};
