//! Streams and listeners, in a sim.

use std::io::ErrorKind;

use futures_core::Stream as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, micros, millis, secs},
    explore,
    net::{Probability, TcpListener, TcpStream},
};

use super::{assert_os_error, connected, echo, hears, two};

#[test]
fn its_types_can_go_anywhere() {
    fn check<T: Unpin + Send + Sync + std::fmt::Debug + 'static>() {}
    check::<TcpStream>();
    check::<TcpListener>();
    check::<unplugged::net::UdpSocket>();
    check::<unplugged::net::Host>();
    check::<unplugged::net::Net>();
}

#[test]
fn a_link_of_150_microseconds_gives_a_round_trip_of_300() {
    let (sim, net, client, server) = two();
    net.between("client", "server").latency(micros(150)).keep();
    let clock = sim.clock();
    sim.run(async move {
        tokio::spawn(echo(server.listen(80).unwrap()));
        let mut stream = client.connect("server:80").await.unwrap();
        assert_eq!(clock.since_start(), micros(300));
        for round in 2..100 {
            stream.write_all(b"ping").await.unwrap();
            hears(&mut stream, b"ping").await;
            assert_eq!(clock.since_start(), micros(300 * round));
        }
    });
}

#[test]
fn the_ends_know_their_addresses() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        assert_eq!(listener.local_addr().unwrap().to_string(), "0.0.0.0:80");
        let near = client.connect("server:80").await.unwrap();
        let (far, from) = listener.accept().await.unwrap();
        assert_eq!(near.local_addr().unwrap().to_string(), "10.0.0.1:49152");
        assert_eq!(near.peer_addr().unwrap().to_string(), "10.0.0.2:80");
        assert_eq!(far.local_addr().unwrap(), near.peer_addr().unwrap());
        assert_eq!((far.peer_addr().unwrap(), from), (from, near.local_addr().unwrap()));
        let six = client.connect((server.ipv6(), 80)).await.unwrap();
        assert_eq!(six.local_addr().unwrap().to_string(), "[fd00::1]:49153");
    });
}

#[test]
fn a_host_reaches_itself_by_every_name_it_has() {
    let (sim, _net, _client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let _all = server.listen(80).unwrap();
        let own = server.ip();
        for to in ["localhost:80", "127.0.0.1:80", "[::1]:80", "server:80", &format!("{own}:80")] {
            let begun = clock.since_start();
            let stream = server.connect(to).await.unwrap();
            assert_eq!(clock.since_start() - begun, micros(20), "{to}");
            assert_eq!(stream.peer_addr().unwrap().port(), 80);
        }
    });
}

#[test]
fn connections_are_accepted_in_the_order_of_their_handshakes_and_as_a_stream() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let mut listener = Box::pin(server.listen(80).unwrap());
        let mut ends = Vec::new();
        for _ in 0..3 {
            ends.push(client.connect("server:80").await.unwrap());
        }
        for end in &ends {
            let next = std::future::poll_fn(|cx| listener.as_mut().poll_next(cx)).await.unwrap().unwrap();
            assert_eq!(next.peer_addr().unwrap(), end.local_addr().unwrap());
        }
    });
}

#[test]
fn a_listener_that_waits_is_woken_by_a_later_connection() {
    let (sim, _net, client, server) = two();
    let listener = server.listen(80).unwrap();
    let accepted = sim.watch(async move { listener.accept().await });
    sim.advance(secs(1));
    accepted.assert_pending();
    let _stream = sim.run(async move { client.connect("server:80").await }).unwrap();
    sim.advance(millis(1));
    accepted.assert_success();
}

#[test]
fn a_full_window_makes_the_writer_wait_until_bytes_are_read() {
    let (sim, net, client, server) = two();
    net.set_window(1000);
    let (mut near, far) = sim.run(async move { connected(&client, &server).await });
    let written = sim.watch(async move { near.write_all(&[7; 1500]).await.map(|()| near) });
    sim.advance(secs(10));
    written.assert_pending();
    let mut buffer = [0; 600];
    assert_eq!(far.try_read(&mut buffer).unwrap(), 600);
    sim.advance(millis(1));
    written.assert_success();
}

