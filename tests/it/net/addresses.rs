//! A host that speaks to itself: by which addresses it can, and what they show.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::clock::secs;

use super::{assert_unnamed_os_error, two};

/// Where it listens, where to it connects, and whether that is heard.
fn pairs(own: IpAddr) -> [(IpAddr, IpAddr, bool); 4] {
    let (all, loopback): (IpAddr, IpAddr) = match own {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::LOCALHOST.into()),
    };
    [(all, loopback, true), (loopback, loopback, true), (all, own, true), (loopback, own, false)]
}

#[test]
fn a_stream_to_itself_shows_the_address_that_was_connected_to_at_both_ends() {
    let (sim, _net, client, _server) = two();
    for (bound, to, heard) in [client.ip().into(), client.ipv6().into()].into_iter().flat_map(pairs) {
        let host = client.clone();
        sim.run(async move {
            let listener = host.listen(SocketAddr::new(bound, 1234)).unwrap();
            let connected = host.connect(SocketAddr::new(to, 1234)).await;
            if !heard {
                assert_eq!(connected.unwrap_err().kind(), ErrorKind::ConnectionRefused);
                return;
            }
            let (mut near, (mut far, from)) = (connected.unwrap(), listener.accept().await.unwrap());
            for shown in [near.local_addr(), near.peer_addr(), far.local_addr(), far.peer_addr(), Ok(from)] {
                assert_eq!(shown.unwrap().ip(), to, "{bound}");
            }
            far.write_all(&[0, 1, 7, 3, 8]).await.unwrap();
            let mut bytes = [0; 5];
            near.read_exact(&mut bytes).await.unwrap();
            assert_eq!(bytes, [0, 1, 7, 3, 8]);
        });
    }
}

#[test]
fn a_datagram_to_itself_comes_from_the_address_that_it_went_to() {
    let (sim, _net, client, _server) = two();
    for (bound, to, heard) in [client.ip().into(), client.ipv6().into()].into_iter().flat_map(pairs) {
        let host = client.clone();
        sim.run(async move {
            let far = host.bind_udp(SocketAddr::new(bound, 1234)).unwrap();
            let near = host.bind_udp(SocketAddr::new(bound, 0)).unwrap();
            near.try_send_to(b"ping", SocketAddr::new(to, 1234)).unwrap(); // nobody there is no error of the sender
            let mut buffer = [0; 8];
            let received = tokio::time::timeout(secs(1), far.recv_from(&mut buffer)).await;
            let Ok(received) = received else {
                assert!(!heard, "{bound} to {to}");
                return;
            };
            assert!(heard, "{bound} to {to}");
            let (_, from) = received.unwrap();
            assert_eq!(from.ip(), to);
            assert_eq!(far.local_addr().unwrap().ip(), bound);
            far.try_send_to(b"pong", from).unwrap();
            assert_eq!(near.recv_from(&mut buffer).await.unwrap().1.ip(), to);
        });
    }
}

#[test]
fn a_datagram_socket_of_the_loopback_address_reaches_no_other_host() {
    let (sim, _net, client, server) = two();
    let far = server.bind_udp(53).unwrap();
    let near = client.bind_udp((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert_eq!(sim.run(near.connect("server:53")).unwrap_err().kind(), ErrorKind::InvalidInput);
    let six = client.bind_udp((Ipv6Addr::LOCALHOST, 0)).unwrap();
    six.try_send_to(b"x", (server.ipv6(), 53)).unwrap(); // Linux sends it, and the other host drops it
    sim.advance(secs(1));
    assert_eq!(far.try_recv(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_host_has_both_families_and_no_other_hosts_address() {
    let (sim, _net, client, server) = two();
    let four = client.listen((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let six = client.listen((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
    assert!(four.local_addr().unwrap().is_ipv4() && six.local_addr().unwrap().is_ipv6());
    assert!(client.bind_udp((Ipv4Addr::UNSPECIFIED, 0)).unwrap().local_addr().unwrap().is_ipv4());
    assert!(client.bind_udp((Ipv6Addr::UNSPECIFIED, 0)).unwrap().local_addr().unwrap().is_ipv6());
    for foreign in [server.ip().into(), server.ipv6().into(), "1.1.1.1".parse::<IpAddr>().unwrap()] {
        let at = SocketAddr::new(foreign, 1);
        assert_eq!(client.listen(at).unwrap_err().kind(), ErrorKind::AddrNotAvailable);
        assert_eq!(client.bind_udp(at).unwrap_err().kind(), ErrorKind::AddrNotAvailable);
    }
    sim.run(async move {
        let listener = server.listen((Ipv6Addr::UNSPECIFIED, 80)).unwrap();
        let socket = server.bind_udp((Ipv6Addr::UNSPECIFIED, 80)).unwrap();
        let _stream = client.connect((server.ipv6(), 80)).await.unwrap();
        assert_eq!(listener.accept().await.unwrap().1.ip(), client.ipv6());
        client.bind_udp((Ipv6Addr::UNSPECIFIED, 0)).unwrap().try_send_to(b"x", (server.ipv6(), 80)).unwrap();
        assert_eq!(socket.recv_from(&mut [0]).await.unwrap().1.ip(), client.ipv6());
    });
}

#[test]
fn a_family_that_a_socket_does_not_speak_is_refused() {
    let (_sim, _net, client, server) = two();
    let four = client.bind_udp((client.ip(), 0)).unwrap();
    let error = four.try_send_to(b"x", (server.ipv6(), 53)).unwrap_err();
    assert_unnamed_os_error(&error, 97, "address family not supported by protocol");
    let six = client.bind_udp((client.ipv6(), 0)).unwrap();
    assert_eq!(six.try_send_to(b"x", "server:53").unwrap_err().kind(), ErrorKind::NetworkUnreachable);
    let error = six.try_send_to(&[0; 65_528], (server.ipv6(), 53)).unwrap_err();
    assert_unnamed_os_error(&error, 90, "message too long");
}
