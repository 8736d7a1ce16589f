// caught-by: t01_every_reason_has_its_status
// instead-of: ch06_limits/reject.rs
// It is the client's mistake, whatever it is. What could it do better? That is not its business.
use std::{error, fmt};

use crate::{ch01_request_head::ParseError, ch03_connection::Refused, ch05_bodies::BadFraming};

/// Why a request is refused before a handler sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: each has its status")]
pub enum Reject {
    /// It breaks the grammar, or says two things at once.
    Malformed,
    /// It speaks another HTTP than 1.x.
    Version,
    /// More empty lines come before it than may.
    EmptyLines,
    /// Its target is too long.
    TargetTooLong,
    /// Its target has no form that its method may have.
    BadTarget,
    /// Its head is too long.
    HeadTooLarge,
    /// It has too many header fields.
    TooManyHeaders,
    /// It says no host, or more than one, or one that cannot be.
    BadHost,
    /// It expects what is not done here.
    Expectation,
    /// Its body has a transfer coding that is not known here.
    UnknownCoding,
    /// Its body is too long.
    BodyTooLarge,
    /// Its trailers are too long.
    TrailersTooLarge,
}

/// The status to answer with.
///
/// Source: RFC 9110, 15.5 and 15.6; RFC 6585, 5.
#[must_use]
pub const fn status_for(reject: &Reject) -> u16 {
    match reject {
        Reject::UnknownCoding => 501,
        Reject::Version => 505,
        _ => 400,
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the request breaks the grammar of HTTP",
            Self::Version => "the request speaks another version than HTTP/1.x",
            Self::EmptyLines => "there are too many empty lines before the request",
            Self::TargetTooLong => "the target is too long",
            Self::BadTarget => "the target has no form that the method may have",
            Self::HeadTooLarge => "the head is too large",
            Self::TooManyHeaders => "there are too many header fields",
            Self::BadHost => "there must be one host, and it must be one",
            Self::Expectation => "the request expects what is not done here",
            Self::UnknownCoding => "the body has a transfer coding that is not known here",
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
