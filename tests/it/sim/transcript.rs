//! One order for all that happens, and the texts that show the end of it.

use std::process::Command;

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, micros, millis, secs},
    net::{Host, Probability},
    outcome::promise,
    sim::SimBuilder,
    trace::{self, CustomEvent, Event, EventKind, PacketKind},
    transport::pipe,
};

use super::panic_text;
use crate::support::replay_of;

const HERE: &str = "made at tests/it/sim/transcript.rs";

fn two(builder: SimBuilder) -> (Sim, Host, Host) {
    let sim = builder.build();
    let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    (sim, client, server)
}

/// A run with something of everything.
fn a_bit_of_everything(builder: SimBuilder) -> Vec<String> {
    let (sim, client, server) = two(builder);
    let loss = sim.net().link("client", "server").loss(Probability::NEVER);
    sim.run(async {
        let listener = server.listen(80).unwrap();
        let mut near = client.connect("server:80").await.unwrap();
        let mut far = listener.accept().await.unwrap().0;
        near.write_all(b"ping").await.unwrap();
        sim.clock().sleep(micros(1500)).named("nap").await;
        crate::net::hears(&mut far, b"ping").await;
        drop(far);
        let (mut left, _right) = pipe();
        left.write_all(b"x").await.unwrap();
        let socket = server.bind_udp(53).unwrap();
        socket.try_send_to(b"?", "client:54").unwrap();
        drop(loss);
        sim.settle().await;
        sim.advance(millis(1)).await;
        assert_eq!(near.read(&mut [0; 9]).await.unwrap(), 0);
        server.crash();
        server.restart();
        client.pause();
        client.resume();
    });
    sim.transcript().lines()
}

#[test]
fn timers_pipes_packets_and_faults_stand_in_one_order() {
    let made = line!() - 21;
    assert_eq!(
        a_bit_of_everything(Sim::builder()),
        [
            "+0ns client -> server: loss 0 %",
            "+0ns `server` listens on port 80",
            "+0ns `client`:49152 begins to connect to `server`:80",
            "+0ns `client`:49152 to `server`:80: SYN sent",
            "+1ms `server`:80 to `client`:49152: SYN-ACK sent",
            "+2ms `client`:49152 to `server`:80: ACK sent",
            "+3ms `server`:80 accepts `client`:49152",
            "+3ms `client`:49152 to `server`:80: segment of 4 bytes sent",
            "+4ms `client`:49152 to `server`:80: segment of 4 bytes arrived",
            &format!("+4.5ms fired timer `nap`, {HERE}:{made}:21"),
            "+4.5ms `client`:49152 to `server`:80: 4 bytes read",
            "+4.5ms `server`:80 to `client`:49152: FIN sent",
            &format!("+4.5ms wrote to `client`, 1 byte, {HERE}:{}:34", made + 3),
            "+4.5ms `server`:53 to `client`:54: datagram of 1 byte sent",
            "+4.5ms client -> server: loss 0 %: lifted",
            "+5.5ms `server`:80 to `client`:49152: FIN arrived",
            "+5.5ms `server`:53 to `client`:54: datagram of 1 byte arrived",
            "+5.5ms `client`:54 to `server`:53: port unreachable sent",
            "+5.5ms `server`:80 to `client`:49152: end read",
            "+5.5ms `server` crashes",
            "+5.5ms `server` starts again",
            "+5.5ms `client` is paused",
            "+5.5ms `client` is resumed",
            &format!("+5.5ms dropped `server`, {HERE}:{}:34", made + 3),
            &format!("+5.5ms dropped `client`, {HERE}:{}:34", made + 3),
            "+5.5ms `client`:49152 to `server`:80: FIN sent",
        ]
        .map(str::to_owned)
    );
}

#[test]
fn a_trace_that_is_digested_says_the_same() {
    let kept = a_bit_of_everything(Sim::builder().trace(100));
    assert_eq!(kept, a_bit_of_everything(Sim::builder()));
}

