use crate::ch05_bodies::BodyLimits;

/// The limits for what a client sends. The limit itself is still allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a limit for each part: a new part wants a decision")]
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
    #[must_use]
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
