//! Binding, listening, accepting, connecting.

use std::{
    ffi::c_int,
    net::SocketAddr,
    sync::{Arc, PoisonError},
};

use unplugged::__private::raw::{self, Datagrams, Listener, Stream};

use super::{Address, Connection, Family, Kind, Socket, State, number};
use crate::texts;

/// The longest backlog.
///
/// Source: Linux 6.18, `net.core.somaxconn`.
const SOMAXCONN: usize = 4096;

impl Socket {
    /// `bind(2)`. A stream's port is taken when it listens or connects.
    pub(crate) fn bind(&self, address: Address) -> Result<(), c_int> {
        let mut state = self.lock();
        let State::Fresh { bound: None } = &*state else { return Err(libc::EINVAL) };
        if self.family == Family::Unix {
            let Address::Path(_) = &address else { return Err(libc::EINVAL) };
            *state = State::Fresh { bound: Some(address) };
            return Ok(());
        }
        let at = self.inet(&address)?;
        if self.kind == Kind::Datagram {
            *state = State::Datagrams(self.open(Some(at))?);
            return Ok(());
        }
        if !raw::has_address(&self.host(Some(at)), at.ip()) {
            return Err(libc::EADDRNOTAVAIL);
        }
        *state = State::Fresh { bound: Some(address) };
        Ok(())
    }

    /// Opens the datagram socket behind this one.
    fn open(&self, at: Option<SocketAddr>) -> Result<Datagrams, c_int> {
        let host = self.host(at);
        let at = match (at, self.unbound()) {
            (Some(at), _) | (None, Address::Inet(at)) => at,
            _ => return Err(libc::EAFNOSUPPORT),
        };
        let socket = Datagrams::bind(&host, at).map_err(|error| number(&error))?;
        socket.observe(&self.wakers[0]);
        self.options.lock().unwrap_or_else(PoisonError::into_inner).apply_to_datagrams(&socket);
        Ok(socket)
    }

    /// Has a datagram socket that is bound nowhere take any free port.
    pub(super) fn open_if_fresh(&self, state: &mut State) -> Result<(), c_int> {
        if let (State::Fresh { .. }, Kind::Datagram) = (&*state, self.kind) {
            *state = State::Datagrams(self.open(None)?);
        }
        Ok(())
    }

    /// `listen(2)`
    pub(crate) fn listen(&self, backlog: c_int) -> Result<(), c_int> {
        let mut state = self.lock();
        let bound = match &*state {
            State::Fresh { bound } if self.kind == Kind::Stream => bound.clone(),
            State::Listening(..) => return Ok(()),
            State::Datagrams(_) | State::Fresh { .. } => return Err(libc::EOPNOTSUPP),
            State::Stream(_) => return Err(libc::EINVAL),
        };
        // A negative backlog is the longest: Linux compares it without its sign.
        let backlog = usize::try_from(backlog).unwrap_or(SOMAXCONN).min(SOMAXCONN);
        let (listener, path) = match bound.unwrap_or_else(|| self.unbound()) {
            Address::Inet(at) => (Listener::bind(&self.host(Some(at)), at, backlog), None),
            Address::Path(path) => (Listener::bind_unix(&self.host(None), &path, backlog), Some(path)),
            Address::Unspecified => return Err(libc::EINVAL),
        };
        let listener = listener.map_err(|error| number(&error))?;
        listener.observe(&self.wakers[0]);
        *state = State::Listening(listener, path);
        Ok(())
    }

    /// `accept(2)`: the connection, and where it comes from.
    pub(crate) fn accept(&self) -> Result<(Arc<Self>, Address), c_int> {
        let state = self.lock();
        let State::Listening(listener, path) = &*state else {
            return Err(if self.kind == Kind::Stream { libc::EINVAL } else { libc::EOPNOTSUPP });
        };
        let (stream, from) = listener.accept().map_err(|error| number(&error))?;
        let connection = Connection {
            stream,
            is_untold: false,
            is_read_shut: false,
            path: path.clone().map(|path| (path, true)),
        };
        let host = self.host(Some(listener.address()));
        drop(state);
        let accepted = Self::with(
            self.sim.clone(),
            self.net.clone(),
            (self.family, self.kind),
            Some(host),
            State::Stream(connection),
        );
        accepted.take_connection_over();
        let inherited = self.options.lock().unwrap_or_else(PoisonError::into_inner).inherited();
        *accepted.options.lock().unwrap_or_else(PoisonError::into_inner) = inherited;
        let from = if self.family == Family::Unix { Address::Unspecified } else { Address::Inet(from) };
        Ok((accepted, from))
    }

