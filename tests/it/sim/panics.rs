//! Panics of tasks.

use std::{
    future::{Future, pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
};

use unplugged::{Sim, clock::secs};

use super::panic_text;

#[test]
fn an_expected_panic_is_no_failure() {
    let sim = Sim::new();
    sim.expect_panic("on purpose");
    let task = sim.run(async { tokio::spawn(async { panic!("it fell over on purpose") }).await });
    assert!(task.unwrap_err().is_panic());
}

#[test]
fn an_expected_panic_that_never_comes_is_a_failure() {
    let sim = Sim::new();
    sim.expect_panic("boom");
    let text = panic_text(|| sim.run(async {}));
    assert_eq!(
        text,
        "no task panicked with a text that holds \"boom\", and one was expected\n  now      +0ns, seed 0x5eed"
    );
}

#[test]
fn an_expected_panic_that_never_comes_is_a_failure_also_without_a_run() {
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.expect_panic("boom");
        sim.advance(secs(1));
    });
    assert_eq!(
        text,
        "no task panicked with a text that holds \"boom\", and one was expected\n  now      +1s, seed 0x5eed"
    );
}

#[test]
fn one_expectation_matches_one_panic() {
    let sim = Sim::new();
    sim.expect_panic("boom");
    let text = panic_text(|| {
        sim.run(async {
            for _ in 0..2 {
                let _ = tokio::spawn(async { panic!("boom") }).await;
            }
        });
    });
    assert!(text.starts_with("a task of the sim panicked\n  panic    boom\n"), "{text}");
}

#[test]
fn a_panic_that_comes_while_time_moves_is_raised_by_the_move() {
    let sim = Sim::new();
    sim.spawn(async {
        tokio::time::sleep(secs(1)).await;
        panic!("late");
    });
    let text = panic_text(|| drop(sim.advance(secs(1))));
    assert!(text.starts_with("a task of the sim panicked\n  panic    late\n"), "{text}");
}

/// The panic is what the test waits in vain for.
#[test]
fn a_panic_is_told_before_what_it_has_led_to() {
    for (is_manual, then) in [
        (false, "  then     the sim has stalled: nothing happened for 86400s of virtual time"),
        (true, "  then     the test awaits, and its time stands still: on an unknown leaf"),
    ] {
        let sim = Sim::builder().manual(is_manual).build();
        sim.spawn(async { panic!("no answer") });
        let text = panic_text(|| sim.run(pending::<()>()));
        assert!(text.starts_with("a task of the sim panicked\n  panic    no answer\n"), "{text}");
        assert_eq!(text.lines().last(), Some(then));
    }
}

#[test]
fn an_expected_panic_does_not_hide_what_ends_the_test() {
    let sim = Sim::new();
    sim.expect_panic("no answer");
    sim.spawn(async { panic!("no answer") });
    let text = panic_text(|| sim.run(pending::<()>()));
    assert!(text.starts_with("the sim has stalled: "), "{text}");
}

#[test]
fn the_panic_of_the_test_itself_is_raised_as_it_is() {
    let sim = Sim::new();
    assert_eq!(panic_text(|| sim.run(async { panic!("mine") })), "mine");
}

#[test]
fn a_sim_can_be_used_after_a_panic() {
    let sim = Sim::new();
    panic_text(|| sim.run(async { panic!("mine") }));
    sim.advance(secs(1));
    let nap = sim.watch(async { tokio::time::sleep(secs(1)).await });
    sim.advance(secs(1));
    nap.assert_ready();
}

#[test]
fn a_panic_that_the_body_catches_is_not_that_of_a_task() {
    let missing = "no task panicked with a text that holds \"boom\", and one was expected";
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("boom");
            let _caught = catch_unwind(|| panic!("boom"));
            sim.spawn(async { /* it should panic, and does not */ });
        });
    });
    assert!(text.starts_with(missing), "{text}");
    // Nor is one of a future that the body polls itself.
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            sim.expect_panic("boom");
            let mut code = Box::pin(async { panic!("boom") });
            let polled = poll_fn(|cx| {
                let polled = catch_unwind(AssertUnwindSafe(|| code.as_mut().poll(cx)));
                std::task::Poll::Ready(polled.is_err())
            });
            assert!(polled.await);
        });
    });
    assert!(text.starts_with(missing), "{text}");
    // Nor one with which an earlier run has ended.
    let text = panic_text(|| {
        let sim = Sim::new();
        panic_text(|| sim.run(async { panic!("boom") }));
        sim.expect_panic("boom");
        sim.run(async {});
    });
    assert!(text.starts_with(missing), "{text}");
}

#[test]
fn a_panic_that_the_body_catches_is_over() {
    Sim::new().run_test(async |sim| {
        assert!(catch_unwind(|| panic!("caught")).is_err());
        sim.settle().await;
        sim.audit().assert_clean();
    });
}

#[test]
fn a_panic_of_a_task_beside_one_that_the_body_catches_is_heard() {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            assert!(catch_unwind(|| panic!("caught")).is_err());
            tokio::spawn(async { panic!("of the task") });
            sim.settle().await;
        });
    });
    assert!(text.starts_with("a task of the sim panicked\n  panic    of the task\n"), "{text}");
}
