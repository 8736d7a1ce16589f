//! Exact stepping.

use unplugged::clock::{Clock, ClockExt, FakeClock, hours, millis, nanos, secs};

use super::{Log, panic_text};

#[test]
fn a_new_clock_stands_at_its_start() {
    let clock = FakeClock::new();
    assert_eq!(clock.since_start(), nanos(0));
    assert_eq!(clock.now(), clock.start());
    assert!(clock.pending().is_empty());
}

#[test]
fn clones_are_the_same_clock() {
    let clock = FakeClock::new();
    clock.clone().advance(secs(1));
    assert_eq!(clock.since_start(), secs(1));
}

#[test]
fn each_callback_sees_its_own_instant() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let _ = clock.call_later(secs(1), log.noting(&clock, "one"));
    let _ = clock.call_later(secs(3), log.noting(&clock, "three"));
    clock.advance(secs(10));
    assert_eq!(log.all(), [("one", secs(1)), ("three", secs(3))]);
    assert_eq!(clock.since_start(), secs(10));
}

#[test]
fn what_is_scheduled_inside_the_window_runs_inside_the_window() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let (again, noted) = (clock.clone(), log.clone());
    let _ = clock.call_later(secs(1), move || {
        let inner = noted.noting(&again, "inner");
        let _ = again.call_later(secs(1), inner);
    });
    clock.advance(secs(5));
    assert_eq!(log.all(), [("inner", secs(2))]);
}

#[test]
fn a_watched_future_is_polled_between_two_deadlines() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let (slow, noted) = (clock.clone(), log.clone());
    let _two = clock.watch(async move {
        slow.sleep(secs(1)).await;
        slow.sleep(secs(1)).await;
        noted.note(&slow, "second nap over");
    });
    let _ = clock.call_later(millis(2500), log.noting(&clock, "later"));
    clock.advance(secs(3));
    assert_eq!(log.all(), [("second nap over", secs(2)), ("later", millis(2500))]);
}

#[test]
fn advance_to_goes_to_that_instant() {
    let clock = FakeClock::new();
    clock.advance_to(clock.start() + secs(4));
    assert_eq!(clock.since_start(), secs(4));
}

#[test]
fn advance_to_next_runs_all_that_is_due_at_the_next_deadline() {
    let (clock, log) = (FakeClock::new(), Log::default());
    for (at, name) in [(2, "b"), (2, "c"), (5, "d")] {
        let _ = clock.call_later(secs(at), log.noting(&clock, name));
    }
    assert_eq!(clock.advance_to_next(), Some(secs(2)));
    assert_eq!(log.names(), ["b", "c"]);
    assert_eq!(clock.advance_to_next(), Some(secs(3)));
    assert_eq!(clock.advance_to_next(), None);
    assert_eq!(clock.since_start(), secs(5));
}

#[test]
fn advance_each_takes_the_steps_in_turn() {
    let clock = FakeClock::new();
    clock.advance_each([secs(1), millis(500), nanos(1)]);
    assert_eq!(clock.since_start(), millis(1500) + nanos(1));
}

#[test]
fn idle_is_when_only_background_timers_wait() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let _ = clock.call_later(secs(1), log.noting(&clock, "keep-alive")).background();
    let _ = clock.call_later(secs(3), log.noting(&clock, "work"));
    let _ = clock.call_later(secs(9), log.noting(&clock, "keep-alive")).background();
    assert_eq!(clock.run_until_idle(), secs(3));
    assert_eq!(log.names(), ["keep-alive", "work"]);
    assert_eq!(clock.pending().len(), 1);
}

#[test]
fn an_idle_clock_does_not_move() {
    let clock = FakeClock::new();
    assert_eq!(clock.run_until_idle(), nanos(0));
}

#[test]
fn equal_deadlines_run_first_come_or_shuffled_by_a_seed() {
    let order = |seed: Option<u64>| {
        let (clock, log) = (FakeClock::new(), Log::default());
        seed.into_iter().for_each(|seed| clock.shuffle_ties(unplugged::seed::Seed::new(seed)));
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let _ = clock.call_later(secs(1), log.noting(&clock, name));
        }
        clock.advance(secs(1));
        log.names()
    };
    assert_eq!(order(None), ["a", "b", "c", "d", "e", "f", "g", "h"]);
    assert_eq!(order(Some(1)), order(Some(1)));
    assert_ne!(order(Some(1)), order(Some(2)));
}

#[test]
fn a_panicking_callback_leaves_the_clock_at_its_instant_and_in_order() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let _ = clock.call_later(secs(1), || panic!("boom"));
    let _ = clock.call_later(secs(2), log.noting(&clock, "later"));
    assert_eq!(panic_text(|| clock.advance(secs(5))), "boom");
    assert_eq!(clock.since_start(), secs(1));
    clock.advance(secs(5));
    assert_eq!(log.all(), [("later", secs(2))]);
}

