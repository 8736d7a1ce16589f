//! The ports of a host's connections: each is taken for one destination only, and for a while after the end.
//!
//! Source: Linux 6.18, `__inet_check_established` and `tcp_twsk_unique`.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, SocketAddr},
};

use super::{super::ids::ConnId, Reuse};

/// How long a socket stays in TIME-WAIT.
///
/// Source: Linux 6.18, `TCP_TIMEWAIT_LEN`; `tcp_fin_timeout` is as long.
const TCP_TIMEWAIT_LEN: u64 = 60_000_000_000;

/// After so long in TIME-WAIT a connection of loopback can be made again.
///
/// Source: Linux 6.18, `tcp_tw_reuse` at its default of 2, and `tcp_tw_reuse_delay`.
const TCP_TW_REUSE_DELAY: u64 = 1_000_000_000;

/// The addresses of a connection, as its client has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tuple {
    pub(crate) port: u16,
    pub(crate) to: SocketAddr,
    pub(crate) from: IpAddr,
}

/// The one that has a tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Conn(ConnId),
    /// It is in TIME-WAIT since then.
    TimeWait(u64),
}

/// A connection that is over, in TIME-WAIT.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeWait {
    pub(crate) since: u64,
    pub(crate) tuple: Tuple,
    pub(crate) reuse: Reuse,
    /// This end was its client.
    pub(crate) is_client: bool,
}

/// The connections of the clients of a host, and those of all its sockets that are in TIME-WAIT.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    claims: BTreeMap<Tuple, Claim>,
    over: VecDeque<TimeWait>,
}

impl TimeWait {
    fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.since) >= TCP_TIMEWAIT_LEN
    }
}

impl Tuple {
    /// Returns whether a connection can be made again that is in TIME-WAIT since then. `is_bound`: the program has chosen
    /// the port.
    pub(crate) fn is_free_again(&self, since: u64, is_bound: bool, now: u64) -> bool {
        let waited = now.saturating_sub(since);
        is_bound || waited >= TCP_TIMEWAIT_LEN || self.to.ip().is_loopback() && waited >= TCP_TW_REUSE_DELAY
    }
}

impl Clients {
    pub(crate) fn claim(&self, tuple: &Tuple) -> Option<Claim> {
        self.claims.get(tuple).copied()
    }

    pub(crate) fn add(&mut self, tuple: Tuple, conn: ConnId) {
        self.claims.insert(tuple, Claim::Conn(conn));
    }

    /// Frees the tuple of a connection, unless another has it by now.
    pub(crate) fn remove(&mut self, tuple: &Tuple, conn: ConnId) -> bool {
        let is_its = self.claims.get(tuple) == Some(&Claim::Conn(conn));
        if is_its {
            self.claims.remove(tuple);
        }
        is_its
    }

    /// Keeps a connection that is over in TIME-WAIT.
    pub(crate) fn wait(&mut self, wait: TimeWait, now: u64) {
        self.expire(now);
        if !wait.is_over(now) {
            if wait.is_client {
                self.claims.insert(wait.tuple, Claim::TimeWait(wait.since));
            }
            self.over.push_back(wait);
        }
    }

    /// Forgets those whose time in TIME-WAIT is over.
    fn expire(&mut self, now: u64) {
        while let Some(wait) = self.over.front().copied().filter(|wait| wait.is_over(now)) {
            self.over.pop_front();
            if self.claims.get(&wait.tuple) == Some(&Claim::TimeWait(wait.since)) {
                self.claims.remove(&wait.tuple);
            }
        }
    }

    /// Returns the connections in TIME-WAIT.
    pub(crate) fn waiting(&self, now: u64) -> impl Iterator<Item = &TimeWait> {
        self.over.iter().filter(move |wait| !wait.is_over(now))
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }
}
