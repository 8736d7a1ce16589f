//! Chapter 04: keep-alive and pipelining. One request after another, and what stays in the buffer between them.
//!
//! Whoever decides that the connection ends after a request decides also that nothing behind it is read: what a
//! client sent after `Connection: close` is not a request.

use crate::{
    ch01_request_head::{Head, parse_head},
    ch03_connection::{Decode, Event, Progress, Refused, Request},
};

/// Whether the connection can go on after this request: 1.1 does unless told otherwise, 1.0 closes unless asked.
///
/// Source: RFC 9112, 9.3.
#[must_use]
pub fn wants_keep_alive(head: &Head) -> bool {
    let fields = head.headers.get_all("connection");
    let says =
        |option| fields.iter().flat_map(|field| list(field)).any(|own| own.eq_ignore_ascii_case(option));
    !says(b"close") && (head.minor > 0 || says(b"keep-alive"))
}

/// The members of a list: what stands between commas, without the space around it.
///
/// Source: RFC 9110, 5.6.1.
fn list(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    field.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// Bytes that were taken and not read. Reading moves a mark; the bytes move only when that is cheap.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    bytes: Vec<u8>,
    read: usize,
}

impl Unread {
    /// Puts bytes behind those that are there.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > self.bytes.len() / 2 {
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// What is there.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.read..]
    }

    /// The first `count` bytes are read.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn read(&mut self, count: usize) {
        let left = self.bytes().len();
        assert!(count <= left, "{count} bytes cannot be read: there are {left}");
        self.read += count;
    }

    /// Whether nothing is there but the empty lines that may stand before a request.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.bytes().iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }
}

/// Reads one request after another, each without a body.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    unread: Unread,
}

impl Decode for Heads {
    fn push(&mut self, bytes: &[u8]) {
        self.unread.push(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let Some((head, used)) = parse_head(self.unread.bytes())? else { return Ok(None) };
        self.unread.read(used);
        let keep_alive = wants_keep_alive(&head);
        Ok(Some(Event::Request(Request { head, body: Vec::new(), keep_alive })))
    }

    fn progress(&self) -> Progress {
        if self.unread.is_idle() { Progress::Idle } else { Progress::Head }
    }

    fn buffered(&self) -> usize {
        self.unread.bytes().len()
    }
}
