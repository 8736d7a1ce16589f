//! `setup`, `no_setup`, `over`, `stop`.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio::runtime;
use unplugged_blocking::{Blocking, SetupError, WaitError};

use crate::support::{LONG, later, running, settle, until};

/// The thread on which an operation runs.
fn thread_of(blocking: &Blocking) -> thread::ThreadId {
    *blocking.run(async { Ok::<_, io::Error>(thread::current().id()) }).wait(LONG).unwrap()
}

#[test]
fn a_second_setup_does_nothing() {
    let blocking = running();
    let first = thread_of(&blocking);
    blocking.setup().unwrap();
    assert_eq!(thread_of(&blocking), first);
}

#[test]
fn setups_that_race_start_one_thread() {
    let blocking = Blocking::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| blocking.setup().unwrap());
        }
    });
    assert_eq!(thread_of(&blocking), thread_of(&blocking));
}

#[test]
fn no_setup_forbids_setup_and_is_refused_after_it() {
    let blocking = Blocking::new();
    blocking.no_setup().unwrap();
    let error = blocking.setup().unwrap_err();
    assert_eq!(error.to_string(), "`no_setup` was called: hand in a runtime with `use_runtime`");
    assert!(matches!(running().no_setup(), Err(SetupError::AlreadyRunning)));
}

#[test]
fn a_runtime_of_the_program_is_used_and_no_thread_is_started() {
    let runtime =
        runtime::Builder::new_multi_thread().worker_threads(1).thread_name("mine").enable_all().build();
    let runtime = runtime.unwrap();
    let by_hand = Blocking::new();
    by_hand.no_setup().unwrap();
    by_hand.use_runtime(runtime.handle().clone()).unwrap();
    for blocking in [Blocking::over(runtime.handle().clone()), by_hand] {
        let name = blocking.run(async { Ok::<_, io::Error>(thread::current().name().map(str::to_owned)) });
        assert_eq!(name.wait(LONG).unwrap().as_deref(), Some("mine"));
        assert!(matches!(blocking.use_runtime(runtime.handle().clone()), Err(SetupError::AlreadyRunning)));
        blocking.setup().unwrap();
        assert_eq!(
            blocking.use_runtime(runtime.handle().clone()).unwrap_err().to_string(),
            "an event loop runs already: call `stop` first"
        );
    }
}

#[test]
fn a_runtime_of_the_program_that_shuts_down_ends_the_operations() {
    let runtime = runtime::Runtime::new().unwrap();
    let blocking = Blocking::over(runtime.handle().clone());
    let (_sender, answer) = later::<()>(&blocking);
    drop(runtime);
    assert!(matches!(answer.wait(LONG), Err(WaitError::Stopped)));
    let late = blocking.run(async { Ok::<_, io::Error>(1) });
    assert!(matches!(late.wait(LONG), Err(WaitError::Stopped)));
}

#[test]
fn a_stop_leaves_a_runtime_of_the_program_alone_and_ends_the_operations() {
    let runtime = runtime::Runtime::new().unwrap();
    let blocking = Blocking::over(runtime.handle().clone());
    let (_sender, answer) = later::<()>(&blocking);
    blocking.stop().unwrap();
    assert!(matches!(answer.wait(LONG), Err(WaitError::Stopped)));
    assert_eq!(runtime.block_on(async { 1 }), 1);
}

#[test]
fn a_stop_ends_the_waits_of_all_threads() {
    let blocking = running();
    let (_sender, answer) = later::<()>(&blocking);
    let (begin, begun) = mpsc::channel();
    thread::scope(|scope| {
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let begin = begin.clone();
                let answer = &answer;
                scope.spawn(move || {
                    begin.send(()).unwrap();
                    answer.wait(LONG).unwrap_err().to_string()
                })
            })
            .collect();
        (0..4).for_each(|_| begun.recv().unwrap());
        blocking.stop().unwrap();
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), "the event loop has stopped before there was a result");
        }
    });
}

#[test]
fn results_that_were_there_before_a_stop_stay() {
    let blocking = running();
    let answer = blocking.run(async { Ok::<_, io::Error>(1) });
    answer.wait(LONG).unwrap();
    blocking.stop().unwrap();
    for _ in 0..2 {
        assert_eq!(*answer.wait(LONG).unwrap(), 1);
    }
}

#[test]
fn after_a_stop_a_run_is_refused_and_a_setup_starts_again() {
    let blocking = running();
    let first = thread_of(&blocking);
    blocking.stop().unwrap();
    blocking.stop().unwrap();
    let refused = blocking.run(async { Ok::<_, io::Error>(1) });
    assert!(matches!(refused.wait(LONG), Err(WaitError::NotRunning)));
    blocking.setup().unwrap();
    assert_ne!(thread_of(&blocking), first);
}

#[test]
fn a_stop_from_a_task_of_the_event_loop_does_not_wait_for_itself() {
    let blocking = running();
    let here = blocking.clone();
    let stopping = blocking.run(async move { here.stop().map_err(|error| error.to_string()) });
    // The task is cancelled by its own stop, or has returned before that.
    assert!(matches!(stopping.wait(LONG), Ok(()) | Err(WaitError::Stopped)));
    until(|| blocking.setup().is_ok());
    assert_eq!(*blocking.run(async { Ok::<_, io::Error>(1) }).wait(LONG).unwrap(), 1);
}

#[test]
fn a_task_that_blocks_the_event_loop_strands_no_waiter_and_is_told() {
    let blocking = Blocking::builder().stop_limit(Duration::from_millis(1)).build();
    blocking.setup().unwrap();
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let blocked = blocking.run(async move {
        begin.send(()).unwrap();
        let _released = released.recv();
        Ok::<_, io::Error>(())
    });
    begun.recv().unwrap();
    assert_eq!(
        blocking.stop().unwrap_err().to_string(),
        "the thread of the event loop has not ended within 1ms: a task on it blocks; move what blocks to \
         `tokio::task::spawn_blocking`"
    );
    assert!(matches!(blocked.wait(LONG), Err(WaitError::Stopped)));
    release.send(()).unwrap();
    until(|| blocked.is_done());
}

#[test]
fn a_guard_stops_it_when_main_returns_and_when_it_panics() {
    let main = |panics: bool, blocking: &Blocking| {
        blocking.setup().unwrap();
        let _stop = blocking.stop_on_drop();
        assert!(!panics, "main panics");
    };
    let blocking = Blocking::new();
    for panics in [false, true] {
        let _payload = catch_unwind(AssertUnwindSafe(|| main(panics, &blocking)));
        assert!(matches!(
            blocking.run(async { Ok::<_, io::Error>(1) }).wait(LONG),
            Err(WaitError::NotRunning)
        ));
    }
}

#[test]
fn the_last_clone_stops_it() {
    let blocking = running();
    let clone = blocking.clone();
    let (_sender, answer) = later::<()>(&blocking);
    drop(blocking);
    settle(&clone);
    assert!(matches!(answer.wait(Duration::ZERO), Err(WaitError::TimedOut(_))));
    drop(clone);
    assert!(matches!(answer.wait(LONG), Err(WaitError::Stopped)));
}
