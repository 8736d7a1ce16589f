//! How the guard ends a process: known-good and known-bad bodies, each in a child process.

use std::{panic::catch_unwind, process::exit, sync::mpsc, thread};

use unplugged::{
    fake::{Call, check_scenario, scenario, scenario_async},
    inject::{
        Exit, FakeExit, FakeProcess,
        child::{self, ChildTest, EndedChild},
    },
};
use unplugged_exit_guard as _;

#[derive(Debug, PartialEq)]
struct Ping;

impl Call for Ping {
    type Reply = ();
    const NAME: &'static str = "Peer::ping";
}

fn violate() {
    let ((), _log) = scenario(|script| script.expect(Ping).reply(()));
}

fn stderr(child: &EndedChild) -> String {
    String::from_utf8_lossy(child.stderr()).into_owned()
}

/// Asserts that libtest passed and the process failed, with this text.
#[track_caller]
fn fails_after_the_tests(child: &EndedChild, text: &str) {
    let violation = child.check_completed().unwrap_err();
    assert_eq!(violation.detail("ended"), Some("with 101"), "{violation}");
    assert!(String::from_utf8_lossy(child.stdout()).contains("test result: ok. 1 passed"), "{violation}");
    assert!(stderr(child).contains(text), "{violation}");
}

/// Asserts that the process failed in the middle of the body, with this text at its end.
#[track_caller]
fn fails_within_a_test(child: &EndedChild, text: &str) {
    child.assert_exited(101);
    assert!(stderr(child).ends_with(text), "{}", stderr(child));
}

const RAISED: &str = "a violation was raised in this process:\n";
const NEVER_CALLED: &str = "`Peer::ping` was never called (entry 1 of 1)\n  expected Ping\n";

/// The child of the test below, for two callers.
fn lost() -> ChildTest {
    child::test("bad_should_panic_loses_the_violation")
}

/// Only the parent of a child can see how it ended: see the next test.
#[test]
#[should_panic(expected = "never called")]
fn bad_should_panic_loses_the_violation() {
    lost().run(violate, |child| {
        assert_eq!(child.check_panicked().unwrap().lines().next(), NEVER_CALLED.lines().next());
        panic!("it failed in the child: `Peer::ping` was never called");
    });
}

#[test]
fn a_violation_that_should_panic_loses_fails() {
    lost().run(
        || unreachable!("it is another test's child"),
        |child| {
            let violation = child.check_completed().unwrap_err();
            assert_eq!(violation.detail("ended"), Some("with 101"), "{violation}");
            assert!(String::from_utf8_lossy(child.stdout()).contains("test result: ok. 1 passed"));
            assert!(stderr(&child).contains(&format!("{RAISED}{NEVER_CALLED}")), "{violation}");
        },
    );
}

#[test]
fn a_scenario_inside_catch_unwind_fails() {
    child::test("a_scenario_inside_catch_unwind_fails").run(
        || drop(catch_unwind(violate)),
        |child| fails_after_the_tests(&child, &format!("{RAISED}{NEVER_CALLED}")),
    );
}

#[test]
fn a_scenario_in_a_thread_whose_panic_is_dropped_fails() {
    child::test("a_scenario_in_a_thread_whose_panic_is_dropped_fails").run(
        || drop(thread::spawn(violate).join()),
        |child| fails_after_the_tests(&child, &format!("{RAISED}{NEVER_CALLED}")),
    );
}

#[test]
fn an_async_scenario_that_a_thread_drops_fails() {
    child::test("an_async_scenario_that_a_thread_drops_fails").run(
        || {
            let drop_it = || drop(scenario_async(async |script| script.expect_no_calls()));
            drop(thread::spawn(drop_it).join());
        },
        |child| {
            let text = format!("{RAISED}a scenario was dropped before its end: nothing is verified\n");
            fails_after_the_tests(&child, &text);
        },
    );
}

