//! Ports: each is taken for one destination, can be chosen, held, shared, and met by oneself.

use std::{io::ErrorKind, net::SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{micros, millis, secs},
    net::{BindAddr, Host, Protocol, TcpState, TcpStream},
};

use super::{assert_os_error, two};

/// Accepts whatever comes to a port, and keeps it.
fn serve(sim: &Sim, host: &Host, local: impl Into<BindAddr>) {
    let listener = host.listen(local.into().backlog(100_000)).unwrap();
    sim.spawn_background(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
}

/// Connects until no port is free for this destination.
async fn use_up(client: &Host, to: &str) -> Vec<TcpStream> {
    let mut kept = Vec::new();
    loop {
        match client.connect(to).await {
            Ok(stream) => kept.push(stream),
            Err(error) => {
                assert_os_error(&error, 99, ErrorKind::AddrNotAvailable);
                assert_eq!(kept.len(), 16_384); // the dynamic ports
                return kept;
            }
        }
    }
}

#[test]
fn ports_that_are_used_up_for_one_destination_are_free_for_others() {
    let (sim, net, client, server) = two();
    let other = net.host("other");
    serve(&sim, &server, 80);
    serve(&sim, &server, 81);
    serve(&sim, &other, 80);
    sim.run(async move {
        let mut kept = use_up(&client, "server:80").await;
        for another in ["server:81", "other:80", "[fd00::2]:80"] {
            kept.push(client.connect(another).await.unwrap());
        }
        // A port with a connection is no port for a bind; those of datagrams are others.
        let error = client.listen(0).unwrap_err();
        assert_os_error(&error, 98, ErrorKind::AddrInUse);
        client.bind_udp(0).unwrap();
    });
}

#[test]
fn a_connection_that_ends_frees_its_port_for_its_destination_alone() {
    let (sim, _net, client, server) = two();
    let listener = server.listen(BindAddr::from(80).backlog(100_000)).unwrap();
    sim.run(async move {
        let mut kept = use_up(&client, "server:80").await;
        let port = kept[7].local_addr().unwrap().port();
        let mut server_ends = Vec::new();
        for _ in 0..8 {
            server_ends.push(listener.accept().await.unwrap().0);
        }
        // The server is first, and keeps TIME-WAIT; the client's port is free.
        let end = kept.swap_remove(7);
        drop(server_ends.swap_remove(7));
        tokio::time::sleep(millis(5)).await;
        drop(end);
        tokio::time::sleep(millis(5)).await;
        assert_eq!(client.connect("server:80").await.unwrap().local_addr().unwrap().port(), port);
    });
}

#[test]
fn a_client_that_ends_first_keeps_its_port_for_a_minute() {
    let (sim, _net, client, server) = two();
    let listener = server.listen(BindAddr::from(80).backlog(100_000)).unwrap();
    sim.run(async move {
        let mut kept = use_up(&client, "server:80").await;
        drop(kept.swap_remove(0));
        drop(listener.accept().await.unwrap());
        tokio::time::sleep(secs(59)).await;
        let error = client.connect("server:80").await.unwrap_err();
        assert_os_error(&error, 99, ErrorKind::AddrNotAvailable);
        tokio::time::sleep(secs(2)).await;
        assert_eq!(client.connect("server:80").await.unwrap().local_addr().unwrap().port(), 49_152);
    });
}

#[test]
fn over_loopback_a_client_has_its_port_again_after_a_second() {
    let (sim, _net, _client, server) = two();
    let listener = server.listen(BindAddr::from(80).backlog(100_000)).unwrap();
    sim.run(async move {
        let mut kept = use_up(&server, "127.0.0.1:80").await;
        drop(kept.swap_remove(0));
        drop(listener.accept().await.unwrap());
        tokio::time::sleep(millis(900)).await;
        let error = server.connect("127.0.0.1:80").await.unwrap_err();
        assert_os_error(&error, 99, ErrorKind::AddrNotAvailable);
        tokio::time::sleep(millis(200)).await;
        server.connect("127.0.0.1:80").await.unwrap();
    });
}

#[test]
fn a_retry_loop_meets_itself() {
    let (sim, _net, client, _server) = two();
    sim.run(async move {
        let mut tries = 0;
        let mut stream = loop {
            tries += 1;
            match client.connect("127.0.0.1:50000").await {
                Ok(stream) => break stream,
                Err(error) => assert_os_error(&error, 111, ErrorKind::ConnectionRefused),
            }
        };
        assert_eq!(tries, 50_000 - 49_152 + 1);
        assert_eq!(stream.local_addr().unwrap(), stream.peer_addr().unwrap());
        stream.write_all(b"echo").await.unwrap();
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"echo");
        // The "server" is there, and holds the port.
        let error = client.listen(50_000).unwrap_err();
        assert_os_error(&error, 98, ErrorKind::AddrInUse);
    });
}

