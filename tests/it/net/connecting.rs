//! How connections begin: handshakes, listeners that come and go, ports.

use std::{
    future::Future,
    io::ErrorKind,
    task::{Context, Waker},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use unplugged::{
    clock::{ClockExt, hours, micros, millis, mins, secs},
    net::{Host, NameServer, Net, Verdict},
    trace::PacketKind,
};

use super::{connected, two};

/// Loses the `nth` packet of every handshake that comes from this host, counted from 0.
fn lose_of_handshake(net: &Net, from: &'static str, nth: usize) {
    let mut seen = 0;
    let decide = move |packet: &unplugged::net::Packet<'_>| {
        if !matches!(packet.kind, PacketKind::Syn | PacketKind::SynAck | PacketKind::Ack)
            || packet.from_host != from
        {
            return Verdict::Pass;
        }
        seen += 1;
        if seen == nth + 1 { Verdict::Drop } else { Verdict::Pass }
    };
    net.everywhere().inspect(decide).keep();
}

#[test]
fn a_cut_of_either_way_is_silence_to_a_connect_and_a_hold_lets_it_wait() {
    for (from, to) in [("client", "server"), ("server", "client")] {
        let (sim, net, client, server) = two();
        let _listener = server.listen(80).unwrap();
        let cut = net.link(from, to).partition();
        let silent = sim.watch(client.connect("server:80"));
        sim.advance(mins(3));
        assert_eq!(silent.assert_failure().kind(), ErrorKind::TimedOut, "{from} to {to}");
        drop(cut);
        let hold = net.link(from, to).hold();
        let held = sim.watch(client.connect("server:80"));
        sim.advance(hours(1));
        held.assert_pending();
        drop(hold);
        sim.advance(millis(1));
        held.assert_success();
    }
}

/// Source: Linux 6.18, which was watched as it connected to a listener with no room.
#[test]
fn a_silent_connect_sends_its_syn_six_times_a_second_apart_and_then_doubles() {
    let (sim, net, client, _server) = two();
    let _cut = net.link("client", "server").partition();
    let clock = sim.clock();
    let failure = sim.run(async move { client.connect("server:80").await }).unwrap_err();
    assert_eq!((failure.kind(), clock.since_start()), (ErrorKind::TimedOut, secs(131)));
    let sent: Vec<String> =
        sim.transcript().lines().into_iter().filter(|line| line.ends_with("SYN sent")).collect();
    let instants = ["+0ns", "+1s", "+2s", "+3s", "+4s", "+5s", "+7s", "+11s", "+19s", "+35s", "+67s"];
    assert_eq!(sent, instants.map(|at| format!("{at} `client`:49152 to `server`:80: SYN sent")));
}

#[test]
fn a_lost_packet_of_a_handshake_costs_a_second() {
    for (from, what) in [("client", "the SYN"), ("server", "the SYN-ACK")] {
        let (sim, net, client, server) = two();
        let _listener = server.listen(80).unwrap();
        lose_of_handshake(&net, from, 0);
        let clock = sim.clock();
        sim.run(async move { client.connect("server:80").await }).unwrap();
        assert_eq!(clock.since_start(), secs(1) + millis(2), "{what}");
    }
}

#[test]
fn a_lost_third_packet_is_told_by_the_first_bytes() {
    let (sim, net, client, server) = two();
    lose_of_handshake(&net, "client", 1);
    let clock = sim.clock();
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        let mut near = client.connect("server:80").await.unwrap();
        tokio::time::sleep(millis(8)).await;
        near.write_all(b"x").await.unwrap();
        let _accepted = listener.accept().await.unwrap();
        assert_eq!(clock.since_start(), millis(11));
    });
}

