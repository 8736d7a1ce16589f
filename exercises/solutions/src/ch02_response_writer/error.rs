use std::{error, fmt};

/// Why a response is refused. Each is a mistake of the handler; the client gets nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete")]
pub enum WriteError {
    /// The status does not have three digits.
    BadStatus(u16),
    /// This name is not a token.
    BadHeaderName(String),
    /// The value of the field with this name holds a control character.
    BadHeaderValue(String),
    /// The response has a `Content-Length` that is not its body's length, or has one where none is allowed.
    WrongContentLength(String),
    /// The response has a `Transfer-Encoding` of its own: the writer frames the body.
    OwnTransferEncoding,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadStatus(status) => write!(f, "the status {status} does not have three digits"),
            Self::BadHeaderName(name) => write!(f, "the header name {name:?} is not a token"),
            Self::BadHeaderValue(name) => {
                write!(f, "the value of the header {name:?} holds a control character")
            }
            Self::WrongContentLength(said) => {
                write!(f, "the Content-Length {said:?} is not the length of the body")
            }
            Self::OwnTransferEncoding => f.write_str("the response has a Transfer-Encoding of its own"),
        }
    }
}

impl error::Error for WriteError {}
