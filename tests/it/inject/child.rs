//! Child processes for tests.
#![expect(clippy::print_stdout, reason = "a child is to be heard")]

use std::process::abort;

use unplugged::{
    clock::{millis, secs},
    inject::{
        Exit,
        child::{self, EndedChild, Program},
    },
};

use super::{panic_text, unplaced};

/// A program that everybody who runs these tests has.
fn cargo() -> Program {
    child::program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The text without the lines that the harness and the name of the program decide.
fn headline(violation: &unplugged::violation::Violation) -> String {
    violation.headline().to_owned()
}

#[test]
fn a_body_that_comes_to_its_end_is_complete() {
    child::test("inject::child::a_body_that_comes_to_its_end_is_complete").run(
        || {
            println!("to stdout");
            eprintln!("to stderr");
        },
        |child| {
            child.assert_completed();
            assert_eq!(child.check_completed(), Ok(())); // asking does not consume
            assert!(String::from_utf8_lossy(child.stdout()).contains("to stdout\n"));
            assert_eq!(child.stderr(), "to stderr\n");
            assert!(
                !String::from_utf8_lossy(child.stdout()).contains("unplugged-child"),
                "no marks are shown"
            );
        },
    );
}

#[test]
fn a_body_that_exits_with_0_is_not_complete() {
    child::test("inject::child::a_body_that_exits_with_0_is_not_complete").run(
        || Exit::real().exit(0),
        |child| {
            child.assert_exited(0);
            assert_eq!(
                headline(&child.check_completed().unwrap_err()),
                "test `inject::child::a_body_that_exits_with_0_is_not_complete` never came to the end of its body"
            );
        },
    );
}

#[test]
fn an_exit_is_told_from_another_code_a_return_and_a_panic() {
    const NAME: &str = "inject::child::an_exit_is_told_from_another_code_a_return_and_a_panic";
    child::test(NAME).case("another code").run(
        || Exit::real().exit(4),
        |child| {
            let violation = child.check_exited(3).unwrap_err();
            assert_eq!(headline(&violation), format!("test `{NAME}` ended with another code"));
            assert_eq!(violation.detail("expected"), Some("3"));
            assert_eq!(violation.detail("ended"), Some("with 4"));
        },
    );
    child::test(NAME).case("a return").run(
        || (),
        |child| {
            let violation = child.check_exited(0).unwrap_err();
            assert_eq!(
                headline(&violation),
                format!("test `{NAME}` was to exit with 0, and came to the end of its body")
            );
        },
    );
    child::test(NAME).case("a panic").run(
        || panic!("on purpose"),
        |child| {
            assert_eq!(child.assert_panicked(), "on purpose");
            let violation = child.check_exited(101).unwrap_err();
            assert_eq!(headline(&violation), format!("test `{NAME}` panicked, and did not exit"));
            assert_eq!(violation.detail("panic"), Some("on purpose"));
        },
    );
}

#[test]
fn a_panic_is_told_from_an_exit_with_101() {
    const NAME: &str = "inject::child::a_panic_is_told_from_an_exit_with_101";
    child::test(NAME).run(
        || Exit::real().exit(101),
        |child| {
            child.assert_exited(101);
            assert_eq!(
                headline(&child.check_panicked().unwrap_err()),
                format!("test `{NAME}` did not panic")
            );
        },
    );
}

#[test]
fn an_abort_is_told_from_an_exit() {
    const NAME: &str = "inject::child::an_abort_is_told_from_an_exit";
    child::test(NAME).case("abort").run(
        || {
            eprint!("last words");
            abort()
        },
        |child| {
            assert_eq!(child.assert_aborted(), "last words");
            assert_eq!(
                headline(&child.check_exited(134).unwrap_err()),
                format!("test `{NAME}` ended with another code")
            );
        },
    );
    child::test(NAME).case("exit").run(
        || Exit::real().exit(134),
        |child| {
            assert_eq!(headline(&child.check_aborted().unwrap_err()), format!("test `{NAME}` did not abort"));
        },
    );
}

#[test]
fn a_body_in_a_loop_needs_a_case() {
    for code in [70, 71, 72] {
        child::test("inject::child::a_body_in_a_loop_needs_a_case")
            .case(code.to_string())
            .run(|| Exit::real().exit(code), |child| child.assert_exited(code));
    }
}

#[test]
fn a_misspelt_test_is_refused() {
    child::test("inject::child::a_mispelt_test_is_refused").run(
        || (),
        |child| {
            for violation in [
                child.check_completed().unwrap_err(),
                child.check_exited(0).unwrap_err(),
                child.check_panicked().unwrap_err(),
                child.check_aborted().unwrap_err(),
            ] {
                assert_eq!(
                    headline(&violation),
                    "test `inject::child::a_mispelt_test_is_refused` does not exist: the child ran no test"
                );
                assert_eq!(
                    violation.detail("next"),
                    Some(
                        "say the name that `cargo test -- --list` prints: the path of modules, without the crate"
                    )
                );
            }
        },
    );
}

#[test]
fn the_name_of_another_test_is_refused() {
    child::test("inject::exit::an_exit_gives_its_code").run(
        || (),
        |child| {
            let violation = child.check_completed().unwrap_err();
            assert_eq!(
                headline(&violation),
                "test `inject::exit::an_exit_gives_its_code` never began its body in the child"
            );
            assert_eq!(violation.detail("ended"), Some("with 0"));
            assert_eq!(
                violation.detail("next"),
                Some("the child's test must come to the same `run`, unfiltered and in the same way as its parent")
            );
        },
    );
}

#[test]
fn a_child_that_takes_too_long_is_killed() {
    child::test("inject::child::a_child_that_takes_too_long_is_killed").limit(millis(300)).run(
        || loop {
            std::thread::park();
        },
        |child| {
            let violation = child.check_exited(0).unwrap_err();
            assert_eq!(
                headline(&violation),
                "test `inject::child::a_child_that_takes_too_long_is_killed` took too long"
            );
            assert_eq!(violation.detail("ended"), Some("killed after 300ms of real time"));
            assert_eq!(violation.detail("next"), Some("it waits for something, or needs longer: `limit`"));
        },
    );
}

/// Two tests that name each other instead of themselves: the child of the one starts the other.
#[track_caller]
fn start_the_other(other: &str) {
    child::test(other).run(
        || (),
        |child| {
            let violation = child.check_completed().unwrap_err();
            if std::env::var_os("UNPLUGGED_CHILD").is_some() {
                panic!("{violation}");
            }
            assert_eq!(headline(&violation), format!("test `{other}` never began its body in the child"));
            let stderr = violation.detail("stderr").unwrap();
            assert!(stderr.contains("` start children without end\n"), "{violation}");
            assert!(stderr.contains("  next     each must name the test that it stands in\n"), "{violation}");
        },
    );
}

#[test]
fn children_without_end_are_stopped() {
    start_the_other("inject::child::children_without_end_are_stopped_from_the_other_side_too");
}

#[test]
fn children_without_end_are_stopped_from_the_other_side_too() {
    start_the_other("inject::child::children_without_end_are_stopped");
}

#[test]
fn a_child_of_a_body_is_refused() {
    const NAME: &str = "inject::child::a_child_of_a_body_is_refused";
    child::test(NAME).case("outer").run(
        || child::test(NAME).case("inner").run(|| (), |child| child.assert_completed()),
        |child| {
            assert_eq!(
                unplaced(child.assert_panicked()),
                format!(
                    "a child of test `{NAME}` was started inside of a child's body\n  \
                     made at  PLACE\n  \
                     next     start each in the test itself, with a `case` of its own"
                )
            );
        },
    );
}

#[test]
fn much_output_does_not_stop_a_child() {
    child::test("inject::child::much_output_does_not_stop_a_child").run(
        || {
            for _ in 0..20_000 {
                println!("0123456789abcdef");
                eprintln!("0123456789abcdef");
            }
        },
        |child| {
            child.assert_completed();
            assert_eq!(child.stderr().len(), 340_000);
        },
    );
}

#[test]
fn a_program_is_asked_for_its_marker() {
    let child = cargo().arg("--version").marker("no such line").run();
    assert!(headline(&child.check_completed().unwrap_err()).ends_with("never printed its marker"));
    child.assert_exited(0);

    let version = String::from_utf8_lossy(child.stdout()).trim().to_owned();
    let child = cargo().arg("--version").marker(version).run();
    child.assert_completed();
    assert!(
        headline(&child.check_exited(0).unwrap_err())
            .ends_with("was to exit with 0, and came to the end of its body")
    );
}

#[test]
fn a_program_without_a_marker_cannot_be_complete() {
    let child = cargo().arg("--version").run();
    let violation = child.check_completed().unwrap_err();
    assert!(
        violation.headline().ends_with("has no marker that shows whether its work is complete"),
        "{violation}"
    );
    assert_eq!(violation.detail("next"), Some("name the line that it prints at its end: `marker`"));
}

#[test]
fn a_program_gets_its_variables_and_input() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let source = "#![crate_name = \"given\"]\npub const GIVEN: &str = env!(\"GIVEN\");\n";
    let check = |program: Program| {
        program
            .arg("--edition=2024")
            .arg("--crate-type=lib")
            .arg("--emit=dep-info=-")
            .arg("-")
            .stdin(source)
            .run()
    };
    let child = check(child::program(&rustc).env("GIVEN", "x").limit(secs(60)));
    child.assert_exited(0);
    let child = check(child::program(&rustc).env("GIVEN", "x").env_absent("GIVEN"));
    child.assert_exited(1);
    assert!(String::from_utf8_lossy(child.stderr()).contains("GIVEN"));
}

