//! turmoil-net: the fixture of two hosts that it brings. It knows only the futures that it was given as a host's, and
//! not what these spawn: so they are joined here.

use std::{future::Future, rc::Rc};

use futures_util::{StreamExt, stream::FuturesUnordered};
use turmoil_net::{
    KernelConfig, Latency,
    fixture::ClientServer,
    rule,
    shim::tokio::net::{TcpListener, TcpStream, UdpSocket},
};

use crate::work::{self, Delay, EXCHANGES, MILLISECOND};

pub(crate) fn exchanges(clients: usize, delay: Delay) {
    run(clients, delay, work::serve, |stream| work::exchange(stream, EXCHANGES), || {});
}

pub(crate) fn open_and_close(clients: usize) {
    run(clients, Delay::Fixed, async |stream| drop(stream), async |stream| drop(stream), || {});
}

pub(crate) fn round_trips(count: usize) {
    let server = async {
        let socket = UdpSocket::bind("0.0.0.0:53").await.expect("a bind");
        let mut buffer = [0; 64];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.expect("a request");
            socket.send_to(&buffer[..length], from).await.expect("an answer");
        }
    };
    ClientServer::new().server("server", server).run("client", async move {
        rule(Latency::fixed(MILLISECOND)).forget();
        let socket = UdpSocket::bind("0.0.0.0:0").await.expect("a bind");
        let mut buffer = [0; 64];
        for _ in 0..count {
            socket.send_to(&[7; 64], "server:53").await.expect("a request");
            socket.recv_from(&mut buffer).await.expect("an answer");
        }
    });
}

/// Calls `then` while each client has its connection open.
pub(crate) fn connected(clients: usize, then: impl FnOnce() + 'static) {
    let streams = Rc::new(std::cell::RefCell::new(Vec::new()));
    let keep = move |mut stream: TcpStream| {
        let streams = Rc::clone(&streams);
        async move {
            work::exchange(&mut stream, 1).await;
            streams.borrow_mut().push(stream);
        }
    };
    run(clients, Delay::Fixed, work::serve, keep, then);
}

fn run<S, C>(
    clients: usize,
    delay: Delay,
    serve: impl Fn(TcpStream) -> S + 'static,
    act: impl Fn(TcpStream) -> C + 'static,
    then: impl FnOnce() + 'static,
) where
    S: Future<Output = ()> + 'static,
    C: Future<Output = ()> + 'static,
{
    let config = KernelConfig::default().default_backlog(clients + 1);
    let server = async move {
        let listener = TcpListener::bind("0.0.0.0:80").await.expect("a listener");
        let mut served = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => served.push(serve(accepted.expect("an accept").0)),
                Some(()) = served.next() => {}
            }
        }
    };
    ClientServer::with_config(config).server("server", server).run("clients", async move {
        if delay == Delay::Fixed {
            rule(Latency::fixed(MILLISECOND)).forget();
        }
        let act = &act;
        let each = |_| async move { act(TcpStream::connect("server:80").await.expect("a connect")).await };
        (0..clients).map(each).collect::<FuturesUnordered<_>>().collect::<()>().await;
        then();
    });
}
