//! Callbacks that repeat.

use std::sync::{Arc, Mutex};

use unplugged::clock::{FakeClock, FirstCall, Timer, TimerError, millis, nanos, secs};

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
        noted.lock().unwrap().push((tick.now, tick.missed));
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
        assert_eq!(tick.missed, 0);
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

/// What it missed at each call, if the call due at +20s comes at +20s and `late` more.
fn missed_when_late(late: std::time::Duration) -> Vec<u64> {
    let clock = FakeClock::new();
    let missed = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&missed);
    let beat = clock
        .call_every(secs(10), FirstCall::AfterOnePeriod, move |tick| noted.lock().unwrap().push(tick.missed));
    clock.advance(secs(10));
    beat.delay(late).unwrap();
    clock.advance(late + secs(10));
    let missed = missed.lock().unwrap();
    missed.clone()
}

#[test]
fn a_point_counts_as_missed_when_the_next_one_has_come() {
    assert_eq!(missed_when_late(secs(10) - nanos(1)), [0, 0]);
    assert_eq!(missed_when_late(secs(10)), [0, 1]);
    assert_eq!(missed_when_late(secs(10) + nanos(1)), [0, 1]);
}

#[test]
fn a_jump_over_several_periods_calls_at_each_point() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let note = log.noting(&clock, "beat");
    let _ = clock.call_every(secs(10), FirstCall::AfterOnePeriod, move |tick| {
        assert_eq!(tick.missed, 0);
        note();
    });
    clock.advance(secs(35));
    assert_eq!(log.all(), [10, 20, 30].map(|at| ("beat", secs(at))));
}

#[test]
fn the_counts_sum_to_the_points_of_a_grid_that_divides_no_second() {
    let clock = FakeClock::new();
    let third = nanos(333_333_333);
    let points = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&points);
    let beat = clock.call_every(third, FirstCall::AfterOnePeriod, move |tick| {
        noted.lock().unwrap().push(tick.missed + 1);
    });
    for late in [0, 1, 400, 2000, 333, 5000] {
        beat.delay(millis(late)).unwrap();
        clock.advance(millis(late) + third);
    }
    let elapsed = unplugged::clock::ClockExt::since_start(&clock);
    let points = points.lock().unwrap();
    assert!(points.iter().all(|count| *count > 0));
    assert_eq!(u128::from(points.iter().sum::<u64>()), elapsed.as_nanos() / third.as_nanos());
}

#[test]
fn a_panic_after_stop_goes_on_all_the_same() {
    let clock = FakeClock::new();
    let beat = clock.call_every(secs(1), FirstCall::AfterOnePeriod, |tick| {
        tick.stop();
        panic!("boom");
    });
    assert_eq!(panic_text(|| clock.advance(secs(5))), "boom");
    assert!(!beat.is_active());
    assert!(clock.pending().is_empty());
}

#[test]
fn it_stops_after_exactly_as_many_calls_as_it_wants() {
    let clock = FakeClock::new();
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let _ = clock.call_every(nanos(1), FirstCall::AtOnce, move |tick| {
        let mut calls = counted.lock().unwrap();
        *calls += 1;
        if *calls == 5 {
            tick.stop();
        }
    });
    clock.advance(secs(1));
    assert_eq!(*calls.lock().unwrap(), 5);
    assert!(clock.pending().is_empty());
}

/// What came of each call.
type Results = Arc<Mutex<Vec<Result<(), TimerError>>>>;

/// A repeating timer whose callback does something with its own handle.
fn with_own_handle(
    act: impl Fn(&Timer) -> Result<(), TimerError> + Send + 'static,
) -> (FakeClock, Timer, Results) {
    let clock = FakeClock::new();
    let (own, results) = (Arc::new(Mutex::new(None::<Timer>)), Results::default());
    let (found, told) = (Arc::clone(&own), Arc::clone(&results));
    let beat = clock.call_every(secs(1), FirstCall::AfterOnePeriod, move |_| {
        let timer = found.lock().unwrap().clone().unwrap();
        assert!(timer.is_active());
        assert_eq!((timer.due(), timer.deadline()), (None, None));
        told.lock().unwrap().push(act(&timer));
    });
    *own.lock().unwrap() = Some(beat.clone());
    clock.advance(secs(2));
    own.lock().unwrap().take();
    (clock, beat, results)
}

#[test]
fn it_can_cancel_itself_while_it_runs() {
    let (clock, beat, results) = with_own_handle(Timer::cancel);
    assert_eq!(*results.lock().unwrap(), [Ok(())]);
    assert!(!beat.is_active());
    assert_eq!(beat.cancel(), Err(TimerError::AlreadyCancelled));
    assert!(clock.pending().is_empty());
}

#[test]
fn it_cannot_be_moved_while_it_runs() {
    let (_clock, beat, results) = with_own_handle(|timer| timer.reset(secs(5)));
    assert_eq!(*results.lock().unwrap(), [Err(TimerError::AlreadyCalled); 2]);
    assert!(beat.is_active());
}

#[test]
fn its_debug_text_shows_name_state_and_deadline() {
    let clock = FakeClock::new();
    let beat = clock.call_every(secs(1), FirstCall::AfterOnePeriod, |_| ()).named("keep-alive");
    let made = line!() - 1;
    let place = format!("tests/it/clock/repeating.rs:{made}:22");
    assert_eq!(
        format!("{beat:?}"),
        format!("Timer {{ name: Some(\"keep-alive\"), state: waiting, due: Some(1s), made_at: {place} }}")
    );
    assert_eq!(
        clock.pending()[0].to_string(),
        format!("repeating timer `keep-alive`, due at +1s, made at {place}")
    );
    beat.cancel().unwrap();
    assert!(format!("{beat:?}").contains("state: cancelled, due: None"));
}

#[test]
fn a_period_past_the_end_of_the_timeline_is_refused() {
    let clock = FakeClock::new();
    clock.advance(nanos(2));
    let longest = nanos(i64::MAX.unsigned_abs());
    let text = panic_text(|| drop(clock.call_every(longest, FirstCall::AfterOnePeriod, |_| ())));
    assert_eq!(
        text,
        "a deadline 9223372036.854775807s from now lies past the end of the timeline\n  \
         now      +2ns\n  \
         next     the timeline holds 292 years; for a wait without end use `std::future::pending`"
    );
    assert!(clock.pending().is_empty());
}

#[test]
fn a_grid_ends_with_the_timeline() {
    let clock = FakeClock::new();
    let most = nanos(i64::MAX.unsigned_abs()) / 3 * 2;
    let beat = clock.call_every(most, FirstCall::AfterOnePeriod, |_| ());
    clock.advance(most);
    assert!(!beat.is_active());
    assert!(clock.pending().is_empty());
}

#[test]
fn it_may_outlive_its_clock() {
    let beat = FakeClock::new().call_every(secs(1), FirstCall::AfterOnePeriod, |_| ());
    assert!(!beat.is_active());
    assert_eq!(beat.cancel(), Err(TimerError::AlreadyCancelled));
}
