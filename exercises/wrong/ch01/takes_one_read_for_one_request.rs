// caught-by: t02_nothing_yet
// instead-of: ch01_request_head/lines.rs
// On one's own machine a request always comes in one piece.
use super::ParseError;

pub(super) struct Lines<'a> {
    buf: &'a [u8],
    used: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(buf: &'a [u8]) -> Self {
        Self { buf, used: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<&'a [u8]>, ParseError> {
        let rest = &self.buf[self.used..];
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or(ParseError::BadRequest)?;
        self.used += end + 1;
        rest[..end].strip_suffix(b"\r").map(Some).ok_or(ParseError::BadRequest)
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }
}
