//! The traits of the seam, for hosts and their sockets.

use std::{io, net::SocketAddr};

use tokio::task::JoinHandle;
use unplugged_seam::{Accept, BindUdp, BoxFuture, ConnectTo, Datagram, Dial, Listen, Socket, Spawn};

use super::{Host, TcpListener, UdpSocket};

impl Dial for Host {
    fn dial(&self, to: ConnectTo) -> BoxFuture<'_, io::Result<Box<dyn Socket>>> {
        let connecting = self.connect(to);
        Box::pin(async move { Ok(Box::new(connecting.await?) as Box<dyn Socket>) })
    }
}

impl Listen for Host {
    fn listen(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Accept>>> {
        let listener = Self::listen(self, on).map(|listener| Box::new(listener) as Box<dyn Accept>);
        Box::pin(std::future::ready(listener))
    }
}

impl BindUdp for Host {
    fn bind_udp(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Datagram>>> {
        let socket = Self::bind_udp(self, on).map(|socket| Box::new(socket) as Box<dyn Datagram>);
        Box::pin(std::future::ready(socket))
    }
}

/// # Panics
/// If the host is down.
impl Spawn for Host {
    #[track_caller]
    fn spawn(&self, task: BoxFuture<'static, ()>) -> JoinHandle<()> {
        Self::spawn(self, task)
    }
}

impl Accept for TcpListener {
    fn accept(&self) -> BoxFuture<'_, io::Result<(Box<dyn Socket>, SocketAddr)>> {
        Box::pin(async move {
            let (stream, from) = Self::accept(self).await?;
            Ok((Box::new(stream) as Box<dyn Socket>, from))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}

impl Datagram for UdpSocket {
    fn send_to<'a>(&'a self, payload: &'a [u8], to: ConnectTo) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(Self::send_to(self, payload, to))
    }

    fn recv_from<'a>(&'a self, buffer: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(Self::recv_from(self, buffer))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}
