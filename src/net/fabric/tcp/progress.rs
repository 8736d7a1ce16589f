//! How far a connection is, and what only its handshake needs.

/// How far a connection is, as its server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Handshake(Handshake),
    /// Waits to be accepted.
    Queued,
    Accepted,
    Over,
}

/// A handshake under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handshake {
    pub(crate) stage: Stage,
    /// When the last SYN was sent.
    pub(super) syn_sent: u64,
    pub(super) syn: Retry,
    pub(super) syn_ack: Retry,
    /// A packet of it was held: how long that took is no round trip.
    pub(super) was_held: bool,
}

/// A handshake as its server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It knows nothing: it has heard nothing yet, or has given up.
    SynSent,
    /// It has heard the SYN, and not the ACK.
    HalfOpen,
    /// It has heard the SYN and remembers nothing: what it must know is in its cookie.
    Cookie,
}

/// A packet that is sent again until it is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Retry {
    pub(super) attempts: u8,
    pub(super) is_armed: bool,
}

impl Retry {
    /// Arms the timer. Returns false if it is armed already.
    pub(super) const fn arm(&mut self) -> bool {
        !std::mem::replace(&mut self.is_armed, true)
    }
}

impl Handshake {
    pub(super) fn new(now: u64) -> Self {
        let (syn, syn_ack) = (Retry::default(), Retry::default());
        Self { stage: Stage::SynSent, syn_sent: now, syn, syn_ack, was_held: false }
    }
}

impl Progress {
    pub(crate) const fn is_half_open(&self) -> bool {
        matches!(self, Self::Handshake(handshake) if matches!(handshake.stage, Stage::HalfOpen))
    }

    /// Returns whether the server has sent a SYN-ACK and waits for the ACK.
    pub(crate) const fn awaits_ack(&self) -> bool {
        matches!(self, Self::Handshake(handshake) if matches!(handshake.stage, Stage::HalfOpen | Stage::Cookie))
    }

    pub(super) fn handshake(&mut self) -> Option<&mut Handshake> {
        match self {
            Self::Handshake(handshake) => Some(handshake),
            _ => None,
        }
    }
}
