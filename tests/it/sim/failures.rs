//! Errors of watched futures and of tasks that the test has not looked at.

use std::{
    fmt,
    io::{self, ErrorKind},
};

use tokio::io::AsyncReadExt;
use unplugged::{
    Sim,
    clock::{millis, secs},
    explore,
    fake::Call,
    outcome::{joined, promise},
    sim::LeftoverKind,
    transport::pipe,
};

use super::panic_text;

/// The line of a test in this file.
fn at(line: u32) -> String {
    format!("{}:{line}", file!())
}

/// An error that nobody can show.
struct Opaque;

#[test]
fn an_error_of_a_watch_that_is_never_looked_at_is_a_violation() {
    let line = line!() + 3;
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let _served = sim.watch(async { io::Result::<()>::Err(ErrorKind::BrokenPipe.into()) });
            sim.advance(secs(1)).await;
        });
    });
    assert_eq!(
        text,
        format!(
            "a watched future failed, and the test has not looked at it\n  \
             error    the future watched at {}:31, at +0ns: Kind(BrokenPipe)\n  \
             next     look at it with `assert_failure()`; if the result does not matter, say \
             `sim.watch(..).ignore_result()`\n  \
             now      +1s, seed 0x5eed",
            at(line)
        )
    );
}

#[unplugged::test]
#[should_panic(expected = "a watched future failed, and the test has not looked at it")]
async fn it_is_a_violation_in_a_test_of_the_attribute(sim: Sim) {
    let _served = sim.watch(async { Err::<u32, _>(Opaque) });
    sim.settle().await;
}

#[test]
fn it_is_a_violation_in_a_sim_that_is_moved_by_hand_and_in_a_search() {
    let text = panic_text(|| {
        let sim = Sim::new();
        drop(sim.watch(async { Err::<(), _>(fmt::Error) }).check_pending());
        let _fails = sim.watch(async { Err::<(), _>(fmt::Error) }).named("writer");
        sim.advance(secs(1));
    });
    assert!(text.contains("\n  error    `writer`, at +0ns: Error\n"), "{text}");
    let case = async |sim: Sim| {
        let _fails = sim.watch(async { Err::<(), _>("in a case") });
        sim.settle().await;
    };
    let text = panic_text(|| _ = explore::seeds(0..2, case));
    assert!(text.contains("a watched future failed, and the test has not looked at it"), "{text}");
}

#[test]
fn a_watch_that_was_dropped_after_its_future_failed_counts() {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let served = sim.watch(async { Err::<(), _>("early") });
            sim.settle().await;
            drop(served);
            sim.advance(secs(1)).await;
        });
    });
    assert!(text.starts_with("a watched future failed, "), "{text}");
}

#[test]
fn one_that_fails_while_the_locals_of_the_body_go_counts() {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let (client, mut server) = pipe();
            let (said, says) = promise::<(), ()>();
            let served = sim.watch(async move {
                let read = server.read_u8().await;
                said.succeed(());
                read
            });
            drop(client);
            assert_eq!(says.await, Ok(()));
            assert!(served.check_pending().is_err() || served.check_ready().is_err());
            let _late = sim.watch(async { Err::<(), _>("late") });
            sim.settle().await;
        });
    });
    assert!(text.contains("\"late\"") && !text.contains("2 watched"), "{text}");
}

#[test]
fn an_error_of_a_type_that_cannot_be_shown_is_told_by_its_type() {
    let text = panic_text(|| {
        let sim = Sim::new();
        let _first = sim.watch(async { Err::<u8, _>(Opaque) }).named("first");
        let _second = sim.watch(async { Err::<Opaque, _>(3) }).named("second");
        sim.settle();
    });
    let opaque = "it::sim::failures::Opaque";
    assert!(text.starts_with("2 watched futures failed, and the test has not looked at them\n"), "{text}");
    assert!(
        text.contains(&format!("`first`, at +0ns: an `Err` of `core::result::Result<u8, {opaque}>`")),
        "{text}"
    );
    assert!(
        text.contains(&format!("`second`, at +0ns: an `Err` of `core::result::Result<{opaque}, i32>`")),
        "{text}"
    );
}

