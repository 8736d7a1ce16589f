//! What the guard makes of a process: known-good and known-bad bodies, each in a child process.

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

/// libtest says "ok", and the process is red, with this text.
#[track_caller]
fn is_red_after_all(child: &EndedChild, text: &str) {
    let violation = child.completed().unwrap_err();
    assert_eq!(violation.detail("ended"), Some("with 101"), "{violation}");
    assert!(String::from_utf8_lossy(child.stdout()).contains("test result: ok. 1 passed"), "{violation}");
    assert!(stderr(child).contains(text), "{violation}");
}

/// The process ends in the middle of the body, and is red, with this text at its end.
#[track_caller]
fn is_red_too_early(child: &EndedChild, text: &str) {
    child.assert_exited(101);
    assert!(stderr(child).ends_with(text), "{}", stderr(child));
}

const RAISED: &str = "a violation was raised in this process, whatever became of it:\n";
const NEVER_CALLED: &str = "`Peer::ping` was never called (entry 1 of 1)\n  expected Ping\n";

/// The child of the test below, for two callers.
fn eaten() -> ChildTest {
    child::test("bad_should_panic_eats_the_verdict")
}

/// Only a child's parent can see what became of it: see the next test.
#[test]
#[should_panic(expected = "never called")]
fn bad_should_panic_eats_the_verdict() {
    eaten().run(violate, |child| {
        assert_eq!(child.panicked().unwrap().lines().next(), NEVER_CALLED.lines().next());
        panic!("it was red in the child: `Peer::ping` was never called");
    });
}

#[test]
fn a_verdict_that_should_panic_eats_is_red() {
    eaten().run(
        || unreachable!("it is another test's child"),
        |child| {
            let violation = child.completed().unwrap_err();
            assert_eq!(violation.detail("ended"), Some("with 101"), "{violation}");
            assert!(String::from_utf8_lossy(child.stdout()).contains("test result: ok. 1 passed"));
            assert!(stderr(&child).contains(&format!("{RAISED}{NEVER_CALLED}")), "{violation}");
        },
    );
}

#[test]
fn a_scenario_that_is_caught_whole_is_red() {
    child::test("a_scenario_that_is_caught_whole_is_red").run(
        || drop(catch_unwind(violate)),
        |child| is_red_after_all(&child, &format!("{RAISED}{NEVER_CALLED}")),
    );
}

#[test]
fn a_scenario_in_a_thread_that_is_never_joined_is_red() {
    child::test("a_scenario_in_a_thread_that_is_never_joined_is_red").run(
        || drop(thread::spawn(violate).join()),
        |child| is_red_after_all(&child, &format!("{RAISED}{NEVER_CALLED}")),
    );
}

#[test]
fn an_async_scenario_that_a_thread_throws_away_is_red() {
    child::test("an_async_scenario_that_a_thread_throws_away_is_red").run(
        || {
            let throw_away = || drop(scenario_async(async |script| script.expect_no_calls()));
            drop(thread::spawn(throw_away).join());
        },
        |child| {
            let text = format!("{RAISED}a scenario was dropped before its end: nothing is verified\n");
            is_red_after_all(&child, &text);
        },
    );
}

#[test]
fn a_verdict_on_a_process_that_is_caught_is_red() {
    child::test("a_verdict_on_a_process_that_is_caught_is_red").run(
        || {
            drop(catch_unwind(|| FakeProcess::new().finish()));
            drop(catch_unwind(|| FakeExit::run(|_exit| ()).assert_code(3)));
        },
        |child| {
            is_red_after_all(&child, &format!("{RAISED}nobody was given the process\n"));
            is_red_after_all(&child, &format!("{RAISED}the code did not exit with 3: it returned"));
        },
    );
}

#[test]
fn a_verdict_that_a_thread_holds_for_ever_is_red() {
    child::test("a_verdict_that_a_thread_holds_for_ever_is_red").run(
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
            FakeExit::run(|exit| exit.exit(3)).assert_code(3); // that one ends in order
        },
        |child| {
            is_red_after_all(&child, "the fake process made at ");
            is_red_after_all(&child, " is still open, and the process ends\n");
        },
    );
}

#[test]
fn an_exit_on_another_thread_is_red() {
    child::test("an_exit_on_another_thread_is_red").run(
        || {
            let ((), _log) = scenario(|script| {
                script.expect(Ping).reply(());
                thread::spawn(|| exit(0)).join().expect("it never returns");
            });
        },
        |child| {
            let end = ", in `an_exit_on_another_thread_is_red` is still open, and the process ends\n";
            is_red_too_early(&child, end);
        },
    );
}

/// What arms the test below, which must not be a child to the guard.
const ARMED: &str = "UNPLUGGED_EXIT_GUARD_EXITS";

/// No scenario is there, and nothing else of the kit.
#[test]
fn an_exit_of_the_code_under_test_is_red() {
    if std::env::var_os(ARMED).is_some() {
        exit(0);
    }
    let child = child::program(std::env::current_exe().unwrap())
        .arg("--exact")
        .arg("an_exit_of_the_code_under_test_is_red")
        .env(ARMED, "1")
        .run();
    child.assert_exited(101);
    assert_eq!(
        stderr(&child),
        "the process was ended by `exit` on some thread, and not by the harness: tests are lost\n  \
         next     let the code under test hold the fake exit of `Process`\n"
    );
}

#[test]
fn a_process_in_order_is_left_alone() {
    child::test("a_process_in_order_is_left_alone").run(
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
fn a_child_that_exits_for_real_is_left_alone() {
    child::test("a_child_that_exits_for_real_is_left_alone")
        .run(|| Exit::real().exit(73), |child| child.assert_exited(73));
}