    /// Registers for the edges of its connection, and hands it the options that were set before.
    fn take_connection_over(&self) {
        if let State::Stream(connection) = &*self.lock() {
            connection.stream.observe(self.observers());
            self.options
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .apply_to_stream(connection.stream.settings());
        }
    }

    /// `connect(2)`. `EINPROGRESS` where it has begun, and the caller decides whether to wait.
    ///
    /// Source: Linux 6.18, `__inet_stream_connect`.
    pub(crate) fn connect(&self, to: &Address) -> Result<(), c_int> {
        let mut state = self.lock();
        if self.kind == Kind::Datagram {
            let to = self.inet(to)?;
            self.open_if_fresh(&mut state)?;
            let State::Datagrams(socket) = &*state else { return Err(libc::EINVAL) };
            return socket.connect(to).map_err(|error| number(&error));
        }
        match &mut *state {
            State::Fresh { bound } => {
                let bound = bound.clone();
                let begun = match self.family {
                    Family::Unix => self.begin_at_path(to),
                    _ => self.begin(to, bound.as_ref()),
                };
                *state = State::Stream(begun?);
            }
            State::Stream(connection) if connection.stream.is_connecting() => return Err(libc::EALREADY),
            State::Stream(connection) if !connection.is_untold => return Err(libc::EISCONN),
            State::Stream(connection) if connection.stream.is_broken() => {
                let error = connection.stream.take_error().map_or(libc::ECONNABORTED, |error| number(&error));
                *state = State::Fresh { bound: None }; // and may try again
                return Err(error);
            }
            State::Stream(connection) => {
                connection.is_untold = false;
                return Ok(());
            }
            State::Listening(..) | State::Datagrams(_) => return Err(libc::EISCONN),
        }
        drop(state);
        self.take_connection_over();
        match self.family {
            Family::Unix => Ok(()),
            _ => Err(libc::EINPROGRESS),
        }
    }

    fn begin(&self, to: &Address, bound: Option<&Address>) -> Result<Connection, c_int> {
        let to = self.inet(to)?;
        let bound = match bound {
            Some(Address::Inet(bound)) => Some(*bound),
            _ => None,
        };
        if bound.is_some_and(|bound| bound.port() != 0) {
            self.sim.fail(texts::SOURCE_PORT.0, texts::SOURCE_PORT.1);
            return Err(libc::EADDRNOTAVAIL);
        }
        let stream = Stream::connect(&self.host(bound), to).map_err(|error| number(&error))?;
        Ok(Connection { stream, is_untold: true, is_read_shut: false, path: None })
    }

    fn begin_at_path(&self, to: &Address) -> Result<Connection, c_int> {
        let Address::Path(path) = to else { return Err(libc::EINVAL) };
        let stream = Stream::connect_unix(&self.host(None), path).map_err(|error| number(&error))?;
        Ok(Connection {
            stream,
            is_untold: false,
            is_read_shut: false,
            path: Some((Arc::clone(path), false)),
        })
    }

    /// `getsockname(2)`
    pub(crate) fn address(&self) -> Result<Address, c_int> {
        Ok(match &*self.lock() {
            State::Fresh { bound } => bound.clone().unwrap_or_else(|| self.unbound()),
            State::Listening(_, Some(path)) => Address::Path(Arc::clone(path)),
            State::Listening(listener, None) => Address::Inet(listener.address()),
            State::Stream(Connection { path: Some((path, true)), .. }) => Address::Path(Arc::clone(path)),
            State::Stream(Connection { path: Some(_), .. }) => Address::Unspecified,
            State::Stream(connection) => Address::Inet(connection.stream.addresses().0),
            State::Datagrams(socket) => {
                Address::Inet(socket.socket().local_addr().map_err(|error| number(&error))?)
            }
        })
    }

    /// `getpeername(2)`
    pub(crate) fn peer(&self) -> Result<Address, c_int> {
        match &*self.lock() {
            State::Stream(Connection { path: Some((path, false)), .. }) => {
                Ok(Address::Path(Arc::clone(path)))
            }
            State::Stream(Connection { path: Some(_), .. }) => Ok(Address::Unspecified),
            State::Stream(connection) if !connection.stream.is_connecting() => {
                connection.stream.peer().map(Address::Inet).map_err(|error| number(&error))
            }
            State::Datagrams(socket) => {
                socket.socket().peer_addr().map(Address::Inet).map_err(|error| number(&error))
            }
            State::Fresh { .. } | State::Listening(..) | State::Stream(_) => Err(libc::ENOTCONN),
        }
    }
}
