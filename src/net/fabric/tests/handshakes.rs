//! How connections begin, are refused, and are given up.

use super::*;

#[test]
fn a_handshake_takes_a_round_trip_and_the_server_half_of_one_more() {
    let mut two = Two::new();
    let listener = two.fabric.listen(two.server, Bind::All, 80, 128).unwrap();
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(2 * MS - 1);
    assert_eq!(two.fabric.connected(conn), Io::Wait);
    two.run_to(2 * MS);
    assert_eq!(two.fabric.connected(conn), Io::Done(()));
    two.run_to(3 * MS - 1);
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    two.run_to(3 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
}

#[test]
fn a_port_without_a_listener_refuses_after_a_round_trip() {
    let mut two = Two::new();
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(2 * MS - 1);
    assert_eq!(two.fabric.connected(conn), Io::Wait);
    two.run_to(2 * MS);
    assert_eq!(two.fabric.connected(conn), Io::Fail(ErrorKind::ConnectionRefused));
}

#[test]
fn an_address_that_nobody_has_is_silent_for_131_seconds() {
    let mut two = Two::new();
    let conn = two.fabric.connect(two.client, "203.0.113.9:80".parse().unwrap()).unwrap();
    two.run_to(131_000 * MS - 1);
    assert_eq!(two.fabric.connected(conn), Io::Wait);
    two.run_to(131_000 * MS);
    assert_eq!(two.fabric.connected(conn), Io::Fail(ErrorKind::TimedOut));
}

#[test]
fn a_full_backlog_drops_the_syn_and_the_client_tries_again_a_second_later() {
    let mut two = Two::new();
    let listener = two.fabric.listen(two.server, Bind::All, 80, 0).unwrap();
    let first = two.fabric.connect(two.client, two.address(80)).unwrap();
    let second = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(999 * MS);
    assert_eq!(two.fabric.connected(first), Io::Done(()));
    assert_eq!(two.fabric.connected(second), Io::Wait);
    assert_eq!(two.fabric.accept(listener), Io::Done(first));
    two.run_to(1002 * MS);
    assert_eq!(two.fabric.connected(second), Io::Done(()));
}

#[test]
fn a_cancelled_connect_gives_its_place_and_its_port_back() {
    let mut two = Two::new();
    let listener = two.fabric.listen(two.server, Bind::All, 80, 1).unwrap();
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(MS);
    two.fabric.close(conn, Client);
    two.run_until_quiet();
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    assert_eq!(two.fabric.listeners[listener.index()].half_open, 0);
    assert!(two.fabric.conns.is_empty() && two.fabric.hosts[0].stream_ports.is_empty());
}

/// A server that heard a SYN, one whose answer to it is lost until the rule is lifted; with room for no other.
fn half_open() -> (Two, ConnId, u64) {
    let mut two = Two::new();
    two.fabric.listen(two.server, Bind::All, 80, 1).unwrap();
    let cut = two.rule("server", "client", Effect::Cut);
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(500 * MS);
    (two, conn, cut)
}

fn half_open_connections(two: &Two) -> usize {
    two.fabric.listeners.iter().map(|(_, listener)| listener.half_open).sum()
}

/// Source: Linux 6.18, `tcp_synack_retries`.
#[test]
fn a_cancelled_connect_whose_answer_is_lost_keeps_its_place_for_sixty_three_seconds() {
    let (mut two, conn, _cut) = half_open();
    two.fabric.close(conn, Client);
    two.run_to(500 * MS + 63_000 * MS - 1);
    assert_eq!(half_open_connections(&two), 1);
    two.run_to(500 * MS + 63_000 * MS);
    assert_eq!(half_open_connections(&two), 0);
    assert!(two.fabric.conns.is_empty() && two.fabric.hosts[0].stream_ports.is_empty());
}

#[test]
fn a_cancelled_connect_gives_its_place_back_when_the_way_is_good_again() {
    let (mut two, conn, cut) = half_open();
    two.fabric.close(conn, Client);
    two.fabric.links.lift(cut);
    two.run_until_quiet();
    assert_eq!(two.fabric.now, (500 + 1000 + 2) * MS); // the server asks again a second after the close
    assert_eq!(half_open_connections(&two), 0);
    assert!(two.fabric.conns.is_empty() && two.fabric.hosts[0].stream_ports.is_empty());
}

#[test]
fn a_reset_that_is_lost_in_a_handshake_comes_again() {
    let mut two = Two::new();
    two.fabric.listen(two.server, Bind::All, 80, 1).unwrap();
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(MS); // the SYN is there, and the answer to it under way
    two.fabric.close(conn, Client);
    let cut = two.rule("client", "server", Effect::Cut);
    two.run_to(500 * MS);
    assert_eq!(half_open_connections(&two), 1);
    two.fabric.links.lift(cut);
    two.run_until_quiet();
    assert_eq!(half_open_connections(&two), 0);
    assert!(two.fabric.conns.is_empty());
}

#[test]
fn a_client_that_crashes_in_a_handshake_gives_its_place_back() {
    for restarts in [false, true] {
        let (mut two, conn, cut) = half_open();
        two.fabric.set_status(two.client, Status::Down);
        two.fabric.release(conn, Client);
        two.fabric.links.lift(cut);
        if restarts {
            two.fabric.set_status(two.client, Status::Up);
        }
        two.run_to(5_000 * MS);
        assert_eq!(half_open_connections(&two), usize::from(!restarts));
        two.run_until_quiet();
        assert_eq!(half_open_connections(&two), 0);
        assert!(two.fabric.conns.is_empty());
    }
}

#[test]
fn a_closed_listener_resets_what_it_has_not_accepted() {
    let mut two = Two::new();
    let listener = two.fabric.listen(two.server, Bind::All, 80, 128).unwrap();
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_until_quiet();
    two.fabric.close_listener(listener);
    two.run_until_quiet();
    assert_eq!(two.read(conn, Client), Io::Fail(ErrorKind::ConnectionReset));
    assert!(two.fabric.listen(two.server, Bind::All, 80, 128).is_ok());
}

#[test]
fn a_handshake_does_not_time_out_over_a_hold_and_learns_no_round_trip_from_it() {
    let mut two = Two::new();
    let listener = two.fabric.listen(two.server, Bind::All, 80, 128).unwrap();
    let cut = two.rule("client", "server", Effect::Cut);
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.fabric.links.lift(cut);
    let hold = two.rule("server", "client", Effect::Hold);
    two.run_to(600_000 * MS); // the second SYN has arrived, and the answer to it waits
    assert_eq!(two.fabric.connected(conn), Io::Wait);
    let cut = two.rule("client", "server", Effect::Cut);
    two.fabric.links.lift(hold);
    two.fabric.rules_changed(What::Rule, "");
    two.run_to(600_500 * MS); // the answer has arrived, and the third part is lost
    assert_eq!(two.fabric.connected(conn), Io::Done(()));
    two.fabric.links.lift(cut);
    let hold = two.rule("client", "server", Effect::Hold);
    two.run_to(1_200_000 * MS); // the server has asked again; now that answer waits
    assert_eq!(two.fabric.accept(listener), Io::Wait);
    two.fabric.links.lift(hold);
    two.fabric.rules_changed(What::Rule, "");
    two.run_until_quiet();
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
    assert_eq!(two.fabric.conns[conn.index()].round_trip, 1_000 * MS);
}

#[test]
fn a_lost_handshake_is_tried_again() {
    for lost in [("client", "server"), ("server", "client")] {
        let mut two = Two::new();
        let listener = two.fabric.listen(two.server, Bind::All, 80, 128).unwrap();
        let cut = two.rule(lost.0, lost.1, Effect::Cut);
        let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
        two.run_to(999 * MS);
        two.fabric.links.lift(cut);
        two.run_to(1002 * MS);
        assert_eq!(two.fabric.connected(conn), Io::Done(()));
        two.run_until_quiet();
        assert_eq!(two.fabric.accept(listener), Io::Done(conn));
    }
}

#[test]
fn the_last_part_of_a_handshake_that_is_lost_comes_again_or_with_the_first_bytes() {
    let mut two = Two::new();
    let listener = two.fabric.listen(two.server, Bind::All, 80, 128).unwrap();
    let conn = two.fabric.connect(two.client, two.address(80)).unwrap();
    two.run_to(MS);
    let cut = two.rule("client", "server", Effect::Cut);
    two.run_to(3 * MS);
    two.fabric.links.lift(cut);
    two.write(conn, Client, b"first");
    two.run_to(4 * MS);
    assert_eq!(two.fabric.accept(listener), Io::Done(conn));
    assert_eq!(two.read(conn, Server), Io::Done(b"first".to_vec()));
}
