// caught-by: t02_a_decoder_reads_one_request_and_no_more
// instead-of: ch03_connection/decode.rs
// Leaves `done` to the connection, which "does not ask again anyway".
use super::Request;
use crate::ch01_request_head::{ParseError, parse_head};

/// Makes requests of bytes, cut anyhow. Knows all that can be wrong with them, and nothing of answers.
pub trait Decode {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// The next thing that the bytes say, or `None` as long as it is not all here. Not asked again after an error.
    ///
    /// # Errors
    /// If the bytes are no request that can be served.
    fn next_event(&mut self) -> Result<Option<Event>, Refused>;

    /// How far the next request has come.
    fn progress(&self) -> Progress;

    /// How many bytes were taken and have said nothing yet.
    fn buffered(&self) -> usize;
}

/// What bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: a connection must know what to do for each")]
pub enum Event {
    /// A whole request.
    Request(Request),
    /// The client waits for a `100 Continue` before it sends its body.
    Continue,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "complete: the parts of a request")]
pub enum Progress {
    /// Nothing of it is here.
    Idle,
    /// A part of its head is here.
    Head,
    /// Its head is here, and its body is not.
    Body,
}

/// The bytes are no request that can be served: the status that says why. Where the next request would begin
/// nobody knows, so that the connection ends with the answer.
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

/// The smallest decoder: one request, without a body; what follows it is thrown away.
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
        self.unread.drain(.._used);
        Ok(Some(Event::Request(Request { head, body: Vec::new(), keep_alive: false })))
    }

    fn progress(&self) -> Progress {
        if self.unread.is_empty() { Progress::Idle } else { Progress::Head }
    }

    fn buffered(&self) -> usize {
        self.unread.len()
    }
}