#[test]
fn the_last_128_events_are_kept_of_whatever_kind() {
    let (sim, client, server) = two(Sim::builder());
    let socket = client.bind_udp(0).unwrap();
    let _mute = server.bind_udp(53).unwrap();
    sim.run(async {
        trace::record(|| CustomEvent::new("long ago"));
        for number in 0..50 {
            socket.try_send_to(b"x", "server:53").unwrap(); // sent and arrived: 100 packets
            trace::record(|| {
                CustomEvent::new("step").numbers([number, 0, 0], |[number, ..], f| write!(f, "{number}"))
            });
            sim.advance(millis(1)).await;
        }
    });
    let transcript = sim.transcript();
    assert_eq!(transcript.len(), 128);
    assert_eq!(transcript[0].to_string(), "+7ms step, 7");
    assert_eq!(
        transcript[127].to_string(),
        "+50ms `client`:49152 to `server`:53: datagram of 1 byte arrived"
    );
}

#[test]
fn an_event_tells_what_happened_where_and_when() {
    let (sim, client, server) = two(Sim::builder());
    let (near, far) = (client.bind_udp(9).unwrap(), server.bind_udp(53).unwrap());
    near.try_send_to(b"ping", "server:53").unwrap();
    sim.advance(millis(1));
    far.try_recv(&mut [0; 3]).unwrap();
    sim.run(async {
        trace::record(|| CustomEvent::new("elected").named("node 3"));
        sim.clock().sleep(micros(1)).named("nap").await;
    });
    let made = line!() - 2;
    let transcript = sim.transcript();
    let udp = PacketKind::Datagram;
    let kinds: Vec<EventKind> = transcript.iter().map(Event::kind).collect();
    let expected = [
        EventKind::Sent(udp),
        EventKind::Arrived(udp),
        EventKind::Read,
        EventKind::Custom,
        EventKind::TimerFired,
    ];
    assert_eq!(kinds, expected);
    let hosts = |event: &Event| (event.host().map(str::to_owned), event.peer_host().map(str::to_owned));
    let (client, server) = (Some("client".to_owned()), Some("server".to_owned()));
    assert_eq!(hosts(&transcript[0]), (client.clone(), server.clone()));
    assert_eq!(hosts(&transcript[1]), (server.clone(), client.clone()));
    assert_eq!(hosts(&transcript[2]), (server, client));
    assert_eq!(hosts(&transcript[3]), (None, None));
    let ports: Vec<_> = transcript.iter().map(|event| event.socket().map(|socket| socket.port())).collect();
    assert_eq!(ports, [Some(9), Some(53), Some(53), None, None]);
    assert_eq!(transcript[2].peer().unwrap().port(), 9);
    let sizes: Vec<usize> = transcript.iter().map(Event::size).collect();
    assert_eq!(sizes, [4, 4, 3, 0, 0]);
    assert_eq!(transcript[1].at(), millis(1));
    assert_eq!(transcript[3].custom().unwrap().name(), Some("node 3"));
    assert_eq!(transcript[4].made_at().unwrap().location().line(), made);
    assert_eq!(
        transcript[2].to_string(),
        "+1ms `client`:9 to `server`:53: datagram of 4 bytes read, cut to 3 bytes"
    );
}

#[test]
fn a_short_record_keeps_64_bytes_of_an_event_and_one_that_was_asked_for_keeps_all() {
    let written = |builder: SimBuilder| {
        let sim = builder.build();
        let (mut left, _right) = pipe();
        sim.run(async { left.write_all(&[7; 100]).await.unwrap() });
        sim.transcript()[0].clone()
    };
    let (short, long) = (written(Sim::builder()), written(Sim::builder().trace(9)));
    assert_eq!((short.size(), short.bytes().len()), (100, 64));
    assert_eq!((long.size(), &long.bytes()[..]), (100, &[7; 100][..]));
}

