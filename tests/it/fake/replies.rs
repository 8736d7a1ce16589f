//! Replies: made of the call, repeated, late, panicking, and fakes themselves.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use pretty_assertions::assert_eq;
use unplugged::{
    Sim,
    clock::{ClockExt, FakeClock, secs},
    fake::{Call, FakeHandle, scenario, scenario_async},
    outcome::{self, promise},
};

use super::{Connect, Get, Store, broken, get, idle_store, panic_text, put, store};

#[test]
fn a_reply_can_be_made_of_the_call() {
    let (answer, _log) = scenario(|script| {
        let is_long = |get: &Get| get.key.len() > 3;
        script
            .expect_where("a long key", get("abc"), is_long)
            .reply_with(|get| u32::try_from(get.key.len()).ok());
        store(script).get("abcde")
    });
    assert_eq!(answer, Some(5));
}

#[test]
fn an_entry_is_met_as_often_as_it_says() {
    let (answers, _log) = scenario(|script| {
        let count = AtomicU32::new(0);
        script.expect(get("a")).times(2).reply(Some(1));
        script
            .expect(get("a"))
            .at_least_once()
            .at_most(2)
            .reply_with(move |_| Some(10 + count.fetch_add(1, Ordering::Relaxed)));
        script.expect(put("end", 0)).reply(());
        let store = store(script);
        let answers = [(); 4].map(|()| store.get("a"));
        store.put("end", 0);
        answers
    });
    assert_eq!(answers, [Some(1), Some(1), Some(10), Some(11)]);
}

#[test]
fn an_unknown_count_holds_both_its_bounds() {
    let script_of = |calls: usize| {
        broken(line!(), move |script| {
            script.expect(get("a")).at_least_once().at_most(2).reply(None);
            script.expect(put("end", 0)).reply(());
            let store = store(script);
            for _ in 0..calls {
                store.get("a");
            }
            store.put("end", 0);
            assert!(calls == 1 || calls == 2, "it should not come this far");
            script.expect(get("never")).reply(None);
        })
    };
    let first = |calls| script_of(calls).lines().next().unwrap().to_owned();
    assert_eq!(first(0), "call 1, `Store::put`, is out of order");
    assert_eq!(first(1), "`Store::get` was never called (entry 3 of 3)");
    assert_eq!(first(2), "`Store::get` was never called (entry 3 of 3)");
    assert_eq!(first(3), "call 3, `Store::get`, is one too many");
}

#[test]
fn a_collaborator_can_panic_on_purpose() {
    let (text, _log) = scenario(|script| {
        script.expect(get("a")).reply_panic("the disk is on fire");
        panic_text(|| store(script).get("a"))
    });
    assert_eq!(text, "the disk is on fire");
}

trait Fetch {
    fn fetch(&self, url: &str) -> impl Future<Output = Result<String, u16>> + Send;
}

#[derive(Debug, PartialEq)]
struct FetchCall {
    url: String,
}

impl Call for FetchCall {
    type Reply = Result<String, u16>;
    const NAME: &'static str = "Fetch::fetch";
}

#[derive(Clone)]
struct FakeFetch(FakeHandle);

impl Fetch for FakeFetch {
    async fn fetch(&self, url: &str) -> Result<String, u16> {
        self.0.call_async(FetchCall { url: url.to_owned() }).await
    }
}

fn fetch(url: &str) -> FetchCall {
    FetchCall { url: url.to_owned() }
}

#[test]
fn a_reply_can_come_later_from_a_promise() {
    let (body, _log) = scenario(|script| {
        let (promise, later) = promise();
        script.expect(fetch("/a")).reply_async(later);
        let fake = FakeFetch(script.handle());
        let fetched = outcome::watch(async move { fake.fetch("/a").await });
        fetched.assert_pending();
        promise.succeed("hello".to_owned());
        fetched.assert_success().clone()
    });
    assert_eq!(body, "hello");
}

#[test]
fn a_reply_can_take_virtual_time() {
    let ((), _log) = scenario(|script| {
        let clock = FakeClock::new();
        let sleeper = clock.clone();
        script.expect(fetch("/a")).reply_async(async move {
            sleeper.sleep(secs(5)).await;
            Err(504)
        });
        let fake = FakeFetch(script.handle());
        let fetched = clock.watch(async move { fake.fetch("/a").await });
        clock.advance(secs(4));
        fetched.assert_pending();
        clock.advance(secs(1));
        assert_eq!(fetched.assert_failure(), &504);
    });
}

