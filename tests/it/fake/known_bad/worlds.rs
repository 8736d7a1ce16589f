//! Sims whose tasks fail where nobody looks.

use std::{future::pending, panic::resume_unwind, thread};

use unplugged::{Sim, clock::secs, explore};

/// Panics when it is dropped.
struct Pool;

impl Drop for Pool {
    fn drop(&mut self) {
        panic!("connections were not given back");
    }
}

known_bad! {
    fn what_can_run_when_the_body_ends_and_panics_is_red() {
        Sim::new().run_test(async |sim| drop(sim.spawn(async { panic!("its own assertion") })));
    } fails r#"a task of the sim panicked
  panic    its own assertion
  at       @
  next     if that is meant to happen, say `sim.expect_panic("...")` before
  trace    +0ns began task, made at @
           +0ns panic `its own assertion`
  now      +0ns, seed 0x5eed"#;

    fn a_task_that_never_began_is_red() {
        let sim = Sim::new();
        sim.spawn(async { panic!("never polled") });
    } fails r#"a task of the sim never began: the sim ended first
  task     the task spawned at @
  next     let it run before the sim ends: `sim.settle()` runs all that can run now
  now      +0ns, seed 0x5eed"#;

    fn an_error_of_a_watch_that_is_never_looked_at_is_red() {
        let sim = Sim::new();
        let _served = sim.watch(async { Err::<(), _>("the peer has left") }).named("server");
        sim.settle();
    } fails r#"a watched future failed, and the test has not looked at it
  error    `server`, at +0ns: "the peer has left"
  next     look at it with `assert_failure()`; if the result does not matter, say `sim.watch(..).ignore_result()`
  now      +0ns, seed 0x5eed"#;

    fn a_panic_at_the_end_of_the_world_is_red() {
        let sim = Sim::new();
        sim.spawn(async {
            let _pool = Pool;
            pending::<()>().await;
        });
        sim.settle();
    } fails r#"a task of the sim panicked
  panic    connections were not given back
  at       @
  next     if that is meant to happen, say `sim.expect_panic("...")` before
  trace    +0ns began task, made at @
           +0ns dropped task, made at @
           +0ns panic `connections were not given back`
  now      +0ns, seed 0x5eed"#;

    fn a_panic_that_a_task_forwards_is_red() {
        let sim = Sim::new();
        sim.spawn(async {
            let worker = thread::spawn(|| -> () { panic!("a bug in a worker") });
            worker.join().unwrap_or_else(|panic| resume_unwind(panic));
        });
        sim.settle();
    } fails r#"a task of the sim panicked
  panic    a bug in a worker
  at       forwarded by the task spawned at @
  next     if that is meant to happen, say `sim.expect_panic("...")` before
  trace    +0ns began task, made at @
           +0ns panic `a bug in a worker`
  now      +0ns, seed 0x5eed"#;

    fn a_rule_that_meets_nothing_is_red() {
        let sim = Sim::new();
        let _hosts = sim.net().hosts(["client", "server"]);
        sim.net().everywhere().partition().keep();
        sim.settle();
    } fails r#"a rule of the network met nothing: the test is the same without it
  rule     * -> *: partition, made at @
  next     let packets meet it while it is there; if it may meet none, say `may_be_idle()`
  now      +0ns, seed 0x5eed"#;

    fn a_search_whose_body_uses_nothing_is_red() {
        explore::faults(async |_sim, _faulty, _peer| {});
    } fails r#"explore::faults: the run did no operation on the stream that it was given, so that none can fail
  next     hand the first stream to the code under test, and keep the second"#;

    fn a_move_of_several_steps_that_is_not_awaited_is_red() {
        Sim::new().run_test(async |sim| drop(sim.advance_each([secs(1), secs(2)])));
    } fails r#"`sim.advance_each(..)` was dropped without being awaited: nothing happened
  called   @
  next     add `.await`"#;
}
