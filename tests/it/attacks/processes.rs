//! Bad tests of programs that exit.

use unplugged::inject::{FakeExit, FakeProcess, Process};

/// Exits with 3, having said why.
fn fails(mut process: Process) {
    use std::io::Write;
    writeln!(process.stderr, "no such file").unwrap();
    process.exit.exit(3)
}

red! {
    fn an_exit_whose_outcome_nobody_looks_at() {
        drop(FakeExit::run(|exit| exit.exit(3)));
    } says "3";

    fn a_return_whose_outcome_nobody_looks_at() {
        drop(FakeExit::run(|_exit| ()));
    } says "the test never asked how a run with a fake exit ended";

    fn an_exit_with_another_code() {
        FakeExit::run(|exit| exit.exit(3)).assert_code(0);
    } says "3";

    fn an_exit_that_is_no_return() {
        FakeExit::run(|exit| if true { exit.exit(3) } else { 7 }).assert_returned();
    } says "3";

    fn an_exit_that_the_code_catches() {
        FakeExit::run(|exit| {
            let _caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| exit.exit(3)));
            7
        })
        .assert_returned();
    } says "3";

    fn a_second_exit_after_a_caught_one() {
        FakeExit::run(|exit| {
            let _caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| exit.exit(0)));
            exit.exit(0)
        })
        .assert_code(0);
    } says "exit";

    fn a_process_that_is_never_run() {
        drop(FakeProcess::new());
    } says "run";

    fn words_on_stderr_that_nobody_takes() {
        let fake = FakeProcess::new();
        fake.run(fails).assert_code(3);
        fake.finish();
    } says "no such file";

    fn a_variable_that_the_test_declares_and_the_code_misspells() {
        let fake = FakeProcess::new().env("HOME", "/home/me");
        fake.run(|process| process.env.var("HOEM").is_ok()).assert_returned();
        fake.finish();
    } says "HOEM";

    fn an_exit_on_a_thread_that_outlives_the_run() {
        let fake = FakeExit::new();
        let exit = fake.exit();
        let thread = std::thread::spawn(move || {
            std::thread::park();
            exit.exit(3);
        });
        fake.catch(|| ()).assert_returned();
        thread.thread().unpark();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    } says "exit";
}
