//! Bad tests with fakes.

use unplugged::fake::{Call, ErrorLog, scenario, scenario_async};

use crate::fake::panic_text;

#[derive(Debug, PartialEq)]
struct Get(u32);

impl Call for Get {
    type Reply = u32;
    const NAME: &'static str = "Store::get";
}

red! {
    fn a_count_of_none() {
        let _log = scenario(|script| {
            script.expect(Get(1)).times(0).reply(1);
        });
    } says "0";

    fn a_bound_below_the_least() {
        let _log = scenario(|script| {
            script.expect(Get(1)).at_least_once().at_most(0).reply(1);
        });
    } says "0";

    fn an_entry_that_is_written_after_its_call() {
        let _log = scenario(|script| {
            let store = script.handle();
            let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.call(Get(1))));
            script.expect(Get(1)).reply(1);
            drop(called);
        });
    } says "not in the script";

    fn an_async_scenario_that_is_polled_once() {
        let pending = async {
            let scenario = scenario_async(async |script| {
                script.expect(Get(1)).reply(1);
                tokio::task::yield_now().await;
                script.handle().call(Get(1))
            });
            let mut scenario = std::pin::pin!(scenario);
            std::future::poll_fn(|cx| {
                drop(scenario.as_mut().poll(cx));
                std::task::Poll::Ready(())
            })
            .await;
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(pending);
    } says "scenario";

    fn a_handle_of_one_scenario_in_another() {
        let _log = scenario(|outer| {
            outer.expect(Get(1)).reply(1);
            let store = outer.handle();
            let _log = scenario(|inner| {
                inner.expect(Get(1)).reply(2);
                assert_eq!(store.call(Get(1)), 1);
            });
        });
    } says "was never called";

    fn a_reply_that_panics_and_is_caught() {
        let _log = scenario(|script| {
            script.expect(Get(1)).reply_with(|_| panic!("in the reply"));
            let store = script.handle();
            let _caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.call(Get(1))));
        });
    } says "the reply to call 1, `Store::get`, panicked";

    fn an_error_that_is_logged_and_not_taken() {
        let log = ErrorLog::new();
        log.sink().log(std::io::Error::other("the disk is full"));
        log.finish();
    } says "the disk is full";

    fn an_error_log_that_is_dropped() {
        let log = ErrorLog::new();
        log.sink().log(std::io::Error::other("the disk is full"));
        drop(log);
    } says "the disk is full";

    fn an_error_that_is_taken_as_another() {
        let log = ErrorLog::new();
        log.sink().log(std::io::Error::other("the disk is full"));
        let _none = log.take_text("the disk is slow");
        log.finish();
    } says "the disk is full";

    fn a_count_of_calls_of_a_method_that_no_fake_has() {
        let ((), log) = scenario(|script| {
            script.expect(Get(1)).reply(1);
            script.handle().call(Get(1));
        });
        log.assert_never_called(&Get(7), |call| call.0 == 7);
        log.assert_never_called(&Get(1), |call| call.0 == 7);
    } says "witness";

    fn a_scenario_that_swallows_its_own_verdict_in_a_task() {
        let text = panic_text(|| {
            let _log = scenario(|script| {
                script.expect(Get(1)).reply(1);
            });
        });
        assert!(text.is_empty(), "{text}");
    } says "was never called";
}
