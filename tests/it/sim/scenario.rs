//! A broken script in a sim is told once, wherever the call was made.

use std::{future::ready, sync::Mutex};

use pretty_assertions::assert_eq;
use unplugged::{
    Sim,
    clock::{millis, secs},
    fake::{self, Call, FakeHandle, Script},
    inject::child,
};

use super::panic_text;

#[derive(Debug, PartialEq)]
struct Put(u32);

impl Call for Put {
    type Reply = ();
    const NAME: &'static str = "Store::put";
}

/// The code under test, which puts what it should not.
fn put(store: &FakeHandle) {
    store.call(Put(2));
}

fn scripted(script: &Script) -> FakeHandle {
    script.expect(Put(1)).reply(());
    script.handle()
}

/// Runs a body that breaks its script, in a child, which prints that once.
fn is_told_once(test: &str, body: impl FnOnce()) {
    child::test(format!("sim::scenario::{test}")).run(body, |child| {
        let text = child.assert_panicked();
        let headline = "call 1, `Store::put`, differs from the script in `argument 1` (entry 1 of 1)\n";
        assert!(text.starts_with(headline), "{text}");
        let printed = String::from_utf8_lossy(child.stderr());
        assert_eq!(printed.matches(headline).count(), 1, "{printed}");
        assert_eq!(printed.matches("panicked at").count(), 1, "{printed}");
    });
}

fn in_a_sim(body: impl AsyncFnOnce(Sim, FakeHandle)) {
    let ((), _log) = Sim::new().scenario(async |sim, script| body(sim, scripted(script)).await);
}

#[test]
fn a_call_of_the_test_that_breaks_the_script_is_told_once() {
    is_told_once("a_call_of_the_test_that_breaks_the_script_is_told_once", || {
        in_a_sim(async |_sim, store| put(&store));
    });
}

#[test]
fn a_call_of_a_task_that_breaks_the_script_is_told_once() {
    is_told_once("a_call_of_a_task_that_breaks_the_script_is_told_once", || {
        in_a_sim(async |_sim, store| {
            let _swallowed = tokio::spawn(async move { put(&store) }).await;
        });
    });
}

#[test]
fn a_call_of_a_task_whose_end_the_test_unwraps_is_told_once() {
    is_told_once("a_call_of_a_task_whose_end_the_test_unwraps_is_told_once", || {
        in_a_sim(async |sim, store| {
            sim.net().host("server").spawn(async move { put(&store) }).await.unwrap();
        });
    });
}

#[test]
fn a_call_of_a_host_s_program_that_breaks_the_script_is_told_once() {
    is_told_once("a_call_of_a_host_s_program_that_breaks_the_script_is_told_once", || {
        in_a_sim(async |sim, store| {
            let store = Mutex::new(Some(store));
            sim.net().host("server").start(move |_host| {
                store.lock().unwrap().take().iter().for_each(put);
                ready(())
            });
            sim.advance(secs(1)).await;
        });
    });
}

#[test]
fn a_call_of_a_watched_future_that_breaks_the_script_is_told_once() {
    is_told_once("a_call_of_a_watched_future_that_breaks_the_script_is_told_once", || {
        in_a_sim(async |sim, store| {
            let watched = sim.watch(async move { put(&store) });
            sim.advance(millis(1)).await;
            watched.assert_ready();
        });
    });
}

#[test]
fn a_call_without_a_sim_that_breaks_the_script_is_told_once() {
    is_told_once("a_call_without_a_sim_that_breaks_the_script_is_told_once", || {
        let ((), _log) = fake::scenario(|script| put(&scripted(script)));
    });
}

/// A panic that is not of the script is printed where it comes.
#[test]
fn another_panic_beside_a_broken_script_is_told_too() {
    let body = || {
        in_a_sim(async |_sim, store| {
            let _swallowed = tokio::spawn(async move { put(&store) }).await;
            panic!("of its own");
        });
    };
    child::test("sim::scenario::another_panic_beside_a_broken_script_is_told_too").run(body, |child| {
        let printed = String::from_utf8_lossy(child.stderr());
        assert!(printed.contains(":\nof its own\n"), "{printed}");
        assert!(child.assert_panicked().contains("differs from the script"), "{printed}");
    });
}

/// The panic of a task that the test unwraps quotes it, with all of its lines in one.
#[test]
fn the_trace_shows_the_first_line_of_a_panic_that_is_quoted() {
    let text = panic_text(|| {
        Sim::new().run(async {
            tokio::spawn(async { panic!("first\nsecond") }).await.unwrap();
        });
    });
    assert!(text.contains("JoinError::Panic"), "{text}");
    let sim = Sim::new();
    sim.expect_panic("first");
    sim.run(async {
        let failed = format!("{:?}", tokio::spawn(async { panic!("first\nsecond") }).await.unwrap_err());
        let _caught = std::panic::catch_unwind(|| panic!("{failed}"));
    });
    let events: Vec<String> =
        sim.transcript().iter().map(ToString::to_string).filter(|line| line.contains("panic `")).collect();
    assert_eq!(events, ["+0ns panic `first`", "+0ns panic `JoinError::Panic(Id(..), \"first..`"]);
}
