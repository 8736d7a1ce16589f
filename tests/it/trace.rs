//! What is recorded, and how it reads.

use std::time::Duration;

use bytes::Bytes;
use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis, nanos, secs},
    trace::{self, CustomEvent, Trace},
    transport::pipe,
};

use crate::support::panic_of;

const HERE: &str = "tests/it/trace.rs";

#[test]
fn a_sim_records_its_tasks_and_timers() {
    let sim = Sim::builder().trace(100).build();
    let (clock, made) = (sim.clock(), line!() + 1);
    let _nap = sim.watch(async move { clock.sleep(nanos(1500)).named("nap").await }).named("sleeper");
    sim.spawn(std::future::pending::<()>()).abort();
    let forgotten = sim.watch(std::future::pending::<()>());
    sim.advance(secs(1));
    drop(forgotten);
    sim.settle();
    assert_eq!(
        sim.transcript().lines(),
        [
            format!("+0ns began task `sleeper`, made at {HERE}:{made}:20"),
            format!("+0ns began task, made at {HERE}:{}:25", made + 2),
            format!("+1.5µs fired timer `nap`, made at {HERE}:{made}:45"),
            format!("+1.5µs ended task `sleeper`, made at {HERE}:{made}:20"),
            format!("+1s dropped task, made at {HERE}:{}:25", made + 2),
        ]
    );
}

#[test]
fn a_sim_records_what_pipes_do() {
    let sim = Sim::builder().trace(100).build();
    let (mut client, mut server) = pipe();
    let made = line!() - 1;
    sim.run(async {
        client.write_all(b"ping").await.unwrap();
        client.write_bytes(Bytes::from_static(b"!")).await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(server.read(&mut [0; 4]).await.unwrap(), 4);
        assert_eq!(server.read_bytes().await.unwrap().unwrap(), "!");
        assert_eq!(server.read_bytes().await.unwrap(), None);
        server.reset();
        drop(server);
    });
    let made = format!("made at {HERE}:{made}:36");
    assert_eq!(
        sim.transcript().lines(),
        [
            "wrote to `client`, 4 bytes",
            "wrote to `client`, 1 byte",
            "shut down `client`",
            "read from `server`, 4 bytes",
            "read from `server`, 1 byte",
            "read the end of `server`",
            "reset `server`",
            "dropped `server`",
        ]
        .map(|what| format!("+0ns {what}, {made}"))
    );
}

#[test]
fn code_of_the_test_reports_events_of_its_own() {
    let sim = Sim::builder().trace(1).build();
    sim.run(async {
        trace::record(|| CustomEvent::new("not kept"));
        tokio::time::sleep(millis(3)).await;
        trace::record(|| {
            CustomEvent::new("elected")
                .named("node 3")
                .numbers([7, 0, 0], |[term, ..], f| write!(f, "term {term}"))
        });
    });
    assert_eq!(sim.transcript().lines(), ["+3ms elected `node 3`, term 7"]);
}

#[test]
fn nothing_is_made_where_nobody_records() {
    trace::record(|| unreachable!("nobody records"));
    let trace = Trace::new(1, || Duration::ZERO);
    trace.during(|| ());
    trace::record(|| unreachable!("nobody records any more"));
    assert_eq!(trace.count(), 0);
}

#[test]
fn an_outer_record_gets_nothing_of_an_inner_one() {
    let [outer, inner] = [1, 2].map(|second| Trace::new(9, move || secs(second)));
    outer.during(|| {
        inner.during(|| trace::record(|| CustomEvent::new("inner")));
        trace::record(|| CustomEvent::new("outer"));
    });
    assert_eq!(
        (outer.events().lines(), inner.events().lines()),
        (vec!["+1s outer".into()], vec!["+2s inner".into()])
    );
}

/// One run, which writes `said`.
fn digest(keep: usize, said: &'static [u8]) -> u64 {
    let sim = Sim::builder().trace(keep).build();
    let (mut client, _server) = pipe();
    sim.run(async {
        sim.clock().sleep(millis(5)).await;
        client.write_all(said).await.unwrap();
    });
    sim.content_digest()
}

#[test]
fn the_digest_of_one_run_is_a_constant_on_every_machine() {
    assert_eq!(digest(0, b"ping"), 16_111_654_069_103_358_741);
}

#[test]
fn the_digest_does_not_ask_what_is_kept() {
    assert_eq!(digest(0, b"ping"), digest(usize::MAX, b"ping"));
}

#[test]
fn the_digest_covers_the_bytes_themselves() {
    assert_ne!(digest(0, b"ping"), digest(0, b"pong"));
}

#[test]
fn a_digest_that_nobody_asked_for_is_refused() {
    let text = panic_of(|| {
        let _none = Sim::new().content_digest();
    });
    assert_eq!(
        text,
        "this record has no digest of contents: the sim was not asked to keep them\n  \
         next     make the sim with `Sim::builder().trace(keep)`"
    );
}

#[test]
fn a_report_shows_the_last_eighteen_events() {
    let sim = Sim::new();
    let text = panic_of(|| {
        sim.run(async {
            for count in 0..26 {
                trace::record(|| CustomEvent::new("step").named(count.to_string()));
            }
            std::future::pending::<()>().await;
        });
    });
    assert_eq!(
        text,
        "the sim has stalled: nothing happened for 86400s of virtual time\n  \
         since    +0ns\n  \
         trace    +0ns step `8`\n           +0ns step `9`\n           +0ns step `10`\n           \
         +0ns step `11`\n           +0ns step `12`\n           +0ns step `13`\n           \
         +0ns step `14`\n           +0ns step `15`\n           +0ns step `16`\n           \
         +0ns step `17`\n           +0ns step `18`\n           +0ns step `19`\n           \
         +0ns step `20`\n           +0ns step `21`\n           +0ns step `22`\n           \
         +0ns step `23`\n           +0ns step `24`\n           +0ns step `25`\n  \
         now      +86400s, seed 0x5eed"
    );
}

#[test]
fn the_panic_of_a_task_stands_in_the_trace() {
    let sim = Sim::new();
    let text = panic_of(|| {
        sim.run(async {
            let _ = tokio::spawn(async { panic!("boom\nand more") }).await;
        });
    });
    assert!(text.contains("\n  trace    +0ns panic `boom`\n  now      +0ns, seed 0x5eed"), "{text}");
}
