//! Datagrams, in a sim.

use std::{future::poll_fn, io::ErrorKind};

use tokio::io::ReadBuf;
use unplugged::{
    Sim,
    clock::{ClockExt, millis},
    net::{Probability, UdpSocket},
};

use super::{assert_os_error, assert_unnamed_os_error, two};

/// What has arrived, as text.
fn inbox(socket: &UdpSocket) -> Vec<String> {
    let mut buffer = [0; 64];
    std::iter::from_fn(|| {
        let (count, _) = socket.try_recv_from(&mut buffer).ok()?;
        Some(buffer[..count].escape_ascii().to_string())
    })
    .collect()
}

#[test]
fn a_datagram_arrives_whole_after_the_latency() {
    let (sim, _net, client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        assert_eq!(near.try_send_to(b"question", "server:53").unwrap(), 8);
        near.try_send_to(b"", "server:53").unwrap();
        let mut buffer = [0; 64];
        let (count, from) = far.recv_from(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..count], clock.since_start()), (&b"question"[..], millis(1)));
        assert_eq!(from.to_string(), "10.0.0.1:49152");
        assert_eq!(far.peek_from(&mut buffer).await.unwrap().0, 0); // an empty one is one
        assert_eq!(far.recv(&mut buffer).await.unwrap(), 0);
        far.try_send_to(b"answer", from).unwrap();
        assert_eq!(near.recv(&mut buffer[..3]).await.unwrap(), 3); // the rest is lost
    });
}

#[test]
fn a_connected_socket_hears_only_its_peer_and_that_nobody_is_there() {
    let (sim, net, client, server) = two();
    let other = net.host("other").bind_udp(0).unwrap();
    sim.run(async move {
        let near = client.bind_udp(0).unwrap();
        let port = near.local_addr().unwrap().port();
        let error = near.send(b"x").await.unwrap_err();
        assert_unnamed_os_error(&error, 89, "destination address required");
        assert_os_error(&near.peer_addr().unwrap_err(), 107, ErrorKind::NotConnected);
        near.connect("server:53").await.unwrap();
        assert_eq!(near.peer_addr().unwrap().to_string(), "10.0.0.2:53");
        other.try_send_to(b"stranger", ("client", port)).unwrap();
        near.send(b"anybody?").await.unwrap();
        let error = near.recv(&mut [0; 8]).await.unwrap_err();
        assert_os_error(&error, 111, ErrorKind::ConnectionRefused);
        let far = server.bind_udp(53).unwrap();
        near.send(b"now?").await.unwrap();
        let (_, from) = far.recv_from(&mut [0; 8]).await.unwrap();
        far.try_send_to(b"yes", from).unwrap();
        let mut buffer = [0; 8];
        assert_eq!(near.recv(&mut buffer).await.unwrap(), 3);
    });
}

#[test]
fn what_is_too_long_is_refused_and_what_is_longer_than_the_mtu_is_lost() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    let error = near.try_send_to(&[0; 65_508], "server:53").unwrap_err();
    assert_unnamed_os_error(&error, 90, "message too long");
    near.try_send_to(&[0; 65_507], "server:53").unwrap();
    let mtu = net.link("client", "server").mtu(1472);
    near.try_send_to(&[b'a'; 1473], "server:53").unwrap();
    near.try_send_to(b"fits", "server:53").unwrap();
    drop(mtu);
    sim.advance(millis(1));
    let lengths: Vec<usize> = inbox(&far).iter().map(String::len).collect();
    assert_eq!(lengths, [64 * 4, 4]); // escaped, and cut to the buffer
}

#[test]
fn an_inbox_that_is_full_drops_what_comes() {
    let (sim, _net, client, server) = two();
    let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    for _ in 0..300 {
        near.try_send_to(&[0; 1000], "server:53").unwrap();
    }
    sim.advance(millis(1));
    assert_eq!(format!("{far:?}"), "UdpSocket { local: 0.0.0.0:53, waiting: 92, dropped: 208 }");
    assert_eq!(inbox(&far).len(), 92);
}

