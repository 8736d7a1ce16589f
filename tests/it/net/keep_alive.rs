//! How long streams bear silence.

use std::{io::ErrorKind, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, hours, micros, millis, mins, nanos, secs},
    net::{Host, KeepAlive, Latency, Net, Probability, TcpStream},
    trace::{EventKind, PacketKind},
};

use super::{connected, packets_sent, panic_text, two};

const USUAL: KeepAlive = KeepAlive::after(secs(60)).every(secs(10)).probes(3);

/// Both ends of a connection, the near one with keep-alive; it has heard of the far one a millisecond ago.
fn established() -> (Sim, Net, [Host; 2], TcpStream, TcpStream) {
    let (sim, net, client, server) = two();
    let hosts = [client.clone(), server.clone()];
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    near.set_keep_alive(Some(USUAL)).unwrap();
    (sim, net, hosts, near, far)
}

fn waiting(sim: &Sim, mut stream: TcpStream) -> unplugged::outcome::Watch<std::io::Result<usize>> {
    sim.watch(async move { stream.read(&mut [0; 8]).await })
}

/// What was heard last was the end of the handshake, a millisecond before `established` ended.
fn check_ends_at(sim: &Sim, stream: TcpStream, end: Duration) {
    let reading = waiting(sim, stream);
    let begun = sim.clock().since_start();
    sim.advance(end - millis(1) - nanos(1));
    reading.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
    assert_eq!(sim.clock().since_start() - begun, end - millis(1));
}

#[test]
fn a_crashed_peer_ends_the_stream_after_the_idle_time_and_all_probes() {
    let (sim, _net, [_, server], near, _far) = established();
    server.crash();
    check_ends_at(&sim, near, secs(90));
}

#[test]
fn a_partition_of_either_way_ends_it_too() {
    for (from, to) in [("client", "server"), ("server", "client")] {
        let (sim, net, _, near, _far) = established();
        net.link(from, to).partition().keep();
        check_ends_at(&sim, near, secs(90));
    }
}

#[test]
fn without_keep_alive_silence_lasts_for_ever() {
    let (sim, net, _, near, _far) = established();
    assert_eq!(near.keep_alive().unwrap(), Some(USUAL));
    near.set_keep_alive(None).unwrap();
    assert_eq!(near.keep_alive().unwrap(), None);
    net.everywhere().partition().keep();
    let reading = waiting(&sim, near);
    sim.advance(hours(20));
    reading.assert_pending();
}

#[test]
fn a_peer_that_is_there_answers_for_ever() {
    let (sim, _net, _, near, _far) = established();
    let reading = waiting(&sim, near);
    sim.advance(hours(1));
    reading.assert_pending();
    // A probe and an answer each minute, and the round trip.
    let probes = [PacketKind::KeepAliveProbe, PacketKind::KeepAliveAck].map(EventKind::Sent);
    let transcript = sim.transcript();
    assert_eq!(transcript.iter().filter(|event| probes.contains(&event.kind())).count(), 2 * 59);
}

#[test]
fn the_answer_to_the_last_probe_is_enough() {
    let (sim, net, _, near, _far) = established();
    let loss = net.link("client", "server").loss(Probability::ALWAYS);
    let reading = waiting(&sim, near);
    sim.advance(secs(75)); // two of three are lost
    drop(loss);
    sim.advance(hours(1));
    reading.assert_pending();
}

