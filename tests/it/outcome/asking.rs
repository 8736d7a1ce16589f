//! Questions to a `Watch`, and their answers.

use std::sync::Arc;

use tokio_test::{assert_pending, assert_ready_eq, task};
use unplugged::{
    Sim,
    clock::{ClockExt, FakeClock, secs},
    outcome::{self, promise},
};

use super::everywhere;

async fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

#[test]
fn a_success_is_given_everywhere() {
    let all = everywhere(|| parse("12"));
    for watch in &all.0 {
        assert_eq!(watch.assert_success(), &12);
        assert_eq!(watch.assert_ready(), &Ok(12));
        watch.check_failure().unwrap_err();
        watch.check_pending().unwrap_err();
    }
}

#[test]
fn a_failure_is_given_everywhere() {
    let all = everywhere(|| parse("twelve"));
    for watch in &all.0 {
        assert_eq!(watch.assert_failure().to_string(), "invalid digit found in string");
        watch.check_success().unwrap_err();
        watch.check_pending().unwrap_err();
    }
}

#[test]
fn what_is_pending_is_neither_success_nor_failure_everywhere() {
    let all = everywhere(std::future::pending::<Result<(), ()>>);
    for watch in &all.0 {
        watch.assert_pending();
        watch.check_success().unwrap_err();
        watch.check_failure().unwrap_err();
        watch.check_ready().unwrap_err();
    }
}

#[test]
fn asking_does_not_consume() {
    let all = everywhere(|| async { Ok::<_, ()>(Arc::new(5)) });
    for watch in &all.0 {
        let first = watch.assert_success();
        assert!(std::ptr::eq(first, watch.assert_success()), "the very same value");
        assert!(std::ptr::eq(first, watch.assert_ready().as_ref().unwrap()));
        assert_eq!(Arc::strong_count(first), 1);
    }
}

#[test]
fn a_failed_question_changes_nothing() {
    let all = everywhere(|| async { Err::<(), _>("refused") });
    for watch in &all.0 {
        for _ in 0..2 {
            watch.check_pending().unwrap_err();
            watch.check_success().unwrap_err();
        }
        assert_eq!(watch.assert_failure(), &"refused");
    }
}

#[test]
fn a_pending_answer_leaves_a_later_success_and_a_later_failure_untouched() {
    for outcome in [Ok(7), Err("refused")] {
        let (promise, future) = promise::<u32, &str>();
        let watch = outcome::watch(future);
        watch.assert_pending();
        watch.assert_pending();
        promise.complete(outcome).unwrap();
        assert_eq!(watch.into_output(), outcome);
    }
}

#[test]
fn a_watch_by_hand_polls_at_each_question_and_only_if_woken() {
    let polls = Arc::new(());
    let counted = Arc::clone(&polls);
    let (promise, future) = promise::<(), ()>();
    let mut future = Box::pin(future);
    let mut seen = Vec::new();
    let watch = outcome::watch(std::future::poll_fn(move |cx| {
        seen.push(Arc::clone(&counted));
        future.as_mut().poll(cx)
    }));
    assert_eq!(Arc::strong_count(&polls), 2, "not polled before the first question");
    watch.assert_pending();
    watch.assert_pending();
    assert_eq!(Arc::strong_count(&polls), 3, "polled once");
    promise.succeed(());
    watch.assert_success();
    assert_eq!(Arc::strong_count(&polls), 1, "a future that is done is dropped");
}

#[test]
fn a_future_that_wakes_itself_runs_on_at_once() {
    let watch = outcome::watch(async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    });
    watch.assert_ready();
}

#[test]
fn a_clock_polls_at_once_and_at_each_question() {
    let clock = FakeClock::new();
    let (promise, future) = promise::<u32, ()>();
    let watch = clock.watch(future);
    promise.succeed(1);
    assert_eq!(watch.assert_success(), &1);
}

#[test]
fn a_sim_settles_at_each_question() {
    let sim = Sim::new();
    let (promise, future) = promise::<u32, ()>();
    let watch = sim.watch(future);
    watch.assert_pending();
    promise.succeed(1);
    assert_eq!(watch.assert_success(), &1);
}

#[test]
fn a_second_opinion_agrees_on_every_step() {
    let (ours, future) = promise::<u32, ()>();
    let watch = outcome::watch(future);
    let (theirs, future) = promise::<u32, ()>();
    let mut spawned = task::spawn(future);

    watch.assert_pending();
    assert_pending!(spawned.poll());
    assert!(!spawned.is_woken());

    ours.succeed(3);
    theirs.succeed(3);
    assert!(spawned.is_woken());
    assert_eq!(watch.assert_ready(), &Ok(3));
    assert_ready_eq!(spawned.poll(), Ok(3));
}

#[test]
fn dropping_a_watch_drops_what_it_owns_and_nothing_else() {
    let clock = FakeClock::new();
    let (inner, future) = promise::<(), ()>();
    let (other, kept) = promise::<(), ()>();
    let outer = clock.watch({
        let clock = clock.clone();
        async move { clock.timeout(secs(5), future).await }
    });
    let kept = clock.watch(kept);
    drop(outer);
    assert!(inner.is_dropped());
    assert!(!other.is_dropped());
    assert!(clock.pending().is_empty());
    kept.assert_pending();
}

#[test]
fn an_error_is_not_ready() {
    let super::Everywhere(watches, _sim) = everywhere(|| async { Err::<(), _>("failed") });
    for watch in watches {
        let watch = watch.named("answer");
        let text = watch.check_ready().unwrap_err().to_string();
        assert_eq!(
            text.lines().take(3).collect::<Vec<_>>(),
            [
                "`answer` is done, and failed",
                "  error    \"failed\"",
                "  next     ask for the error with `assert_failure()`, or take the output as it is with `into_output()`",
            ]
        );
        assert_eq!(watch.assert_failure(), &"failed");
        assert_eq!(watch.into_output(), Err("failed"));
    }
}
