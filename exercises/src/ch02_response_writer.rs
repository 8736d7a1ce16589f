//! Chapter 02: a response, a value in and bytes out. The page is `exercises/chapters/ch02_response_writer.md`, the
//! tests are `exercises/tests/ch02_response_writer.rs`: make them green one by one, in their order.
//!
//! ```text
//! HTTP/1.1 200 OK\r\n                   the status line: version, status, reason
//! Content-Length: 5\r\n                 header fields: first those of the response, then those that you add
//! \r\n                                  an empty line ends the head
//! hello                                 the body, as the head announced it
//! ```
//!
//! Trust no value: refuse one that would continue in the next line, and refuse a response whose body's end would be
//! unclear. Then nothing is written.

use std::fmt;

/// A response, before it is bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status, of three digits.
    pub status: u16,
    /// The header fields, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, after the head.
    pub body: Body,
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The whole body; its length is known.
    Full(Vec<u8>),
    /// The body in pieces; its length is known only at its end.
    Chunks(Vec<Vec<u8>>),
}

/// The facts about the request and the connection that the writer needs.
#[derive(Clone, Copy, Debug)]
pub struct WriteCtx<'a> {
    /// The request's method: the answer to `HEAD` has no body.
    pub method: &'a str,
    /// The request's version, after `HTTP/1.`.
    pub minor: u8,
    /// `true` if the connection should stay open.
    pub keep_alive: bool,
}

/// Why a response is refused. Each is a mistake of the handler; the client gets nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The status does not have three digits.
    BadStatus(u16),
    /// This name is not a token.
    BadHeaderName(String),
    /// The value of the field with this name holds a control character.
    BadHeaderValue(String),
    /// The response has a `Content-Length` that is not its body's length, or has one where none is allowed.
    WrongContentLength(String),
    /// The response has a `Transfer-Encoding` of its own: the writer frames the body.
    OwnTransferEncoding,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadStatus(status) => write!(f, "the status {status} does not have three digits"),
            Self::BadHeaderName(name) => write!(f, "the header name {name:?} is not a token"),
            Self::BadHeaderValue(name) => {
                write!(f, "the value of the header {name:?} holds a control character")
            }
            Self::WrongContentLength(said) => {
                write!(f, "the Content-Length {said:?} is not the length of the body")
            }
            Self::OwnTransferEncoding => f.write_str("the response has a Transfer-Encoding of its own"),
        }
    }
}

impl std::error::Error for WriteError {}

/// Appends a response to `out`: the status line, the response's own headers in their order, then the headers that say
/// where the body ends and whether the connection stays open, an empty line, and the body.
///
/// # Errors
/// [`WriteError`]; then `out` is unchanged.
pub fn write_response(response: &Response, cx: WriteCtx<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
    exercise!(
        "ch02",
        "write_response(status {}, for {} HTTP/1.{}, after {} bytes): append the response's bytes to `out`",
        response.status,
        cx.method,
        cx.minor,
        out.len()
    )
}

/// Returns `true` if the connection ends with this response: because `cx` says so, because the response says so, or
/// because nothing else tells an HTTP/1.0 client where the body ends. An interim response (1xx) ends nothing.
pub fn closes_after(response: &Response, cx: WriteCtx<'_>) -> bool {
    exercise!(
        "ch02",
        "closes_after(status {}, HTTP/1.{}, keep_alive {}): whether the connection ends with this response",
        response.status,
        cx.minor,
        cx.keep_alive
    )
}
