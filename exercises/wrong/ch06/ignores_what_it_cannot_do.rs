// caught-by: t08_only_100_continue_is_expected
// instead-of: ch06_limits/admit.rs
// An expectation that is not known is none.
use super::{Limits, Reject, host, target};
use crate::{
    ch01_request_head::Head,
    ch05_bodies::{Framing, request_framing},
};

/// A head that may be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: what whoever reads on must know")]
pub struct Admitted {
    /// How the body will end.
    pub framing: Framing,
    /// Whether the client waits for a word before it sends the body.
    pub wants_continue: bool,
}

/// Judges a head whose grammar is right, before anything of the body is read.
///
/// # Errors
/// If it must not be served, or must not be read on.
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

/// A client of 1.0 cannot know what a 100 is: whatever it expects is not looked at.
///
/// Source: RFC 9110, 10.1.1.
fn expects_continue(head: &Head) -> Result<bool, Reject> {
    let expected = head.headers.get_all("expect");
    if head.minor == 0 || expected.is_empty() {
        return Ok(false);
    }
    let is_known = |value: &&[u8]| value.eq_ignore_ascii_case(b"100-continue");
    Ok(expected.iter().any(|value| is_known(value)))
}
