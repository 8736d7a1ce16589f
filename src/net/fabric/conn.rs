//! One connection: two ends, and a lane of bytes from each to the other.

use std::{collections::VecDeque, io, net::SocketAddr, path, sync::Arc};

use super::{HostId, ListenerId, Way, keep_alive::Probing, links::Path};
use crate::violation::SourceLocation;

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Client,
    Server,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) hosts: [HostId; 2],
    pub(crate) addresses: [SocketAddr; 2],
    /// Where it listens, if it is a named socket of one host.
    pub(crate) path: Option<Arc<path::Path>>,
    pub(crate) ends: [End; 2],
    /// The bytes that each side wrote.
    pub(crate) lanes: [Lane; 2],
    pub(crate) paths: [Path; 2],
    pub(crate) progress: Progress,
    pub(crate) listener: Option<ListenerId>,
    /// How many of its events wait in the queue, or are held on a link.
    pub(crate) events: u32,
    /// When the last SYN was sent, and how many were sent again.
    pub(crate) syn_sent: u64,
    pub(crate) syn_attempts: u8,
    pub(crate) retry_waits: bool,
    /// How often the server has asked for the third part of the handshake again, and whether it will.
    pub(crate) ack_attempts: u8,
    pub(crate) ack_retry_waits: bool,
    /// A part of the handshake was held: how long that took says nothing of the way.
    pub(crate) was_held: bool,
    /// The round trip that the handshake took.
    pub(crate) round_trip: u64,
}

/// How far the handshake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The server has heard nothing yet.
    SynSent,
    /// The server has heard the SYN, and not the rest.
    HalfOpen,
    /// The same, and it remembers nothing: what it has to know is in the number that it gave the client, a cookie.
    Cookie,
    /// Waits to be accepted.
    Queued,
    Accepted,
    Over,
}

/// One end's socket.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) life: Life,
    /// Somebody holds it, or will: the code, or the queue of a listener.
    pub(crate) is_held: bool,
    /// What its next operation is told, once.
    pub(crate) error: Option<io::ErrorKind>,
    /// The other side's last byte has arrived.
    pub(crate) has_eof: bool,
    pub(crate) nodelay: bool,
    /// When it last heard of the other end; once it is closed, since when.
    pub(crate) heard: u64,
    pub(crate) probing: Option<Box<Probing>>,
    /// How long what it sent may stay without an answer.
    pub(crate) user_timeout: Option<u64>,
    pub(crate) made_at: Option<SourceLocation>,
    /// When it was made; the server's, when it last asked for the end of the handshake, and then when that came.
    pub(crate) since: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// The handshake is under way.
    Opening,
    Open,
    /// Closed or broken off: what still arrives is answered by a reset.
    Closed,
    /// Its host crashed under it.
    Dead,
}

/// The bytes of one direction.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// Written and not read; the first `arrived` of them can be read.
    pub(crate) bytes: VecDeque<u8>,
    pub(crate) arrived: usize,
    /// Sent and not arrived, in order; the first has the number `first`.
    pub(crate) flight: VecDeque<Segment>,
    pub(crate) first: u32,
    /// Up to here the sender knows that it arrived.
    pub(crate) acked: u32,
    /// Since when the first segment without an answer waits for one.
    pub(crate) waits_since: u64,
    /// How much of the window is in use, as the writer knows.
    pub(crate) in_use: usize,
    /// When the writer learns of how many bytes that were read.
    pub(crate) credits: VecDeque<(u64, usize)>,
    /// Bytes that were read, and the writer was not told, or the news got lost.
    pub(crate) owed: usize,
    pub(crate) owed_waits: bool,
    pub(crate) writer_waits: bool,
    pub(crate) window_waits: bool,
    /// Nothing more will be written.
    pub(crate) is_closed: bool,
    /// Nothing is sent again.
    pub(crate) has_given_up: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) length: u32,
    pub(crate) is_fin: bool,
    pub(crate) has_arrived: bool,
}

