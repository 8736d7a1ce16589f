//! The end of the body: each response announces it in exactly one way.

use super::{Body, Response, WriteCtx, WriteError, fields};

/// The framing of a response: how the reader finds the end of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A response of this status never has a body.
    Bodiless,
    /// The response has a `Content-Length` of its own.
    OwnLength,
    /// The writer adds a `Content-Length`.
    Length(usize),
    /// In chunks; an empty one is the last.
    Chunked,
    /// The end of the connection ends the body.
    UntilClose,
}

impl Framing {
    /// Decides the framing of a response.
    ///
    /// Source: RFC 9112, 6.1 to 6.3; RFC 9110, 8.6.
    pub(super) fn of(response: &Response, cx: WriteCtx<'_>) -> Result<Self, WriteError> {
        if fields::named(&response.headers, "transfer-encoding").next().is_some() {
            return Err(WriteError::OwnTransferEncoding);
        }
        let mut own = fields::named(&response.headers, "content-length");
        match (own.next(), own.next()) {
            (Some(said), None) if may_say(said, response, cx) => return Ok(Self::OwnLength),
            (Some(said), _) => return Err(WriteError::WrongContentLength(said.to_owned())),
            (None, _) => {}
        }
        Ok(match &response.body {
            _ if is_bodiless(response.status) => Self::Bodiless,
            Body::Full(bytes) => Self::Length(bytes.len()),
            Body::Chunks(_) if cx.minor == 0 => Self::UntilClose,
            Body::Chunks(_) => Self::Chunked,
        })
    }

    /// Writes the field that announces the body, if there is one.
    pub(super) fn announce(self, out: &mut Vec<u8>) {
        match self {
            Self::Length(length) => fields::write("Content-Length", &length.to_string(), out),
            Self::Chunked => fields::write("Transfer-Encoding", "chunked", out),
            Self::Bodiless | Self::OwnLength | Self::UntilClose => {}
        }
    }
}

/// Returns `true` if a response with this status has no body, whatever its fields say.
///
/// Source: RFC 9112, 6.3.
pub(super) fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// Returns `true` if the response's own `Content-Length` is allowed: digits, equal to the body's length. Where the body
/// is left out (`HEAD`, 304), a handler that made no body may say the length that it would have.
fn may_say(said: &str, response: &Response, cx: WriteCtx<'_>) -> bool {
    let Some(said) = decimal(said) else { return false };
    let length = match &response.body {
        Body::Full(bytes) => bytes.len(),
        Body::Chunks(chunks) => chunks.iter().map(Vec::len).sum(),
    };
    match response.status {
        // Source: RFC 9110, 8.6.
        100..=199 | 204 => false,
        304 => true,
        _ => said == length || (length == 0 && cx.method == "HEAD"),
    }
}

/// Reads a number that is digits only: `str::parse` would also accept a plus sign.
fn decimal(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