#[test]
fn a_program_that_does_not_exist_is_told() {
    let text = panic_text(|| drop(child::program("no/such/program").run()));
    assert!(text.starts_with("program `no/such/program` cannot be started\n  error    "), "{text}");
    assert!(text.ends_with("\n  made at  PLACE"), "{text}");
}

#[test]
fn a_marker_that_proves_nothing_is_refused() {
    for line in ["", " ", "two\nlines"] {
        assert_eq!(
            panic_text(|| drop(cargo().marker(line))),
            format!("a marker is one line that is not empty, and not {line:?}")
        );
    }
}

#[test]
fn a_child_that_nobody_asked_is_told() {
    let text = panic_text(|| drop(cargo().arg("no-such-command").run()));
    assert!(text.starts_with("the test never asked how program `"), "{text}");
    assert!(text.contains("` ended\n  ended    with 101\n  stderr   "), "{text}");
    assert!(
        text.ends_with(
            "\n  made at  PLACE\n  next     ask with `assert_completed`, `assert_exited` or `assert_panicked`"
        ),
        "{text}"
    );
}

#[test]
fn a_child_that_nobody_runs_is_found() {
    let text = panic_text(|| drop(child::test("inject::child::a_test")));
    assert_eq!(
        text,
        "nobody ran test `inject::child::a_test` as a child\n  made at  PLACE\n  next     `run` it"
    );
    let text = panic_text(|| drop(child::program("no-such-program")));
    assert_eq!(
        text,
        "nobody ran program `no-such-program` as a child\n  made at  PLACE\n  next     `run` it"
    );
}

