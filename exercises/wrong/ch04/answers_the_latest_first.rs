// caught-by: t11_answers_come_in_the_order_of_the_requests
// instead-of: ch04_keep_alive/heads.rs
// A stack of requests, where a queue should be.
use super::{Unread, wants_keep_alive};
use crate::{
    ch01_request_head::parse_head,
    ch03_connection::{Decode, Event, Progress, Refused, Request},
};

/// Reads one request after another, each without a body.
#[derive(Clone, Debug, Default)]
pub struct Heads {
    unread: Unread,
    heads: Vec<crate::ch01_request_head::Head>,
}

impl Decode for Heads {
    fn push(&mut self, bytes: &[u8]) {
        self.unread.push(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        while let Some((head, used)) = parse_head(self.unread.bytes())? {
            self.unread.read(used);
            self.heads.push(head);
        }
        let Some(head) = self.heads.pop() else { return Ok(None) };
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