#[test]
fn contents_count_in_one_digest_and_not_in_the_other() {
    let run = |name: &'static str, bytes: &'static [u8]| {
        let sim = Sim::builder().trace(0).build();
        let (mut left, _right) = pipe();
        sim.run(async {
            sim.clock().sleep(micros(1)).named(name).await;
            left.write_all(bytes).await.unwrap();
        });
        (sim.digest(), sim.content_digest())
    };
    let first = run("nap", b"ping");
    assert_eq!(run("nap", b"ping"), first);
    for other in [run("nap", b"pong"), run("doze", b"ping")] {
        assert_eq!(other.0, first.0);
        assert_ne!(other.1, first.1);
    }
    assert_ne!(run("nap", b"pings").0, first.0);
}

#[test]
fn a_failed_check_in_a_world_with_a_network_shows_it() {
    let (sim, _client, server) = two(Sim::builder());
    let (_promise, answer) = promise::<(), ()>();
    let made = line!() - 1;
    let _listener = server.listen(80).unwrap();
    let text = sim.watch(answer).named("answer").check_success().unwrap_err().to_string();
    let watched = line!() - 1;
    assert_eq!(
        text,
        format!(
            "`answer` has not succeeded: it is still pending\n  \
             waits    promise, {HERE}:{made}:30\n  \
             socket   `server` listens on port 80, 0 wait to be accepted, since +0ns\n  \
             trace    +0ns `server` listens on port 80\n           \
             +0ns began task `answer`, {HERE}:{watched}:20\n  \
             now      +0ns, seed 0x5eed"
        )
    );
}

#[test]
fn a_panic_of_a_task_in_a_world_with_a_network_shows_it() {
    let (sim, _client, server) = two(Sim::builder());
    let _socket = server.bind_udp(53).unwrap();
    let text = panic_text(|| {
        sim.run(async {
            drop(tokio::spawn(async { panic!("boom") }).await);
        });
    });
    assert!(
        text.ends_with(
            "\n  socket   `server` has datagram port 53, 0 unread, since +0ns\n  \
             trace    +0ns panic `boom`\n  \
             now      +0ns, seed 0x5eed"
        ),
        "{text}"
    );
}

#[test]
fn a_stall_names_the_tasks_of_hosts_and_what_they_wait_for() {
    let (sim, _client, server) = two(Sim::builder());
    let made = line!() + 1;
    server.start(|server| async move {
        let socket = server.bind_udp(53).unwrap();
        tokio::time::sleep(millis(7)).await;
        let _mail = socket.recv(&mut [0; 9]).await;
    });
    let late = sim.clock().sleep(secs(100_000)).named("late").background();
    let text = panic_text(|| sim.run(std::future::pending::<()>()));
    assert_eq!(
        text,
        format!(
            "the sim has stalled: nothing happened for 86400s of virtual time\n  \
             since    +7ms\n  \
             waits    the task of `server` spawned at tests/it/sim/transcript.rs:{made}:12: datagram on \
             `0.0.0.0:53`, {HERE}:{}:29, since +7ms\n  \
             timer    timer `late`, due at +100000s, in the background, {HERE}:{}:28, since +0ns\n  \
             socket   `server` has datagram port 53, 0 unread, since +0ns\n  \
             now      +86400s, seed 0x5eed",
            made + 1,
            made + 5
        )
    );
    drop(late);
}

