//! The known pitfalls of tokio's paused clock: what a sim does about each. The names tell: `cured`, `reported`
//! with a text, or it `remains`; the last are listed in the README.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::mpsc,
    thread,
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, micros, millis, nanos, secs},
};

use super::panic_text;

type Log = Rc<RefCell<Vec<Duration>>>;

/// Sleeps each of the durations in turn, and notes when it woke.
fn naps(sim: &Sim, log: &Log, each: impl IntoIterator<Item = Duration> + 'static) {
    let (clock, log) = (sim.clock(), Rc::clone(log));
    sim.spawn_background(async move {
        for nap in each {
            tokio::time::sleep(nap).await;
            log.borrow_mut().push(clock.since_start());
        }
    });
}

#[test]
fn cured_chained_sleeps_wake_each_at_its_own_instant() {
    let (sim, log) = (Sim::new(), Log::default());
    naps(&sim, &log, [millis(100); 5]);
    sim.advance(millis(500));
    assert_eq!(*log.borrow(), [100, 200, 300, 400, 500].map(millis));
}

#[test]
fn cured_timers_of_several_tasks_fire_each_at_its_own_instant() {
    let (sim, log) = (Sim::new(), Log::default());
    for at in [300, 100, 200] {
        naps(&sim, &log, [millis(at)]);
    }
    sim.advance(secs(1));
    assert_eq!(*log.borrow(), [100, 200, 300].map(millis));
}

#[test]
fn cured_advance_returns_when_all_that_the_timer_set_off_is_done() {
    let sim = Sim::new();
    let received = Rc::new(Cell::new(0));
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<u32>(1);
    sim.spawn(async move {
        tokio::time::sleep(secs(1)).await;
        for message in 0..10 {
            let _ = sender.send(message).await;
        }
    });
    let count = Rc::clone(&received);
    sim.spawn(async move {
        while receiver.recv().await.is_some() {
            count.set(count.get() + 1);
        }
    });
    sim.advance(secs(1));
    assert_eq!(received.get(), 10);
}

#[test]
fn cured_timers_of_the_clock_have_no_grain() {
    let sim = Sim::new();
    let clock = sim.clock();
    let naps = sim.watch(async move {
        for _ in 0..10 {
            clock.sleep(micros(100)).await;
        }
        clock.since_start()
    });
    sim.advance(millis(1));
    assert_eq!(*naps.assert_ready(), millis(1));
}

#[test]
fn cured_equal_deadlines_of_the_clock_fire_in_the_order_of_registration() {
    let sim = Sim::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    for name in ["a", "b", "c"] {
        let (sleep, log) = (sim.clock().sleep(micros(1500)), Rc::clone(&log));
        sim.spawn(async move {
            sleep.await;
            log.borrow_mut().push(name);
        });
    }
    sim.advance(millis(2));
    assert_eq!(*log.borrow(), ["a", "b", "c"]);
}

#[test]
fn cured_times_are_the_same_in_every_run() {
    let run = || {
        let sim = Sim::new();
        let clock = sim.clock();
        sim.run(async move {
            tokio::time::sleep(micros(1)).await;
            clock.since_start()
        })
    };
    assert_eq!(run(), run());
}

#[test]
fn cured_an_interval_ticks_at_each_of_its_instants() {
    let (sim, log) = (Sim::new(), Log::default());
    let (clock, seen) = (sim.clock(), Rc::clone(&log));
    sim.spawn_background(async move {
        let mut ticks = tokio::time::interval(secs(1));
        loop {
            ticks.tick().await;
            seen.borrow_mut().push(clock.since_start());
        }
    });
    sim.advance(secs(3));
    assert_eq!(*log.borrow(), [0, 1, 2, 3].map(secs));
}

#[test]
fn cured_a_panic_in_a_spawned_task_fails_the_test() {
    let sim = Sim::new();
    let text = panic_text(|| {
        sim.run(async {
            tokio::spawn(async { panic!("nobody looks at this task") });
            tokio::task::yield_now().await;
            tokio::time::sleep(millis(1)).await;
        });
    });
    assert!(text.starts_with("a task of the sim panicked, or the code in it caught a panic\n  panic    nobody looks at this task\n"), "{text}");
}

#[test]
fn reported_an_await_that_would_move_a_clock_that_the_test_moves() {
    let sim = Sim::builder().manual(true).build();
    let text = panic_text(|| sim.run(async { tokio::time::sleep(secs(1)).await }));
    assert!(text.starts_with("the test awaits, and its time stands still: on an unknown leaf\n"), "{text}");
}

#[test]
fn reported_a_deadlock_is_no_hang() {
    let sim = Sim::new();
    let text = panic_text(|| sim.run(std::future::pending::<()>()));
    assert!(text.starts_with("the sim has stalled: nothing happened for 86400s of virtual time\n"), "{text}");
}

#[test]
fn reported_a_known_task_that_is_never_idle() {
    let sim = Sim::new();
    sim.spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
    let text = panic_text(|| drop(sim.settle()));
    assert!(text.contains("is never idle: it was polled more than 100000 times at one instant"), "{text}");
}

