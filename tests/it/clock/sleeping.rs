//! Sleep, timeout and interval.

use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio_test::{assert_pending, assert_ready, task};
use unplugged::{
    clock::{
        Clock, ClockExt, Elapsed, FakeClock, Interval, MissedTickBehavior, Sleep, SystemClock, TokioClock,
        hours, millis, nanos, secs,
    },
    outcome::{self, promise},
};

use super::panic_text;

#[test]
fn a_sleep_is_ready_at_its_deadline_and_not_before() {
    let clock = FakeClock::new();
    let mut sleep = task::spawn(clock.sleep(secs(1)));
    assert_pending!(sleep.poll());
    clock.advance(secs(1) - nanos(1));
    assert!(!sleep.is_woken());
    assert_pending!(sleep.poll());
    clock.advance(nanos(1));
    assert!(sleep.is_woken());
    assert_ready!(sleep.poll());
    assert_ready!(sleep.poll());
}

#[test]
fn a_sleep_into_the_past_is_ready_at_once() {
    let clock = FakeClock::new();
    let then = clock.now();
    clock.advance(secs(1));
    assert_ready!(task::spawn(clock.sleep_until(then)).poll());
    assert_ready!(task::spawn(clock.sleep(nanos(0))).poll());
    assert!(clock.pending().is_empty());
}

#[test]
fn a_sleep_counts_from_when_it_was_made() {
    let clock = FakeClock::new();
    let sleep = clock.sleep(secs(1)).named("nap");
    assert_eq!(clock.pending()[0].name(), Some("nap"));
    clock.advance(secs(1));
    assert_ready!(task::spawn(sleep).poll());
}

#[test]
fn a_dropped_sleep_leaves_nothing_behind() {
    let clock = FakeClock::new();
    drop(clock.sleep(secs(1)));
    assert!(clock.pending().is_empty());
}

#[test]
fn the_waker_of_the_last_poll_is_woken() {
    let clock = FakeClock::new();
    let mut sleep = Box::pin(clock.sleep(secs(1)));
    let mut first = task::spawn(());
    let mut second = task::spawn(());
    first.enter(|cx, _| assert!(sleep.as_mut().poll(cx).is_pending()));
    second.enter(|cx, _| assert!(sleep.as_mut().poll(cx).is_pending()));
    clock.advance(secs(1));
    assert!(!first.is_woken());
    assert!(second.is_woken());
}

#[test]
fn sleeps_without_delay_let_others_run() {
    let clock = FakeClock::new();
    let opened = Arc::new(AtomicBool::new(false));
    let (knock, knocked) = promise::<(), ()>();
    let (waiting, seen) = (clock.clone(), Arc::clone(&opened));
    let _opens = clock.watch(async move {
        knocked.await.unwrap();
        opened.store(true, Ordering::Relaxed);
    });
    let waits = clock.watch(async move {
        knock.succeed(());
        while !seen.load(Ordering::Relaxed) {
            waiting.sleep(nanos(0)).await;
        }
    });
    waits.assert_ready();
}

#[test]
fn of_many_sleeps_that_are_due_one_is_ready_at_its_second_poll() {
    let clock = FakeClock::new();
    let ready =
        (1..=300).map(|_| task::spawn(clock.sleep(nanos(0)))).map(|mut sleep| sleep.poll().is_ready());
    let late: Vec<usize> =
        ready.enumerate().filter(|(_, ready)| !ready).map(|(index, _)| index + 1).collect();
    assert_eq!(late, [128, 256]);
    let mut again = task::spawn(clock.sleep(nanos(0)));
    assert_ready!(again.poll());
}

#[test]
fn a_timeout_gives_the_result_that_comes_in_time() {
    let clock = FakeClock::new();
    let (promise, future) = promise::<u32, ()>();
    let watch = clock.watch(clock.timeout(secs(5), future));
    clock.advance(secs(4));
    promise.succeed(7);
    assert_eq!(watch.assert_success(), &Ok(7));
    drop(watch);
    assert!(clock.pending().is_empty());
}

