//! The state of keep-alive probes.

use super::super::wire::{Wire, queue::QueueEntry};
use crate::net::KeepAlive;

/// The keep-alive probes of one endpoint.
///
/// Source: Linux 6.18, `tcp_keepalive_timer`.
#[derive(Debug)]
pub(crate) struct Probing {
    pub(super) setting: KeepAlive,
    /// How many probes were sent since something last arrived from the peer.
    pub(super) sent: u32,
    pub(super) timer: Option<QueueEntry>,
}

impl Probing {
    pub(super) const fn new(setting: KeepAlive) -> Self {
        Self { setting, sent: 0, timer: None }
    }

    pub(super) fn remove_timer(&self, wire: &mut Wire) {
        if let Some(timer) = self.timer {
            wire.remove_background(timer);
        }
    }
}
