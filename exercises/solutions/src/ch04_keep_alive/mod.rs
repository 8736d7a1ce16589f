//! Chapter 04: keep-alive and pipelining. One request after another, and the bytes between them.
//!
//! After the last request nothing is read: bytes after `Connection: close` are no request.

mod heads;
mod unread;

pub use self::{heads::Heads, unread::Unread};

use crate::ch01_request_head::Head;

/// Returns `true` if the connection can go on after this request: 1.1 goes on by default, 1.0 closes by default.
///
/// Source: RFC 9112, 9.3.
#[must_use]
pub fn wants_keep_alive(head: &Head) -> bool {
    let fields = head.headers.get_all("connection");
    let says =
        |option| fields.iter().flat_map(|field| list(field)).any(|own| own.eq_ignore_ascii_case(option));
    !says(b"close") && (head.minor > 0 || says(b"keep-alive"))
}

/// Returns the members of a comma-separated list, without the space around them.
///
/// Source: RFC 9110, 5.6.1.
fn list(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}
