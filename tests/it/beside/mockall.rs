//! Beside mockall 0.15: tests with a violated intent, each of which passes there and is caught here. `HOLES.md` lists
//! them by their numbers.
//!
//! mockall decides when a mock is dropped, by the mock itself, and panics there. What it does not see at that
//! moment, on that thread, is lost. None of this is a bug of its own: it is what the design can give.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, mpsc},
    thread,
};

use mockall::{Sequence, automock, predicate};
use pretty_assertions::assert_eq;
use unplugged::fake::{Script, check_scenario};

use crate::fake::{Get, Put, Store, get, panic_text, put, store};

#[automock]
trait Disk: Send + Sync {
    fn get(&self, key: &str) -> Option<u32>;
    fn put(&self, key: &str, value: u32);
}

/// Asserts that the test is green though its intent is violated.
#[track_caller]
fn passes_there(test: impl FnOnce()) {
    assert!(catch_unwind(AssertUnwindSafe(test)).is_ok(), "mockall has caught it: take it off the list");
}

/// Asserts that the kit catches the same violation, with these first lines.
#[track_caller]
fn is_caught_here(body: impl FnOnce(&Script), headlines: &[&str]) {
    let violation = check_scenario(body).expect_err("it should be caught");
    let found: Vec<&str> = violation.parts().iter().map(|violation| violation.headline()).collect();
    assert_eq!(found, headlines);
}

const NEVER_PUT: &str = "`Store::put` was never called (entry 1 of 1)";
const NOT_IN_SCRIPT: &str = "call 1, `Store::get`, is not in the script";
const ALIVE: &str = "a handle is still alive at the end: a call could still come, unseen";

/// H01: put is expected, and never called.
#[test]
fn an_expectation_without_a_quantity() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().return_const(());
    });
    is_caught_here(|script| script.expect(put("k", 1)).reply(()), &[NEVER_PUT]);
}

/// H01h: both keys are to be read, and only one is.
#[test]
fn a_second_pattern_of_a_called_method() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_get().with(predicate::eq("a")).return_const(None);
        disk.expect_get().with(predicate::eq("b")).return_const(None);
        disk.get("a");
    });
    is_caught_here(
        |script| {
            script.expect(get("a")).reply(None);
            script.expect(get("b")).reply(None);
            store(script).get("a");
        },
        &["`Store::get` was never called (entry 2 of 2)"],
    );
}

/// H02: 1 is to be written, 7 is.
#[test]
fn arguments_that_are_not_compared() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        disk.put("k", 7);
    });
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            panic_text(|| store(script).put("k", 7));
        },
        &["call 1, `Store::put`, differs from the script in `value` (entry 1 of 1)"],
    );
}

/// H03: read before write, and it is the other way round.
#[test]
fn the_wrong_order() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_get().times(1).return_const(None);
        disk.expect_put().times(1).return_const(());
        disk.put("k", 1);
        disk.get("k");
    });
    is_caught_here(
        |script| {
            script.expect(get("k")).reply(None);
            script.expect(put("k", 1)).reply(());
            let store = store(script);
            panic_text(|| store.put("k", 1));
            store.get("k");
        },
        &["call 1, `Store::put`, is out of order", "`Store::put` was never called (entry 2 of 2)"],
    );
}

/// H03b: only one of the two is in the sequence.
#[test]
fn an_order_that_holds_for_one_side_only() {
    passes_there(|| {
        let (mut disk, mut order) = (MockDisk::new(), Sequence::new());
        disk.expect_get().times(1).in_sequence(&mut order).return_const(None);
        disk.expect_put().times(1).return_const(());
        disk.put("k", 1);
        disk.get("k");
    });
    // Here there is one script, and nothing stands beside it: see `the_wrong_order`. A lane has an order too.
    is_caught_here(
        |script| {
            let lane = script.lane("disk");
            lane.expect(get("k")).reply(None);
            lane.expect(put("k", 1)).reply(());
            panic_text(|| store(script).put("k", 1));
        },
        &[
            "call 1, `Store::put`, is out of order",
            "`Store::get` was never called (entry 1 of 2 in lane `disk`)",
            "`Store::put` was never called (entry 2 of 2 in lane `disk`)",
        ],
    );
}

/// H04: the fake is leaked.
#[test]
fn a_leaked_fake() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        std::mem::forget(disk);
    });
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            std::mem::forget(store(script));
        },
        &[NEVER_PUT, ALIVE],
    );
}

