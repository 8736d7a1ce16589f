//! tokio's own sockets in a sim: streams over the simulated network, in exact virtual time.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

use std::io::ErrorKind;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use unplugged::{
    Sim,
    clock::{ClockExt, micros, millis, secs},
    net::{Host, Probability},
};

unplugged_system::interpose!();

/// Two hosts, 150 us apart.
fn two_hosts(sim: &Sim) -> [Host; 2] {
    let hosts = sim.net().hosts(["client", "server"]);
    sim.net().between("client", "server").latency(micros(150)).keep();
    hosts
}

/// Answers each connection with what it says.
async fn echo(port: u16) {
    let listener = TcpListener::bind(("0.0.0.0", port)).await.unwrap();
    loop {
        let (mut stream, _from) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                stream.write_all(&buffer[..count]).await.unwrap();
            }
        });
    }
}

#[test]
fn a_connect_and_an_echo_take_a_round_trip_each() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim);
    let served = sim.watch(server.spawn(async {
        let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
        assert_eq!(listener.local_addr().unwrap().to_string(), "0.0.0.0:80");
        let (mut stream, from) = listener.accept().await.unwrap();
        assert_eq!((from, stream.peer_addr().unwrap()), (from, from));
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(&heard).await.unwrap();
        (from.to_string(), stream.read(&mut heard).await.unwrap())
    }));
    sim.settle();
    let talk = client.spawn({
        let clock = sim.clock();
        async move {
            let mut stream = TcpStream::connect("10.0.0.2:80").await.unwrap();
            assert_eq!(clock.since_start(), micros(300));
            assert_eq!(stream.local_addr().unwrap().to_string(), "10.0.0.1:49152");
            stream.write_all(b"ping").await.unwrap();
            let mut heard = [0; 4];
            stream.read_exact(&mut heard).await.unwrap();
            assert_eq!((&heard, clock.since_start()), (b"ping", micros(600)));
        }
    });
    sim.run(talk).unwrap();
    sim.advance(micros(150));
    assert_eq!(served.assert_success(), &("10.0.0.1:49152".to_owned(), 0));
}

#[test]
fn a_port_without_a_listener_refuses_a_round_trip_later() {
    let sim = Sim::new();
    let [client, _server] = two_hosts(&sim);
    let clock = sim.clock();
    let refused = client.spawn(async move {
        let error = TcpStream::connect("10.0.0.2:80").await.unwrap_err();
        (error.kind(), error.raw_os_error(), clock.since_start())
    });
    let seen = sim.run(refused).unwrap();
    assert_eq!(seen, (ErrorKind::ConnectionRefused, Some(111), micros(300)));
}

#[test]
fn a_partition_times_a_connect_out_after_131_seconds() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim);
    server.spawn(echo(80));
    sim.net().between("client", "server").partition().keep();
    let clock = sim.clock();
    let cut = client.spawn(async move {
        let error = TcpStream::connect("10.0.0.2:80").await.unwrap_err();
        (error.kind(), error.raw_os_error(), clock.since_start())
    });
    assert_eq!(sim.run(cut).unwrap(), (ErrorKind::TimedOut, Some(110), secs(131)));
}

#[test]
fn a_timeout_of_tokios_ends_a_read_at_its_millisecond() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim);
    server.spawn(echo(80));
    let clock = sim.clock();
    let silent = client.spawn(async move {
        let mut stream = TcpStream::connect("10.0.0.2:80").await.unwrap();
        let read = tokio::time::timeout(secs(5), stream.read(&mut [0; 8])).await;
        (read.is_err(), clock.since_start())
    });
    // tokio rounds a deadline up to its next millisecond.
    assert_eq!(sim.run(silent).unwrap(), (true, secs(5) + millis(1)));
}

