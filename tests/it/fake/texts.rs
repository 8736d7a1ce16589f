//! What a scenario says when a rule is broken, word for word. Places are counted from the line before.

use bytes::Bytes;
use pretty_assertions::assert_eq;
use unplugged::fake::{Call, check_scenario, scenario};

use super::{Get, Put, Store, broken, get, idle_store, panic_text, put, relative, store};

#[derive(Debug, PartialEq)]
struct Write {
    to: u8,
    data: Bytes,
}

impl Call for Write {
    type Reply = ();
    const NAME: &'static str = "Stream::write";
}

fn write(data: &'static [u8]) -> Write {
    Write { to: 1, data: Bytes::from_static(data) }
}

/// Runs code that swallows its panics.
fn swallow<R>(code: impl FnOnce() -> R) {
    panic_text(code);
}

#[test]
fn the_places_are_true() {
    let line = line!();
    let text = panic_text(|| {
        let _ = scenario(|script| {
            script.expect(get("k")).reply(None);
        });
    });
    assert_eq!(
        text,
        format!(
            "`Store::get` was never called (entry 1 of 1)\n  \
             expected Get {{ key: \"k\" }}\n  \
             scripted tests/it/fake/texts.rs:{}:20\n  \
             calls    none\n  \
             scenario tests/it/fake/texts.rs:{}:17, in `fake::texts::the_places_are_true`",
            line + 3,
            line + 2,
        )
    );
}

#[test]
fn a_wrong_argument_is_named() {
    let base = line!();
    let mut text = String::new();
    broken(base, |script| {
        script.expect(put("k", 1)).reply(());
        script.expect(get("k")).reply(None);
        text = panic_text(|| store(script).put("k", 7));
    });
    assert_eq!(
        relative(&text, base),
        r#"call 1, `Store::put`, differs from the script in `value` (entry 1 of 2)
  expected Put { key: "k", value: 1 }
  got      Put { key: "k", value: 7 }
  scripted +3
  called   +5
  left     entry 2 of 2: Get { key: "k" }
  calls    1: Put { key: "k", value: 7 }, from +5
  scenario +2"#
    );
}

#[test]
fn the_first_byte_that_differs_is_named() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(write(b"GET /a HTTP/1.1\r\n")).reply(());
        let stream = script.handle();
        swallow(|| stream.call(write(b"GET /b HTTP/1.1\r\n")));
    });
    assert_eq!(
        report,
        r#"call 1, `Stream::write`, differs from the script in `data`, at byte 5 (entry 1 of 1)
  expected Write { to: 1, data: b"GET /a HTTP/1.1\r\n" }
  got      Write { to: 1, data: b"GET /b HTTP/1.1\r\n" }
  scripted +2
  called   +4
  calls    1: Write { to: 1, data: b"GET /b HTTP/1.1\r\n" }, from +4
  scenario +1"#
    );
}

#[test]
fn all_faults_are_in_one_report() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        script.expect(put("a", 1)).reply(());
        script.expect(get("b")).reply(None);
        let store = store(script);
        swallow(|| store.put("a", 1));
        store.get("a");
    });
    assert_eq!(
        report,
        r#"3 rules of the scenario are broken
  broken   call 1, `Store::put`, is out of order
             expected Get { key: "a" }
             got      Put { key: "a", value: 1 }
             scripted +2
             called   +6
             nearest  entry 2 of 3: this very call, scripted +3
  broken   `Store::put` was never called (entry 2 of 3)
             expected Put { key: "a", value: 1 }
             scripted +3
  broken   `Store::get` was never called (entry 3 of 3)
             expected Get { key: "b" }
             scripted +4
  calls    1: Put { key: "a", value: 1 }, from +6
           2: Get { key: "a" }, from +7
  scenario +1"#
    );
}

#[test]
fn one_call_too_many_differs_from_an_unexpected_one() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        let store = store(script);
        store.get("a");
        swallow(|| store.get("a"));
        swallow(|| store.get("b"));
        swallow(|| store.put("b", 1));
    });
    assert_eq!(
        report,
        r#"3 rules of the scenario are broken
  broken   call 2, `Store::get`, is one too many
             expected no more calls
             got      Get { key: "a" }
             called   +5
             nearest  entry 1 of 1, used: this very call, scripted +2
  broken   call 3, `Store::get`, is not in the script
             expected no more calls
             got      Get { key: "b" }
             called   +6
             nearest  entry 1 of 1, used: Get { key: "a" }, scripted +2; `key` differs: "a", got "b"
  broken   call 4, `Store::put`, is not in the script
             expected no more calls
             got      Put { key: "b", value: 1 }
             called   +7
  calls    1: Get { key: "a" }, from +4
           2: Get { key: "a" }, from +5
           3: Get { key: "b" }, from +6
           4: Put { key: "b", value: 1 }, from +7
  scenario +1"#
    );
}

