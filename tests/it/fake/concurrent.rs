//! Fakes that are used by several threads or tasks, and scenarios that are async.

use std::{pin::pin, sync::mpsc, thread};

use pretty_assertions::assert_eq;
use unplugged::{
    Sim,
    clock::secs,
    fake::{scenario, scenario_async},
    outcome,
};

use super::{FakeStore, Store, broken, get, panic_text, put, relative, store};

#[test]
fn threads_with_a_lane_each_come_in_any_order() {
    let ((), log) = scenario(|script| {
        let fakes = ["one", "two", "three"].map(|name| {
            let lane = script.lane(name);
            for value in 0..100 {
                lane.expect(put(name, value)).reply(());
            }
            (name, FakeStore(lane.handle()))
        });
        thread::scope(|scope| {
            for (name, fake) in fakes {
                scope.spawn(move || (0..100).for_each(|value| fake.put(name, value)));
            }
        });
    });
    log.assert_call_count(300);
}

#[test]
fn one_fake_can_serve_all_lanes() {
    let ((), _log) = scenario(|script| {
        for name in ["one", "two"] {
            let lane = script.lane(name);
            (0..100).for_each(|value| lane.expect(put(name, value)).reply(()));
        }
        let store = store(script);
        thread::scope(|scope| {
            for name in ["one", "two"] {
                let store = &store;
                scope.spawn(move || (0..100).for_each(|value| store.put(name, value)));
            }
        });
    });
}

#[test]
fn the_order_within_a_lane_is_checked() {
    let report = broken(line!(), |script| {
        let lane = script.lane("one");
        lane.expect(put("a", 1)).reply(());
        lane.expect(put("a", 2)).reply(());
        store(script).put("a", 2);
    });
    assert!(report.starts_with("call 1, `Store::put`, is out of order\n"), "{report}");
}

#[test]
fn a_handle_of_a_lane_cannot_take_from_another() {
    let report = broken(line!(), |script| {
        let (one, two) = (script.lane("one"), script.lane("two"));
        one.expect(get("a")).reply(None);
        two.expect(put("a", 1)).reply(());
        FakeStore(one.handle()).put("a", 1);
    });
    assert!(report.contains("entry 1 of 1 in lane `two`: this very call"), "{report}");
}

#[test]
fn a_panic_that_a_thread_swallows_is_found() {
    let report = broken(line!(), |script| {
        script.expect(get("a")).reply(None);
        let fake = store(script);
        thread::spawn(move || {
            fake.get("a");
            fake.get("b");
        })
        .join()
        .unwrap_err();
    });
    assert!(report.starts_with("call 2, `Store::get`, is not in the script\n"), "{report}");
}

#[test]
fn a_panic_that_a_scope_replaces_is_found() {
    let report = broken(line!(), |script| {
        script.expect(get("a")).reply(None);
        let fake = store(script);
        thread::scope(|scope| drop(scope.spawn(|| fake.get("b"))));
    });
    assert!(report.starts_with("the body of the scenario panicked\n  panic    a scoped thread panicked\n  broken   call 1, `Store::get`, differs"), "{report}");
}

#[test]
fn a_thread_that_is_just_ending_may_still_hold_its_fake() {
    let ((), _log) = scenario(|script| {
        script.expect(get("a")).reply(None);
        let fake = store(script);
        let (done, is_done) = mpsc::channel();
        let (go, gone) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            fake.get("a");
            done.send(()).unwrap();
            gone.recv().unwrap_err(); // the other end is dropped as the body returns
            drop(fake);
        });
        is_done.recv().unwrap();
        drop((thread, go));
    });
}

#[test]
fn a_thread_that_keeps_its_fake_is_found() {
    let (go, gone) = mpsc::channel::<()>();
    let base = line!();
    let report = broken(base, |script| {
        script.expect_no_calls();
        let handle = script.handle();
        thread::spawn(move || {
            let _kept = handle;
            let _ = gone.recv();
        });
    });
    drop(go);
    assert!(
        report.starts_with(
            "a handle is still alive at the end: a call could still come, unseen\n  made at  +3\n"
        ),
        "{report}"
    );
}

#[test]
fn a_sim_drops_its_tasks_before_the_verdict() {
    let ((), _log) = Sim::new().scenario(async |sim, script| {
        script.expect(get("a")).times(2).reply(None);
        let fake = store(script);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(secs(1)).await;
                fake.get("a");
            }
        });
        sim.advance(secs(2)).await;
    });
}

#[test]
fn a_panic_that_a_task_swallows_is_found_and_timed() {
    let base = line!();
    let text = panic_text(|| {
        Sim::new().scenario(async |sim, script| {
            script.expect(get("a")).reply(None);
            let fake = store(script);
            tokio::spawn(async move {
                fake.get("a");
                fake.get("b");
            });
            sim.advance(secs(2)).await;
        })
    });
    assert_eq!(
        relative(&text, base),
        r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   +7
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted +3; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from +6
           2: Get { key: "b" }, from +7
  scenario +2
  now      +2s, seed 0x5eed"#
    );
}

#[test]
fn a_scenario_inside_of_a_running_sim_is_refused() {
    let text = panic_text(|| {
        Sim::new().run_test(|sim| async move { sim.scenario(async |_, _| ()).0 });
    });
    assert!(text.starts_with("`Sim::run` was called from inside a sim that runs\n"), "{text}");
}

#[unplugged::test]
async fn an_async_scenario_is_verified_where_it_is_awaited(_sim: Sim) {
    let (answer, _log) = scenario_async(async |script| {
        script.expect(get("a")).reply(Some(1));
        let fake = store(script);
        tokio::time::sleep(secs(1)).await;
        fake.get("a")
    })
    .await;
    assert_eq!(answer, Some(1));
}

#[test]
fn an_async_scenario_reports_as_the_other_does() {
    let base = line!();
    let text = panic_text(|| {
        outcome::watch(scenario_async(async |script| {
            script.expect(get("a")).reply(Some(1));
        }))
        .assert_ready();
    });
    assert_eq!(
        relative(&text, base),
        "`Store::get` was never called (entry 1 of 1)\n  \
         expected Get { key: \"a\" }\n  scripted +3\n  calls    none\n  scenario +2"
    );
}

#[test]
fn an_async_scenario_that_is_dropped_unfinished_fails_the_test() {
    let base = line!();
    let text = panic_text(|| drop(scenario_async(async |_| ())));
    assert_eq!(
        relative(&text, base),
        "a scenario was dropped before its end: nothing is verified\n  \
         scenario +1\n  next     await it in the test itself, to its end"
    );
    let text = panic_text(|| {
        let mut scenario = pin!(scenario_async(async |script| {
            script.expect_no_calls();
            std::future::pending::<()>().await;
        }));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(scenario.as_mut().poll(&mut cx).is_pending());
    });
    assert!(text.starts_with("a scenario was dropped before its end"), "{text}");
}

#[test]
fn a_scenario_that_is_dropped_while_a_panic_passes_is_quiet() {
    let text = panic_text(|| {
        let _scenario = scenario_async(async |_| ());
        panic!("the first");
    });
    assert_eq!(text, "the first");
}
