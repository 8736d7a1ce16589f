//! The other side of the seams: the real network.

use std::{future::Future, io, net::SocketAddr};

use tokio::net::{TcpListener, TcpStream};

use super::{Accept, ConnectTo, Dial, Listen, target::Kind};

/// The real network, by tokio: what production code is handed where a test hands it a [`Host`](super::Host).
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::io::AsyncWriteExt;
/// use unplugged::net::{Accept, Dial, Listen, RealNet};
///
/// /// Production code.
/// async fn ring(network: &impl Dial, bell: SocketAddr) -> io::Result<()> {
///     network.dial(bell).await?.write_all(b"ring").await
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// let bell = RealNet.listen("127.0.0.1:0".parse().expect("an address")).await?;
/// ring(&RealNet, Accept::local_addr(&bell)?).await?;
/// # io::Result::Ok(())
/// # })?;
/// # io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "complete: it is a name, and holds nothing")]
pub struct RealNet;

impl Dial for RealNet {
    type Stream = TcpStream;

    fn dial(&self, to: impl Into<ConnectTo> + Send) -> impl Future<Output = io::Result<TcpStream>> + Send {
        let to = to.into();
        async move {
            match to.parsed()? {
                Kind::Address(address) => TcpStream::connect(address).await,
                Kind::Name(name, port) => TcpStream::connect((&*name, port)).await,
            }
        }
    }
}

impl Listen for RealNet {
    type Listener = TcpListener;

    fn listen(&self, on: SocketAddr) -> impl Future<Output = io::Result<TcpListener>> + Send {
        TcpListener::bind(on)
    }
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    fn accept(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        Self::accept(self)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}