#[test]
fn the_nearest_entry_is_the_one_with_the_fewest_differences() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        script.expect(put("x", 9)).reply(());
        script.expect(put("b", 2)).reply(());
        let store = store(script);
        swallow(|| store.put("b", 1));
        store.get("a");
        store.put("x", 9);
        store.put("b", 2);
    });
    assert_eq!(
        report.lines().nth(5),
        Some(
            r#"  nearest  entry 3 of 3: Put { key: "b", value: 2 }, scripted +4; `value` differs: 2, got 1"#
        )
    );
}

#[test]
fn an_unmet_count_is_told() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).times(3).reply(None);
        script.expect(get("b")).at_least_once().at_most(4).reply(None);
        store(script).get("a");
    });
    assert_eq!(
        report,
        r#"2 rules of the scenario are broken
  broken   `Store::get` was called once instead of 3 times (entry 1 of 2)
             expected Get { key: "a" }, 3 times
             scripted +2
  broken   `Store::get` was never called (entry 2 of 2)
             expected Get { key: "b" }, 1 to 4 times
             scripted +3
  calls    1: Get { key: "a" }, from +4
  scenario +1"#
    );
}

#[test]
fn a_matcher_is_shown_in_its_words() {
    let base = line!();
    let report = broken(base, |script| {
        let small = |put: &Put| put.value < 10;
        script.expect_where("a value below 10", put("k", 10), small).reply(());
        swallow(|| store(script).put("k", 11));
    });
    assert_eq!(
        report,
        r#"call 1, `Store::put`, differs from the script (entry 1 of 1)
  expected a call of `Store::put`: a value below 10
  got      Put { key: "k", value: 11 }
  scripted +3
  called   +4
  calls    1: Put { key: "k", value: 11 }, from +4
  scenario +1"#
    );
}

#[test]
fn a_matcher_that_accepts_its_witness_is_refused_at_once() {
    let base = line!();
    let report = broken(base, |script| {
        swallow(|| script.expect_where("anything", get("k"), |_: &Get| true).reply(None));
        script.expect(get("a")).reply(None);
        store(script).get("a");
    });
    assert_eq!(
        report,
        r#"the matcher `anything` of `Store::get` accepts the call that it must reject
  accepts  Get { key: "k" }
  scripted +2
  next     a matcher that accepts everything checks nothing: narrow it, or take another witness
  calls    1: Get { key: "a" }, from +4
  scenario +1"#
    );
}

#[test]
fn the_error_of_the_body_comes_first() {
    let base = line!();
    let report = check_scenario(|script| {
        script.expect(get("a")).reply(None);
        "x".parse::<u32>()
    });
    assert_eq!(
        relative(&report.unwrap_err().to_string(), base),
        r#"the body of the scenario failed
  error    ParseIntError { kind: InvalidDigit }
  broken   `Store::get` was never called (entry 1 of 1)
             expected Get { key: "a" }
             scripted +2
  calls    none
  scenario +1"#
    );
}

#[test]
fn the_panic_of_the_body_comes_first_and_hides_no_fault() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        let store = store(script);
        swallow(|| store.put("b", 1));
        panic!("something else");
    });
    assert_eq!(
        report,
        r#"the body of the scenario panicked
  panic    something else
  broken   call 1, `Store::put`, is not in the script
             expected Get { key: "a" }
             got      Put { key: "b", value: 1 }
             scripted +2
             called   +4
  calls    1: Put { key: "b", value: 1 }, from +4
  scenario +1"#
    );
}

#[test]
fn the_panic_of_the_body_alone_goes_on_as_it_is() {
    let text = panic_text(|| {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            panic!("mine");
        });
    });
    assert_eq!(text, "mine");
}

#[test]
fn an_expectation_without_a_reply_is_a_fault_and_answers_nothing() {
    let base = line!();
    let report = broken(base, |script| {
        drop(script.expect(get("a")));
        swallow(|| store(script).get("a"));
    });
    assert_eq!(
        report,
        r#"2 rules of the scenario are broken
  broken   call 1, `Store::get`, has no reply (entry 1 of 1)
             expected Get { key: "a" }
             got      Get { key: "a" }
             scripted +2
             called   +3
             next     end the expectation with `.reply(..)` or `.reply_with(..)`
  broken   the expectation of `Store::get` has no reply (entry 1 of 1)
             expected Get { key: "a" }
             scripted +2
             next     end the expectation with `.reply(..)` or `.reply_with(..)`
  calls    1: Get { key: "a" }, from +3
  scenario +1"#
    );
}

