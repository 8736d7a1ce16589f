//! The worked case of `examples/exiter.rs`: a public function of one argument that ends the process.
#![expect(clippy::print_stdout, reason = "a child leaves marks")]

#[path = "../../../examples/exiter.rs"]
#[expect(dead_code, unreachable_pub, reason = "its `main` tells the story to whoever runs it")]
mod program;

use std::{env, panic};

use unplugged::{
    clock::secs,
    inject::{Exit, FakeExit, child},
};

use self::program::{EXITER, Exiter, exit_with_result};

#[test]
fn true_exits_with_0() {
    FakeExit::run(|exit| Exiter { exit }.exit_with_result(|| true)).assert_code(0);
}

#[test]
fn false_exits_with_1() {
    FakeExit::run(|exit| Exiter { exit }.exit_with_result(|| false)).assert_code(1);
}

#[test]
fn the_function_is_called_before_the_exit() {
    let mut called = 0;
    let ended = FakeExit::run(|exit| {
        Exiter { exit }.exit_with_result(|| {
            called += 1;
            true
        })
    });
    ended.assert_code(0);
    assert_eq!(called, 1);
}

#[test]
fn a_panic_of_the_function_is_no_exit() {
    let ended = FakeExit::run(|exit| Exiter { exit }.exit_with_result(|| panic!("on purpose")));
    assert_eq!(ended.check_exited().unwrap_err().detail("panic"), Some("on purpose"));
}

// The default, in three steps.

#[test]
fn the_default_instance_holds_the_real_exit() {
    assert!(EXITER.exit.is_real());
}

#[test]
fn the_real_exit_ends_a_process() {
    child::test("inject::exiter::the_real_exit_ends_a_process").run(
        || {
            print!("before");
            let _ = panic::catch_unwind(|| Exit::real().exit(73)); // it does not unwind, either
            print!("after");
        },
        |child| {
            child.assert_exited(73);
            let stdout = String::from_utf8_lossy(child.stdout());
            assert!(stdout.ends_with("before"), "{stdout}");
        },
    );
}

#[test]
fn the_public_function_ends_a_process() {
    for (result, code) in [(false, 1), (true, 0)] {
        child::test("inject::exiter::the_public_function_ends_a_process")
            .case(format!("{result}"))
            .run(|| exit_with_result(|| result), |child| child.assert_exited(code));
    }
}

#[test]
fn the_program_tells_its_story() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let child = child::program(cargo)
        .arg("run")
        .arg("--quiet")
        .arg("--example")
        .arg("exiter")
        .marker("   false  a process ended with 1")
        .limit(secs(300)) // cargo may have to build it
        .run();
    child.assert_completed();
}
