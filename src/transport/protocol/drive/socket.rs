//! The trait of a stream that a driver runs over.

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

/// A stream that knows its addresses and can be reset. [`Addressed`] makes one of any other stream, such as TLS.
pub trait Socket: AsyncRead + AsyncWrite + Unpin {
    /// Returns the address of this end.
    ///
    /// # Errors
    /// The error of the system, for example when the connection is gone.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Returns the address of the peer.
    ///
    /// # Errors
    /// The error of the system, for example when the connection is gone.
    fn peer_addr(&self) -> io::Result<SocketAddr>;

    /// Sets whether small writes are sent at once. By default this does nothing: the stream has no such setting.
    ///
    /// # Errors
    /// The error of the system, for example when the connection is gone.
    fn set_nodelay(&self, _nodelay: bool) -> io::Result<()> {
        Ok(())
    }

    /// Resets the connection, at the latest when the stream is dropped: the peer sees no clean end.
    fn reset(&mut self);
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
        // It fails only on a socket that is gone.
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

/// Any stream with addresses that the caller gives. A reset drops it without a shutdown: TLS, for example, then tells the
/// peer that this is no clean end.
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
    /// Wraps a stream with these addresses.
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
