//! Assertions on the log of a finished scenario.

use pretty_assertions::assert_eq;
use unplugged::fake::{CallLog, scenario};

use super::{Get, Put, Store, get, panic_text, put, relative, store};

/// A get and a put, on the lines 3 and 4 from here.
fn log() -> (u32, CallLog) {
    let base = line!();
    let ((), log) = scenario(|script| {
        script.expect(get("a")).reply(None);
        script.expect(put("a", 1)).reply(());
        store(script).get("a");
        store(script).put("a", 1);
    });
    (base, log)
}

fn silence() -> CallLog {
    let ((), log) = scenario(|script| {
        script.expect_no_calls();
        drop(store(script));
    });
    log
}

const CALLS: &str = "calls    1: Get { key: \"a\" }, from +4\n           \
                     2: Put { key: \"a\", value: 1 }, from +5\n  scenario +1";

#[test]
fn the_same_call_again_is_a_call_of_its_own() {
    let base = line!();
    let ((), log) = scenario(|script| {
        script.expect(get("a")).times(4).reply(None);
        let store = store(script);
        (0..3).for_each(|_| assert_eq!(store.get("a"), None));
        store.get("a");
    });
    log.assert_call_count(4);
    log.assert_calls(&[&get("a"), &get("a"), &get("a"), &get("a")]);
    assert_eq!(
        relative(&log.check_call_count(3).unwrap_err().to_string(), base),
        "the log holds another number of calls\n  expected 3\n  got      4\n  \
         calls    1: Get { key: \"a\" }, from +4\n           \
         2: Get { key: \"a\" }, from +4\n           \
         3: Get { key: \"a\" }, from +4\n           \
         4: Get { key: \"a\" }, from +5\n  scenario +1"
    );
}

#[test]
fn calls_are_compared_in_order_and_number() {
    let (base, log) = log();
    log.assert_calls(&[&get("a"), &put("a", 1)]);
    let text = |calls: &[&dyn unplugged::__private::AnyCall]| {
        relative(&log.check_calls(calls).unwrap_err().to_string(), base)
    };
    assert_eq!(
        text(&[&put("a", 1), &get("a")]),
        format!(
            "the log differs from the calls asserted, at call 1\n  \
             expected Put {{ key: \"a\", value: 1 }}\n  \
             got      Get {{ key: \"a\" }}\n  \
             called   +4\n  {CALLS}"
        )
    );
    assert_eq!(
        text(&[&get("a")]),
        format!(
            "the log differs from the calls asserted, at call 2\n  \
             expected no more calls\n  \
             got      Put {{ key: \"a\", value: 1 }}\n  \
             called   +5\n  {CALLS}"
        )
    );
    assert_eq!(
        text(&[&get("a"), &put("a", 1), &get("b")]),
        format!(
            "the log differs from the calls asserted, at call 3\n  \
             expected Get {{ key: \"b\" }}\n  \
             got      no more calls\n  {CALLS}"
        )
    );
}

#[test]
fn calls_are_counted() {
    let (base, log) = log();
    log.assert_call_count(2);
    let violation = log.check_call_count(3).unwrap_err();
    assert_eq!(
        relative(&violation.to_string(), base),
        format!("the log holds another number of calls\n  expected 3\n  got      2\n  {CALLS}")
    );
}

#[test]
fn one_call_is_found() {
    let (base, log) = log();
    log.assert_called(&put("a", 1));
    let violation = log.check_called(&put("a", 2)).unwrap_err();
    assert_eq!(
        relative(&violation.to_string(), base),
        format!(
            "`Store::put` was never called with these arguments\n  expected Put {{ key: \"a\", value: 2 }}\n  {CALLS}"
        )
    );
}

#[test]
fn a_call_that_must_not_happen_is_found() {
    let (base, log) = log();
    log.assert_never_called(&put("b", 1), |put: &Put| put.key == "b");
    let violation = log.check_never_called(&put("x", 1), |put: &Put| put.value == 1).unwrap_err();
    assert_eq!(
        relative(&violation.to_string(), base),
        format!(
            "call 2, `Store::put`, is one that must not happen\n  \
             got      Put {{ key: \"a\", value: 1 }}\n  called   +5\n  {CALLS}"
        )
    );
}

#[test]
fn a_negative_assertion_needs_a_witness_that_matches() {
    let (base, log) = log();
    let violation = log.check_never_called(&get("admin"), |get: &Get| get.key == "admni").unwrap_err();
    assert_eq!(
        relative(&violation.to_string(), base),
        format!(
            "the predicate on `Store::get` rejects the call that it must match\n  \
             rejects  Get {{ key: \"admin\" }}\n  \
             next     a predicate that matches nothing proves nothing: correct it, or take another witness\n  {CALLS}"
        )
    );
}

#[test]
fn a_negative_assertion_needs_a_log_that_is_not_empty() {
    let violation = silence().check_never_called(&get("a"), |get: &Get| get.key == "a").unwrap_err();
    let text = violation.to_string();
    assert!(
        text.starts_with(
            "that `Store::get` was never called proves nothing: the log is empty\n  \
             next     a script that expects no call at all says `expect_no_calls()`\n  \
             calls    none\n"
        ),
        "{text}"
    );
}

#[test]
fn the_assertions_panic_with_the_text_of_the_checks() {
    let (_, log) = log();
    let texts = [
        panic_text(|| log.assert_calls(&[])),
        panic_text(|| log.assert_call_count(1)),
        panic_text(|| log.assert_called(&get("b"))),
        panic_text(|| log.assert_never_called(&get("b"), |_: &Get| true)),
    ];
    let checks = [
        log.check_calls(&[]),
        log.check_call_count(1),
        log.check_called(&get("b")),
        log.check_never_called(&get("b"), |_: &Get| true),
    ];
    assert_eq!(texts, checks.map(|check| check.unwrap_err().to_string()));
}

#[test]
fn a_log_shows_its_calls() {
    assert_eq!(format!("{:?}", log().1), r#"["Get { key: \"a\" }", "Put { key: \"a\", value: 1 }"]"#);
}
