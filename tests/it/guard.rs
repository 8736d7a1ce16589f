//! What has a verdict cannot be forgotten.

use std::{
    mem::{ManuallyDrop, forget},
    process::exit,
    sync::{Arc, Mutex, OnceLock},
};

use unplugged::{
    Sim,
    clock::secs,
    fake::{Call, ErrorLog, scenario_async},
    inject::{
        FakeExit, FakeProcess,
        child::{self, EndedChild},
    },
    transport::ScriptedPeer,
};

#[derive(Debug, PartialEq)]
struct Ping;

impl Call for Ping {
    type Reply = ();
    const NAME: &'static str = "Peer::ping";
}

fn peer() -> ScriptedPeer {
    ScriptedPeer::script("server").expect("hello").expect_close().start().1
}

/// The thread-local guard has aborted the child: `what` stands in its last words.
#[track_caller]
fn is_aborted(child: &EndedChild, what: &str) {
    let stderr = String::from_utf8(child.assert_aborted().to_vec()).unwrap();
    let last = stderr.lines().rev().nth(1).expect("two lines");
    assert!(last.starts_with(&format!("{what} tests/it/guard.rs:")), "{stderr}");
    let end = " was still open when its thread ended, by `exit` or because it was forgotten";
    assert!(last.ends_with(end), "{stderr}");
}

#[track_caller]
fn all_abort(test: &str, cases: &[(&str, fn())]) {
    for (number, (what, bad)) in cases.iter().enumerate() {
        let child = child::test(format!("guard::{test}")).case(number.to_string());
        child.run(bad, |child| is_aborted(&child, what));
    }
}

#[test]
fn what_has_a_verdict_and_is_forgotten_aborts_the_process() {
    all_abort(
        "what_has_a_verdict_and_is_forgotten_aborts_the_process",
        &[
            ("the scenario at", || forget(scenario_async(async |script| script.expect(Ping).reply(())))),
            ("the error log made at", || forget(ErrorLog::new())),
            ("the scripted peer started at", || forget(peer())),
            ("the scripted peer started at", || forget(peer().finish())),
            ("the fake process made at", || forget(FakeProcess::new())),
            ("the fake exit made at", || forget(FakeExit::new())),
            ("a run whose fake exit was made at", || forget(FakeExit::run(|exit| exit.exit(3)))),
            ("a run whose fake exit was made at", || forget(FakeExit::run_async(async |exit| exit.exit(3)))),
            ("the child process started at", || forget(child::program("cargo").arg("--version").run())),
            ("the panic of a task expected at", || {
                let sim = Sim::new();
                sim.expect_panic("boom");
                sim.advance(secs(1));
                forget(sim);
            }),
        ],
    );
}

#[test]
fn every_way_to_forget_aborts_the_process() {
    struct Node(#[expect(dead_code, reason = "held")] FakeProcess, Mutex<Option<Arc<Self>>>);
    static KEPT: OnceLock<Mutex<FakeProcess>> = OnceLock::new();
    thread_local! {
        static OF_THREAD: Mutex<Option<FakeProcess>> = const { Mutex::new(None) };
    }
    const WAYS: [(&str, fn()); 6] = [
        ("a cycle", || {
            let node = Arc::new(Node(FakeProcess::new(), Mutex::new(None)));
            *node.1.lock().unwrap() = Some(Arc::clone(&node));
        }),
        ("a static", || assert!(KEPT.set(Mutex::new(FakeProcess::new())).is_ok())),
        ("a thread-local", || OF_THREAD.with(|kept| *kept.lock().unwrap() = Some(FakeProcess::new()))),
        ("a leak", || drop(Box::leak(Box::new(FakeProcess::new())).process())),
        ("no drop", || drop(ManuallyDrop::new(FakeProcess::new()).process())),
        ("an exit", || {
            let fake = FakeProcess::new();
            fake.run(|_process| exit(0)).assert_returned();
        }),
    ];
    for (way, bad) in WAYS {
        child::test("guard::every_way_to_forget_aborts_the_process")
            .case(way)
            .run(bad, |child| is_aborted(&child, "the fake process made at"));
    }
}

#[test]
fn what_was_heard_is_forgotten_by_the_guard() {
    child::test("guard::what_was_heard_is_forgotten_by_the_guard").run(
        || {
            for _ in 0..100 {
                FakeExit::run(|exit| exit.exit(3)).assert_code(3);
                let fake = FakeProcess::new();
                fake.run(drop).assert_returned();
                fake.finish();
            }
        },
        |child| child.assert_completed(),
    );
}
