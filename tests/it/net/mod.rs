//! Tests of the network.

mod addresses;
mod async_bounds;
mod backpressure;
mod buffers;
mod chaos;
mod closing;
mod connecting;
mod datagram_faults;
mod datagrams;
mod exchanges;
mod hosts;
mod http;
mod keep_alive;
mod links;
mod listeners;
mod loopback;
mod loss;
mod misuse;
mod name_servers;
mod names;
mod ports;
mod reading;
mod replay;
mod seams;
mod sockets;
mod streams;
mod transcript;
mod unix;
mod vacuity;
mod whole_runs;

use std::{
    future::Future,
    io,
    panic::{AssertUnwindSafe, Location, catch_unwind},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    net::{Host, Net, TcpListener, TcpStream},
    trace::EventKind,
};

#[test]
fn every_error_of_a_socket_has_the_number_that_linux_gives_it() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let refused = client.connect("server:9").await.unwrap_err();
        assert_os_error(&refused, 111, io::ErrorKind::ConnectionRefused);
        let _taken = client.listen(80).unwrap();
        assert_os_error(&client.listen(80).unwrap_err(), 98, io::ErrorKind::AddrInUse);
        let (mut near, far) = connected(&client, &server).await;
        let ready = near.try_read(&mut [0]).unwrap_err();
        assert_eq!((ready.kind(), ready.raw_os_error()), (io::ErrorKind::WouldBlock, None)); // tokio's own
        far.reset();
        let reset = near.read(&mut [0]).await.unwrap_err();
        assert_os_error(&reset, 104, io::ErrorKind::ConnectionReset);
        assert_os_error(&near.write(b"x").await.unwrap_err(), 32, io::ErrorKind::BrokenPipe);
        assert_os_error(&near.peer_addr().unwrap_err(), 107, io::ErrorKind::NotConnected);
        let socket = client.bind_udp(0).unwrap();
        let broadcast = socket.try_send_to(b"x", "255.255.255.255:9").unwrap_err();
        assert_os_error(&broadcast, 13, io::ErrorKind::PermissionDenied);
    });
}

/// The text that `test` panics with.
#[track_caller]
pub(crate) fn panic_text<R>(test: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(test)) else { panic!("it should panic") };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast_ref::<&str>().expect("a panic with a text")).to_owned(),
    }
}

/// Returns how many of the packets that are kept in the record were sent.
pub(crate) fn packets_sent(sim: &Sim) -> usize {
    sim.transcript().iter().filter(|event| matches!(event.kind(), EventKind::Sent(_))).count()
}

/// Checks an error against the kernel's: its kind, its number, and its text, which is the system's.
#[track_caller]
pub(crate) fn assert_os_error(error: &io::Error, number: i32, kind: io::ErrorKind) {
    let expected = if cfg!(target_os = "linux") { io::Error::from_raw_os_error(number) } else { kind.into() };
    assert_eq!((error.kind(), error.raw_os_error()), (kind, expected.raw_os_error()));
    assert_eq!(error.to_string(), expected.to_string());
}

/// Checks an error whose kind stable Rust cannot name.
#[track_caller]
pub(crate) fn assert_unnamed_os_error(error: &io::Error, number: i32, text: &str) {
    assert_eq!(error.raw_os_error(), cfg!(target_os = "linux").then_some(number));
    assert!(error.to_string().to_lowercase().starts_with(text), "{error}");
}

/// A world with two hosts, a millisecond apart.
pub(crate) fn two() -> (Sim, Net, Host, Host) {
    let sim = Sim::new();
    let net = sim.net();
    let (client, server) = (net.host("client"), net.host("server"));
    (sim, net, client, server)
}

/// Both ends of a connection from one host to another.
pub(crate) async fn connected(client: &Host, server: &Host) -> (TcpStream, TcpStream) {
    let listener = server.listen(0).unwrap();
    let port = listener.local_addr().unwrap().port();
    let near = client.connect((server.name(), port)).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// Gives back what it hears, on every connection.
/// Reads as many bytes as these, and sees that they are these.
#[track_caller]
pub(crate) fn hears(stream: &mut (impl AsyncRead + Unpin), bytes: &[u8]) -> impl Future<Output = ()> {
    let caller = Location::caller();
    async move {
        let mut heard = vec![0; bytes.len()];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, bytes, "at {caller}");
    }
}

pub(crate) async fn echo(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                if stream.write_all(&buffer[..count]).await.is_err() {
                    break;
                }
            }
        });
    }
}