#[test]
fn a_caught_violation_of_a_fake_process_fails() {
    child::test("a_caught_violation_of_a_fake_process_fails").run(
        || {
            drop(catch_unwind(|| FakeProcess::new().finish()));
            drop(catch_unwind(|| FakeExit::run(|_exit| ()).assert_code(3)));
        },
        |child| {
            fails_after_the_tests(&child, &format!("{RAISED}the process was never handed out\n"));
            fails_after_the_tests(&child, &format!("{RAISED}the code did not exit with 3: it returned"));
        },
    );
}

#[test]
fn a_fake_process_that_a_thread_keeps_fails() {
    child::test("a_fake_process_that_a_thread_keeps_fails").run(
        || {
            let (made, is_made) = mpsc::channel();
            thread::spawn(move || {
                let _fake = FakeProcess::new();
                made.send(()).unwrap();
                loop {
                    thread::park();
                }
            });
            is_made.recv().unwrap();
            FakeExit::run(|exit| exit.exit(3)).assert_code(3); // this one is finished
        },
        |child| {
            fails_after_the_tests(&child, "the fake process made at ");
            fails_after_the_tests(&child, " is still open at the end of the process\n");
        },
    );
}

#[test]
fn an_exit_on_another_thread_fails() {
    child::test("an_exit_on_another_thread_fails").run(
        || {
            let ((), _log) = scenario(|script| {
                script.expect(Ping).reply(());
                thread::spawn(|| exit(0)).join().expect("it never returns");
            });
        },
        |child| {
            let end = ", in `an_exit_on_another_thread_fails` is still open at the end of the process\n";
            fails_within_a_test(&child, end);
        },
    );
}

/// Starts the exit in the test below, which must not be a child to the guard.
const ARMED: &str = "EXIT_GUARD_EXITS";

/// Nothing of the kit is open.
#[test]
fn an_exit_of_the_code_under_test_fails() {
    if std::env::var_os(ARMED).is_some() {
        exit(0);
    }
    let child = child::program(std::env::current_exe().unwrap())
        .arg("--exact")
        .arg("an_exit_of_the_code_under_test_fails")
        .env(ARMED, "1")
        .run();
    child.assert_exited(101);
    assert_eq!(
        stderr(&child),
        "a call of `exit` ended the process before the test harness did: the remaining tests did not run\n  \
         next     let the code under test hold the fake exit of `Process`\n"
    );
}

#[test]
fn a_good_process_passes() {
    child::test("a_good_process_passes").run(
        || {
            let violation = check_scenario(|script| script.expect(Ping).reply(())).unwrap_err();
            assert_eq!(violation.parts().len(), 1);
            let ((), _log) = scenario(|script| {
                script.expect(Ping).reply(());
                script.handle().call(Ping);
            });
        },
        |child| {
            child.assert_completed();
            assert!(!stderr(&child).contains("a violation was raised"), "{}", stderr(&child));
        },
    );
}

#[test]
fn a_child_that_exits_for_real_passes() {
    child::test("a_child_that_exits_for_real_passes")
        .run(|| Exit::real().exit(73), |child| child.assert_exited(73));
}

/// A body that panics as its test wants, before it has met its script.
#[test]
fn a_script_that_is_not_met_when_the_body_panics_fails() {
    child::test("a_script_that_is_not_met_when_the_body_panics_fails").run(
        || {
            let refuse = |script: &unplugged::fake::Script| {
                script.expect(Ping).reply(());
                let _peer = script.handle();
                panic!("the configuration is broken");
            };
            let told = catch_unwind(|| scenario(refuse)).unwrap_err();
            assert_eq!(
                told.downcast_ref::<&str>(),
                Some(&"the configuration is broken"),
                "it goes on as it is"
            );
            assert!(catch_unwind(|| check_scenario(refuse)).is_err());
        },
        |child| {
            let text = "the body of the scenario panicked\n  panic    the configuration is broken\n  \
                        broken   `Peer::ping` was never called (entry 1 of 1)\n";
            fails_after_the_tests(&child, &format!("{RAISED}{text}"));
            assert_eq!(stderr(&child).matches(text).count(), 2);
        },
    );
}