#[test]
fn a_broadcast_needs_leave_and_reaches_every_host() {
    let (sim, net, client, server) = two();
    let near = client.bind_udp(53).unwrap();
    let others = [server.bind_udp(53).unwrap(), net.host("third").bind_udp(53).unwrap()];
    let error = near.try_send_to(b"all", "255.255.255.255:53").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(!near.broadcast().unwrap());
    near.set_broadcast(true).unwrap();
    assert!(near.broadcast().unwrap());
    near.try_send_to(b"all", "255.255.255.255:53").unwrap();
    sim.advance(millis(1));
    assert_eq!(
        (inbox(&near), inbox(&others[0]), inbox(&others[1])),
        (vec!["all".into()], vec!["all".into()], vec!["all".into()])
    );
}

#[test]
fn a_group_hears_what_is_sent_to_it_and_the_sender_too_unless_it_will_not() {
    for (group, wrong) in [("239.1.2.3", "10.1.2.3"), ("ff02::7", "fd00::7")] {
        let group: std::net::IpAddr = group.parse().unwrap();
        let (sim, net, client, server) = two();
        let (near, far) = (client.bind_udp(5353).unwrap(), server.bind_udp(5353).unwrap());
        let outsider = net.host("outsider").bind_udp(5353).unwrap();
        near.join_multicast(group).unwrap();
        far.join_multicast(group).unwrap();
        assert_os_error(&far.join_multicast(group).unwrap_err(), 98, ErrorKind::AddrInUse);
        let wrong: std::net::IpAddr = wrong.parse().unwrap();
        let error = far.join_multicast(wrong).unwrap_err();
        assert_os_error(&error, 22, ErrorKind::InvalidInput);
        near.try_send_to(b"one", (group, 5353)).unwrap();
        near.set_multicast_loop(false).unwrap();
        near.try_send_to(b"two", (group, 5353)).unwrap();
        sim.advance(millis(1));
        assert_eq!(
            (inbox(&near), inbox(&far)),
            (vec!["one".to_owned()], vec!["one".to_owned(), "two".to_owned()])
        );
        assert!(inbox(&outsider).is_empty());
        far.leave_multicast(group).unwrap();
        assert_eq!(far.leave_multicast(group).unwrap_err().kind(), ErrorKind::AddrNotAvailable);
        near.try_send_to(b"three", (group, 5353)).unwrap();
        sim.advance(millis(1));
        assert!(inbox(&far).is_empty());
    }
}

#[test]
fn streams_and_datagrams_have_ports_of_their_own() {
    let (_sim, _net, _client, server) = two();
    let _listener = server.listen(53).unwrap();
    let _socket = server.bind_udp(53).unwrap();
    assert_eq!(server.bind_udp(53).unwrap_err().kind(), ErrorKind::AddrInUse);
}

#[test]
fn a_duplicate_arrives_twice_and_a_damaged_one_damaged() {
    let heard = |fault: fn(&unplugged::net::Link) -> unplugged::net::RuleGuard| {
        let (sim, net, client, server) = two();
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        let fault = fault(&net.link("client", "server"));
        near.try_send_to(b"abcdefgh", "server:53").unwrap();
        fault.remove();
        near.try_send_to(b"clean", "server:53").unwrap();
        sim.advance(millis(1));
        inbox(&far)
    };
    assert_eq!(heard(|link| link.duplicate(Probability::ALWAYS)), ["abcdefgh", "abcdefgh", "clean"]);
    let cut = heard(|link| link.truncate(Probability::ALWAYS));
    assert!(cut.len() == 2 && cut[0].len() < 8 && "abcdefgh".starts_with(&cut[0]), "{cut:?}");
    let flipped = heard(|link| link.corrupt(Probability::ALWAYS));
    assert!(flipped[0] != "abcdefgh" && flipped[1] == "clean", "{flipped:?}");
    assert_eq!(heard(|link| link.loss(Probability::ALWAYS)), ["clean"]);
}

