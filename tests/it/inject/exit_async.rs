//! The fake exit in futures and tasks.

use std::panic::resume_unwind;

use unplugged::{
    Sim,
    clock::{ClockExt, FakeClock, secs},
    inject::{Exit, FakeExit},
    outcome,
};

use super::panic_text;

#[test]
fn an_exit_after_a_wait_gives_its_code() {
    let clock = FakeClock::new();
    let run = clock.watch({
        let clock = clock.clone();
        FakeExit::run_async(|exit| async move {
            clock.sleep(secs(2)).await;
            exit.exit(3)
        })
    });
    run.assert_pending();
    clock.advance(secs(2));
    run.assert_ready().assert_code(3);
}

#[test]
fn a_future_that_is_done_gives_its_value() {
    let run = outcome::watch(FakeExit::run_async(|_exit| async { 7 }));
    assert_eq!(run.assert_ready().assert_returned(), &7);
}

#[test]
fn a_fake_made_first_is_run_with_catch_async() {
    let fake = FakeExit::new();
    let exit = fake.exit();
    let run = outcome::watch(fake.catch_async(async move { exit.exit(4) }));
    run.assert_ready().assert_code(4);
}

#[test]
fn an_exit_from_a_destructor_of_the_future_gives_its_code() {
    struct Exits(Exit);
    impl Drop for Exits {
        fn drop(&mut self) {
            self.0.exit(5)
        }
    }
    let run = outcome::watch(FakeExit::run_async(|exit| {
        let exits = Exits(exit);
        std::future::poll_fn(move |_| {
            let _ = &exits;
            std::task::Poll::Ready(())
        })
    }));
    run.assert_ready().assert_code(5);
}

#[test]
fn a_panic_in_a_future_stays_a_panic() {
    let run = outcome::watch(FakeExit::run_async(|_exit| async { panic!("on purpose") }));
    let violation = run.assert_ready().check_exited().unwrap_err();
    assert_eq!(violation.detail("panic"), Some("on purpose"));
}

#[test]
fn an_exit_in_a_task_is_noticed() {
    let sim = Sim::new();
    let ended = sim.run(FakeExit::run_async(|exit| async {
        drop(tokio::spawn(async move { exit.exit(3) }).await);
    }));
    assert_eq!(ended.check_exited().unwrap_err().headline(), "the exit was called, and the code went on");
}

#[test]
fn an_exit_that_a_task_hands_back_is_an_exit() {
    let sim = Sim::new();
    let ended = sim.run(FakeExit::run_async(|exit| async {
        let joined = tokio::spawn(async move { exit.exit(3) }).await;
        resume_unwind(joined.unwrap_err().into_panic())
    }));
    ended.assert_code(3);
}

#[test]
fn an_exit_that_a_task_still_holds_is_noticed() {
    let sim = Sim::new();
    let ended = sim.run(FakeExit::run_async(|exit| async {
        sim.spawn_background(async move {
            std::future::pending::<()>().await;
            exit.exit(3)
        });
        sim.settle().await;
    }));
    let violation = ended.check_returned().unwrap_err();
    assert_eq!(violation.headline(), "the code returned, and its exit is still held by 1");
}

#[test]
fn a_run_dropped_before_its_end_is_told() {
    let text = panic_text(|| drop(FakeExit::run_async(|_exit| std::future::pending::<()>())));
    assert_eq!(
        text,
        "a run with a fake exit was dropped before it ended\n  \
         made at  PLACE\n  \
         next     await it to its end"
    );
}

#[test]
fn a_run_dropped_while_a_panic_unwinds_is_quiet() {
    let text = panic_text(|| {
        let _run = FakeExit::run_async(|_exit| std::future::pending::<()>());
        panic!("mine")
    });
    assert_eq!(text, "mine");
}

#[test]
fn a_run_polled_after_its_end_is_refused() {
    let mut run = Box::pin(FakeExit::run_async(|_exit| async {}));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(ended) = run.as_mut().poll(&mut context) else { unreachable!("it is ready") };
    ended.assert_returned();
    let text = panic_text(|| run.as_mut().poll(&mut context).is_ready());
    assert_eq!(text, "`ExitCatcher` was polled after it had ended");
}
