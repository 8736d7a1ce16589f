// caught-by: t20_only_cr_lf_ends_a_line
// instead-of: ch01_request_head/lines.rs
// What `str::lines` does: a line feed ends a line, with a carriage return before it or without.
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
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        self.used += end + 1;
        Ok(Some(rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end])))
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }
}
