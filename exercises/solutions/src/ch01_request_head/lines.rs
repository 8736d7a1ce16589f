use super::ParseError;

/// An iterator over the lines of a head, without their line ends.
pub(super) struct Lines<'a> {
    buf: &'a [u8],
    used: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(buf: &'a [u8]) -> Self {
        Self { buf, used: 0 }
    }

    /// Returns the next line, or `None` until its line feed has come. Only CR LF ends a line: a bare line feed is
    /// refused here, and a bare carriage return by the rules for the line's content. Where two parsers find the end
    /// of a line in different places, requests can be smuggled between them.
    ///
    /// Source: RFC 9112, 2.2.
    pub(super) fn next(&mut self) -> Result<Option<&'a [u8]>, ParseError> {
        let rest = &self.buf[self.used..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        self.used += end + 1;
        rest[..end].strip_suffix(b"\r").map(Some).ok_or(ParseError::BadRequest)
    }

    /// Returns how many bytes the lines took so far, with their ends.
    pub(super) fn used(&self) -> usize {
        self.used
    }
}
