//! What a clock says when it is misused, word for word.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use unplugged::clock::{Clock, ClockExt, FakeClock, FirstCall, hours, nanos, secs};

use super::{Log, panic_text};

#[test]
fn time_does_not_go_back() {
    let clock = FakeClock::new();
    clock.advance(secs(2));
    let text = panic_text(|| clock.advance_to(clock.start() + secs(1)));
    assert_eq!(
        text,
        "`advance_to` would go back in time, from +2s to +1s\n  \
         next     the monotonic clock only goes forward; `set_system_time` steps the wall clock back"
    );
}

#[test]
fn time_past_the_end_of_the_timeline_is_refused() {
    let clock = FakeClock::new();
    clock.advance(secs(1));
    let text = panic_text(|| clock.advance(Duration::MAX));
    assert_eq!(
        text,
        "`advance` by 18446744073709551615.999999999s would go past the end of the timeline, after 292 years\n  \
         now      +1s"
    );
    clock.advance(secs(1)); // it still works
}

#[test]
fn a_callback_past_the_end_of_the_timeline_is_refused() {
    let clock = FakeClock::new();
    let expected = "a deadline 18446744073709551615.999999999s from now lies past the end of the timeline\n  \
                    now      +0ns\n  \
                    next     the timeline holds 292 years; for a wait without end use `std::future::pending`";
    assert_eq!(panic_text(|| drop(clock.call_later(Duration::MAX, || ()))), expected);
}

#[test]
fn a_clock_cannot_be_moved_from_inside() {
    let clock = FakeClock::new();
    let inner = clock.clone();
    let _ = clock.call_later(secs(1), move || inner.advance(secs(1)));
    let text = panic_text(|| clock.advance(secs(5)));
    assert_eq!(
        text,
        "a clock was moved from inside a callback or a future that it runs, with `advance`\n  \
         now      +1s\n  \
         next     move time in one place, the test; schedule what comes later with `call_later`"
    );
    clock.advance(secs(1)); // it still works
}

#[test]
fn a_clock_cannot_be_moved_by_two_threads_at_once() {
    let clock = FakeClock::new();
    let inner = clock.clone();
    let _ = clock.call_later(secs(1), move || {
        let other = std::thread::spawn(move || panic_text(|| inner.advance(secs(1))));
        let text = other.join().unwrap();
        assert!(text.starts_with("a clock was moved by two threads at once, with `advance`\n"), "{text}");
    });
    clock.advance(secs(1));
}

#[test]
fn a_loop_without_delay_is_reported() {
    fn again(clock: &FakeClock) {
        let next = clock.clone();
        let _ = clock.call_later(nanos(0), move || again(&next)).named("spin");
    }
    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(50);
    again(&clock);
    let text = panic_text(|| clock.advance(secs(1)));
    assert!(
        text.starts_with(
            "timer `spin` loops without delay: more than 50 of its kind were due at one instant\n"
        ),
        "{text}"
    );
}

#[test]
fn a_future_that_is_never_idle_is_reported() {
    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(50);
    let text = panic_text(|| {
        let _watch = clock.watch(std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            std::task::Poll::<()>::Pending
        }));
    });
    assert!(text.contains("is never idle: it was polled more than 50 times at one instant\n"), "{text}");
}

#[test]
fn a_clock_that_is_never_idle_is_reported() {
    let clock = FakeClock::new();
    clock.set_idle_limit(hours(1));
    let _ = clock.call_every(secs(60), FirstCall::AfterOnePeriod, |_| ()).named("beat");
    let text = panic_text(|| _ = clock.run_until_idle());
    assert!(
        text.starts_with(
            "`run_until_idle` was still busy after 3600s\n  started  +0ns\n  now      +3600s\n  \
             pending  repeating timer `beat`, due at +3660s, made at "
        ),
        "{text}"
    );
}

#[test]
fn a_question_from_inside_a_callback_is_refused_where_nobody_can_know() {
    let clock = FakeClock::new();
    let inner = clock.clone();
    let _ = clock.call_later(secs(1), move || {
        let watch = inner.watch(async { 1 }).named("early");
        assert_eq!(
            watch.check_pending().unwrap_err().to_string(),
            "`early` was woken and has not run since: its outcome is not known yet\n  \
             next     ask when the clock stands: not from inside a callback or a future that it runs\n  \
             now      +1s"
        );
    });
    clock.advance(secs(1));
    assert_eq!(clock.since_start(), secs(1));
}

#[test]
fn an_instant_before_the_start_is_back_in_time_also_at_the_start() {
    let clock = FakeClock::new();
    let early = clock.start() - secs(1);
    assert_eq!(
        panic_text(|| clock.advance_to(early)),
        "`advance_to` would go back in time, from +0ns to -1s\n  \
         next     the monotonic clock only goes forward; `set_system_time` steps the wall clock back"
    );
    assert_eq!(clock.since(early), secs(1));
}

