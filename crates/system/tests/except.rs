//! `interpose!(except(clocks))`: all other parts, and the clocks stay the system's.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![expect(clippy::disallowed_methods, reason = "std's clocks are what is tested")]

mod common;

use std::time::Instant;

use unplugged::clock::hours;

unplugged_system::interpose!(except(clocks));

#[test]
fn a_part_that_is_left_out_is_the_systems() {
    common::seeded(7).run(async {
        let start = Instant::now();
        tokio::time::sleep(hours(20)).await;
        assert!(start.elapsed() < hours(1));
    });
}

#[test]
fn the_other_parts_are_the_sims() {
    unplugged_system::assert_interposed();
    let draws = || common::seeded(7).run(async { common::draw() });
    assert_eq!(draws(), draws());
}
