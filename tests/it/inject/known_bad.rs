//! Known-bad tests: each breaks a rule, runs in a child process, and must be red there with this text.

use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use unplugged::inject::{Exit, FakeExit, FakeProcess, Process, child};

use super::unplaced;

/// Runs `bad` as the body of this test in a child; it must be red with a text that begins so.
#[track_caller]
fn is_red(test: &str, bad: impl FnOnce(), text: &str) {
    child::test(format!("inject::known_bad::{test}")).run(bad, |child| {
        let got = unplaced(child.assert_panicked());
        assert!(got.starts_with(text), "{got}");
    });
}

// N17: the fake exit.

#[test]
fn n17_an_exit_swallowed_by_catch_unwind_is_red() {
    is_red(
        "n17_an_exit_swallowed_by_catch_unwind_is_red",
        || {
            FakeExit::run(|exit| drop(catch_unwind(AssertUnwindSafe(|| exit.exit(3))))).assert_code(3);
        },
        "the exit was called, and the code went on\n  called   with 3, at PLACE\n  then     the code returned\n",
    );
}

#[test]
fn n17_an_exit_swallowed_by_a_thread_is_red() {
    is_red(
        "n17_an_exit_swallowed_by_a_thread_is_red",
        || FakeExit::run(|exit| drop(thread::spawn(move || exit.exit(3)).join())).assert_code(3),
        "the exit was called, and the code went on\n",
    );
}

#[test]
fn n17_an_exit_swallowed_by_a_scope_is_red() {
    is_red(
        "n17_an_exit_swallowed_by_a_scope_is_red",
        || {
            let ended = FakeExit::run(|exit| thread::scope(|scope| drop(scope.spawn(|| exit.exit(3)))));
            ended.assert_code(3);
        },
        "the exit was called, and the code went on\n",
    );
}

#[test]
fn n17_an_exit_swallowed_by_a_task_is_red() {
    is_red(
        "n17_an_exit_swallowed_by_a_task_is_red",
        || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let run = FakeExit::run_async(|exit| async {
                drop(tokio::spawn(async move { exit.exit(3) }).await);
            });
            runtime.block_on(run).assert_code(3);
        },
        "the exit was called, and the code went on\n",
    );
}

#[test]
fn n17_a_real_panic_is_no_exit() {
    is_red(
        "n17_a_real_panic_is_no_exit",
        || FakeExit::run(|_exit| panic!("on purpose")).assert_code(3),
        "the code did not exit with 3: it panicked\n  panic    on purpose",
    );
}

#[test]
fn n17_another_code_is_red() {
    is_red(
        "n17_another_code_is_red",
        || FakeExit::run(|exit| exit.exit(4)).assert_code(3),
        "the code exited with another code\n  expected 3\n  got      4\n",
    );
}

#[test]
fn n17_a_return_is_no_exit() {
    is_red(
        "n17_a_return_is_no_exit",
        || FakeExit::run(|_exit| ()).assert_code(0),
        "the code did not exit with 0: it returned\n",
    );
}

#[test]
fn n17_two_exits_are_red() {
    is_red(
        "n17_two_exits_are_red",
        || {
            let ended = FakeExit::run(|exit| {
                drop(catch_unwind(AssertUnwindSafe(|| exit.exit(3))));
                exit.exit(3)
            });
            ended.assert_code(3);
        },
        "the exit was called 2 times, and a process ends only once\n",
    );
}

#[test]
fn n17_a_run_that_nobody_asks_about_is_red() {
    is_red(
        "n17_a_run_that_nobody_asks_about_is_red",
        || {
            let _ = FakeExit::run(|exit| exit.exit(3));
        },
        "the test never asked how a run with a fake exit ended\n  ended    it exited with 3\n",
    );
}

#[test]
fn n17_an_exit_before_the_run_is_red() {
    is_red(
        "n17_an_exit_before_the_run_is_red",
        || {
            let fake = FakeExit::new();
            fake.exit().exit(3)
        },
        "the exit was called with 3 before its fake was run\n",
    );
}

// N18: the default is the real one.

