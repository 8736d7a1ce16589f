// caught-by: t13_nothing_behind_close_is_read
// instead-of: ch04_keep_alive/heads.rs
// Every request goes on: closing is the writer's business.
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
        let keep_alive = wants_keep_alive(&head) || head.minor > 0;
        Ok(Some(Event::Request(Request { head, body: Vec::new(), keep_alive })))
    }

    fn progress(&self) -> Progress {
        if self.unread.is_idle() { Progress::Idle } else { Progress::Head }
    }

    fn buffered(&self) -> usize {
        self.unread.bytes().len()
    }
}
