// caught-by: t17_a_client_that_ends_between_requests_is_told_nothing
// instead-of: ch04_keep_alive/heads.rs
// Something is there, so something has begun.
use super::{Unread, wants_keep_alive};
use crate::{
    ch01_request_head::parse_head,
    ch03_connection::{Decode, Event, Progress, Refused, Request},
};

/// Reads one request after another, each without a body.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    unread: Unread,
}

impl Decode for Heads {
    fn push(&mut self, bytes: &[u8]) {
        self.unread.push(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let Some((head, used)) = parse_head(self.unread.bytes())? else { return Ok(None) };
        self.unread.read(used);
        let keep_alive = wants_keep_alive(&head);
        Ok(Some(Event::Request(Request { head, body: Vec::new(), keep_alive })))
    }

    fn progress(&self) -> Progress {
        if self.unread.bytes().is_empty() { Progress::Idle } else { Progress::Head }
    }

    fn buffered(&self) -> usize {
        self.unread.bytes().len()
    }
}
