//! What the clocks say when they are misused: every text in one place.

use std::time::{Duration, Instant};

use super::{base::instant_at, timeline::Label};
use crate::violation::{SourceLocation, Violation};

/// A point on the timeline, as people read it.
pub(crate) fn offset(nanos: u64) -> String {
    format!("+{:?}", Duration::from_nanos(nanos))
}

/// The same of an instant, which may lie before the start.
pub(crate) fn point(instant: Instant) -> String {
    let start = instant_at(0);
    match instant.checked_duration_since(start) {
        Some(since) => format!("+{since:?}"),
        None => format!("-{:?}", start - instant),
    }
}

pub(super) fn deadline_overflows(now: u64, delay: Duration) -> Violation {
    Violation::new(format!("a deadline {delay:?} from now lies past the end of the timeline"))
        .with("now", offset(now))
        .with("next", "the timeline holds 292 years; for a wait without end use `std::future::pending`")
}

pub(super) fn advance_overflows(call: &str, now: u64, by: Duration) -> Violation {
    Violation::new(format!("`{call}` by {by:?} would go past the end of the timeline, after 292 years"))
        .with("now", offset(now))
}

pub(super) fn goes_back(call: &str, now: u64, to: Instant) -> Violation {
    Violation::new(format!("`{call}` would go back in time, from {} to {}", offset(now), point(to)))
        .with("next", "the monotonic clock only goes forward; `set_system_time` steps the wall clock back")
}

pub(super) fn re_entrant(call: &str, same_thread: bool, now: u64) -> Violation {
    let whom = if same_thread {
        "from inside a callback or a future that it runs"
    } else {
        "by two threads at once"
    };
    Violation::new(format!("a clock was moved {whom}, with `{call}`"))
        .with("now", offset(now))
        .with("next", "move time in one place, the test; schedule what comes later with `call_later`")
}

/// Without when it was.
pub(super) fn zero_delay_loop(label: &Label, limit: u32, set_by: &str) -> Violation {
    Violation::new(format!(
        "{label} loops without delay: more than {limit} of its kind were due at one instant"
    ))
    .with("made at", SourceLocation::from(label.made_at))
    .with("next", format!("wait for longer than nothing between two rounds, or raise `{set_by}`"))
}

/// The same of the packets of a network.
#[cfg(feature = "tokio")]
pub(super) fn network_loop(made_at: SourceLocation, limit: u32, set_by: &str) -> Violation {
    Violation::new(format!(
        "the network loops without delay: more than {limit} packets and timers of its own were due at one instant"
    ))
    .with("made at", made_at)
    .with(
        "next",
        format!("give the link between those who answer each other some latency, or raise `{set_by}`"),
    )
}

pub(super) fn busy_future(label: &str, now: u64, limit: u32) -> Violation {
    Violation::new(format!("{label} is never idle: it was polled more than {limit} times at one instant"))
        .with("now", offset(now))
        .with(
            "next",
            "it wakes itself again and again: let it wait for something, or raise `set_max_steps_per_instant`",
        )
}

pub(super) fn never_idle(
    limit: Duration,
    started: u64,
    now: u64,
    pending: &[super::PendingTimer],
) -> Violation {
    let mut violation = Violation::new(format!("`run_until_idle` was still busy after {limit:?}"))
        .with("started", offset(started))
        .with("now", offset(now));
    for timer in pending.iter().filter(|timer| !timer.is_background()) {
        violation = violation.with("pending", timer);
    }
    violation.with("next", "mark timers that run for ever with `background`, or raise `set_idle_limit`")
}

pub(super) fn too_late_a_date() -> Violation {
    Violation::new("`set_system_time` was given a time that a `SystemTime` cannot go on from")
        .with("next", "leave room for the 292 years of the timeline, at double speed")
}

pub(super) fn zero_period(call: &str) -> Violation {
    Violation::new(format!("`{call}` needs a period longer than nothing"))
}
