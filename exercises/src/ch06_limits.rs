//! Chapter 06: bad input and limits. The page is `exercises/chapters/ch06_limits.md`, the tests are
//! `exercises/tests/ch06_limits.rs`: make them green one by one, in their order.
//!
//! ```text
//! \r\n                                  a limit for the number of empty lines
//! GET /a/long/target HTTP/1.1\r\n       a limit for the bytes of the target
//! Host: example.org\r\n                 exactly one Host; a limit for the number of fields
//! Content-Length: 5\r\n                 a limit for the body: checked before any of it is here
//! Expect: 100-continue\r\n              the client waits for permission to go on
//! \r\n                                  a limit for the bytes of the whole head
//! hello
//! ```
//!
//! Every buffer has a limit. Input that passes it is refused as early as possible, with one answer, after which nothing
//! is read. The same bytes get the same answer, however they are cut: the first fault in the bytes counts, not the one
//! that the decoder sees first.
//!
//! There are three parts: [`status_for`] names the answer, [`admit`] checks a whole head, and [`BoundedMessages`]
//! replaces chapter 05's `Messages`, with limits.

use std::{error, fmt};

use crate::{
    ch01_request_head::{Head, ParseError},
    ch03_connection::{Decode, Event, Progress, Refused},
    ch05_bodies::{BadFraming, BodyLimits, Framing},
};

/// The limits for what a client sends. The limit itself is still allowed.
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
    /// Returns the limits of the body.
    pub const fn of_body(&self) -> BodyLimits {
        BodyLimits { body: self.body, chunk_line: self.chunk_line, trailers: self.trailers }
    }
}

impl Default for Limits {
    /// Returns limits for normal clients.
    ///
    /// Source: RFC 9112, 3 asks for lines of at least 8000 bytes.
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
    /// It breaks the grammar, or contradicts itself.
    Malformed,
    /// Its version is not HTTP/1.x.
    Version,
    /// Too many empty lines come before it.
    EmptyLines,
    /// Its target is too long.
    TargetTooLong,
    /// Its target has a form that its method does not allow.
    BadTarget,
    /// Its head is too long.
    HeadTooLarge,
    /// It has too many header fields.
    TooManyHeaders,
    /// It has no host, more than one, or an invalid one.
    BadHost,
    /// It expects something that this server does not support.
    Expectation,
    /// Its body has an unsupported transfer coding.
    UnknownCoding,
    /// Its body is too long.
    BodyTooLarge,
    /// Its trailers are too long.
    TrailersTooLarge,
}

/// Returns the status of the answer. Too many empty lines, a bad target and a bad host count as broken grammar.
pub fn status_for(reject: &Reject) -> u16 {
    exercise!("ch06", "status_for({reject:?}): the status of the answer")
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the request breaks the grammar of HTTP",
            Self::Version => "the request speaks another version than HTTP/1.x",
            Self::EmptyLines => "there are too many empty lines before the request",
            Self::TargetTooLong => "the target is too long",
            Self::BadTarget => "the target has a form that the method does not allow",
            Self::HeadTooLarge => "the head is too large",
            Self::TooManyHeaders => "there are too many header fields",
            Self::BadHost => "the request must have exactly one valid host",
            Self::Expectation => "the request expects something unsupported",
            Self::UnknownCoding => "the body has an unsupported transfer coding",
            Self::BodyTooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
        })
    }
}

impl error::Error for Reject {}

// With these, `?` turns an error of an earlier chapter into a `Reject`, and a `Reject` into the error of a `Decode`.

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
    /// The framing of the body.
    pub framing: Framing,
    /// `true` if the client waits for `100 Continue` before it sends the body: an HTTP/1.1 client that has a body and
    /// expects `100-continue`.
    pub wants_continue: bool,
}

/// Checks a head whose grammar is right, before any of the body is read.
///
/// - The target: an absolute path, which begins with `/`, or a whole URI, `http://` or `https://` and a host. Neither has
///   any of ``#"<>\^`{|}``. For `OPTIONS`, also `*`. For `CONNECT`, only a host with a port, which has digits.
/// - The host: exactly one `Host` field, which is empty or a host. A client of HTTP/1.0 may send none.
/// - The framing: that of chapter 05. A length must not pass the limit.
/// - `Expect`: only `100-continue`, in any case. In HTTP/1.0 the field is ignored.
///
/// A host is a name, an address, or an address in brackets. A colon and a port may follow, whose digits may be missing.
/// A name consists of letters, digits, and any of `-._~!$&'()*+,;=%`, and is not empty. In brackets stands an address that
/// [`Ipv6Addr`](std::net::Ipv6Addr) parses, or one of a later version: `v`, hexadecimal digits, a dot, and then colons and
/// what a name may have but `%`.
///
/// # Errors
/// [`Reject`], if the request must not be served.
pub fn admit(head: &Head, limits: &Limits) -> Result<Admitted, Reject> {
    exercise!(
        "ch06",
        "admit({} {}, bodies up to {} bytes): check the target, the host, the framing, and `Expect`",
        head.method,
        head.target,
        limits.body
    )
}

/// Reads one request after another, each with its body, and never holds more than the limits allow. After a `CONNECT` the
/// connection is not kept: what follows are the bytes of a tunnel.
///
/// You decide what it holds: most of it as `Messages` of chapter 05.
#[derive(Clone, Debug, Default)]
pub struct BoundedMessages {}

impl BoundedMessages {
    /// Creates a decoder with these limits.
    pub fn new(limits: Limits) -> Self {
        exercise!("ch06", "BoundedMessages::new({limits:?}): a decoder at its beginning")
    }
}

impl Decode for BoundedMessages {
    fn push(&mut self, bytes: &[u8]) {
        exercise!("ch06", "BoundedMessages::push({} bytes): keep them for next_event", bytes.len())
    }

    /// Returns events as in chapter 05, and [`Event::Continue`] once, if the client waits for it and none of the body
    /// is here yet.
    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!(
            "ch06",
            "BoundedMessages::next_event(): the next request; refused as soon as a limit is passed"
        )
    }

    fn progress(&self) -> Progress {
        exercise!(
            "ch06",
            "BoundedMessages::progress(): Idle, or Head if one has begun, or Body if one is on its way"
        )
    }

    fn buffered(&self) -> usize {
        exercise!(
            "ch06",
            "BoundedMessages::buffered(): the number of bytes that were pushed and not read yet"
        )
    }
}