#[test]
fn a_result_at_the_deadline_is_in_time() {
    let clock = FakeClock::new();
    let in_time = clock.timeout(secs(5), clock.sleep(secs(5)));
    let watch = clock.watch(in_time);
    clock.advance(secs(5));
    watch.assert_success();
}

#[test]
fn a_timeout_ends_at_its_limit_and_drops_the_future_with_itself() {
    let clock = FakeClock::new();
    let (promise, future) = promise::<(), ()>();
    let limited = clock.timeout(secs(5), future).named("limit");
    let watch = clock.watch(async move { limited.await.map(drop).map_err(io::Error::from) });
    clock.advance(secs(5) - nanos(1));
    watch.assert_pending();
    clock.advance(nanos(1));
    let error = watch.assert_failure();
    assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::TimedOut, "not done within 5s".to_owned()));
    assert!(promise.is_dropped());
}

#[test]
fn an_elapsed_limit_tells_its_length() {
    let clock = FakeClock::new();
    let watch = clock.watch(clock.timeout(millis(1), std::future::pending::<()>()));
    clock.advance(secs(1));
    let elapsed: &Elapsed = watch.assert_failure();
    assert_eq!(elapsed.limit(), millis(1));
}

fn ticks(clock: &FakeClock, behavior: MissedTickBehavior, pause: u64) -> outcome::Watch<Vec<Duration>> {
    let ticking = clock.clone();
    clock.watch(async move {
        let mut interval = ticking.interval(secs(10));
        interval.set_missed_tick_behavior(behavior);
        let mut seen = Vec::new();
        for round in 0..5 {
            interval.tick().await;
            seen.push(ticking.since_start());
            if round == 1 {
                ticking.sleep(secs(pause)).await; // late for what comes next
            }
        }
        seen
    })
}

#[test]
fn an_interval_does_with_late_ticks_what_tokio_does() {
    use MissedTickBehavior::{Burst, Delay, Skip};
    for (behavior, expected) in
        [(Burst, [0, 10, 35, 35, 40]), (Delay, [0, 10, 35, 45, 55]), (Skip, [0, 10, 35, 40, 50])]
    {
        let clock = FakeClock::new();
        let ours = ticks(&clock, behavior, 25);
        clock.advance(secs(100));
        assert_eq!(ours.assert_ready(), &expected.map(secs), "{behavior:?}");
        assert_eq!(tokio_ticks(behavior), expected.map(secs), "tokio's {behavior:?}");
    }
}

/// The same with tokio's own interval.
fn tokio_ticks(behavior: MissedTickBehavior) -> Vec<Duration> {
    unplugged::Sim::new().run(async move {
        let begun = tokio::time::Instant::now();
        let mut interval = tokio::time::interval(secs(10));
        interval.set_missed_tick_behavior(match behavior {
            MissedTickBehavior::Burst => tokio::time::MissedTickBehavior::Burst,
            MissedTickBehavior::Delay => tokio::time::MissedTickBehavior::Delay,
            MissedTickBehavior::Skip => tokio::time::MissedTickBehavior::Skip,
        });
        let mut seen = Vec::new();
        for round in 0..5 {
            interval.tick().await;
            seen.push(begun.elapsed());
            if round == 1 {
                tokio::time::sleep(secs(25)).await;
            }
        }
        seen
    })
}

#[test]
fn an_interval_of_nothing_is_refused() {
    let clock = FakeClock::new();
    assert_eq!(panic_text(|| drop(clock.interval(nanos(0)))), "`interval` needs a period longer than zero");
}

#[test]
fn the_real_clock_sleeps_at_least_that_long() {
    let begun = SystemClock.now();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(SystemClock.sleep(millis(3)));
    assert!(SystemClock.since(begun) >= millis(3));
}

#[tokio::test(start_paused = true)]
async fn the_tokio_clock_goes_with_the_runtime() {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
    let wall = clock.system_time();
    clock.sleep(secs(3600)).await;
    assert_eq!(clock.since_start(), secs(3600));
    assert_eq!(clock.system_time().duration_since(wall).unwrap(), secs(3600));
}