/// A stream that is connected to itself.
async fn with_itself(host: &Host) -> TcpStream {
    let socket = host.tcp_socket();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let to = socket.local_addr().unwrap();
    socket.connect(to).await.unwrap()
}

#[test]
fn a_stream_with_itself_ends_with_its_own_end() {
    let (sim, net, client, _server) = two();
    sim.run(async move {
        let mut stream = with_itself(&client).await;
        stream.write_all(b"last words").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "last words");
        let sockets = net.sockets();
        assert_eq!(sockets.len(), 1, "{sockets:?}");
        drop(stream);
        assert!(net.sockets().is_empty());
    });
}

#[test]
fn a_stream_with_itself_is_one_socket_in_every_report() {
    let (sim, net, client, _server) = two();
    let stream = sim.run(with_itself(&client));
    stream.try_write(b"unread").unwrap();
    sim.advance(secs(1));
    assert_eq!((net.sockets().len(), net.sockets()[0].unread), (1, 6));
    assert_eq!(
        net.netstat(),
        [
            "`client` 127.0.0.1:49152 to 127.0.0.1:49152: open, 6 bytes unread, 6 of 2757632 bytes under way, since +0ns"
        ]
    );
    assert_eq!(sim.audit().leftovers().len(), 1);
    client.crash();
    assert_eq!(client.orphaned_sockets().len(), 1);
}

#[test]
fn a_stream_with_itself_survives_loss_and_waits_for_itself() {
    let (sim, net, client, _server) = two();
    let _slow = net.loopback("client").latency(micros(700));
    let lossy = net.loopback("client").loss(unplugged::net::Probability::percent(40));
    let all = sim.run(async move {
        let (mut reads, mut writes) = tokio::io::split(with_itself(&client).await);
        let written = async {
            writes.write_all(&[7; 300_000]).await?; // more than the window
            writes.shutdown().await
        };
        let mut all = Vec::new();
        let (written, read) = tokio::join!(written, reads.read_to_end(&mut all));
        written.unwrap();
        read.unwrap();
        all
    });
    drop(lossy);
    assert_eq!(all.len(), 300_000);
    assert!(all.iter().all(|byte| *byte == 7));
}

#[test]
fn a_stream_with_itself_is_reset_by_itself() {
    let (sim, net, client, _server) = two();
    sim.run(async move {
        let stream = with_itself(&client).await;
        stream.try_write(b"unread").unwrap();
        tokio::time::sleep(millis(1)).await;
        stream.reset();
        tokio::time::sleep(millis(1)).await;
        assert!(net.sockets().is_empty());
        client.listen(49_152).unwrap(); // a reset leaves no TIME-WAIT
    });
}

