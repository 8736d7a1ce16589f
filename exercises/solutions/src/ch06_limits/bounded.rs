use std::mem;

use super::{
    Admitted, Limits, Reject, admit,
    scan::{Over, Scan},
};
use crate::{
    ch01_request_head::{Head, parse_head},
    ch03_connection::{Decode, Event, Progress, Refused, Request},
    ch04_keep_alive::{Unread, wants_keep_alive},
    ch05_bodies::{BodyDecoder, Taken},
};

/// Reads one request after another, each with its body, and never holds more than the limits allow.
#[derive(Clone, Debug, Default)]
pub struct BoundedMessages {
    limits: Limits,
    unread: Unread,
    empty_lines: usize,
    scan: Scan,
    begun: Option<Begun>,
}

/// A request whose body is on its way.
#[derive(Clone, Debug)]
struct Begun {
    head: Head,
    wants_continue: bool,
    decoder: BodyDecoder,
    body: Vec<u8>,
}

impl BoundedMessages {
    /// Creates a decoder with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Skips the empty lines that old clients sent after a body.
    ///
    /// Source: RFC 9112, 2.2.
    fn skip_empty_lines(&mut self) -> Result<(), Reject> {
        while self.unread.bytes().starts_with(b"\r\n") {
            self.unread.read(2);
            self.empty_lines += 1;
            if self.empty_lines > self.limits.empty_lines {
                return Err(Reject::EmptyLines);
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<Option<Begun>, Reject> {
        self.skip_empty_lines()?;
        let bytes = self.unread.bytes();
        if bytes == b"\r" {
            return Ok(None); // perhaps one more empty line
        }
        match self.scan.go_on(bytes, &self.limits) {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(Over { known_after, reject }) => {
                // A bad line before the limit is the first fault.
                return Err(parse_head(&bytes[..known_after]).err().map_or(reject, Reject::from));
            }
        }
        let Some((head, used)) = parse_head(bytes)? else { return Ok(None) };
        self.unread.read(used);
        self.scan = Scan::default();
        self.empty_lines = 0;
        let Admitted { framing, wants_continue } = admit(&head, &self.limits)?;
        let decoder = BodyDecoder::new(framing, self.limits.of_body());
        Ok(Some(Begun { head, wants_continue, decoder, body: Vec::new() }))
    }

    /// Continues with the body.
    fn go_on(&mut self, mut begun: Begun) -> Result<Option<Event>, Reject> {
        if mem::take(&mut begun.wants_continue) && self.unread.bytes().is_empty() {
            self.begun = Some(begun);
            return Ok(Some(Event::Continue));
        }
        match begun.decoder.push(self.unread.bytes(), &mut begun.body)? {
            Taken::NeedMore { used } => {
                self.unread.read(used);
                self.begun = Some(begun);
                Ok(None)
            }
            Taken::Done { used, trailers: _ } => {
                self.unread.read(used);
                // After a CONNECT come the bytes of a tunnel: they are no requests.
                let keep_alive = wants_keep_alive(&begun.head) && begun.head.method != "CONNECT";
                Ok(Some(Event::Request(Request { head: begun.head, body: begun.body, keep_alive })))
            }
        }
    }
}

impl Decode for BoundedMessages {
    fn push(&mut self, bytes: &[u8]) {
        self.unread.push(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let begun = match self.begun.take() {
            Some(begun) => Some(begun),
            None => self.begin()?,
        };
        match begun {
            Some(begun) => Ok(self.go_on(begun)?),
            None => Ok(None),
        }
    }

    fn progress(&self) -> Progress {
        match &self.begun {
            Some(_) => Progress::Body,
            None if self.unread.is_idle() => Progress::Idle,
            None => Progress::Head,
        }
    }

    fn buffered(&self) -> usize {
        self.unread.bytes().len()
    }
}
