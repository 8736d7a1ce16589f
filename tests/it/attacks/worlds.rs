//! Bad tests of tasks, time and results.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
};

use unplugged::{
    Sim,
    clock::{ClockExt, FakeClock, millis, secs},
    outcome::{promise, watch},
};

/// An error that a test should not miss.
#[derive(Debug)]
struct Refused;

async fn refused() -> Result<(), Refused> {
    Err(Refused)
}

red! {
    fn an_assertion_of_a_task_of_a_task_whose_handles_are_dropped() {
        Sim::new().run_test(async |_sim| {
            tokio::spawn(async { drop(tokio::spawn(async { assert_eq!(1, 2, "deep inside") })) });
        });
    } says "deep inside";

    fn an_assertion_that_is_due_at_the_last_instant() {
        Sim::new().run_test(async |sim| {
            sim.spawn(async {
                tokio::time::sleep(secs(5)).await;
                panic!("at the last instant");
            });
            sim.advance(secs(5)).await;
        });
    } says "at the last instant";

    fn an_assertion_in_a_destructor_of_a_pending_task() {
        struct Checks;
        impl Drop for Checks {
            fn drop(&mut self) {
                assert!(std::thread::panicking(), "the destructor looks");
            }
        }
        Sim::new().run_test(async |sim| {
            sim.spawn_background(async {
                let _checks = Checks;
                std::future::pending::<()>().await;
            });
            sim.settle().await;
        });
    } says "the destructor looks";

    fn an_assertion_that_the_code_catches() {
        Sim::new().run_test(async |sim| {
            sim.spawn(async { _ = catch_unwind(|| assert_eq!(1, 2, "caught by the code")) });
        });
    } says "caught by the code";

    fn an_assertion_in_a_blocking_thread_that_nobody_joins() {
        Sim::new().run_test(async |sim| {
            drop(sim.spawn_blocking(|| assert_eq!(1, 2, "on a thread")));
        });
    } says "on a thread";

    fn an_assertion_in_a_local_task() {
        Sim::new().run_test(async |sim| {
            let host = sim.net().host("server");
            drop(host.spawn_local(async { assert_eq!(1, 2, "a local task") }));
        });
    } says "a local task";

    fn an_assertion_in_the_condition_of_a_run() {
        Sim::new().run_test(async |sim| {
            sim.run_until(|| panic!("the condition")).await;
        });
    } says "the condition";

    fn a_watched_error_that_is_only_shown() {
        Sim::new().run_test(async |sim| {
            let sent = sim.watch(refused());
            sim.settle().await;
            let _text = format!("{sent:?}");
        });
    } says "Refused";

    fn a_watched_error_whose_watch_is_stored_and_never_asked() {
        Sim::new().run_test(async |sim| {
            let mut all = Vec::new();
            for _request in 0..3 {
                all.push(sim.watch(refused()));
            }
            sim.settle().await;
        });
    } says "Refused";

    fn a_success_of_a_joined_task_that_returned_an_error() {
        Sim::new().run_test(async |sim| {
            let joined = sim.watch(sim.spawn(refused()));
            sim.settle().await;
            joined.assert_success();
        });
    } says "Refused";

    fn an_error_whose_watch_is_asked_before_it_comes() {
        Sim::new().run_test(async |sim| {
            let late = sim.watch(async {
                tokio::time::sleep(secs(1)).await;
                refused().await
            });
            sim.settle().await;
            late.assert_pending();
            sim.advance(secs(1)).await;
        });
    } says "Refused";

    fn a_promise_that_was_dropped_is_no_success() {
        let (promise, promised) = promise::<u32, Refused>();
        drop(promise);
        watch(promised).assert_success();
    } says "it can never go on";

    fn a_failure_of_a_future_that_succeeded() {
        let done = watch(async { Ok::<u32, Refused>(7) });
        done.assert_failure();
    } says "7";

    fn a_future_that_panicked_is_no_failure() {
        let done = watch(async { if true { panic!("a bug") } else { Ok::<u32, Refused>(7) } });
        done.assert_failure();
    } says "a bug";

    fn an_expected_panic_with_another_text() {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("disk is full");
            sim.spawn(async { panic!("another bug") });
        });
    } says "another bug";

    fn two_expected_panics_and_one_that_comes() {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("disk");
            sim.expect_panic("disk");
            sim.spawn(async { panic!("disk is full") });
        });
    } says "disk";

    fn one_expected_panic_and_two_that_come() {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("disk");
            sim.spawn(async { panic!("disk is full") });
            sim.spawn(async { panic!("disk is full again") });
        });
    } says "disk is full";

    fn an_expected_panic_that_any_text_has() {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("");
            sim.spawn(async { panic!("whatever") });
        });
    } says "empty";

    fn a_settle_that_is_not_awaited() {
        Sim::new().run_test(async |sim| {
            drop(sim.settle());
        });
    } says "settle";

    fn a_run_until_that_is_not_awaited() {
        Sim::new().run_test(async |sim| {
            drop(sim.run_until(|| true));
        });
    } says "run_until";

    fn a_run_until_idle_that_is_not_awaited() {
        Sim::new().run_test(async |sim| {
            drop(sim.run_until_idle());
        });
    } says "run_until_idle";

    fn a_move_of_time_inside_of_a_task_that_is_not_awaited() {
        Sim::new().run_test(async |sim| {
            let sim = Rc::new(sim);
            let inner = Rc::clone(&sim);
            let moved = async move { drop(inner.advance(secs(1))) };
            moved.await;
        });
    } says "advance";

    fn a_move_of_time_in_a_join_that_only_one_arm_polls() {
        Sim::new().run_test(async |sim| {
            let waits = sim.advance(secs(1));
            let moved = futures_never(waits);
            drop(moved);
        });
    } says "advance";

    fn a_pending_future_that_is_done() {
        Sim::new().run_test(async |sim| {
            assert!(sim.is_pending(std::pin::pin!(async { 7 })), "it is done");
        });
    } says "it is done";

    fn an_error_that_a_fake_clocks_watch_has() {
        let clock = FakeClock::new();
        let watched = clock.watch(refused());
        clock.advance(secs(1));
        watched.assert_ready();
    } says "Refused";

    fn a_panic_in_a_callback_of_a_clock() {
        let clock = FakeClock::new();
        let _timer = clock.call_later(secs(1), || panic!("in a callback"));
        clock.advance(secs(1));
    } says "in a callback";

    fn a_sleep_of_a_clock_that_nobody_moves() {
        let clock = FakeClock::new();
        let slept = watch({
            let clock = clock.clone();
            async move { clock.sleep(secs(1)).await }
        });
        clock.advance(millis(999));
        slept.assert_ready();
    } says "pending";

    fn a_panic_that_a_task_forwards_from_a_thread() {
        Sim::new().run_test(async |sim| {
            sim.spawn(async {
                let thread = std::thread::spawn(|| -> () { panic!("on another thread") });
                thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            });
        });
    } says "on another thread";

    fn a_result_that_is_taken_out_and_thrown_away_by_a_task() {
        Sim::new().run_test(async |sim| {
            let sent = Rc::new(sim.watch(refused()));
            let kept = Rc::clone(&sent);
            sim.settle().await;
            drop((kept, sent));
        });
    } says "Refused";

    fn a_sim_that_is_made_inside_of_a_test_and_swallows_its_panic() {
        Sim::new().run_test(async |_sim| {
            let swallowed = catch_unwind(AssertUnwindSafe(|| watch(async { 7 }).assert_pending()));
            assert!(swallowed.is_ok(), "the verdict was swallowed");
        });
    } says "the verdict was swallowed";
}

/// Drops what it is given, once it is polled.
async fn futures_never<T>(given: T) {
    drop(given);
}
