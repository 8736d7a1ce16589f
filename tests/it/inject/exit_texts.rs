//! What a fake exit says, word for word.

use std::panic::{AssertUnwindSafe, catch_unwind};

use unplugged::{
    clock::millis,
    inject::{Exit, FakeExit, RunOutcome},
};

use super::{panic_text, unplaced};

#[track_caller]
fn code_text<T>(ended: &RunOutcome<T>) -> String {
    unplaced(&ended.check_exited().unwrap_err().to_string())
}

fn swallow(exit: &Exit, code: i32) {
    drop(catch_unwind(AssertUnwindSafe(|| exit.exit(code))));
}

#[test]
fn returned_instead() {
    assert_eq!(
        panic_text(|| FakeExit::run(|_exit| ()).assert_code(3)),
        "the code did not exit with 3: it returned\n  \
         made at  PLACE\n  \
         next     its exit was never called; if that is right, say `assert_returned`"
    );
}

#[test]
fn exited_instead() {
    assert_eq!(
        panic_text(|| {
            FakeExit::run(|exit| exit.exit(3)).assert_returned();
        }),
        "the code did not return: it exited with 3\n  called   PLACE"
    );
}

#[test]
fn another_code() {
    assert_eq!(
        panic_text(|| FakeExit::run(|exit| exit.exit(4)).assert_code(3)),
        "the code exited with another code\n  expected 3\n  got      4\n  called   PLACE"
    );
}

#[test]
fn panicked_instead() {
    assert_eq!(
        panic_text(|| FakeExit::run(|_exit| panic!("on purpose")).assert_code(3)),
        "the code did not exit with 3: it panicked\n  panic    on purpose"
    );
    assert_eq!(
        panic_text(|| {
            FakeExit::run(|_exit| panic!("on {}", "purpose")).assert_returned();
        }),
        "the code did not return: it panicked\n  panic    on purpose"
    );
    let ended = FakeExit::run(|_exit| std::panic::panic_any(7));
    assert_eq!(ended.check_exited().unwrap_err().detail("panic"), Some("a panic without a text"));
}

#[test]
fn called_twice() {
    let ended = FakeExit::run(|exit| {
        swallow(&exit, 3);
        exit.exit(4)
    });
    assert_eq!(
        code_text(&ended),
        "the exit was called 2 times, and a process ends only once\n  \
         called   with 3, at PLACE\n  \
         called   with 4, at PLACE\n  \
         next     the code went on after the first: a real exit cannot be caught"
    );
}

#[test]
fn swallowed() {
    let next = "next     a `catch_unwind`, a thread or a task has swallowed it, as it cannot swallow a real exit; \
                `FakeExit::park` cannot be swallowed either";
    let ended = FakeExit::run(|exit| swallow(&exit, 3));
    assert_eq!(
        code_text(&ended),
        format!(
            "the exit was called, and the code went on\n  \
             called   with 3, at PLACE\n  \
             then     the code returned\n  {next}"
        )
    );
    let ended = FakeExit::run(|exit| {
        swallow(&exit, 3);
        swallow(&exit, 4);
        panic!("on purpose")
    });
    assert_eq!(
        code_text(&ended),
        format!(
            "the exit was called, and the code went on\n  \
             called   with 3, at PLACE\n  \
             called   with 4, at PLACE\n  \
             then     the code panicked: on purpose\n  {next}"
        )
    );
}

#[test]
fn still_held() {
    let ended = FakeExit::run(|exit| (exit.clone(), exit));
    assert_eq!(
        code_text(&ended),
        "the code returned, and its exit is still held by 2\n  \
         made at  PLACE\n  \
         next     a thread, a task, a static or the returned value can still call it: join it or drop it"
    );
}

#[test]
fn a_code_that_no_unix_parent_sees() {
    for (code, seen) in [(256, 0), (-1, 255), (1000, 232)] {
        assert_eq!(
            code_text(&FakeExit::run(|exit| exit.exit(code))),
            format!(
                "the exit was called with {code}, which a Unix parent sees as {seen}\n  \
                 called   PLACE\n  \
                 next     exit with 0 to 255"
            )
        );
    }
}

#[test]
fn stuck() {
    let ended = FakeExit::park_within(millis(5), |_exit| {
        loop {
            std::thread::park()
        }
    });
    assert_eq!(
        code_text(&ended),
        "the code neither exited nor returned within 5ms of real time\n  \
         made at  PLACE\n  \
         next     it waits for something, or needs longer: `park_within`"
    );
}

#[test]
fn unasked() {
    let text = |how: &str| {
        format!(
            "the test never asked how a run with a fake exit ended\n  \
             ended    {how}\n  \
             made at  PLACE\n  \
             next     ask with `assert_code` or `assert_returned`"
        )
    };
    assert_eq!(panic_text(|| drop(FakeExit::run(|exit| exit.exit(3)))), text("it exited with 3"));
    assert_eq!(panic_text(|| drop(FakeExit::run(|_exit| ()))), text("it returned"));
    assert_eq!(
        panic_text(|| drop(FakeExit::run(|_exit| panic!("on purpose")))),
        text("it panicked: on purpose")
    );
    assert_eq!(
        panic_text(|| drop(FakeExit::run(|exit| exit.exit(-1)))),
        text(
            "the exit was called with -1, which a Unix parent sees as 255\n             \
             called   PLACE\n             next     exit with 0 to 255"
        )
    );
}

#[test]
fn never_run() {
    assert_eq!(
        panic_text(|| drop(FakeExit::new())),
        "a fake exit was made and never run\n  \
         made at  PLACE\n  \
         next     run the code under test inside of `catch`"
    );
}

#[test]
fn called_before_the_run() {
    let fake = FakeExit::new();
    let exit = fake.exit();
    assert_eq!(
        panic_text(|| exit.exit(3)),
        "the exit was called with 3 before its fake was run\n  \
         called   PLACE\n  \
         made at  PLACE\n  \
         next     run all that may exit inside of `run` or `catch`"
    );
    fake.catch(|| exit.exit(3)).assert_code(3);
}

#[test]
fn called_after_the_run() {
    let fake = FakeExit::new();
    let exit = fake.exit();
    fake.catch(|| ()).assert_returned();
    assert_eq!(
        panic_text(|| exit.exit(3)),
        "the exit was called with 3 after the run of its fake was over\n  \
         called   PLACE\n  \
         made at  PLACE\n  \
         next     run all that may exit inside of `run` or `catch`"
    );
}

#[test]
fn the_place_of_a_call_is_that_of_the_caller() {
    let line = line!() + 1;
    let ended = FakeExit::run(|exit| exit.exit(3));
    let violation = ended.check_returned().unwrap_err();
    assert_eq!(violation.detail("called"), Some(&*format!("tests/it/inject/exit_texts.rs:{line}:43")));
}

#[test]
fn debug_shows_the_state() {
    let ended = FakeExit::run(|exit| exit.exit(3));
    assert_eq!(format!("{ended:?}"), "RunOutcome(it exited with 3)");
    ended.assert_code(3);
    let fake = FakeExit::default();
    assert_eq!(unplaced(&format!("{fake:?}")), "FakeExit { made_at: PLACE }");
    fake.catch(|| ()).assert_returned();
}
