//! Chapter 06: bad input and limits. The page is `exercises/chapters/ch06_limits.md`, the tests are
//! `exercises/tests/ch06_limits.rs`: make them green one by one, in their order.
//!
//! ```text
//! \r\n                                  not more than so many empty lines
//! GET /a/long/target HTTP/1.1\r\n       not more than so many bytes in the target
//! Host: example.org\r\n                 one of them, that is one; not more than so many fields
//! Content-Length: 5\r\n                 not more than so many bytes: known before one of them is here
//! Expect: 100-continue\r\n              the client waits for a word: go on, or do not
//! \r\n                                  not more than so many bytes for all of the head
//! hello
//! ```
//!
//! Every buffer has a bound, and what passes it is refused as early as that can be known, with one answer, behind which
//! nothing is read. The same bytes get the same answer, however they are cut: what is wrong first is what counts, not
//! what a reader happens to see first.
//!
//! Three parts: [`status_for`] names the answer, [`admit`] judges a whole head, and [`BoundedMessages`] stands in the
//! place of chapter 05's `Messages`, with limits.

use std::{error, fmt};

use crate::{
    ch01_request_head::{Head, ParseError},
    ch03_connection::{Decode, Event, Progress, Refused},
    ch05_bodies::{BadFraming, BodyLimits, Framing},
};

/// How much of everything a client may send. A limit is the largest that is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of a target.
    pub target: usize,
    /// The bytes of a head, with its empty line.
    pub head_bytes: usize,
    /// The number of header fields.
    pub headers: usize,
    /// The bytes of a body, without what chunks add.
    pub body: u64,
    /// The bytes of the line before a chunk, with its end.
    pub chunk_line: usize,
    /// The bytes of the trailers, with their empty line.
    pub trailers: usize,
    /// The number of empty lines before a request.
    pub empty_lines: usize,
}

impl Limits {
    /// Those of them that concern the body.
    pub const fn of_body(&self) -> BodyLimits {
        BodyLimits { body: self.body, chunk_line: self.chunk_line, trailers: self.trailers }
    }
}

impl Default for Limits {
    /// Source: RFC 9112, 3 asks for lines of 8000 bytes at least.
    fn default() -> Self {
        let BodyLimits { body, chunk_line, trailers } = BodyLimits::default();
        Self {
            target: 8 << 10,
            head_bytes: 32 << 10,
            headers: 100,
            body,
            chunk_line,
            trailers,
            empty_lines: 8,
        }
    }
}

/// Why a request is refused before a handler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reject {
    /// It breaks the grammar, or says two things at once.
    Malformed,
    /// It speaks another HTTP than 1.x.
    Version,
    /// More empty lines come before it than may.
    EmptyLines,
    /// Its target is too long.
    TargetTooLong,
    /// Its target has no form that its method may have.
    BadTarget,
    /// Its head is too long.
    HeadTooLarge,
    /// It has too many header fields.
    TooManyHeaders,
    /// It says no host, or more than one, or one that cannot be.
    BadHost,
    /// It expects what is not done here.
    Expectation,
    /// Its body has a transfer coding that is not known here.
    UnknownCoding,
    /// Its body is too long.
    BodyTooLarge,
    /// Its trailers are too long.
    TrailersTooLarge,
}

/// The status to answer with. An empty line too many, a bad target and a bad host count as what breaks the grammar.
pub fn status_for(reject: &Reject) -> u16 {
    exercise!("ch06", "status_for({reject:?}): the status that tells the client why")
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the request breaks the grammar of HTTP",
            Self::Version => "the request speaks another version than HTTP/1.x",
            Self::EmptyLines => "there are too many empty lines before the request",
            Self::TargetTooLong => "the target is too long",
            Self::BadTarget => "the target has no form that the method may have",
            Self::HeadTooLarge => "the head is too large",
            Self::TooManyHeaders => "there are too many header fields",
            Self::BadHost => "there must be one host, and it must be one",
            Self::Expectation => "the request expects what is not done here",
            Self::UnknownCoding => "the body has a transfer coding that is not known here",
            Self::BodyTooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
        })
    }
}

impl error::Error for Reject {}

// With these, `?` takes an error of an earlier chapter to a `Reject`, and a `Reject` to what a `Decode` answers.

impl From<ParseError> for Reject {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::BadRequest => Self::Malformed,
            ParseError::VersionNotSupported => Self::Version,
        }
    }
}

impl From<BadFraming> for Reject {
    fn from(error: BadFraming) -> Self {
        match error {
            BadFraming::Malformed => Self::Malformed,
            BadFraming::TooLarge => Self::BodyTooLarge,
            BadFraming::TrailersTooLarge => Self::TrailersTooLarge,
            BadFraming::UnknownCoding => Self::UnknownCoding,
        }
    }
}

impl From<Reject> for Refused {
    fn from(reject: Reject) -> Self {
        Self(status_for(&reject))
    }
}

/// A head that may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// How the body will end.
    pub framing: Framing,
    /// Whether the client waits for a word before it sends the body: a client of HTTP/1.1 that has one, and expects
    /// `100-continue`.
    pub wants_continue: bool,
}

/// Judges a head whose grammar is right, before anything of the body is read.
///
/// - The target: an absolute path, which begins with `/`, or a whole URI, `http://` or `https://` and a host. For
///   `OPTIONS`, also `*`. For `CONNECT`, a host with a port, and nothing else.
/// - The host: exactly one `Host` field, which is empty or a host. A client of HTTP/1.0 may send none.
/// - The framing: that of chapter 05. A length may be no longer than the limit.
/// - What is expected: `100-continue`, in any case. A client of HTTP/1.0 may expect anything; it is not looked at.
///
/// A host is a name, an address, or an address in brackets; behind it perhaps a colon and the digits of a port, of
/// which there may be none. A name consists of letters, digits, and any of `-._~!$&'()*+,;=%`; what stands in brackets
/// has colons as well, but no `%`. Neither is empty.
///
/// # Errors
/// If it must not be served, or must not be read on.
pub fn admit(head: &Head, limits: &Limits) -> Result<Admitted, Reject> {
    exercise!(
        "ch06",
        "admit({} {}, bodies up to {} bytes): look at the target, the host, the framing, and what is expected",
        head.method,
        head.target,
        limits.body
    )
}

/// Reads one request after another, each with its body, and never holds more than the limits allow.
///
/// Yours: what it holds. Most of it is what `Messages` of chapter 05 held.
#[derive(Clone, Debug, Default)]
pub struct BoundedMessages {}

impl BoundedMessages {
    /// Requests up to these limits.
    pub fn new(limits: Limits) -> Self {
        exercise!("ch06", "BoundedMessages::new({limits:?}): a reader of requests, at the beginning")
    }
}

impl Decode for BoundedMessages {
    fn push(&mut self, bytes: &[u8]) {
        exercise!("ch06", "BoundedMessages::push({} bytes): keep them until they are asked for", bytes.len())
    }

    /// As in chapter 05; and [`Event::Continue`], once, if the client waits for it: nothing of the body is here yet.
    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!(
            "ch06",
            "BoundedMessages::next_event(): the next request; refused as soon as a limit is passed"
        )
    }

    fn progress(&self) -> Progress {
        exercise!("ch06", "BoundedMessages::progress(): whether a head has begun, or a body is on its way")
    }

    fn buffered(&self) -> usize {
        exercise!("ch06", "BoundedMessages::buffered(): how many bytes were pushed and not read yet")
    }
}
