use super::ParseError;

/// The lines of a head, each without its end.
pub(super) struct Lines<'a> {
    buf: &'a [u8],
    used: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(buf: &'a [u8]) -> Self {
        Self { buf, used: 0 }
    }

    /// The next line, or `None` as long as its line feed is not here. Only CR LF ends a line: a bare line feed is
    /// refused, and so, by the rules for what stands in a line, is a bare carriage return. Where two parsers find
    /// the end of a line in different places, requests can be smuggled between them.
    ///
    /// Source: RFC 9112, 2.2.
    pub(super) fn next(&mut self) -> Result<Option<&'a [u8]>, ParseError> {
        let rest = &self.buf[self.used..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        self.used += end + 1;
        rest[..end].strip_suffix(b"\r").map(Some).ok_or(ParseError::BadRequest)
    }

    /// How many bytes the lines took so far, with their ends.
    pub(super) fn used(&self) -> usize {
        self.used
    }
}
