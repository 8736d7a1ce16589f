//! What a sim does when the body of a test has ended, and what its end shows.

use std::{
    future::pending,
    panic::{self, resume_unwind},
    thread,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim, explore,
    fake::{Call, ErrorLog, scenario_async},
    outcome::joined,
    transport::pipe,
};

use super::panic_text;

/// Panics when it is dropped, as a pool that counts its connections does.
struct AllReturned(u32);

impl Drop for AllReturned {
    fn drop(&mut self) {
        assert_eq!(self.0, 0, "connections were not given back to the pool");
    }
}

#[track_caller]
fn assert_red(test: impl FnOnce(), headline: &str) {
    let text = panic_text(test);
    assert!(text.contains(headline), "{text}");
}

#[test]
fn what_can_run_when_the_body_ends_runs() {
    let test = async |sim: Sim| {
        let (mut client, mut server) = pipe();
        sim.spawn(async move {
            let mut heard = Vec::new();
            server.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, b"right", "the server's own check");
        });
        client.write_all(b"wrong").await.unwrap();
        client.shutdown().await.unwrap();
    };
    assert_red(|| Sim::new().run_test(test), "the server's own check");
}

#[test]
fn what_a_local_of_the_body_wakes_when_it_goes_runs() {
    let test = async |sim: Sim| {
        let (_client, mut server) = pipe();
        sim.spawn(async move {
            let read = server.read_u8().await;
            panic!("the client left: {:?}", read.unwrap_err().kind());
        });
        sim.settle().await;
    };
    assert_red(|| Sim::new().run_test(test), "the client left: UnexpectedEof");
}

#[test]
fn the_last_line_of_a_body_may_spawn() {
    let own = async |sim: Sim| drop(sim.spawn(async { panic!("its first poll") }));
    assert_red(|| Sim::new().run_test(own), "its first poll");
    let foreign = async |_sim: Sim| drop(tokio::spawn(async { panic!("its first poll") }));
    assert_red(|| Sim::new().run_test(foreign), "its first poll");
    let case = async |sim: Sim| drop(sim.net().host("a").spawn(async { panic!("its first poll") }));
    assert_red(|| _ = explore::seeds(0..2, case), "its first poll");
}

#[test]
fn a_task_that_never_began_is_a_violation() {
    let line = line!() + 3;
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.spawn(async { panic!("never polled") });
    });
    assert_eq!(
        text,
        format!(
            "a task of the sim never began: the sim ended first\n  \
             task     the task spawned at {}:{line}:13\n  \
             next     let it run before the sim ends: `sim.settle()` runs all that can run now\n  \
             now      +0ns, seed 0x5eed",
            file!()
        )
    );
}

#[test]
fn each_task_that_never_began_is_named() {
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.settle();
        sim.spawn(async {});
        sim.spawn_background(async {});
    });
    assert!(text.starts_with("2 tasks of the sim never began: the sim ended first\n"), "{text}");
    assert_eq!(text.matches("the task spawned at").count(), 2);
}

#[test]
fn a_failure_is_told_before_the_tasks_that_it_kept_from_beginning() {
    let text = panic_text(|| {
        let sim = Sim::new();
        sim.run(async {
            sim.spawn(async {});
            panic!("the failure");
        });
    });
    assert_eq!(text, "the failure");
}

#[test]
fn a_panic_at_the_end_of_the_world_is_heard() {
    let test = async |sim: Sim| {
        sim.spawn(async {
            let _pool = AllReturned(2);
            pending::<()>().await;
        });
    };
    assert_red(|| Sim::new().run_test(test), "connections were not given back to the pool");
    assert_red(|| _ = explore::seeds(0..3, test), "connections were not given back to the pool");
    let scenario = async |sim: Sim, script: &unplugged::fake::Script| {
        script.expect_no_calls();
        test(sim).await;
    };
    assert_red(|| drop(Sim::new().scenario(scenario)), "connections were not given back to the pool");
}

#[test]
fn a_panic_at_the_end_of_a_sim_that_is_moved_by_hand_is_heard() {
    let test = || {
        let sim = Sim::new();
        tokio_task(&sim);
        sim.settle();
    };
    assert_red(test, "connections were not given back to the pool");
}

fn tokio_task(sim: &Sim) {
    sim.run(async {
        tokio::spawn(async {
            let _pool = AllReturned(1);
            pending::<()>().await;
        });
    });
}

#[test]
fn a_verdict_of_the_kit_at_the_end_of_the_world_is_heard() {
    let test = async |sim: Sim| {
        sim.spawn(async {
            let log = ErrorLog::new();
            log.sink().log("x");
            pending::<()>().await;
            drop(log);
        });
    };
    assert_red(|| Sim::new().run_test(test), "x");
}

