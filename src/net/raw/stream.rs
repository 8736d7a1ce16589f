//! One end of a connection, of TCP or at a path.

use std::{io, net::SocketAddr, path::Path};

use super::{Observers, Readiness, now_or_never, observe};
use crate::net::{
    Host, TcpStream, errno,
    fabric::{Io, Life},
};

/// One end of a connection. Dropping it closes it.
#[derive(Debug)]
pub struct Stream(TcpStream);

impl Stream {
    /// Begins to connect to an address: sends the SYN.
    ///
    /// # Errors
    /// As [`Host::connect`], where it fails at once.
    pub fn connect(host: &Host, to: SocketAddr) -> io::Result<Self> {
        host.begin(to, host.made_at()).map(Self)
    }

    /// Connects to the listener at a path.
    ///
    /// # Errors
    /// As [`Host::connect_unix`].
    pub fn connect_unix(host: &Host, path: &Path) -> io::Result<Self> {
        host.connect_at_path(path, host.made_at()).map(|stream| Self(stream.into_stream()))
    }

    pub(super) const fn new(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Returns whether its connect is under way.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        self.0.with_end(|conn, side, _| conn.ends[side].life == Life::Opening)
    }

    /// Returns whether its connection is broken, or was refused.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.0.with_end(|conn, side, _| matches!(conn.ends[side].life, Life::Closed | Life::Crashed))
    }

    /// Takes the pending error, as `SO_ERROR` does.
    #[must_use]
    pub fn take_error(&self) -> Option<io::Error> {
        self.0.with_end(|conn, side, _| {
            let end = &mut conn.ends[side];
            let crashed = (end.life == Life::Crashed).then_some(io::ErrorKind::ConnectionAborted);
            end.error.take().or(crashed).map(errno::error)
        })
    }

    /// Reads or peeks up to so many bytes, which `sink` gets piece by piece. It runs under the lock of the network.
    ///
    /// # Errors
    /// `WouldBlock`; else as a read of a [`TcpStream`].
    pub fn read(&self, most: usize, is_peek: bool, sink: impl FnMut(&[u8])) -> io::Result<usize> {
        now_or_never(self.0.with_io(|conn, side, wire| match is_peek {
            true => conn.peek(side, most, sink),
            false => conn.read(side, most, wire, sink),
        }))
    }

    /// Writes as much as there is room for. Where that is not all, the observer is told once there is room again.
    ///
    /// Source: Linux 6.18, `tcp_sendmsg_locked`, which sets `SOCK_NOSPACE` before it returns less than all.
    ///
    /// # Errors
    /// `WouldBlock`; else as a write of a [`TcpStream`].
    pub fn write(&self, slices: &[&[u8]]) -> io::Result<usize> {
        let all = slices.iter().map(|slice| slice.len()).sum();
        now_or_never(self.0.with_io(|conn, side, wire| {
            let end = &conn.ends[side];
            if end.life == Life::Closed && end.error.is_none() {
                return Io::Fail(io::ErrorKind::BrokenPipe); // also where a connect has failed
            }
            let written = conn.write(side, slices, wire);
            if matches!(written, Io::Done(count) if count < all) {
                conn.can_write(side, wire);
            }
            written
        }))
    }

    /// Ends the writing direction.
    pub fn shut_down_write(&self) {
        self.0.close_write();
    }

    /// Breaks the connection off.
    pub fn reset(self) {
        self.0.reset();
    }

    /// Returns how many bytes can be read.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.0.with_end(|conn, side, _| conn.sending[side.other()].arrived)
    }

    /// Returns what a poll shows. Where there is no room, the observer is told once there is.
    ///
    /// Source: Linux 6.18, `tcp_poll` and `unix_poll`.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.0.with_io(|conn, side, wire| {
            let end = &conn.ends[side];
            let (has_error, has_eof) = (end.error.is_some(), end.has_eof);
            match end.life {
                Life::Opening => return Readiness::default(),
                Life::Closed => return Readiness::over(has_error),
                Life::Crashed => return Readiness::over(true),
                Life::Open => {}
            }
            Readiness {
                is_readable: has_eof || conn.sending[side.other()].arrived > 0,
                is_writable: conn.can_write(side, wire),
                is_at_end: has_eof,
                is_hung_up: has_eof && conn.sending[side].is_closed,
                has_error,
            }
        })
    }

    /// Registers who is told of each edge, until the stream is dropped.
    pub fn observe(&self, observers: Observers<'_>) {
        let replaced = self.0.with_waiters(|end| {
            [observe(&mut end.read, observers.readable), observe(&mut end.write, observers.writable)]
        });
        drop(replaced);
    }

    /// Returns the addresses of this end and of the other.
    #[must_use]
    pub fn addresses(&self) -> (SocketAddr, SocketAddr) {
        self.0.addresses()
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    /// As [`TcpStream::peer_addr`].
    pub fn peer(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }

    /// Returns the stream, for its settings.
    #[must_use]
    pub const fn settings(&self) -> &TcpStream {
        &self.0
    }
}
