use std::{error, fmt};

use crate::{ch01_request_head::Head, ch03_connection::Refused};

/// The framing of a request: how it says where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: RFC 9112, 6.3 has no other for requests")]
pub enum Framing {
    /// There is no body.
    None,
    /// The body has this number of bytes.
    Length(u64),
    /// The body ends after the empty chunk and the trailers.
    Chunked,
}

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: the code that answers has a status for each")]
pub enum BadFraming {
    /// It breaks the grammar, or contradicts itself: answer 400.
    Malformed,
    /// It is longer than its limit: answer 413.
    TooLarge,
    /// The trailers are longer than their limit: answer 431.
    TrailersTooLarge,
    /// It has a coding that this server does not support: answer 501.
    UnknownCoding,
}

impl BadFraming {
    /// Returns the status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::TooLarge => 413,
            Self::TrailersTooLarge => 431,
            Self::UnknownCoding => 501,
        }
    }
}

impl fmt::Display for BadFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the end of the body is unclear",
            Self::TooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
            Self::UnknownCoding => "the body has an unsupported transfer coding",
        })
    }
}

impl error::Error for BadFraming {}

impl From<BadFraming> for Refused {
    fn from(error: BadFraming) -> Self {
        Self(error.status())
    }
}

/// Reads from the head where the body will end.
///
/// Refuses a length *and* chunks, two lengths (even equal ones), and chunks from a client of HTTP/1.0: no honest client
/// sends them.
///
/// Source: RFC 9112, 6.1 to 6.3.
///
/// # Errors
/// [`BadFraming`], if the fields are wrong.
pub fn request_framing(head: &Head) -> Result<Framing, BadFraming> {
    let codings = head.headers.get_all("transfer-encoding");
    let lengths = head.headers.get_all("content-length");
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(Framing::None),
        ([], [length]) => Ok(Framing::Length(decimal(length)?)),
        ([_, ..], []) if head.minor > 0 => chunked(&codings),
        _ => Err(BadFraming::Malformed),
    }
}

/// Reads a number that is digits only: `str::parse` would also accept a plus sign.
fn decimal(digits: &[u8]) -> Result<u64, BadFraming> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(BadFraming::Malformed);
    }
    let shift = |number: u64, digit: &u8| number.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    digits.iter().try_fold(0, shift).ok_or(BadFraming::TooLarge)
}

/// Reads a list of codings. Only `chunked` is supported, and nothing may follow it: the end would be unclear.
///
/// Source: RFC 9112, 6.1 and 7.
fn chunked(fields: &[&[u8]]) -> Result<Framing, BadFraming> {
    let mut is_chunked = false;
    let mut is_known = true;
    for coding in fields.iter().flat_map(|field| field.split(|byte| *byte == b',')).map(trim) {
        if coding.is_empty() || is_chunked {
            return Err(BadFraming::Malformed);
        }
        is_chunked = coding.eq_ignore_ascii_case(b"chunked");
        is_known &= is_chunked;
    }
    if is_known { Ok(Framing::Chunked) } else { Err(BadFraming::UnknownCoding) }
}

/// Removes spaces and tabs from both ends. `trim_ascii` would also remove a form feed.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
