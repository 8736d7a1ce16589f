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
