//! Named sockets of one host: what is written is there at once, and no packet is sent.
//!
//! Source: Linux 6.18, unix(7) and `net/unix/af_unix.c`; tried beside real ones in the tests.

use std::{io, path::Path, sync::Arc};

use super::{
    Bind, Conn, ConnId, Fabric, HostId, Life, Listener, ListenerId, Notice, Progress, Side,
    record::{NOBODY, UnixAct, length},
};
use crate::violation::SourceLocation;

/// Who listens at a path; `None` if nobody does any more.
pub(super) type Owner = Option<ListenerId>;

/// The name of a socket that is no file: it goes with its listener.
fn is_abstract(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().first() == Some(&0)
}

impl Fabric {
    pub(crate) fn listen_unix(
        &mut self,
        host: HostId,
        path: Arc<Path>,
        backlog: usize,
        made_at: SourceLocation,
    ) -> io::Result<ListenerId> {
        self.check_up(host)?;
        let place = (host, Arc::clone(&path));
        if self.paths.contains_key(&place) {
            return Err(io::ErrorKind::AddrInUse.into());
        }
        self.transcript.record_unix(self.now, (host, NOBODY), &path, UnixAct::Listen, 0);
        let mut listener = Listener::new(host, Bind::All, 0, backlog, self.now);
        (listener.path, listener.made_at) = (Some(path), Some(made_at));
        let id = ListenerId::at(self.listeners.insert(listener));
        self.paths.insert(place, Some(id));
        Ok(id)
    }

    /// Connects, or says at once why not.
    pub(crate) fn connect_unix(
        &mut self,
        host: HostId,
        path: Arc<Path>,
        made_at: SourceLocation,
    ) -> io::Result<ConnId> {
        self.check_up(host)?;
        let owner = self.paths.get(&(host, Arc::clone(&path))).ok_or(io::ErrorKind::NotFound)?;
        let id = owner.ok_or(io::ErrorKind::ConnectionRefused)?;
        let listener = &mut self.listeners[id.index()];
        if listener.is_full() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut conn = Conn::unix(host, path, id, self.now);
        conn.ends[0].made_at = Some(made_at);
        let conn = ConnId::at(self.conns.insert(conn));
        listener.queue.push_back(conn);
        self.record_unix(conn, UnixAct::Connect, 0);
        self.notify(Notice::Acceptable(id));
        Ok(conn)
    }

    /// Takes a path away; who listens there is not told. False if there is none.
    pub(crate) fn unlink(&mut self, host: HostId, path: Arc<Path>) -> bool {
        !is_abstract(&path) && self.paths.remove(&(host, path)).is_some()
    }

    /// A listener is gone. Its path stays, as a file does.
    pub(super) fn leave_path(&mut self, id: ListenerId) {
        let listener = &self.listeners[id.index()];
        let Some(path) = &listener.path else { return };
        let place = (listener.host, Arc::clone(path));
        // Unlinked, it may be another's.
        if self.paths.get(&place) == Some(&Some(id)) {
            if is_abstract(&place.1) {
                self.paths.remove(&place);
            } else {
                self.paths.insert(place, None);
            }
        }
    }

    /// The listeners at paths of a host that is going down. The paths stay, as on a disk.
    pub(super) fn take_unix_listeners(&mut self, host: HostId) -> Vec<ListenerId> {
        let found = self
            .listeners
            .iter()
            .filter(|(_, listener)| listener.host == host && listener.path.is_some() && !listener.is_dead);
        let found: Vec<ListenerId> = found.map(|(index, _)| ListenerId::at(index)).collect();
        found.iter().for_each(|id| self.leave_path(*id));
        found
    }

    // Bytes.

    pub(super) fn record_unix(&mut self, id: ConnId, act: UnixAct, content: u64) {
        let conn = &self.conns[id.index()];
        if let Some(path) = &conn.path {
            self.transcript.record_unix(self.now, (conn.hosts[0], id), path, act, content);
        }
    }

    pub(super) fn hand_over(&mut self, id: ConnId, side: Side, count: usize) {
        let sees_bytes = self.transcript.sees_bytes();
        let lane = self.conns[id.index()].lane(side);
        lane.arrived += count;
        let new = lane.bytes.len() - count;
        let content = if sees_bytes { crate::seed::fnv1a(&lane.bytes.make_contiguous()[new..]) } else { 0 };
        self.record_unix(id, UnixAct::Write(side, length(count)), content);
        self.notify(Notice::Readable(id, side.other()));
    }

    pub(super) fn hand_over_end(&mut self, id: ConnId, side: Side) {
        self.conns[id.index()].end(side.other()).has_eof = true;
        self.record_unix(id, UnixAct::Write(side, 0), 0);
        self.notify(Notice::Readable(id, side.other()));
    }

    /// The reader has taken bytes.
    pub(super) fn make_room(&mut self, id: ConnId, writer: Side, count: usize) {
        let lane = self.conns[id.index()].lane(writer);
        lane.in_use -= count;
        if std::mem::take(&mut lane.writer_waits) {
            self.notify(Notice::Writable(id, writer));
        }
    }

    /// The other end is closed: already the first write fails.
    pub(super) fn refuse_writes(&mut self, id: ConnId, side: Side) {
        self.conns[id.index()].lane(side).give_up();
        self.notify(Notice::Writable(id, side));
    }

    /// The other end was closed, and what this one had written was not read.
    pub(super) fn reset_unix(&mut self, id: ConnId, side: Side) {
        let end = self.conns[id.index()].end(side);
        if end.life == Life::Open {
            end.life = Life::Closed;
            end.has_eof = false;
            end.error = Some(io::ErrorKind::ConnectionReset);
            self.record_unix(id, UnixAct::Reset(side.other()), 0);
            self.notify(Notice::Readable(id, side));
            self.refuse_writes(id, side);
        }
    }
}

impl Conn {
    fn unix(host: HostId, path: Arc<Path>, listener: ListenerId, now: u64) -> Self {
        let nowhere = std::net::SocketAddr::from(([0; 4], 0));
        let mut conn = Self::new([host; 2], [nowhere; 2], now);
        conn.path = Some(path);
        conn.listener = Some(listener);
        conn.progress = Progress::Queued;
        for end in &mut conn.ends {
            end.life = Life::Open;
            end.is_held = true;
        }
        conn
    }

    /// Where an end is, for people.
    pub(crate) fn place(&self, side: Side) -> String {
        match (&self.path, side) {
            (None, side) => self.addresses[side.index()].to_string(),
            (Some(_), Side::Client) => "unnamed".to_owned(),
            (Some(path), Side::Server) => show(path),
        }
    }
}

impl Listener {
    /// Where it is, for people.
    pub(crate) fn place(&self) -> String {
        self.path.as_ref().map_or_else(|| format!("port {}", self.port), |path| show(path))
    }
}

/// A name that is no file begins with `@`, as `ss` has it.
pub(crate) fn show(path: &Path) -> String {
    let text = path.display().to_string();
    text.strip_prefix('\0').map_or_else(|| text.clone(), |name| format!("@{name}"))
}
