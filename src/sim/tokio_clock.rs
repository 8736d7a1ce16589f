//! Everything that knows how tokio's clock and its timer wheel work.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

const MILLISECOND: u64 = 1_000_000;

/// Whether tokio may stop here on its way to a lonely timer: its wheel has six levels of 64 slots, and a timer
/// far ahead goes down level by level, each time with an auto-advance of its own.
///
/// Source: tokio 1.54, `runtime/time/wheel`.
pub(super) fn is_stopover(now: u64, fence: u64) -> bool {
    let (now, fence) = (now / MILLISECOND, fence / MILLISECOND);
    now <= fence && (1..=6).any(|level| now == (fence >> (6 * level)) << (6 * level))
}

/// The first poll moves the clock; the rest would only yield.
pub(super) fn advance_tokio(by: Duration) {
    let _moved = pin!(tokio::time::advance(by)).poll(&mut Context::from_waker(Waker::noop()));
}

/// A yield that nobody waits for: tokio looks for work again instead of waiting, in virtual or in real time, for its
/// next timer.
pub(super) fn stay_awake() {
    let _yielded = pin!(tokio::task::yield_now()).poll(&mut Context::from_waker(Waker::noop()));
}
