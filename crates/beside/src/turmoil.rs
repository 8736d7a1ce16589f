//! turmoil: steps of a millisecond.

use std::{future::Future, net::IpAddr, time::Duration};

use turmoil::{
    Builder, Sim,
    net::{TcpListener, TcpStream, UdpSocket},
};

use crate::work::{self, Delay, EXCHANGES, HOUR, MILLISECOND};

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

pub(crate) fn exchanges(clients: usize, exchanges: usize, delay: Delay) {
    let mut sim = world(delay, true);
    for number in 0..clients {
        sim.client(format!("client-{number}"), async move {
            work::exchange(TcpStream::connect("server:80").await?, exchanges).await;
            Ok(())
        });
    }
    sim.run().expect("a run");
}

pub(crate) fn exchanges_on_one_host(clients: usize) {
    let mut sim = world(Delay::Fixed, true);
    sim.client("clients", async move { for_each(clients, |stream| work::exchange(stream, EXCHANGES)).await });
    sim.run().expect("a run");
}

pub(crate) fn open_and_close(clients: usize) {
    let mut sim = world(Delay::Fixed, false);
    for number in 0..clients {
        sim.client(format!("client-{number}"), async move {
            drop(TcpStream::connect("server:80").await?);
            Ok(())
        });
    }
    sim.run().expect("a run");
}

pub(crate) fn round_trips(count: usize) {
    let mut sim = builder(Delay::Fixed).build();
    sim.host("server", || async {
        let socket = UdpSocket::bind((IpAddr::from([0, 0, 0, 0]), 53)).await?;
        let mut buffer = [0; 64];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await?;
            socket.send_to(&buffer[..length], from).await?;
        }
    });
    sim.client("client", async move {
        let socket = UdpSocket::bind((IpAddr::from([0, 0, 0, 0]), 9)).await?;
        let mut buffer = [0; 64];
        for _ in 0..count {
            socket.send_to(&[7; 64], ("server", 53)).await?;
            socket.recv_from(&mut buffer).await?;
        }
        Ok(())
    });
    sim.run().expect("a run");
}

/// Every host waits for the end.
pub(crate) fn idle(hosts: usize, time: Duration) {
    let mut sim = builder(Delay::Fixed).build();
    for number in 0..hosts {
        sim.host(format!("host-{number}"), || async {
            std::future::pending::<()>().await;
            Ok(())
        });
    }
    for _ in 0..time.as_millis() {
        sim.step().expect("a step");
    }
}

/// Calls `then` while each client has its connection open.
pub(crate) fn connected(clients: usize, then: impl FnOnce()) {
    let mut sim = world(Delay::Fixed, true);
    for number in 0..clients {
        sim.client(format!("client-{number}"), async move {
            let mut stream = TcpStream::connect("server:80").await?;
            work::exchange(&mut stream, 1).await;
            std::future::pending::<()>().await;
            Ok(())
        });
    }
    for _ in 0..20 {
        sim.step().expect("a step");
    }
    then();
}

/// With a server that answers, or only accepts.
fn world(delay: Delay, answers: bool) -> Sim<'static> {
    let mut sim = builder(delay).build();
    sim.host("server", move || async move {
        let listener = TcpListener::bind((IpAddr::from([0, 0, 0, 0]), 80)).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            if answers {
                tokio::spawn(work::serve(stream));
            }
        }
    });
    sim
}

fn builder(delay: Delay) -> Builder {
    let mut builder = Builder::new();
    // Its capacity bounds the backlog too.
    builder.simulation_duration(1000 * HOUR).tcp_capacity(4096);
    if delay == Delay::Fixed {
        builder.min_message_latency(MILLISECOND).max_message_latency(MILLISECOND);
    }
    builder
}

async fn for_each<F>(clients: usize, act: impl Fn(TcpStream) -> F + Copy + 'static) -> Result
where
    F: Future<Output = ()>,
{
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            tokio::task::spawn_local(async move {
                act(TcpStream::connect("server:80").await.expect("a connect")).await;
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    Ok(())
}
