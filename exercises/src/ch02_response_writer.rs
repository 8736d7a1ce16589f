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
//! Trust nobody: whatever would let a value run over into the next line, or leave the reader in doubt where the body
//! ends, is refused, and then nothing is written.

use std::fmt;

/// A response, before it is bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Three digits.
    pub status: u16,
    /// The header fields, in their order.
    pub headers: Vec<(String, String)>,
    /// What follows the head.
    pub body: Body,
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// All of it; its length is known.
    Full(Vec<u8>),
    /// Piece by piece; its length is known only at its end.
    Chunks(Vec<Vec<u8>>),
}

/// What the writer must know of the request and of the connection.
#[derive(Clone, Copy, Debug)]
pub struct WriteCtx<'a> {
    /// The request's method: the answer to `HEAD` has no body.
    pub method: &'a str,
    /// The request's version, after `HTTP/1.`.
    pub minor: u8,
    /// Whether the connection is to stay open.
    pub keep_alive: bool,
}

/// Why a response is refused: each is a mistake of the handler, and none reaches the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// The status has not three digits.
    BadStatus(u16),
    /// This name is not a token.
    BadHeaderName(String),
    /// The value of the field with this name holds a control character.
    BadHeaderValue(String),
    /// The response brings a `Content-Length` that its body does not have, or one where none may stand.
    WrongContentLength(String),
    /// The response brings a `Transfer-Encoding`: framing the body is the writer's business.
    OwnTransferEncoding,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadStatus(status) => write!(f, "the status {status} has not three digits"),
            Self::BadHeaderName(name) => write!(f, "the header name {name:?} is not a token"),
            Self::BadHeaderValue(name) => {
                write!(f, "the value of the header {name:?} holds a control character")
            }
            Self::WrongContentLength(said) => {
                write!(f, "the Content-Length {said:?} is not that of the body")
            }
            Self::OwnTransferEncoding => f.write_str("the response brings its own Transfer-Encoding"),
        }
    }
}

impl std::error::Error for WriteError {}

/// Writes a response behind what is already in `out`: the status line, the response's own headers in their order,
/// then what is missing to tell where the body ends and whether the connection stays open, an empty line, the body.
///
/// # Errors
/// [`WriteError`], and then `out` is as it was.
pub fn write_response(response: &Response, cx: WriteCtx<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
    exercise!(
        "ch02",
        "write_response(status {}, for {} HTTP/1.{}, behind {} bytes): append the response's bytes to `out`",
        response.status,
        cx.method,
        cx.minor,
        out.len()
    )
}

/// Whether the connection ends with this response: because `cx` says so, because the response says so itself, or
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
