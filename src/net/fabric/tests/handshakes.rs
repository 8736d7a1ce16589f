//! How connections begin, are refused, and are given up.

use super::*;
use crate::net::fabric::tcp::{Progress, Stage};

fn stage(two: &Two, conn: ConnId) -> Option<Stage> {
    match two.fabric.tcp.conns[conn].progress {
        Progress::Handshake(handshake) => Some(handshake.stage),
        _ => None,
    }
}

#[test]
fn a_handshake_takes_a_round_trip_and_the_server_half_of_one_more() {
    let mut two = Two::new();
    let listener = two.listen(80, 128).unwrap();
    let conn = two.connect();
    two.run_to(2 * MS - 1);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Wait);
    two.run_to(2 * MS);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Done(()));
    two.run_to(3 * MS - 1);
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    two.run_to(3 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
}

#[test]
fn a_port_without_a_listener_refuses_after_a_round_trip() {
    let mut two = Two::new();
    let conn = two.connect();
    two.run_to(2 * MS - 1);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Wait);
    two.run_to(2 * MS);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Fail(ErrorKind::ConnectionRefused));
}

#[test]
fn an_address_that_nobody_has_is_silent_for_131_seconds() {
    let mut two = Two::new();
    let conn =
        two.fabric.connect(two.client, "203.0.113.9:80".parse().unwrap(), SourceLocation::caller()).unwrap();
    two.run_to(131_000 * MS - 1);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Wait);
    two.run_to(131_000 * MS);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Fail(ErrorKind::TimedOut));
}

#[test]
fn a_full_backlog_drops_the_syn_and_the_client_tries_again_a_second_later() {
    let mut two = Two::new();
    let listener = two.listen(80, 0).unwrap();
    let first = two.connect();
    two.run_to(3 * MS);
    let second = two.connect();
    two.run_to(1002 * MS);
    assert_eq!(two.fabric.conn(first).0.connected(), Io::Done(()));
    assert_eq!(two.fabric.conn(second).0.connected(), Io::Wait);
    assert_eq!(two.fabric.accept(listener), Io::Done(first));
    two.run_to(1005 * MS);
    assert_eq!(two.fabric.conn(second).0.connected(), Io::Done(()));
}

/// A listener with two that wait, and a third that has connected and found no room; what the three are.
fn overflown() -> (Two, ListenerId, [ConnId; 3]) {
    let mut two = Two::new();
    let listener = two.listen(80, 1).unwrap();
    let first = two.connect();
    two.run_to(3 * MS);
    let others = [(); 2].map(|()| two.connect());
    two.run_to(6 * MS);
    let conns = [first, others[0], others[1]];
    conns.iter().for_each(|conn| assert_eq!(two.fabric.conn(*conn).0.connected(), Io::Done(())));
    assert_eq!((two.fabric.tcp.listeners[listener].queue.len(), half_open_connections(&two)), (2, 1));
    (two, listener, conns)
}

/// Source: Linux 6.18, watched as it asked a second, three, seven, fifteen and thirty-one after the SYN.
#[test]
fn who_connected_and_found_no_room_is_taken_in_when_the_server_asks_again() {
    let (mut two, listener, [first, second, third]) = overflown();
    two.run_to(3_500 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(first));
    two.run_to(7_006 * MS - 1); // the SYN came at 4 ms, and an answer takes 2
    assert_eq!(two.fabric.accept(listener), Io::Done(second));
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    two.run_to(7_006 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(third));
    assert_eq!(half_open_connections(&two), 0);
}

#[test]
fn bytes_of_who_found_no_room_are_sent_again_until_there_is_some() {
    let (mut two, listener, [first, _, third]) = overflown();
    two.write(third, Client, b"first");
    two.run_to(100 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(first));
    two.run_to((7 + 202 + 1) * MS); // dropped, sent again, there
    two.fabric.accept(listener);
    assert_eq!(two.fabric.accept(listener), Io::Done(third));
    assert_eq!(two.read(third, Server), Io::Done(b"first".to_vec()));
}

