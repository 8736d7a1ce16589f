//! `RealNet`: the real network.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::{Accept, BindUdp, BoxFuture, ConnectTo, Datagram, Destination, Dial, Listen, Socket};

/// The real network, by tokio: what `main` hands in where a test hands in a host of a simulated network.
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::io::AsyncWriteExt;
/// use unplugged_seam::{Dial, Listen, RealNet};
///
/// /// Production code.
/// async fn ring(network: &dyn Dial, bell: SocketAddr) -> io::Result<()> {
///     network.dial(bell.into()).await?.write_all(b"ring").await
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// let bell = RealNet.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
/// ring(&RealNet, bell.local_addr()?).await?;
/// # io::Result::Ok(())
/// # })?;
/// # io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "complete: it is a name, and holds nothing")]
pub struct RealNet;

impl Dial for RealNet {
    fn dial(&self, to: ConnectTo) -> BoxFuture<'_, io::Result<Box<dyn Socket>>> {
        Box::pin(async move {
            let stream = match to.destination()? {
                Destination::Address(address) => TcpStream::connect(address).await?,
                Destination::Name(name, port) => TcpStream::connect((name, port)).await?,
            };
            Ok(Box::new(stream) as Box<dyn Socket>)
        })
    }

    fn is_real(&self) -> bool {
        true
    }
}

impl Listen for RealNet {
    fn listen(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Accept>>> {
        Box::pin(async move { Ok(Box::new(TcpListener::bind(on).await?) as Box<dyn Accept>) })
    }

    fn is_real(&self) -> bool {
        true
    }
}

impl BindUdp for RealNet {
    fn bind_udp(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Datagram>>> {
        Box::pin(async move { Ok(Box::new(UdpSocket::bind(on).await?) as Box<dyn Datagram>) })
    }

    fn is_real(&self) -> bool {
        true
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

    fn is_real(&self) -> bool {
        true
    }
}

impl Datagram for UdpSocket {
    fn send_to<'a>(&'a self, payload: &'a [u8], to: ConnectTo) -> BoxFuture<'a, io::Result<usize>> {
        Box::pin(async move {
            match to.destination()? {
                Destination::Address(address) => Self::send_to(self, payload, address).await,
                Destination::Name(name, port) => Self::send_to(self, payload, (name, port)).await,
            }
        })
    }

    fn recv_from<'a>(&'a self, buffer: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
        Box::pin(Self::recv_from(self, buffer))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }

    fn is_real(&self) -> bool {
        true
    }
}
