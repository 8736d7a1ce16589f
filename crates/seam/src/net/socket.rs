//! `Socket`: a connection.

use std::{fmt, io, net::SocketAddr};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// A connection: a stream of bytes that knows its addresses and can be reset.
///
/// [`Dial`](crate::Dial) and [`Accept`](crate::Accept) return it as `Box<dyn Socket>`, which is a tokio stream like
/// any other.
pub trait Socket: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin {
    /// Returns the address of this end.
    ///
    /// # Errors
    /// As the system does, such as that the connection is gone.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Returns the address of the peer.
    ///
    /// # Errors
    /// As the system does, such as that the connection is gone.
    fn peer_addr(&self) -> io::Result<SocketAddr>;

    /// Sets whether small writes are sent at once. A stream that has no such setting sends them at once anyway.
    ///
    /// # Errors
    /// As the system does, such as that the connection is gone.
    fn set_nodelay(&self, _nodelay: bool) -> io::Result<()> {
        Ok(())
    }

    /// Makes the peer see a reset instead of a clean end, at the latest when the stream is dropped.
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
        // It fails only on a socket that is gone, and that one cannot be reset.
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