/// H04b: the fake is in a static.
#[test]
fn a_fake_in_a_static() {
    passes_there(|| {
        static KEPT: OnceLock<MockDisk> = OnceLock::new();
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        assert!(KEPT.set(disk).is_ok());
    });
    is_caught_here(
        |script| {
            static KEPT: OnceLock<crate::fake::FakeStore> = OnceLock::new();
            script.expect(put("k", 1)).reply(());
            assert!(KEPT.set(store(script)).is_ok());
        },
        &[NEVER_PUT, ALIVE],
    );
}

/// H04c: the fake is in a cycle.
#[test]
fn a_fake_in_a_cycle() {
    struct Node<T> {
        _fake: T,
        next: Mutex<Option<Arc<Self>>>,
    }
    fn close<T>(fake: T) {
        let node = Arc::new(Node { _fake: fake, next: Mutex::new(None) });
        *node.next.lock().unwrap() = Some(Arc::clone(&node));
    }
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        close(disk);
    });
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            close(store(script));
        },
        &[NEVER_PUT, ALIVE],
    );
}

/// H05: a thread that still runs shares the fake.
#[test]
fn a_fake_shared_with_a_thread_that_runs() {
    let (go, gone) = mpsc::channel::<()>();
    let hold = move |fake: Arc<dyn Send + Sync>| {
        thread::spawn(move || {
            gone.recv().unwrap_err();
            std::mem::forget(fake); // its drop would panic here, unheard
        });
    };
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        let disk = Arc::new(disk);
        hold(Arc::clone(&disk) as Arc<dyn Send + Sync>);
        drop(disk);
    });
    drop(go);
    let (go, gone) = mpsc::channel::<()>();
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            let store = store(script);
            thread::spawn(move || {
                gone.recv().unwrap_err();
                drop(store);
            });
        },
        &[NEVER_PUT, ALIVE],
    );
    drop(go);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap()
}

/// H05b: a task that still waits shares the fake.
#[test]
fn a_fake_shared_with_a_task_that_waits() {
    let there = runtime();
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        there.spawn(async move {
            std::future::pending::<()>().await;
            disk.put("k", 1);
        });
    });
    let here = runtime();
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            let store = store(script);
            here.spawn(async move {
                std::future::pending::<()>().await;
                store.put("k", 1);
            });
        },
        &[NEVER_PUT, ALIVE],
    );
    drop((there, here));
}

/// H06: an unexpected call comes from a thread that is never joined.
#[test]
fn an_unexpected_call_in_a_thread() {
    let in_thread = |call: Box<dyn FnOnce() + Send>| {
        let (alive, done) = mpsc::channel::<()>();
        thread::spawn(move || {
            let _alive = alive;
            call();
        });
        done.recv().unwrap_err();
    };
    passes_there(|| {
        let disk = MockDisk::new();
        in_thread(Box::new(move || _ = disk.get("k")));
    });
    is_caught_here(
        |script| {
            script.expect_no_calls();
            let store = store(script);
            in_thread(Box::new(move || _ = store.get("k")));
        },
        &[NOT_IN_SCRIPT],
    );
}

/// H07: the same in a task.
#[test]
fn an_unexpected_call_in_a_task() {
    passes_there(|| {
        let disk = MockDisk::new();
        let _ = runtime().block_on(async { tokio::spawn(async move { disk.get("k") }).await });
    });
    is_caught_here(
        |script| {
            script.expect_no_calls();
            let store = store(script);
            let _ = runtime().block_on(async { tokio::spawn(async move { store.get("k") }).await });
        },
        &[NOT_IN_SCRIPT],
    );
}

/// H08: the fake is moved into a thread, and its drop panics there.
#[test]
fn a_fake_that_is_dropped_in_a_thread() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        let _ = thread::spawn(move || drop(disk)).join();
    });
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            let store = store(script);
            let _ = thread::spawn(move || drop(store)).join();
        },
        &[NEVER_PUT],
    );
}

/// H09: the code under test catches the panic of the unexpected call.
#[test]
fn a_panic_that_the_code_catches() {
    passes_there(|| {
        let disk = MockDisk::new();
        let _ = catch_unwind(AssertUnwindSafe(|| disk.get("k")));
    });
    is_caught_here(
        |script| {
            script.expect_no_calls();
            let store = store(script);
            let _ = catch_unwind(AssertUnwindSafe(|| store.get("k")));
        },
        &[NOT_IN_SCRIPT],
    );
}

/// H10: a quantity that anything meets.
#[test]
fn a_vacuous_quantity() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(0..).return_const(());
    });
    is_caught_here(|script| script.expect(put("k", 1)).at_least_once().at_most(9).reply(()), &[NEVER_PUT]);
}

