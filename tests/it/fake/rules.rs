//! The rules, each with its meta-test: the known-bad test of its name, run in a child process, is red, and says
//! why. `RULES.md` maps the rules to these.

use std::{
    io::Write,
    process::{Command, Output},
};

use pretty_assertions::assert_eq;

use super::known_bad::{ARMED, MARKER, NAMES};

/// How a known-bad test ends.
enum Ends {
    /// libtest reports a failed test.
    Failed,
    /// The thread-local guard aborts the process.
    Aborted,
}

/// Runs a known-bad test in a child of its own, and gives its report: what it printed after the marker.
#[track_caller]
fn red(name: &str, ends: Ends) -> String {
    let output = child(name, &[]);
    check_status(&output, &ends);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let (_, report) = stderr.split_once(&format!("{MARKER}{name}\n")).expect("the right test is armed");
    report.to_owned()
}

fn child(name: &str, more: &[&str]) -> Output {
    assert!(NAMES.contains(&name), "there is no known-bad test `{name}`");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("fake::known_bad::{name}"), "--nocapture"])
        .args(more)
        .env(ARMED, name)
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap()
}

#[track_caller]
fn check_status(output: &Output, ends: &Ends) {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match ends {
        Ends::Failed => {
            assert_eq!(output.status.code(), Some(101), "{text}");
            assert!(text.contains("test result: FAILED. 0 passed; 1 failed;"), "{text}");
        }
        Ends::Aborted => {
            assert!(!output.status.success(), "{text}");
            assert!(!text.contains("test result:"), "the process should not come to its end: {text}");
            #[cfg(unix)]
            {
                use std::os::unix::process::ExitStatusExt;
                assert_eq!(output.status.signal(), Some(6), "{text}");
            }
        }
    }
}

/// The texts of the panics of the test's own thread, without their places.
fn panics(name: &str, report: &str) -> Vec<Vec<String>> {
    let by_test = format!("thread 'fake::known_bad::{name}'");
    let panics = report.split(&by_test).skip(1);
    panics
        .map(|panic| {
            let lines =
                panic.lines().skip(1).take_while(|line| !line.is_empty() && !line.starts_with("note:"));
            lines.map(without_places).collect()
        })
        .collect()
}

/// `tests/it/fake/known_bad.rs:3:5` as `@`.
fn without_places(line: &str) -> String {
    let line = match line.split_once(", in `") {
        Some((before, after)) => format!("{before}{}", after.split_once('`').expect("the end of a name").1),
        None => line.to_owned(),
    };
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find("tests/it/") {
        out.push_str(&rest[..at]);
        out.push('@');
        let end = rest[at..].find(".rs:").map_or(rest.len(), |end| at + end + 4);
        rest = rest[end..].trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ':');
    }
    out + rest
}

/// The known-bad test fails with exactly this report.
#[track_caller]
fn fails_with(name: &str, report: &str) {
    let panics = panics(name, &red(name, Ends::Failed));
    assert_eq!(panics.last().expect("a panic"), &report.lines().collect::<Vec<_>>());
}

/// The known-bad test aborts the process, and its last words are these.
#[track_caller]
fn aborts_with(name: &str, what: &str) {
    let report = red(name, Ends::Aborted);
    let last: Vec<String> = report.lines().map(without_places).collect();
    let last = &last[last.len().saturating_sub(2)..];
    assert_eq!(
        last,
        [
            format!("{what} was still open when its thread ended, by `exit` or because it was forgotten"),
            "  next     let the code under test hold the fake exit of `Process`; never forget a scenario"
                .to_owned(),
        ]
    );
}

#[test]
fn a_call_that_nobody_expects_is_red() {
    fails_with(
        "a_call_that_nobody_expects",
        r#"call 2, `Store::put`, is not in the script
  expected no more calls
  got      Put { key: "a", value: 1 }
  called   @
  calls    1: Get { key: "a" }, from @
           2: Put { key: "a", value: 1 }, from @
  scenario @"#,
    );
}