#[test]
fn an_empty_script_must_say_so() {
    let base = line!();
    let report = broken(base, |_| {});
    assert_eq!(
        report,
        "the script is empty\n  \
         made at  +1\n  \
         next     expect a call, or say `expect_no_calls()`\n  \
         calls    none\n  \
         scenario +1"
    );
}

#[test]
fn an_empty_lane_must_say_so() {
    let base = line!();
    let report = broken(base, |script| {
        let one = script.lane("one");
        one.expect_no_calls();
        drop(one.handle());
        let _ = script.lane("two");
    });
    assert_eq!(
        report,
        "the lane `two` is empty\n  \
         made at  +5\n  \
         next     expect a call, or say `expect_no_calls()`\n  \
         calls    none\n  \
         scenario +1"
    );
}

#[test]
fn no_calls_without_a_handle_prove_nothing() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect_no_calls();
    });
    assert_eq!(
        report,
        "`expect_no_calls()` proves nothing: the script gave out no handle\n  \
         scripted +2\n  \
         next     give the code under test a fake that holds `script.handle()`\n  \
         calls    none\n  \
         scenario +1"
    );
}

#[test]
fn no_calls_and_a_call_contradict_each_other() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect_no_calls();
        script.expect(get("a")).reply(None);
        store(script).get("a");
    });
    assert_eq!(
        report,
        "the script expects no calls, and `Store::get`\n  \
         scripted +2\n           +3\n  \
         calls    1: Get { key: \"a\" }, from +4\n  \
         scenario +1"
    );
}

#[test]
fn a_handle_that_is_left_is_named() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        let store = store(script);
        store.get("a");
        std::mem::forget(store.clone());
        std::mem::forget(store);
        std::mem::forget(idle_store(script));
    });
    assert_eq!(
        report,
        r#"2 rules of the scenario are broken
  broken   2 copies of a handle are still alive at the end: a call could still come, unseen
             made at  above
             next     join the thread, end the task or drop the fake inside the scenario
  broken   a handle is still alive at the end: a call could still come, unseen
             made at  above
             next     join the thread, end the task or drop the fake inside the scenario
  calls    1: Get { key: "a" }, from +4
  scenario +1"#
    );
}

#[test]
fn a_call_after_the_end_is_loud() {
    let base = line!();
    let mut kept = None;
    let report = broken(base, |script| {
        script.expect_no_calls();
        kept = Some(super::FakeStore(script.handle()));
    });
    assert!(report.starts_with("a handle is still alive at the end"), "{report}");
    let text = panic_text(|| kept.as_ref().unwrap().get("a"));
    assert_eq!(
        relative(&text, base),
        "`Store::get` was called after the end of its scenario\n  \
         got      Get { key: \"a\" }\n  \
         called   +7\n  \
         scenario +2"
    );
}

#[test]
fn a_panic_in_a_reply_is_on_record() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply_with(|_| panic!("a check in the reply"));
        swallow(|| store(script).get("a"));
    });
    assert_eq!(
        report,
        r#"the reply to call 1, `Store::get`, panicked
  got      Get { key: "a" }
  called   +3
  next     if the collaborator is to panic, say so with `.reply_panic(..)`
  calls    1: Get { key: "a" }, from +3
  scenario +1"#
    );
}

#[test]
fn a_reply_that_comes_later_needs_an_async_call() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply_async(std::future::pending());
        store(script).get("a");
    });
    assert_eq!(
        report,
        r#"the reply to call 1, `Store::get`, comes later, and the call cannot wait
  got      Get { key: "a" }
  called   +3
  next     answer with `.reply(..)`, or let the fake's method be async and use `call_async`
  calls    1: Get { key: "a" }, from +3
  scenario +1"#
    );
}

/// A call whose comparison panics.
#[derive(Debug)]
struct Odd;

impl PartialEq for Odd {
    fn eq(&self, _: &Self) -> bool {
        panic!("not today")
    }
}

impl Call for Odd {
    type Reply = ();
    const NAME: &'static str = "Odd::odd";
}

#[test]
fn a_call_that_cannot_be_compared_is_on_record() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(Odd).reply(());
        swallow(|| script.handle().call(Odd));
    });
    assert_eq!(
        report,
        r#"2 rules of the scenario are broken
  broken   a call of `Odd::odd` could not be judged: comparing it, or showing it, panicked
             called   +3
  broken   `Odd::odd` was never called (entry 1 of 1)
             expected Odd
             scripted +2
  calls    none
  scenario +1"#
    );
}

