//! Where a socket is, as text.

use super::super::{
    side::Side,
    tcp::{Conn, Listener},
};

impl Conn {
    /// Returns whether this end is a socket of its own: one that is connected to itself has one.
    pub(crate) fn is_listed(&self, side: Side) -> bool {
        self.ends[side].is_held && !(side == Side::Server && self.is_with_itself())
    }

    /// Returns how many bytes have arrived for this end and are not read.
    pub(crate) fn unread(&self, side: Side) -> usize {
        let reads = if self.is_with_itself() { Side::Server } else { side };
        self.sending[reads.other()].arrived
    }
}

/// Formats the address of one end of a connection.
pub(crate) fn end_place(conn: &Conn, side: Side) -> String {
    match (&conn.path, side) {
        (None, side) => conn.addresses[side].to_string(),
        (Some(_), Side::Client) => "unnamed".to_owned(),
        (Some(path), Side::Server) => path.shown.to_string(),
    }
}

/// Formats the port or the path of a listener.
pub(crate) fn listener_place(listener: &Listener) -> String {
    listener.path.as_ref().map_or_else(|| format!("port {}", listener.port), |path| path.shown.to_string())
}
