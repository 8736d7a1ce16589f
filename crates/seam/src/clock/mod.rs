//! Time: the trait `Clock`, what can be built on it, and the real clocks.

mod deadline;
mod ext;
mod interval;
mod sleep;
mod system;
mod timeout;
#[cfg(feature = "tokio")]
mod tokio;
mod traits;

#[cfg(feature = "tokio")]
pub use self::tokio::TokioClock;
pub use self::{
    ext::ClockExt,
    interval::{Interval, MissedTickBehavior},
    sleep::{ClockTimer, Sleep, TimerHook, TimerLabel, sleep},
    system::SystemClock,
    timeout::{Elapsed, Timeout},
    traits::Clock,
};
