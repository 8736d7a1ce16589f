//! Listeners, in a sim.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{ClockExt, hours, millis, secs},
    net::BindAddr,
};

use super::two;

#[test]
fn one_port_can_have_a_listener_of_each_family_and_address() {
    let (_sim, _net, _client, server) = two();
    let _four = server.listen((Ipv4Addr::UNSPECIFIED, 80)).unwrap();
    let _six = server.listen((server.ipv6(), 80)).unwrap();
    // It would take IPv4, too.
    assert_eq!(server.listen((Ipv6Addr::UNSPECIFIED, 80)).unwrap_err().kind(), ErrorKind::AddrInUse);
    assert_eq!(server.listen(80).unwrap_err().kind(), ErrorKind::AddrInUse);
    assert_eq!(server.listen((server.ip(), 80)).unwrap_err().kind(), ErrorKind::AddrInUse);
    let _local = server.listen((Ipv4Addr::LOCALHOST, 81)).unwrap();
    let _own = server.listen((server.ip(), 81)).unwrap();
}

#[test]
fn a_listener_that_does_not_accept_stalls_its_clients_and_loses_nothing() {
    let (sim, net, client, server) = two();
    net.set_window(8);
    let listener = server.listen(80).unwrap();
    let exchanged = sim.watch(async move {
        let mut stream = client.connect("server:80").await?;
        stream.write_all(b"question of more than a window").await?;
        stream.shutdown().await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    });
    sim.advance(hours(1));
    exchanged.assert_pending(); // connected, and the window full
    let heard = sim.run(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        stream.write_all(b"answer").await.unwrap();
        heard
    });
    assert_eq!(heard, "question of more than a window");
    sim.run_until_idle();
    assert_eq!(exchanged.assert_success(), "answer");
}

#[test]
fn a_full_backlog_makes_the_next_client_wait_and_try_again() {
    let (sim, _net, client, server) = two();
    let listener = server.listen(BindAddr::from(80).backlog(1)).unwrap(); // and one more
    let host = client.clone();
    let _first = sim.run(async move { [host.connect("server:80").await, host.connect("server:80").await] });
    let host = client.clone();
    let third = sim.watch(async move { host.connect("server:80").await });
    sim.advance(secs(10)); // attempts at 0 to 5 seconds, and at 7
    third.assert_pending();
    let _accepted = sim.run(async { listener.accept().await }).unwrap();
    sim.advance(secs(1));
    third.assert_pending();
    sim.advance(millis(2));
    third.assert_success();
}

#[test]
fn a_backlog_that_stays_full_ends_in_a_timeout() {
    let (sim, _net, client, server) = two();
    let _listener = server.listen(BindAddr::from(80).backlog(0)).unwrap(); // room for one
    let clock = sim.clock();
    sim.run(async move {
        let _first = client.connect("server:80").await.unwrap();
        let begun = clock.since_start();
        let error = client.connect("server:80").await.unwrap_err();
        assert_eq!((error.kind(), clock.since_start() - begun), (ErrorKind::TimedOut, secs(131)));
    });
}
