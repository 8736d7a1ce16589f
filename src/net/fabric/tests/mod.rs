//! The fabric without a runtime: the test moves the time.

use std::{io::ErrorKind, net::SocketAddr, sync::Arc};

use super::*;
use crate::{
    clock::{micros, millis, secs},
    net::{Bandwidth, BurstLoss, Latency, Probability},
    seed::Seed,
    trace::Trace,
    violation::SourceLocation,
};

mod closing;
mod handshakes;
mod links;

const MS: u64 = 1_000_000;
const WINDOW: usize = 64 * 1024;

fn fabric(seed: Seed) -> Fabric {
    Fabric::new(Draws::new(seed), Trace::of_the_end(|| std::time::Duration::ZERO).lend())
}

/// A client and a server, a millisecond apart.
struct Two {
    fabric: Fabric,
    client: HostId,
    server: HostId,
}

impl Two {
    fn new() -> Self {
        let mut fabric = fabric(Seed::DEFAULT);
        fabric.set_buffers(Buffers { window: Some(WINDOW), slow_start: false });
        let client = fabric.add_host("client".into(), SourceLocation::caller());
        let server = fabric.add_host("server".into(), SourceLocation::caller());
        Self { fabric, client, server }
    }

    fn with_rule(effect: Effect) -> Self {
        let mut two = Self::new();
        two.rule("client", "server", effect);
        two
    }

    fn rule(&mut self, from: &str, to: &str, effect: Effect) -> u64 {
        let matcher = Matcher {
            from: Pattern(from.into()),
            to: Pattern(to.into()),
            both_ways: false,
            is_loopback: false,
        };
        self.fabric.wire.links.install(matcher, effect, SourceLocation::caller())
    }

    fn listen(&mut self, port: u16, backlog: usize) -> std::io::Result<ListenerId> {
        self.fabric.listen(self.server, (Bind::All, port, Reuse::LISTENER), backlog, SourceLocation::caller())
    }

    fn connect(&mut self) -> ConnId {
        self.fabric.connect(self.client, self.address(80), SourceLocation::caller()).unwrap()
    }

    fn bind(&mut self, host: HostId, port: u16) -> SocketId {
        self.fabric.bind(host, (Bind::All, port, Reuse::default()), SourceLocation::caller()).unwrap()
    }

    fn shutdown(&mut self, conn: ConnId, side: Side) {
        let (conn, wire) = self.fabric.conn(conn);
        conn.shutdown(side, wire);
    }

    fn skip(&mut self, conn: ConnId, side: Side, most: usize) -> Io<usize> {
        let (conn, wire) = self.fabric.conn(conn);
        conn.read(side, most, wire, |_| {})
    }

    fn address(&self, port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(ipv4_of(self.server)), port)
    }

    /// Lets everything happen up to this time, each thing at its own.
    fn run_to(&mut self, end: u64) {
        while let Some(next) = self.fabric.next_deadline().filter(|next| *next <= end) {
            self.fabric.run(next);
        }
        self.fabric.wire.now = end;
    }

    fn run_until_quiet(&mut self) {
        while let Some(next) = self.fabric.next_deadline() {
            self.fabric.run(next);
        }
    }

    /// A connection that is accepted, and its listener. Each write is a segment.
    fn connected(&mut self) -> (ConnId, ListenerId) {
        let listener = self.listen(80, 128).unwrap();
        let conn = self.connect();
        self.run_until_quiet();
        assert_eq!(self.fabric.accept(listener), Io::Done(conn));
        let (ends, wire) = self.fabric.conn(conn);
        Side::BOTH.into_iter().for_each(|side| ends.set_nodelay(side, true, wire));
        (conn, listener)
    }

    fn write(&mut self, conn: ConnId, side: Side, bytes: &[u8]) -> Io<usize> {
        let (conn, wire) = self.fabric.conn(conn);
        conn.write(side, &[bytes], wire)
    }

    fn read(&mut self, conn: ConnId, side: Side) -> Io<Vec<u8>> {
        let mut bytes = Vec::new();
        let (conn, wire) = self.fabric.conn(conn);
        match conn.read(side, usize::MAX, wire, |part| bytes.extend_from_slice(part)) {
            Io::Done(_) => Io::Done(bytes),
            Io::Wait => Io::Wait,
            Io::Fail(kind) => Io::Fail(kind),
        }
    }
}