#[test]
fn a_timeout_gives_the_failure_that_comes_in_time() {
    let clock = FakeClock::new();
    let (promise, future) = promise::<(), &str>();
    let watch = clock.watch(clock.timeout(secs(5), future));
    promise.fail("refused");
    assert_eq!(watch.into_output(), Ok(Err("refused")));
    assert!(clock.pending().is_empty());
}

#[test]
fn a_limit_can_be_turned_into_any_result() {
    let clock = FakeClock::new();
    let limited = clock.timeout(secs(5), std::future::pending::<u32>());
    let watch = clock.watch(async { Ok::<_, Elapsed>(limited.await.unwrap_or(0)) });
    clock.advance(secs(5));
    assert_eq!(watch.assert_success(), &0);
}

#[test]
fn a_dropped_timeout_drops_its_future_and_its_timer() {
    let clock = FakeClock::new();
    let (promise, future) = promise::<(), ()>();
    let watch = clock.watch(clock.timeout(secs(5), future));
    drop(watch);
    assert!(promise.is_dropped());
    assert!(clock.pending().is_empty());
}

#[test]
fn a_limit_of_nothing_lets_through_what_is_ready() {
    let clock = FakeClock::new();
    assert_eq!(assert_ready!(task::spawn(clock.timeout(nanos(0), async { 1 })).poll()), Ok(1));
    let late = assert_ready!(task::spawn(clock.timeout(nanos(0), std::future::pending::<()>())).poll());
    assert_eq!(late.unwrap_err().to_string(), "not done within 0ns");
}

#[test]
fn a_sleep_past_the_end_of_the_timeline_never_ends() {
    let end = nanos(i64::MAX.unsigned_abs());
    for begun_at in [nanos(0), secs(1)] {
        for beyond in
            [end - begun_at + nanos(1), nanos(u64::MAX), Duration::from_secs(u64::MAX), Duration::MAX]
        {
            let clock = FakeClock::new();
            clock.advance(begun_at);
            let made = line!() + 1;
            let sleep = clock.watch(clock.sleep(beyond).named("long"));
            assert_eq!(clock.pending(), [], "it waits for no deadline");
            clock.run_until_idle();
            clock.advance(end - begun_at);
            let waits =
                format!("timer `long`, without a deadline, made at tests/it/clock/sleeping.rs:{made}:43");
            assert_eq!(sleep.check_ready().unwrap_err().detail("waits"), Some(&*waits));
        }
    }
}

#[test]
fn a_sleep_until_the_last_nanosecond_of_the_timeline_ends_there() {
    let clock = FakeClock::new();
    let end = nanos(i64::MAX.unsigned_abs());
    let sleep = clock.watch(clock.sleep(end));
    clock.advance(end - nanos(1));
    sleep.assert_pending();
    clock.advance(nanos(1));
    sleep.assert_ready();
}

#[test]
fn the_longest_duration_is_no_limit() {
    let clock = FakeClock::new();
    clock.advance(secs(1)); // so that adding overflows
    let limited = clock.watch(clock.timeout(Duration::MAX, clock.sleep(secs(3))));
    let stuck = clock.watch(clock.timeout(Duration::MAX, std::future::pending::<()>()));
    clock.advance(hours(24));
    limited.assert_success();
    stuck.assert_pending();
    let sleep = clock.sleep(Duration::MAX);
    assert!(format!("{sleep:?}").contains("due: never"), "{sleep:?}");

    let real = outcome::watch(SystemClock.timeout(Duration::MAX, std::future::pending::<()>()));
    real.assert_pending();
    drop(outcome::watch(SystemClock.sleep(Duration::MAX)));
}

/// Work that is done later, and can be called off.
async fn later<T>(clock: FakeClock, work: impl FnOnce() -> T) -> T {
    clock.sleep(secs(5)).await;
    work()
}

#[test]
fn work_after_a_sleep_is_done_at_exactly_its_deadline() {
    let clock = FakeClock::new();
    let now = clock.clone();
    let watch = clock.watch(later(clock.clone(), move || Ok::<_, ()>(now.since_start())));
    clock.advance(secs(5) - nanos(1));
    watch.assert_pending();
    clock.advance(secs(60));
    assert_eq!(watch.assert_success(), &secs(5));
}

