//! What a script makes of calls within calls, of lanes that say little, and what is shown of it.

use std::sync::Mutex;

use pretty_assertions::assert_eq;
use unplugged::fake::{Call, FakeHandle, check_scenario, scenario};

use super::{FakeStore, Get, Store, broken, get, panic_text, put, relative, store};

/// A call whose comparison makes another call, once.
#[derive(Debug)]
struct Nested;

static WITHIN: Mutex<Option<FakeHandle>> = Mutex::new(None);
static ANSWER: Mutex<Option<u32>> = Mutex::new(None);

impl PartialEq for Nested {
    fn eq(&self, _: &Self) -> bool {
        let within = WITHIN.lock().unwrap().take();
        if let Some(handle) = within {
            *ANSWER.lock().unwrap() = Some(handle.call(Self));
        }
        true
    }
}

impl Call for Nested {
    type Reply = u32;
    const NAME: &'static str = "Nested::nested";
}

#[test]
fn a_call_that_comes_during_a_comparison_comes_first() {
    let (answer, log) = scenario(|script| {
        script.expect(Nested).reply(1);
        script.expect(Nested).reply(2);
        let handle = script.handle();
        *WITHIN.lock().unwrap() = Some(handle.clone());
        handle.call(Nested)
    });
    assert_eq!((ANSWER.lock().unwrap().take(), answer), (Some(1), 2));
    log.assert_calls(&[&Nested, &Nested]);
}

#[test]
fn a_late_call_is_loud_also_if_the_script_still_expects_it() {
    let base = line!();
    let mut kept = None;
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        kept = Some(store(script));
    });
    assert!(report.starts_with("2 rules of the scenario are broken"), "{report}");
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
fn what_a_matcher_has_met_is_logged_with_its_own_arguments() {
    let base = line!();
    let ((), log) = scenario(|script| {
        script.expect_where("one letter", get("ab"), |get: &Get| get.key.len() == 1).times(2).reply(None);
        let store = store(script);
        store.get("a");
        store.get("b");
    });
    log.assert_called(&get("b"));
    let text = relative(&log.check_call_count(1).unwrap_err().to_string(), base);
    let calls = "  calls    1: Get { key: \"a\" }, from +4\n           2: Get { key: \"b\" }, from +5\n";
    assert!(text.contains(calls), "{text}");
}

#[test]
fn an_empty_lane_in_an_empty_script_is_one_fault() {
    let base = line!();
    let report = broken(base, |script| drop(FakeStore(script.lane("disk").handle())));
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
fn no_calls_and_a_call_contradict_each_other_also_in_a_lane() {
    let base = line!();
    let report = broken(base, |script| {
        let lane = script.lane("disk");
        lane.expect_no_calls();
        lane.expect(get("a")).reply(None);
        FakeStore(lane.handle()).get("a");
    });
    assert_eq!(
        report,
        "the lane `disk` expects no calls, and `Store::get`\n  \
         scripted +3\n           +4\n  \
         calls    1: Get { key: \"a\" }, from +5\n  \
         scenario +1"
    );
}

#[test]
fn of_entries_as_near_the_nearest_is_one_that_is_left() {
    let base = line!();
    let report = broken(base, |script| {
        script.expect(get("a")).reply(None);
        script.expect(put("a", 1)).reply(());
        script.expect(get("b")).reply(None);
        let store = store(script);
        store.get("a");
        panic_text(|| store.get("c"));
        store.put("a", 1);
        store.get("b");
    });
    let nearest = r#"  nearest  entry 3 of 3: Get { key: "b" }, scripted +4; `key` differs: "b", got "c""#;
    assert!(report.lines().any(|line| line == nearest), "{report}");
}

#[test]
fn faults_show_their_report() {
    let violation = check_scenario(|script| script.expect(get("a")).reply(None)).unwrap_err();
    assert_eq!(violation.parts().len(), 1);
    assert_eq!(format!("{violation:?}"), violation.to_string());
}

#[test]
fn handles_and_answers_show_their_state() {
    let base = line!();
    let (shown, _log) = scenario(|script| {
        script.expect(get("a")).reply(None);
        let handle = script.handle();
        let answer = handle.call_async(get("a"));
        [format!("{handle:?}"), format!("{answer:?}")]
    });
    assert_eq!(
        shown.map(|text| relative(&text, base)),
        ["FakeHandle(+1)", "ReplyFuture { is_ready: true, .. }"]
    );
}

#[test]
fn an_empty_lane_beside_a_script_that_is_met_must_say_so_too() {
    let report = broken(line!(), |script| {
        let _ = script.lane("disk");
        script.expect(get("a")).reply(None);
        store(script).get("a");
    });
    assert!(report.starts_with("the lane `disk` is empty\n"), "{report}");
}
