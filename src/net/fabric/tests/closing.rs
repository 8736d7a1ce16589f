//! The closing states of RFC 9293, one packet after the other.

use super::*;
use crate::{net::TcpState, trace::PacketKind};

const SECOND: u64 = 1_000 * MS;

fn states(two: &Two, conn: ConnId) -> [TcpState; 2] {
    let ends = &two.fabric.tcp.conns[conn].ends;
    [ends[Client].state, ends[Server].state]
}

/// Counts the resets that a host sends from now on.
fn count_resets(two: &mut Two, from: &str, to: &str) -> Arc<std::sync::atomic::AtomicUsize> {
    let resets = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let seen = Arc::clone(&resets);
    let count = move |packet: &crate::net::Packet<'_>| {
        if packet.kind() == PacketKind::Rst {
            seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        crate::net::Verdict::Pass
    };
    two.rule(from, to, Effect::Inspect(Box::new(count)));
    resets
}

fn number(of: &std::sync::atomic::AtomicUsize) -> usize {
    of.load(std::sync::atomic::Ordering::Relaxed)
}

/// Source: RFC 9293, figure 5.
#[test]
fn a_clean_close_takes_the_states_of_the_rfc_and_sends_no_reset_whoever_is_first() {
    for first in Side::BOTH {
        let mut two = Two::new();
        let resets = count_resets(&mut two, "*", "*");
        let (conn, _) = two.connected();
        two.fabric.close(conn, first);
        two.run_until_quiet();
        assert_eq!(two.fabric.tcp.conns[conn].ends[first].state, TcpState::FinWait2);
        assert_eq!(two.fabric.tcp.conns[conn].ends[first.other()].state, TcpState::CloseWait);
        two.fabric.close(conn, first.other());
        assert_eq!(two.fabric.tcp.conns[conn].ends[first.other()].state, TcpState::LastAck);
        two.run_until_quiet();
        assert_eq!((number(&resets), two.fabric.tcp.conns.len()), (0, 0));
    }
}

/// Source: RFC 9293, figure 13.
#[test]
fn ends_that_close_at_once_are_closing() {
    let mut two = Two::new();
    let resets = count_resets(&mut two, "*", "*");
    let (conn, _) = two.connected();
    two.rule("server", "client", Effect::Latency(Latency::from(millis(5))));
    let begun = two.fabric.wire.now;
    two.fabric.close(conn, Client);
    two.fabric.close(conn, Server);
    assert_eq!(states(&two, conn), [TcpState::FinWait1; 2]);
    let cut = two.rule("server", "client", Effect::Loss(Probability::ALWAYS));
    two.run_to(begun + MS); // the acknowledgement of the client's FIN is lost
    assert_eq!(states(&two, conn), [TcpState::FinWait1, TcpState::Closing]);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!((number(&resets), two.fabric.tcp.conns.len()), (0, 0));
}

#[test]
fn an_end_that_is_lost_comes_again_and_strands_nobody() {
    for first in Side::BOTH {
        for lost in [("client", "server"), ("server", "client")] {
            let mut two = Two::new();
            let resets = count_resets(&mut two, "*", "*");
            let (conn, _) = two.connected();
            let cut = two.rule(lost.0, lost.1, Effect::Cut);
            two.fabric.close(conn, first);
            two.run_to(two.fabric.wire.now + 100 * MS);
            two.fabric.wire.links.remove(cut);
            two.run_until_quiet();
            assert_eq!(two.read(conn, first.other()), Io::Done(Vec::new()));
            let cut = two.rule(lost.0, lost.1, Effect::Cut);
            two.fabric.close(conn, first.other());
            two.run_to(two.fabric.wire.now + 100 * MS);
            two.fabric.wire.links.remove(cut);
            two.run_until_quiet();
            assert_eq!((number(&resets), two.fabric.tcp.conns.len()), (0, 0), "{first:?} {lost:?}");
        }
    }
}

/// Source: Linux 6.18, `tcp_rcv_state_process`, `TCPABORTONDATA`.
#[test]
fn only_bytes_beyond_a_close_are_reset() {
    let mut two = Two::new();
    let resets = count_resets(&mut two, "server", "client");
    let (conn, _) = two.connected();
    two.fabric.close(conn, Server);
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Done(Vec::new()));
    assert_eq!(number(&resets), 0);
    assert_eq!(two.write(conn, Client, b"x"), Io::Done(1));
    two.run_until_quiet();
    assert_eq!(number(&resets), 1);
    assert_eq!(two.write(conn, Client, b"x"), Io::Fail(ErrorKind::BrokenPipe));
}