#[test]
fn work_that_fails_after_a_sleep_is_a_failure() {
    let clock = FakeClock::new();
    let watch = clock.watch(later(clock.clone(), || "x".parse::<u32>()));
    clock.advance(secs(5));
    watch.assert_failure();
}

#[test]
fn work_that_is_called_off_is_never_done_and_leaves_no_timer() {
    let clock = FakeClock::new();
    let watch = clock.watch(later(clock.clone(), || unreachable!("it was called off")));
    clock.advance(secs(4));
    drop::<outcome::Watch<()>>(watch);
    assert!(clock.pending().is_empty());
    clock.advance(secs(5));
}

#[test]
fn an_interval_that_is_dropped_or_fails_leaves_no_timer() {
    let clock = FakeClock::new();
    let ticking = clock.clone();
    let fails = clock.watch(async move {
        let mut ticks = ticking.interval(secs(10));
        ticks.tick().await;
        ticks.tick().await;
        Err::<(), _>("refused")
    });
    assert_eq!(clock.pending().len(), 1);
    clock.advance(secs(10));
    assert_eq!(fails.assert_failure(), &"refused");
    assert!(clock.pending().is_empty());
}

#[test]
fn an_intervals_timers_keep_its_name_its_mark_and_the_place_where_it_was_made() {
    let clock = FakeClock::new();
    let ticking = clock.clone();
    let made = line!() + 2;
    let _beat = clock.watch(async move {
        let mut ticks = ticking.interval(secs(10)).named("keep-alive").background();
        for _ in 0..3 {
            ticks.tick().await;
        }
        ticks.reset();
        ticks.tick().await;
    });
    let expected = |due: &str| {
        format!(
            "timer `keep-alive`, due at {due}, in the background, made at tests/it/clock/sleeping.rs:{made}:33"
        )
    };
    for due in ["+10s", "+20s"] {
        assert_eq!(clock.pending()[0].to_string(), expected(due));
        assert_eq!(clock.run_until_idle(), nanos(0));
        clock.advance(secs(10));
    }
    assert_eq!(clock.pending()[0].to_string(), expected("+30s"));
}

#[test]
fn a_tick_that_is_dropped_before_it_is_ready_is_not_lost() {
    let clock = FakeClock::new();
    let mut ticks = clock.interval(secs(10));
    assert_ready!(task::spawn(ticks.tick()).poll());
    assert_pending!(task::spawn(ticks.tick()).poll());
    clock.advance(secs(10));
    assert_eq!(assert_ready!(task::spawn(ticks.tick()).poll()), clock.now());
}

#[test]
fn an_interval_that_is_reset_ticks_one_period_later() {
    let clock = FakeClock::new();
    let mut ticks = clock.interval(secs(10));
    assert_ready!(task::spawn(ticks.tick()).poll());
    clock.advance(secs(7));
    ticks.reset();
    assert_eq!(clock.pending()[0].due, secs(17));
}

#[test]
fn a_period_past_the_end_of_the_timeline_ticks_once() {
    let clock = FakeClock::new();
    clock.advance(secs(1));
    let mut ticks = clock.interval(Duration::MAX);
    assert!(task::spawn(ticks.tick()).poll().is_ready());
    let second = clock.watch(async move { ticks.tick().await });
    clock.advance(hours(24));
    second.assert_pending();
}

#[test]
fn an_interval_can_begin_later_and_owns_its_clock() {
    let clock: Arc<dyn Clock> = Arc::new(FakeClock::new());
    let fake = FakeClock::new();
    fn ticks_of(clock: impl Clock + Clone + 'static, start: Instant) -> impl Future<Output = Vec<Duration>> {
        let mut ticks = clock.interval_at(start, secs(10));
        async move {
            let mut seen = Vec::new();
            for _ in 0..3 {
                seen.push(ticks.tick().await - clock.start());
            }
            seen
        }
    }
    let later = fake.watch(ticks_of(fake.clone(), fake.now() + secs(3)));
    fake.advance(secs(5));
    let past = fake.watch(ticks_of(fake.clone(), fake.now() - secs(4)));
    fake.advance(secs(60));
    assert_eq!(later.assert_ready(), &[secs(3), secs(13), secs(23)]);
    assert_eq!(past.assert_ready(), &[secs(1), secs(11), secs(21)]);

    let by_reference: &dyn Clock = &*clock;
    let _ticks = (&by_reference).interval(secs(1));
    let _ticks = clock.interval(secs(1));
}

