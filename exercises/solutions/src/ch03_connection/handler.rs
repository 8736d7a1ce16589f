use std::{error::Error, fmt, future::Future, pin::Pin};

use crate::{ch01_request_head::Head, ch02_response_writer::Response};

/// Whatever went wrong in a handler. The client is told 500 and nothing more.
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
    /// Whether the connection can go on after the answer.
    pub keep_alive: bool,
}

/// What a handler answers.
#[expect(clippy::exhaustive_enums, reason = "complete: an answer is here, or it is not")]
pub enum Reply {
    /// It is here.
    Now(Response),
    /// It will come. The connection polls it, and drops it if the client goes away or time runs out.
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

/// The application, as a connection sees it. Every function from a request to a reply is one.
pub trait Handler {
    /// Answers a request. Is not called again before that answer is written.
    ///
    /// # Errors
    /// Whatever went wrong; the client is told 500, the log is told what.
    fn call(&mut self, request: Request) -> Result<Reply, BoxError>;
}

impl<F: FnMut(Request) -> Result<Reply, BoxError>> Handler for F {
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        self(request)
    }
}
