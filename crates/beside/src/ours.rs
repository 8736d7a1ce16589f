//! Ours: a host for each client.

use std::{future::Future, time::Duration};

use unplugged::{
    Sim,
    clock::millis,
    net::{Host, Latency, TcpListener, Net, TcpStream},
};

use crate::work::{self, Delay, EXCHANGES};

pub(crate) fn exchanges(clients: usize, delay: Delay) {
    let sim = Sim::new();
    let net = sim.net();
    set(&net, delay);
    let (listener, hosts) = world(&net, clients);
    sim.run(async move {
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("an accept");
                tokio::spawn(work::serve(stream));
            }
        });
        for_each(hosts, |stream| work::exchange(stream, EXCHANGES)).await;
    });
}

pub(crate) fn open_and_close(clients: usize) {
    let sim = Sim::new();
    let (listener, hosts) = world(&sim.net(), clients);
    sim.run(async move {
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        for_each(hosts, |stream| async move { drop(stream) }).await;
    });
}

pub(crate) fn round_trips(count: usize) {
    let sim = Sim::new();
    let net = sim.net();
    let (client, server) = (net.host("client"), net.host("server"));
    let (client, server) = (client.bind_udp(0).expect("a bind"), server.bind_udp(53).expect("a bind"));
    sim.run(async move {
        tokio::spawn(async move {
            let mut buffer = [0; 64];
            loop {
                let (length, from) = server.recv_from(&mut buffer).await.expect("a request");
                server.send_to(&buffer[..length], from).await.expect("an answer");
            }
        });
        client.connect("server:53").await.expect("a connect");
        let mut buffer = [0; 64];
        for _ in 0..count {
            client.send(&[7; 64]).await.expect("a request");
            client.recv(&mut buffer).await.expect("an answer");
        }
    });
}

pub(crate) fn idle(hosts: usize, time: Duration) {
    let sim = Sim::new();
    let net = sim.net();
    for number in 0..hosts {
        net.host(format!("host-{number}"));
    }
    sim.advance(time);
}

/// Calls `then` while each client has its connection open.
pub(crate) fn connected(clients: usize, then: impl FnOnce()) {
    let sim = Sim::new();
    let (listener, hosts) = world(&sim.net(), clients);
    sim.run(async move {
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("an accept");
                tokio::spawn(work::serve(stream));
            }
        });
        let (sender, mut streams) = tokio::sync::mpsc::unbounded_channel();
        for_each(hosts, move |mut stream| {
            let sender = sender.clone();
            async move {
                work::exchange(&mut stream, 1).await;
                sender.send(stream).expect("room");
            }
        })
        .await;
        then();
        streams.close();
    });
}

fn set(net: &Net, delay: Delay) {
    let latency = match delay {
        Delay::Fixed => return, // ours unless told
        Delay::AsMadsim => Latency::uniform(millis(1), millis(10)),
        Delay::AsTurmoil => Latency::exponential(Duration::ZERO, millis(20)),
        Delay::None => Latency::fixed(Duration::ZERO),
    };
    net.everywhere().latency(latency).keep();
}

fn world(net: &Net, clients: usize) -> (TcpListener, Vec<Host>) {
    let listener = net.host("server").listen(unplugged::net::BindAddr::from(80).backlog(clients + 1)).expect("a listener");
    (listener, (0..clients).map(|number| net.host(format!("client-{number}"))).collect())
}

async fn for_each<F>(hosts: Vec<Host>, act: impl Fn(TcpStream) -> F + Clone + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send,
{
    let tasks: Vec<_> = hosts
        .into_iter()
        .map(|host| {
            let act = act.clone();
            tokio::spawn(async move { act(host.connect("server:80").await.expect("a connect")).await })
        })
        .collect();
    for task in tasks {
        task.await.expect("a client");
    }
}
