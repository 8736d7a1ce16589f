//! What a datagram socket does, checked on the network and on real loopback sockets: a fake that lies is a bug.

use std::{io, net::SocketAddr};

use tokio::net::UdpSocket as Real;
use unplugged::{clock::millis, net::UdpSocket};

use crate::net::two;

/// What both have, as far as the cases ask.
trait Socket {
    async fn send(&self, payload: &[u8]) -> io::Result<usize>;
    async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<usize>;
    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    async fn connect(&self, to: SocketAddr) -> io::Result<()>;
    fn peer_addr(&self) -> io::Result<SocketAddr>;
    fn local_addr(&self) -> SocketAddr;
}

impl Socket for UdpSocket {
    async fn send(&self, payload: &[u8]) -> io::Result<usize> {
        Self::send(self, payload).await
    }
    async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<usize> {
        Self::send_to(self, payload, to).await
    }
    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        Self::recv_from(self, buffer).await
    }
    async fn connect(&self, to: SocketAddr) -> io::Result<()> {
        Self::connect(self, to).await
    }
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Self::peer_addr(self)
    }
    fn local_addr(&self) -> SocketAddr {
        Self::local_addr(self).unwrap()
    }
}

impl Socket for Real {
    async fn send(&self, payload: &[u8]) -> io::Result<usize> {
        Self::send(self, payload).await
    }
    async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<usize> {
        Self::send_to(self, payload, to).await
    }
    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        Self::recv_from(self, buffer).await
    }
    async fn connect(&self, to: SocketAddr) -> io::Result<()> {
        Self::connect(self, to).await
    }
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Self::peer_addr(self)
    }
    fn local_addr(&self) -> SocketAddr {
        Self::local_addr(self).unwrap()
    }
}

/// What is observed of three sockets of one host, as text.
async fn observe<S: Socket>(case: &str, near: S, far: S, third: S) -> Vec<String> {
    let mut seen = Vec::new();
    let mut buffer = [0; 8];
    let (here, there) = (near.local_addr(), far.local_addr());
    macro_rules! see {
        ($($what:expr),*) => {{
            $(seen.push(format!("{:?}", $what.map_err(|error| (error.kind(), error.raw_os_error()))));)*
        }};
    }
    match case {
        "unconnected" => {
            see!(near.send(b"x").await, near.peer_addr());
            see!(take(&near, &mut buffer).await);
        }
        "lengths" => {
            see!(near.send_to(b"", there).await, near.send_to(b"more than eight", there).await);
            see!(near.send_to(&[0; 65_508], there).await, near.send_to(&[0; 65_507], there).await);
            pause().await;
            see!(take(&far, &mut buffer).await, take(&far, &mut buffer).await, take(&far, &mut buffer).await);
            see!(take(&far, &mut buffer).await);
        }
        "nobody there" => {
            drop(far);
            see!(near.send_to(b"x", there).await);
            pause().await;
            see!(take(&near, &mut buffer).await);
            near.connect(there).await.unwrap();
            for _ in 0..3 {
                see!(near.send(b"x").await);
                pause().await;
            }
            see!(take(&near, &mut buffer).await, take(&near, &mut buffer).await);
        }
        "connected" => {
            near.connect(there).await.unwrap();
            assert_eq!(near.peer_addr().unwrap(), there);
            third.send_to(b"stranger", here).await.unwrap();
            far.send_to(b"friend", here).await.unwrap();
            pause().await;
            see!(take(&near, &mut buffer).await, take(&near, &mut buffer).await);
            see!(near.send_to(b"x", third.local_addr()).await);
            let (length, from) = third.recv_from(&mut buffer).await.unwrap();
            assert_eq!(from, here);
            seen.push(length.to_string());
        }
        "connected again" => {
            near.connect(there).await.unwrap();
            near.connect(third.local_addr()).await.unwrap();
            see!(near.send(b"x").await, take(&far, &mut buffer).await);
            pause().await;
            see!(take(&third, &mut buffer).await, take(&far, &mut buffer).await);
        }
        "what came before the connect" => {
            third.send_to(b"early", here).await.unwrap();
            pause().await;
            near.connect(there).await.unwrap();
            see!(take(&near, &mut buffer).await);
        }
        "port zero" => {
            see!(near.send_to(b"x", SocketAddr::new(there.ip(), 0)).await);
        }
        other => panic!("no case is called {other}"),
    }
    seen
}

/// What comes soon, or `WouldBlock`.
async fn take(socket: &impl Socket, buffer: &mut [u8]) -> io::Result<usize> {
    match tokio::time::timeout(millis(20), socket.recv_from(buffer)).await {
        Ok(received) => received.map(|(length, _)| length),
        Err(_) => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Long enough for a packet to arrive, on both.
async fn pause() {
    tokio::time::sleep(millis(20)).await;
}

/// Linux is what the network models.
#[cfg(target_os = "linux")]
#[test]
fn both_do_the_same() {
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for case in [
        "unconnected",
        "lengths",
        "nobody there",
        "connected",
        "connected again",
        "what came before the connect",
        "port zero",
    ] {
        let (sim, _net, _client, server) = two();
        let local = (std::net::Ipv4Addr::LOCALHOST, 0);
        let ours = sim.run(async move {
            let [near, far, third] = [(); 3].map(|()| server.bind_udp(local).unwrap());
            observe(case, near, far, third).await
        });
        let theirs = real.block_on(async move {
            let near = Real::bind("127.0.0.1:0").await.unwrap();
            let far = Real::bind("127.0.0.1:0").await.unwrap();
            let third = Real::bind("127.0.0.1:0").await.unwrap();
            observe(case, near, far, third).await
        });
        assert_eq!(ours, theirs, "{case}");
    }
}
