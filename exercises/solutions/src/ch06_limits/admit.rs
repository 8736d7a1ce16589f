use super::{Limits, Reject, host, target};
use crate::{
    ch01_request_head::Head,
    ch05_bodies::{Framing, request_framing},
};

/// A head that may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: all that the decoder must know")]
pub struct Admitted {
    /// The framing of the body.
    pub framing: Framing,
    /// `true` if the client waits for `100 Continue` before it sends the body.
    pub wants_continue: bool,
}

/// Checks a head whose grammar is right, before any of the body is read.
///
/// # Errors
/// [`Reject`], if the request must not be served.
pub fn admit(head: &Head, limits: &Limits) -> Result<Admitted, Reject> {
    target::check(&head.method, &head.target)?;
    host::check_fields(head)?;
    let framing = request_framing(head)?;
    if matches!(framing, Framing::Length(length) if length > limits.body) {
        return Err(Reject::BodyTooLarge);
    }
    let has_body = !matches!(framing, Framing::None | Framing::Length(0));
    Ok(Admitted { framing, wants_continue: expects_continue(head)? && has_body })
}

/// Returns `true` if the client expects a `100 Continue`. HTTP/1.0 has none, so its `Expect` is ignored.
///
/// Source: RFC 9110, 10.1.1.
fn expects_continue(head: &Head) -> Result<bool, Reject> {
    let expected = head.headers.get_all("expect");
    if head.minor == 0 || expected.is_empty() {
        return Ok(false);
    }
    let is_known = |value: &&[u8]| value.eq_ignore_ascii_case(b"100-continue");
    expected.iter().all(is_known).then_some(true).ok_or(Reject::Expectation)
}
