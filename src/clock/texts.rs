//! The failure texts of the clocks.

use std::time::Duration;

use crate::{
    nanos::offset,
    violation::{SourceLocation, Violation},
};

pub(super) fn deadline_overflows(now: u64, delay: Duration) -> Violation {
    Violation::new(format!("a deadline {delay:?} from now lies past the end of the timeline"))
        .with("now", offset(now))
        .next("the timeline holds 292 years; for a wait without end use `std::future::pending`")
}

pub(super) fn advance_overflows(call: &str, now: u64, by: Duration) -> Violation {
    Violation::new(format!("`{call}` by {by:?} would go past the end of the timeline, after 292 years"))
        .with("now", offset(now))
}

pub(super) fn goes_back(call: &str, now: u64, to: &str) -> Violation {
    Violation::new(format!("`{call}` would go back in time, from {} to {to}", offset(now)))
        .next("the monotonic clock only goes forward; `set_system_time` steps the wall clock back")
}

pub(super) fn re_entrant(call: &str, same_thread: bool, now: u64) -> Violation {
    let whom = if same_thread {
        "from inside a callback or a future that it runs"
    } else {
        "by two threads at once"
    };
    Violation::new(format!("a clock was moved {whom}, with `{call}`"))
        .with("now", offset(now))
        .next("move time in one place, the test; schedule what comes later with `call_later`")
}

/// Says all but when it was.
pub(super) fn zero_delay_loop(timer: &str, made_at: SourceLocation, limit: u32, set_by: &str) -> Violation {
    Violation::new(format!(
        "{timer} loops without delay: more than {limit} of its kind were due at one instant"
    ))
    .with("made at", made_at)
    .next(format!("wait for longer than zero between two rounds, or raise `{set_by}`"))
}

pub(super) fn busy_future(label: &str, now: u64, limit: u32) -> Violation {
    Violation::new(format!("{label} is never idle: it was polled more than {limit} times at one instant"))
        .with("now", offset(now))
        .next("it wakes itself again and again: let it wait for something, or raise `set_max_steps_per_instant`",
        )
}

pub(super) fn never_idle(limit: Duration, started: u64, now: u64, pending: Vec<String>) -> Violation {
    Violation::new(format!("`run_until_idle` was still busy after {limit:?}"))
        .with("started", offset(started))
        .with("now", offset(now))
        .with_all(pending.into_iter().map(|timer| ("pending", timer)))
        .next("mark timers that run forever with `background`, or raise `set_idle_limit`")
}

pub(super) fn too_late_a_date() -> Violation {
    Violation::new("`set_system_time` was given a time that a `SystemTime` cannot go on from")
        .next("leave room for the 292 years of the timeline, at double speed")
}

pub(super) fn zero_period(call: &str) -> Violation {
    Violation::new(format!("`{call}` needs a period longer than nothing"))
}