#[test]
fn loss_delays_bytes_and_loses_none() {
    let run = || {
        let sim = Sim::new();
        let [client, server] = two_hosts(&sim);
        sim.net().between("client", "server").loss(Probability::percent(10)).keep();
        let heard = sim.watch(server.spawn(async {
            let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
            let mut heard = Vec::new();
            listener.accept().await.unwrap().0.read_to_end(&mut heard).await.unwrap();
            heard
        }));
        sim.settle();
        let bytes: Vec<u8> = (0..300_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let sent = bytes.clone();
        sim.run(client.spawn(async move {
            TcpStream::connect("10.0.0.2:80").await.unwrap().write_all(&sent).await.unwrap();
        }))
        .unwrap();
        sim.advance(secs(600));
        assert!(*heard.assert_success() == bytes);
        sim.digest()
    };
    let first = run();
    for _ in 1..20 {
        assert_eq!(run(), first);
    }
}

#[test]
fn a_stream_that_is_dropped_unread_resets_its_peer() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim);
    server.spawn(async {
        let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
        let (stream, _from) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        drop(stream);
    });
    let reset = client.spawn(async {
        let mut stream = TcpStream::connect("10.0.0.2:80").await.unwrap();
        stream.write_all(b"unread").await.unwrap();
        stream.read(&mut [0; 8]).await.unwrap_err().kind()
    });
    assert_eq!(sim.run(reset).unwrap(), ErrorKind::ConnectionReset);
}

#[test]
fn a_half_that_is_shut_down_ends_and_the_other_goes_on() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim);
    server.spawn(async {
        let listener = TcpListener::bind("0.0.0.0:80").await.unwrap();
        let (mut stream, _from) = listener.accept().await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        stream.write_all(format!("{heard} and more").as_bytes()).await.unwrap();
    });
    let answer = client.spawn(async {
        let (mut reader, mut writer) = TcpStream::connect("10.0.0.2:80").await.unwrap().into_split();
        writer.write_all(b"all").await.unwrap();
        writer.shutdown().await.unwrap();
        let mut heard = String::new();
        reader.read_to_string(&mut heard).await.unwrap();
        heard
    });
    assert_eq!(sim.run(answer).unwrap(), "all and more");
}

#[test]
fn the_body_of_a_test_is_on_the_host_here() {
    let sim = Sim::new();
    let [_client, server] = sim.net().hosts(["client", "server"]);
    server.spawn(echo(80));
    let address = sim.run(async {
        let stream = TcpStream::connect("10.0.0.2:80").await.unwrap();
        stream.local_addr().unwrap()
    });
    assert_eq!(address.to_string(), "10.0.0.3:49152"); // the third host of the network
    let sockets = sim.net().sockets();
    assert!(sockets.iter().all(|socket| ["here", "server"].contains(&&*socket.host)), "{sockets:?}");
}

#[test]
fn a_test_that_makes_no_network_has_one() {
    let sim = Sim::new();
    let heard = sim.run(async {
        tokio::spawn(echo(7));
        tokio::task::yield_now().await;
        let mut stream = TcpStream::connect("127.0.0.1:7").await.unwrap();
        stream.write_all(b"self").await.unwrap();
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        heard
    });
    assert_eq!(&heard, b"self");
    assert_eq!(sim.elapsed(), micros(40)); // four times over the loopback, 10 us each
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let sim = Sim::new();
    let seen = sim.run(async {
        let _first = TcpListener::bind("0.0.0.0:80").await.unwrap();
        TcpListener::bind("0.0.0.0:80").await.unwrap_err().raw_os_error()
    });
    assert_eq!(seen, Some(98));
}

#[test]
fn a_crash_of_the_host_is_silence_to_its_peer() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim);
    server.spawn(echo(80));
    let talk = sim.watch(client.spawn(async {
        let mut stream = TcpStream::connect("10.0.0.2:80").await.unwrap();
        stream.write_all(b"ping").await.unwrap();
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        stream.read(&mut heard).await
    }));
    sim.advance(millis(1));
    server.crash();
    sim.advance(secs(60));
    talk.assert_pending();
    server.restart();
    server.spawn(echo(80));
    let again = client.spawn(async { TcpStream::connect("10.0.0.2:80").await.is_ok() });
    assert!(sim.run(again).unwrap());
}