#[test]
fn a_connect_given_up_while_it_is_held_is_never_accepted() {
    let (sim, net, client, server) = two();
    let listener = server.listen(80).unwrap();
    let hold = net.between("client", "server").hold();
    let given_up = sim.watch(async move { timeout(secs(1), client.connect("server:80")).await });
    sim.advance(secs(1));
    assert!(given_up.into_output().is_err());
    drop(hold);
    let accepting = sim.watch(async move { listener.accept().await });
    sim.advance(mins(5));
    accepting.assert_pending();
    assert_eq!(net.netstat(), ["`server` listens on port 80, 0 wait to be accepted, since +0ns"]);
}

#[test]
fn a_cancelled_connect_leaves_no_socket_and_no_port_behind() {
    let (sim, net, client, server) = two();
    let _listener = server.listen(80).unwrap();
    let _cut = net.everywhere().partition();
    let mut connecting = Box::pin(client.connect("server:80"));
    let mut context = Context::from_waker(Waker::noop());
    assert!(connecting.as_mut().poll(&mut context).is_pending());
    assert_eq!(net.netstat().len(), 2);
    assert_eq!(client.listen(49152).unwrap_err().kind(), ErrorKind::AddrInUse);
    drop(connecting);
    assert_eq!(net.netstat(), ["`server` listens on port 80, 0 wait to be accepted, since +0ns"]);
    sim.advance(secs(1)); // when the next attempt would be due
    assert!(client.listen(49152).is_ok());
}

#[test]
fn a_held_connect_stands_in_nobodys_way() {
    let (sim, net, client, server) = two();
    let other = net.host("other");
    let listener = server.listen(80).unwrap();
    let _hold = net.link("client", "server").hold();
    let held = sim.watch(client.connect("server:80"));
    sim.advance(secs(1));
    let clock = sim.clock();
    sim.run(async move {
        let _stream = other.connect("server:80").await.unwrap();
        let (_, from) = listener.accept().await.unwrap();
        assert_eq!(from.ip(), other.ip());
        assert_eq!(clock.since_start(), secs(1) + millis(3));
    });
    held.assert_pending();
}

#[test]
fn what_a_server_says_first_arrives_a_round_trip_after_the_connect() {
    let (sim, _net, client, server) = two();
    let clock = sim.clock();
    server.start(|server| async move {
        let (mut stream, _) = server.listen(80).unwrap().accept().await.unwrap();
        stream.write_u8(9).await.unwrap();
    });
    sim.run(async move {
        let mut stream = client.connect("server:80").await.unwrap();
        assert_eq!(clock.since_start(), millis(2));
        assert_eq!(stream.read_u8().await.unwrap(), 9);
        assert_eq!(clock.since_start(), millis(4));
    });
}

#[test]
fn several_clients_are_served_at_once_each_with_its_own_bytes() {
    let (sim, net, _client, server) = two();
    server.start(|server| async move {
        let listener = server.listen(80).unwrap();
        while let Ok((mut stream, _)) = listener.accept().await {
            server.spawn(async move {
                stream.set_nodelay(true).unwrap();
                while let Ok(many) = stream.read_u8().await {
                    for number in 0..many {
                        stream.write_u8(number).await.unwrap();
                    }
                }
            });
        }
    });
    let clients = [1, 2, 3].map(|many| {
        let host = net.host(format!("client-{many}"));
        sim.watch(async move {
            let mut stream = host.connect("server:80").await.unwrap();
            stream.write_u8(many).await.unwrap();
            let mut heard = vec![0; many.into()];
            stream.read_exact(&mut heard).await.unwrap();
            heard
        })
    });
    sim.advance(millis(4)); // two round trips: the others cost nobody any time
    for (client, many) in clients.iter().zip(1..) {
        assert_eq!(client.assert_ready(), &(0..many).collect::<Vec<u8>>());
    }
}

