// caught-by: t12_no_chunked_for_1_0_closes_instead
// instead-of: ch02_response_writer/framing.rs
// Forgets that old clients read the chunk sizes as part of the body.
//! Where the body ends: each response says it in exactly one way.

use super::{Body, Response, WriteCtx, WriteError, fields};

/// How the reader finds the end of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A response of this status never has a body.
    Bodiless,
    /// The response says the length itself.
    OwnLength,
    /// The writer says the length.
    Length(usize),
    /// In chunks, of which an empty one is the last.
    Chunked,
    /// The connection ends.
    UntilClose,
}

impl Framing {
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
            Body::Chunks(_) => Self::Chunked,
        })
    }

    /// Writes the field that announces the body, if one does.
    pub(super) fn announce(self, out: &mut Vec<u8>) {
        match self {
            Self::Length(length) => fields::write("Content-Length", &length.to_string(), out),
            Self::Chunked => fields::write("Transfer-Encoding", "chunked", out),
            Self::Bodiless | Self::OwnLength | Self::UntilClose => {}
        }
    }
}

/// Whether a response has no body, whatever its fields say.
///
/// Source: RFC 9112, 6.3.
pub(super) fn is_bodiless(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// Whether the response may say this length itself: plain digits, and what the body has. Where the body is left
/// out (`HEAD`, 304), a handler that made none may say what it would have been.
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

/// Digits and nothing else: `str::parse` would take a plus sign, too.
fn decimal(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
