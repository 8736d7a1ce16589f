//! Callbacks that wait, and their handles.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use unplugged::clock::{Clock, FakeClock, FirstCall, Timer, TimerError, hours, nanos, secs};

use super::{Log, panic_text};

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
fn a_repeating_timer_drops_what_its_callback_owns_however_it_ends() {
    type Ends = fn(&FakeClock, Arc<()>) -> Timer;
    const TWO_CENTURIES: Duration = hours(24 * 365 * 200);
    let ends: [Ends; 4] = [
        |clock, held| {
            let timer =
                clock.call_every(secs(1), FirstCall::AtOnce, move |_| assert!(Arc::strong_count(&held) > 1));
            timer.cancel().unwrap();
            timer
        },
        |clock, held| {
            clock.call_every(secs(1), FirstCall::AfterOnePeriod, move |tick| {
                assert!(Arc::strong_count(&held) > 1);
                tick.stop();
            })
        },
        |clock, held| {
            let own: Arc<Mutex<Option<Timer>>> = Arc::default();
            let known = Arc::clone(&own);
            let timer = clock.call_every(secs(1), FirstCall::AfterOnePeriod, move |_| {
                assert!(Arc::strong_count(&held) > 1);
                known.lock().unwrap().take().unwrap().cancel().unwrap();
            });
            *own.lock().unwrap() = Some(timer.clone());
            timer
        },
        |clock, held| {
            let timer = clock.call_every(TWO_CENTURIES, FirstCall::AfterOnePeriod, move |_| {
                assert!(Arc::strong_count(&held) > 1);
            });
            clock.advance(TWO_CENTURIES); // the timeline has no room for the next
            timer
        },
    ];
    for end in ends {
        let (clock, owned) = (FakeClock::new(), Arc::new(()));
        let timer = end(&clock, Arc::clone(&owned));
        clock.advance(secs(1));
        assert!(!timer.is_active());
        assert_eq!(Arc::strong_count(&owned), 1);
    }
}

#[test]
fn a_callback_that_owns_its_own_handle_goes_with_its_clock() {
    let (clock, owned) = (FakeClock::new(), Arc::new(()));
    let own: Arc<Mutex<Option<Timer>>> = Arc::default();
    let (held, known) = (Arc::clone(&owned), Arc::clone(&own));
    let timer = clock.call_later(secs(1), move || drop((held, known)));
    *own.lock().unwrap() = Some(timer);
    drop(own);
    drop(clock);
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn a_handle_outlives_its_clock() {
    let timer = FakeClock::new().call_later(secs(1), || ());
    assert_eq!(timer.due(), None);
    assert_eq!(timer.reset(secs(1)), Err(TimerError::AlreadyCancelled));
}

#[test]
fn a_timer_of_a_clock_that_is_gone_is_neither_active_nor_to_be_cancelled() {
    let timer = FakeClock::new().call_later(secs(1), || ());
    assert!(!timer.is_active());
    assert_eq!(timer.deadline(), None);
    assert_eq!(timer.cancel(), Err(TimerError::AlreadyCancelled));
    assert_eq!(timer.delay(secs(1)), Err(TimerError::AlreadyCancelled));
}

#[test]
fn a_deadline_is_the_start_and_the_time_until_it_is_due() {
    let clock = FakeClock::new();
    let timer = clock.call_later(secs(5), || ());
    assert_eq!(timer.deadline(), Some(clock.start() + secs(5)));
    assert_eq!(clock.pending()[0].due, secs(5));
}

#[test]
fn a_timer_moved_past_the_end_of_the_timeline_stays_where_it_is() {
    let clock = FakeClock::new();
    let timer = clock.call_later(secs(1), || ());
    for (text, delay) in [
        (panic_text(|| _ = timer.reset(Duration::MAX)), "18446744073709551615.999999999s"),
        (panic_text(|| _ = timer.delay(Duration::MAX)), "18446744073709551615.999999999s"),
        (panic_text(|| _ = timer.delay(nanos(i64::MAX.unsigned_abs()))), "9223372037.854775807s"),
    ] {
        assert_eq!(
            text,
            format!(
                "a deadline {delay} from now lies past the end of the timeline\n  \
                 now      +0ns\n  \
                 next     the timeline holds 292 years; for a wait without end use `std::future::pending`"
            )
        );
    }
    assert_eq!(timer.due(), Some(secs(1)));
}

#[test]
fn a_timer_delayed_by_nothing_goes_behind_its_equals() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let first = clock.call_later(secs(1), log.noting(&clock, "first"));
    let _ = clock.call_later(secs(1), log.noting(&clock, "second"));
    first.delay(nanos(0)).unwrap();
    clock.advance(secs(1));
    assert_eq!(log.names(), ["second", "first"]);
}

#[test]
fn a_callback_may_own_its_clock_and_its_timer_and_is_dropped_with_no_lock_held() {
    /// Uses the clock and the timer when it is dropped.
    struct Uses(FakeClock, Arc<Mutex<Option<Timer>>>);
    impl Drop for Uses {
        fn drop(&mut self) {
            let timer = self.1.lock().unwrap().take().unwrap();
            assert_eq!(timer.cancel(), Err(TimerError::AlreadyCancelled));
            let _ = self.0.call_later(secs(1), || ());
        }
    }
    let clock = FakeClock::new();
    let own = Arc::new(Mutex::new(None));
    let uses = Uses(clock.clone(), Arc::clone(&own));
    let timer = clock.call_later(secs(1), move || drop(uses));
    *own.lock().unwrap() = Some(timer.clone());
    timer.cancel().unwrap();
    assert_eq!(clock.pending().len(), 1);
}

#[test]
fn a_clock_that_goes_drops_what_waits_and_runs_nothing() {
    let (clock, owned) = (FakeClock::new(), Arc::new(()));
    let (once, repeated) = (Arc::clone(&owned), Arc::clone(&owned));
    let _handle = clock.call_later(secs(1), move || unreachable!("{once:?}"));
    let _ = clock.call_every(secs(1), FirstCall::AfterOnePeriod, move |_| unreachable!("{repeated:?}"));
    assert_eq!(Arc::strong_count(&owned), 3);
    drop(clock);
    assert_eq!(Arc::strong_count(&owned), 1);
}

#[test]
fn a_timer_is_named_and_cancelled_on_another_thread() {
    let clock = FakeClock::new();
    let timer = clock.call_later(secs(1), || ());
    std::thread::spawn(move || timer.named("there").cancel().unwrap()).join().unwrap();
    assert!(clock.pending().is_empty());
}

#[test]
fn names_and_marks_come_too_late_for_what_is_over() {
    let clock = FakeClock::new();
    let timer = clock.call_later(secs(1), || ());
    clock.advance(secs(1));
    let timer = timer.named("late").background();
    assert!(format!("{timer:?}").starts_with("Timer { name: Some(\"late\"), state: called, due: None"));
}

#[test]
fn a_mark_set_twice_counts_once() {
    let clock = FakeClock::new();
    let marked = clock.call_later(secs(1), || ()).background().background();
    let _work = clock.call_later(secs(2), || ());
    marked.cancel().unwrap();
    assert_eq!(clock.run_until_idle(), secs(2));
}
