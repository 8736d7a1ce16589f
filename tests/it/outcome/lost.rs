//! Futures that nobody can wake any more.

use std::{
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use unplugged::{
    clock::{ClockExt, FakeClock, secs},
    outcome::{self, promise},
};

use super::{everywhere, forgets_its_waker};

#[test]
fn a_future_whose_waker_is_gone_is_lost_everywhere() {
    let all = everywhere(forgets_its_waker);
    for watch in &all.0 {
        watch.assert_pending();
        assert!(watch.is_lost());
    }
}

#[test]
fn a_future_that_waits_for_a_timer_is_not_lost() {
    let clock = FakeClock::new();
    let watch = clock.watch(clock.sleep(secs(1)));
    assert!(!watch.is_lost());
}

#[test]
fn a_future_that_is_done_is_not_lost() {
    let all = everywhere(|| async {});
    assert!(all.0.iter().all(|watch| !watch.is_lost()));
}

#[test]
fn a_dropped_promise_loses_its_future_before_and_after_the_first_poll() {
    let (promise, future) = promise::<(), ()>();
    let watch = outcome::watch(future);
    assert!(!watch.is_lost());
    drop(promise);
    assert!(watch.is_lost());
    watch.assert_pending();

    let (promise, future) = outcome::promise::<(), ()>();
    drop(promise);
    assert!(outcome::watch(future).is_lost());
}

#[test]
fn a_future_that_keeps_its_own_waker_is_not_called_lost() {
    let mut own: Vec<Waker> = Vec::new();
    let watch = outcome::watch(std::future::poll_fn(move |cx| {
        own.push(cx.waker().clone());
        Poll::<()>::Pending
    }));
    watch.assert_pending();
    assert!(!watch.is_lost());
}

#[test]
fn a_future_is_dropped_with_its_watch_though_its_waker_is_kept() {
    let (clock, owned, waker) = (FakeClock::new(), Arc::new(()), Arc::<Mutex<Option<Waker>>>::default());
    let (held, kept) = (Arc::clone(&owned), Arc::clone(&waker));
    let watch = clock.watch(std::future::poll_fn(move |cx| {
        *kept.lock().unwrap() = Some(cx.waker().clone());
        if Arc::strong_count(&held) > 1 { Poll::<()>::Pending } else { Poll::Ready(()) }
    }));
    drop(watch);
    assert_eq!(Arc::strong_count(&owned), 1);
    waker.lock().unwrap().take().unwrap().wake();
    clock.advance(secs(1));
}

#[test]
fn an_answer_is_dropped_with_its_watch_and_its_clock_though_it_was_woken_again() {
    let (clock, owned, waker) = (FakeClock::new(), Arc::new(()), Arc::<Mutex<Option<Waker>>>::default());
    let (held, kept) = (Arc::clone(&owned), Arc::clone(&waker));
    let watch = clock.watch(std::future::poll_fn(move |cx| {
        *kept.lock().unwrap() = Some(cx.waker().clone());
        Poll::Ready(Arc::clone(&held))
    }));
    watch.assert_ready();
    waker.lock().unwrap().take().unwrap().wake();
    drop((watch, clock));
    assert_eq!(Arc::strong_count(&owned), 1);
}
