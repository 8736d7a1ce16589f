use std::{error::Error, fmt, future::Future, pin::Pin};

use crate::{ch01_request_head::Head, ch02_response_writer::Response};

/// The error of a handler. The client gets a 500 without details.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An answer that is still being made.
pub type Later = Pin<Box<dyn Future<Output = Result<Response, BoxError>>>>;

/// One whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: a test makes one by hand")]
pub struct Request {
    /// The request line and the fields.
    pub head: Head,
    /// The content, with the chunks joined.
    pub body: Vec<u8>,
    /// `true` if the connection can stay open after the answer.
    pub keep_alive: bool,
}

/// The answer of a handler.
#[expect(clippy::exhaustive_enums, reason = "complete: an answer is here, or it is not")]
pub enum Reply {
    /// The answer is here.
    Now(Response),
    /// The answer comes later. The connection polls it, and drops it if the client goes away or time runs out.
    Later(Later),
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(response) => f.debug_tuple("Now").field(response).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

/// The application, as a connection sees it. Every function from a request to a reply is a handler.
pub trait Handler {
    /// Answers a request. The connection calls it again only when that answer is written.
    ///
    /// # Errors
    /// Any failure of the application. The client gets a 500, the log gets the error.
    fn call(&mut self, request: Request) -> Result<Reply, BoxError>;
}

impl<F: FnMut(Request) -> Result<Reply, BoxError>> Handler for F {
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        self(request)
    }
}