/// The text of a sim in which a task of `tokio::spawn` yields without an end.
fn never_idle() -> String {
    let sim = Sim::new();
    panic_text(|| {
        sim.run(async {
            tokio::spawn(async {
                loop {
                    tokio::task::yield_now().await;
                }
            });
            tokio::time::sleep(secs(1)).await;
        });
    })
}

const NEVER_IDLE: &str = "the sim never settles: some task was polled about 100000 times";

#[test]
fn reported_an_unknown_task_that_is_never_idle() {
    let text = never_idle();
    assert!(text.starts_with(NEVER_IDLE), "{text}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the watchdog looks in real time")]
fn reported_an_unknown_task_that_is_never_idle_beside_a_test_that_blocks_its_thread() {
    let (begun, blocks) = mpsc::channel();
    let (reported, is_reported) = mpsc::channel();
    let blocked = thread::spawn(move || {
        Sim::new().run(async {
            begun.send(()).unwrap();
            is_reported.recv_timeout(secs(60)) // in real time: a watchdog that only looks here would never come back
        })
    });
    blocks.recv().unwrap();
    thread::sleep(millis(1200)); // it has looked at that one twice
    let text = never_idle();
    let _gave_up = reported.send(());
    assert_eq!(blocked.join().unwrap(), Ok(()));
    assert!(text.starts_with(NEVER_IDLE), "{text}");
}

#[test]
fn reported_real_sockets_are_refused() {
    let sim = Sim::new();
    let text = panic_text(|| {
        sim.run(async {
            let _ = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        });
    });
    assert!(text.contains("IO is disabled"), "{text}");
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.spawn(async { tokio::net::TcpListener::bind("127.0.0.1:0").await.map(drop) });
        sim.run_until_idle();
    });
    let next = "\n  next     a sim refuses real sockets: hand the code a `Host` of `sim.net()`, or allow them by \
                `SimBuilder::real_io`\n";
    assert!(text.starts_with("a task of the sim panicked\n"), "{text}");
    assert!(text.contains(next), "{text}");
}

#[test]
fn real_sockets_work_where_they_are_allowed() {
    let sim = Sim::builder().real_io(true).build();
    let heard = sim.run(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut near = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
        let (mut far, _from) = listener.accept().await?;
        near.write_all(b"ping").await?;
        let mut heard = [0; 4];
        far.read_exact(&mut heard).await?;
        std::io::Result::Ok(heard)
    });
    assert_eq!(&heard.unwrap(), b"ping");
}

#[test]
fn reported_block_in_place_is_refused() {
    let sim = Sim::new();
    let text = panic_text(|| sim.run(async { tokio::task::block_in_place(|| ()) }));
    assert!(text.contains("can call blocking only when running on the multi-threaded runtime"), "{text}");
}

