//! What the guard makes of a process: known-good and known-bad tests, run in child processes.

use std::process::{Command, Output};

use unplugged::fake::{Call, scenario, scenario_async, try_scenario};
use unplugged_exit_guard as _;

/// Arms one of the tests below.
const ARMED: &str = "UNPLUGGED_KNOWN_BAD";

#[derive(Debug, PartialEq)]
struct Ping;

impl Call for Ping {
    type Reply = ();
    const NAME: &'static str = "Peer::ping";
}

/// True in the child that is to run this test; it says so.
fn is_armed(name: &str) -> bool {
    let is_armed = std::env::var(ARMED).is_ok_and(|armed| armed == name);
    if is_armed {
        eprintln!("armed: {name}");
    }
    is_armed
}

fn child(name: &str) -> Output {
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", name, "--nocapture"])
        .env(ARMED, name)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("a child");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(&format!("armed: {name}\n")), "the child ran something else: {stderr}");
    output
}

fn violate() {
    let ((), _log) = scenario(|script| script.expect(Ping).reply(()));
}

#[test]
#[should_panic(expected = "")]
fn bad_should_panic_eats_the_verdict() {
    if is_armed("bad_should_panic_eats_the_verdict") {
        violate();
    }
    panic!("not armed");
}

#[test]
fn bad_the_whole_scenario_is_caught() {
    if is_armed("bad_the_whole_scenario_is_caught") {
        drop(std::panic::catch_unwind(violate));
    }
}

#[test]
fn bad_exit_on_another_thread() {
    if is_armed("bad_exit_on_another_thread") {
        let ((), _log) = scenario(|script| {
            script.expect(Ping).reply(());
            std::thread::spawn(|| std::process::exit(0)).join().expect("it never returns");
        });
    }
}

#[test]
fn bad_an_async_scenario_thrown_away_in_a_thread() {
    if is_armed("bad_an_async_scenario_thrown_away_in_a_thread") {
        let thread = std::thread::spawn(|| drop(scenario_async(async |script| script.expect_no_calls())));
        drop(thread.join());
    }
}

#[test]
fn good_a_violation_as_a_value() {
    if is_armed("good_a_violation_as_a_value") {
        let faults = try_scenario(|script| script.expect(Ping).reply(())).unwrap_err();
        assert_eq!(faults.violations().len(), 1);
        let ((), _log) = scenario(|script| {
            script.expect(Ping).reply(());
            script.handle().call(Ping);
        });
    }
}

/// libtest says "ok", and the process is red.
#[track_caller]
fn is_red_after_all(name: &str, text: &str) {
    let output = child(name);
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(stdout.contains("test result: ok. 1 passed"), "{stdout}");
    assert_eq!(output.status.code(), Some(101), "{stderr}");
    assert!(stderr.contains(text), "{stderr}");
}

const RAISED: &str = "a violation was raised in this process, whatever became of it:\n";

#[test]
fn a_verdict_that_should_panic_eats_is_red() {
    let text = format!("{RAISED}`Peer::ping` was never called (entry 1 of 1)\n  expected Ping\n");
    is_red_after_all("bad_should_panic_eats_the_verdict", &text);
}

#[test]
fn a_scenario_that_is_caught_whole_is_red() {
    is_red_after_all("bad_the_whole_scenario_is_caught", RAISED);
}

#[test]
fn an_async_scenario_that_a_thread_throws_away_is_red() {
    let text = format!("{RAISED}a scenario was dropped before its end: nothing is verified\n");
    is_red_after_all("bad_an_async_scenario_thrown_away_in_a_thread", &text);
}

#[test]
fn an_exit_on_another_thread_is_red() {
    let output = child("bad_exit_on_another_thread");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{stderr}");
    let end = ", in `bad_exit_on_another_thread` is still open, and the process ends\n";
    assert!(stderr.ends_with(end), "{stderr}");
}

#[test]
fn a_process_in_order_is_left_alone() {
    let output = child("good_a_violation_as_a_value");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(!stderr.contains("a violation was raised"), "{stderr}");
}
