//! Unix sockets: what is written is there at once, and no packet is sent.
//!
//! Source: Linux 6.18, unix(7) and `net/unix/af_unix.c`; the tests hold it against real ones.

mod conn;

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

use super::{
    hosts::{Bind, Reuse},
    ids::{ConnId, HostId, ListenerId},
    io::Notice,
    paths::{UnixPath, is_abstract},
    side::Side,
    tcp::{Conn, Listener, Listeners, Tcp},
    wire::Wire,
};
use crate::{net::errno, trace::EventKind, violation::SourceLocation};

/// The number of a connection where there is none.
const NO_CONN: u32 = u32::MAX;

/// The paths of all hosts.
#[derive(Default)]
pub(crate) struct Unix {
    /// The listener at each path; `None` once it is gone.
    paths: BTreeMap<(HostId, Arc<Path>), Option<ListenerId>>,
}

impl Unix {
    /// Listens at a path of a host that is up.
    pub(crate) fn listen(
        &mut self,
        host: HostId,
        path: Arc<Path>,
        backlog: usize,
        made_at: SourceLocation,
        listeners: &mut Listeners,
        wire: &mut Wire,
    ) -> io::Result<ListenerId> {
        let place = (host, Arc::clone(&path));
        if self.paths.contains_key(&place) {
            return Err(errno::error(io::ErrorKind::AddrInUse));
        }
        let path = UnixPath::new(path);
        wire.log().at_path(EventKind::Listening, (host.0, &path.shown), (NO_CONN, false), 0, &[]);
        let mut listener = Listener::new(host, Bind::All, 0, Reuse::default(), backlog, wire.now, made_at);
        listener.path = Some(path);
        let id = listeners.insert(listener);
        self.paths.insert(place, Some(id));
        Ok(id)
    }

    /// Connects from a host that is up. Never waits.
    pub(crate) fn connect(
        &mut self,
        host: HostId,
        path: Arc<Path>,
        made_at: SourceLocation,
        tcp: &mut Tcp,
        wire: &mut Wire,
    ) -> io::Result<ConnId> {
        // An abstract name is no file that could be missing.
        let missing =
            if is_abstract(&path) { io::ErrorKind::ConnectionRefused } else { io::ErrorKind::NotFound };
        let owner = self.paths.get(&(host, path)).ok_or_else(|| errno::error(missing))?;
        let listener = owner.ok_or_else(|| errno::error(io::ErrorKind::ConnectionRefused))?;
        let (listeners, buffers) = (&mut tcp.listeners, tcp.buffers);
        let path = listeners[listener].path.clone();
        if listeners[listener].is_full() {
            return Err(errno::error(io::ErrorKind::WouldBlock));
        }
        let id = tcp.conns.insert_with(|id| Conn::unix(id, host, path, listener, buffers, wire.now));
        let conn = &mut tcp.conns[id];
        conn.ends[Side::Client].made_at = Some(made_at);
        conn.record_unix(EventKind::ConnectStarted, Side::Client, (0, &[]), wire);
        listeners[listener].queue.push_back(id);
        wire.notify(Notice::Acceptable(listener));
        Ok(id)
    }

    /// Removes a path. Its listener is not told. Returns false if there is none.
    pub(crate) fn unlink(&mut self, host: HostId, path: Arc<Path>) -> bool {
        !is_abstract(&path) && self.paths.remove(&(host, path)).is_some()
    }

    /// A listener is gone. Its path stays, as a file does; an abstract name goes.
    pub(crate) fn leave_path(&mut self, id: ListenerId, listener: &Listener) {
        let Some(path) = &listener.path else { return };
        let place = (listener.host, Arc::clone(&path.path));
        // Unlinked, it may be another's.
        if self.paths.get(&place) == Some(&Some(id)) {
            if is_abstract(&place.1) {
                self.paths.remove(&place);
            } else {
                self.paths.insert(place, None);
            }
        }
    }
}