#[test]
fn a_peer_that_has_restarted_resets_at_the_first_probe() {
    let (sim, _net, [_, server], near, _far) = established();
    server.crash();
    server.restart();
    let reading = waiting(&sim, near);
    sim.advance(secs(60));
    reading.assert_pending();
    sim.advance(millis(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn bytes_that_arrive_begin_the_idle_time_anew() {
    let (sim, net, _, near, far) = established();
    sim.advance(secs(59));
    far.try_write(b"x").unwrap();
    sim.advance(millis(1));
    near.try_read(&mut [0]).unwrap();
    net.everywhere().partition().keep();
    let reading = waiting(&sim, near);
    sim.advance(secs(90) - nanos(1));
    reading.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
}

#[test]
fn the_answer_to_what_was_written_begins_it_anew_on_any_link() {
    for latency in [None, Some(Latency::uniform(millis(1), nanos(1_000_001)))] {
        let (sim, net, _, near, _far) = established();
        latency.into_iter().for_each(|latency| net.everywhere().latency(latency).keep());
        sim.advance(secs(30));
        near.try_write(b"x").unwrap();
        sim.advance(millis(3)); // the answer came a millisecond ago, or some nanoseconds less
        net.everywhere().partition().keep();
        let reading = waiting(&sim, near);
        sim.advance(secs(90) - millis(1) - nanos(1));
        reading.assert_pending();
        sim.advance(nanos(3));
        assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
    }
}

#[test]
fn what_was_written_and_has_no_answer_goes_before_probes() {
    let (sim, net, _, mut near, _far) = established();
    net.everywhere().partition().keep();
    near.try_write(b"x").unwrap();
    let clock = sim.clock();
    let error = sim.run(async move { near.read(&mut [0]).await }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(clock.since_start() > mins(13));
}

#[test]
fn the_far_end_is_reset_where_the_reset_can_reach_it() {
    let (sim, net, _, near, far) = established();
    net.link("server", "client").partition().keep();
    let reading = waiting(&sim, far);
    sim.advance(secs(90) - millis(1));
    reading.assert_pending();
    sim.advance(millis(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::ConnectionReset);
    drop(near);
}

#[test]
fn a_peer_that_has_closed_answers_for_a_minute_and_then_resets() {
    let often = KeepAlive::after(secs(25)).every(secs(5)).probes(2);
    let (sim, _net, _, mut near, far) = established();
    near.set_keep_alive(Some(often)).unwrap();
    drop(far);
    let read = sim.run(async { (near.read(&mut [0]).await, near) });
    let (end, near) = read;
    assert_eq!(end.unwrap(), 0);
    sim.advance(secs(58));
    assert_eq!(near.try_write(b"").unwrap(), 0);
    assert!(format!("{near:?}").contains("closed by the other end"), "{near:?}");
    sim.advance(secs(30));
    assert_eq!(near.try_write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn what_had_arrived_is_read_before_the_error() {
    let (sim, net, _, mut near, far) = established();
    far.try_write(b"last words").unwrap();
    sim.advance(secs(1));
    net.everywhere().partition().keep();
    sim.advance(mins(5));
    let mut heard = [0; 10];
    sim.run(async move {
        near.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"last words");
        assert_eq!(near.read(&mut heard).await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(near.read(&mut heard).await.unwrap(), 0);
        assert_eq!(near.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn turned_on_late_it_asks_at_once() {
    let (sim, net, _, near, _far) = established();
    near.set_keep_alive(None).unwrap();
    net.everywhere().partition().keep();
    sim.advance(hours(1));
    near.set_keep_alive(Some(USUAL)).unwrap();
    let reading = waiting(&sim, near);
    sim.advance(secs(30) - nanos(1));
    reading.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
}

#[test]
fn nobody_waits_for_its_timer_and_a_closed_stream_leaves_none() {
    let (sim, net, _, near, far) = established();
    sim.run_until_idle();
    assert!(sim.clock().since_start() < secs(1));
    drop((near, far));
    sim.run_until_idle();
    let packets = packets_sent(&sim);
    sim.advance(hours(10));
    assert_eq!(packets_sent(&sim), packets);
    assert!(format!("{net:?}").contains("connections: 0"), "{net:?}");
}

#[test]
fn who_waits_for_ever_is_reported_though_probes_come_and_go() {
    let (sim, net, _, near, _far) = established();
    net.everywhere().latency(micros(150)).keep(); // between two milliseconds, too
    let text = panic_text(|| {
        sim.run(async move {
            near.readable().await.unwrap();
        });
    });
    assert!(text.starts_with("the sim has stalled: nothing happened for 86400s of virtual time\n"), "{text}");
    assert_eq!(text.lines().nth(1), Some("  since    +3ms"));
    assert!(
        text.contains("  waits    the test: read from `10.0.0.2:49152`, made at tests/it/net/mod.rs:"),
        "{text}"
    );
}

#[test]
fn its_bounds_are_those_of_the_system() {
    let (_sim, _net, _, near, _far) = established();
    let text = |setting| {
        let error = near.set_keep_alive(Some(setting)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    assert_eq!(text(USUAL.every(secs(0))), "no keep-alive can have an interval of 0ns: from 1ns to 32767s");
    assert_eq!(
        text(KeepAlive::after(secs(32_768))),
        "no keep-alive can have an idle time of 32768s: from 1ns to 32767s"
    );
    assert_eq!(text(USUAL.probes(0)), "no keep-alive can have 0 probes: from 1 to 127");
    assert_eq!(text(USUAL.probes(128)), "no keep-alive can have 128 probes: from 1 to 127");
    near.set_keep_alive(Some(KeepAlive::after(secs(32_767)).every(secs(32_767)).probes(127))).unwrap();
    near.set_keep_alive(Some(KeepAlive::after(nanos(1)))).unwrap();
    assert_eq!(KeepAlive::default(), KeepAlive::after(hours(2)).every(secs(75)).probes(9));
}

#[test]
fn a_user_timeout_ends_what_has_no_answer_at_that_very_time() {
    let (sim, net, _, near, _far) = established();
    near.set_user_timeout(Some(secs(20))).unwrap();
    assert_eq!(near.user_timeout().unwrap(), Some(secs(20)));
    net.everywhere().partition().keep();
    sim.advance(secs(5));
    near.try_write(b"x").unwrap();
    let reading = waiting(&sim, near);
    sim.advance(secs(20) - nanos(1));
    reading.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_user_timeout_can_be_longer_than_all_attempts() {
    let (sim, net, _, near, _far) = established();
    near.set_user_timeout(Some(hours(5))).unwrap();
    let cut = net.everywhere().partition();
    near.try_write(b"x").unwrap();
    let reading = waiting(&sim, near);
    sim.advance(hours(5) - nanos(1));
    reading.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(reading.assert_failure().kind(), ErrorKind::TimedOut);
    drop(cut);
}

#[test]
fn progress_begins_a_user_timeout_anew() {
    let (sim, net, _, near, far) = established();
    near.set_user_timeout(Some(secs(20))).unwrap();
    let cut = net.everywhere().partition();
    near.try_write(b"one").unwrap();
    sim.advance(secs(12)); // attempts at 200 ms and after 400 ms, 800 ms, and so on
    drop(cut);
    sim.advance(secs(1));
    assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 3);
    let cut = net.everywhere().partition();
    near.try_write(b"two").unwrap();
    sim.advance(secs(12));
    drop(cut);
    sim.advance(secs(1));
    assert_eq!(far.try_read(&mut [0; 8]).unwrap(), 3);
}

#[test]
fn a_user_timeout_overrides_the_number_of_probes() {
    let (sim, net, _, near, _far) = established();
    near.set_user_timeout(Some(secs(75))).unwrap();
    net.everywhere().partition().keep();
    check_ends_at(&sim, near, secs(80)); // the probes go out at 60 and 70, and are 3 at 80
}

#[test]
fn a_user_timeout_of_zero_is_refused() {
    let (_sim, _net, _, near, _far) = established();
    let error = near.set_user_timeout(Some(secs(0))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "a user timeout of zero would end every stream: say `None`");
}

#[test]
fn an_audit_finds_the_open_ends_and_no_timer() {
    let (sim, _net, _, near, far) = established();
    let left: Vec<String> = sim.audit().leftovers().iter().map(ToString::to_string).collect();
    assert!(left.len() == 2 && left.iter().all(|line| line.contains(": open, 0 bytes unread")), "{left:#?}");
    drop((near, far));
    sim.run_until_idle();
    sim.audit().assert_clean();
}