/// One that has met its script, and one that panics because of it, are as they were.
#[test]
fn a_script_that_is_met_when_the_body_panics_is_no_failure() {
    child::test("a_script_that_is_met_when_the_body_panics_is_no_failure").run(
        || {
            let refuse = |script: &unplugged::fake::Script| {
                script.expect(Ping).reply(());
                script.handle().call(Ping);
                panic!("the configuration is broken");
            };
            assert!(catch_unwind(|| scenario(refuse)).is_err());
        },
        |child| child.assert_completed(),
    );
}

#[test]
fn a_task_that_panics_beside_a_body_that_panics_fails() {
    child::test("a_task_that_panics_beside_a_body_that_panics_fails").run(
        || {
            let body = async |sim: unplugged::Sim| {
                sim.expect_panic("expected");
                sim.spawn(async { panic!("expected") });
                sim.spawn(async { panic!("a real bug in a task") });
                sim.settle().await;
                panic!("the configuration is broken");
            };
            assert!(catch_unwind(|| unplugged::Sim::new().run_test(body)).is_err());
        },
        |child| {
            fails_after_the_tests(
                &child,
                &format!("{RAISED}a task of the sim panicked\n  panic    a real bug in a task\n"),
            );
            assert!(!stderr(&child).contains("panic    expected"), "{}", stderr(&child));
        },
    );
}

/// Each of these raises a violation that somebody swallows.
#[test]
fn whatever_raises_a_violation_that_is_swallowed_fails() {
    use std::{future::pending, panic::AssertUnwindSafe};
    use unplugged::{Sim, clock::FakeClock, explore, outcome};
    child::test("whatever_raises_a_violation_that_is_swallowed_fails").run(
        || {
            let swallow = |code: &mut dyn FnMut()| assert!(catch_unwind(AssertUnwindSafe(code)).is_err());
            swallow(&mut || outcome::watch(async {}).named("by hand").assert_pending());
            swallow(&mut || {
                _ = FakeClock::new().watch(async { Err::<(), _>(1) }).named("on a clock").assert_success();
            });
            swallow(&mut || Sim::new().run(pending::<()>()));
            swallow(&mut || {
                let sim = Sim::new();
                sim.spawn(pending::<()>());
                sim.audit().assert_clean();
            });
            swallow(&mut || _ = explore::seeds(0..0, async |_sim| {}));
            swallow(&mut || _ = explore::seeds(0..1, async |_sim| panic!("a case")));
            swallow(&mut || _ = explore::splits(b"", async |_sim, _cut| {}));
            swallow(&mut || Sim::new().run_test(async |sim| drop(sim.settle())));
            drop(thread::spawn(|| Sim::new().run(pending::<()>())).join());
        },
        |child| {
            for text in [
                "`by hand` is not pending: it is done\n",
                "`on a clock` did not succeed: it failed\n",
                "the sim is not clean: 1 thing is left over\n",
                "explore::seeds: there is no seed to run\n",
                "explore::seeds: seed 0x0 fails\n",
                "explore::splits: there is no case to run\n",
                "`sim.settle()` was dropped without being awaited: nothing happened\n",
            ] {
                fails_after_the_tests(&child, &format!("{RAISED}{text}"));
            }
            assert_eq!(stderr(&child).matches(&format!("{RAISED}the sim has stalled")).count(), 2);
        },
    );
}

#[test]
fn a_call_of_a_fake_exit_after_its_run_that_a_thread_swallows_fails() {
    child::test("a_call_of_a_fake_exit_after_its_run_that_a_thread_swallows_fails").run(
        || {
            let fake = FakeExit::new();
            let kept = fake.exit();
            fake.catch(|| ()).assert_returned();
            drop(thread::spawn(move || kept.exit(3)).join());
        },
        |child| {
            let text = "the exit was called with 3 after the run of its fake was over\n";
            fails_after_the_tests(&child, &format!("{RAISED}{text}"));
        },
    );
}
