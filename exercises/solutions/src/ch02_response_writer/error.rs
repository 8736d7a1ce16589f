use std::{error, fmt};

/// Why a response is refused: each is a mistake of the handler, and none reaches the client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete")]
pub enum WriteError {
    /// The status has not three digits.
    BadStatus(u16),
    /// This name is not a token.
    BadHeaderName(String),
    /// The value of the field with this name holds a control character.
    BadHeaderValue(String),
    /// The response brings a `Content-Length` that its body does not have, or one where none may stand.
    WrongContentLength(String),
    /// The response brings a `Transfer-Encoding`: framing the body is the writer's business.
    OwnTransferEncoding,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadStatus(status) => write!(f, "the status {status} has not three digits"),
            Self::BadHeaderName(name) => write!(f, "the header name {name:?} is not a token"),
            Self::BadHeaderValue(name) => {
                write!(f, "the value of the header {name:?} holds a control character")
            }
            Self::WrongContentLength(said) => {
                write!(f, "the Content-Length {said:?} is not that of the body")
            }
            Self::OwnTransferEncoding => f.write_str("the response brings its own Transfer-Encoding"),
        }
    }
}

impl error::Error for WriteError {}
