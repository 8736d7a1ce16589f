//! Callbacks that wait, and their handles.

use std::sync::{Arc, Mutex};

use unplugged::clock::{FakeClock, Timer, TimerError, nanos, secs};

use super::Log;

#[test]
fn a_new_timer_is_active_and_knows_when_it_is_due() {
    let clock = FakeClock::new();
    clock.advance(secs(1));
    let timer = clock.call_later(secs(5), || ());
    assert!(timer.is_active());
    assert_eq!(timer.due(), Some(secs(6)));
}

#[test]
fn a_cancelled_timer_is_inactive_and_does_not_run() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let timer = clock.call_later(secs(1), log.noting(&clock, "never"));
    timer.cancel().unwrap();
    assert!(!timer.is_active());
    assert_eq!(timer.due(), None);
    clock.advance(secs(2));
    assert_eq!(log.names(), [""; 0]);
}

#[test]
fn each_call_gives_the_handle_of_its_own_timer() {
    let clock = FakeClock::new();
    let timers: Vec<Timer> = [3, 1, 2].map(|at| clock.call_later(secs(at), || ())).into();
    assert_eq!(timers.iter().map(|timer| timer.due().unwrap()).collect::<Vec<_>>(), [3, 1, 2].map(secs));
}

#[test]
fn it_runs_at_its_deadline_and_not_before_and_is_inactive_then() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let timer = clock.call_later(secs(1), log.noting(&clock, "ran"));
    clock.advance(secs(1) - nanos(1));
    assert_eq!(log.names(), [""; 0]);
    clock.advance(nanos(1));
    assert_eq!(log.names(), ["ran"]);
    assert!(!timer.is_active());
}

#[test]
fn a_timer_cannot_cancel_itself_while_it_runs() {
    let clock = FakeClock::new();
    let own = Arc::new(Mutex::new(None::<Timer>));
    let result = Arc::new(Mutex::new(None));
    let (found, told) = (Arc::clone(&own), Arc::clone(&result));
    let timer = clock.call_later(secs(1), move || {
        *told.lock().unwrap() = Some(found.lock().unwrap().take().unwrap().cancel());
    });
    *own.lock().unwrap() = Some(timer);
    clock.advance(secs(1));
    assert_eq!(*result.lock().unwrap(), Some(Err(TimerError::AlreadyCalled)));
}

#[test]
fn a_delayed_timer_runs_that_much_later() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let timer = clock.call_later(secs(1), log.noting(&clock, "ran"));
    timer.delay(secs(3)).unwrap();
    clock.advance(secs(4) - nanos(1));
    assert_eq!(log.names(), [""; 0]);
    clock.advance(nanos(1));
    assert_eq!(log.names(), ["ran"]);
}

#[test]
fn a_reset_counts_from_now_to_later_and_to_earlier() {
    let clock = FakeClock::new();
    let timer = clock.call_later(secs(5), || ());
    clock.advance(secs(2));
    timer.reset(secs(10)).unwrap();
    assert_eq!(timer.due(), Some(secs(12)));
    timer.reset(secs(1)).unwrap();
    assert_eq!(timer.due(), Some(secs(3)));
}

#[test]
fn the_list_holds_all_that_waits_with_names_and_places() {
    let clock = FakeClock::new();
    let _ = clock.call_later(secs(2), || ()).named("retry");
    let made = line!() - 1;
    let _ = clock.call_later(secs(1), || ()).background();
    let listed: Vec<String> = clock.pending().iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            format!("timer, due at +1s, in the background, made at tests/it/clock/timers.rs:{}:19", made + 2),
            format!("timer `retry`, due at +2s, made at tests/it/clock/timers.rs:{made}:19"),
        ]
    );
}

#[test]
fn the_order_stays_right_when_one_is_reset_before_another_is_added() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let first = clock.call_later(secs(1), log.noting(&clock, "first"));
    first.reset(secs(3)).unwrap();
    let _ = clock.call_later(secs(2), log.noting(&clock, "second"));
    clock.advance(secs(3));
    assert_eq!(log.names(), ["second", "first"]);
}

#[test]
fn the_order_stays_right_when_one_is_reset_after_another_was_added() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let first = clock.call_later(secs(1), log.noting(&clock, "first"));
    let _ = clock.call_later(secs(2), log.noting(&clock, "second"));
    first.reset(secs(3)).unwrap();
    clock.advance(secs(3));
    assert_eq!(log.names(), ["second", "first"]);
}

#[test]
fn the_order_stays_right_when_a_callback_resets_another_timer() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let moved = clock.call_later(secs(2), log.noting(&clock, "moved"));
    let _ = clock.call_later(secs(3), log.noting(&clock, "third"));
    let _ = clock.call_later(secs(1), move || moved.reset(secs(4)).unwrap());
    clock.advance(secs(9));
    assert_eq!(log.all(), [("third", secs(3)), ("moved", secs(5))]);
}

#[test]
fn what_is_over_cannot_be_cancelled_moved_or_reset() {
    let clock = FakeClock::new();
    let cancelled = clock.call_later(secs(1), || ());
    cancelled.cancel().unwrap();
    let called = clock.call_later(secs(1), || ());
    clock.advance(secs(1));
    for (timer, error) in [(cancelled, TimerError::AlreadyCancelled), (called, TimerError::AlreadyCalled)] {
        assert_eq!(timer.cancel(), Err(error));
        assert_eq!(timer.reset(secs(1)), Err(error));
        assert_eq!(timer.delay(secs(1)), Err(error));
    }
    assert_eq!(TimerError::AlreadyCalled.to_string(), "the timer has been called already");
    assert_eq!(TimerError::AlreadyCancelled.to_string(), "the timer has been cancelled already");
}

#[test]
fn its_debug_text_shows_name_state_and_deadline() {
    let clock = FakeClock::new();
    let timer = clock.call_later(secs(1), || ()).named("retry");
    let made = line!() - 1;
    assert_eq!(
        format!("{timer:?}"),
        format!(
            "Timer {{ name: Some(\"retry\"), state: waiting, due: Some(1s), made_at: tests/it/clock/timers.rs:{made}:23 }}"
        )
    );
}

#[test]
fn a_cancelled_timer_drops_what_its_callback_owns() {
    let clock = FakeClock::new();
    let owned = Arc::new(());
    let held = Arc::clone(&owned);
    let timer = clock.call_later(secs(1), move || drop(held));
    timer.cancel().unwrap();
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn a_handle_outlives_its_clock() {
    let timer = FakeClock::new().call_later(secs(1), || ());
    assert_eq!(timer.due(), None);
    assert_eq!(timer.reset(secs(1)), Err(TimerError::AlreadyCancelled));
}