#[test]
fn the_waits_of_sleeps_show_in_debug_texts() {
    let clock = FakeClock::new();
    let made = line!() + 1;
    let sleep = clock.sleep(millis(5)).named("nap");
    let place = format!("tests/it/clock/sleeping.rs:{made}:23");
    let shown = format!("Sleep {{ name: Some(\"nap\"), due: +5ms, made_at: {place} }}");
    assert_eq!(format!("{sleep:?}"), shown);
    let limited = clock.timeout(secs(1), sleep);
    assert!(
        format!("{limited:?}")
            .starts_with("Timeout { limit: 1s, sleep: Sleep { name: None, due: +1s, made_at: ")
    );
    let ticks = clock.interval(secs(1));
    assert!(
        format!("{ticks:?}")
            .starts_with("Interval { period: 1s, sleep: Sleep { name: None, due: +0ns, made_at: ")
    );
    assert_eq!(format!("{:?}", SystemClock.sleep(secs(1)).named("real").background()), "Sleep { .. }");
}

#[test]
fn a_foreign_sleep_is_ready_again_when_it_was_ready() {
    let clock = FakeClock::new();
    let mut sleep = task::spawn(Sleep::from_future(clock.sleep(secs(1))));
    assert_pending!(sleep.poll());
    clock.advance(secs(1));
    assert_ready!(sleep.poll());
    assert_ready!(sleep.poll());
}

#[test]
fn sleeps_on_the_real_clock_end_in_the_order_of_their_deadlines_and_are_taken_out() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ended = std::sync::Mutex::new(Vec::new());
    let nap = |length: u64| {
        let ended = &ended;
        async move {
            SystemClock.sleep(millis(length)).await;
            ended.lock().unwrap().push(length);
        }
    };
    runtime.block_on(async {
        let mut dropped = task::spawn(SystemClock.sleep(secs(3600)));
        assert_pending!(dropped.poll());
        drop(dropped);
        tokio::join!(nap(30), nap(2), nap(15));
    });
    assert_eq!(*ended.lock().unwrap(), [2, 15, 30]);
}

/// An actor that holds a clock and its beat, as one holds tokio's `Interval`.
struct Heart {
    clock: Arc<dyn Clock>,
    beat: Interval<Arc<dyn Clock>>,
}

#[test]
fn a_struct_may_hold_a_clock_and_its_interval() {
    let fake = FakeClock::new();
    let clock: Arc<dyn Clock> = Arc::new(fake.clone());
    let mut heart = Heart { beat: clock.interval(secs(1)), clock };
    let beats = fake.watch(async move {
        for _ in 0..3 {
            heart.beat.tick().await;
        }
        heart.clock.since_start()
    });
    fake.advance(secs(2));
    assert_eq!(*beats.assert_ready(), secs(2));
}

#[test]
fn an_interval_that_is_reset_ticks_after_the_delay_and_then_on_its_grid() {
    let fake = FakeClock::new();
    let clock = fake.clone();
    let ticks = fake.watch(async move {
        let mut beat = clock.interval(secs(10));
        let mut seen = vec![];
        for delay in [secs(3), secs(0), secs(4)] {
            beat.reset_after(delay);
            for _ in 0..2 {
                beat.tick().await;
                seen.push(clock.since_start().as_secs());
            }
        }
        beat.reset_after(Duration::MAX);
        let never = clock.timeout(secs(3600), beat.tick()).await;
        (seen, never.is_err())
    });
    fake.run_until_idle();
    assert_eq!(*ticks.assert_ready(), (vec![3, 13, 13, 23, 27, 37], true));
}
