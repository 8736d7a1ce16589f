//! Where a socket is, as text.

use super::super::{
    side::Side,
    tcp::{Conn, Listener},
};

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
