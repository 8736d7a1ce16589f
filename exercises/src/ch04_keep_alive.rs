//! Chapter 04: keep-alive and pipelining, one request after another. The page is
//! `exercises/chapters/ch04_keep_alive.md`, the tests are `exercises/tests/ch04_keep_alive.rs`: make them green one by
//! one, in their order.
//!
//! ```text
//! GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTT     what came in one read: a request, and the beginning of the next
//! ^ read ..........................^ unread
//! ```
//!
//! The decoder of chapter 03 threw away what follows its request. This one keeps it, and says of each request whether
//! the connection goes on after it. Whoever decides that it ends decides also that nothing behind it is read: what a
//! client sent after `Connection: close` is not a request.
//!
//! Here your connection of chapter 03 grows as well: from t07 on it is tested with this decoder, and at t21 and t22 it
//! learns to hold back a client that is too fast. With `cargo workbook skip ch03` the reference does that part.

use crate::{
    ch01_request_head::Head,
    ch03_connection::{Decode, Event, Progress, Refused},
};

/// Whether the connection can go on after this request: 1.1 does unless told otherwise, 1.0 closes unless asked.
///
/// Source: RFC 9112, 9.3.
pub fn wants_keep_alive(head: &Head) -> bool {
    exercise!(
        "ch04",
        "wants_keep_alive({} HTTP/1.{}): whether `Connection`, or else the version, says that it goes on",
        head.target,
        head.minor
    )
}

/// Bytes that were taken and not read. Reading moves a mark; the bytes move only when that is cheap, so that a client
/// that sends ten thousand requests at once does not make the server move them ten thousand times.
///
/// Yours: what it holds. Chapters 05 and 06 use it as well.
#[derive(Clone, Debug, Default)]
pub struct Unread {}

impl Unread {
    /// Puts bytes behind those that are there.
    pub fn push(&mut self, bytes: &[u8]) {
        exercise!("ch04", "Unread::push({} bytes): put them behind those that are there", bytes.len())
    }

    /// What is there.
    pub fn bytes(&self) -> &[u8] {
        exercise!("ch04", "Unread::bytes(): what was pushed and not read, in its order")
    }

    /// The first `count` bytes are read.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn read(&mut self, count: usize) {
        exercise!("ch04", "Unread::read({count}): the first {count} bytes are done with")
    }

    /// Whether nothing is there but the empty lines that may stand before a request.
    pub fn is_idle(&self) -> bool {
        exercise!("ch04", "Unread::is_idle(): whether nothing is there but empty lines")
    }
}

/// Reads one request after another, each without a body.
///
/// Yours: what it holds. An [`Unread`] does it.
#[derive(Clone, Debug, Default)]
pub struct Heads {}

impl Decode for Heads {
    fn push(&mut self, bytes: &[u8]) {
        exercise!("ch04", "Heads::push({} bytes): keep them, behind those that are there", bytes.len())
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!("ch04", "Heads::next_event(): the next request; what follows it stays for the next call")
    }

    fn progress(&self) -> Progress {
        exercise!("ch04", "Heads::progress(): Idle if nothing is here but empty lines, else Head")
    }

    fn buffered(&self) -> usize {
        exercise!("ch04", "Heads::buffered(): how many bytes were pushed and not read")
    }
}
