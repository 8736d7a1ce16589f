//! Known-bad tests: each breaks a rule of strict fakes, and must be red. `rules` runs each of them in a child
//! process; in a plain run they are not armed and end at once.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use unplugged::fake::{ErrorLog, assert_never_called, scenario, scenario_async};

use super::{Connect, FakeStore, Get, Store, get, put, store};

/// The variable that arms one test, by its name, or `all`.
pub(super) const ARMED: &str = "UNPLUGGED_KNOWN_BAD";

/// What an armed test prints first, before its name.
pub(super) const MARKER: &str = "armed: ";

macro_rules! known_bad {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {
        $(
            #[test]
            $(#[$attribute])*
            fn $name() {
                if std::env::var(ARMED).is_ok_and(|armed| armed == stringify!($name) || armed == "all") {
                    eprintln!("{MARKER}{}", stringify!($name));
                    $body
                }
            }
        )*

        /// The names of all.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

/// Swallows a panic, as code under test may do.
fn swallow<R>(code: impl FnOnce() -> R) {
    drop(catch_unwind(AssertUnwindSafe(code)));
}

fn exit() {
    std::process::exit(0)
}

known_bad! {
    fn a_call_that_nobody_expects() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            store.put("a", 1);
        });
    }

    fn an_expectation_whose_reply_is_forgotten() {
        let _ = scenario(|script| {
            std::mem::forget(script.expect(get("a")));
            swallow(|| store(script).get("a"));
        });
    }

    fn an_expected_call_that_never_comes() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            script.expect(put("a", 1)).reply(());
            store(script).get("a");
        });
    }

    fn an_early_return_before_any_call() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            if thread::panicking() || std::env::var(ARMED).is_ok() {
                return;
            }
            store.get("a");
        });
    }

    fn a_question_mark_before_any_call() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let number: u32 = "x".parse()?;
            store(script).put("a", number);
            Ok::<(), std::num::ParseIntError>(())
        });
    }

    fn a_call_made_twice() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            swallow(|| store.get("a"));
        });
    }

    fn a_connection_used_before_its_connector() {
        let _ = scenario(|script| {
            let early = store(script);
            script.expect(Connect { to: "db".to_owned() }).reply(Ok(store(script)));
            script.expect(put("a", 1)).reply(());
            swallow(|| early.put("a", 1));
            let connection = script.handle().call(Connect { to: "db".to_owned() }).unwrap();
            connection.put("a", 1);
        });
    }

    fn a_call_with_a_wrong_argument() {
        let _ = scenario(|script| {
            script.expect(put("a", 1)).reply(());
            swallow(|| store(script).put("a", 2));
        });
    }

    fn a_matcher_that_accepts_everything() {
        let _ = scenario(|script| {
            swallow(|| script.expect_where("any", get("b"), |_: &Get| true).reply(None));
            script.expect(get("a")).reply(None);
            store(script).get("a");
        });
    }

    fn a_fake_that_is_forgotten() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            std::mem::forget(store(script));
        });
    }

    fn a_fake_that_is_dropped_in_a_thread() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            let _ = thread::spawn(move || drop(store)).join();
        });
    }

    fn a_fake_in_a_cycle() {
        struct Node(FakeStore, std::sync::Mutex<Option<std::sync::Arc<Self>>>);
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let node = std::sync::Arc::new(Node(store(script), std::sync::Mutex::new(None)));
            node.0.get("a");
            *node.1.lock().unwrap() = Some(std::sync::Arc::clone(&node));
        });
    }

    fn a_fake_in_a_static() {
        static KEPT: std::sync::OnceLock<FakeStore> = std::sync::OnceLock::new();
        let _ = scenario(|script| {
            script.expect_no_calls();
            KEPT.set(store(script)).unwrap();
        });
    }

    fn a_thread_that_may_still_call() {
        let (_go, gone) = std::sync::mpsc::channel::<()>();
        let _ = scenario(|script| {
            script.expect_no_calls();
            let store = store(script);
            thread::spawn(move || {
                gone.recv().unwrap_err();
                store.get("a");
            });
        });
    }

    fn a_task_that_is_left_at_the_end() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let _ = scenario(|script| {
            script.expect_no_calls();
            let store = store(script);
            runtime.spawn(async move {
                std::future::pending::<()>().await;
                store.get("a");
            });
        });
    }

    fn a_panic_that_the_code_catches() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            let store = store(script);
            store.get("a");
            swallow(|| store.get("b"));
        });
    }

    fn a_panic_in_a_thread_that_nobody_joins() {
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
    }

    fn a_panic_in_a_task_whose_handle_is_dropped() {
        let _ = unplugged::Sim::new().scenario(async |sim, script| {
            script.expect(get("a")).reply(None);
            sim.expect_panic("Store::get");
            let store = store(script);
            store.get("a");
            drop(tokio::spawn(async move { store.get("b") }));
            sim.settle().await;
        });
    }

    fn a_check_in_a_reply_that_the_code_catches() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply_with(|_| panic!("the check fails"));
            swallow(|| store(script).get("a"));
        });
    }

    fn an_async_scenario_that_is_not_awaited() {
        drop(scenario_async(async |script| script.expect_no_calls()));
    }

    fn an_async_scenario_that_is_forgotten() {
        std::mem::forget(scenario_async(async |script| script.expect_no_calls()));
    }

    fn a_script_that_is_empty() {
        let _ = scenario(|script| drop(store(script)));
    }

    fn a_script_made_by_a_loop_over_nothing() {
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
    }

    fn a_fake_that_is_never_handed_out() {
        let _ = scenario(|script| script.expect_no_calls());
    }

    fn a_negative_assertion_with_a_typo() {
        let ((), log) = scenario(|script| {
            script.expect(get("admin")).reply(None);
            store(script).get("admin");
        });
        assert_never_called(&log, &get("admin"), |get: &Get| get.key == "admni");
    }

    fn a_negative_assertion_on_an_empty_log() {
        let ((), log) = scenario(|script| {
            script.expect_no_calls();
            drop(store(script));
        });
        assert_never_called(&log, &get("admin"), |get: &Get| get.key == "admin");
    }

    fn three_faults_at_once() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            script.expect(put("a", 1)).reply(());
            let store = store(script);
            swallow(|| store.get("x"));
            swallow(|| store.get("y"));
            std::mem::forget(store);
        });
    }

    fn an_exit_in_the_code_under_test() {
        let _ = scenario(|script| {
            script.expect(get("a")).reply(None);
            exit();
        });
    }

    fn an_exit_in_an_async_scenario() {
        let scenario = scenario_async(async |script| {
            script.expect(get("a")).reply(None);
            exit();
        });
        unplugged::outcome::watch(scenario).assert_ready();
    }

    fn a_logged_error_that_nobody_takes() {
        let errors = ErrorLog::new();
        errors.sink().log("it went wrong");
    }

    fn an_error_log_that_is_forgotten() {
        let errors = ErrorLog::new();
        errors.sink().log("it went wrong");
        std::mem::forget(errors);
    }
}
