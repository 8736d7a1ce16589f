//! `Clock`: a source of time.

use std::time::{Instant, SystemTime};

use super::Sleep;

/// A source of time. [`ClockExt`](crate::ClockExt) adds `sleep`, `timeout` and `interval`.
///
/// There are two kinds of time. The *monotonic clock* (`now`) only goes forward, and serves for measuring and waiting.
/// The *wall clock* (`system_time`) is for people and certificates, and can jump.
///
/// `Arc<dyn Clock>`, `&dyn Clock` and `C: Clock` all work.
///
/// ```
/// use std::{sync::Arc, time::{Duration, Instant}};
/// use unplugged::clock::FakeClock;
/// use unplugged_seam::{Clock, ClockExt, SystemClock};
///
/// struct Session { clock: Arc<dyn Clock>, opened: Instant }
/// impl Session {
///     fn open(clock: Arc<dyn Clock>) -> Self { Self { opened: clock.now(), clock } }
///     fn is_alive(&self) -> bool { self.clock.since(self.opened) < Duration::from_secs(7200) }
/// }
/// assert!(Session::open(Arc::new(SystemClock)).is_alive());
/// assert!(Session::open(Arc::new(FakeClock::new())).is_alive());
/// ```
pub trait Clock: Send + Sync {
    /// Returns the monotonic time.
    fn now(&self) -> Instant;

    /// Returns the monotonic time at which this clock began.
    fn start(&self) -> Instant;

    /// Returns the time of the wall clock.
    fn system_time(&self) -> SystemTime;

    /// Returns a future that is ready once `now` has reached `deadline` (inclusive). A deadline in the past is ready
    /// at once.
    #[track_caller]
    fn sleep_until(&self, deadline: Instant) -> Sleep;

    /// Returns true for [`SystemClock`](crate::SystemClock) and `TokioClock`. A clock of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

macro_rules! forward_clock {
    ($($pointer:ty),*) => {$(
        impl<C: Clock + ?Sized> Clock for $pointer {
            #[track_caller]
            fn now(&self) -> Instant {
                (**self).now()
            }
            #[track_caller]
            fn start(&self) -> Instant {
                (**self).start()
            }
            #[track_caller]
            fn system_time(&self) -> SystemTime {
                (**self).system_time()
            }
            #[track_caller]
            fn sleep_until(&self, deadline: Instant) -> Sleep {
                (**self).sleep_until(deadline)
            }
            fn is_real(&self) -> bool {
                (**self).is_real()
            }
        }
    )*};
}

forward_clock!(&C, Box<C>, std::sync::Arc<C>);