#[test]
fn trying_says_that_it_would_block() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    assert_eq!(far.try_read(&mut [0; 4]).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(far.try_read(&mut []).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(near.try_write(b"12345").unwrap(), 4);
    assert_eq!(near.try_write(b"5").unwrap_err().kind(), ErrorKind::WouldBlock);
    sim.advance(millis(1));
    let mut buffer = [0; 8];
    assert_eq!(far.try_read(&mut buffer).unwrap(), 4);
}

#[test]
fn readable_and_writable_wait_for_what_they_say() {
    let (sim, net, client, server) = two();
    net.set_window(4);
    let clock = sim.clock();
    sim.run(async move {
        let (near, far) = connected(&client, &server).await;
        near.writable().await.unwrap();
        near.try_write(b"1234").unwrap();
        let begun = clock.since_start();
        far.readable().await.unwrap();
        assert_eq!(clock.since_start() - begun, millis(1));
        let (writable, ()) = tokio::join!(near.writable(), async {
            far.try_read(&mut [0; 4]).unwrap();
        });
        writable.unwrap();
        assert_eq!(clock.since_start() - begun, millis(2));
    });
}

#[test]
fn a_peek_shows_bytes_and_takes_none() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        near.write_all(b"hello").await.unwrap();
        let mut buffer = [0; 3];
        assert_eq!(far.peek(&mut buffer).await.unwrap(), 3);
        assert_eq!(far.peek(&mut buffer).await.unwrap(), 3);
        let mut all = [0; 5];
        far.read_exact(&mut all).await.unwrap();
        assert_eq!((&buffer, &all), (b"hel", b"hello"));
    });
}

#[test]
fn nodelay_is_off_unless_set() {
    let (sim, _net, client, server) = two();
    let (near, _far) = sim.run(async move { connected(&client, &server).await });
    assert!(!near.nodelay().unwrap());
    near.set_nodelay(true).unwrap();
    assert!(near.nodelay().unwrap());
}

#[test]
fn halves_work_in_two_tasks_and_the_writing_one_ends_its_direction() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, far) = connected(&client, &server).await;
        let ((mut read, write), (mut heard, mut answer)) = (near.into_split(), far.into_split());
        let sending = tokio::spawn(async move {
            let mut write = write;
            write.write_all(b"question").await.unwrap();
        });
        let mut bytes = Vec::new();
        heard.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes, b"question");
        sending.await.unwrap();
        answer.write_all(b"answer").await.unwrap();
        drop(answer);
        bytes.clear();
        read.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes, b"answer");
    });
}

#[test]
fn halves_of_tokio_work_too_borrowed_and_owned() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, far) = connected(&client, &server).await;
        let (mut heard, mut answer) = tokio::io::split(far);
        {
            let (mut read, mut write) = tokio::io::split(&mut near);
            let (sent, byte) = tokio::join!(write.write_all(b"q"), heard.read_u8());
            assert!(sent.is_ok() && byte.unwrap() == b'q');
            answer.write_all(b"a").await.unwrap();
            assert_eq!(read.read_u8().await.unwrap(), b'a');
        }
        assert!(near.try_write(b"whole again").is_ok());
    });
}

#[test]
fn halves_of_one_stream_can_be_joined_and_of_two_cannot() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, far) = connected(&client, &server).await;
        let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
        let (near_read, far_write) = near_read.reunite(far_write).unwrap_err();
        assert_eq!(near_read.as_ref().local_addr().unwrap(), near_write.as_ref().local_addr().unwrap());
        let mut near = near_write.reunite(near_read).unwrap();
        let mut far = far_read.reunite(far_write).unwrap();
        near.write_all(b"x").await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), b'x');
    });
}

