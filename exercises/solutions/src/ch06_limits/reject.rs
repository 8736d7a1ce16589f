use std::{error, fmt};

use crate::{ch01_request_head::ParseError, ch03_connection::Refused, ch05_bodies::BadFraming};

/// Why a request is refused before a handler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: each has its status")]
pub enum Reject {
    /// It breaks the grammar, or contradicts itself.
    Malformed,
    /// Its version is not HTTP/1.x.
    Version,
    /// Too many empty lines come before it.
    EmptyLines,
    /// Its target is too long.
    TargetTooLong,
    /// Its target has a form that its method does not allow.
    BadTarget,
    /// Its head is too long.
    HeadTooLarge,
    /// It has too many header fields.
    TooManyHeaders,
    /// It has no host, more than one, or an invalid one.
    BadHost,
    /// It expects something that this server does not support.
    Expectation,
    /// Its body has an unsupported transfer coding.
    UnknownCoding,
    /// Its body is too long.
    BodyTooLarge,
    /// Its trailers are too long.
    TrailersTooLarge,
}

/// Returns the status of the answer.
///
/// Source: RFC 9110, 15.5 and 15.6; RFC 6585, 5.
#[must_use]
pub const fn status_for(reject: &Reject) -> u16 {
    match reject {
        Reject::Malformed | Reject::EmptyLines | Reject::BadTarget | Reject::BadHost => 400,
        Reject::BodyTooLarge => 413,
        Reject::TargetTooLong => 414,
        Reject::Expectation => 417,
        Reject::HeadTooLarge | Reject::TooManyHeaders | Reject::TrailersTooLarge => 431,
        Reject::UnknownCoding => 501,
        Reject::Version => 505,
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the request breaks the grammar of HTTP",
            Self::Version => "the request speaks another version than HTTP/1.x",
            Self::EmptyLines => "there are too many empty lines before the request",
            Self::TargetTooLong => "the target is too long",
            Self::BadTarget => "the target has a form that the method does not allow",
            Self::HeadTooLarge => "the head is too large",
            Self::TooManyHeaders => "there are too many header fields",
            Self::BadHost => "the request must have exactly one valid host",
            Self::Expectation => "the request expects something unsupported",
            Self::UnknownCoding => "the body has an unsupported transfer coding",
            Self::BodyTooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
        })
    }
}

impl error::Error for Reject {}

impl From<ParseError> for Reject {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::BadRequest => Self::Malformed,
            ParseError::VersionNotSupported => Self::Version,
        }
    }
}

impl From<BadFraming> for Reject {
    fn from(error: BadFraming) -> Self {
        match error {
            BadFraming::Malformed => Self::Malformed,
            BadFraming::TooLarge => Self::BodyTooLarge,
            BadFraming::TrailersTooLarge => Self::TrailersTooLarge,
            BadFraming::UnknownCoding => Self::UnknownCoding,
        }
    }
}

impl From<Reject> for Refused {
    fn from(reject: Reject) -> Self {
        Self(status_for(&reject))
    }
}