#[test]
fn a_listener_dropped_before_the_syn_arrives_refuses_and_after_it_resets() {
    let (sim, _net, client, server) = two();
    let listener = server.listen(80).unwrap();
    let refused = sim.watch(client.connect("server:80"));
    sim.advance(micros(500));
    drop(listener);
    sim.advance(micros(1500));
    assert_eq!(refused.assert_failure().kind(), ErrorKind::ConnectionRefused);

    let clock = sim.clock();
    let begun = clock.since_start();
    let listener = server.listen(80).unwrap();
    let heard = sim.watch(async move {
        let mut stream = client.connect("server:80").await.unwrap();
        let connected_at = clock.since_start();
        let error = stream.read(&mut [0]).await.unwrap_err();
        (connected_at - begun, error.kind(), clock.since_start() - begun)
    });
    sim.advance(micros(1500)); // the SYN is there, the answer on its way
    drop(listener);
    sim.advance(millis(10));
    assert_eq!(heard.assert_ready(), &(millis(2), ErrorKind::ConnectionReset, millis(4)));
}

#[test]
fn port_zero_is_a_dynamic_port_that_is_free() {
    let (_sim, _net, _client, server) = two();
    let _taken = (server.listen(49153).unwrap(), server.bind_udp(49153).unwrap());
    let listeners = [0, 0, 0].map(|port| server.listen(port).unwrap());
    let sockets = [0, 0, 0].map(|port| server.bind_udp(port).unwrap());
    let mut streams =
        listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect::<Vec<_>>();
    let mut datagrams = sockets.iter().map(|socket| socket.local_addr().unwrap().port()).collect::<Vec<_>>();
    for ports in [&mut streams, &mut datagrams] {
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 3);
        assert!(ports.iter().all(|port| *port >= 49152 && *port != 49153), "{ports:?}");
    }
}

#[test]
fn port_zero_goes_round_and_leaves_out_the_ports_of_other_addresses() {
    let (_sim, _net, _client, server) = two();
    let extra = std::net::Ipv4Addr::new(198, 51, 100, 7);
    server.add_address(extra.into());
    let _streams = (server.listen((server.ip(), 49152)).unwrap(), server.listen((extra, 65535)).unwrap());
    let _datagrams =
        (server.bind_udp((server.ip(), 49152)).unwrap(), server.bind_udp((extra, 65535)).unwrap());
    let ports = 49152..=65535_u16;
    // Three times round: each port but the two that are taken, of whichever address.
    for _ in 0..3 {
        let mut streams: Vec<u16> = ports.clone().skip(2).map(|_| free_stream_port(&server, extra)).collect();
        let mut datagrams: Vec<u16> =
            ports.clone().skip(2).map(|_| free_datagram_port(&server, extra)).collect();
        for each in [&mut streams, &mut datagrams] {
            each.sort_unstable();
            assert!(each.iter().copied().eq(49153..=65534), "{} ports", each.len());
        }
    }
}

fn free_stream_port(host: &Host, address: std::net::Ipv4Addr) -> u16 {
    host.listen((address, 0)).unwrap().local_addr().unwrap().port()
}

fn free_datagram_port(host: &Host, address: std::net::Ipv4Addr) -> u16 {
    host.bind_udp((address, 0)).unwrap().local_addr().unwrap().port()
}

fn is_in_use(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(98)
}

#[test]
fn whoever_ends_first_the_port_comes_back() {
    for server_first in [true, false] {
        let (sim, net, client, server) = two();
        let host = client.clone();
        sim.run(async move {
            for _ in 0..50 {
                let (near, far) = connected(&host, &server).await;
                let (mut first, mut second) = if server_first { (far, near) } else { (near, far) };
                first.shutdown().await.unwrap();
                assert_eq!(second.read(&mut [0]).await.unwrap(), 0);
                second.shutdown().await.unwrap();
                assert_eq!(first.read(&mut [0]).await.unwrap(), 0);
            }
        });
        sim.advance(millis(5));
        assert_eq!(format!("{net:?}"), "Net { hosts: 2, connections: 0, rules: [] }", "{server_first}");
        let again = || -> Vec<_> { (49152..49152 + 50).map(|port| client.listen(port)).collect() };
        if !server_first {
            // The client is in TIME-WAIT, and did not say that it shares its port.
            assert!(again().iter().all(|error| error.as_ref().is_err_and(is_in_use)), "{:?}", again());
            sim.advance(secs(60));
        }
        assert!(again().iter().all(Result::is_ok), "{:?}", again());
    }
}