#[test]
fn a_caller_that_cannot_be_known_is_said_to_be_unknown() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(put("a", 1)).reply(());
        script.expect(get("a")).reply_async(async { None });
        store(script).put("a", 1);
        drop(script.handle().call_async(get("a")));
        let dynamic: &dyn Store = &store(script);
        swallow(|| dynamic.get("b"));
    });
    let calls: Vec<&str> = report.lines().rev().skip(1).take(3).collect();
    assert_eq!(
        calls,
        [
            r#"           3: Get { key: "b" }, from above"#,
            r#"           2: Get { key: "a" }, from +5, the fake's own line: an async fn hides the caller"#,
            r#"  calls    1: Put { key: "a", value: 1 }, from +4"#,
        ]
    );
}

#[test]
fn lanes_are_named() {
    let base = line!();
    let report = broken(base, |script| {
        let (one, two) = (script.lane("one"), script.lane("two"));
        one.expect(get("a")).reply(None);
        two.expect(put("b", 1)).reply(());
        swallow(|| store(script).put("c", 2));
    });
    assert_eq!(
        report,
        r#"2 rules of the scenario are broken
  broken   call 1, `Store::put`, differs from the script in `key`, at character 0 (entry 1 of 1 in lane `two`)
             expected Put { key: "b", value: 1 }
             got      Put { key: "c", value: 2 }
             scripted +4
             called   +5
  broken   `Store::get` was never called (entry 1 of 1 in lane `one`)
             expected Get { key: "a" }
             scripted +3
  calls    1: Put { key: "c", value: 2 }, from +5
  scenario +1"#
    );
}

#[test]
fn a_long_report_is_cut_where_it_says_so() {
    let base = line!();
    let long = "x".repeat(2000);
    let report = broken(base, |script| {
        for _ in 0..8 {
            script.expect(get("a")).reply(None);
        }
        store(script).get(&long);
    });
    assert!(report.contains(&format!("{}... (2015 characters)\n", &long[..1000 - 12])), "{report}");
}

#[test]
fn a_panic_at_the_call_lists_five_of_what_is_left() {
    let mut text = String::new();
    broken(line!(), |script| {
        for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            script.expect(get(key)).reply(None);
        }
        text = panic_text(|| store(script).get("z"));
    });
    let left: Vec<&str> = text.lines().skip_while(|line| !line.contains("left")).take(6).collect();
    assert_eq!(left[0], r#"  left     entry 2 of 8: Get { key: "b" }"#);
    assert_eq!(left[5], "           and 2 more");
}

#[test]
fn counts_of_nothing_are_refused() {
    let report = broken(line!(), |script| {
        let text = panic_text(|| script.expect(get("a")).times(0));
        assert_eq!(text, "`times(0)` expects nothing: leave the entry out");
        let text = panic_text(|| script.expect(get("a")).at_least_once().at_most(0));
        assert_eq!(text, "`at_least_once().at_most(0)` contradicts itself");
    });
    assert!(report.starts_with("2 rules of the scenario are broken\n  broken   the expectation"), "{report}");
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    north: f32,
}

/// Equal to nothing, not even to itself.
#[derive(Clone, Copy, Debug)]
struct Stranger;

impl PartialEq for Stranger {
    fn eq(&self, _other: &Self) -> bool {
        false
    }
}

#[derive(Debug, PartialEq)]
struct Set<T>(T);

impl<T: std::fmt::Debug + PartialEq + Send + Sync + 'static> Call for Set<T> {
    type Reply = ();
    const NAME: &'static str = "Gauge::set";
}

/// What the report says when this was expected, and came.
fn came<T: Clone + std::fmt::Debug + PartialEq + Send + Sync + 'static>(value: T) -> String {
    let checked = check_scenario(|script| {
        script.expect(Set(value.clone())).reply(());
        let handle = script.handle();
        swallow(|| handle.call(Set(value.clone())));
    });
    checked.map(drop).expect_err("it does not equal itself").to_string()
}

#[test]
fn a_call_that_does_not_equal_itself_is_told_so() {
    let why = "\n  why      the expected call does not equal itself: a float that is NaN, or a `PartialEq` of your own\n  \
               next     expect it with `script.expect_where(..)`, which asks a closure\n";
    let reports = [
        came(f64::NAN),
        came(f32::NAN),
        came(Some(f64::NAN)),
        came(vec![Place { north: f32::NAN }]),
        came(Stranger),
    ];
    for report in reports {
        assert!(report.contains(why), "{report}");
    }
}

#[test]
fn a_call_that_differs_for_another_reason_is_not_told_so() {
    let checked = check_scenario(|script| {
        script.expect(Set(1.0)).reply(());
        let handle = script.handle();
        swallow(|| handle.call(Set(f64::NAN)));
    });
    let report = checked.map(drop).expect_err("they differ").to_string();
    assert!(!report.contains("itself"), "{report}");
}