#[test]
fn a_connect_to_itself_that_is_given_up_is_refused_its_own_syn() {
    let (sim, net, client, _server) = two();
    let _slow = net.loopback("client").latency(millis(700));
    let socket = client.tcp_socket();
    socket.bind("127.0.0.1:600".parse().unwrap()).unwrap();
    let connecting = sim.watch(socket.connect("127.0.0.1:600".parse().unwrap()));
    sim.advance(millis(100));
    drop(connecting);
    sim.advance(secs(10));
    assert!(net.sockets().is_empty());
    client.listen(600).unwrap();
}

#[test]
fn a_bound_socket_holds_its_port_and_refuses() {
    let (sim, net, client, server) = two();
    let socket = server.tcp_socket();
    socket.bind("0.0.0.0:80".parse().unwrap()).unwrap();
    let made = line!() - 2;
    assert_eq!(socket.local_addr().unwrap().to_string(), "0.0.0.0:80");
    assert_os_error(&server.listen(80).unwrap_err(), 98, ErrorKind::AddrInUse);
    assert_os_error(&socket.bind("0.0.0.0:0".parse().unwrap()).unwrap_err(), 22, ErrorKind::InvalidInput);
    let error = sim.run(client.connect("server:80")).unwrap_err();
    assert_os_error(&error, 111, ErrorKind::ConnectionRefused);

    let sockets = net.sockets();
    assert_eq!(sockets.len(), 1);
    assert_eq!((sockets[0].protocol, sockets[0].state), (Protocol::Tcp, Some(TcpState::Closed)));
    assert_eq!(net.netstat(), ["`server` is bound to port 80 and does not listen, since +0ns"]);
    let expected: Vec<String> = sim.audit().expected().iter().map(ToString::to_string).collect();
    assert_eq!(
        expected,
        [format!(
            "`server` socket on port 80, which does not listen, since +0ns, made at tests/it/net/ports.rs:{made}:25"
        )]
    );
    assert_eq!(
        format!("{socket:?}"),
        "TcpSocket { local: Some(0.0.0.0:80), reuseaddr: false, reuseport: false }"
    );

    let listener = socket.listen(8).unwrap();
    assert_eq!(listener.local_addr().unwrap().to_string(), "0.0.0.0:80");
    let _near = sim.run(client.connect("server:80")).unwrap();
    let _far = sim.run(listener.accept()).unwrap();
    drop(listener);
    // Its connection does not share the port, as it did not.
    assert_os_error(&server.listen(80).unwrap_err(), 98, ErrorKind::AddrInUse);
}

#[test]
fn a_connect_comes_from_the_port_that_was_chosen() {
    let (sim, _net, client, server) = two();
    let (listener, another) = (server.listen(80).unwrap(), server.listen(81).unwrap());
    let [to, elsewhere] = [80, 81].map(|port| SocketAddr::new(server.ip().into(), port));
    sim.run(async move {
        let from = |reuse: bool| {
            let socket = client.tcp_socket();
            socket.set_reuseaddr(reuse).unwrap();
            socket.bind("0.0.0.0:1023".parse().unwrap()).map(|()| socket)
        };
        let stream = from(true).unwrap().connect(to).await.unwrap();
        assert_eq!(stream.local_addr().unwrap().to_string(), "10.0.0.1:1023");
        assert_eq!(listener.accept().await.unwrap().1.to_string(), "10.0.0.1:1023");
        // The port is held as long as the stream, and goes to one destination once.
        assert_os_error(&from(false).unwrap_err(), 98, ErrorKind::AddrInUse);
        let error = from(true).unwrap().connect(to).await.unwrap_err();
        assert_os_error(&error, 99, ErrorKind::AddrNotAvailable);
        let second = from(true).unwrap().connect(elsewhere).await.unwrap();
        assert_eq!(another.accept().await.unwrap().1, stream.local_addr().unwrap());
        // After the end it is in TIME-WAIT, and whoever says so has it all the same.
        drop((stream, second));
        tokio::time::sleep(secs(1)).await;
        assert_os_error(&from(false).unwrap_err(), 98, ErrorKind::AddrInUse);
        from(true).unwrap().connect(to).await.unwrap();
        tokio::time::sleep(secs(61)).await;
        from(false).unwrap();
    });
}

