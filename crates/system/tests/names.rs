//! Names and threads of unmodified code: `getaddrinfo` answers from the network of the sim, and threads are known.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails in any line")]

use std::{io::ErrorKind, net::ToSocketAddrs, panic::catch_unwind, thread};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, lookup_host},
};
use unplugged::{
    Sim,
    clock::{ClockExt, micros, millis, secs},
};

unplugged_system::interpose!();

/// A server that answers one connection after another by "hello".
async fn hello() {
    let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"hello").await.unwrap();
    }
}

#[test]
fn a_connect_by_name_finds_the_host_in_no_virtual_time() {
    let sim = Sim::new();
    let [client, server] = sim.net().hosts(["client", "server"]);
    server.spawn(hello());
    let heard = sim.watch(client.spawn(async {
        let mut stream = TcpStream::connect("server:80").await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        heard
    }));
    sim.advance(millis(4));
    assert_eq!(heard.assert_success(), "hello");
    assert_eq!(sim.elapsed(), millis(4));
}

#[test]
fn names_are_those_of_the_network() {
    let sim = Sim::new();
    let server = sim.net().host("server");
    sim.net().add_name("api.example", [server.ip()]);
    let (plain, alias, unknown) = sim.run(async {
        let first = async |name: &'static str| -> std::io::Result<_> { Ok(lookup_host(name).await?.next()) };
        (first("server:1").await, first("API.example:443").await, first("severr:1").await)
    });
    assert_eq!(plain.unwrap().unwrap(), (server.ip(), 1).into());
    assert_eq!(alias.unwrap().unwrap(), (server.ip(), 443).into());
    let unknown = unknown.unwrap_err();
    assert!(unknown.to_string().starts_with("failed to lookup address information"), "{unknown}");
}

#[test]
fn std_looks_a_name_up_on_the_sim_s_own_thread() {
    let sim = Sim::new();
    let server = sim.net().host("server");
    let found = sim.run(async { ("server", 80).to_socket_addrs() });
    let found: Vec<_> = found.unwrap().collect();
    assert!(found.contains(&(server.ip(), 80).into()), "{found:?}");
}

#[test]
fn an_address_needs_no_network_and_a_name_outside_of_a_sim_is_the_system_s() {
    let found: Vec<_> = ("127.0.0.1", 7).to_socket_addrs().unwrap().collect();
    assert_eq!(found, ["127.0.0.1:7".parse().unwrap()]);
    assert!("localhost:7".to_socket_addrs().unwrap().all(|address| address.ip().is_loopback()));
}

#[test]
fn lookups_at_one_instant_have_one_order() {
    let digest = || {
        let sim = Sim::new();
        let [client, server] = sim.net().hosts(["client", "server"]);
        server.spawn(hello());
        for _task in 0..3 {
            let _heard = sim.watch(client.spawn(async { TcpStream::connect("server:80").await.map(drop) }));
        }
        sim.advance(secs(1));
        sim.digest()
    };
    let first = digest();
    for _run in 0..20 {
        assert_eq!(digest(), first);
    }
}

#[test]
fn time_does_not_move_while_a_blocking_task_runs() {
    let sim = Sim::new();
    let clock = sim.clock();
    let took = sim.run(async {
        let begun = clock.since_start();
        #[allow(clippy::disallowed_methods, reason = "blocks a thread, as it is to")]
        let slow = tokio::task::spawn_blocking(|| thread::sleep(millis(20)));
        let ticks = tokio::spawn(async move { tokio::time::sleep(micros(500)).await });
        slow.await.unwrap();
        let took = clock.since_start() - begun;
        ticks.await.unwrap();
        took
    });
    assert_eq!(took, micros(0));
}

#[test]
fn a_socket_on_a_thread_that_a_task_started_is_refused() {
    let text = catch_unwind(|| {
        let sim = Sim::new();
        sim.net().host("server");
        sim.run(async {
            let thread = thread::spawn(|| std::net::TcpStream::connect("10.0.0.1:80").map(drop));
            let refused = thread.join().unwrap().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::NetworkDown);
            tokio::task::yield_now().await;
        });
    })
    .unwrap_err();
    let text = text.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("a thread that was started on a sim's thread asks for a socket: "), "{text}");
}

#[test]
fn a_thread_that_no_sim_started_has_the_kernel_s_sockets() {
    let _sim = Sim::new();
    let thread = thread::spawn(|| std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    assert!(thread.join().unwrap().ip().is_loopback());
}

#[test]
fn a_blocking_thread_of_the_sim_looks_names_up_in_its_turn() {
    let sim = Sim::new();
    let server = sim.net().host("server");
    let found = sim.watch(sim.spawn_blocking(|| "server:80".to_socket_addrs().unwrap().next()));
    sim.settle();
    assert_eq!(found.assert_success(), &Some((server.ip(), 80).into()));
}

#[test]
fn a_lookup_beside_name_servers_is_refused_since_nobody_knows_which_host_asks() {
    let text = catch_unwind(|| {
        let sim = Sim::new();
        let [client, names] = sim.net().hosts(["client", "names"]);
        client.set_name_servers([names.ip()]);
        sim.run(async {
            lookup_host("server:80").await.map(drop).unwrap_err();
            tokio::task::yield_now().await;
        });
    })
    .unwrap_err();
    let text = text.downcast_ref::<String>().unwrap();
    assert!(
        text.starts_with(
            "`getaddrinfo` is called, and a host asks name servers: which host calls cannot be told\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("\n  next     look names up by `Host::resolver`, or give the network its names by `Net::add_name`\n"),
        "{text}"
    );
}