#[test]
fn more_connections_than_there_are_ports_come_one_after_another() {
    let (sim, _net, client, server) = two();
    let ends = sim.run(async move {
        let listener = server.listen(80).unwrap();
        let mut ends = 0;
        for _ in 49152..=65_536 {
            let mut near = client.connect("server:80").await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            near.shutdown().await.unwrap();
            ends += far.read(&mut [0]).await.unwrap();
            drop((near, far));
            tokio::time::sleep(millis(2)).await;
        }
        ends
    });
    assert_eq!(ends, 0);
}

#[test]
fn listeners_of_two_addresses_share_a_port_and_hear_each_its_own() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let extra = std::net::Ipv4Addr::new(198, 51, 100, 7);
        server.add_address(extra.into());
        let one = server.listen((server.ip(), 80)).unwrap();
        let other = server.listen((extra, 80)).unwrap();
        assert_eq!(server.listen(80).unwrap_err().kind(), ErrorKind::AddrInUse);
        let near = client.connect((extra, 80)).await.unwrap();
        let (far, _) = other.accept().await.unwrap();
        assert_eq!(far.peer_addr().unwrap(), near.local_addr().unwrap());
        assert!(timeout(secs(1), one.accept()).await.is_err());
        // The own address speaks to itself.
        let own = server.connect((extra, 80)).await.unwrap();
        assert_eq!(own.local_addr().unwrap().ip(), extra);
    });
}

#[test]
fn an_address_that_comes_while_a_connect_tries_is_found_by_its_next_attempt() {
    let (sim, _net, client, server) = two();
    let _listener = server.listen(80).unwrap();
    let floating = std::net::Ipv4Addr::new(10, 99, 0, 1);
    let connecting = sim.watch(async move { client.connect((floating, 80)).await });
    sim.advance(millis(500));
    server.add_address(floating.into());
    sim.advance(millis(501));
    connecting.assert_pending();
    sim.advance(millis(1));
    assert_eq!(connecting.assert_success().peer_addr().unwrap().to_string(), "10.99.0.1:80");
}

#[test]
fn a_limit_beyond_all_time_is_none() {
    let (sim, _net, client, server) = two();
    let silent =
        client.connect_timeout((std::net::Ipv4Addr::new(10, 99, 0, 1), 80), std::time::Duration::MAX);
    assert_eq!(sim.run(silent).unwrap_err().kind(), ErrorKind::TimedOut); // the system's own
    assert_eq!(sim.clock().since_start(), secs(131));
    let _listener = server.listen(80).unwrap();
    sim.run(client.connect_timeout("server:80", std::time::Duration::MAX)).unwrap();
}

#[test]
fn what_the_kit_waits_for_was_made_where_the_test_said() {
    let (sim, net, client, server) = two();
    server.start(|host| NameServer::new().delay(secs(1)).serve(host));
    let served = line!() - 1;
    client.set_name_servers([server.ip()]);
    let _connecting = sim.watch(client.connect_timeout("shop.example:80", secs(7)));
    let made = line!() - 1;
    sim.advance(millis(1)); // the question is there
    let audit = format!("{:?}", sim.audit());
    let told = audit.matches("made at ").count();
    let [of_client, of_server] =
        [made, served].map(|line| format!("made at {}:{line}:", file!().replace('\\', "/")));
    assert_eq!(audit.matches(&of_client).count() + audit.matches(&of_server).count(), told, "{audit}");
    assert!(told > 4, "{audit}");
    drop(net);
}