#[test]
fn a_socket_that_waits_is_woken() {
    let (sim, _net, client, server) = two();
    let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    let received = sim.watch(async move { far.recv(&mut [0; 8]).await });
    sim.advance(millis(10));
    received.assert_pending();
    near.try_send_to(b"x", "server:53").unwrap();
    sim.advance(millis(1));
    assert_eq!(received.assert_success(), &1);
}

#[test]
fn two_networks_know_nothing_of_each_other() {
    let (one, other) = (Sim::new(), Sim::new());
    let here = one.net().host("client").bind_udp(53).unwrap();
    let there = other.net().host("client").bind_udp(53).unwrap();
    here.try_send_to(b"x", "client:53").unwrap();
    one.advance(millis(1));
    other.advance(millis(1));
    assert_eq!((inbox(&here).len(), inbox(&there).len()), (1, 0));
}

#[test]
fn an_unconnected_socket_hears_everybody_and_is_not_told_that_nobody_is_there() {
    let (sim, net, client, server) = two();
    let third = net.host("third");
    sim.run(async move {
        let near = client.bind_udp(7).unwrap();
        near.try_send_to(b"anybody?", "server:53").unwrap();
        server.bind_udp(0).unwrap().try_send_to(b"server", "client:7").unwrap();
        third.bind_udp(0).unwrap().try_send_to(b"third", "client:7").unwrap();
        let mut heard = Vec::new();
        for _ in 0..2 {
            let (_, from) = near.recv_from(&mut [0; 8]).await.unwrap();
            heard.push(from.ip());
        }
        assert_eq!(heard, [server.ip(), third.ip()]);
        let more = tokio::time::timeout(millis(10), near.recv(&mut [0; 8])).await;
        assert!(more.is_err());
    });
}

#[test]
fn dynamic_ports_of_datagrams_run_out_and_come_back() {
    let (_sim, _net, client, _server) = two();
    let mut sockets: Vec<UdpSocket> = (49152..=65535).map(|_| client.bind_udp(0).unwrap()).collect();
    let error = client.bind_udp(0).unwrap_err();
    assert_os_error(&error, 98, ErrorKind::AddrInUse);
    let freed = sockets.swap_remove(100).local_addr().unwrap().port();
    assert_eq!(client.bind_udp(0).unwrap().local_addr().unwrap().port(), freed);
}

#[test]
fn a_socket_can_be_polled() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        let to = far.local_addr().map(|local| (server.ip(), local.port()).into()).unwrap();
        near.writable().await.unwrap();
        let sent = poll_fn(|cx| near.poll_send_to(cx, b"question", to)).await.unwrap();
        assert_eq!(sent, 8);
        let mut bytes = [0; 11];
        let mut buffer = ReadBuf::new(&mut bytes);
        buffer.put_slice(b"> ");
        let from = poll_fn(|cx| far.poll_recv_from(cx, &mut buffer)).await.unwrap();
        assert_eq!((buffer.filled(), from.port()), (&b"> question"[..], 49152));
        near.try_send_to(b"longer", to).unwrap();
        poll_fn(|cx| far.poll_recv_from(cx, &mut buffer)).await.unwrap();
        assert_eq!(buffer.filled(), b"> questionl"); // the rest is lost
        drop(near);
    });
}

#[test]
fn a_polled_socket_that_hears_nothing_is_pending_and_woken() {
    let (sim, _net, client, server) = two();
    let far = server.bind_udp(53).unwrap();
    let heard = sim.watch(async move {
        let mut bytes = [0; 8];
        let mut buffer = ReadBuf::new(&mut bytes);
        poll_fn(|cx| far.poll_recv_from(cx, &mut buffer)).await.map(|_| buffer.filled().to_vec())
    });
    sim.settle();
    heard.assert_pending();
    let near = client.bind_udp(0).unwrap();
    near.try_send_to(b"late", "server:53").unwrap();
    sim.advance(millis(1));
    assert_eq!(heard.assert_success(), b"late");
}

