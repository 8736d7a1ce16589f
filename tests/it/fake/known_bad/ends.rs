//! Scenarios that do not end or prove nothing, and error logs.

use unplugged::fake::{ErrorLog, scenario, scenario_async};

use super::{
    super::{Get, Store, get, put, store},
    exit, swallow,
};

known_bad! {
    fn an_async_scenario_that_is_not_awaited_is_red() {
        drop(scenario_async(async |script| script.expect_no_calls()));
    } fails r#"a scenario was dropped before its end: nothing is verified
  scenario @
  next     await it in the test itself, to its end"#;

    fn an_async_scenario_that_is_forgotten_aborts() {
        std::mem::forget(scenario_async(async |script| script.expect_no_calls()));
    } aborts "the scenario at @";

    fn a_script_that_is_empty_is_red() {
        let _ = scenario(|script| drop(store(script)));
    } fails r#"the script is empty
  made at  @
  next     expect a call, or say `expect_no_calls()`
  calls    none
  scenario @"#;

    fn a_script_made_by_a_loop_over_nothing_is_red() {
        let keys: [&str; 0] = [];
        let _ = scenario(|script| {
            for key in keys {
                script.expect(get(key)).reply(None);
            }
            let store = store(script);
            for key in keys {
                store.get(key);
            }
        });
    } fails r#"the script is empty
  made at  @
  next     expect a call, or say `expect_no_calls()`
  calls    none
  scenario @"#;

    fn a_fake_that_is_never_handed_out_is_red() {
        let _ = scenario(|script| script.expect_no_calls());
    } fails r#"`expect_no_calls()` proves nothing: the script gave out no handle
  scripted @
  next     give the code under test a fake that holds `script.handle()`
  calls    none
  scenario @"#;

    fn a_negative_assertion_with_a_typo_is_red() {
        let ((), log) = scenario(|script| {
            script.expect(get("admin")).reply(None);
            store(script).get("admin");
        });
        log.assert_never_called(&get("admin"), |get: &Get| get.key == "admni");
    } fails r#"the predicate on `Store::get` rejects the call that it must match
  rejects  Get { key: "admin" }
  next     a predicate that matches nothing proves nothing: correct it, or take another witness
  calls    1: Get { key: "admin" }, from @
  scenario @"#;

    fn a_negative_assertion_on_an_empty_log_is_red() {
        let ((), log) = scenario(|script| {
            script.expect_no_calls();
            drop(store(script));
        });
        log.assert_never_called(&get("admin"), |get: &Get| get.key == "admin");
    } fails r#"that `Store::get` was never called proves nothing: the log is empty
  next     a script that expects no call at all says `expect_no_calls()`
  calls    none
  scenario @"#;

    fn three_faults_at_once_is_red() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            script.expect(put("a", 1)).reply(());
            let store = store(script);
            swallow(|| store.get("x"));
            swallow(|| store.get("y"));
            std::mem::forget(store);
        });
    } fails r#"4 rules of the scenario are broken
  broken   call 1, `Store::get`, differs from the script in `key`, at character 0 (entry 1 of 2)
             expected Get { key: "a" }
             got      Get { key: "x" }
             scripted @
             called   @
  broken   call 2, `Store::get`, is not in the script
             expected Put { key: "a", value: 1 }
             got      Get { key: "y" }
             scripted @
             called   @
             nearest  entry 1 of 2, used: Get { key: "a" }, scripted @; `key` differs: "a", got "y"
  broken   `Store::put` was never called (entry 2 of 2)
             expected Put { key: "a", value: 1 }
             scripted @
  broken   a handle is still alive at the end: a call could still come, unseen
             made at  @
             next     join the thread, end the task or drop the fake inside the scenario
  calls    1: Get { key: "x" }, from @
           2: Get { key: "y" }, from @
  scenario @"#;

    fn an_exit_in_the_code_under_test_aborts() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            exit();
        });
    } aborts "the scenario at @";

    fn an_exit_in_an_async_scenario_aborts() {
        let scenario = scenario_async(async |script| {
            script.expect(get("a")).reply(None);
            exit();
        });
        unplugged::outcome::watch(scenario).assert_ready();
    } aborts "the scenario at @";

    fn a_logged_error_that_is_not_taken_is_red() {
        let errors = ErrorLog::new();
        errors.sink().log("it went wrong");
    } fails r#"a logged error was not taken
  made at  @
  next     if it is meant to be logged, take it: `take::<E>()`, `take_text(..)`
  error    it went wrong, from @"#;

    fn an_error_log_that_is_forgotten_aborts() {
        let errors = ErrorLog::new();
        errors.sink().log("it went wrong");
        std::mem::forget(errors);
    } aborts "the error log made at @";
}
