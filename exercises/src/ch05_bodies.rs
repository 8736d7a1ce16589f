//! Chapter 05: bodies, by length and by chunks. The page is `exercises/chapters/ch05_bodies.md`, the tests are
//! `exercises/tests/ch05_bodies.rs`: make them green one by one, in their order.
//!
//! ```text
//! Content-Length: 5\r\n                 after the head, five bytes:
//! \r\n
//! hello
//!
//! Transfer-Encoding: chunked\r\n        after the head, chunks, until one is empty:
//! \r\n
//! 3\r\n                                 its size in hexadecimal
//! hel\r\n                               its bytes, and CR LF behind them
//! 2;a=b;c="d;e"\r\n                     behind a size, extensions may stand
//! lo\r\n
//! 0\r\n                                 the last one is empty
//! Digest: 123\r\n                       behind it, fields may stand: the trailers
//! \r\n                                  an empty line ends the body
//! ```
//!
//! Two readers that disagree on where a body ends take a part of one request for another one: that is request
//! smuggling. So whatever is doubtful is refused, never repaired.
//!
//! Three parts, each of which knows nothing of the next: [`request_framing`] reads from a head where the body will
//! end, [`BodyDecoder`] takes the content out of the bytes, and [`Messages`] puts both behind the seam [`Decode`] of
//! chapter 03, so that a connection serves requests with bodies.

use std::{error, fmt};

use crate::{
    ch01_request_head::{Head, Headers},
    ch03_connection::{Decode, Event, Progress, Refused},
};

/// How a request says where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// After so many bytes.
    Length(u64),
    /// After the chunk that is empty, and the trailers.
    Chunked,
}

/// Why nobody can, or will, say where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFraming {
    /// It breaks the grammar, or says two things at once: the answer will be 400.
    Malformed,
    /// It is longer than it may be: the answer will be 413.
    TooLarge,
    /// The trailers are longer than they may be: the answer will be 431.
    TrailersTooLarge,
    /// It is encoded in a way that is not known here: the answer will be 501.
    UnknownCoding,
}

impl BadFraming {
    /// The status to answer with.
    pub fn status(self) -> u16 {
        exercise!("ch05", "BadFraming::status of {self:?}: the status to answer with")
    }
}

impl fmt::Display for BadFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the body's end cannot be told",
            Self::TooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
            Self::UnknownCoding => "the body has a transfer coding that is not known here",
        })
    }
}

impl error::Error for BadFraming {}

/// So that `?` makes of bad framing what a [`Decode`] answers.
impl From<BadFraming> for Refused {
    fn from(error: BadFraming) -> Self {
        Self(error.status())
    }
}

/// Reads from the head where the body will end. Without a `Content-Length` and without a `Transfer-Encoding` there is
/// no body.
///
/// # Errors
/// - [`BadFraming::Malformed`] for a length that is not digits and nothing else; for two lengths, even equal ones; for
///   a length beside a `Transfer-Encoding`, whatever that says; for a `Transfer-Encoding` from a client of HTTP/1.0;
///   for a list of codings with an empty member, or with one behind `chunked`.
/// - [`BadFraming::TooLarge`] for a length that is no `u64`.
/// - [`BadFraming::UnknownCoding`] for any other coding than `chunked`, alone or before it.
pub fn request_framing(head: &Head) -> Result<Framing, BadFraming> {
    exercise!(
        "ch05",
        "request_framing({} {}, HTTP/1.{}): where the head says that the body ends",
        head.method,
        head.target,
        head.minor
    )
}

/// How long the parts of a body may be, in bytes. A limit is the largest that is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The content, without what the chunks add.
    pub body: u64,
    /// The line before a chunk, with its end: the size and the extensions.
    pub chunk_line: usize,
    /// The fields behind the last chunk, with the empty line.
    pub trailers: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { body: 16 << 20, chunk_line: 1024, trailers: 8 << 10 }
    }
}

/// What [`BodyDecoder::push`] took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// So many bytes, which are all that were given; the end is still to come.
    NeedMore {
        /// The bytes that were taken.
        used: usize,
    },
    /// The body has ended. What follows belongs to the next request.
    Done {
        /// The bytes that were taken.
        used: usize,
        /// The fields behind the last chunk. They are not header fields, and never become some.
        trailers: Headers,
    },
}

/// Finds the end of a body, and takes the content out of its framing.
///
/// Yours: what it holds. It is handed the bytes once, a piece at a time, and must remember where in the body it is.
#[derive(Clone, Debug)]
pub struct BodyDecoder {}

impl BodyDecoder {
    /// A decoder at the beginning of a body.
    pub fn new(framing: Framing, limits: BodyLimits) -> Self {
        exercise!("ch05", "BodyDecoder::new({framing:?}, {limits:?}): a decoder at the beginning of a body")
    }

    /// Takes bytes from the beginning of `buf`, up to the end of the body or all. Content is put behind what is in
    /// `out`. A body that has no bytes has ended before the first is here.
    ///
    /// # Errors
    /// - [`BadFraming::Malformed`] if the chunks break the grammar, or a line before one is longer than it may be.
    /// - [`BadFraming::TooLarge`] if the content would be, as soon as a length or a size says so: before any of it is
    ///   here.
    /// - [`BadFraming::TrailersTooLarge`].
    ///
    /// Then the decoder is of no more use.
    pub fn push(&mut self, buf: &[u8], out: &mut Vec<u8>) -> Result<Taken, BadFraming> {
        exercise!(
            "ch05",
            "BodyDecoder::push({} bytes, behind {} of content): how many bytes it took, and whether that was the end",
            buf.len(),
            out.len()
        )
    }
}

/// Reads one request after another, each with its body.
///
/// Yours: what it holds. [`Unread`](crate::ch04_keep_alive::Unread) and
/// [`wants_keep_alive`](crate::ch04_keep_alive::wants_keep_alive) of chapter 04 are of use.
#[derive(Clone, Debug, Default)]
pub struct Messages {}

impl Messages {
    /// Bodies up to these limits.
    pub fn new(limits: BodyLimits) -> Self {
        exercise!("ch05", "Messages::new({limits:?}): a reader of requests, at the beginning")
    }
}

impl Decode for Messages {
    fn push(&mut self, bytes: &[u8]) {
        exercise!("ch05", "Messages::push({} bytes): keep them until they are asked for", bytes.len())
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!(
            "ch05",
            "Messages::next_event(): the next request with its body; Ok(None) until all is here"
        )
    }

    fn progress(&self) -> Progress {
        exercise!("ch05", "Messages::progress(): whether a head has begun, or a body is on its way")
    }

    fn buffered(&self) -> usize {
        exercise!("ch05", "Messages::buffered(): how many bytes were pushed and not read yet")
    }
}