impl Conn {
    pub(crate) fn new(hosts: [HostId; 2], addresses: [SocketAddr; 2], now: u64) -> Self {
        Self {
            hosts,
            addresses,
            path: None,
            ends: [End::new(true, now), End::new(false, now)],
            lanes: [Lane::default(), Lane::default()],
            paths: [Path::UNKNOWN; 2],
            progress: Progress::SynSent,
            listener: None,
            events: 0,
            syn_sent: now,
            syn_attempts: 0,
            retry_waits: false,
            ack_attempts: 0,
            ack_retry_waits: false,
            was_held: false,
            round_trip: 0,
        }
    }

    pub(crate) fn end(&mut self, side: Side) -> &mut End {
        &mut self.ends[side.index()]
    }

    /// The lane on which this side writes.
    pub(crate) fn lane(&mut self, side: Side) -> &mut Lane {
        &mut self.lanes[side.index()]
    }

    /// From this side to the other.
    pub(crate) fn way(&self, from: Side) -> Way {
        let (here, there) = (from.index(), from.other().index());
        let ports = [self.addresses[here].port(), self.addresses[there].port()];
        Way::new([self.hosts[here], self.hosts[there]], ports)
    }

    /// It is a named socket: nothing is under way.
    pub(crate) const fn is_unix(&self) -> bool {
        self.path.is_some()
    }

    /// Nobody needs it any more.
    pub(crate) fn is_forgotten(&self) -> bool {
        self.events == 0 && self.ends.iter().all(|end| !end.is_held)
    }
}

impl End {
    const fn new(is_held: bool, since: u64) -> Self {
        Self {
            life: Life::Opening,
            is_held,
            error: None,
            has_eof: false,
            nodelay: false,
            heard: 0,
            probing: None,
            user_timeout: None,
            made_at: None,
            since,
        }
    }
}

impl Lane {
    /// Whether this one arrived, and all before it.
    pub(crate) fn has_taken(&self, index: u32) -> bool {
        index.wrapping_sub(self.first) > u32::MAX / 2
    }

    /// The number of the next segment.
    #[expect(clippy::cast_possible_truncation, reason = "a window is far smaller")]
    pub(crate) fn next(&self) -> u32 {
        self.first.wrapping_add(self.flight.len() as u32)
    }

    /// Something was sent, and the sender does not know that it arrived.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.acked != self.next()
    }

    /// Adds what arrived in order to what can be read; tells whether anything did, and whether the end did.
    pub(crate) fn take_arrived(&mut self) -> (bool, bool) {
        let (mut any, mut is_end) = (false, false);
        while let Some(segment) = self.flight.front().filter(|segment| segment.has_arrived) {
            self.arrived += segment.length as usize;
            is_end |= segment.is_fin;
            any = true;
            self.flight.pop_front();
            self.first = self.first.wrapping_add(1);
        }
        (any, is_end)
    }

    /// Nothing more arrives; what is there can still be read.
    pub(crate) fn break_off(&mut self) {
        self.bytes.truncate(self.arrived);
        self.flight.clear();
        self.give_up();
    }

    /// Nothing more is written, and nothing sent again.
    pub(crate) fn give_up(&mut self) {
        self.is_closed = true;
        self.has_given_up = true;
    }

    /// Frees the part of the window that the writer has heard of by now.
    pub(crate) fn settle_credits(&mut self, now: u64) {
        while let Some((_, count)) = self.credits.front().copied().filter(|(at, _)| *at <= now) {
            self.in_use -= count;
            self.credits.pop_front();
        }
    }

    /// A digest of a segment's bytes.
    #[cold]
    pub(crate) fn content(&mut self, index: u32) -> u64 {
        let range = self.range(index).filter(|range| !range.is_empty());
        range.map_or(0, |range| crate::seed::fnv1a(&self.bytes.make_contiguous()[range]))
    }

    /// Where a segment's bytes lie among those not read.
    pub(crate) fn range(&self, index: u32) -> Option<std::ops::Range<usize>> {
        let place = index.wrapping_sub(self.first) as usize;
        let segment = self.flight.get(place)?;
        let before: usize = self.flight.iter().take(place).map(|segment| segment.length as usize).sum();
        let start = self.arrived + before;
        Some(start..start + segment.length as usize)
    }
}
