//! The fake exit: how code can end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use unplugged::{
    clock::millis,
    inject::{Exit, FakeExit, child},
};

use super::{Witness, panic_text};

#[test]
fn an_exit_gives_its_code() {
    assert_eq!(FakeExit::run(|exit| exit.exit(3)).check_exited().unwrap(), 3);
    FakeExit::run(|exit| exit.exit(0)).assert_code(0);
    FakeExit::run(|exit| exit.exit(255)).assert_code(255);
}

#[test]
fn a_return_gives_its_value() {
    let ended = FakeExit::run(|_exit| "done");
    assert_eq!(ended.assert_returned(), &"done");
    assert_eq!(ended.assert_returned(), &"done"); // asking does not consume
}

#[test]
fn nothing_runs_after_an_exit_but_destructors() {
    let (dropped, after) = (Arc::new(AtomicBool::new(false)), AtomicBool::new(false));
    let witness = Witness(Arc::clone(&dropped));
    let ended = FakeExit::run(|exit| {
        let _witness = witness;
        if !exit.is_real() {
            exit.exit(3);
        }
        after.store(true, Ordering::SeqCst);
    });
    ended.assert_code(3);
    assert!(dropped.load(Ordering::SeqCst));
    assert!(!after.load(Ordering::SeqCst));
}

#[test]
fn a_fake_made_first_is_run_with_catch() {
    let fake = FakeExit::new();
    let exit = fake.exit();
    fake.catch(|| exit.exit(4)).assert_code(4);
}

#[test]
fn what_the_test_itself_holds_is_no_leak() {
    let fake = FakeExit::new();
    let exit = fake.exit();
    assert_eq!(fake.catch(|| 7).assert_returned(), &7);
    drop(exit);
}

#[test]
fn an_exit_is_real_or_fake() {
    assert!(Exit::real().is_real());
    let ended = FakeExit::run(|exit| (exit.is_real(), format!("{:?}", exit.clone())));
    assert_eq!(ended.assert_returned(), &(false, "Exit(fake)".to_owned()));
    assert_eq!(format!("{:?}", Exit::real()), "Exit(real)");
}

#[test]
fn an_inner_run_lets_an_outer_exit_through() {
    let outer = FakeExit::run(|outer| {
        FakeExit::run(|_inner| outer.exit(5)).assert_returned();
    });
    outer.assert_code(5);
}

#[test]
fn an_exit_that_a_thread_hands_back_is_an_exit() {
    let ended = FakeExit::run(|exit| {
        let joined = thread::spawn(move || exit.exit(6)).join();
        resume_unwind(joined.unwrap_err());
    });
    ended.assert_code(6);
}

#[test]
fn a_caught_exit_is_noticed() {
    let ended = FakeExit::run(|exit| drop(catch_unwind(AssertUnwindSafe(|| exit.exit(3)))));
    assert_eq!(ended.check_exited().unwrap_err().headline(), "the exit was called, and the code went on");
    assert_eq!(ended.check_returned().unwrap_err().headline(), "the exit was called, and the code went on");
}

#[test]
fn an_exit_in_a_thread_that_nobody_joins_is_noticed() {
    let ended = FakeExit::run(|exit| {
        let (gone, is_gone) = mpsc::channel::<()>();
        thread::spawn(move || {
            let _gone = gone;
            exit.exit(3)
        });
        is_gone.recv().unwrap_err();
    });
    assert_eq!(ended.check_exited().unwrap_err().headline(), "the exit was called, and the code went on");
}

#[test]
fn an_exit_in_a_scoped_thread_is_noticed() {
    let ended = FakeExit::run(|exit| {
        thread::scope(|scope| {
            scope.spawn(|| exit.exit(3));
        });
    });
    let violation = ended.check_exited().unwrap_err();
    assert_eq!(violation.headline(), "the exit was called, and the code went on");
    assert_eq!(violation.detail("then"), Some("the code panicked: a scoped thread panicked"));
}

