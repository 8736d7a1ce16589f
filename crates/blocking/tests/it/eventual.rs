//! `Eventual`: wait, cancel, original_error.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use unplugged_blocking::{Blocking, WaitError};

use crate::support::{LONG, later, running, settle, until};

#[test]
fn a_wait_returns_the_value_again_and_again() {
    let blocking = running();
    let answer = blocking.run(async { Ok::<_, io::Error>(String::from("42")) });
    assert_eq!(answer.wait(LONG).unwrap(), "42");
    assert_eq!(answer.wait(LONG).unwrap(), "42");
    assert_eq!(answer.wait(Duration::ZERO).unwrap(), "42");
    assert!(answer.is_done());
}

#[test]
fn a_value_that_comes_later_is_waited_for() {
    let blocking = running();
    let (sender, answer) = later(&blocking);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| *answer.wait(LONG).unwrap());
        sender.send(Ok(7)).unwrap();
        assert_eq!(waiting.join().unwrap(), 7);
    });
}

#[test]
fn a_plain_value_needs_no_error_type_of_its_own() {
    let blocking = running();
    let answer = blocking.run(async { Ok::<_, std::convert::Infallible>(7) });
    assert_eq!(*answer.wait(LONG).unwrap(), 7);
}

#[test]
fn a_failure_is_returned_again_and_again_also_when_it_comes_later() {
    let blocking = running();
    let (sender, answer) = later::<()>(&blocking);
    assert!(matches!(answer.wait(Duration::ZERO), Err(WaitError::TimedOut(_))));
    sender.send(Err(io::Error::other("no such page"))).unwrap();
    for _ in 0..2 {
        assert_eq!(answer.wait(LONG).unwrap_err().to_string(), "the operation failed: no such page");
    }
}

#[test]
fn after_its_limit_an_operation_goes_on_and_is_waited_for_again() {
    let blocking = running();
    let (sender, answer) = later(&blocking);
    for _ in 0..2 {
        let error = answer.wait(Duration::from_millis(1)).unwrap_err();
        assert_eq!(error.to_string(), "no result within 1ms");
    }
    sender.send(Ok("done")).unwrap();
    for _ in 0..2 {
        assert_eq!(*answer.wait(LONG).unwrap(), "done");
    }
}

#[test]
fn the_longest_limit_is_none() {
    let blocking = running();
    let answer = blocking.run(async { Ok::<_, io::Error>(1) });
    assert_eq!(*answer.wait(Duration::MAX).unwrap(), 1);
}

#[test]
fn a_result_is_waited_for_by_many_threads() {
    let blocking = running();
    let (sender, answer) = later(&blocking);
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..4).map(|_| scope.spawn(|| *answer.wait(LONG).unwrap())).collect();
        sender.send(Ok(3)).unwrap();
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), 3);
        }
    });
}

#[test]
fn an_operation_runs_on_the_thread_of_the_event_loop() {
    let blocking = running();
    let name = blocking.run(async { Ok::<_, io::Error>(thread::current().name().map(str::to_owned)) });
    assert_eq!(name.wait(LONG).unwrap().as_deref(), Some("unplugged-blocking"));
}

#[test]
fn a_wait_on_the_event_loop_is_refused_also_when_the_value_is_there() {
    let blocking = running();
    let here = blocking.clone();
    let refused = blocking.run(async move {
        let inner = here.run(async { Ok::<_, io::Error>(1) });
        while !inner.is_done() {
            tokio::task::yield_now().await;
        }
        Ok::<_, io::Error>(inner.wait(LONG).unwrap_err().to_string())
    });
    assert_eq!(
        refused.wait(LONG).unwrap(),
        "a wait would block the tasks of this thread, which belongs to a tokio runtime: `.await` the async original \
         here, or wait in `tokio::task::spawn_blocking`"
    );
}

#[tokio::test]
async fn a_wait_is_refused_in_a_task_of_another_runtime_and_allowed_in_its_blocking_pool() {
    let blocking = running();
    let answer = Arc::new(blocking.run(async { Ok::<_, io::Error>(1) }));
    assert!(matches!(answer.wait(LONG), Err(WaitError::OnLoopThread)));
    let there = Arc::clone(&answer);
    let value = tokio::task::spawn_blocking(move || *there.wait(LONG).unwrap()).await.unwrap();
    assert_eq!(value, 1);
}

#[test]
fn a_cancelled_operation_is_dropped_on_the_event_loop() {
    struct Told(mpsc::Sender<Option<String>>);
    impl Drop for Told {
        fn drop(&mut self) {
            let _gone = self.0.send(thread::current().name().map(str::to_owned));
        }
    }
    let blocking = running();
    let (sender, dropped_on) = mpsc::channel();
    let endless = blocking.run(async move {
        let _told = Told(sender);
        std::future::pending::<io::Result<()>>().await
    });
    settle(&blocking);
    endless.cancel();
    for _ in 0..2 {
        assert_eq!(endless.wait(LONG).unwrap_err().to_string(), "the operation was cancelled");
    }
    assert_eq!(dropped_on.recv().unwrap().as_deref(), Some("unplugged-blocking"));
}

