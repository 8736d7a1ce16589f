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
#[expect(clippy::exhaustive_enums, reason = "complete: whoever writes a body must know every kind")]
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
