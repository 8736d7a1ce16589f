//! What `outcome` says when it is misused, word for word.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    task::Poll,
};

use unplugged::{
    clock::{FakeClock, nanos, secs},
    outcome::{self, Watch, promise},
};

use super::everywhere;
use crate::clock::panic_text;

/// Wakes itself at each poll.
fn restless() -> impl Future<Output = ()> + Send {
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

#[test]
fn a_future_that_is_never_idle_is_reported_each_time_it_is_asked() {
    let watch = outcome::watch(restless()).named("spin");
    for _ in 0..2 {
        assert_eq!(
            panic_text(|| watch.assert_pending()),
            "`spin` is never idle: it woke itself more than 100000 times in a row\n  \
             next     let it wait for something between two rounds"
        );
    }
}

#[test]
fn a_future_that_asks_about_itself_is_pending() {
    let own: Rc<RefCell<Option<Rc<Watch<bool>>>>> = Rc::default();
    let seen = Rc::clone(&own);
    let watch = Rc::new(outcome::watch(async move {
        let watch = seen.borrow().clone().unwrap();
        watch.check_pending().is_ok() && !watch.is_lost()
    }));
    *own.borrow_mut() = Some(Rc::clone(&watch));
    assert!(watch.assert_ready(), "while it runs it is neither done nor lost");
    own.borrow_mut().take();
}

#[test]
fn a_question_from_inside_a_future_of_the_clock_is_refused_where_nobody_can_know() {
    let clock = FakeClock::new();
    let inner = clock.clone();
    let outer =
        clock.watch(async move { inner.watch(async {}).check_ready().map(drop).map_err(|v| v.to_string()) });
    assert_eq!(
        outer.assert_failure().lines().nth(1),
        Some("  next     ask when the clock stands: not from inside a callback or a future that it runs")
    );
}

#[test]
fn what_is_done_answers_also_from_inside() {
    let clock = FakeClock::new();
    let inner = clock.clone();
    let (promise, future) = promise::<bool, ()>();
    let told = clock.watch(future);
    let _ = clock.call_later(nanos(0), move || {
        let idle = inner.watch(std::future::pending::<()>());
        promise.succeed(idle.check_ready().is_err());
    });
    clock.advance(nanos(0));
    assert_eq!(told.assert_success(), &true);
}

#[test]
fn questions_can_be_asked_while_panicking() {
    /// Asks in its destructor.
    struct Asks(Watch<u32>);
    impl Drop for Asks {
        fn drop(&mut self) {
            assert_eq!(self.0.assert_ready(), &1);
        }
    }
    let all = everywhere(|| async { 1 });
    let text = panic_text(|| {
        let _guards = all.0.map(Asks);
        panic!("boom");
    });
    assert_eq!(text, "boom");
    drop(all.1);
}

#[test]
fn a_promise_can_be_kept_and_dropped_while_panicking() {
    struct Keeps(Option<outcome::Promise<u32, ()>>);
    impl Drop for Keeps {
        fn drop(&mut self) {
            self.0.take().unwrap().succeed(1);
        }
    }
    let (kept, answer) = promise::<u32, ()>();
    let (dropped, lost) = promise::<u32, ()>();
    let text = panic_text(|| {
        let _owned = (Keeps(Some(kept)), dropped);
        panic!("boom");
    });
    assert_eq!(text, "boom");
    assert_eq!(outcome::watch(answer).assert_success(), &1);
    assert!(outcome::watch(lost).is_lost());
}

#[test]
fn a_clock_can_be_moved_while_panicking() {
    struct Moves(FakeClock);
    impl Drop for Moves {
        fn drop(&mut self) {
            self.0.advance(secs(1));
        }
    }
    let clock = FakeClock::new();
    let called = std::sync::Arc::new(());
    let held = std::sync::Arc::clone(&called);
    let _ = clock.call_later(secs(1), move || drop(held));
    let moved = clock.clone();
    catch_unwind(AssertUnwindSafe(|| {
        let _guard = Moves(moved);
        panic!("boom");
    }))
    .unwrap_err();
    assert_eq!(std::sync::Arc::strong_count(&called), 1);
}

#[test]
fn a_question_polls_as_often_as_the_limit_says_and_no_more() {
    for (wakes, is_fine) in [(100_000, true), (100_001, false)] {
        let mut left = wakes;
        let watch = outcome::watch(std::future::poll_fn(move |cx| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        let asked = catch_unwind(AssertUnwindSafe(|| watch.check_ready().is_ok()));
        assert_eq!(asked.is_ok_and(|is_ready| is_ready), is_fine, "{wakes} wakes");
    }
}