use Side::{Client, Server};

#[test]
fn bytes_arrive_after_the_latency_and_not_before() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    let sent = two.fabric.wire.now;
    assert_eq!(two.write(conn, Client, b"ping"), Io::Done(4));
    two.run_to(sent + MS - 1);
    assert_eq!(two.read(conn, Server), Io::Wait);
    two.run_to(sent + MS);
    assert_eq!(two.fabric.wire.notices.last(), Some(&Notice::Readable(conn, Server)));
    assert_eq!(two.read(conn, Server), Io::Done(b"ping".to_vec()));
    assert_eq!(two.read(conn, Server), Io::Wait);
}

#[test]
fn nothing_is_left_of_a_connection_that_both_ends_closed() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.fabric.close(conn, Client);
    two.fabric.close(conn, Server);
    two.run_until_quiet();
    assert!(two.fabric.tcp.conns.len() == 0);
    let waiting = |two: &Two| two.fabric.hosts[two.client].clients.waiting(two.fabric.wire.now).count();
    assert_eq!(waiting(&two), 1); // its addresses are in TIME-WAIT for a minute
    two.run_to(two.fabric.wire.now + 60_000 * MS);
    assert_eq!(waiting(&two), 0);
}

#[test]
fn the_window_bounds_what_is_unread_and_opens_half_a_round_trip_after_a_read() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    let chunk = vec![7; WINDOW + 1];
    assert_eq!(two.write(conn, Client, &chunk), Io::Done(WINDOW));
    assert_eq!(two.write(conn, Client, b"x"), Io::Wait);
    two.run_until_quiet();
    assert_eq!(two.write(conn, Client, b"x"), Io::Wait);
    let read_at = two.fabric.wire.now;
    assert_eq!(two.skip(conn, Server, WINDOW / 4), Io::Done(WINDOW / 4));
    two.run_to(read_at + MS - 1);
    assert_eq!(two.write(conn, Client, &chunk), Io::Wait);
    two.fabric.wire.notices.clear();
    two.run_to(read_at + MS);
    assert_eq!(two.fabric.wire.notices, [Notice::Writable(conn, Client)]);
    assert_eq!(two.write(conn, Client, &chunk), Io::Done(WINDOW / 4));
}

#[test]
fn the_end_comes_after_the_bytes_and_stays() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.write(conn, Client, b"bye");
    two.shutdown(conn, Client);
    assert_eq!(two.write(conn, Client, b"late"), Io::Fail(ErrorKind::BrokenPipe));
    two.run_until_quiet();
    assert_eq!(two.read(conn, Server), Io::Done(b"bye".to_vec()));
    assert_eq!(two.read(conn, Server), Io::Done(Vec::new()));
    assert_eq!(two.read(conn, Server), Io::Done(Vec::new()));
    // The other direction goes on.
    assert_eq!(two.write(conn, Server, b"still here"), Io::Done(10));
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Done(b"still here".to_vec()));
}

#[test]
fn a_close_with_unread_bytes_resets() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.write(conn, Client, b"unread");
    two.run_until_quiet();
    two.fabric.close(conn, Server);
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Fail(ErrorKind::ConnectionReset));
    assert_eq!(two.read(conn, Client), Io::Done(Vec::new()));
    assert_eq!(two.write(conn, Client, b"x"), Io::Fail(ErrorKind::BrokenPipe));
}

#[test]
fn the_second_write_after_the_peer_closed_fails() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.fabric.close(conn, Server);
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Done(Vec::new()));
    assert_eq!(two.write(conn, Client, b"one"), Io::Done(3));
    two.run_until_quiet();
    assert_eq!(two.write(conn, Client, b"two"), Io::Fail(ErrorKind::BrokenPipe));
}

// Loss.