#[test]
fn reported_a_blocking_task_that_the_sim_cannot_wait_for() {
    let sim = Sim::new();
    let text = panic_text(|| {
        sim.run(async {
            tokio::task::spawn_blocking(|| ()).await.unwrap();
            std::future::pending::<()>().await;
        });
    });
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "a blocking task was started that the sim cannot wait for (`spawn_blocking`, `tokio::fs`, a name look-up)"
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a thread works in real time")]
fn cured_a_blocking_task_of_the_sim_is_waited_for() {
    let sim = Sim::new();
    let (release, wait) = mpsc::channel::<()>();
    let work = sim.watch(sim.spawn_blocking(move || {
        let released = wait.recv().is_ok();
        thread::sleep(millis(20));
        released
    }));
    let nap = sim.watch(async { tokio::time::sleep(millis(1)).await });
    sim.spawn(async move { release.send(()).unwrap() });
    sim.settle();
    assert!(work.assert_success());
    nap.assert_pending(); // no time has passed
}

#[test]
fn cured_a_panic_in_a_blocking_task_of_the_sim_fails_the_test() {
    let sim = Sim::new();
    let text = panic_text(|| {
        drop(sim.spawn_blocking(|| panic!("nobody looks at this thread")));
        sim.settle();
    });
    assert!(
        text.starts_with("a task of the sim panicked\n  panic    nobody looks at this thread\n"),
        "{text}"
    );
}

#[test]
fn reported_a_blocking_task_of_the_sim_that_never_ends() {
    let sim = Sim::builder().blocking_limit(millis(1)).build();
    let (kept, wait) = mpsc::channel::<()>();
    let _work = sim.spawn_blocking(move || wait.recv());
    let text = panic_text(|| drop(sim.settle()));
    let first = text.lines().next().unwrap();
    assert_eq!(first, "a blocking task of the sim is not done after 1ms of real time");
    drop(kept);
}

#[test]
fn remains_tokio_timers_have_a_grain_of_one_millisecond() {
    let sim = Sim::new();
    let clock = sim.clock();
    let slept = sim.run(async move {
        tokio::time::sleep(nanos(1)).await;
        clock.since_start()
    });
    assert_eq!(slept, millis(1));
}

#[test]
fn remains_at_one_instant_tokio_timers_come_before_those_of_the_clock() {
    let sim = Sim::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    let (sleep, first) = (sim.clock().sleep(millis(1)), Rc::clone(&log));
    sim.spawn(async move {
        sleep.await;
        first.borrow_mut().push("clock, made first");
    });
    let second = Rc::clone(&log);
    sim.spawn(async move {
        tokio::time::sleep(millis(1)).await;
        second.borrow_mut().push("tokio, made second");
    });
    sim.advance(millis(1));
    assert_eq!(*log.borrow(), ["tokio, made second", "clock, made first"]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a thread works in real time")]
fn remains_time_stands_still_while_a_blocking_task_runs() {
    let sim = Sim::builder().real_threads(true).build();
    let clock = sim.clock();
    let nap = sim.watch(async { tokio::time::sleep(millis(1)).await });
    let moved = sim.run(async move {
        tokio::task::spawn_blocking(|| thread::sleep(millis(20))).await.unwrap();
        clock.since_start()
    });
    assert_eq!(moved, Duration::ZERO);
    nap.assert_pending();
}

#[test]
fn remains_timers_of_the_clock_do_not_wait_for_a_blocking_task() {
    let sim = Sim::builder().real_threads(true).build();
    let (release, wait) = mpsc::channel::<()>();
    let work = sim.watch(async move { tokio::task::spawn_blocking(move || wait.recv()).await.unwrap() });
    let exact = sim.clock().sleep(nanos(1));
    sim.run(exact);
    work.assert_pending();
    release.send(()).unwrap();
    sim.run_until_idle();
    work.assert_success();
}

#[test]
fn remains_settle_does_not_wait_for_a_blocking_task() {
    let sim = Sim::builder().real_threads(true).build();
    let (release, wait) = mpsc::channel::<()>();
    let work = sim.watch(async move { tokio::task::spawn_blocking(move || wait.recv()).await.unwrap() });
    sim.settle();
    work.assert_pending();
    release.send(()).unwrap();
    sim.run_until_idle();
    work.assert_success();
}

#[test]
fn remains_select_picks_a_ready_branch_at_random() {
    let sim = Sim::new();
    let firsts = sim.run(async {
        let mut firsts = 0;
        for _ in 0..256 {
            tokio::select! {
                () = std::future::ready(()) => firsts += 1,
                () = std::future::ready(()) => {}
            }
        }
        firsts
    });
    assert!((1..256).contains(&firsts), "took the first branch {firsts} times of 256");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "shows what the real clock does")]
fn remains_the_clock_of_std_is_real() {
    let sim = Sim::new();
    let elapsed = sim.run(async {
        let begun = std::time::Instant::now();
        tokio::time::sleep(secs(3600)).await;
        begun.elapsed()
    });
    assert!(elapsed < secs(3600));
}

const MOVED: &str = "other code than the sim moved tokio's clock, by `tokio::time::advance` or `resume`\n";
const LEAVE_OUT: &str = "\n  next     leave `tokio::time::{pause, advance, resume}` out: a sim's time stands still until \
                         `sim.advance(..)` moves all clocks, and each timer fires at its own instant";

#[track_caller]
fn is_refused(text: &str) {
    assert!(text.starts_with(MOVED), "{text}");
    assert!(text.contains(LEAVE_OUT), "{text}");
}

#[test]
fn reported_tokio_s_advance_in_the_test() {
    is_refused(&panic_text(|| Sim::new().run(async { tokio::time::advance(secs(5)).await })));
    let sim = Sim::new();
    is_refused(&panic_text(|| {
        sim.run(async {
            tokio::time::advance(secs(5)).await;
            assert_eq!(sim.elapsed(), secs(5), "never asked");
        });
    }));
}

#[test]
fn reported_tokio_s_advance_in_a_task_and_below_a_move_of_the_sim() {
    is_refused(&panic_text(|| {
        let sim = Sim::new();
        sim.spawn(async { tokio::time::advance(secs(5)).await });
        sim.advance(secs(1));
    }));
    is_refused(&panic_text(|| {
        Sim::new().run(async {
            tokio::spawn(tokio::time::advance(millis(1))).await.unwrap();
            tokio::time::sleep(secs(1)).await;
        });
    }));
}

#[test]
fn reported_tokio_s_resume() {
    is_refused(&panic_text(|| {
        Sim::new().run(async {
            tokio::time::resume();
            tokio::time::sleep(secs(3600)).await;
        });
    }));
}

#[test]
fn reported_tokio_s_pause() {
    let pause = || Sim::new().run(async { tokio::time::pause() });
    unplugged::inject::child::test("sim::tokio_clock::reported_tokio_s_pause").run(pause, |child| {
        assert_eq!(child.assert_panicked(), "time is already frozen");
        let stderr = String::from_utf8_lossy(child.stderr());
        assert!(stderr.contains(LEAVE_OUT), "{stderr}");
    });
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.spawn(async { tokio::time::pause() });
        sim.settle();
    });
    assert!(text.contains("\n  panic    time is already frozen\n"), "{text}");
    assert!(text.contains(LEAVE_OUT), "{text}");
}
