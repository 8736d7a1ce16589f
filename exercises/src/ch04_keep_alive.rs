//! Chapter 04: keep-alive and pipelining, one request after another. The page is
//! `exercises/chapters/ch04_keep_alive.md`, the tests are `exercises/tests/ch04_keep_alive.rs`: make them green one by
//! one, in their order.
//!
//! ```text
//! GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTT     one read: a request, and the beginning of the next
//! ^ read ..........................^ unread
//! ```
//!
//! The decoder of chapter 03 discards what follows its request. This one keeps it, and says for each request whether
//! the connection goes on after it. After the last request nothing is read: bytes after `Connection: close` are no
//! request.
//!
//! Your connection of chapter 03 grows as well: from t07 on it is tested with this decoder, and at t21 and t22 it
//! learns to slow down a client that is too fast. With `cargo workbook skip ch03` the reference does that part.

use crate::{
    ch01_request_head::Head,
    ch03_connection::{Decode, Event, Progress, Refused},
};

/// Returns `true` if the connection can go on after this request: 1.1 goes on by default, 1.0 closes by default.
///
/// Source: RFC 9112, 9.3.
pub fn wants_keep_alive(head: &Head) -> bool {
    exercise!(
        "ch04",
        "wants_keep_alive({} HTTP/1.{}): true if `Connection`, or else the version, keeps the connection",
        head.target,
        head.minor
    )
}

/// Bytes that were taken but not read. Reading moves an index; the bytes move only when that is cheap. So a client that
/// sends ten thousand requests at once does not make the server move them ten thousand times.
///
/// You decide what it holds. Chapters 05 and 06 use it as well.
#[derive(Clone, Debug, Default)]
pub struct Unread {}

impl Unread {
    /// Appends bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        exercise!("ch04", "Unread::push({} bytes): append them", bytes.len())
    }

    /// Returns the bytes that are not read yet.
    pub fn bytes(&self) -> &[u8] {
        exercise!("ch04", "Unread::bytes(): the bytes that were pushed and not read, in their order")
    }

    /// Marks the first `count` bytes as read.
    ///
    /// # Panics
    /// If there are fewer bytes.
    pub fn read(&mut self, count: usize) {
        exercise!("ch04", "Unread::read({count}): mark the first {count} bytes as read")
    }

    /// Returns `true` if there is nothing except the empty lines that may come before a request.
    pub fn is_idle(&self) -> bool {
        exercise!("ch04", "Unread::is_idle(): true if there is nothing except empty lines")
    }
}

/// Reads one request after another, each without a body.
///
/// You decide what it holds. An [`Unread`] is enough.
#[derive(Clone, Debug, Default)]
pub struct Heads {}

impl Decode for Heads {
    fn push(&mut self, bytes: &[u8]) {
        exercise!(
            "ch04",
            "Heads::push({} bytes): append them to the bytes that are not read yet",
            bytes.len()
        )
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!("ch04", "Heads::next_event(): the next request; what follows it stays for the next call")
    }

    fn progress(&self) -> Progress {
        exercise!("ch04", "Heads::progress(): Idle if nothing is here except empty lines, otherwise Head")
    }

    fn buffered(&self) -> usize {
        exercise!("ch04", "Heads::buffered(): the number of bytes that were pushed and not read")
    }
}
