use super::Request;
use crate::ch01_request_head::{ParseError, parse_head};

/// Makes requests from bytes, however they are cut. Checks everything about requests, and uses no answers.
pub trait Decode {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// Returns the next event, or `None` until all of it has come. Not called again after an error.
    ///
    /// # Errors
    /// [`Refused`], if the bytes are no request that can be served.
    fn next_event(&mut self) -> Result<Option<Event>, Refused>;

    /// Returns how much of the next request is here.
    fn progress(&self) -> Progress;

    /// Returns how many bytes were taken and are part of no event yet.
    fn buffered(&self) -> usize;
}

/// An event in the bytes of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a connection handles each")]
pub enum Event {
    /// A whole request.
    Request(Request),
    /// The client waits for a `100 Continue` before it sends its body.
    Continue,
}

/// The part of a request that is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: the parts of a request")]
pub enum Progress {
    /// Nothing.
    Idle,
    /// A part of its head.
    Head,
    /// Its whole head, but not its whole body.
    Body,
}

/// The status that refuses bytes that are no request. The beginning of the next request is then unknown, so the
/// connection ends with this answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: a name for a number")]
pub struct Refused(pub u16);

impl From<ParseError> for Refused {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::BadRequest => Self(400),
            ParseError::VersionNotSupported => Self(505),
        }
    }
}

/// The smallest decoder: reads one request without a body, and discards the rest.
#[derive(Clone, Debug, Default)]
pub struct OneHead {
    unread: Vec<u8>,
    done: bool,
}

impl Decode for OneHead {
    fn push(&mut self, bytes: &[u8]) {
        if !self.done {
            self.unread.extend_from_slice(bytes);
        }
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        if self.done {
            return Ok(None);
        }
        let Some((head, _used)) = parse_head(&self.unread)? else { return Ok(None) };
        self.done = true;
        self.unread.clear();
        Ok(Some(Event::Request(Request { head, body: Vec::new(), keep_alive: false })))
    }

    fn progress(&self) -> Progress {
        if self.unread.is_empty() { Progress::Idle } else { Progress::Head }
    }

    fn buffered(&self) -> usize {
        self.unread.len()
    }
}
