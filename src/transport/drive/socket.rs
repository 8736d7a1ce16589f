//! What a driver needs of a stream.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::transport::Pipe;

/// A stream that knows its addresses and can be broken off. For one that does not, such as TLS, there is
/// [`Addressed`].
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// The address of this end.
    ///
    /// # Errors
    /// What the system says, such as that the connection is gone.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// The address of the peer.
    ///
    /// # Errors
    /// What the system says, such as that the connection is gone.
    fn peer_addr(&self) -> io::Result<SocketAddr>;

    /// Asks that small writes are sent at once. A stream that has no such setting does so anyway.
    ///
    /// # Errors
    /// What the system says, such as that the connection is gone.
    fn set_nodelay(&self, _nodelay: bool) -> io::Result<()> {
        Ok(())
    }

    /// Sees to it that the peer gets a reset, and not a clean end, at the latest when the stream is dropped.
    fn reset(&mut self);
}

impl Socket for Pipe {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(Self::local_addr(self))
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(Self::peer_addr(self))
    }

    fn reset(&mut self) {
        Self::reset(self);
    }
}

/// Source: tcp(7) and socket(7): closing with `SO_LINGER` at zero sends a RST and drops what is unsent.
impl Socket for TcpStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Self::peer_addr(self)
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        Self::set_nodelay(self, nodelay)
    }

    fn reset(&mut self) {
        // It fails only on a socket that is gone, and that is past resetting.
        let _gone = self.set_zero_linger();
    }
}

impl<S: Socket + ?Sized> Socket for Box<S> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        (**self).local_addr()
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        (**self).peer_addr()
    }

    fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        (**self).set_nodelay(nodelay)
    }

    fn reset(&mut self) {
        (**self).reset();
    }
}

/// Any stream, with addresses given by hand. It is broken off by being dropped without a shutdown: whoever is below
/// (TLS) tells the peer that this was no clean end.
///
/// ```
/// use unplugged::transport::{Addressed, Socket};
///
/// let (stream, _other) = tokio::io::duplex(64);
/// let stream = Addressed::new(stream, "192.0.2.2:443".parse()?, "192.0.2.1:50000".parse()?);
/// assert_eq!(stream.peer_addr().unwrap().port(), 50000);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub struct Addressed<S> {
    stream: S,
    local: SocketAddr,
    peer: SocketAddr,
}

impl<S> Addressed<S> {
    /// Gives the stream these addresses.
    pub const fn new(stream: S, local: SocketAddr, peer: SocketAddr) -> Self {
        Self { stream, local, peer }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket for Addressed<S> {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }

    fn reset(&mut self) {}
}

impl<S: AsyncRead + Unpin> AsyncRead for Addressed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Addressed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: fmt::Debug> fmt::Debug for Addressed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addressed")
            .field("stream", &self.stream)
            .field("local", &self.local)
            .field("peer", &self.peer)
            .finish()
    }
}
