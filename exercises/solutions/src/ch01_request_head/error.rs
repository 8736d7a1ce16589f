use std::{error, fmt};

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: the code that answers has a status for each")]
pub enum ParseError {
    /// It breaks the grammar: answer 400.
    BadRequest,
    /// It is well formed, but its version is not HTTP/1.x: answer 505.
    VersionNotSupported,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadRequest => "the request breaks the grammar of HTTP",
            Self::VersionNotSupported => "the request speaks another version than HTTP/1.x",
        })
    }
}

impl error::Error for ParseError {}