#[test]
fn an_async_call_takes_a_reply_that_is_there_at_once() {
    let scenario = scenario_async(async |script| {
        script.expect(fetch("/a")).reply(Ok("now".to_owned()));
        FakeFetch(script.handle()).fetch("/a").await
    });
    let scenario = outcome::watch(scenario);
    assert_eq!(scenario.assert_ready().0, Ok("now".to_owned()));
}

#[test]
fn a_reply_can_be_a_fake_of_the_same_scenario() {
    let ((), _log) = scenario(|script| {
        let to = "db".to_owned();
        script.expect(Connect { to: to.clone() }).reply(Ok(store(script)));
        script.expect(put("a", 1)).reply(());
        let connection = script.handle().call(Connect { to }).unwrap();
        connection.put("a", 1);
    });
}

#[test]
fn the_order_is_checked_across_a_connector_and_its_connection() {
    let report = broken(line!(), |script| {
        let connect = || Connect { to: "db".to_owned() };
        script.expect(connect()).reply(Ok(store(script)));
        script.expect(connect()).reply(Ok(store(script)));
        script.expect(put("a", 1)).reply(());
        let connection = script.handle().call(connect()).unwrap();
        connection.put("a", 1);
    });
    assert!(report.starts_with("call 2, `Store::put`, is out of order\n"), "{report}");
}

#[test]
fn a_reply_that_was_not_taken_keeps_no_handle_alive() {
    let report = broken(line!(), |script| {
        script.expect(Connect { to: "db".to_owned() }).reply(Ok(store(script)));
    });
    assert!(report.starts_with("`Connector::connect` was never called (entry 1 of 1)\n"), "{report}");
}

#[test]
fn a_reply_for_many_calls_keeps_no_handle_alive() {
    let (connections, _log) = scenario(|script| {
        let store = idle_store(script);
        let again = move |_: &Connect| Ok(store.clone());
        script.expect(Connect { to: "db".to_owned() }).times(2).reply_with(again);
        let handle = script.handle();
        [(); 2].map(|()| handle.call(Connect { to: "db".to_owned() }).is_ok())
    });
    assert_eq!(connections, [true; 2]);
}

#[test]
fn a_reply_for_many_calls_serves_lanes_matchers_and_async_calls() {
    let (answers, _log) = scenario(|script| {
        let lane = script.lane("disk");
        lane.expect(get("a")).times(2).reply(Some(1));
        lane.expect_where("a key of one letter", get("ab"), |get: &Get| get.key.len() == 1)
            .times(2)
            .reply(Some(2));
        let handle = lane.handle();
        let mut answers = vec![handle.call(get("a"))];
        answers.push(*outcome::watch(handle.call_async(get("a"))).assert_ready());
        answers.push(handle.call(get("b")));
        answers.push(*outcome::watch(handle.call_async(get("c"))).assert_ready());
        answers
    });
    assert_eq!(answers, [Some(1), Some(1), Some(2), Some(2)]);
}

#[test]
fn a_connection_that_outlives_the_scenario_is_found() {
    let report = broken(line!(), |script| {
        let to = "db".to_owned();
        script.expect(Connect { to: to.clone() }).reply(Ok(idle_store(script)));
        std::mem::forget(script.handle().call(Connect { to }));
    });
    assert!(report.starts_with("a handle is still alive at the end"), "{report}");
}

#[test]
fn a_late_reply_that_never_comes_stalls_a_sim_with_its_reason() {
    let text = panic_text(|| {
        Sim::new().scenario(async |_sim, script| {
            let (_promise, later) = promise();
            script.expect(fetch("/a")).reply_async(later);
            FakeFetch(script.handle()).fetch("/a").await
        })
    });
    assert!(text.starts_with("the sim has stalled: nothing happened for 86400s"), "{text}");
    assert!(text.contains("waits    the test: promise, made at tests/it/fake/replies.rs"), "{text}");
}

#[test]
fn reply_code_runs_under_no_lock() {
    let ((), _log) = scenario(|script| {
        let inner = Arc::new(store(script));
        let again = Arc::clone(&inner);
        script.expect(get("outer")).reply_with(move |_| again.get("inner"));
        script.expect(get("inner")).reply(Some(3));
        assert_eq!(inner.get("outer"), Some(3));
    });
}