#[test]
fn an_error_that_the_test_looks_at_ignores_or_never_sees_come_is_none() {
    Sim::new().run_test(async |sim| {
        let looked_at = sim.watch(async { Err::<(), _>("looked at") });
        let taken = sim.watch(async { Err::<(), _>("taken") });
        let _ignored = sim.watch(async { Err::<(), _>("ignored") }).ignore_result();
        let _pending = sim.watch(std::future::pending::<Result<(), &str>>());
        let _fine = sim.watch(async { Ok::<_, &str>(1) });
        sim.settle().await;
        assert_eq!(looked_at.assert_failure(), &"looked at");
        assert_eq!(taken.await, Err("taken"));
    });
}

/// What the test itself returns or panics with comes first.
#[test]
fn a_failure_of_the_test_speaks_before_it() {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| {
            let _served = sim.watch(async { Err::<(), _>("unseen") });
            sim.settle().await;
            panic!("the failure of the test");
        });
    });
    assert_eq!(text, "the failure of the test");
}

#[unplugged::test]
async fn an_error_of_a_spawned_task_is_in_the_audit_and_in_each_report(sim: Sim) {
    let line = line!() + 2; // of the first task
    let host = sim.net().host("server");
    sim.spawn(async { io::Result::<()>::Err(ErrorKind::BrokenPipe.into()) });
    host.spawn(async {
        tokio::time::sleep(millis(2)).await;
        Err::<u8, _>("no more")
    });
    let joined_task = sim.watch(joined(sim.spawn(async { Err::<(), _>("joined") })));
    sim.advance(secs(1)).await;
    assert_eq!(joined_task.assert_failure(), &"joined");

    let left: Vec<String> = sim.audit().leftovers().iter().map(ToString::to_string).collect();
    let type_of_host = "an `Err` of `core::result::Result<u8, &str>`";
    assert_eq!(
        left,
        [
            format!("task that failed: Kind(BrokenPipe), since +0ns, made at {}:9", at(line)),
            format!("task that failed: \"joined\", since +0ns, made at {}:44", at(line + 5)),
            format!("`server` task that failed: {type_of_host}, since +2ms, made at {}:10", at(line + 1)),
        ]
    );
    sim.audit().allow(LeftoverKind::Failed).assert_clean();

    let waits = sim.watch(std::future::pending::<()>());
    let told = waits.check_ready().unwrap_err();
    let failed: Vec<&str> =
        told.details().filter(|(label, _)| *label == "failed").map(|(_, text)| text).collect();
    assert_eq!(
        failed,
        [
            format!("the task spawned at {}:9, at +0ns: Kind(BrokenPipe)", at(line)),
            format!("the task spawned at {}:44, at +0ns: \"joined\"", at(line + 5)),
            format!("the task of `server` spawned at {}:10, at +2ms: {type_of_host}", at(line + 1)),
        ]
    );
}

/// A report that ends the test tells it, too: what the test waits for may never come because of it.
#[test]
fn a_stall_tells_of_the_task_that_failed_before() {
    let text = panic_text(|| {
        let sim = Sim::new();
        let (_promise, answer) = promise::<(), ()>();
        sim.spawn(async { Err::<(), _>("no relay") });
        sim.run(async { answer.await.unwrap() });
    });
    assert!(text.starts_with("the sim has stalled: "), "{text}");
    assert!(
        text.contains("\n  failed   the task spawned at ") && text.contains("at +0ns: \"no relay\"\n"),
        "{text}"
    );
}

/// The bodies of scripts are no other.
#[test]
fn a_scenario_of_a_sim_tells_it_too() {
    #[derive(Debug, PartialEq)]
    struct Ping;
    impl Call for Ping {
        type Reply = ();
        const NAME: &'static str = "Peer::ping";
    }
    let text = panic_text(|| {
        _ = Sim::new().scenario(async |sim, script| {
            script.expect(Ping).reply(());
            script.handle().call(Ping);
            let _served = sim.watch(async { Err::<(), _>("unseen") });
            sim.settle().await;
        });
    });
    assert!(text.contains("a watched future failed, and the test has not looked at it"), "{text}");
}
