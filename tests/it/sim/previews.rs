//! The last events of a report show the first bytes that they carry, and what a scripted peer has done.

use std::future::pending;

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    net::Probability,
    trace::EventKind,
    transport::{ScriptedPeer, pipe},
};

use super::panic_text;

/// The last events in the report of a test that then waits for nothing, without the places.
fn trace_of(body: impl AsyncFnOnce(Sim)) -> Vec<String> {
    let text = panic_text(|| {
        Sim::new().run_test(async |sim: Sim| {
            body(sim).await;
            pending::<()>().await;
        });
    });
    let (_, trace) = text.split_once("\n  trace    ").unwrap_or_else(|| panic!("{text}"));
    let (trace, _) = trace.split_once("\n  now ").unwrap();
    let without_place = |line: &str| match line.split_once(", made at ") {
        None => line.trim().to_owned(),
        Some((event, place)) => format!(
            "{}{}",
            event.trim(),
            place.split_once(": ").map_or("", |_| " ..: ").to_owned()
                + place.split_once(": ").map_or("", |(_, bytes)| bytes)
        ),
    };
    trace.lines().map(without_place).collect()
}

#[test]
fn a_segment_shows_its_bytes_when_it_is_sent_and_read() {
    let trace = trace_of(async |sim: Sim| {
        let (client, server) = (sim.net().host("client"), sim.net().host("server"));
        let listener = server.listen(80).unwrap();
        let mut near = client.connect("server:80").await.unwrap();
        let (mut far, _) = listener.accept().await.unwrap();
        near.write_all(b"GET b\n").await.unwrap();
        far.read_exact(&mut [0; 6]).await.unwrap();
    });
    let with_bytes: Vec<&str> =
        trace.iter().map(String::as_str).filter(|line| line.contains("6 bytes")).collect();
    assert_eq!(
        with_bytes,
        [
            "+3ms `client`:49152 to `server`:80: segment of 6 bytes sent: b\"GET b\\n\"",
            "+4ms `client`:49152 to `server`:80: segment of 6 bytes arrived",
            "+4ms `client`:49152 to `server`:80: 6 bytes read: b\"GET b\\n\"",
        ]
    );
}

#[test]
fn a_datagram_shows_the_first_48_of_its_bytes() {
    let trace = trace_of(async |sim: Sim| {
        let (near, _far) =
            (sim.net().host("client").bind_udp(1).unwrap(), sim.net().host("server").bind_udp(1).unwrap());
        near.send_to(&[0xff; 49], "server:1").await.unwrap();
        near.send_to(&[b'x'; 48], "server:1").await.unwrap();
    });
    let sent = "+0ns `client`:1 to `server`:1: datagram of";
    assert_eq!(trace[0], format!("{sent} 49 bytes sent: b\"{}\"...", "\\xff".repeat(48)));
    assert_eq!(trace[1], format!("{sent} 48 bytes sent: b\"{}\"", "x".repeat(48)));
}

#[test]
fn a_lost_segment_shows_what_is_lost() {
    let trace = trace_of(async |sim: Sim| {
        let (near, _far) =
            (sim.net().host("client").bind_udp(1).unwrap(), sim.net().host("server").bind_udp(1).unwrap());
        sim.net().everywhere().loss(Probability::percent(100)).keep();
        near.send_to(b"ping", "server:1").await.unwrap();
    });
    assert!(
        trace.contains(&"+0ns `client`:1 to `server`:1: datagram of 4 bytes lost: b\"ping\"".into()),
        "{trace:?}"
    );
}

#[test]
fn a_pipe_shows_what_is_written() {
    let trace = trace_of(async |_sim| {
        let (mut near, mut far) = pipe();
        near.write_all(b"GET b\n").await.unwrap();
        far.read_exact(&mut [0; 6]).await.unwrap();
        far.write_all(b"VALUE a\n").await.unwrap();
    });
    assert_eq!(
        trace[..3],
        [
            "+0ns wrote to `client`, 6 bytes ..: b\"GET b\\n\"",
            "+0ns read from `server`, 6 bytes",
            "+0ns wrote to `server`, 8 bytes ..: b\"VALUE a\\n\"",
        ]
    );
}

#[test]
fn a_scripted_peer_tells_its_steps() {
    let trace = trace_of(async |_sim| {
        let (mut stream, peer) =
            ScriptedPeer::script("server").expect("GET b\n").send("VALUE a\n").expect_close().start();
        stream.write_all(b"GET b\n").await.unwrap();
        stream.read_exact(&mut [0; 8]).await.unwrap();
        drop(stream);
        peer.finish().await;
    });
    assert_eq!(
        trace,
        [
            "+0ns peer `server`: step 1, expect 6 bytes: b\"GET b\\n\"",
            "+0ns peer `server`: step 2, send 8 bytes: b\"VALUE a\\n\"",
            "+0ns peer `server`: step 3, expect_close",
        ]
    );
}

#[test]
fn a_scripted_peer_tells_the_rule_that_is_broken_once() {
    let trace = trace_of(async |_sim| {
        let (mut stream, peer) = ScriptedPeer::script("server").send("hi").expect("A").close().start();
        stream.read_exact(&mut [0; 2]).await.unwrap();
        stream.write_all(b"B").await.unwrap_err();
        drop(stream);
        peer.check_finish().await.unwrap_err();
    });
    assert_eq!(
        trace,
        [
            "+0ns peer `server`: step 1, send 2 bytes: b\"hi\"",
            "+0ns peer `server`: the code's write differs from the script at byte 0 (step 2 of 3)",
        ]
    );
}

#[test]
fn a_step_of_a_script_is_an_event_with_its_bytes_and_its_place() {
    let sim = Sim::new();
    sim.run(async {
        let (mut stream, peer) = ScriptedPeer::script("server").send("hi").close().start();
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        peer.finish().await;
    });
    let made = line!() - 4;
    let transcript = sim.transcript();
    let steps: Vec<_> = transcript.iter().filter(|event| event.kind() == EventKind::ScriptStep).collect();
    assert_eq!(steps.len(), 2);
    assert_eq!((&steps[0].bytes()[..], steps[0].size()), (&b"hi"[..], 2));
    assert_eq!(steps[0].to_string(), "+0ns peer `server`: step 1, send 2 bytes");
    assert_eq!(steps[0].made_at().unwrap().location().line(), made);
}