#[test]
fn a_child_that_nobody_asked_is_quiet_while_a_panic_unwinds() {
    let text = panic_text(|| {
        let _child = cargo().arg("--version").run();
        panic!("mine")
    });
    assert_eq!(text, "mine");
}

#[test]
fn a_report_holds_all_that_the_child_wrote() {
    let check = |child: EndedChild| {
        let text = unplaced(&child.check_exited(0).unwrap_err().to_string());
        let end = text.split("  stderr   ").nth(1).expect("the error of cargo");
        assert!(
            text.contains(" ended with another code\n  expected 0\n  ended    with 101\n  stderr   "),
            "{text}"
        );
        assert!(end.starts_with("error: no such command: `no-such-command`"), "{text}");
        assert!(end.ends_with("\n  made at  PLACE"), "{text}");
    };
    check(cargo().arg("no-such-command").run());
}

#[test]
fn a_long_output_is_cut_in_a_report() {
    child::test("inject::child::a_long_output_is_cut_in_a_report").run(
        || (0..31).for_each(|line| eprintln!("line {line}")),
        |child| {
            let violation = child.check_exited(0).unwrap_err();
            let stderr = violation.detail("stderr").unwrap();
            assert!(
                stderr.starts_with("... (1 lines)\nline 1\n") && stderr.ends_with("\nline 30"),
                "{stderr}"
            );
        },
    );
}

#[test]
fn each_panicking_form_says_what_its_value_says() {
    let child = cargo().arg("no-such-command").run();
    let text = |asked: fn(&EndedChild)| panic_text(|| asked(&child));
    assert_eq!(
        text(EndedChild::assert_completed),
        unplaced(&child.check_completed().unwrap_err().to_string())
    );
    assert_eq!(
        text(|child| child.assert_exited(3)),
        unplaced(&child.check_exited(3).unwrap_err().to_string())
    );
    assert_eq!(
        text(|child| {
            child.assert_panicked();
        }),
        unplaced(&child.check_panicked().unwrap_err().to_string())
    );
    assert_eq!(
        text(|child| {
            child.assert_aborted();
        }),
        unplaced(&child.check_aborted().unwrap_err().to_string())
    );
}

#[test]
fn a_program_that_takes_too_long_is_killed() {
    let sleeps = child::program("sleep").arg("600").limit(millis(300)).run();
    let violation = sleeps.check_exited(0).unwrap_err();
    assert_eq!(headline(&violation), "program `sleep` took too long");
    assert_eq!(violation.detail("ended"), Some("killed after 300ms of real time"));
}
