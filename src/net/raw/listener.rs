//! A listener on a port or at a path.

use std::{io, net::SocketAddr, path::Path, task::Waker};

use super::{Stream, now_or_never, observe};
use crate::net::{BindAddr, Host, TcpListener};

/// A listener. Dropping it closes it.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Listens at an address of the host.
    ///
    /// # Errors
    /// As [`Host::listen`].
    pub fn bind(host: &Host, at: SocketAddr, backlog: usize) -> io::Result<Self> {
        host.listen_at(BindAddr::from(at).backlog(backlog), host.made_at()).map(Self)
    }

    /// Listens at a path of the host.
    ///
    /// # Errors
    /// As [`Host::listen_unix`].
    pub fn bind_unix(host: &Host, path: &Path, backlog: usize) -> io::Result<Self> {
        host.listen_at_path(path, backlog, host.made_at()).map(|listener| Self(listener.into_listener()))
    }

    /// Takes the next connection.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; else as [`TcpListener::accept`].
    pub fn accept(&self) -> io::Result<(Stream, SocketAddr)> {
        now_or_never(self.0.try_accept()).map(|(stream, from)| (Stream::new(stream), from))
    }

    /// Returns whether an accept would not wait.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.is_ready()
    }

    /// Registers who is told of each connection, until the listener is dropped.
    pub fn observe(&self, acceptable: &Waker) {
        let replaced = self.0.with_waiters(|waiters| observe(waiters, acceptable));
        drop(replaced);
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }
}