#[test]
fn n18_a_default_that_is_not_the_real_one_is_red() {
    is_red(
        "n18_a_default_that_is_not_the_real_one_is_red",
        || {
            // Real, but for the one part that a test has left in.
            let fake = FakeProcess::new();
            let mut wired = Process::real();
            wired.entropy = fake.process().entropy;
            assert!(wired.is_real(), "the default is not real: {wired:?}");
        },
        "the default is not real: Process { exit: Exit(real), ",
    );
}

#[test]
fn n18_a_real_exit_without_effect_is_red() {
    const NAME: &str = "inject::known_bad::n18_a_real_exit_without_effect_is_red";
    child::test(NAME).run(
        || (), // as if the exit did nothing
        |child| {
            let violation = child.check_exited(73).unwrap_err();
            assert_eq!(violation.headline(), format!("test `{NAME}` ended with another code"));
        },
    );
}

// N19: what is declared and what is used.

#[test]
fn n19_an_undeclared_read_that_the_code_catches_is_red() {
    is_red(
        "n19_an_undeclared_read_that_the_code_catches_is_red",
        || {
            let fake = FakeProcess::new();
            let code =
                |env: &unplugged::inject::Env| catch_unwind(AssertUnwindSafe(|| env.var("HOEM"))).is_err();
            fake.run(|process| code(&process.env)).assert_returned();
            fake.finish();
        },
        "the variable \"HOEM\" was read, and is not declared\n",
    );
}

#[test]
fn n19_a_declaration_that_nobody_reads_is_red() {
    is_red(
        "n19_a_declaration_that_nobody_reads_is_red",
        || {
            let fake = FakeProcess::new().env("HOEM", "/");
            fake.run(drop).assert_returned();
            fake.finish();
        },
        "the variable \"HOEM\" was declared, and never read\n",
    );
}

#[test]
fn n19_input_and_entropy_that_are_left_and_output_that_is_untaken_are_red() {
    is_red(
        "n19_input_and_entropy_that_are_left_and_output_that_is_untaken_are_red",
        || {
            let fake = FakeProcess::new().stdin("left").entropy([1]);
            fake.run(|mut process| writeln!(process.stdout, "untaken").unwrap()).assert_returned();
            fake.finish();
        },
        "a fake process has 3 faults\n",
    );
}

#[test]
fn n19_entropy_drawn_beyond_what_is_declared_is_red() {
    is_red(
        "n19_entropy_drawn_beyond_what_is_declared_is_red",
        || {
            let fake = FakeProcess::new().entropy([1]);
            let ended = fake.run(|process| process.entropy.next_u64().unwrap());
            ended.assert_returned();
            fake.finish();
        },
        "the code did not return: it panicked\n  panic    8 bytes of entropy were drawn, and 1 are left\n",
    );
}

#[test]
fn n19_a_forgotten_finish_is_red() {
    is_red(
        "n19_a_forgotten_finish_is_red",
        || {
            let fake = FakeProcess::new();
            fake.run(drop).assert_returned();
        },
        "a fake process was dropped without a verdict\n",
    );
}

// N22: children.

#[test]
fn n22_a_misspelt_child_test_is_red() {
    let red = catch_unwind(|| {
        child::test("inject::known_bad::n22_a_mispelt_child_test_is_red")
            .run(|| panic!("never runs"), |child| child.assert_completed());
    });
    let text = *red.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.starts_with("test `inject::known_bad::n22_a_mispelt_child_test_is_red` does not exist: the child ran no test\n"),
        "{text}"
    );
}

#[test]
fn n22_a_child_that_exits_too_early_with_0_is_red() {
    const NAME: &str = "inject::known_bad::n22_a_child_that_exits_too_early_with_0_is_red";
    child::test(NAME).run(
        || Exit::real().exit(0),
        |child| {
            let violation = child.check_completed().unwrap_err();
            assert_eq!(violation.headline(), format!("test `{NAME}` never came to the end of its body"));
        },
    );
}

#[test]
fn n22_a_child_that_nobody_asks_is_red() {
    const NAME: &str = "inject::known_bad::n22_a_child_that_nobody_asks_is_red";
    let red = catch_unwind(|| child::test(NAME).run(|| (), drop));
    if std::env::var_os("UNPLUGGED_CHILD").is_some() {
        return; // the child itself
    }
    let text = *red.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.starts_with(&format!("the test never asked how test `{NAME}` ended\n  ended    with 0\n")),
        "{text}"
    );
}
