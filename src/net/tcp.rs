//! The other side of the seams: the real network.

use std::{future::Future, io, net::SocketAddr};

use tokio::net::{TcpListener, TcpStream};

use super::{Accept, Dial, Listen, Target, target::Kind};

/// The real network, by tokio: what production code is handed where a test hands it a [`Host`](super::Host).
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::io::AsyncWriteExt;
/// use unplugged::net::{Accept, Dial, Listen, Tcp};
///
/// /// Production code.
/// async fn ring(network: &impl Dial, bell: SocketAddr) -> io::Result<()> {
///     network.dial(bell).await?.write_all(b"ring").await
/// }
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
/// # runtime.block_on(async {
/// let bell = Tcp.listen("127.0.0.1:0".parse().expect("an address")).await?;
/// ring(&Tcp, Accept::local_addr(&bell)?).await?;
/// # io::Result::Ok(())
/// # })?;
/// # io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "complete: it is a name, and holds nothing")]
pub struct Tcp;

impl Dial for Tcp {
    type Stream = TcpStream;

    fn dial(&self, to: impl Into<Target> + Send) -> impl Future<Output = io::Result<TcpStream>> + Send {
        let to = to.into();
        async move {
            match to.parsed()? {
                Kind::Address(address) => TcpStream::connect(address).await,
                Kind::Name(name, port) => TcpStream::connect((&*name, port)).await,
            }
        }
    }
}

impl Listen for Tcp {
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
