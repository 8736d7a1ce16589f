//! madsim: a node for each client. Its clocks and its randomness replace those of the whole process, but only while
//! one of its runtimes runs: so the time of a run is taken outside.

use std::{future::Future, net::IpAddr, time::Duration};

use madsim::{
    Config,
    net::{TcpListener, TcpStream, UdpSocket},
    runtime::{NodeHandle, Runtime},
    time::sleep,
};

use crate::work::{self, Delay, EXCHANGES, MILLISECOND};

const SERVER: &str = "10.0.0.1:80";

pub(crate) fn exchanges(clients: usize, delay: Delay) {
    let runtime = world(delay);
    listen(&runtime, true);
    for_each(&runtime, clients, |stream| work::exchange(stream, EXCHANGES), || {});
}

pub(crate) fn open_and_close(clients: usize) {
    let runtime = world(Delay::Fixed);
    listen(&runtime, false);
    for_each(&runtime, clients, |stream| async move { drop(stream) }, || {});
}

pub(crate) fn round_trips(count: usize) {
    let runtime = world(Delay::Fixed);
    let server = node(&runtime, 0);
    server.spawn(async move {
        let socket = UdpSocket::bind(SERVER).await.expect("a bind");
        let mut buffer = [0; 64];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.expect("a request");
            socket.send_to(from, &buffer[..length]).await.expect("an answer");
        }
    });
    let client = node(&runtime, 1).spawn(async move {
        sleep(MILLISECOND).await; // until the server is bound
        let socket = UdpSocket::bind("0.0.0.0:0").await.expect("a bind");
        socket.connect(SERVER).await.expect("a connect");
        let mut buffer = [0; 64];
        for _ in 0..count {
            socket.send(&[7; 64]).await.expect("a request");
            socket.recv(&mut buffer).await.expect("an answer");
        }
    });
    runtime.block_on(client).expect("a client");
}

pub(crate) fn idle(hosts: usize, time: Duration) {
    let runtime = world(Delay::Fixed);
    for number in 0..hosts {
        node(&runtime, number).spawn(std::future::pending::<()>());
    }
    runtime.block_on(async move { sleep(time).await });
}

/// Calls `then` while each client has its connection open.
pub(crate) fn connected(clients: usize, then: impl FnOnce()) {
    let runtime = world(Delay::Fixed);
    listen(&runtime, true);
    let (sender, streams) = tokio::sync::mpsc::unbounded_channel();
    let keep = move |mut stream: TcpStream| {
        let sender = sender.clone();
        async move {
            work::exchange(&mut stream, 1).await;
            sender.send(stream).expect("room");
        }
    };
    for_each(&runtime, clients, keep, then);
    drop(streams);
}

fn world(delay: Delay) -> Runtime {
    let mut config = Config::default();
    if delay == Delay::Fixed {
        config.net.send_latency = MILLISECOND..MILLISECOND + Duration::from_nanos(1);
    }
    Runtime::with_seed_and_config(7, config)
}

/// The server is number 0.
fn node(runtime: &Runtime, number: usize) -> NodeHandle {
    let address = 0x0a00_0001 + u32::try_from(number).expect("few nodes");
    runtime.create_node().ip(IpAddr::from(address.to_be_bytes())).build()
}

fn listen(runtime: &Runtime, answers: bool) {
    let server = node(runtime, 0);
    let listener = server.spawn(TcpListener::bind(SERVER));
    let listener = runtime.block_on(listener).expect("a task").expect("a listener");
    server.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("an accept");
            if answers {
                madsim::task::spawn(work::serve(stream));
            }
        }
    });
}

fn for_each<F>(
    runtime: &Runtime,
    clients: usize,
    act: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
    then: impl FnOnce(),
) where
    F: Future<Output = ()> + Send,
{
    let tasks: Vec<_> = (1..=clients)
        .map(|number| {
            let act = act.clone();
            node(runtime, number)
                .spawn(async move { act(TcpStream::connect(SERVER).await.expect("a connect")).await })
        })
        .collect();
    runtime.block_on(async move {
        for task in tasks {
            task.await.expect("a client");
        }
    });
    then();
}
