//! Keep-alive probes and the user timeout.

use std::time::Duration;

use super::{
    super::{
        side::Side,
        wire::{NetEvent, Status, TcpEvent, Wire},
    },
    conn::{Conn, Life},
    probing::Probing,
};
use crate::{nanos::saturating_nanos, net::KeepAlive};

impl Conn {
    /// Turns probes on or off. The first is sent when nothing has arrived for the idle time, or now.
    pub(crate) fn set_keep_alive(&mut self, side: Side, setting: Option<KeepAlive>, wire: &mut Wire) {
        let end = &mut self.ends[side];
        let old = match setting {
            Some(setting) => end.probing.replace(Box::new(Probing::new(setting))),
            None => end.probing.take(),
        };
        if let Some(old) = old {
            old.remove_timer(wire);
        }
        if let Some(setting) = setting {
            let due = self.ends[side].heard.saturating_add(saturating_nanos(setting.idle));
            self.probe_at(side, due.max(wire.now), wire);
        }
    }

    pub(crate) fn keep_alive(&self, side: Side) -> Option<KeepAlive> {
        self.ends[side].probing.as_ref().map(|probing| probing.setting)
    }

    /// Something of the peer arrives at this side, now or shortly.
    pub(super) fn heard_from(&mut self, side: Side, at: u64) {
        let end = &mut self.ends[side];
        if end.life == Life::Open {
            end.heard = end.heard.max(at);
            if let Some(probing) = &mut end.probing {
                probing.sent = 0;
            }
        }
    }

    fn probe_at(&mut self, side: Side, at: u64, wire: &mut Wire) {
        let timer = wire.push_background(at, NetEvent::Tcp(self.id, TcpEvent::KeepAlive { side }));
        if let Some(probing) = &mut self.ends[side].probing {
            probing.timer = Some(timer);
        }
    }

    pub(super) fn keep_alive_is_due(&mut self, side: Side, wire: &mut Wire) {
        let is_unacknowledged = self.sending[side].is_unacknowledged();
        let end = &mut self.ends[side];
        let (life, heard, user_timeout) = (end.life, end.heard, end.user_timeout);
        let Some(probing) = &mut end.probing else { return };
        probing.timer = None;
        if life != Life::Open {
            return;
        }
        let (idle, silence) = (saturating_nanos(probing.setting.idle), wire.now.saturating_sub(heard));
        let is_over = match user_timeout {
            Some(limit) => silence >= limit && probing.sent > 0,
            None => probing.sent >= probing.setting.probes,
        };
        if is_unacknowledged {
            self.probe_at(side, wire.now.saturating_add(idle), wire); // what was sent probes the peer
        } else if silence < idle {
            self.probe_at(side, heard.saturating_add(idle), wire);
        } else if is_over {
            self.answer_by_reset(side, wire);
            self.time_out(side, wire);
        } else {
            probing.sent += 1;
            let next = wire.now.saturating_add(saturating_nanos(probing.setting.interval));
            self.probe_at(side, next, wire);
            self.send(side, TcpEvent::KeepAliveProbe { from: side }, wire);
        }
    }

    pub(super) fn probe_arrives(&mut self, from: Side, wire: &mut Wire) {
        let to = from.other();
        self.expire(to, wire);
        match self.ends[to].life {
            Life::Open => self.heard_from(to, wire.now),
            Life::Opening => {}
            // Its program has closed it, and the system answers for a while.
            Life::Closed if self.is_orphan(to) => {}
            Life::Crashed if wire.status(self.hosts[to]) != Status::Up => return,
            Life::Closed | Life::Crashed => return self.answer_by_reset(to, wire),
        }
        self.send(to, TcpEvent::KeepAliveAnswer { from: to }, wire);
    }

    /// Removes the timers of a connection that is collected.
    pub(crate) fn remove_timers(&self, wire: &mut Wire) {
        for end in self.ends.iter() {
            if let Some(probing) = &end.probing {
                probing.remove_timer(wire);
            }
        }
    }

    /// Sets how long what this end sends may stay unacknowledged; `None` is the system's default.
    pub(crate) fn set_user_timeout(&mut self, side: Side, limit: Option<Duration>) {
        self.ends[side].user_timeout = limit.map(saturating_nanos);
    }

    pub(crate) fn user_timeout(&self, side: Side) -> Option<Duration> {
        self.ends[side].user_timeout.map(Duration::from_nanos)
    }
}
