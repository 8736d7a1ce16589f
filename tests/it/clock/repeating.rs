//! Callbacks that repeat.

use std::sync::{Arc, Mutex};

use unplugged::clock::{FakeClock, FirstCall, TimerError, millis, nanos, secs};

use super::{Log, panic_text};

#[test]
fn it_runs_at_once_or_after_one_period() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let now = log.noting(&clock, "now");
    let _ = clock.call_every(secs(10), FirstCall::AtOnce, move |_| now());
    let later = log.noting(&clock, "later");
    let _ = clock.call_every(secs(10), FirstCall::AfterOnePeriod, move |_| later());
    assert_eq!(log.names(), ["now"]);
    clock.advance(secs(20));
    let expected = [("now", 0), ("now", 10), ("later", 10), ("now", 20), ("later", 20)];
    assert_eq!(log.all(), expected.map(|(name, at)| (name, secs(at))));
}

#[test]
fn a_late_call_is_told_what_it_missed_and_the_grid_stays() {
    let clock = FakeClock::new();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&calls);
    let beat = clock.call_every(secs(10), FirstCall::AfterOnePeriod, move |tick| {
        noted.lock().unwrap().push((tick.now(), tick.missed()));
    });
    let start = unplugged::clock::Clock::start(&clock);
    clock.advance(secs(10));
    beat.delay(secs(25)).unwrap(); // from +20s to +45s
    clock.advance(secs(50));
    let expected = [(10, 0), (45, 2), (50, 0), (60, 0)];
    assert_eq!(*calls.lock().unwrap(), expected.map(|(at, missed)| (start + secs(at), missed)));
}

#[test]
fn a_call_moved_to_earlier_misses_nothing() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let note = log.noting(&clock, "beat");
    let beat = clock.call_every(secs(10), FirstCall::AfterOnePeriod, move |tick| {
        assert_eq!(tick.missed(), 0);
        note();
    });
    beat.reset(secs(3)).unwrap();
    clock.advance(secs(20));
    assert_eq!(log.all(), [3, 10, 20].map(|at| ("beat", secs(at))));
}

#[test]
fn it_stops_when_its_callback_says_so() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let note = log.noting(&clock, "beat");
    let beat = clock.call_every(secs(1), FirstCall::AtOnce, move |tick| {
        note();
        tick.stop();
    });
    clock.advance(secs(9));
    assert_eq!(log.names(), ["beat"]);
    assert!(!beat.is_active());
    assert_eq!(beat.cancel(), Err(TimerError::AlreadyCalled));
    assert!(clock.pending().is_empty());
}

#[test]
fn it_stops_when_it_is_cancelled_also_from_another_callback() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let note = log.noting(&clock, "beat");
    let beat = clock.call_every(secs(1), FirstCall::AfterOnePeriod, move |_| note());
    let _ = clock.call_later(millis(2500), move || beat.cancel().unwrap());
    clock.advance(secs(9));
    assert_eq!(log.names(), ["beat", "beat"]);
    assert!(clock.pending().is_empty());
}

#[test]
fn cancelled_before_its_first_call_it_never_runs() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let note = log.noting(&clock, "beat");
    clock.call_every(secs(1), FirstCall::AfterOnePeriod, move |_| note()).cancel().unwrap();
    clock.advance(secs(5));
    assert_eq!(log.names(), [""; 0]);
}

#[test]
fn a_panic_ends_it() {
    let clock = FakeClock::new();
    let beat = clock.call_every(secs(1), FirstCall::AfterOnePeriod, |_| panic!("boom"));
    assert_eq!(panic_text(|| clock.advance(secs(5))), "boom");
    assert!(!beat.is_active());
    clock.advance(secs(5));
}

#[test]
fn its_name_and_mark_stay_for_every_call() {
    let clock = FakeClock::new();
    let _ = clock.call_every(secs(1), FirstCall::AfterOnePeriod, |_| ()).named("keep-alive").background();
    clock.advance(secs(3));
    assert_eq!(clock.pending()[0].name(), Some("keep-alive"));
    assert_eq!(clock.run_until_idle(), nanos(0));
}

#[test]
fn a_period_of_nothing_is_refused() {
    let clock = FakeClock::new();
    let text = panic_text(|| drop(clock.call_every(nanos(0), FirstCall::AtOnce, |_| ())));
    assert_eq!(text, "`call_every` needs a period longer than nothing");
}