#[test]
fn an_instant_still_to_come_is_no_time_ago() {
    let clock = FakeClock::new();
    assert_eq!(clock.since(clock.now() + secs(1)), nanos(0));
}

#[test]
fn an_instant_past_the_end_of_the_timeline_is_refused() {
    let clock = FakeClock::new();
    let late = clock.start() + nanos(u64::MAX);
    assert_eq!(
        panic_text(|| clock.advance_to(late)),
        "`advance_to` by 18446744073.709551615s would go past the end of the timeline, after 292 years\n  now      +0ns"
    );
}

#[test]
fn the_last_nanosecond_of_the_timeline_can_be_reached_and_not_passed() {
    let clock = FakeClock::new();
    let end = nanos(i64::MAX.unsigned_abs());
    let last = clock.watch(clock.sleep(end));
    clock.advance(end - nanos(1));
    last.assert_pending();
    clock.advance(nanos(1));
    last.assert_ready();
    let text = panic_text(|| clock.advance(nanos(1)));
    assert!(text.starts_with("`advance` by 1ns would go past the end of the timeline"), "{text}");
}

#[test]
fn every_move_is_refused_from_inside_and_says_its_name() {
    type Move = fn(&FakeClock);
    let moves: [(&str, Move); 5] = [
        ("advance", |clock| clock.advance(secs(1))),
        ("advance", |clock| clock.advance_each([secs(1)])),
        ("advance_to", |clock| clock.advance_to(clock.now())),
        ("advance_to_next", |clock| _ = clock.advance_to_next()),
        ("run_until_idle", |clock| _ = clock.run_until_idle()),
    ];
    for (name, moves) in moves {
        let clock = FakeClock::new();
        let inner = clock.clone();
        let watch = clock.watch(async move { panic_text(|| moves(&inner)) });
        assert_eq!(
            watch.assert_ready(),
            &format!(
                "a clock was moved from inside a callback or a future that it runs, with `{name}`\n  \
                 now      +0ns\n  \
                 next     move time in one place, the test; schedule what comes later with `call_later`"
            )
        );
    }
}

#[test]
fn settings_can_be_changed_from_inside() {
    let clock = FakeClock::new();
    let inner = clock.clone();
    let _ = clock.call_later(secs(1), move || {
        inner.set_max_steps_per_instant(5);
        inner.set_idle_limit(secs(5));
        inner.shuffle_ties(unplugged::seed::Seed::new(1));
        inner.set_system_time(std::time::SystemTime::UNIX_EPOCH);
        inner.set_drift(unplugged::clock::Drift::fast(1));
        assert!(inner.pending().is_empty());
    });
    clock.advance(secs(2));
    assert_eq!(clock.since_start(), secs(2));
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let clock = FakeClock::new();
    assert_eq!(
        panic_text(|| clock.set_max_steps_per_instant(0)),
        "an instant limit of nothing would let nothing run"
    );
}

#[test]
fn an_idle_limit_of_nothing_runs_only_what_is_due() {
    let clock = FakeClock::new();
    clock.set_idle_limit(nanos(0));
    let _ = clock.call_later(nanos(0), || ());
    assert_eq!(clock.run_until_idle(), nanos(0));
    let _ = clock.call_later(nanos(1), || ());
    let text = panic_text(|| _ = clock.run_until_idle());
    assert!(text.starts_with("`run_until_idle` was still busy after 0ns\n"), "{text}");
}

#[test]
fn what_is_due_at_the_idle_limit_still_runs() {
    let clock = FakeClock::new();
    let _ = clock.call_later(hours(24), || ());
    assert_eq!(clock.run_until_idle(), hours(24));
    let _ = clock.call_later(hours(24) + nanos(1), || ());
    let text = panic_text(|| _ = clock.run_until_idle());
    assert!(text.starts_with("`run_until_idle` was still busy after 86400s\n"), "{text}");
}

#[test]
fn an_idle_limit_without_end_stops_with_the_timeline() {
    let clock = FakeClock::new();
    clock.set_idle_limit(Duration::MAX);
    let end = nanos(i64::MAX.unsigned_abs());
    let _ = clock.call_later(end, || ());
    assert_eq!(clock.run_until_idle(), end);
}

#[test]
fn exactly_the_limit_of_timers_without_delay_is_no_loop() {
    let run = |count: u32| {
        let clock = FakeClock::new();
        clock.set_max_steps_per_instant(50);
        (0..count).for_each(|_| drop(clock.call_later(nanos(0), || ())));
        clock.advance(nanos(0));
    };
    run(50);
    let text = panic_text(|| run(51));
    assert!(text.starts_with("timer loops without delay: more than 50 of its kind"), "{text}");
}

#[test]
fn timers_at_other_instants_do_not_count_towards_the_limit() {
    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(2);
    for _ in 0..5 {
        (0..2).for_each(|_| drop(clock.call_later(nanos(0), || ())));
        clock.advance(nanos(1));
        (0..2).for_each(|_| drop(clock.call_later(nanos(0), || ())));
        let _ = clock.call_later(nanos(1), || ());
        clock.advance(nanos(1));
    }
    assert!(clock.pending().is_empty());
}

