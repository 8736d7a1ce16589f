//! Tests of every kind that fail when they are told to. `tests/it/explore/replay_lines.rs` of the kit runs them, and then the
//! lines that they print.

use unplugged::Sim;

/// Set where the tests shall fail.
pub const ARMED: &str = "REPLAYED_FAILS";

/// Fails for one seed in eight, where it is told to.
///
/// ```
/// unplugged::explore::seeds(0..40, async |sim| {
///     let drawn = sim.rng("fixture").next_u64();
///     assert!(std::env::var_os(unplugged_replayed::ARMED).is_none() || drawn % 8 != 5, "merged: drew {drawn}");
/// });
/// ```
///
/// ```standalone_crate
/// unplugged::explore::seeds(0..40, async |sim| {
///     let drawn = sim.rng("fixture").next_u64();
///     assert!(std::env::var_os(unplugged_replayed::ARMED).is_none() || drawn % 8 != 5, "apart: drew {drawn}");
/// });
/// ```
///
/// # Panics
/// If it draws such a number.
pub async fn draw(sim: Sim) {
    let is_armed = cfg!(feature = "faulty") && std::env::var_os(ARMED).is_some();
    let drawn = sim.rng("fixture").next_u64();
    assert!(!is_armed || drawn % 8 != 5, "drew {drawn}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searched() {
        unplugged::explore::seeds(0..40, draw);
    }

    #[unplugged::test(seed = 1)]
    async fn drawn(sim: Sim) {
        draw(sim).await;
    }
}
