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
//! hel\r\n                               its bytes, and CR LF after them
//! 2;a=b;c="d;e"\r\n                     after a size, extensions may follow
//! lo\r\n
//! 0\r\n                                 the last one is empty
//! Digest: 123\r\n                       after it, fields may follow: the trailers
//! \r\n                                  an empty line ends the body
//! ```
//!
//! Two readers that disagree on where a body ends take a part of one request for another one: that is request
//! smuggling. So doubtful framing is refused, never repaired.
//!
//! There are three parts. [`request_framing`] reads from a head where the body will end, [`BodyDecoder`] extracts the
//! content from the bytes, and [`Messages`] uses both to implement [`Decode`] of chapter 03, so that a connection
//! serves requests with bodies. The first two do not know each other.

use std::{error, fmt};

use crate::{
    ch01_request_head::{Head, Headers},
    ch03_connection::{Decode, Event, Progress, Refused},
};

/// The framing of a request: how it says where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    None,
    /// The body has this number of bytes.
    Length(u64),
    /// The body ends after the empty chunk and the trailers.
    Chunked,
}

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadFraming {
    /// It breaks the grammar, or contradicts itself: the answer will be 400.
    Malformed,
    /// It is longer than its limit: the answer will be 413.
    TooLarge,
    /// The trailers are longer than their limit: the answer will be 431.
    TrailersTooLarge,
    /// It has a coding that this server does not support: the answer will be 501.
    UnknownCoding,
}

impl BadFraming {
    /// Returns the status of the answer.
    pub fn status(self) -> u16 {
        exercise!("ch05", "BadFraming::status of {self:?}: the status of the answer")
    }
}

impl fmt::Display for BadFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the end of the body is unclear",
            Self::TooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
            Self::UnknownCoding => "the body has an unsupported transfer coding",
        })
    }
}

impl error::Error for BadFraming {}

/// Lets `?` turn bad framing into the error of a [`Decode`].
impl From<BadFraming> for Refused {
    fn from(error: BadFraming) -> Self {
        Self(error.status())
    }
}

/// Reads from the head where the body will end. Without a `Content-Length` and without a `Transfer-Encoding` there is
/// no body.
///
/// # Errors
/// - [`BadFraming::Malformed`] for a length that is not only digits; for two lengths, even equal ones; for a length
///   together with any `Transfer-Encoding`; for a `Transfer-Encoding` from a client of HTTP/1.0; for a list of codings
///   with an empty member, or with one after `chunked`.
/// - [`BadFraming::TooLarge`] for a length that is no `u64`.
/// - [`BadFraming::UnknownCoding`] for any coding other than `chunked`, alone or before it.
pub fn request_framing(head: &Head) -> Result<Framing, BadFraming> {
    exercise!(
        "ch05",
        "request_framing({} {}, HTTP/1.{}): how the head says where the body ends",
        head.method,
        head.target,
        head.minor
    )
}

/// The largest allowed sizes of a body's parts, in bytes. A limit itself is still allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimits {
    /// The content, without what the chunks add.
    pub body: u64,
    /// The line before a chunk, with its end: the size and the extensions.
    pub chunk_line: usize,
    /// The fields after the last chunk, with the empty line.
    pub trailers: usize,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self { body: 16 << 20, chunk_line: 1024, trailers: 8 << 10 }
    }
}

/// The answer of [`BodyDecoder::push`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It took all bytes, and the end of the body is still to come.
    NeedMore {
        /// The number of bytes that were taken.
        used: usize,
    },
    /// The body has ended. What follows belongs to the next request.
    Done {
        /// The number of bytes that were taken.
        used: usize,
        /// The fields after the last chunk. They never become header fields.
        trailers: Headers,
    },
}

/// Finds the end of a body, and extracts the content from its framing.
///
/// You decide what it holds. It gets each byte once, and must remember where in the body it is.
#[derive(Clone, Debug)]
pub struct BodyDecoder {}

impl BodyDecoder {
    /// Creates a decoder at the beginning of a body.
    pub fn new(framing: Framing, limits: BodyLimits) -> Self {
        exercise!("ch05", "BodyDecoder::new({framing:?}, {limits:?}): a decoder at the beginning of a body")
    }

    /// Takes bytes from the beginning of `buf`, up to the end of the body or all. Appends content to `out`. A body
    /// without bytes has ended before the first call.
    ///
    /// # Errors
    /// - [`BadFraming::Malformed`] if the chunks break the grammar, or the line before one passes its limit.
    /// - [`BadFraming::TooLarge`] if the content would pass its limit, as soon as a length or a size says so.
    /// - [`BadFraming::TrailersTooLarge`] if the trailers pass their limit.
    ///
    /// Do not use the decoder after an error.
    pub fn push(&mut self, buf: &[u8], out: &mut Vec<u8>) -> Result<Taken, BadFraming> {
        exercise!(
            "ch05",
            "BodyDecoder::push({} bytes, after {} of content): how many bytes it took, and if the body has ended",
            buf.len(),
            out.len()
        )
    }
}

/// Reads one request after another, each with its body.
///
/// You decide what it holds. [`Unread`](crate::ch04_keep_alive::Unread) and
/// [`wants_keep_alive`](crate::ch04_keep_alive::wants_keep_alive) of chapter 04 help.
#[derive(Clone, Debug, Default)]
pub struct Messages {}

impl Messages {
    /// Creates a decoder with these limits for bodies.
    pub fn new(limits: BodyLimits) -> Self {
        exercise!("ch05", "Messages::new({limits:?}): a decoder at its beginning")
    }
}

impl Decode for Messages {
    fn push(&mut self, bytes: &[u8]) {
        exercise!("ch05", "Messages::push({} bytes): keep them for next_event", bytes.len())
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!(
            "ch05",
            "Messages::next_event(): the next request with its body; Ok(None) until all is here"
        )
    }

    fn progress(&self) -> Progress {
        exercise!(
            "ch05",
            "Messages::progress(): Idle, or Head if one has begun, or Body if one is on its way"
        )
    }

    fn buffered(&self) -> usize {
        exercise!("ch05", "Messages::buffered(): the number of bytes that were pushed and not read yet")
    }
}
