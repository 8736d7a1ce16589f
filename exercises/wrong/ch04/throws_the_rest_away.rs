// caught-by: t06_what_follows_a_request_is_kept
// instead-of: ch04_keep_alive/heads.rs
// Clears the buffer after each request: right as long as clients wait for their answers.
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
        let _ = used;
        self.unread = Unread::default();
        let keep_alive = wants_keep_alive(&head);
        Ok(Some(Event::Request(Request { head, body: Vec::new(), keep_alive })))
    }

    fn progress(&self) -> Progress {
        if self.unread.is_idle() { Progress::Idle } else { Progress::Head }
    }

    fn buffered(&self) -> usize {
        self.unread.bytes().len()
    }
}
