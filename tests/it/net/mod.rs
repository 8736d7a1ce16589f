//! Tests of the network.

mod addresses;
mod async_bounds;
mod backpressure;
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
mod names;
mod reading;
mod replay;
mod seams;
mod sockets;
mod streams;
mod transcript;
mod unix;
mod whole_runs;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, Location, catch_unwind},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    net::{Host, Net, TcpListener, TcpStream},
    trace::EventKind,
};

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