/// H11, H12: a matcher that anything meets.
#[test]
fn a_vacuous_matcher() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().withf(|_, _| true).times(1).return_const(());
        disk.put("k", 7);
    });
    is_caught_here(
        |script| {
            panic_text(|| script.expect_where("small", put("k", 7), |_: &Put| true).reply(()));
            script.expect_no_calls();
            drop(script.handle());
        },
        &["the matcher `small` of `Store::put` accepts the call that it must reject"],
    );
}

/// H15: the first phase is to read, the second to write; nothing checks between them.
#[test]
fn phases_that_are_mixed() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_get().times(1).return_const(None);
        // `disk.checkpoint()` is forgotten.
        disk.expect_put().times(1).return_const(());
        disk.put("k", 1);
        disk.get("k");
    });
    is_caught_here(
        |script| {
            let store = store(script);
            script.expect(get("k")).reply(None);
            script.expect(put("k", 1)).reply(());
            panic_text(|| store.put("k", 1));
            store.get("k");
            store.put("k", 1);
        },
        &["call 1, `Store::put`, is out of order"],
    );
}

/// H17: the test returns before it has said anything.
#[test]
fn an_early_return() {
    let is_early = || std::hint::black_box(true);
    passes_there(|| {
        let mut disk = MockDisk::new();
        if is_early() {
            return;
        }
        disk.expect_get().times(1).return_const(None);
        disk.get("k");
    });
    is_caught_here(
        |script| {
            let store = store(script);
            if is_early() {
                return;
            }
            script.expect(get("k")).reply(None);
            store.get("k");
        },
        &["the script is empty"],
    );
}

/// H18: two fakes are not satisfied. There the text of one is lost; here both are told.
#[test]
fn two_faults_of_which_one_is_told() {
    let text = panic_text(|| {
        let (mut one, mut two) = (MockDisk::new(), MockDisk::new());
        one.expect_get().times(1).return_const(None);
        two.expect_put().times(1).return_const(());
    });
    assert!(text.contains("MockDisk::put") && !text.contains("MockDisk::get"), "{text}");
    is_caught_here(
        |script| {
            script.expect(get("k")).reply(None);
            script.expect(put("k", 1)).reply(());
        },
        &["`Store::get` was never called (entry 1 of 2)", "`Store::put` was never called (entry 2 of 2)"],
    );
}

/// H19: the error that explains all is masked by the panic of the drop.
#[test]
fn an_error_that_is_masked() {
    let text = panic_text(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().times(1).return_const(());
        let value: u32 = "x".parse()?;
        disk.put("k", value);
        Ok::<(), std::num::ParseIntError>(())
    });
    assert!(!text.contains("InvalidDigit"), "{text}");
    let violation = check_scenario(|script| {
        script.expect(put("k", 1)).reply(());
        let value: u32 = "x".parse()?;
        store(script).put("k", value);
        Ok::<(), std::num::ParseIntError>(())
    });
    let report = violation.unwrap_err().to_string();
    assert!(
        report
            .starts_with("the body of the scenario failed\n  error    ParseIntError { kind: InvalidDigit }"),
        "{report}"
    );
}

/// H21: the code under test goes round the fake.
#[test]
fn code_that_goes_round_the_fake() {
    let save = |_disk: &dyn std::any::Any| { /* writes to the real disk */ };
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_put().return_const(());
        save(&disk);
    });
    is_caught_here(
        |script| {
            script.expect(put("k", 1)).reply(());
            save(&store(script));
        },
        &[NEVER_PUT],
    );
}

#[automock]
trait Static {
    #[expect(dead_code, reason = "it is never called on purpose")]
    fn now() -> u32;
}

/// S1: the context of a function without `self`; expected without a quantity, or forgotten.
#[test]
fn a_static_context() {
    passes_there(|| {
        let context = MockStatic::now_context();
        context.expect().return_const(1_u32);
        std::mem::forget(context);
    });
    // Here it does not compile: `crates/macros/tests/ui/strict_fake/shapes_refused.rs`.
}

/// H27: a negative assertion with a typo. mockall has it as `never()` on a pattern that nothing meets.
#[test]
fn a_negative_assertion_with_a_typo() {
    passes_there(|| {
        let mut disk = MockDisk::new();
        disk.expect_get().with(predicate::eq("admni")).never();
        disk.expect_get().return_const(None);
        disk.get("admin");
    });
    let scenario = check_scenario(|script| {
        script.expect(get("admin")).reply(None);
        store(script).get("admin");
    });
    let log = scenario.unwrap().1;
    let violation = log.check_never_called(&get("admin"), |get: &Get| get.key == "admni").unwrap_err();
    assert_eq!(violation.headline(), "the predicate on `Store::get` rejects the call that it must match");
}
