//! Bandwidth and burst loss: effects with a state of their own for each link.

use super::rules::RuleState;
use crate::net::{Bandwidth, BurstLoss, link::below};

const SECOND: u64 = 1_000_000_000;

/// Returns when the packet has left; `None` if the queue has no room for it.
pub(super) fn depart(bandwidth: Bandwidth, state: &mut RuleState, now: u64, length: usize) -> Option<u64> {
    let begin = state.busy_until.max(now);
    let waiting = u128::from(begin - now) * u128::from(bandwidth.bits_per_second) / u128::from(8 * SECOND);
    if begin > now && waiting + length as u128 > u128::from(bandwidth.queue) {
        return None;
    }
    let end = begin.checked_add(transfer_time(length as u128, bandwidth.bits_per_second))?;
    state.busy_until = end;
    Some(end)
}

/// Draws whether burst loss loses the packet.
pub(super) fn is_lost_in_burst(bursts: BurstLoss, state: &mut RuleState) -> bool {
    let turn = if state.is_bad { bursts.ends } else { bursts.begins };
    state.is_bad ^= turn.draw(&mut state.rng);
    state.is_bad && bursts.loss.draw(&mut state.rng)
}

/// Draws a number below `bound`.
pub(super) fn random(state: &mut RuleState, bound: usize) -> usize {
    usize::try_from(below(&mut state.rng, bound as u64)).unwrap_or(0)
}

/// Returns the nanoseconds that so many bytes take at this rate.
fn transfer_time(bytes: u128, bits_per_second: u64) -> u64 {
    let nanos = (bytes * 8 * u128::from(SECOND)).div_ceil(u128::from(bits_per_second.max(1)));
    u64::try_from(nanos).unwrap_or(u64::MAX)
}