#[test]
fn a_timer_that_the_limit_stopped_is_still_there_and_runs_when_the_limit_is_raised() {
    let (clock, log) = (FakeClock::new(), Log::default());
    clock.set_max_steps_per_instant(1);
    let _ = clock.call_later(nanos(0), log.noting(&clock, "first"));
    let second = clock.call_later(nanos(0), log.noting(&clock, "second")).named("second");
    let made = line!() - 1;
    let text = panic_text(|| clock.advance(nanos(0)));
    assert_eq!(
        text,
        format!(
            "timer `second` loops without delay: more than 1 of its kind were due at one instant\n  \
             made at  tests/it/clock/misuse.rs:{made}:24\n  \
             now      +0ns\n  \
             next     wait for longer than zero between two rounds, or raise `set_max_steps_per_instant`"
        )
    );
    assert!(second.is_active());
    clock.set_max_steps_per_instant(2);
    clock.advance(nanos(0));
    assert_eq!(log.names(), ["first", "second"]);
}

#[test]
fn a_timer_counts_as_one_without_delay_where_it_was_moved_to_and_not_where_it_was_made() {
    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(1);
    let moved_here = [(); 2].map(|()| clock.call_later(secs(1), || ()));
    moved_here.iter().for_each(|timer| timer.reset(nanos(0)).unwrap());
    let text = panic_text(|| clock.advance(nanos(0)));
    assert!(text.starts_with("timer loops without delay: more than 1 of its kind"), "{text}");

    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(1);
    let moved_away = [(); 2].map(|()| clock.call_later(nanos(0), || ()));
    moved_away.iter().for_each(|timer| timer.reset(secs(1)).unwrap());
    clock.advance(secs(1));
    assert!(moved_away.iter().all(|timer| !timer.is_active()));
}

#[test]
fn a_future_may_be_polled_as_often_as_the_limit_says_and_no_more() {
    for (wakes, is_fine) in [(49, true), (50, false)] {
        let clock = FakeClock::new();
        clock.set_max_steps_per_instant(50);
        let mut left = wakes;
        let watch = catch_unwind(AssertUnwindSafe(|| {
            clock.watch(std::future::poll_fn(move |cx| {
                if left == 0 {
                    return std::task::Poll::Ready(());
                }
                left -= 1;
                cx.waker().wake_by_ref();
                std::task::Poll::Pending
            }))
        }));
        assert_eq!(watch.is_ok_and(|watch| watch.check_ready().is_ok()), is_fine, "{wakes} wakes");
    }
}

#[test]
fn a_future_that_is_never_idle_is_reported_word_for_word() {
    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(50);
    clock.advance(secs(1));
    let text = panic_text(|| {
        drop(clock.watch(std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            std::task::Poll::<()>::Pending
        })));
    });
    let made = line!() - 5;
    assert_eq!(
        text,
        format!(
            "the future watched at tests/it/clock/misuse.rs:{made}:20 is never idle: \
             it was polled more than 50 times at one instant\n  \
             now      +1s\n  \
             next     it wakes itself again and again: let it wait for something, or raise `set_max_steps_per_instant`"
        )
    );
}

#[test]
fn a_future_may_be_polled_exactly_as_often_as_the_limit_says_at_each_instant() {
    let clock = FakeClock::new();
    clock.set_max_steps_per_instant(3);
    let yielding = clock.clone();
    let watch = clock.watch(async move {
        for _ in 0..4 {
            // Two polls of its own, and one for the sleep.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            yielding.sleep(secs(1)).await;
        }
    });
    clock.advance(secs(5));
    watch.assert_ready();
}

#[test]
fn a_length_that_no_duration_holds_is_refused() {
    use unplugged::clock::mins;
    assert_eq!(panic_text(|| _ = mins(u64::MAX)), "so many minutes do not fit into a Duration");
    assert_eq!(panic_text(|| _ = hours(u64::MAX)), "so many hours do not fit into a Duration");
    assert_eq!((mins(2), hours(2)), (secs(120), secs(7200)));
}

#[test]
fn a_test_that_fails_prints_the_seed_of_a_shuffle() {
    const CHILD: &str = "CHILD_OF_A_TEST";
    if std::env::var_os(CHILD).is_some() {
        let clock = FakeClock::new();
        clock.shuffle_ties(unplugged::seed::Seed::new(7));
        panic!("on purpose");
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "clock::misuse::a_test_that_fails_prints_the_seed_of_a_shuffle", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        printed.contains(
            "FakeClock: ties were shuffled with seed 0x7; `shuffle_ties(Seed::new(0x7))` repeats it\n"
        ),
        "{printed}"
    );
}

#[test]
fn its_debug_text_shows_time_timers_and_seed() {
    let clock = FakeClock::new();
    clock.advance(secs(1));
    assert_eq!(format!("{clock:?}"), "FakeClock { now: +1s, pending: [], shuffled_by: None }");
}
