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
#[expect(clippy::exhaustive_enums, reason = "complete: the writer handles every kind of body")]
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
