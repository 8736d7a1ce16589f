//! The results of spawned tasks.

use unplugged::{Sim, outcome::joined};

#[test]
fn the_result_of_a_task_is_its_own() {
    let sim = Sim::new();
    let succeeds = sim.spawn(async { "12".parse::<u32>() });
    let fails = sim.spawn(async { "twelve".parse::<u32>() });
    assert_eq!(sim.watch(joined(succeeds)).assert_success(), &12);
    assert!(sim.watch(joined(fails)).check_failure().is_ok());
}

#[test]
fn a_join_handle_by_itself_has_tokios_result_around_it() {
    let sim = Sim::new();
    let task = sim.spawn(async { "12".parse::<u32>() });
    assert_eq!(sim.watch(task).assert_success(), &Ok(12));
}

#[test]
fn the_panic_of_a_task_goes_on_with_its_own_text() {
    let sim = Sim::new();
    sim.expect_panic("boom");
    let task = sim.spawn(async { panic!("boom") });
    let watch = sim.watch(joined::<()>(task)).named("task");
    let violation = watch.check_ready().unwrap_err();
    assert_eq!(violation.headline(), "`task` did not finish: it panicked");
    assert_eq!(violation.detail("panic"), Some("boom"));
}

#[test]
fn an_aborted_task_is_a_panic_that_says_so() {
    let sim = Sim::new();
    sim.expect_panic("aborted");
    let task = sim.spawn(std::future::pending::<()>());
    task.abort();
    let watch = sim.watch(joined(task)).named("task");
    assert_eq!(
        watch.check_ready().unwrap_err().detail("panic"),
        Some("the task was aborted before it was done")
    );
}

#[test]
fn a_task_that_failed_is_no_success() {
    let sim = Sim::new();
    let task = sim.watch(sim.spawn(async { Err::<(), _>("failed") })).named("task");
    assert_eq!(
        task.check_success().unwrap_err().to_string().lines().take(3).collect::<Vec<_>>(),
        [
            "`task` did not succeed: its value is an `Err`",
            "  error    \"failed\"",
            "  next     take it with `into_output()`; of a task, watch `outcome::joined(task)`: `assert_failure` then gives its own \
             error",
        ]
    );
    assert!(task.check_ready().is_err(), "an error inside of a join is not ready either");
    assert_eq!(task.into_output().unwrap(), Err("failed"));
    // An error that the kit cannot show is refused as well.
    let task = sim.watch(sim.spawn(async { Err::<u32, _>(std::fmt::Error) }));
    assert!(task.check_success().is_err());
    let blocking = sim.watch(sim.spawn_blocking(|| "x".parse::<u32>()));
    assert!(blocking.check_success().is_err());
}
