//! Datagrams on bad links, to hosts that come and go, and to nobody.

use std::io::ErrorKind;

use unplugged::{
    clock::{ClockExt, millis, secs},
    net::{Host, RuleGuard, UdpSocket},
};

use super::two;

/// Answers `pong`, with how many it has answered by then.
async fn answer(host: Host) {
    let socket = host.bind_udp(1738).unwrap();
    let mut count = 0_u8;
    while let Ok((_, from)) = socket.recv_from(&mut [0; 8]).await {
        count += 1;
        socket.try_send_to(&[count], from).unwrap();
    }
}

fn drain(socket: &UdpSocket) -> usize {
    std::iter::from_fn(|| socket.try_recv(&mut [0; 8]).ok()).count()
}

#[test]
fn a_held_question_is_answered_after_the_release_and_need_not_be_asked_again() {
    let (sim, net, client, server) = two();
    server.start(answer);
    let near = client.bind_udp(0).unwrap();
    let hold = net.between("client", "server").hold();
    near.try_send_to(b"ping", "server:1738").unwrap();
    sim.advance(secs(1));
    assert_eq!(near.try_recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(hold);
    sim.advance(millis(1)); // the question arrives at once, the answer is sent after it
    assert_eq!(near.try_recv(&mut [0]).unwrap(), 1);
}

#[test]
fn a_cut_is_no_error_of_the_sender() {
    let (sim, net, client, server) = two();
    server.start(answer);
    let near = client.bind_udp(0).unwrap();
    let _cut = net.between("client", "server").partition();
    assert_eq!(near.try_send_to(b"ping", "server:1738").unwrap(), 4);
    sim.run(near.connect("server:1738")).unwrap();
    assert_eq!(near.try_send(b"ping").unwrap(), 4);
    sim.advance(secs(10));
    assert_eq!(near.try_recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(near.try_send(b"ping").unwrap(), 4); // it was told nothing
}

/// What is done to the links between `a` and `b`, in this order.
#[derive(Clone, Copy, Debug)]
enum Action {
    Cut,
    CutThere,
    CutBack,
    Repair,
    RepairThere,
    RepairBack,
}

#[test]
fn cuts_and_repairs_of_each_way_compose_in_any_order() {
    use Action::{Cut, CutBack, CutThere, Repair, RepairBack, RepairThere};
    let cases: [&[Action]; 11] = [
        &[],
        &[Cut],
        &[CutThere],
        &[CutBack],
        &[Cut, RepairThere],
        &[Cut, RepairBack],
        &[CutThere, Repair],
        &[CutBack, Repair],
        &[CutBack, RepairThere],
        &[CutThere, CutBack],
        &[Cut, RepairThere, RepairBack],
    ];
    for actions in cases {
        let (sim, net, a, b) = two();
        let (at_a, at_b) = (a.bind_udp(1234).unwrap(), b.bind_udp(1234).unwrap());
        let (mut there, mut back): (Option<RuleGuard>, Option<RuleGuard>) = (None, None);
        for action in actions {
            if matches!(action, Cut | CutThere) {
                there = Some(net.link("client", "server").partition().may_be_idle());
            }
            if matches!(action, Cut | CutBack) {
                back = Some(net.link("server", "client").partition().may_be_idle());
            }
            if matches!(action, Repair | RepairThere) {
                there = None;
            }
            if matches!(action, Repair | RepairBack) {
                back = None;
            }
        }
        at_a.try_send_to(b"x", "server:1234").unwrap();
        at_b.try_send_to(b"x", "client:1234").unwrap();
        sim.advance(millis(1));
        let heard = (drain(&at_b), drain(&at_a));
        assert_eq!(heard, (usize::from(there.is_none()), usize::from(back.is_none())), "{actions:?}");
    }
}

#[test]
fn a_server_that_was_restarted_begins_from_nothing() {
    let (sim, _net, client, server) = two();
    server.start(answer);
    let near = client.bind_udp(0).unwrap();
    for _ in 0..3 {
        let mut count = [0];
        for asked in 1..=2 {
            near.try_send_to(b"ping", "server:1738").unwrap();
            sim.advance(millis(2));
            near.try_recv(&mut count).unwrap();
            assert_eq!(count, [asked]);
        }
        server.crash();
        near.try_send_to(b"ping", "server:1738").unwrap();
        sim.advance(millis(2));
        assert_eq!(near.try_recv(&mut count).unwrap_err().kind(), ErrorKind::WouldBlock);
        server.restart();
        sim.settle();
    }
}

#[test]
fn a_burst_is_cut_to_what_the_inbox_holds_and_the_next_finds_room_again() {
    let (sim, _net, client, server) = two();
    let (near, far) = (client.bind_udp(456).unwrap(), server.bind_udp(123).unwrap());
    for _ in 0..10 {
        for _ in 0..2 * 92 {
            near.try_send_to(&[0; 1000], "server:123").unwrap();
        }
        sim.advance(millis(1));
        assert_eq!(drain(&far), 92);
    }
    assert_eq!(format!("{far:?}"), "UdpSocket { local: 0.0.0.0:123, waiting: 0, dropped: 920 }");
}

/// Source: Linux 6.18 keeps 256 of 5000, between two hosts.
#[test]
fn a_burst_between_hosts_is_cut_to_its_memory() {
    let (sim, _net, client, server) = two();
    let (near, far) = (client.bind_udp(456).unwrap(), server.bind_udp(123).unwrap());
    for (size, kept) in [(0, 256), (100, 256), (512, 166), (1472, 92)] {
        for _ in 0..5000 {
            near.try_send_to(&vec![0; size], "server:123").unwrap();
        }
        sim.advance(millis(1));
        assert_eq!(drain(&far), kept, "{size} bytes");
    }
}

#[test]
fn an_address_that_nobody_has_is_silence_and_an_unknown_name_is_an_error() {
    let (sim, _net, client, _server) = two();
    let near = client.bind_udp(0).unwrap();
    assert_eq!(near.try_send_to(b"x", "203.0.113.1:80").unwrap(), 1);
    sim.run(near.connect("203.0.113.1:80")).unwrap();
    near.try_send(b"x").unwrap();
    sim.advance(secs(60));
    assert_eq!(near.try_recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let error = near.try_send_to(b"x", "nobody:80").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to lookup address information: no host is called `nobody`, there are `client`, `server`"
    );
}

#[test]
fn readable_waits_for_a_datagram_and_takes_none() {
    let (sim, _net, client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        near.try_send_to(b"ping", "server:53").unwrap();
        assert_eq!(far.try_recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        far.readable().await.unwrap();
        assert_eq!(clock.since_start(), millis(1));
        far.readable().await.unwrap();
        let (count, from) = far.try_recv_from(&mut [0; 8]).unwrap();
        assert_eq!(count, 4);
        far.try_send_to(b"pong!", from).unwrap();
        near.readable().await.unwrap();
        assert_eq!((near.try_recv(&mut [0; 8]).unwrap(), clock.since_start()), (5, millis(2)));
    });
}

#[test]
fn a_connected_socket_is_readable_when_its_peer_speaks_and_not_when_another_does() {
    let (sim, net, client, server) = two();
    let (near, stranger, peer) = (
        client.bind_udp(1234).unwrap(),
        net.host("other").bind_udp(5678).unwrap(),
        server.bind_udp(5678).unwrap(),
    );
    sim.run(near.connect("server:5678")).unwrap();
    let readable = sim.watch(async move {
        near.readable().await.unwrap();
        near.try_recv_from(&mut [0; 8])
    });
    stranger.try_send_to(b"stranger", "client:1234").unwrap();
    sim.advance(secs(5));
    readable.assert_pending();
    peer.try_send_to(b"peer", "client:1234").unwrap();
    sim.advance(millis(1));
    assert_eq!(readable.assert_success(), &(4, peer_address(&peer)));
}

/// What others see of it.
fn peer_address(socket: &UdpSocket) -> std::net::SocketAddr {
    std::net::SocketAddr::from(([10, 0, 0, 2], socket.local_addr().unwrap().port()))
}

#[test]
fn readable_ends_with_the_word_that_nobody_listens() {
    let (sim, _net, client, _server) = two();
    let near = client.bind_udp(0).unwrap();
    sim.run(near.connect("server:9")).unwrap();
    let readable = sim.watch(async move {
        near.readable().await.unwrap();
        near.try_recv(&mut [0])
    });
    sim.advance(secs(1));
    readable.assert_pending();
    drop(readable);
    let near = client.bind_udp(0).unwrap();
    sim.run(near.connect("server:9")).unwrap();
    near.try_send(b"x").unwrap();
    let readable = sim.watch(async move {
        near.readable().await.unwrap();
        near.try_recv(&mut [0])
    });
    sim.advance(millis(2));
    assert_eq!(readable.assert_failure().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_broadcast_is_heard_on_its_port_only_and_leave_for_it_can_be_taken_back() {
    let (sim, net, client, server) = two();
    let near = client.bind_udp(0).unwrap();
    let third = net.host("third");
    let heard =
        [server.bind_udp(9000).unwrap(), third.bind_udp(9000).unwrap(), client.bind_udp(9000).unwrap()];
    let (wrong_port, one_address) =
        (server.bind_udp(8000).unwrap(), server.bind_udp((server.ip(), 9001)).unwrap());
    assert_eq!(
        near.try_send_to(&[1], "255.255.255.255:9000").unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
    near.set_broadcast(true).unwrap();
    near.set_multicast_loop(false).unwrap(); // it is for groups
    for port in [9000, 9001] {
        near.try_send_to(&[2], ("255.255.255.255", port)).unwrap();
    }
    near.set_broadcast(false).unwrap();
    assert_eq!(
        near.try_send_to(&[3], "255.255.255.255:9000").unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
    sim.advance(millis(1));
    assert_eq!(heard.each_ref().map(drain), [1, 1, 1]);
    assert_eq!([drain(&wrong_port), drain(&one_address)], [0, 0]);
}

#[test]
fn a_group_is_heard_on_its_port_while_it_is_joined_and_by_the_sender_as_it_says() {
    for group in ["239.0.0.1", "ff08::1"] {
        let group: std::net::IpAddr = group.parse().unwrap();
        let (sim, net, client, server) = two();
        let third = net.host("third");
        let sockets =
            [client.bind_udp(9000).unwrap(), server.bind_udp(9000).unwrap(), third.bind_udp(9000).unwrap()];
        let wrong_port = server.bind_udp(8000).unwrap();
        for socket in sockets.iter().chain([&wrong_port]) {
            socket.join_multicast(group).unwrap();
        }
        let hear = |payload: u8| {
            sockets[0].try_send_to(&[payload], (group, 9000)).unwrap();
            sim.advance(millis(1));
            sockets.each_ref().map(drain)
        };
        assert_eq!(hear(1), [1, 1, 1]);
        sockets[0].set_multicast_loop(true).unwrap();
        assert_eq!(hear(2), [1, 1, 1]);
        sockets[0].set_multicast_loop(false).unwrap();
        assert_eq!(hear(3), [0, 1, 1]);
        sockets[0].set_multicast_loop(true).unwrap();
        sockets[0].leave_multicast(group).unwrap();
        sockets[2].leave_multicast(group).unwrap();
        assert_eq!(hear(4), [0, 1, 0]); // another socket of that host is in it
        sockets[1].leave_multicast(group).unwrap();
        assert_eq!(hear(5), [0, 1, 0]);
        drop(wrong_port);
        assert_eq!(hear(6), [0, 0, 0]); // a socket that is dropped leaves
    }
}
