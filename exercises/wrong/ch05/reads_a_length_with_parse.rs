// caught-by: t03_a_length_is_nothing_but_digits
// instead-of: ch05_bodies/framing.rs
// `parse` reads numbers as Rust writes them: with a plus sign, too.
use std::{error, fmt};

use crate::{ch01_request_head::Head, ch03_connection::Refused};

/// How a request says where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: RFC 9112, 6.3 knows no other for requests")]
pub enum Framing {
    /// There is no body.
    None,
    /// After so many bytes.
    Length(u64),
    /// After the chunk that is empty, and the trailers.
    Chunked,
}

/// Why nobody can, or will, say where a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: whoever answers must have a status for each")]
pub enum BadFraming {
    /// It breaks the grammar, or says two things at once: answer 400.
    Malformed,
    /// It is longer than it may be: answer 413.
    TooLarge,
    /// The trailers are longer than they may be: answer 431.
    TrailersTooLarge,
    /// It is encoded in a way that is not known here: answer 501.
    UnknownCoding,
}

impl BadFraming {
    /// The status to answer with.
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
            Self::Malformed => "the body's end cannot be told",
            Self::TooLarge => "the body is too large",
            Self::TrailersTooLarge => "the trailers are too large",
            Self::UnknownCoding => "the body has a transfer coding that is not known here",
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
/// A length *and* chunks, two lengths (even equal ones), and chunks from a client that speaks HTTP/1.0 are refused:
/// no honest client sends them.
///
/// Source: RFC 9112, 6.1 to 6.3.
///
/// # Errors
/// [`BadFraming`], by its kind.
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

fn decimal(digits: &[u8]) -> Result<u64, BadFraming> {
    use std::num::IntErrorKind;

    let digits = std::str::from_utf8(digits).map_err(|_| BadFraming::Malformed)?;
    digits.parse().map_err(|error: std::num::ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => BadFraming::TooLarge,
        _ => BadFraming::Malformed,
    })
}

/// `chunked` alone is known. Behind `chunked` nothing may follow: then the end could not be told.
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

/// Takes spaces and tabs off both ends, and nothing else: `trim_ascii` would take a form feed, too.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
