//! A wrapper that gives any stream addresses, so that a driver can run over it.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use unplugged_seam::Socket;

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

impl<S: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin> Socket for Addressed<S> {
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