#[test]
fn a_reset_that_answers_a_segment_and_is_lost_comes_again_with_the_segment() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.fabric.close(conn, Server);
    two.run_until_quiet();
    let cut = two.rule("server", "client", Effect::Cut);
    assert_eq!(two.write(conn, Client, b"anyone?"), Io::Done(7));
    let sent = two.fabric.wire.now;
    two.run_to(sent + 100 * MS);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    // 200 ms and a round trip after it arrived; then there and back.
    assert_eq!(two.fabric.wire.now, sent + (1 + 200 + 2 + 2) * MS);
    assert_eq!(two.write(conn, Client, b"!"), Io::Fail(ErrorKind::BrokenPipe));
}

#[test]
fn a_lost_segment_is_sent_again_and_what_follows_waits_for_it() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    let sent = two.fabric.wire.now;
    let cut = two.rule("client", "server", Effect::Cut);
    two.write(conn, Client, b"first ");
    two.run_to(sent + MS);
    two.fabric.wire.links.remove(cut);
    two.write(conn, Client, b"second");
    two.run_to(sent + 200 * MS);
    assert_eq!(two.read(conn, Server), Io::Wait); // the second is there, and not in order
    two.run_until_quiet();
    // 200 ms and the round trip after it was sent, and the way.
    assert_eq!(two.fabric.wire.now, sent + (200 + 2 + 1) * MS);
    assert_eq!(two.read(conn, Server), Io::Done(b"first second".to_vec()));
}

#[test]
fn a_connection_that_is_cut_off_for_too_long_times_out_where_it_wrote() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.rule("client", "server", Effect::Cut);
    let sent = two.fabric.wire.now;
    two.write(conn, Client, b"lost");
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Fail(ErrorKind::TimedOut));
    assert_eq!(two.write(conn, Client, b"x"), Io::Fail(ErrorKind::BrokenPipe));
    assert_eq!(two.read(conn, Server), Io::Wait); // silence is not an end
    let minutes = (two.fabric.wire.now - sent) / (60_000 * MS);
    assert!((13..17).contains(&minutes), "{minutes}");
}

#[test]
fn lost_acknowledgements_time_out_though_the_bytes_arrived() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.rule("server", "client", Effect::Cut);
    two.write(conn, Client, b"heard");
    two.run_until_quiet();
    assert_eq!(two.read(conn, Server), Io::Done(b"heard".to_vec()));
    assert_eq!(two.read(conn, Client), Io::Fail(ErrorKind::TimedOut));
}

#[test]
fn any_loss_delays_a_stream_and_changes_nothing_of_it() {
    for seed in 0..50 {
        let mut two = Two { fabric: fabric(Seed::new(seed)), ..Two::new() };
        two.client = two.fabric.add_host("client".into(), SourceLocation::caller());
        two.server = two.fabric.add_host("server".into(), SourceLocation::caller());
        let (conn, _) = two.connected();
        for effect in [
            Effect::Loss(Probability::percent(20)),
            Effect::Duplicate(Probability::percent(20)),
            Effect::Corrupt(Probability::percent(10)),
            Effect::Reorder { probability: Probability::percent(30), most: 5 * MS },
        ] {
            two.rule("*", "*", effect);
        }
        let sent: Vec<u8> = (0..50_000_u32).map(|n| n.to_le_bytes()[n as usize % 2]).collect();
        let (mut rest, mut heard) = (&sent[..], Vec::new());
        while !rest.is_empty() || two.fabric.next_deadline().is_some() {
            if let Io::Done(count) = two.write(conn, Client, &rest[..rest.len().min(3_000)]) {
                rest = &rest[count..];
            }
            if let Some(next) = two.fabric.next_deadline() {
                two.fabric.run(next);
            }
            if let Io::Done(bytes) = two.read(conn, Server) {
                heard.extend(bytes);
            }
        }
        assert!(heard == sent, "seed {seed}: {} of {} bytes", heard.len(), sent.len());
    }
}

#[test]
fn hosts_without_traffic_cost_nothing_but_their_place() {
    let mut fabric = fabric(Seed::DEFAULT);
    for number in 0..1000 {
        fabric.add_host(Arc::from(format!("host-{number}")), SourceLocation::caller());
    }
    assert_eq!(fabric.next_deadline(), None);
    assert!(size_of::<hosts::HostState>() <= 256, "{}", size_of::<hosts::HostState>());
    assert!(size_of::<Conn>() <= 1024, "{}", size_of::<Conn>());
}