#[test]
fn an_exit_that_a_thread_still_holds_is_noticed() {
    let (end, ended_by) = mpsc::channel::<()>();
    let ended = FakeExit::run(|exit| {
        thread::spawn(move || {
            ended_by.recv().unwrap_err();
            drop(exit);
        })
    });
    let violation = ended.check_returned().unwrap_err();
    assert_eq!(violation.headline(), "the code returned, and its exit is still held by 1");
    drop(end);
}

#[test]
fn a_panic_stays_a_panic() {
    let ended = FakeExit::run(|_exit| panic!("on purpose"));
    assert_eq!(ended.check_exited().unwrap_err().detail("panic"), Some("on purpose"));
    assert_eq!(ended.check_returned().unwrap_err().detail("panic"), Some("on purpose"));
}

#[test]
fn a_parked_exit_runs_no_destructor() {
    let dropped = Arc::new(AtomicBool::new(false));
    let witness = Witness(Arc::clone(&dropped));
    let ended = FakeExit::park(move |exit| {
        let _witness = witness;
        exit.exit(3)
    });
    ended.assert_code(3);
    assert!(!dropped.load(Ordering::SeqCst));
}

#[test]
fn a_parked_exit_cannot_be_caught() {
    FakeExit::park(|exit| drop(catch_unwind(AssertUnwindSafe(|| exit.exit(3))))).assert_code(3);
    FakeExit::park(|exit| drop(thread::spawn(move || exit.exit(4)).join())).assert_code(4);
}

#[test]
fn a_parked_exit_may_come_from_a_drop_in_a_panic() {
    struct Exits(Exit);
    impl Drop for Exits {
        fn drop(&mut self) {
            self.0.exit(5)
        }
    }
    let ended = FakeExit::park(|exit| {
        let _exits = Exits(exit);
        panic!("on purpose")
    });
    ended.assert_code(5);
}

#[test]
fn a_parked_exit_of_another_thread_ends_the_run() {
    let ended = FakeExit::park(|exit| {
        thread::spawn(move || exit.exit(6));
        loop {
            thread::park();
        }
    });
    ended.assert_code(6);
}

#[test]
fn a_parked_run_may_return_or_panic() {
    assert_eq!(FakeExit::park(|_exit| 7).assert_returned(), &7);
    let ended = FakeExit::park(|_exit| panic!("on purpose"));
    assert_eq!(ended.check_returned().unwrap_err().detail("panic"), Some("on purpose"));
}

#[test]
fn a_parked_run_that_waits_for_ever_is_given_up() {
    let ended = FakeExit::park_within(millis(5), |_exit| {
        loop {
            thread::park();
        }
    });
    assert_eq!(
        ended.check_exited().unwrap_err().headline(),
        "the code neither exited nor returned within 5ms of real time"
    );
}

#[test]
fn an_exit_makes_no_noise() {
    child::test("inject::exit::an_exit_makes_no_noise").run(
        || FakeExit::run(|exit| exit.exit(3)).assert_code(3),
        |child| {
            child.assert_completed();
            assert_eq!(child.stderr(), "");
        },
    );
}

#[test]
fn an_exit_in_a_drop_while_a_panic_unwinds_aborts_with_a_text() {
    struct Exits(Exit);
    impl Drop for Exits {
        fn drop(&mut self) {
            self.0.exit(5)
        }
    }
    child::test("inject::exit::an_exit_in_a_drop_while_a_panic_unwinds_aborts_with_a_text").run(
        || {
            drop(FakeExit::run(|exit| {
                let _exits = Exits(exit);
                panic!("on purpose")
            }));
        },
        |child| {
            let text = String::from_utf8_lossy(child.assert_aborted()).into_owned();
            let text = super::unplaced(&text);
            assert!(
                text.ends_with(
                    "the exit was called with 5 while its thread unwinds: this process aborts\n  \
                     called   PLACE\n  \
                     next     a fake exit cannot unwind out of a `Drop` in a panic: use `FakeExit::park`\n"
                ),
                "{text}"
            );
        },
    );
}

#[test]
fn a_fake_that_is_dropped_while_a_panic_unwinds_is_quiet() {
    let text = panic_text(|| {
        let _fake = FakeExit::new();
        let _ended = FakeExit::run(|_exit| ());
        panic!("mine")
    });
    assert_eq!(text, "mine");
}
