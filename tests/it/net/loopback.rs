//! What a host sends to itself.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{ClockExt, micros, millis, secs},
    net::{Probability, RuleGuard},
};

use super::{connected, echo, hears, two};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

#[test]
fn it_takes_ten_microseconds_unless_set() {
    let (sim, net, _client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        tokio::spawn(echo(server.listen(80).unwrap()));
        let mut stream = server.connect("localhost:80").await.unwrap();
        let mut round_trip = async || {
            let begun = clock.since_start();
            stream.write_all(b"ping").await.unwrap();
            hears(&mut stream, b"ping").await;
            clock.since_start() - begun
        };
        assert_eq!(round_trip().await, micros(20));
        let slow = net.loopback("server").latency(micros(700));
        assert_eq!(round_trip().await, micros(1400));
        let slower = net.loopback("s*").latency(millis(3));
        assert_eq!(round_trip().await, millis(6));
        drop((slow, slower));
        let _elsewhere = net.loopback("client").latency(millis(3)).may_be_idle();
        assert_eq!(round_trip().await, micros(20));
    });
}

#[test]
fn a_datagram_takes_ten_microseconds_unless_set() {
    let (sim, net, _client, server) = two();
    let clock = sim.clock();
    sim.run(async move {
        let (near, far) = (server.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        let one_way = async || {
            let begun = clock.since_start();
            near.try_send_to(b"ping", "localhost:53").unwrap();
            let mut heard = [0; 8];
            let (count, _from) = far.recv_from(&mut heard).await.unwrap();
            assert_eq!(&heard[..count], b"ping");
            clock.since_start() - begun
        };
        assert_eq!(one_way().await, micros(10));
        let _slow = net.loopback("server").latency(micros(700));
        assert_eq!(one_way().await, micros(700));
    });
}

#[test]
fn no_rule_between_hosts_concerns_it_and_it_concerns_no_link() {
    let (sim, net, client, server) = two();
    let away = [net.everywhere().partition(), net.link("*", "*").partition(), net.between("s*", "*").hold()]
        .map(RuleGuard::may_be_idle);
    sim.run(async {
        let (mut near, mut far) = connected(&server, &server).await;
        near.write_all(b"x").await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), b'x');
    });
    drop(away);
    let _here = net.loopback("*").partition().may_be_idle();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        near.write_all(b"x").await.unwrap();
        assert_eq!(far.read_u8().await.unwrap(), b'x');
    });
}

#[test]
fn it_can_be_lost_held_and_cut_off_like_any_link() {
    let (sim, net, _client, server) = two();
    let (near, far) = (server.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    let loss = net.loopback("server").loss(Probability::ALWAYS);
    near.try_send_to(b"lost", "localhost:53").unwrap();
    drop(loss);
    let hold = net.loopback("server").hold();
    near.try_send_to(b"held", "server:53").unwrap();
    sim.advance(secs(1));
    assert_eq!(far.try_recv_from(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(hold);
    sim.advance(micros(0));
    let mut heard = [0; 4];
    far.try_recv_from(&mut heard).unwrap();
    assert_eq!(&heard, b"held");
    let _cut = net.loopback("server").partition();
    let host = server.clone();
    let connecting = sim.watch(async move { host.connect("127.0.0.1:80").await });
    sim.advance(secs(131));
    assert_eq!(connecting.assert_failure().kind(), ErrorKind::TimedOut);
}

#[test]
fn its_rules_say_whose_they_are() {
    let (_sim, net, ..) = two();
    let fault = net.loopback("server").hold().may_be_idle();
    let made = line!() - 1;
    assert_eq!(
        format!("{fault:?}"),
        format!("RuleGuard(loopback of server: hold, made at tests/it/net/loopback.rs:{made}:40)")
    );
}

#[test]
fn a_port_on_a_loopback_address_is_there_for_its_own_host_alone() {
    let (sim, _net, client, server) = two();
    for (address, own, foreign) in [
        (V4, "127.0.0.1:80", "10.0.0.2:80"),
        (V6, "[::1]:80", "[fd00::2]:80"),
        (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)), "127.0.0.9:80", "10.0.0.2:80"),
    ] {
        let _listener = server.listen((address, 80)).unwrap();
        let socket = server.bind_udp((address, 80)).unwrap();
        let (near, far) = (client.clone(), server.clone());
        sim.run(async move {
            assert!(far.connect(own).await.is_ok(), "{own}");
            // From elsewhere its own address is refused, and a loopback address is the asker's own.
            for to in [foreign, own] {
                assert_eq!(near.connect(to).await.unwrap_err().kind(), ErrorKind::ConnectionRefused, "{to}");
                let asking = near.bind_udp(0).unwrap();
                asking.connect(to).await.unwrap();
                asking.send(b"anybody?").await.unwrap();
                let error = asking.recv(&mut [0; 8]).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{to}");
            }
            // By its other addresses its own host does not reach it either.
            assert_eq!(far.connect(foreign).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
            far.bind_udp(0).unwrap().try_send_to(b"x", own).unwrap();
            assert_eq!(socket.recv(&mut [0; 8]).await.unwrap(), 1);
        });
    }
}

#[test]
fn a_port_on_another_address_is_not_on_loopback() {
    let (sim, _net, client, server) = two();
    let _listener = server.listen((server.ip(), 80)).unwrap();
    sim.run(async move {
        assert!(client.connect("server:80").await.is_ok());
        assert!(server.connect("server:80").await.is_ok());
        let refused = server.connect("localhost:80").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}