#[test]
fn a_connect_that_fails_frees_the_port_that_was_chosen() {
    let (sim, _net, client, server) = two();
    let to = SocketAddr::new(server.ip().into(), 80);
    let socket = || {
        let socket = client.tcp_socket();
        socket.bind("0.0.0.0:1023".parse().unwrap()).map(|()| socket)
    };
    let refused = sim.run(socket().unwrap().connect(to)).unwrap_err();
    assert_os_error(&refused, 111, ErrorKind::ConnectionRefused);
    server.pause();
    let connecting = sim.watch(socket().unwrap().connect(to));
    sim.advance(millis(1));
    assert_os_error(&socket().unwrap_err(), 98, ErrorKind::AddrInUse);
    drop(connecting);
    sim.settle();
    drop(socket().unwrap());
    drop(socket().unwrap().connect(to)); // it was never polled
    socket().unwrap();
}

#[test]
fn a_crash_takes_bound_sockets_with_it() {
    let (sim, _net, client, server) = two();
    let socket = server.tcp_socket();
    socket.bind("0.0.0.0:80".parse().unwrap()).unwrap();
    server.crash();
    assert_eq!(server.orphaned_sockets(), ["socket on port 80"]);
    server.restart();
    let _listener = server.listen(80).unwrap(); // it is another life's port
    let to = SocketAddr::new(client.ip().into(), 80);
    let error = sim.run(socket.connect(to)).unwrap_err();
    assert_os_error(&error, 103, ErrorKind::ConnectionAborted);
    assert!(server.orphaned_sockets().is_empty());
}

#[test]
fn listeners_that_share_a_port_get_each_their_part_of_the_connections() {
    let (sim, net, client, server) = two();
    let listen = || server.listen(BindAddr::from(80).reuseport(true));
    let _listeners = [listen().unwrap(), listen().unwrap(), listen().unwrap()];
    assert_os_error(&server.listen(80).unwrap_err(), 98, ErrorKind::AddrInUse);
    sim.run(async move {
        for _ in 0..60 {
            client.connect("server:80").await.unwrap();
        }
    });
    sim.advance(millis(1));
    let listening = net.sockets().into_iter().filter(|socket| socket.state == Some(TcpState::Listen));
    let waiting: Vec<usize> = listening.map(|socket| socket.unread).collect();
    assert_eq!(waiting.iter().sum::<usize>(), 60);
    assert!(waiting.iter().all(|count| *count > 5), "{waiting:?}");
}

#[test]
fn datagram_sockets_share_a_port_if_both_say_so() {
    let (sim, _net, client, server) = two();
    let bind = |how: fn(BindAddr) -> BindAddr| server.bind_udp(how(BindAddr::from(5353)));
    let first = bind(|local| local.reuseaddr(true)).unwrap();
    assert_os_error(&server.bind_udp(5353).unwrap_err(), 98, ErrorKind::AddrInUse);
    assert_os_error(&bind(|local| local.reuseport(true)).unwrap_err(), 98, ErrorKind::AddrInUse);
    let last = bind(|local| local.reuseaddr(true)).unwrap();
    // To the host: the last one hears it. To a group: each.
    let near = client.bind_udp(0).unwrap();
    near.try_send_to(b"x", "server:5353").unwrap();
    sim.advance(millis(1));
    assert_eq!(first.try_recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(last.try_recv(&mut [0; 8]).unwrap(), 1);
    let group = std::net::Ipv4Addr::new(224, 0, 0, 251);
    first.join_multicast(group).unwrap();
    near.try_send_to(b"x", (group, 5353)).unwrap();
    sim.advance(millis(1));
    assert_eq!((first.try_recv(&mut [0; 8]).unwrap(), last.try_recv(&mut [0; 8]).unwrap()), (1, 1));
}