#[test]
fn a_panicking_future_leaves_the_clock_in_order() {
    let clock = FakeClock::new();
    let slow = clock.clone();
    let watch = clock.watch(async move {
        slow.sleep(secs(1)).await;
        panic!("boom");
    });
    assert_eq!(panic_text(|| clock.advance(secs(5))), "boom");
    assert_eq!(clock.since_start(), secs(1));
    assert_eq!(watch.check_ready().unwrap_err().detail("panic"), Some("boom"));
    clock.advance(secs(5));
}

#[test]
fn a_timer_cancelled_by_another_of_the_same_instant_does_not_run() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let victim = std::sync::Arc::new(std::sync::Mutex::new(None::<unplugged::clock::Timer>));
    let found = std::sync::Arc::clone(&victim);
    let _ = clock.call_later(secs(1), move || found.lock().unwrap().take().unwrap().cancel().unwrap());
    *victim.lock().unwrap() = Some(clock.call_later(secs(1), log.noting(&clock, "victim")));
    clock.advance(secs(1));
    assert_eq!(log.names(), [""; 0]);
}

#[test]
fn many_small_steps_are_exact() {
    let clock = FakeClock::new();
    clock.advance_each([millis(100); 10]);
    assert_eq!(clock.since_start(), secs(1));
}

#[test]
fn a_callback_without_delay_runs_the_next_time_that_time_is_moved() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let _ = clock.call_later(nanos(0), log.noting(&clock, "now"));
    assert_eq!(log.names(), [""; 0]);
    clock.advance(nanos(0));
    assert_eq!(log.names(), ["now"]);
}

#[test]
fn a_hundred_thousand_timers_at_one_instant_are_no_loop() {
    let clock = FakeClock::new();
    for _ in 0..100_000 {
        let _ = clock.call_later(hours(1), || ());
    }
    clock.advance(hours(1));
    assert!(clock.pending().is_empty());
}

#[test]
fn it_can_be_moved_on_another_thread() {
    let clock = FakeClock::new();
    let there = clock.clone();
    std::thread::spawn(move || there.advance(secs(1))).join().unwrap();
    assert_eq!(clock.since_start(), secs(1));
}

#[test]
fn a_jump_says_how_far_it_went_from_where_it_was() {
    let clock = FakeClock::new();
    clock.advance(secs(3));
    let _ = clock.call_later(nanos(0), || ());
    let _ = clock.call_later(secs(2), || ());
    assert_eq!(clock.advance_to_next(), Some(nanos(0)));
    assert_eq!(clock.advance_to_next(), Some(secs(2)));
    assert_eq!(clock.run_until_idle(), nanos(0));
    assert_eq!(clock.since_start(), secs(5));
}

#[test]
fn a_future_woken_meanwhile_runs_before_time_moves() {
    let (clock, log) = (FakeClock::new(), Log::default());
    for moves in [
        |clock: &FakeClock| clock.advance(secs(1)),
        |clock: &FakeClock| _ = clock.advance_to_next(),
        |clock: &FakeClock| _ = clock.run_until_idle(),
    ] {
        let (promise, future) = unplugged::outcome::promise::<(), ()>();
        let (noted, seen) = (log.clone(), clock.clone());
        let watch = clock.watch(async move {
            future.await.unwrap();
            noted.note(&seen, "woken");
        });
        let _ = clock.call_later(secs(1), || ());
        let before = clock.since_start();
        promise.succeed(());
        moves(&clock);
        assert_eq!(log.all().last(), Some(&("woken", before)));
        drop(watch);
    }
}

#[test]
fn a_future_whose_watch_is_dropped_midway_is_not_polled_again() {
    let (clock, log) = (FakeClock::new(), Log::default());
    let (slow, noted) = (clock.clone(), log.clone());
    let watch = clock.watch(async move {
        loop {
            slow.sleep(secs(1)).await;
            noted.note(&slow, "lap");
        }
    });
    clock.advance(secs(2));
    drop::<unplugged::outcome::Watch<()>>(watch);
    clock.advance(secs(5));
    assert_eq!(log.names(), ["lap", "lap"]);
    assert!(clock.pending().is_empty());
}

#[test]
fn idle_is_reached_again_when_a_foreground_timer_is_cancelled() {
    let clock = FakeClock::new();
    let far = clock.call_later(hours(1), || ());
    let _ = clock.call_later(secs(1), move || far.cancel().unwrap());
    assert_eq!(clock.run_until_idle(), secs(1));
}

#[test]
fn a_background_sleep_is_not_waited_for() {
    let clock = FakeClock::new();
    let keep_alive = clock.watch(clock.sleep(hours(1)).background());
    let work = clock.watch(clock.sleep(secs(1)));
    assert!(clock.pending()[1].is_background);
    assert_eq!(clock.run_until_idle(), secs(1));
    work.assert_ready();
    keep_alive.assert_pending();
}
