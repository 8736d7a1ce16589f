//! Calls that the script does not expect, or that never come.

use std::hint::black_box;

use unplugged::fake::scenario;

use super::{
    super::{Connect, FakeStore, Get, Store, get, put, store},
    swallow,
};

known_bad! {
    fn an_unexpected_call_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            store.put("a", 1);
        });
    } fails r#"call 2, `Store::put`, is not in the script
  expected no more calls
  got      Put { key: "a", value: 1 }
  called   @
  calls    1: Get { key: "a" }, from @
           2: Put { key: "a", value: 1 }, from @
  scenario @"#;

    fn an_expectation_whose_reply_is_forgotten_is_red() {
        let _ = scenario(|script| {
            let _forgotten = script.expect(get("a"));
            swallow(|| store(script).get("a"));
        });
    } fails r#"2 rules of the scenario are broken
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
  scenario @"#;

    fn an_expected_call_that_never_comes_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            script.expect(put("a", 1)).reply(());
            store(script).get("a");
        });
    } fails r#"`Store::put` was never called (entry 2 of 2)
  expected Put { key: "a", value: 1 }
  scripted @
  calls    1: Get { key: "a" }, from @
  scenario @"#;

    fn an_early_return_before_any_call_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            if black_box(true) {
                return;
            }
            store.get("a");
        });
    } fails r#"`Store::get` was never called (entry 1 of 1)
  expected Get { key: "a" }
  scripted @
  calls    none
  scenario @"#;

    fn a_question_mark_before_any_call_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let number: u32 = "x".parse()?;
            store(script).put("a", number);
            Ok::<(), std::num::ParseIntError>(())
        });
    } fails r#"the body of the scenario failed
  error    ParseIntError { kind: InvalidDigit }
  broken   `Store::get` was never called (entry 1 of 1)
             expected Get { key: "a" }
             scripted @
  calls    none
  scenario @"#;

    fn a_call_made_twice_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            swallow(|| store.get("a"));
        });
    } fails r#"call 2, `Store::get`, is one too many
  expected no more calls
  got      Get { key: "a" }
  called   @
  nearest  entry 1 of 1, used: this very call, scripted @
  calls    1: Get { key: "a" }, from @
           2: Get { key: "a" }, from @
  scenario @"#;

    fn a_connection_used_before_its_connector_is_red() {
        let _ = scenario(|script| {
            let db = script.fake("db");
            let early = FakeStore(db.handle());
            script.expect(Connect { to: "db".to_owned() }).reply(Ok(FakeStore(db.handle())));
            db.expect(put("a", 1)).reply(());
            swallow(|| early.put("a", 1));
            let connection = script.handle().call(Connect { to: "db".to_owned() }).unwrap();
            connection.put("a", 1);
        });
    } fails r#"call 1, `Store::put`, is out of order
  expected Connect { to: "db" }
  got      `db`: Put { key: "a", value: 1 }
  scripted @
  called   @
  nearest  entry 2 of 2: this very call, scripted @
  calls    1: `db`: Put { key: "a", value: 1 }, from @
           2: Connect { to: "db" }, from @
           3: `db`: Put { key: "a", value: 1 }, from @
  scenario @"#;

    fn a_call_with_a_wrong_argument_is_red() {
        let _ = scenario(|script| {
            script.expect(put("a", 1)).reply(());
            swallow(|| store(script).put("a", 2));
        });
    } fails r#"call 1, `Store::put`, differs from the script in `value` (entry 1 of 1)
  expected Put { key: "a", value: 1 }
  got      Put { key: "a", value: 2 }
  scripted @
  called   @
  calls    1: Put { key: "a", value: 2 }, from @
  scenario @"#;

    fn a_matcher_that_accepts_everything_is_red() {
        let _ = scenario(|script| {
            swallow(|| script.expect_where("any", get("b"), |_: &Get| true).reply(None));
            script.expect(get("a")).reply(None);
            store(script).get("a");
        });
    } fails r#"the matcher `any` of `Store::get` accepts the call that it must reject
  accepts  Get { key: "b" }
  scripted @
  next     a matcher that accepts everything checks nothing: narrow it, or take another witness
  calls    1: Get { key: "a" }, from @
  scenario @"#;

    fn two_fakes_of_one_trait_that_are_taken_for_each_other_is_red() {
        let _ = scenario(|script| {
            script.expect(get("k")).reply(Some(1)); // of the source
            script.expect(put("k", 1)).reply(()); // of the backup
            let (source, _backup) = (store(script), store(script));
            source.get("k").into_iter().for_each(|value| source.put("k", value));
        });
    } fails r#"a handle was never called, and another one was: the script does not say which fake is meant
  made at  @
  called   the handle made at @
  next     name the fakes with `script.fake("..")`; one that must not be called says `expect_no_calls()`
  calls    1: Get { key: "k" }, from @
           2: Put { key: "k", value: 1 }, from @
  scenario @"#;

    fn a_call_of_another_fake_is_red() {
        let _ = scenario(|script| {
            let (source, backup) = (script.fake("source"), script.fake("backup"));
            source.expect(get("k")).reply(Some(1));
            backup.expect(put("k", 1)).reply(());
            let (source, _backup) = (FakeStore(source.handle()), FakeStore(backup.handle()));
            swallow(|| source.get("k").into_iter().for_each(|value| source.put("k", value)));
        });
    } fails r#"2 rules of the scenario are broken
  broken   call 2, `Store::put`, was made on `source`, and is expected of `backup` (entry 2 of 2)
             expected `backup`: Put { key: "k", value: 1 }
             got      `source`: Put { key: "k", value: 1 }
             scripted @
             called   @
  broken   `Store::put` was never called (entry 2 of 2)
             expected `backup`: Put { key: "k", value: 1 }
             scripted @
  calls    1: `source`: Get { key: "k" }, from @
           2: `source`: Put { key: "k", value: 1 }, from @
  scenario @"#;

    fn a_lane_that_is_named_twice_is_one_lane_is_red() {
        let _ = scenario(|script| {
            script.lane("client").expect(get("hello")).reply(None);
            script.lane("client").expect(get("bye")).reply(None);
            let store = store(script);
            swallow(|| store.get("bye"));
            store.get("hello");
        });
    } fails r#"2 rules of the scenario are broken
  broken   call 1, `Store::get`, is out of order
             expected Get { key: "hello" }
             got      Get { key: "bye" }
             scripted @
             called   @
             nearest  entry 2 of 2 in lane `client`: this very call, scripted @
  broken   `Store::get` was never called (entry 2 of 2 in lane `client`)
             expected Get { key: "bye" }
             scripted @
  calls    1: Get { key: "bye" }, from @
           2: Get { key: "hello" }, from @
  scenario @"#;
}