#[test]
fn a_reset_is_told_once_and_then_the_stream_is_at_its_end() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        near.reset();
        assert_eq!(far.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        assert_eq!(far.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_cancelled_read_or_connect_loses_nothing() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        let cancelled = tokio::time::timeout(millis(1), far.read(&mut [0; 4])).await;
        assert!(cancelled.is_err());
        near.write_all(b"kept").await.unwrap();
        let mut heard = [0; 4];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"kept");
        let black_hole = client.connect("203.0.113.1:80");
        assert!(tokio::time::timeout(secs(5), black_hole).await.is_err());
        let next = client.connect("203.0.113.1:80");
        assert!(tokio::time::timeout(secs(5), next).await.is_err());
    });
}

#[test]
fn refused_silent_and_unresolvable_are_three_things() {
    let (sim, _net, client, _server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let refused = client.connect("server:80").await.unwrap_err();
        assert_eq!((refused.kind(), clock.since_start()), (ErrorKind::ConnectionRefused, millis(2)));
        assert_os_error(&refused, 111, ErrorKind::ConnectionRefused);

        let begun = clock.since_start();
        let silent = client.connect("203.0.113.1:80").await.unwrap_err();
        assert_eq!((silent.kind(), clock.since_start() - begun), (ErrorKind::TimedOut, secs(131)));
        assert_os_error(&silent, 110, ErrorKind::TimedOut);

        let unknown = client.connect("nobody:80").await.unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "failed to lookup address information: no host is called `nobody`, there are `client`, `server`"
        );
        assert_eq!(format!("{:?}", unknown.kind()), "Uncategorized"); // the kind that std gives, and no code can name
    });
}

#[test]
fn a_connect_can_have_a_time_of_its_own() {
    let (sim, net, client, server) = two();
    let clock = sim.clock();
    let _listener = server.listen(80).unwrap();
    sim.run(async move {
        let slow = client.connect_timeout("203.0.113.1:80", secs(5)).await.unwrap_err();
        assert_eq!((slow.kind(), clock.since_start()), (ErrorKind::TimedOut, secs(5)));
        assert_eq!(
            slow.to_string(),
            "`client` cannot connect to `203.0.113.1:80`: connection timed out: no answer in 5s"
        );
        let none = client.connect_timeout("server:80", secs(0)).await.unwrap_err();
        assert_eq!(none.kind(), ErrorKind::InvalidInput);
        assert_eq!(none.to_string(), "cannot set a 0 duration timeout");
        let _kept = client.connect_timeout("server:80", millis(3)).await.unwrap();
        let refused = client.connect_timeout("server:81", millis(3)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert_eq!(net.netstat().len(), 3, "{:?}", net.netstat()); // nothing of the attempts is left
    });
}

#[test]
fn a_port_is_free_again_after_its_listener_is_dropped() {
    let (sim, _net, client, server) = two();
    let first = server.listen(80).unwrap();
    let error = server.listen(80).unwrap_err();
    assert_os_error(&error, 98, ErrorKind::AddrInUse);
    drop(first);
    let _again = server.listen(80).unwrap();
    sim.run(async move { client.connect("server:80").await }).unwrap();
}

#[test]
fn a_foreign_address_cannot_be_listened_on() {
    let (_sim, _net, client, server) = two();
    let error = server.listen((client.ip(), 80)).unwrap_err();
    assert_os_error(&error, 99, ErrorKind::AddrNotAvailable);
    server.add_address("198.51.100.7".parse().unwrap());
    assert!(server.listen((std::net::Ipv4Addr::new(198, 51, 100, 7), 80)).is_ok());
}

#[test]
fn dynamic_ports_run_out_and_come_back() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        let (mut streams, mut kept) = (Vec::new(), Vec::new());
        for _ in 49152..=65535 {
            streams.push(client.connect("server:80").await.unwrap());
            kept.push(listener.accept().await.unwrap().0);
        }
        let error = client.connect("server:80").await.unwrap_err();
        assert_os_error(&error, 99, ErrorKind::AddrNotAvailable);
        streams.pop().unwrap().reset();
        tokio::time::sleep(millis(5)).await;
        // As on Linux: the client's own end decides, though the server still holds the other.
        let again = client.connect("server:80").await.unwrap();
        assert_eq!(again.local_addr().unwrap().port(), 65535);
    });
}