#[test]
fn who_finds_no_room_for_a_minute_is_forgotten_and_its_bytes_are_reset() {
    let (mut two, listener, [.., third]) = overflown();
    two.run_to(63_004 * MS - 1);
    assert_eq!(half_open_connections(&two), 1);
    two.run_to(63_004 * MS);
    assert_eq!(half_open_connections(&two), 0);
    while two.fabric.accept(listener) != Io::Wait {}
    assert_eq!(two.read(third, Client), Io::Wait); // nobody has told it
    two.write(third, Client, b"late");
    two.run_to(63_006 * MS);
    assert_eq!(two.read(third, Client), Io::Fail(ErrorKind::ConnectionReset));
}

/// As many at once as the listener remembers, and one more, which has a cookie; all have connected.
fn flooded() -> (Two, ListenerId, ConnId) {
    let mut two = Two::new();
    let listener = two.listen(80, 1).unwrap();
    let conns = [(); 3].map(|()| two.connect());
    two.run_to(3 * MS);
    conns.iter().for_each(|conn| assert_eq!(two.fabric.conn(*conn).0.connected(), Io::Done(())));
    assert_eq!(stage(&two, conns[2]), Some(Stage::Cookie));
    assert_eq!(two.fabric.accept(listener), Io::Done(conns[0]));
    assert_eq!(two.fabric.accept(listener), Io::Done(conns[1]));
    (two, listener, conns[2])
}

