use std::mem;

use super::{BodyDecoder, BodyLimits, Taken, request_framing};
use crate::{
    ch01_request_head::{Head, parse_head},
    ch03_connection::{Decode, Event, Progress, Refused, Request},
    ch04_keep_alive::{Unread, wants_keep_alive},
};

/// Reads one request after another, each with its body.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    limits: BodyLimits,
    unread: Unread,
    begun: Option<Begun>,
}

/// A request whose body is on its way.
#[derive(Clone, Debug)]
struct Begun {
    head: Head,
    decoder: BodyDecoder,
    body: Vec<u8>,
}

impl Messages {
    /// Creates a decoder with these limits for bodies.
    #[must_use]
    pub fn new(limits: BodyLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    fn begin(&mut self) -> Result<Option<Begun>, Refused> {
        let Some((head, used)) = parse_head(self.unread.bytes())? else { return Ok(None) };
        self.unread.read(used);
        let decoder = BodyDecoder::new(request_framing(&head)?, self.limits);
        Ok(Some(Begun { head, decoder, body: Vec::new() }))
    }
}

impl Decode for Messages {
    fn push(&mut self, bytes: &[u8]) {
        self.unread.push(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let begun = match self.begun.take() {
            Some(begun) => Some(begun),
            None => self.begin()?,
        };
        let Some(mut begun) = begun else { return Ok(None) };
        let taken = begun.decoder.push(self.unread.bytes(), &mut begun.body)?;
        let (Taken::NeedMore { used } | Taken::Done { used, .. }) = taken;
        self.unread.read(used);
        if let Taken::NeedMore { .. } = taken {
            self.begun = Some(begun);
            return Ok(None);
        }
        let keep_alive = wants_keep_alive(&begun.head);
        let body = mem::take(&mut begun.body);
        Ok(Some(Event::Request(Request { head: begun.head, body, keep_alive })))
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