#[test]
fn packets_that_loop_without_delay_are_reported_with_what_can_be_set() {
    let (sim, client, server) = two(Sim::builder().max_steps_per_instant(1_000));
    sim.net().everywhere().latency(secs(0)).keep();
    let (one, other) = (client.bind_udp(1).unwrap(), server.bind_udp(1).unwrap());
    sim.run(one.connect("server:1")).unwrap();
    sim.run(other.connect("client:1")).unwrap();
    let text = panic_text(|| {
        sim.run(async {
            for socket in [one, other] {
                tokio::spawn(async move {
                    loop {
                        socket.send(b"x").await.unwrap();
                        socket.recv(&mut [0]).await.unwrap();
                    }
                });
            }
            sim.advance(millis(1)).await;
        });
    });
    let head: Vec<&str> = text.lines().take(3).collect();
    assert_eq!(
        head,
        [
            "the network loops without delay: more than 1000 packets and timers of its own were due at one instant",
            "  made at  tests/it/sim/transcript.rs:24:33",
            "  next     give the link between those who answer each other some latency, or raise `SimBuilder::max_steps_per_instant`",
        ]
    );
    assert!(text.contains("\n  trace    +0ns `"), "{text}");
    assert!(text.ends_with("\n  now      +0ns, seed 0x5eed"), "{text}");
}

#[test]
fn sleeps_that_loop_without_delay_are_told_the_setting_of_the_sim() {
    let (sim, made) = (Sim::builder().max_steps_per_instant(1_000).build(), line!() + 4);
    let clock = sim.clock();
    sim.spawn(async move {
        loop {
            clock.sleep(secs(0)).named("spin").await;
        }
    });
    let text = panic_text(|| drop(sim.settle()));
    assert!(
        text.starts_with(&format!(
            "a task of the sim panicked\n  \
             panic    timer `spin` loops without delay: more than 1000 of its kind were due at one instant\n             \
             made at  tests/it/sim/transcript.rs:{made}:19\n             \
             now      +0ns\n             \
             next     wait for longer than zero between two rounds, or raise `SimBuilder::max_steps_per_instant`\n  \
             at       "
        )),
        "{text}"
    );
}

#[test]
fn a_report_of_many_waits_is_cut() {
    let sim = Sim::new();
    for _ in 0..30 {
        sim.spawn(std::future::pending::<()>());
    }
    let text = panic_text(|| sim.run(std::future::pending::<()>()));
    assert_eq!(text.matches("\n  waits    the task spawned at ").count(), 24);
    assert!(text.contains("\n  waits    and 6 more\n"), "{text}");
}

/// Set for the fixture below, which passes without it.
const ARMED: &str = "TEST_FIXTURE_FAILS";

#[unplugged::test]
async fn a_fixture_whose_own_check_fails(sim: Sim) {
    let _socket = sim.net().host("server").bind_udp(53).unwrap();
    sim.advance(millis(3)).await;
    assert!(std::env::var_os(ARMED).is_none(), "a check of the test's own");
    if std::env::var_os("TEST_FIXTURE_WATCHES").is_some() {
        sim.watch(std::future::pending::<()>()).assert_ready();
    }
}

/// What the fixture says on standard error, without the text of its panic.
fn said_beside(variable: &str) -> String {
    let test = "sim::transcript::a_fixture_whose_own_check_fails";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(variable, "1").env("RUST_BACKTRACE", "0");
    let output = child.output().unwrap();
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    text.split_once("the sim in which").map(|(_, rest)| rest.trim_end().to_owned()).unwrap_or_default()
}

#[test]
fn a_check_of_the_tests_own_that_fails_is_told_the_world_on_standard_error() {
    assert_eq!(
        said_beside(ARMED),
        format!(
            " the test panicked\n  \
             socket   `server` has datagram port 53, 0 unread, since +0ns\n  \
             trace    +3ms panic `a check of the test's own`\n  \
             now      +3ms, seed 0x5eed\n\
             the test fails each time with seed 0x5eed\n{replay}",
            replay = replay_of("UNPLUGGED_SEED=0x5eed", "sim::transcript::a_fixture_whose_own_check_fails"),
        )
    );
}

#[test]
fn a_text_that_tells_the_world_already_is_enough() {
    assert_eq!(said_beside("TEST_FIXTURE_WATCHES"), "");
}
