//! The wall clock of virtual time.

use std::time::SystemTime;

use unplugged::clock::{Clock, ClockExt, Drift, FakeClock, hours, micros, secs};

use super::panic_text;

#[test]
fn it_begins_with_the_year_2000_and_goes_with_the_time() {
    let clock = FakeClock::new();
    let begin = SystemTime::UNIX_EPOCH + secs(946_684_800);
    assert_eq!(clock.system_time(), begin);
    clock.advance(hours(1));
    assert_eq!(clock.system_time(), begin + hours(1));
}

#[test]
fn it_can_be_stepped_back_and_the_monotonic_clock_and_its_timers_stay() {
    let clock = FakeClock::new();
    let nap = clock.watch(clock.sleep(secs(10)));
    clock.advance(secs(5));
    clock.set_system_time(clock.system_time() - hours(24));
    let stepped = clock.system_time();
    assert_eq!(clock.since_start(), secs(5));
    clock.advance(secs(5));
    nap.assert_ready();
    assert_eq!(clock.system_time(), stepped + secs(5));
}

#[test]
fn it_can_drift_both_ways() {
    for (drift, gained) in [(Drift::fast(50), 50), (Drift::NONE, 0)] {
        let clock = FakeClock::new();
        clock.advance(secs(7)); // what was before does not drift
        clock.set_drift(drift);
        let begin = clock.system_time();
        clock.advance(secs(1));
        assert_eq!(clock.system_time(), begin + secs(1) + micros(gained));
    }
    let clock = FakeClock::new();
    clock.set_drift(Drift::slow(1_000_000));
    let begin = clock.system_time();
    clock.advance(hours(1));
    assert_eq!(clock.system_time(), begin);
}

#[test]
fn a_drift_beyond_all_measure_is_refused() {
    let text = panic_text(|| _ = Drift::fast(1_000_001));
    assert_eq!(text, "a drift is at most 1000000 parts per million");
}

#[test]
fn a_date_that_could_not_go_on_to_the_end_of_the_timeline_is_refused() {
    let clock = FakeClock::new();
    let mut latest = SystemTime::UNIX_EPOCH;
    for power in (0..64).rev() {
        latest = latest.checked_add(std::time::Duration::from_secs(1 << power)).unwrap_or(latest);
    }
    let before = clock.system_time();
    assert_eq!(
        panic_text(|| clock.set_system_time(latest)),
        "`set_system_time` was given a time that a `SystemTime` cannot go on from\n  \
         next     leave room for the 292 years of the timeline, at double speed"
    );
    assert_eq!(clock.system_time(), before);

    clock.set_system_time(latest - std::time::Duration::from_nanos(u64::MAX));
    clock.set_drift(Drift::fast(1_000_000));
    clock.advance(std::time::Duration::from_nanos(i64::MAX.unsigned_abs()));
    assert!(clock.system_time() < latest);
}

#[test]
fn it_can_be_set_to_before_1970() {
    let clock = FakeClock::new();
    let moon = SystemTime::UNIX_EPOCH - hours(24 * 165);
    clock.set_system_time(moon);
    clock.advance(secs(1));
    assert_eq!(clock.system_time(), moon + secs(1));
}

#[test]
fn a_change_of_the_drift_keeps_what_was_gained() {
    let clock = FakeClock::new();
    let begin = clock.system_time();
    clock.set_drift(Drift::fast(100));
    clock.advance(secs(10));
    clock.set_drift(Drift::slow(100));
    clock.advance(secs(5));
    assert_eq!(clock.system_time(), begin + secs(15) + micros(1000) - micros(500));
}

#[test]
fn a_drift_to_slow_beyond_all_measure_is_refused() {
    assert_eq!(panic_text(|| _ = Drift::slow(u32::MAX)), "a drift is at most 1000000 parts per million");
}
