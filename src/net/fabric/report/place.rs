//! Where a socket is, as text.

use super::super::{
    paths::show_path,
    side::Side,
    tcp::{Conn, Listener},
};

/// Formats the address of one end of a connection.
pub(crate) fn end_place(conn: &Conn, side: Side) -> String {
    match (&conn.path, side) {
        (None, side) => conn.addresses[side].to_string(),
        (Some(_), Side::Client) => "unnamed".to_owned(),
        (Some(path), Side::Server) => show_path(path),
    }
}

/// Formats the port or the path of a listener.
pub(crate) fn listener_place(listener: &Listener) -> String {
    listener.path.as_ref().map_or_else(|| format!("port {}", listener.port), |path| show_path(path))
}
