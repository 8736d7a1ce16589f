//! `promise()`: both of its ends.

use std::sync::Arc;

use tokio_test::{assert_pending, assert_ready, assert_ready_err, assert_ready_ok, task};
use unplugged::outcome::{self, promise};

use crate::clock::panic_text;

#[test]
fn it_is_completed_before_or_after_the_first_poll() {
    let (promise, future) = promise::<u32, ()>();
    promise.succeed(1);
    assert_eq!(assert_ready_ok!(task::spawn(future).poll()), 1);

    let (promise, future) = outcome::promise::<(), &str>();
    let mut future = task::spawn(future);
    assert_pending!(future.poll());
    promise.fail("refused");
    assert!(future.is_woken());
    assert_eq!(assert_ready_err!(future.poll()), "refused");
}

#[test]
fn a_dropped_promise_wakes_nobody_and_leaves_its_future_pending() {
    let (promise, future) = promise::<(), ()>();
    let mut future = task::spawn(future);
    assert_pending!(future.poll());
    drop(promise);
    assert!(!future.is_woken());
    assert_pending!(future.poll());
}

#[test]
fn the_waker_of_the_last_poll_is_woken() {
    let (promise, future) = promise::<(), ()>();
    let mut future = Box::pin(future);
    let (mut first, mut second) = (task::spawn(()), task::spawn(()));
    first.enter(|cx, _| assert_pending!(future.as_mut().poll(cx)));
    second.enter(|cx, _| assert_pending!(future.as_mut().poll(cx)));
    promise.succeed(());
    assert!(!first.is_woken());
    assert!(second.is_woken());
}

#[test]
fn a_promise_knows_that_its_consumer_is_gone_and_gives_a_late_outcome_back() {
    let (promise, future) = promise::<u32, ()>();
    assert!(!promise.is_dropped());
    drop(future);
    assert!(promise.is_dropped());
    let late: Result<u32, ()> = promise.complete(Ok(5)).unwrap_err();
    assert_eq!(late, Ok(5));
}

#[test]
fn a_late_outcome_can_be_swallowed() {
    let (succeeds, future) = promise::<Arc<()>, ()>();
    drop(future);
    let value = Arc::new(());
    succeeds.succeed(Arc::clone(&value));
    assert_eq!(Arc::strong_count(&value), 1, "it is dropped with the promise");
}

#[test]
fn a_consumer_that_goes_after_the_completion_takes_the_outcome_with_it() {
    let (promise, future) = promise::<Arc<()>, ()>();
    let value = Arc::new(());
    promise.complete(Ok(Arc::clone(&value))).unwrap();
    drop(future);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn it_can_be_completed_on_another_thread() {
    let (promise, future) = promise::<u32, ()>();
    let watch = outcome::watch(future);
    watch.assert_pending();
    std::thread::spawn(move || promise.succeed(1)).join().unwrap();
    assert_eq!(watch.assert_success(), &1);
}

#[test]
fn polled_again_after_it_was_ready_it_panics_and_says_where_it_was_made() {
    let (promise, future) = promise::<(), ()>();
    let made = line!() - 1;
    promise.succeed(());
    let mut future = Box::pin(future);
    assert_ready!(task::spawn(future.as_mut()).poll()).unwrap();
    let text = panic_text(|| _ = task::spawn(future.as_mut()).poll());
    assert_eq!(
        text,
        format!(
            "a promised future was polled again after it was ready, made at tests/it/outcome/promises.rs:{made}:29"
        )
    );
}

#[test]
fn both_ends_show_their_state() {
    let (promise, future) = promise::<(), ()>();
    let made = line!() - 1;
    let place = format!("tests/it/outcome/promises.rs:{made}:29");
    assert_eq!(format!("{promise:?}"), "Promise { is_dropped: false }");
    assert_eq!(format!("{future:?}"), format!("Promised {{ made_at: {place}, .. }}"));
}