#[test]
fn who_has_a_cookie_and_found_no_room_is_not_asked_again_and_is_taken_in_with_its_bytes() {
    let (mut two, listener, third) = flooded();
    two.run_to(90_000 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    assert_eq!(two.read(third, Client), Io::Wait);
    two.write(third, Client, b"here");
    two.run_to(90_001 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(third));
    assert_eq!(two.read(third, Server), Io::Done(b"here".to_vec()));
}

#[test]
fn a_cookie_is_good_for_its_minute_and_for_the_next() {
    for (arrival, is_good) in [(120_000 * MS - 1, true), (120_000 * MS, false)] {
        let (mut two, listener, third) = flooded();
        two.run_to(arrival - MS);
        two.write(third, Client, b"late");
        two.run_until_quiet();
        assert_eq!(two.fabric.accept(listener) == Io::Done(third), is_good);
        let told = if is_good { Io::Wait } else { Io::Fail(ErrorKind::ConnectionReset) };
        assert_eq!(two.read(third, Client), told);
    }
}

#[test]
fn a_client_with_a_cookie_that_goes_leaves_nothing_behind() {
    let (mut two, _listener, third) = flooded();
    two.fabric.abort(third, Client);
    two.fabric.close(third, Client);
    two.run_until_quiet();
    assert_eq!(two.fabric.tcp.conns.len(), 2);
}

#[test]
fn a_listener_that_goes_knows_its_cookies_no_more() {
    let (mut two, listener, third) = flooded();
    two.fabric.close_listener(listener);
    let _again = two.listen(80, 1).unwrap();
    two.write(third, Client, b"x");
    two.run_until_quiet();
    assert_eq!(two.read(third, Client), Io::Fail(ErrorKind::ConnectionReset));
}

#[test]
fn a_cancelled_connect_gives_its_place_and_its_port_back() {
    let mut two = Two::new();
    let listener = two.listen(80, 1).unwrap();
    let conn = two.connect();
    two.run_to(MS);
    two.fabric.close(conn, Client);
    two.run_until_quiet();
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    assert_eq!(two.fabric.tcp.listeners[listener].half_open, 0);
    assert!(two.fabric.tcp.conns.len() == 0 && two.fabric.hosts[two.client].clients.is_empty());
}

/// A server that heard a SYN, one whose answer to it is lost until the rule is lifted; with room for no other.
fn half_open() -> (Two, ConnId, u64) {
    let mut two = Two::new();
    two.listen(80, 1).unwrap();
    let cut = two.rule("server", "client", Effect::Cut);
    let conn = two.connect();
    two.run_to(500 * MS);
    (two, conn, cut)
}

fn half_open_connections(two: &Two) -> usize {
    two.fabric.tcp.listeners.values().map(|listener| listener.half_open).sum()
}

/// Source: Linux 6.18, `tcp_synack_retries`.
#[test]
fn a_cancelled_connect_whose_answer_is_lost_keeps_its_place_for_sixty_three_seconds() {
    let (mut two, conn, _cut) = half_open();
    two.fabric.close(conn, Client);
    two.run_to(63_001 * MS - 1); // the SYN came at 1 ms
    assert_eq!(half_open_connections(&two), 1);
    two.run_to(63_001 * MS);
    assert_eq!(half_open_connections(&two), 0);
    assert!(two.fabric.tcp.conns.len() == 0 && two.fabric.hosts[two.client].clients.is_empty());
}

#[test]
fn a_cancelled_connect_gives_its_place_back_when_the_way_is_good_again() {
    let (mut two, conn, cut) = half_open();
    two.fabric.close(conn, Client);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(two.fabric.wire.now, (1 + 1000 + 2) * MS); // the server asks again a second after the SYN
    assert_eq!(half_open_connections(&two), 0);
    assert!(two.fabric.tcp.conns.len() == 0 && two.fabric.hosts[two.client].clients.is_empty());
}

#[test]
fn a_reset_that_is_lost_in_a_handshake_comes_again() {
    let mut two = Two::new();
    two.listen(80, 1).unwrap();
    let conn = two.connect();
    two.run_to(MS); // the SYN is there, and the answer to it under way
    two.fabric.close(conn, Client);
    let cut = two.rule("client", "server", Effect::Cut);
    two.run_to(500 * MS);
    assert_eq!(half_open_connections(&two), 1);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(half_open_connections(&two), 0);
    assert!(two.fabric.tcp.conns.len() == 0);
}

#[test]
fn a_client_that_crashes_in_a_handshake_gives_its_place_back() {
    for restarts in [false, true] {
        let (mut two, conn, cut) = half_open();
        two.fabric.set_status(two.client, Status::Down);
        two.fabric.close(conn, Client);
        two.fabric.wire.links.remove(cut);
        if restarts {
            two.fabric.set_status(two.client, Status::Up);
        }
        two.run_to(5_000 * MS);
        assert_eq!(half_open_connections(&two), usize::from(!restarts));
        two.run_until_quiet();
        assert_eq!(half_open_connections(&two), 0);
        assert!(two.fabric.tcp.conns.len() == 0);
    }
}

#[test]
fn a_closed_listener_resets_what_it_has_not_accepted() {
    let mut two = Two::new();
    let listener = two.listen(80, 128).unwrap();
    let conn = two.connect();
    two.run_until_quiet();
    two.fabric.close_listener(listener);
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Fail(ErrorKind::ConnectionReset));
    assert!(two.listen(80, 128).is_ok());
}

#[test]
fn a_handshake_does_not_time_out_over_a_hold_and_learns_no_round_trip_from_it() {
    let mut two = Two::new();
    let listener = two.listen(80, 128).unwrap();
    let cut = two.rule("client", "server", Effect::Cut);
    let conn = two.connect();
    two.fabric.wire.links.remove(cut);
    let hold = two.rule("server", "client", Effect::Hold);
    two.run_to(600_000 * MS); // the second SYN has arrived, and the answer to it waits
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Wait);
    let cut = two.rule("client", "server", Effect::Cut);
    two.fabric.wire.links.remove(hold);
    two.fabric.rules_changed(EventKind::LinkChanged, None, "");
    two.run_to(600_500 * MS); // the answer has arrived, and the third part is lost
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Done(()));
    two.fabric.wire.links.remove(cut);
    let hold = two.rule("client", "server", Effect::Hold);
    two.run_to(1_200_000 * MS); // the server has asked again; now that answer waits
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    two.fabric.wire.links.remove(hold);
    two.fabric.rules_changed(EventKind::LinkChanged, None, "");
    two.run_until_quiet();
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
    assert_eq!(two.fabric.tcp.conns[conn].round_trip, 1_000 * MS);
}