#[test]
fn a_watch_names_what_a_socket_waits_for() {
    let (sim, _net, client, server) = two();
    let listener = server.listen(80).unwrap();
    let listening = line!() - 1;
    let accepting = sim.watch(async move { listener.accept().await });
    let connecting = sim.watch(client.connect("203.0.113.1:80"));
    let called = line!() - 1;
    sim.settle();
    assert_eq!(
        accepting.check_success().unwrap_err().detail("waits").unwrap(),
        format!("connection on `0.0.0.0:80`, made at tests/it/net/streams.rs:{listening}:27")
    );
    assert_eq!(
        connecting.check_success().unwrap_err().detail("waits").unwrap(),
        format!("connect to `203.0.113.1:80`, made at tests/it/net/streams.rs:{called}:39")
    );
}

#[test]
fn its_debug_text_shows_the_state() {
    let (sim, _net, client, server) = two();
    let (near, far) = sim.run(async move { connected(&client, &server).await });
    near.try_write(b"four").unwrap();
    sim.advance(millis(1));
    assert_eq!(
        format!("{far:?}"),
        "TcpStream { local: 10.0.0.2:49152, peer: 10.0.0.1:49152, state: open, 4 bytes unread, 0 of 218112 bytes \
         under way }"
    );
}

#[test]
fn a_mebibyte_each_way_at_once_arrives_whole_whatever_the_pieces() {
    let (sim, net, client, server) = two();
    net.set_window(10_000);
    let mut draws = sim.rng("test");
    let mut payload = || (0..1 << 17).flat_map(|_| draws.next_u64().to_le_bytes()).collect::<Vec<u8>>();
    let (there, back) = (payload(), payload());
    /// Writes all of it in pieces, and ends the direction; reads all that comes.
    async fn exchange(stream: TcpStream, sent: Vec<u8>, piece: usize) -> Vec<u8> {
        let (mut read, mut write) = stream.into_split();
        let writing = tokio::spawn(async move {
            for chunk in sent.chunks(piece) {
                write.write_all(chunk).await.unwrap();
            }
        });
        let mut heard = Vec::new();
        read.read_to_end(&mut heard).await.unwrap();
        writing.await.unwrap();
        heard
    }
    sim.run(async move {
        let (near, far) = connected(&client, &server).await;
        let ours = exchange(near, there.clone(), 16 * 1024);
        let theirs = exchange(far, back.clone(), 777);
        let (ours, theirs) = tokio::join!(ours, theirs);
        assert!(ours == back && theirs == there);
    });
}

#[test]
fn several_tasks_that_accept_get_a_connection_each() {
    let (sim, _net, client, server) = two();
    let listener = std::sync::Arc::new(server.listen(80).unwrap());
    let accepting = [0, 1].map(|_| {
        let listener = std::sync::Arc::clone(&listener);
        sim.watch(async move { listener.accept().await })
    });
    sim.settle();
    let _streams = sim.run(async move {
        [client.connect("server:80").await.unwrap(), client.connect("server:80").await.unwrap()]
    });
    sim.advance(millis(1));
    for accepted in accepting {
        accepted.assert_success();
    }
}

#[test]
fn a_stream_that_outlives_its_sim_is_still_safe_to_drop() {
    let (sim, net, client, server) = two();
    let ends = sim.run(async move { connected(&client, &server).await });
    drop((sim, net));
    drop(ends);
}

/// The end of the client is read, and the server gone, when the client sends its end once more, because the word
/// that it arrived was lost.
#[test]
fn a_lost_acknowledgement_is_no_reset_of_a_connection_that_ended_well() {
    let explored = explore::seeds(0..100, async |sim: Sim| {
        let net = sim.net();
        let (server, client) = (net.host("server"), net.host("client"));
        net.everywhere().latency(millis(20)).keep();
        net.everywhere().loss(Probability::percent(20)).keep();
        let listener = server.listen(80).unwrap();
        let mut stream = client.connect("server:80").await.unwrap();
        let (mut accepted, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            accepted.read_to_end(&mut Vec::new()).await.unwrap();
            accepted.write_all(b"answer").await.unwrap();
        });
        stream.write_all(b"question").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"answer");
    });
    explored.assert_cases(100);
}
