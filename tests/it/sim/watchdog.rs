//! What keeps a sim from ever being idle is told: tasks that never wait, polls that do not return, threads that never end.

use std::{
    rc::Rc,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use tokio::time::sleep;
use unplugged::{
    Sim,
    clock::{micros, millis, secs},
    inject::child,
};

use super::panic_text;

/// Runs a test that never returns in a child, which ends with these lines.
#[track_caller]
fn ends_with(test: &str, bad: fn(), who: &str) {
    let name = format!("sim::watchdog::{test}");
    child::test(&name).run(bad, |child| {
        let stderr = String::from_utf8(child.assert_aborted().to_vec()).unwrap();
        let expected = format!(
            "a poll has not returned for 500ms of real time: the process ends now, with a failure\n  who      {who}\n  \
             test     {name}\n  \
             next     look for a lock that is held over an `await`, a blocking call, or a loop without an `await`; \
             `SimBuilder::blocking_limit` sets the limit\n  now      +0ns, seed 0x5eed\n"
        );
        assert!(stderr.contains(&expected), "{stderr}");
    });
}

fn impatient() -> Sim {
    Sim::builder().blocking_limit(millis(1)).build()
}

const UNKNOWN: &str = "a task that the code spawned by itself, or a callback: the kit cannot tell which";

#[test]
fn a_lock_that_is_held_over_an_await_ends_the_process() {
    fn bad() {
        let sim = impatient();
        let state = Rc::new(Mutex::new(0));
        let held = Rc::clone(&state);
        drop(sim.watch(async {}));
        #[expect(clippy::await_holding_lock, reason = "the mistake")]
        let holder = sim.watch(async move {
            let guard = held.lock().unwrap();
            sleep(secs(1)).await;
            drop(guard);
        });
        let other = sim.watch(async move { *state.lock().unwrap() += 1 }).named("other");
        sim.advance(secs(2));
        drop((holder, other));
    }
    ends_with("a_lock_that_is_held_over_an_await_ends_the_process", bad, "`other`");
}

#[test]
fn a_test_that_waits_for_a_thread_of_its_own_ends_the_process() {
    fn bad() {
        let (_kept, never) = mpsc::channel::<()>();
        impatient().run(async move { never.recv() }).unwrap();
    }
    ends_with("a_test_that_waits_for_a_thread_of_its_own_ends_the_process", bad, "the test");
}

#[test]
fn a_loop_without_an_await_ends_the_process() {
    fn bad() {
        let flag = Arc::new(std::sync::atomic::AtomicBool::new(false));
        impatient().run(async move {
            tokio::spawn(async move { while !flag.load(std::sync::atomic::Ordering::Relaxed) {} })
                .await
                .unwrap();
        });
    }
    ends_with("a_loop_without_an_await_ends_the_process", bad, UNKNOWN);
}

#[test]
fn a_callback_that_does_not_return_ends_the_process() {
    fn bad() {
        let (_kept, never) = mpsc::channel::<()>();
        let sim = impatient();
        let (near, far) = (sim.net().host("near"), sim.net().host("far"));
        let (near, _far) = (near.bind_udp(1).unwrap(), far.bind_udp(1).unwrap());
        let never = Mutex::new(never);
        let _rule = sim.net().link("near", "far").inspect(move |_| {
            let _stuck = never.lock().unwrap().recv();
            unplugged::net::Verdict::Pass
        });
        sim.run(async move {
            tokio::spawn(async move { near.try_send_to(b"x", "far:1").unwrap() }).await.unwrap();
        });
    }
    ends_with("a_callback_that_does_not_return_ends_the_process", bad, UNKNOWN);
}

#[test]
fn a_blocking_task_that_waits_for_virtual_time_is_reported() {
    let sim = Sim::builder().real_threads(true).blocking_limit(millis(1)).build();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<u8>(1);
    let text = panic_text(|| {
        sim.run(async {
            let worker = tokio::task::spawn_blocking(move || receiver.blocking_recv());
            sleep(secs(1)).await;
            sender.send(4).await.unwrap();
            worker.await.unwrap();
        });
    });
    drop(sender);
    let expected = "every task waits, and a blocking task is not done after 1ms of real time\n  \
                    who      a thread of `spawn_blocking` or `tokio::fs`: virtual time waits for it\n";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_blocking_task_of_the_sim_that_waits_for_virtual_time_is_reported() {
    let sim = impatient();
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<u8>(1);
    let worker = sim.spawn_blocking(move || receiver.blocking_recv());
    let text = panic_text(|| {
        sim.run(async {
            sleep(secs(1)).await;
            sender.send(4).await.unwrap();
            worker.await.unwrap();
        });
    });
    drop(sender);
    assert!(text.starts_with("a blocking task of the sim is not done after 1ms of real time\n"), "{text}");
}

/// Each task stays below the limit. All of them together are far beyond it, for longer than the watchdog waits.
#[test]
#[expect(clippy::disallowed_methods, reason = "the machine is slow")]
fn a_busy_and_finite_world_passes_however_slow_the_machine_is() {
    let sim = Sim::builder().max_steps_per_instant(100).build();
    sim.run(async {
        let busy = |_| {
            tokio::spawn(async {
                for _ in 0..60 {
                    thread::sleep(micros(50));
                    tokio::task::yield_now().await;
                }
            })
        };
        let tasks: Vec<_> = (0..200).map(busy).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Each turn of a task that yields is a batch of tokio's of its own: it counts as one poll, not as sixty-one.
#[test]
#[expect(clippy::disallowed_methods, reason = "the machine is slow")]
fn a_lone_task_that_yields_less_often_than_its_limit_passes() {
    let sim = Sim::builder().max_steps_per_instant(1000).build();
    sim.run(async {
        let yields = tokio::spawn(async {
            for _ in 0..900 {
                thread::sleep(micros(1500));
                tokio::task::yield_now().await;
            }
        });
        yields.await.unwrap();
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the machine is slow")]
fn a_chain_of_tasks_that_are_polled_once_each_passes() {
    fn link(left: u32) {
        thread::sleep(millis(1));
        if left > 0 {
            tokio::spawn(async move { link(left - 1) });
        }
    }
    let sim = Sim::builder().max_steps_per_instant(100).build();
    sim.run(async { link(1500) });
    sim.settle();
}

/// Each of them may be polled a hundred times: all of them are polled without an end.
#[test]
fn many_tasks_that_never_wait_are_told() {
    let sim = Sim::builder().max_steps_per_instant(100).build();
    let text = panic_text(|| {
        sim.run(async {
            for _ in 0..200 {
                tokio::spawn(std::future::poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    std::task::Poll::<()>::Pending
                }));
            }
            sleep(secs(1)).await;
        });
    });
    assert!(
        text.starts_with("the sim never settles: some task was polled about 100 times at one instant\n"),
        "{text}"
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the machine is slow")]
fn a_slow_poll_that_returns_passes() {
    Sim::new().run(async { thread::sleep(secs(2)) });
}