#[test]
fn an_expectation_whose_reply_is_forgotten_is_red() {
    fails_with(
        "an_expectation_whose_reply_is_forgotten",
        r#"2 rules of the scenario are broken
  broken   call 1, `Store::get`, has no reply (entry 1 of 1)
             expected Get { key: "a" }
             got      Get { key: "a" }
             scripted @
             called   @
             next     end the expectation with `.reply(..)` or `.reply_with(..)`
  broken   the expectation of `Store::get` has no reply (entry 1 of 1)
             expected Get { key: "a" }
             scripted @
             next     end the expectation with `.reply(..)` or `.reply_with(..)`
  calls    1: Get { key: "a" }, from @
  scenario @"#,
    );
}

#[test]
fn an_expected_call_that_never_comes_is_red() {
    fails_with(
        "an_expected_call_that_never_comes",
        r#"`Store::put` was never called (entry 2 of 2)
  expected Put { key: "a", value: 1 }
  scripted @
  calls    1: Get { key: "a" }, from @
  scenario @"#,
    );
}

#[test]
fn an_early_return_before_any_call_is_red() {
    fails_with(
        "an_early_return_before_any_call",
        r#"`Store::get` was never called (entry 1 of 1)
  expected Get { key: "a" }
  scripted @
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_question_mark_before_any_call_is_red() {
    fails_with(
        "a_question_mark_before_any_call",
        r#"the body of the scenario failed
  error    ParseIntError { kind: InvalidDigit }
  broken   `Store::get` was never called (entry 1 of 1)
             expected Get { key: "a" }
             scripted @
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_call_made_twice_is_red() {
    fails_with(
        "a_call_made_twice",
        r#"call 2, `Store::get`, is one too many
  expected no more calls
  got      Get { key: "a" }
  called   @
  nearest  entry 1 of 1, used: this very call, scripted @
  calls    1: Get { key: "a" }, from @
           2: Get { key: "a" }, from @
  scenario @"#,
    );
}

#[test]
fn a_connection_used_before_its_connector_is_red() {
    fails_with(
        "a_connection_used_before_its_connector",
        r#"call 1, `Store::put`, is out of order
  expected Connect { to: "db" }
  got      Put { key: "a", value: 1 }
  scripted @
  called   @
  nearest  entry 2 of 2: this very call, scripted @
  calls    1: Put { key: "a", value: 1 }, from @
           2: Connect { to: "db" }, from @
           3: Put { key: "a", value: 1 }, from @
  scenario @"#,
    );
}

#[test]
fn a_call_with_a_wrong_argument_is_red() {
    fails_with(
        "a_call_with_a_wrong_argument",
        r#"call 1, `Store::put`, differs from the script in `value` (entry 1 of 1)
  expected Put { key: "a", value: 1 }
  got      Put { key: "a", value: 2 }
  scripted @
  called   @
  calls    1: Put { key: "a", value: 2 }, from @
  scenario @"#,
    );
}

#[test]
fn a_matcher_that_accepts_everything_is_red() {
    fails_with(
        "a_matcher_that_accepts_everything",
        r#"the matcher `any` of `Store::get` accepts the call that it must reject
  accepts  Get { key: "b" }
  scripted @
  next     a matcher that accepts everything checks nothing: narrow it, or take another witness
  calls    1: Get { key: "a" }, from @
  scenario @"#,
    );
}

#[test]
fn a_fake_that_is_forgotten_is_red() {
    fails_with(
        "a_fake_that_is_forgotten",
        r#"2 rules of the scenario are broken
  broken   `Store::get` was never called (entry 1 of 1)
             expected Get { key: "a" }
             scripted @
  broken   a handle is still alive at the end: a call could still come, unseen
             made at  @
             next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_fake_that_is_dropped_in_a_thread_is_red() {
    fails_with(
        "a_fake_that_is_dropped_in_a_thread",
        r#"`Store::get` was never called (entry 1 of 1)
  expected Get { key: "a" }
  scripted @
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_fake_in_a_cycle_is_red() {
    fails_with(
        "a_fake_in_a_cycle",
        r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    1: Get { key: "a" }, from @
  scenario @"#,
    );
}

#[test]
fn a_fake_in_a_static_is_red() {
    fails_with(
        "a_fake_in_a_static",
        r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_thread_that_may_still_call_is_red() {
    fails_with(
        "a_thread_that_may_still_call",
        r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_task_that_is_left_at_the_end_is_red() {
    fails_with(
        "a_task_that_is_left_at_the_end",
        r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_panic_that_the_code_catches_is_red() {
    fails_with(
        "a_panic_that_the_code_catches",
        r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   @
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted @; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from @
           2: Get { key: "b" }, from @
  scenario @"#,
    );
}

#[test]
fn a_panic_in_a_thread_that_nobody_joins_is_red() {
    fails_with(
        "a_panic_in_a_thread_that_nobody_joins",
        r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   @
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted @; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from @
           2: Get { key: "b" }, from @
  scenario @"#,
    );
}

#[test]
fn a_panic_in_a_task_whose_handle_is_dropped_is_red() {
    fails_with(
        "a_panic_in_a_task_whose_handle_is_dropped",
        r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   @
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted @; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from @
           2: Get { key: "b" }, from @
  scenario @
  now      +0ns, seed 0x5eed"#,
    );
}

#[test]
fn a_check_in_a_reply_that_the_code_catches_is_red() {
    fails_with(
        "a_check_in_a_reply_that_the_code_catches",
        r#"the reply to call 1, `Store::get`, panicked
  got      Get { key: "a" }
  called   @
  next     if the collaborator is to panic, say so with `.reply_panic(..)`
  calls    1: Get { key: "a" }, from @
  scenario @"#,
    );
}

#[test]
fn an_async_scenario_that_is_not_awaited_is_red() {
    fails_with(
        "an_async_scenario_that_is_not_awaited",
        r#"a scenario was dropped before its end: nothing is verified
  scenario @
  next     await it in the test itself, to its end"#,
    );
}

#[test]
fn an_async_scenario_that_is_forgotten_aborts() {
    aborts_with("an_async_scenario_that_is_forgotten", "the scenario at @");
}

#[test]
fn a_script_that_is_empty_is_red() {
    fails_with(
        "a_script_that_is_empty",
        r#"the script is empty
  made at  @
  next     expect a call, or say `expect_no_calls()`
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_script_made_by_a_loop_over_nothing_is_red() {
    fails_with(
        "a_script_made_by_a_loop_over_nothing",
        r#"the script is empty
  made at  @
  next     expect a call, or say `expect_no_calls()`
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_fake_that_is_never_handed_out_is_red() {
    fails_with(
        "a_fake_that_is_never_handed_out",
        r#"`expect_no_calls()` proves nothing: the script gave no handle to anybody
  scripted @
  next     give the code under test a fake that holds `script.handle()`
  calls    none
  scenario @"#,
    );
}

#[test]
fn a_negative_assertion_with_a_typo_is_red() {
    fails_with(
        "a_negative_assertion_with_a_typo",
        r#"the predicate on `Store::get` rejects the call that it must match
  rejects  Get { key: "admin" }
  next     a predicate that matches nothing proves nothing: mend it, or the witness
  calls    1: Get { key: "admin" }, from @
  scenario @"#,
    );
}

#[test]
fn a_negative_assertion_on_an_empty_log_is_red() {
    fails_with(
        "a_negative_assertion_on_an_empty_log",
        r#"that `Store::get` was never called proves nothing: the log is empty
  next     a script that expects no call at all says `expect_no_calls()`
  calls    none
  scenario @"#,
    );
}

#[test]
fn three_faults_at_once_is_red() {
    fails_with(
        "three_faults_at_once",
        r#"4 rules of the scenario are broken
  broken   call 1, `Store::get`, differs from the script in `key`, at character 0 (entry 1 of 2)
             expected Get { key: "a" }
             got      Get { key: "x" }
             scripted @
             called   @
  broken   call 2, `Store::get`, is not in the script
             expected Put { key: "a", value: 1 }
             got      Get { key: "y" }
             scripted @
             called   @
             nearest  entry 1 of 2, used: Get { key: "a" }, scripted @; `key` differs: "a", got "y"
  broken   `Store::put` was never called (entry 2 of 2)
             expected Put { key: "a", value: 1 }
             scripted @
  broken   a handle is still alive at the end: a call could still come, unseen
             made at  @
             next     join the thread, end the task or drop the fake inside the scenario
  calls    1: Get { key: "x" }, from @
           2: Get { key: "y" }, from @
  scenario @"#,
    );
}

#[test]
fn an_exit_in_the_code_under_test_aborts() {
    aborts_with("an_exit_in_the_code_under_test", "the scenario at @");
}

#[test]
fn an_exit_in_an_async_scenario_aborts() {
    aborts_with("an_exit_in_an_async_scenario", "the scenario at @");
}

#[test]
fn a_logged_error_that_nobody_takes_is_red() {
    fails_with(
        "a_logged_error_that_nobody_takes",
        r#"a logged error was not taken
  made at  @
  next     if it is meant to be logged, take it: `take::<E>()`, `take_text(..)`
  error    it went wrong, from @"#,
    );
}

#[test]
fn an_error_log_that_is_forgotten_aborts() {
    aborts_with("an_error_log_that_is_forgotten", "the error log made at @");
}

#[test]
fn all_are_red_also_one_at_a_time_on_the_main_thread() {
    for name in ["a_panic_that_the_code_catches", "a_fake_that_is_forgotten"] {
        check_status(&child(name, &["--test-threads=1"]), &Ends::Failed);
    }
    for name in ["an_exit_in_the_code_under_test", "an_async_scenario_that_is_forgotten"] {
        check_status(&child(name, &["--test-threads=1"]), &Ends::Aborted);
    }
}

#[test]
fn all_are_red_under_nextest() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let is_there = Command::new(&cargo).args(["nextest", "--version"]).output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        // Past the capture of the harness: what was left out must be seen.
        let left_out =
            b"LEFT OUT: cargo-nextest is not installed, `all_are_red_under_nextest` checked nothing\n";
        std::io::stderr().write_all(left_out).unwrap();
        return;
    }
    let output = Command::new(cargo)
        .args(["nextest", "run", "-p", "unplugged", "--test", "it", "--no-fail-fast", "--color", "never"])
        .args(["-E", "test(/^fake::known_bad::/)"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env(ARMED, "all")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(100), "{stderr}");
    let count = NAMES.len();
    assert!(stderr.contains(&format!(" {count} tests run: 0 passed, {count} failed")), "{stderr}");
}

#[test]
fn every_known_bad_test_has_its_meta_test() {
    let source = include_str!("rules.rs");
    for name in NAMES {
        let has_one = ["is_red", "aborts"].iter().any(|end| source.contains(&format!("fn {name}_{end}()")));
        assert!(has_one, "nothing shows that `{name}` is red");
    }
}

#[test]
fn every_rule_is_mapped_to_tests_that_exist() {
    let rows: Vec<Vec<&str>> = include_str!("../RULES.md")
        .lines()
        .filter(|line| line.starts_with("| N"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let numbers: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let all: Vec<String> = (1..=23).map(|number| format!("N{number:02}")).collect();
    assert_eq!(numbers, all);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for row in rows {
        let tests: Vec<&str> = row[2].split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "{} has no test", row[0]);
        for test in tests {
            let (file, name) = test.split_once("::").expect("`file::test`");
            let path = root.join(file);
            assert!(path.exists(), "{}: there is no {file}", row[0]);
            let is_there = std::fs::read_to_string(&path).unwrap().contains(&format!("fn {name}("));
            assert!(is_there, "{}: there is no test `{name}` in {file}", row[0]);
        }
    }
}