/// Source: Linux 6.18, `tcp_fin_timeout`.
#[test]
fn an_end_is_acknowledged_for_a_minute_after_the_close_and_then_reset() {
    for (wait, expected) in [(59, 0), (60, 1)] {
        let mut two = Two::new();
        let resets = count_resets(&mut two, "client", "server");
        let (conn, _) = two.connected();
        two.fabric.close(conn, Client);
        two.run_until_quiet();
        two.run_to(two.fabric.wire.now + wait * SECOND);
        two.shutdown(conn, Server);
        two.run_until_quiet();
        assert_eq!(number(&resets), expected, "after {wait} s");
        assert_eq!(two.read(conn, Server), Io::Done(Vec::new()));
    }
}

/// Source: Linux 6.18, `tcp_orphan_retries`: eight times, for some hundred seconds.
#[test]
fn what_a_program_left_to_the_system_is_given_up_after_eight_retries() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.write(conn, Client, b"last words");
    let _cut = two.rule("client", "server", Effect::Cut);
    two.fabric.wire.now += 1;
    two.fabric.close(conn, Client);
    let begun = two.fabric.wire.now;
    two.run_until_quiet();
    let seconds = (two.fabric.wire.now - begun) / SECOND;
    assert!((102..106).contains(&seconds), "{seconds}");
    assert_eq!(two.read(conn, Server), Io::Wait); // it does not know
    assert_eq!(two.fabric.tcp.conns[conn].ends[Client].state, TcpState::Closed);
}

/// Fills the window of the client, and lets all of it arrive.
fn filled() -> (Two, ConnId) {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    while two.write(conn, Client, &[7; WINDOW]) != Io::Wait {}
    two.run_until_quiet();
    (two, conn)
}

/// Source: RFC 9293, 3.8.6.1.
#[test]
fn a_reset_that_is_lost_is_said_again_to_who_waits_for_room() {
    let (mut two, conn) = filled();
    let cut = two.rule("server", "client", Effect::Cut);
    two.fabric.close(conn, Server); // bytes unread: a reset
    assert_eq!(two.write(conn, Client, b"x"), Io::Wait); // nobody has told it
    two.run_to(two.fabric.wire.now + 3 * SECOND); // so are the first answers to its probes
    assert_eq!(two.write(conn, Client, b"x"), Io::Wait);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(two.write(conn, Client, b"x"), Io::Fail(ErrorKind::ConnectionReset));
}

#[test]
fn a_reader_that_timed_out_without_a_word_is_found_by_a_probe() {
    let (mut two, conn) = filled();
    let cut = two.rule("server", "client", Effect::Cut);
    two.write(conn, Server, b"never acknowledged");
    two.fabric.conn(conn).0.set_user_timeout(Server, Some(secs(5)));
    two.run_to(two.fabric.wire.now + 6 * SECOND);
    assert_eq!(two.read(conn, Server), Io::Done(vec![7; WINDOW])); // what had come can be read
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(two.write(conn, Client, b"x"), Io::Fail(ErrorKind::ConnectionReset));
}

/// The other end aborts while bytes are under way: they are answered, and until then a writer knows nothing.
#[test]
fn a_writer_learns_of_an_abort_when_its_reset_arrives_and_not_before() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    let begun = two.fabric.wire.now;
    two.fabric.abort(conn, Server);
    assert_eq!(two.write(conn, Client, b"x"), Io::Done(1));
    two.run_to(begun + MS - 1);
    assert_eq!(two.write(conn, Client, b"x"), Io::Done(1));
    two.run_to(begun + MS);
    assert_eq!(two.write(conn, Client, b"x"), Io::Fail(ErrorKind::ConnectionReset));
}

#[test]
fn time_wait_takes_no_time_and_no_port() {
    let mut two = Two::new();
    let (conn, listener) = two.connected();
    two.fabric.close(conn, Server); // the server is first: its port is in TIME-WAIT
    two.run_until_quiet();
    two.fabric.close_listener(listener);
    let begun = two.fabric.wire.now;
    two.fabric.close(conn, Client);
    two.run_until_quiet();
    assert_eq!(two.fabric.wire.now, begun + MS); // the last packet, and nothing is waited for
    assert!(two.listen(80, 1).is_ok());
}
