// caught-by: t03_close_is_a_member_of_a_list_in_any_case
// instead-of: ch04_keep_alive/mod.rs
// `Connection: close`, letter by letter: what browsers send.
//! Chapter 04: keep-alive and pipelining. One request after another, and what stays in the buffer between them.
//!
//! Whoever decides that the connection ends after a request decides also that nothing behind it is read: what a
//! client sent after `Connection: close` is not a request.

mod heads;
mod unread;

pub use self::{heads::Heads, unread::Unread};

use crate::ch01_request_head::Head;

/// Whether the connection can go on after this request: 1.1 does unless told otherwise, 1.0 closes unless asked.
///
/// Source: RFC 9112, 9.3.
#[must_use]
pub fn wants_keep_alive(head: &Head) -> bool {
    let fields = head.headers.get_all("connection");
    let says = |option: &[u8]| fields.contains(&option);
    !says(b"close") && (head.minor > 0 || says(b"keep-alive"))
}

/// The members of a list: what stands between commas, without the space around it.
///
/// Source: RFC 9110, 5.6.1.
fn list(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}
