//! A datagram socket.

use std::{io, net::SocketAddr, task::Waker};

use super::{Readiness, now_or_never, observe};
use crate::net::{BindAddr, Host, UdpSocket, errno};

/// A datagram socket. Dropping it closes it.
#[derive(Debug)]
pub struct Datagrams(UdpSocket);

impl Datagrams {
    /// Opens a socket at an address of the host.
    ///
    /// # Errors
    /// As [`Host::bind_udp`].
    pub fn bind(host: &Host, at: SocketAddr) -> io::Result<Self> {
        host.bind_at(BindAddr::from(at), host.made_at()).map(Self)
    }

    /// Takes the next datagram, or looks at it. `sink` gets as much of it as there is room for. Returns how long it is, and
    /// where it came from.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; else as [`UdpSocket::recv_from`].
    pub fn receive(
        &self,
        most: usize,
        is_peek: bool,
        sink: impl FnOnce(&[u8]),
    ) -> io::Result<(usize, SocketAddr)> {
        let received = now_or_never(self.0.try_receive(most, is_peek))?;
        sink(&received.payload[..received.payload.len().min(most)]);
        Ok((received.payload.len(), received.from))
    }

    /// Sends to this address from now on, and hears only from it.
    ///
    /// # Errors
    /// As [`UdpSocket::connect`].
    pub fn connect(&self, to: SocketAddr) -> io::Result<()> {
        self.0.connect_now(to)
    }

    /// Returns the socket, for all that never waits.
    #[must_use]
    pub const fn socket(&self) -> &UdpSocket {
        &self.0
    }

    /// Takes the pending error, as `SO_ERROR` does.
    #[must_use]
    pub fn take_error(&self) -> Option<io::Error> {
        self.0.with_socket(|socket| socket.error.take()).map(errno::error)
    }

    /// Returns what a poll shows.
    ///
    /// Source: Linux 6.18, `udp_poll` and `datagram_poll`.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.0.with_socket(|socket| {
            let has_error = socket.error.is_some() || socket.is_crashed;
            Readiness {
                is_readable: socket.unread() > 0 || socket.is_crashed,
                is_writable: true,
                has_error,
                ..Readiness::default()
            }
        })
    }

    /// Returns how many bytes the next datagram has.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.0.with_socket(|socket| socket.next_length())
    }

    /// Registers who is told of each datagram, until the socket is dropped.
    pub fn observe(&self, receivable: &Waker) {
        let replaced = self.0.with_waiters(|waiters| observe(waiters, receivable));
        drop(replaced);
    }
}