#[test]
fn a_panic_that_is_expected_may_come_at_the_end() {
    let sim = Sim::new();
    sim.expect_panic("not given back");
    sim.spawn(async {
        let _pool = AllReturned(1);
        pending::<()>().await;
    });
    sim.settle();
}

#[derive(Debug)]
struct NotText;

#[test]
fn a_panic_that_a_task_forwards_is_heard() {
    let forward = || async {
        let worker = thread::spawn(|| -> () { panic!("a bug in a worker") });
        worker.join().unwrap_or_else(|panic| resume_unwind(panic));
    };
    let spawned = async |sim: Sim| drop(sim.spawn(forward()));
    assert_red(|| Sim::new().run_test(spawned), "a bug in a worker");
    let watched = async |sim: Sim| {
        let _watch = sim.watch(forward());
        sim.settle().await;
    };
    assert_red(|| Sim::new().run_test(watched), "a bug in a worker");
    let value = async |sim: Sim| drop(sim.spawn(async { resume_unwind(Box::new(NotText)) }));
    assert_red(|| Sim::new().run_test(value), "a task of the sim panicked");
}

#[test]
fn a_panic_that_was_heard_and_is_forwarded_counts_once() {
    let sim = Sim::new();
    sim.expect_panic("once");
    sim.run(async {
        let task = tokio::spawn(async { panic!("once") });
        let forwards = sim.spawn(joined(task));
        assert!(forwards.await.unwrap_err().is_panic());
    });
}

#[derive(Debug, PartialEq)]
struct Get;

impl Call for Get {
    type Reply = u32;
    const NAME: &'static str = "Store::get";
}

#[test]
fn a_check_in_a_later_reply_that_a_task_swallows_is_red() {
    let test = scenario_async(async |script| {
        script.expect(Get).reply_async(async {
            assert_eq!(1, 2, "a check in the reply");
            7
        });
        let store = script.handle();
        let _swallowed = tokio::spawn(async move { store.call_async(Get).await }).await;
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_red(|| drop(runtime.block_on(test)), "panicked");
}

/// Replaces the panic hook, so it runs alone: in a child process.
#[test]
fn a_replaced_panic_hook_silences_no_sim() {
    let name = "sim::ending::a_replaced_panic_hook_silences_no_sim";
    if std::env::var_os("REPLACES_THE_HOOK").is_none() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", name]).env("REPLACES_THE_HOOK", "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let silence = || panic::set_hook(Box::new(|_| {}));
    let bug = async |sim: Sim| drop(sim.spawn(async { panic!("a real bug") }));
    Sim::new().run(async {});
    silence();
    assert_red(|| Sim::new().run_test(bug), "a real bug");
    silence();
    assert_red(|| _ = explore::seeds(0..2, bug), "a real bug");
    let text = panic_text(|| Sim::new().run(async { silence() }));
    assert_eq!(
        text,
        "the panic hook was replaced while the sim ran: panics of its tasks were not heard\n  \
         next     call the hook of `std::panic::take_hook` from the new one, or put it back before the sim runs on\n  \
         now      +0ns, seed 0x5eed"
    );
    Sim::new().run(async {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| previous(info)));
    });
}

#[derive(Debug, PartialEq)]
struct Ask;

impl Call for Ask {
    type Reply = u32;
    const NAME: &'static str = "Answers::ask";
}

/// The function could run again, as long as there is the host.
#[test]
fn what_a_host_s_start_captured_goes_with_the_sim() {
    let ((), _log) = Sim::new().scenario(async |sim, script| {
        script.expect(Ask).times(2).reply(1);
        let (host, answers) = (sim.net().host("api"), script.handle());
        let kept = host.clone();
        host.start(move |host| {
            let (answers, kept) = (answers.clone(), kept.clone());
            async move {
                assert_eq!((answers.call(Ask), host.name()), (1, kept.name()));
            }
        });
        sim.settle().await;
        host.crash();
        host.restart();
    });
    // A scenario within the sim ends before it.
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let scenario = scenario_async(async |script| {
                script.expect(Ask).reply(1);
                let (host, answers) = (sim.net().host("api"), script.handle());
                host.start(move |_host| {
                    let answers = answers.clone();
                    async move { assert_eq!(answers.call(Ask), 1) }
                });
                sim.settle().await;
            });
            drop(scenario.await);
        });
    });
    assert!(text.starts_with("a handle is still alive at the end: "), "{text}");
}
