//! A socket of a sim's network, as its descriptors share it.

#![forbid(unsafe_code)]

mod errno;
mod establish;
mod options;
mod transfer;

use std::{
    ffi::c_int,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Wake, Waker},
};

use unplugged::{
    __private::{
        RunningSim,
        raw::{self, Datagrams, Listener, Observers, Readiness},
    },
    net::{Host, Net},
};

use self::options::Options;
pub(crate) use self::{errno::number, transfer::Received};
use crate::{
    epoll::{Registration, edge},
    texts,
};

/// The address of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Inet(SocketAddr),
    /// A path, or an abstract name, which begins with a zero byte.
    Path(Arc<Path>),
    Unspecified,
}

/// `AF_INET`, `AF_INET6` or `AF_UNIX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
    Unix,
}

/// `SOCK_STREAM` or `SOCK_DGRAM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stream,
    Datagram,
}

/// A socket. All descriptors that were duplicated from one share it.
#[derive(Debug)]
pub(crate) struct Socket {
    sim: RunningSim,
    net: Net,
    pub(crate) family: Family,
    pub(crate) kind: Kind,
    /// The host whose task made it.
    host: Option<Host>,
    is_nonblocking: AtomicBool,
    state: Mutex<State>,
    options: Mutex<Options>,
    pub(crate) registrations: Mutex<Vec<Arc<Registration>>>,
    wakers: [Waker; 2],
}

/// The states of a socket.
#[derive(Debug)]
enum State {
    /// It has no connection, and is perhaps bound.
    Fresh {
        bound: Option<Address>,
    },
    Listening(Listener, Option<Arc<Path>>),
    Stream(Connection),
    Datagrams(Datagrams),
}

/// A connection, or an attempt.
#[derive(Debug)]
struct Connection {
    stream: raw::Stream,
    /// A `connect` has not told yet how it ended: Linux's `SS_CONNECTING`.
    is_untold: bool,
    /// `SHUT_RD`
    is_read_shut: bool,
    /// The path of the listener, and whether it is the address of this end.
    path: Option<(Arc<Path>, bool)>,
}

/// Tells a socket's registrations of an edge. It holds no socket.
struct Edge(Weak<Socket>, u32);

impl Wake for Edge {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(socket) = self.0.upgrade() {
            socket.mark(self.1);
        }
    }
}

impl Socket {
    /// Makes a socket for the code that runs now.
    pub(crate) fn new(sim: RunningSim, net: Net, family: Family, kind: Kind) -> Arc<Self> {
        let host = raw::in_scope(&net);
        Self::with(sim, net, (family, kind), host, State::Fresh { bound: None })
    }

    fn with(
        sim: RunningSim,
        net: Net,
        (family, kind): (Family, Kind),
        host: Option<Host>,
        state: State,
    ) -> Arc<Self> {
        Arc::new_cyclic(|socket: &Weak<Self>| Self {
            sim,
            net,
            family,
            kind,
            host,
            is_nonblocking: AtomicBool::new(false),
            state: Mutex::new(state),
            options: Mutex::default(),
            registrations: Mutex::default(),
            wakers: [edge::READABLE, edge::WRITABLE]
                .map(|edge| Waker::from(Arc::new(Edge(Weak::clone(socket), edge)))),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observers(&self) -> Observers<'_> {
        Observers { readable: &self.wakers[0], writable: &self.wakers[1] }
    }

    /// Returns the host of a socket that is bound there, or nowhere: that of the task that made it or that runs, the one
    /// that has the address, or else that of the test.
    fn host(&self, bound: Option<SocketAddr>) -> Host {
        let in_scope = self.host.clone().or_else(|| raw::in_scope(&self.net));
        in_scope.or_else(|| raw::host_of(&self.net, bound?.ip())).unwrap_or_else(|| raw::here(&self.net))
    }

    /// Returns the address of a socket that is bound nowhere.
    fn unbound(&self) -> Address {
        match self.family {
            Family::V4 => Address::Inet((Ipv4Addr::UNSPECIFIED, 0).into()),
            Family::V6 => Address::Inet((Ipv6Addr::UNSPECIFIED, 0).into()),
            Family::Unix => Address::Unspecified,
        }
    }

    /// Checks that an address is of the socket's family.
    fn inet(&self, address: &Address) -> Result<SocketAddr, c_int> {
        match (address, self.family) {
            (Address::Inet(address @ SocketAddr::V4(_)), Family::V4)
            | (Address::Inet(address @ SocketAddr::V6(_)), Family::V6) => Ok(*address),
            (Address::Inet(_), Family::V6) => Err(libc::EINVAL),
            _ => Err(libc::EAFNOSUPPORT),
        }
    }

    pub(crate) fn is_nonblocking(&self) -> bool {
        self.is_nonblocking.load(Ordering::Relaxed)
    }

    pub(crate) fn set_nonblocking(&self, is_nonblocking: bool) {
        self.is_nonblocking.store(is_nonblocking, Ordering::Relaxed);
    }

    /// Ends the test: a call would stop the thread that everything else waits for.
    pub(crate) fn would_block(&self, call: &str) -> c_int {
        let (headline, next) = texts::would_block(call);
        self.sim.fail(&headline, next);
        libc::EDEADLK
    }

    /// Tells all registrations of an edge.
    pub(crate) fn mark(&self, edge: u32) {
        let known = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().for_each(|registration| registration.mark(edge));
    }

    /// A descriptor of it is closed. The last one closes the socket, when the caller drops it.
    pub(crate) fn forget(&self, fd: c_int) {
        let mut known = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|registration| {
            let is_gone = registration.fd == fd;
            if is_gone {
                registration.turn_off();
            }
            !is_gone
        });
    }

    /// Returns what a poll shows, as a mask of epoll's and poll's.
    pub(crate) fn mask(&self) -> u32 {
        let readiness = match &*self.lock() {
            // Source: Linux 6.18, `tcp_poll` of a socket in the state CLOSE.
            State::Fresh { .. } => {
                Readiness { is_writable: true, is_hung_up: self.kind == Kind::Stream, ..Readiness::default() }
            }
            State::Listening(listener, _) => {
                Readiness { is_readable: listener.is_ready(), ..Readiness::default() }
            }
            State::Stream(connection) => {
                let mut readiness = connection.stream.readiness();
                readiness.is_readable |= connection.is_read_shut;
                readiness.is_at_end |= connection.is_read_shut;
                readiness
            }
            State::Datagrams(socket) => socket.readiness(),
        };
        let flags = [
            (readiness.is_readable, libc::EPOLLIN | libc::EPOLLRDNORM),
            (readiness.is_writable, libc::EPOLLOUT | libc::EPOLLWRNORM),
            (readiness.is_at_end, libc::EPOLLRDHUP),
            (readiness.is_hung_up, libc::EPOLLHUP),
            (readiness.has_error, libc::EPOLLERR),
        ];
        flags.iter().filter(|(is_set, _)| *is_set).fold(0, |mask, (_, flag)| mask | *flag as u32)
    }
}

impl Drop for Socket {
    /// `SO_LINGER` of no time: a reset instead of an end.
    fn drop(&mut self) {
        let is_hard = self.options.get_mut().unwrap_or_else(PoisonError::into_inner).lingers_not();
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let (true, State::Stream(_)) = (is_hard, &*state) {
            if let State::Stream(connection) = std::mem::replace(state, State::Fresh { bound: None }) {
                connection.stream.reset();
            }
        }
    }
}
