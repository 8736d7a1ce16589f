//! What a watch says, word for word.

use unplugged::{
    Sim,
    clock::{ClockExt, FakeClock, millis, secs},
    outcome::{self, promise},
    seed::Seed,
};

use super::forgets_its_waker;
use crate::clock::panic_text;

#[test]
fn a_pending_future_says_what_it_waits_for_and_where_that_was_made() {
    let (_promise, future) = promise::<u32, String>();
    let made = line!() - 1;
    let watch = outcome::watch(future).named("answer");
    for (text, wanted) in [
        (panic_text(|| _ = watch.assert_success()), "succeeded"),
        (panic_text(|| _ = watch.assert_failure()), "failed"),
        (panic_text(|| _ = watch.assert_ready()), "finished"),
    ] {
        assert_eq!(
            text,
            format!(
                "`answer` has not {wanted}: it is still pending\n  \
                 waits    promise, made at tests/it/outcome/texts.rs:{made}:30"
            )
        );
    }
}

#[test]
fn a_future_without_a_name_is_known_by_its_place() {
    let watch = outcome::watch(async {});
    let made = line!() - 1;
    assert_eq!(
        panic_text(|| watch.assert_pending()),
        format!("the future watched at tests/it/outcome/texts.rs:{made}:17 is not pending: it is done")
    );
}

#[test]
fn every_leaf_that_a_future_waits_for_is_named() {
    let clock = FakeClock::new();
    let (_promise, future) = promise::<(), ()>();
    let made = line!() - 1;
    let watch = clock.watch(clock.timeout(millis(250), future).named("limit")).named("request");
    assert_eq!(
        panic_text(|| _ = watch.assert_ready()),
        format!(
            "`request` has not finished: it is still pending\n  \
             waits    promise, made at tests/it/outcome/texts.rs:{made}:30\n  \
             waits    timer `limit`, due at +250ms, made at tests/it/outcome/texts.rs:{}:35\n  \
             now      +0ns",
            made + 2
        )
    );
}

#[test]
fn a_foreign_leaf_is_known_by_the_holders_of_the_waker() {
    let (_one, first) = tokio::sync::oneshot::channel::<()>();
    let (_two, second) = tokio::sync::oneshot::channel::<()>();
    let alone = outcome::watch(first).named("alone");
    assert_eq!(
        panic_text(|| _ = alone.assert_ready()),
        "`alone` has not finished: it is still pending\n  \
         waits    an unknown leaf (1 holder of the waker)"
    );
    let (_three, third) = tokio::sync::oneshot::channel::<()>();
    let both = outcome::watch(async { tokio::join!(second, third) }).named("both");
    assert_eq!(
        panic_text(|| _ = both.assert_ready()),
        "`both` has not finished: it is still pending\n  \
         waits    an unknown leaf (2 holders of the waker)"
    );
}

#[test]
fn a_lost_future_says_that_it_can_never_go_on() {
    let watch = outcome::watch(forgets_its_waker()).named("job");
    assert_eq!(
        panic_text(|| _ = watch.assert_ready()),
        "`job` has not finished: it is still pending\n  \
         lost     its waker has no holder any more: it can never go on"
    );
}

#[test]
fn a_failure_shows_the_error() {
    let watch = outcome::watch(async { "x".parse::<u32>() }).named("port");
    assert_eq!(
        panic_text(|| _ = watch.assert_success()),
        "`port` did not succeed: it failed\n  error    ParseIntError { kind: InvalidDigit }"
    );
}

#[test]
fn a_success_shows_the_value() {
    let watch = outcome::watch(async { Ok::<_, ()>(vec![1, 2]) }).named("list");
    assert_eq!(
        panic_text(|| _ = watch.assert_failure()),
        "`list` did not fail: it succeeded\n  value    [1, 2]"
    );
}

#[test]
fn a_panic_goes_on_and_is_the_answer_from_then_on() {
    let watch = outcome::watch(async { if true { panic!("boom") } else { Ok::<(), ()>(()) } }).named("job");
    assert_eq!(panic_text(|| watch.assert_pending()), "boom");
    for (text, wanted) in [
        (panic_text(|| watch.assert_pending()), "stay pending"),
        (panic_text(|| _ = watch.assert_ready()), "finish"),
        (panic_text(|| _ = watch.assert_success()), "succeed"),
        (panic_text(|| _ = watch.assert_failure()), "fail"),
    ] {
        assert_eq!(text, format!("`job` did not {wanted}: it panicked\n  panic    boom"));
    }
}

#[test]
fn a_panic_without_a_text_and_one_with_an_empty_text_say_so() {
    for (silent, said) in [(true, "a panic without a text"), (false, "(nothing)")] {
        let watch = outcome::watch(async move {
            if silent {
                std::panic::panic_any(5);
            }
            panic!("{}", "");
        });
        let watch: outcome::Watch<()> = watch.named("job");
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watch.check_ready().is_ok())).unwrap_err();
        let text = panic_text(|| _ = watch.assert_ready());
        assert_eq!(text, format!("`job` did not finish: it panicked\n  panic    {said}"));
    }
}

#[test]
fn on_a_clock_the_text_has_the_time_and_the_seed_of_a_shuffle() {
    let clock = FakeClock::new();
    let watch = clock.watch(forgets_its_waker()).named("job");
    clock.advance(secs(2));
    let lost = "`job` has not finished: it is still pending\n  \
                lost     its waker has no holder any more: it can never go on\n  \
                now      +2s";
    assert_eq!(panic_text(|| _ = watch.assert_ready()), lost);
    clock.shuffle_ties(Seed::new(7));
    assert_eq!(panic_text(|| _ = watch.assert_ready()), format!("{lost}\n  seed     0x7"));
}

#[test]
fn in_a_sim_the_text_has_the_time_and_the_seed() {
    let sim = Sim::new();
    let watch = sim.watch(async { Err::<(), _>("refused") }).named("job");
    assert_eq!(
        panic_text(|| _ = watch.assert_success()),
        "`job` did not succeed: it failed\n  error    \"refused\"\n  now      +0ns, seed 0x5eed"
    );
}

#[test]
fn its_debug_text_shows_name_and_state_without_polling() {
    let watch = outcome::watch(async {}).named("job");
    assert_eq!(format!("{watch:?}"), "Watch { future: `job`, state: pending, waits: [] }");
    watch.assert_ready();
    assert_eq!(format!("{watch:?}"), "Watch { future: `job`, state: ready, waits: [] }");
}