/// Code over tokio's sockets, with tokio's names: it is the same for both.
macro_rules! polls_its_socket {
    ($near:expr, $far:expr) => {{
        let (near, far) = ($near, $far);
        let (here, there) = (near.local_addr().unwrap(), far.local_addr().unwrap());
        let mut bytes = [0; 8];
        let mut heard = Vec::new();

        // Sends that are awaited.
        far.connect(here).await.unwrap();
        assert_eq!(near.send_to(b"to", there).await.unwrap(), 2);
        heard.push(far.recv(&mut bytes).await.map(|count| bytes[..count].to_vec()).unwrap());
        assert_eq!(far.send(b"back").await.unwrap(), 4);
        heard.push(near.recv(&mut bytes).await.map(|count| bytes[..count].to_vec()).unwrap());

        // Readiness first, then the act: as a driver of many sockets does.
        near.connect(there).await.unwrap();
        poll_fn(|cx| near.poll_send_ready(cx)).await.unwrap();
        assert_eq!(near.try_send(b"try").unwrap(), 3);
        poll_fn(|cx| far.poll_recv_ready(cx)).await.unwrap();
        heard.push(far.try_recv(&mut bytes).map(|count| bytes[..count].to_vec()).unwrap());
        near.writable().await.unwrap();
        assert_eq!(near.try_send_to(b"try to", there).unwrap(), 6);
        far.readable().await.unwrap();
        heard.push(far.try_recv_from(&mut bytes).map(|(count, _)| bytes[..count].to_vec()).unwrap());

        // The acts themselves, polled.
        assert_eq!(poll_fn(|cx| near.poll_send(cx, b"poll")).await.unwrap(), 4);
        let mut buffer = ReadBuf::new(&mut bytes);
        poll_fn(|cx| far.poll_recv(cx, &mut buffer)).await.unwrap();
        heard.push(buffer.filled().to_vec());
        assert_eq!(poll_fn(|cx| near.poll_send_to(cx, b"poll to", there)).await.unwrap(), 7);
        let mut buffer = ReadBuf::new(&mut bytes);
        assert_eq!(poll_fn(|cx| far.poll_recv_from(cx, &mut buffer)).await.unwrap(), here);
        heard.push(buffer.filled().to_vec());
        heard
    }};
}

#[test]
fn code_that_awaits_and_polls_tokio_s_socket_does_the_same_with_this_one() {
    let (sim, _net, client, _server) = two();
    let ours = sim.run(async move {
        let local = (std::net::Ipv4Addr::LOCALHOST, 0);
        polls_its_socket!(client.bind_udp(local).unwrap(), client.bind_udp(local).unwrap())
    });
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let theirs = real.block_on(async {
        polls_its_socket!(
            tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap(),
            tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap()
        )
    });
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 6);
}

#[test]
fn a_send_that_is_dropped_before_it_was_polled_has_sent_nothing() {
    let (sim, _net, client, server) = two();
    let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    drop(near.send_to(b"never", "server:53"));
    sim.run(near.send_to(b"sent", "server:53")).unwrap();
    sim.advance(millis(1));
    assert_eq!(inbox(&far), ["sent"]);
}

#[test]
fn a_send_that_is_awaited_is_told_a_refusal_as_tokio_s_is() {
    let (sim, _net, client, _server) = two();
    sim.run(async move {
        let near = client.bind_udp(0).unwrap();
        near.connect("server:53").await.unwrap();
        near.send(b"x").await.unwrap();
        tokio::time::sleep(millis(5)).await;
        let error = near.send(b"y").await.unwrap_err();
        assert_os_error(&error, 111, ErrorKind::ConnectionRefused);
        near.send(b"z").await.unwrap(); // it is told once
        tokio::time::sleep(millis(5)).await;
        let error = poll_fn(|cx| near.poll_send(cx, b"y")).await.unwrap_err();
        assert_os_error(&error, 111, ErrorKind::ConnectionRefused);
    });
}
