//! Fakes that go astray, and panics that are swallowed.

use std::thread;

use unplugged::fake::scenario;

use super::{
    super::{FakeStore, Store, get, store},
    swallow,
};

known_bad! {
    fn a_fake_that_is_forgotten_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            std::mem::forget(store(script));
        });
    } fails r#"2 rules of the scenario are broken
  broken   `Store::get` was never called (entry 1 of 1)
             expected Get { key: "a" }
             scripted @
  broken   a handle is still alive at the end: a call could still come, unseen
             made at  @
             next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#;

    fn a_fake_that_is_dropped_in_a_thread_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            let _ = thread::spawn(move || drop(store)).join();
        });
    } fails r#"`Store::get` was never called (entry 1 of 1)
  expected Get { key: "a" }
  scripted @
  calls    none
  scenario @"#;

    fn a_fake_in_a_cycle_is_red() {
        struct Node(FakeStore, std::sync::Mutex<Option<std::sync::Arc<Self>>>);
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let node = std::sync::Arc::new(Node(store(script), std::sync::Mutex::new(None)));
            node.0.get("a");
            *node.1.lock().unwrap() = Some(std::sync::Arc::clone(&node));
        });
    } fails r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    1: Get { key: "a" }, from @
  scenario @"#;

    fn a_fake_in_a_static_is_red() {
        static KEPT: std::sync::OnceLock<FakeStore> = std::sync::OnceLock::new();
        let _ = scenario(|script| {
            script.expect_no_calls();
            KEPT.set(store(script)).unwrap();
        });
    } fails r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#;

    fn a_thread_that_may_still_call_is_red() {
        let (_go, gone) = std::sync::mpsc::channel::<()>();
        let _ = scenario(|script| {
            script.expect_no_calls();
            let store = store(script);
            thread::spawn(move || {
                gone.recv().unwrap_err();
                store.get("a");
            });
        });
    } fails r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#;

    fn a_task_that_is_left_at_the_end_is_red() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let _ = scenario(|script| {
            script.expect_no_calls();
            let store = store(script);
            runtime.spawn(async move {
                std::future::pending::<()>().await;
                store.get("a");
            });
        });
    } fails r#"a handle is still alive at the end: a call could still come, unseen
  made at  @
  next     join the thread, end the task or drop the fake inside the scenario
  calls    none
  scenario @"#;

    fn a_panic_that_the_code_catches_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            swallow(|| store.get("b"));
        });
    } fails r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   @
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted @; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from @
           2: Get { key: "b" }, from @
  scenario @"#;

    fn a_panic_in_a_thread_that_is_never_joined_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            let (done, is_done) = std::sync::mpsc::channel::<()>();
            thread::spawn(move || {
                let _done = done;
                store.get("b");
            });
            is_done.recv().unwrap_err();
        });
    } fails r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   @
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted @; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from @
           2: Get { key: "b" }, from @
  scenario @"#;

    fn a_panic_in_a_task_whose_handle_is_dropped_is_red() {
        let _ = unplugged::Sim::new().scenario(async |sim, script| {
            script.expect(get("a")).reply(None);
            sim.expect_panic("Store::get");
            let store = store(script);
            store.get("a");
            drop(tokio::spawn(async move { store.get("b") }));
            sim.settle().await;
        });
    } fails r#"call 2, `Store::get`, is not in the script
  expected no more calls
  got      Get { key: "b" }
  called   @
  nearest  entry 1 of 1, used: Get { key: "a" }, scripted @; `key` differs: "a", got "b"
  calls    1: Get { key: "a" }, from @
           2: Get { key: "b" }, from @
  scenario @
  now      +0ns, seed 0x5eed"#;

    fn a_check_in_a_reply_that_the_code_catches_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply_with(|_| panic!("the check fails"));
            swallow(|| store(script).get("a"));
        });
    } fails r#"the reply to call 1, `Store::get`, panicked
  got      Get { key: "a" }
  called   @
  next     if the collaborator is to panic, say so with `.reply_panic(..)`
  calls    1: Get { key: "a" }, from @
  scenario @"#;
}
