//! What a clock says when it is misused, word for word.

use std::time::Duration;

use unplugged::clock::{Clock, ClockExt, FakeClock, FirstCall, hours, nanos, secs};

use super::panic_text;

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
fn a_deadline_past_the_end_of_the_timeline_is_refused() {
    let clock = FakeClock::new();
    let expected = "a deadline 18446744073709551615.999999999s from now lies past the end of the timeline\n  \
                    now      +0ns\n  \
                    next     the timeline holds 292 years; for a wait without end use `std::future::pending`";
    assert_eq!(panic_text(|| drop(clock.call_later(Duration::MAX, || ()))), expected);
    assert_eq!(panic_text(|| drop(clock.sleep(Duration::MAX))), expected);
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
    clock.set_instant_limit(50);
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
    clock.set_instant_limit(50);
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
            watch.pending().unwrap_err().to_string(),
            "`early` was woken and has not run since: nobody can know yet how it went\n  \
             next     ask when the clock stands: not from inside a callback or a future that it runs\n  \
             now      +1s"
        );
    });
    clock.advance(secs(1));
    assert_eq!(clock.since_start(), secs(1));
}