#[test]
fn an_operation_that_is_cancelled_at_once_never_runs_on() {
    let blocking = running();
    let has_ended = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&has_ended);
    let endless = blocking.run(async move {
        std::future::pending::<()>().await;
        there.store(true, Ordering::SeqCst);
        Ok::<_, io::Error>(())
    });
    endless.cancel();
    assert!(matches!(endless.wait(LONG), Err(WaitError::Cancelled)));
    assert!(!has_ended.load(Ordering::SeqCst));
}

#[test]
fn a_cancel_after_the_end_changes_nothing() {
    let blocking = running();
    let answer = blocking.run(async { Ok::<_, io::Error>(1) });
    answer.wait(LONG).unwrap();
    answer.cancel();
    assert_eq!(*answer.wait(LONG).unwrap(), 1);
}

#[test]
fn the_original_error_is_the_very_value() {
    #[derive(Debug)]
    struct Refused(u16);
    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "refused with {}", self.0)
        }
    }
    impl std::error::Error for Refused {}

    let blocking = running();
    let failed = blocking.run(async { Err::<(), _>(Refused(403)) });
    let error = failed.wait(LONG).unwrap_err();
    assert_eq!(failed.original_error().unwrap().downcast_ref::<Refused>().unwrap().0, 403);
    assert_eq!(error.original_error().unwrap().downcast_ref::<Refused>().unwrap().0, 403);
}

#[test]
fn there_is_no_original_error_while_it_runs_nor_after_success_a_cancel_or_a_panic() {
    let blocking = running();
    let (sender, answer) = later(&blocking);
    assert!(answer.original_error().is_none());
    sender.send(Ok(1)).unwrap();
    answer.wait(LONG).unwrap();
    assert!(answer.original_error().is_none());

    let (_sender, cancelled) = later::<()>(&blocking);
    cancelled.cancel();
    cancelled.wait(LONG).unwrap_err();
    assert!(cancelled.original_error().is_none());

    let panicked = blocking.run(async { if true { panic!("oh") } else { Ok::<(), io::Error>(()) } });
    panicked.wait(LONG).unwrap_err();
    assert!(panicked.original_error().is_none());
}

#[test]
fn a_panic_comes_across_with_its_text_its_place_and_its_payload() {
    let blocking = running();
    let line = line!() + 2;
    let panicked =
        blocking.run(async { if true { std::panic::panic_any(17_u8) } else { Ok::<(), io::Error>(()) } });
    let Err(WaitError::Panicked(panic)) = panicked.wait(LONG) else { panic!("it panics") };
    assert_eq!(panic.message(), "a payload that is no text");
    assert!(panic.location().unwrap().contains(&format!("tests/it/eventual.rs:{line}:")), "{panic}");
    let payload = catch_unwind(AssertUnwindSafe(|| panic.resume())).unwrap_err();
    assert_eq!(payload.downcast_ref::<u8>(), Some(&17));
    // The payload is given once, the text always.
    let payload = catch_unwind(AssertUnwindSafe(|| panic.resume())).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "a payload that is no text");
}

#[test]
fn the_event_loop_survives_a_panic() {
    let blocking = running();
    let panicked = blocking.run(async { if true { panic!("oh {}", 1) } else { Ok::<(), io::Error>(()) } });
    let error = panicked.wait(LONG).unwrap_err().to_string();
    assert!(error.starts_with("the operation panicked: oh 1 (at "), "{error}");
    assert_eq!(*blocking.run(async { Ok::<_, io::Error>(1) }).wait(LONG).unwrap(), 1);
}

#[test]
fn an_interrupt_ends_the_waits_that_are_under_way_and_no_later_one() {
    let blocking = running();
    let (sender, answer) = later(&blocking);
    let begun = Mutex::new(0);
    thread::scope(|scope| {
        let wait = || {
            *begun.lock().unwrap() += 1;
            answer.wait(LONG).unwrap_err().to_string()
        };
        let waiting = [scope.spawn(wait), scope.spawn(wait)];
        until(|| *begun.lock().unwrap() == 2);
        // A thread may not have got from `begun` to its wait yet.
        until(|| {
            blocking.interrupt();
            waiting.iter().all(thread::ScopedJoinHandle::is_finished)
        });
        for thread in waiting {
            assert_eq!(
                thread.join().unwrap(),
                "the wait was interrupted; the operation of an `Eventual` goes on"
            );
        }
    });
    sender.send(Ok(1)).unwrap();
    assert_eq!(*answer.wait(LONG).unwrap(), 1);
}

#[test]
fn a_wait_without_an_event_loop_says_so() {
    let never = Blocking::new().run(async { Ok::<_, io::Error>(1) });
    assert_eq!(
        never.wait(LONG).unwrap_err().to_string(),
        "no event loop runs: call `setup` first, and no `stop` before this call"
    );
    never.cancel();
    assert!(!never.is_done());
}

#[test]
fn its_debug_form_says_how_it_stands_and_where_it_was_started() {
    let blocking = running();
    let (sender, answer) = later::<u8>(&blocking);
    assert!(format!("{answer:?}").starts_with("Eventual { state: \"pending\", started_at: \""));
    sender.send(Ok(1)).unwrap();
    answer.wait(LONG).unwrap();
    assert!(format!("{answer:?}").contains("succeeded"));
    assert!(answer.started_at().file().ends_with("support.rs"));
}
