//! The failure texts of protocols and their drivers.

use std::{collections::VecDeque, io, time::Duration};

use super::{identity::Identity, state::ConnectionState};
use crate::{
    violation::{SourceLocation, Violation, escaped},
    wait::Wait,
};

/// Begins with the connection. A named one also shows where it was made; the label of an unnamed one does so already.
fn about(identity: &Identity, headline: &str) -> Violation {
    let violation = Violation::new(format!("{} {headline}", identity.label()));
    match identity.name {
        Some(_) => violation.with("made at", identity.made_at),
        None => violation,
    }
}

/// Adds what the protocol waits for, and the time.
pub(super) fn in_context(mut violation: Violation, waits: &[Wait], now: Option<Duration>) -> Violation {
    for wait in waits {
        violation = violation.with_before_next("waits", wait);
    }
    match now {
        Some(now) => violation.with_before_next("now", format!("+{now:?}")),
        None => violation,
    }
}

// The protocol.

pub(super) fn written_after(identity: &Identity, after: &str, bytes: &[u8]) -> Violation {
    about(identity, &format!("was written to after `{after}`"))
        .with("got", escaped(bytes))
        .next("write before the connection ends; check `is_closing` before a late answer")
}

pub(super) fn read_after(identity: &Identity, call: &str, after: &str) -> Violation {
    about(identity, &format!("cannot `{call}` after `{after}`: nothing is read any more"))
        .next("check `is_closing` before you pause or resume reading")
}

// The test's expectations.

pub(super) fn written_differs(identity: &Identity, expected: &[u8], got: &[u8]) -> Violation {
    let same = expected.iter().zip(got).take_while(|(expected, got)| expected == got).count();
    let how = match () {
        () if got.is_empty() => "has written nothing".into(),
        () if expected.is_empty() => "has written something, and should have written nothing".into(),
        () if same == got.len() => format!("has written too little: it ends at byte {same}"),
        () if same == expected.len() => format!("has written too much: it goes on at byte {same}"),
        () => format!("has written something else: it differs at byte {same}"),
    };
    about(identity, &how).with("expected", around(expected, same)).with("got", around(got, same))
}

/// Shows bytes, and of long ones those around a place.
fn around(bytes: &[u8], place: usize) -> String {
    const BEFORE: usize = 64;
    const SHOWN: usize = 256;
    if bytes.len() <= SHOWN || place <= SHOWN - BEFORE {
        return escaped(bytes);
    }
    let from = place - BEFORE;
    let to = bytes.len().min(from + SHOWN);
    let rest = if to < bytes.len() { "..." } else { "" };
    format!("...b\"{}\"{rest} (from byte {from} of {})", bytes[from..to].escape_ascii(), bytes.len())
}

pub(super) fn state_differs(
    identity: &Identity,
    expected: ConnectionState,
    got: ConnectionState,
) -> Violation {
    about(identity, &format!("is {got}, and should be {expected}"))
}

// The test's mistakes.

pub(super) fn fed_after_end(identity: &Identity, what: &str, bytes: &[u8]) -> Violation {
    let violation = about(identity, &format!("cannot receive {what} after `receive_eof`"));
    let violation = if bytes.is_empty() { violation } else { violation.with("got", escaped(bytes)) };
    violation.next("let the peer send before `receive_eof`")
}

pub(super) fn fed_after_loss(identity: &Identity, what: &str, state: ConnectionState) -> Violation {
    about(identity, &format!("cannot receive {what} after its end: it is {state}"))
        .next("make a new `TestConnection` for a new connection")
}

pub(super) fn not_ending(identity: &Identity, state: ConnectionState, peer_ended: bool) -> Violation {
    let next = match state {
        ConnectionState::HalfClosed if !peer_ended => {
            "the peer's direction is still open: end it with `receive_eof`"
        }
        _ => "it ends after the protocol's `close` or `abort`, or the test's `reset_with`",
    };
    about(identity, &format!("does not end: it is {state}")).next(next)
}

pub(super) fn unsent_at_end(identity: &Identity, unsent: usize) -> Violation {
    about(identity, &format!("cannot end yet: {unsent} bytes have not gone out"))
        .next("widen the window with `set_window`, or let the protocol `abort`")
}

pub(super) fn over_already(identity: &Identity, call: &str, state: ConnectionState) -> Violation {
    about(identity, &format!("cannot `{call}` after its end: it is {state}"))
}

pub(super) fn no_error(identity: &Identity, kind: io::ErrorKind) -> Violation {
    about(identity, &format!("cannot be broken with {kind:?}: that is how the protocol's own `abort` ends"))
        .next("use `ConnectionReset` for a reset by the peer, `TimedOut` for a dead network")
}

pub(super) fn no_clock(identity: &Identity) -> Violation {
    about(identity, "has no clock to advance").next("make it with `TestConnection::on_clock`")
}

pub(super) fn late(identity: &Identity, due: Duration) -> Violation {
    about(identity, &format!("was due at +{due:?}, but its clock was moved past that"))
        .next("use the connection's own `advance`: it stops at each deadline")
}

pub(super) fn busy(identity: &Identity, limit: u32) -> Violation {
    about(identity, &format!("is never idle: its protocol was called more than {limit} times in a row"))
        .next("let `poll` not always wake itself, and `handle_timeout` change `poll_timeout`")
}

// Linked protocols.

pub(super) fn endless(limit: usize, last: &VecDeque<String>, made_at: SourceLocation) -> Violation {
    let mut violation = Violation::new(format!("the linked protocols still talk after {limit} pumps"))
        .with("made at", made_at);
    for line in last {
        violation = violation.with("last", line);
    }
    violation.next("if they never stop, call `pump` as often as the test needs")
}

pub(super) fn no_clock_between(made_at: SourceLocation) -> Violation {
    Violation::new("the linked protocols have no clock to advance")
        .with("made at", made_at)
        .next("make them with `Linked::on_clock`")
}

// The driver.

#[cfg(feature = "tokio")]
pub(super) fn watermarks(low: usize, high: usize) -> Violation {
    Violation::new(format!("the low watermark, {low}, is above the high one, {high}"))
}

#[cfg(feature = "tokio")]
pub(super) fn polled_after_end(made_at: SourceLocation) -> Violation {
    Violation::new(format!("the driver made at {made_at} was polled after it was ready"))
}
