//! The leftovers of a sim that are ends of pipes.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::{
    end::{Pipe, PipeIdentity},
    wire::Wire,
};
use crate::leftover::{Leftover, LeftoverKind, MayBeLeft};

/// One end, known without keeping it alive.
struct End {
    outgoing: Weak<Wire>,
    incoming: Weak<Wire>,
    identity: PipeIdentity,
    since: Duration,
}

/// Returns the leftover that a new end may become.
pub(super) fn of_end(pipe: &Pipe, since: Duration) -> Box<dyn MayBeLeft> {
    let (outgoing, incoming) = (Arc::downgrade(&pipe.outgoing), Arc::downgrade(&pipe.incoming));
    Box::new(End { outgoing, incoming, identity: pipe.identity.clone(), since })
}

impl MayBeLeft for End {
    fn leftovers(&self) -> Vec<Leftover> {
        let wires = self.outgoing.upgrade().zip(self.incoming.upgrade());
        let Some((outgoing, incoming)) = wires.filter(|(_, incoming)| incoming.has_reader()) else {
            return Vec::new();
        };
        let (unread, name) = (incoming.in_flight(), &self.identity.name);
        let state = match (outgoing.has_ended(), incoming.has_ended()) {
            (false, false) => "open",
            (false, true) => "closed by the other end",
            (true, false) => "shut down",
            (true, true) => "closed by both",
        };
        let kind = if unread > 0 { LeftoverKind::Unread } else { LeftoverKind::OpenEnd };
        let what = format!("pipe `{name}`: {state}, {unread} bytes unread");
        vec![Leftover { kind, host: None, what, since: self.since, made_at: Some(self.identity.made_at) }]
    }
}