#[test]
fn a_lost_handshake_is_tried_again() {
    for lost in [("client", "server"), ("server", "client")] {
        let mut two = Two::new();
        let listener = two.listen(80, 128).unwrap();
        let cut = two.rule(lost.0, lost.1, Effect::Cut);
        let conn = two.connect();
        two.run_to(999 * MS);
        two.fabric.wire.links.remove(cut);
        two.run_to(1002 * MS);
        assert_eq!(two.fabric.conn(conn).0.connected(), Io::Done(()));
        two.run_until_quiet();
        assert_eq!(two.fabric.accept(listener), Io::Done(conn));
    }
}

#[test]
fn the_last_part_of_a_handshake_that_is_lost_comes_again_or_with_the_first_bytes() {
    let mut two = Two::new();
    let listener = two.listen(80, 128).unwrap();
    let conn = two.connect();
    two.run_to(MS);
    let cut = two.rule("client", "server", Effect::Cut);
    two.run_to(3 * MS);
    two.fabric.wire.links.remove(cut);
    two.write(conn, Client, b"first");
    two.run_to(4 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
    assert_eq!(two.read(conn, Server), Io::Done(b"first".to_vec()));
}

/// The listener goes while its answer to the SYN is lost: the client asks again, and hears that nobody listens.
#[test]
fn a_listener_that_goes_in_a_handshake_whose_answer_is_lost_refuses_the_next_syn() {
    let mut two = Two::new();
    let listener = two.listen(80, 1).unwrap();
    let cut = two.rule("server", "client", Effect::Cut);
    let conn = two.connect();
    two.run_to(500 * MS);
    two.fabric.close_listener(listener);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(two.fabric.wire.now, 1_002 * MS);
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Fail(ErrorKind::ConnectionRefused));
}

/// A server that remembers one client, and gave the other a cookie.
#[test]
fn no_connect_waits_without_end_for_a_server_that_has_forgotten_it() {
    let mut two = Two::new();
    let listener = two.listen(80, 0).unwrap();
    two.rule("server", "client", Effect::Cut);
    let conns = [two.connect(), two.connect()];
    two.run_to(500 * MS);
    assert_eq!(conns.map(|conn| stage(&two, conn)), [Some(Stage::HalfOpen), Some(Stage::Cookie)]);
    two.fabric.close_listener(listener);
    two.run_until_quiet();
    for conn in conns {
        assert_eq!(two.fabric.conn(conn).0.connected(), Io::Fail(ErrorKind::TimedOut));
    }
}

/// A refusal that is lost is heard with the next SYN.
#[test]
fn a_listener_that_goes_before_a_syn_that_is_lost_refuses_the_next() {
    let mut two = Two::new();
    let listener = two.listen(80, 1).unwrap();
    let cut = two.rule("client", "server", Effect::Cut);
    let conn = two.connect();
    two.run_to(500 * MS);
    two.fabric.close_listener(listener);
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Fail(ErrorKind::ConnectionRefused));
}

/// The server hears the SYN, forgets it (its listener goes), and another listens by the time of the next SYN.
#[test]
fn a_listener_that_comes_back_in_a_handshake_takes_the_next_syn() {
    let mut two = Two::new();
    let listener = two.listen(80, 1).unwrap();
    let cut = two.rule("server", "client", Effect::Cut);
    let conn = two.connect();
    two.run_to(500 * MS);
    two.fabric.close_listener(listener);
    let listener = two.listen(80, 1).unwrap();
    two.fabric.wire.links.remove(cut);
    two.run_until_quiet();
    assert_eq!(two.fabric.conn(conn).0.connected(), Io::Done(()));
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
}
