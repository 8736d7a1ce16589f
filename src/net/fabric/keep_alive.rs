//! How an end learns that the other has gone without a word.

use std::time::Duration;

use super::{Conn, ConnId, Event, Fabric, Life, Side, Status, queue::Entry};
use crate::{clock::saturating_nanos, net::KeepAlive};

/// How long a socket that its program has closed still answers.
///
/// Source: Linux 6.18, `tcp_fin_timeout`.
const LINGER: u64 = 60_000_000_000;

/// What one end does to learn whether the other is still there.
///
/// Source: Linux 6.18, `tcp_keepalive_timer`.
#[derive(Debug)]
pub(crate) struct Probing {
    setting: KeepAlive,
    /// How many probes were sent since it last heard of the other end.
    sent: u32,
    timer: Option<Entry>,
}

impl Fabric {
    /// Turns probes on or off: the first comes when nothing was heard for the idle time, or now.
    pub(crate) fn set_keep_alive(&mut self, id: ConnId, side: Side, setting: Option<KeepAlive>) {
        let end = self.conns[id.index()].end(side);
        let old = match setting {
            Some(setting) => end.probing.replace(Box::new(Probing { setting, sent: 0, timer: None })),
            None => end.probing.take(),
        };
        self.forget_timer(old.as_deref());
        if let Some(setting) = setting {
            let due = self.conns[id.index()].ends[side.index()]
                .heard
                .saturating_add(saturating_nanos(setting.idle));
            self.probe_at(id, side, due.max(self.now));
        }
    }

    pub(crate) fn keep_alive(&self, id: ConnId, side: Side) -> Option<KeepAlive> {
        self.conns[id.index()].ends[side.index()].probing.as_ref().map(|probing| probing.setting)
    }

    pub(super) fn probes(&self, id: ConnId, side: Side) -> bool {
        self.conns[id.index()].ends[side.index()].probing.is_some()
    }

    /// Something of the other end arrives here, now or shortly.
    pub(super) fn hear(&mut self, id: ConnId, side: Side, at: u64) {
        let end = self.conns[id.index()].end(side);
        if end.life == Life::Open {
            end.heard = end.heard.max(at);
            if let Some(probing) = &mut end.probing {
                probing.sent = 0;
            }
        }
    }

    fn probe_at(&mut self, id: ConnId, side: Side, at: u64) {
        let timer = self.queue.push_background(at, Event::KeepAlive { conn: id, side });
        if let Some(probing) = &mut self.conns[id.index()].end(side).probing {
            probing.timer = Some(timer);
        }
    }

    pub(super) fn keep_alive_is_due(&mut self, id: ConnId, side: Side) {
        let now = self.now;
        let conn = &mut self.conns[id.index()];
        let is_unanswered = conn.lanes[side.index()].is_unanswered();
        let end = conn.end(side);
        let (life, heard, user_timeout) = (end.life, end.heard, end.user_timeout);
        let Some(probing) = &mut end.probing else { return };
        probing.timer = None;
        if life != Life::Open {
            return;
        }
        let (idle, silence) = (saturating_nanos(probing.setting.idle), now.saturating_sub(heard));
        let is_over = match user_timeout {
            Some(limit) => silence >= limit && probing.sent > 0,
            None => probing.sent >= probing.setting.probes,
        };
        if is_unanswered {
            self.probe_at(id, side, now.saturating_add(idle)); // what was sent tells more than a probe
        } else if silence < idle {
            self.probe_at(id, side, heard.saturating_add(idle));
        } else if is_over {
            self.answer_by_reset(id, side);
            self.time_out(id, side);
        } else {
            probing.sent += 1;
            let next = now.saturating_add(saturating_nanos(probing.setting.interval));
            self.probe_at(id, side, next);
            self.post(id, side, Event::Probe { conn: id, from: side });
        }
    }

    pub(super) fn probe_arrives(&mut self, id: ConnId, from: Side) {
        let to = from.other();
        let conn = &self.conns[id.index()];
        let end = &conn.ends[to.index()];
        let lane = &conn.lanes[to.index()];
        match end.life {
            Life::Open => self.hear(id, to, self.now),
            Life::Opening => {}
            // Its program has closed it, and the system answers for a while.
            Life::Closed if !lane.has_given_up && self.now - end.heard < LINGER => {}
            Life::Dead if self.hosts[conn.hosts[to.index()].index()].status != Status::Up => return,
            Life::Closed | Life::Dead => return self.answer_by_reset(id, to),
        }
        self.post(id, to, Event::ProbeAnswer { conn: id, from: to });
    }

    pub(super) fn probe_answer_arrives(&mut self, id: ConnId, from: Side) {
        self.hear(id, from.other(), self.now);
    }

    /// The connection is gone.
    pub(super) fn forget_timers(&mut self, conn: &Conn) {
        for end in &conn.ends {
            self.forget_timer(end.probing.as_deref());
        }
    }

    fn forget_timer(&mut self, probing: Option<&Probing>) {
        if let Some(timer) = probing.and_then(|probing| probing.timer) {
            self.queue.take_back(timer);
        }
    }

    /// How long what this end sends may stay without an answer; as the system has it if `None`.
    pub(crate) fn set_user_timeout(&mut self, id: ConnId, side: Side, limit: Option<Duration>) {
        self.conns[id.index()].end(side).user_timeout = limit.map(saturating_nanos);
    }

    pub(crate) fn user_timeout(&self, id: ConnId, side: Side) -> Option<Duration> {
        self.conns[id.index()].ends[side.index()].user_timeout.map(Duration::from_nanos)
    }
}
