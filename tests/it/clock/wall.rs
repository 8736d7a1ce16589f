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
