//! Slow start: how much of what was sent may be unacknowledged.

/// The first congestion window, in segments.
///
/// Source: RFC 6928, section 2, and Linux 6.18, `TCP_INIT_CWND`.
pub(super) const TCP_INIT_CWND: usize = 10;

/// A congestion window. Nothing makes it smaller but idleness: what a sender does after a loss is not modelled.
///
/// Source: RFC 5681, section 3.1, and Linux 6.18, `tcp_slow_start`.
#[derive(Debug)]
pub(super) struct Congestion {
    /// In segments. No bound where slow start is off.
    window: usize,
    /// Acknowledged bytes that do not make a segment yet.
    remainder: usize,
    /// The most segments that were unacknowledged at once, in this flight of segments.
    most: usize,
    /// This flight ends where so many bytes have been acknowledged.
    flight_ends: usize,
    last_sent: u64,
}

impl Congestion {
    pub(super) const fn new(slow_start: bool) -> Self {
        let window = if slow_start { TCP_INIT_CWND } else { usize::MAX };
        Self { window, remainder: 0, most: 0, flight_ends: 0, last_sent: 0 }
    }

    pub(super) const fn window(&self) -> usize {
        self.window
    }

    /// Returns how many more bytes may be sent in segments of this size.
    pub(super) const fn allowance(&self, unacknowledged: usize, mss: usize) -> usize {
        if self.window == usize::MAX {
            return usize::MAX;
        }
        self.window.saturating_sub(unacknowledged.div_ceil(mss)).saturating_mul(mss)
    }

    /// Bytes are about to be sent. A sender that was idle for longer than the retransmission timeout starts again.
    ///
    /// Source: Linux 6.18, `tcp_cwnd_restart`, with `tcp_slow_start_after_idle` at its default.
    pub(super) const fn restart_after_idleness(&mut self, now: u64, timeout: u64) {
        if self.window == usize::MAX {
            return;
        }
        let mut idle = now.saturating_sub(self.last_sent);
        while idle > timeout && self.window > TCP_INIT_CWND {
            idle -= timeout;
            self.window /= 2;
        }
        if self.window < TCP_INIT_CWND {
            self.window = TCP_INIT_CWND;
        }
    }

    /// Bytes were sent: so many are unacknowledged now.
    pub(super) fn sent(&mut self, unacknowledged: usize, mss: usize, now: u64) {
        self.last_sent = now;
        self.most = self.most.max(unacknowledged.div_ceil(mss));
    }

    /// The peer has acknowledged `count` bytes. The window grows by as much if it was what limited the sender.
    ///
    /// Source: Linux 6.18, `tcp_is_cwnd_limited`.
    pub(super) fn acknowledged(&mut self, count: usize, acked: usize, sent: usize, mss: usize) {
        if self.window == usize::MAX {
            return;
        }
        if self.window < self.most.saturating_mul(2) {
            self.remainder += count;
            self.window += self.remainder / mss;
            self.remainder %= mss;
        }
        if acked >= self.flight_ends {
            self.most = (sent - acked).div_ceil(mss);
            self.flight_ends = sent;
        }
    }

    pub(super) const fn last_sent(&self) -> u64 {
        self.last_sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_in_each_round_trip_of_a_sender_that_it_limits() {
        let mut congestion = Congestion::new(true);
        let (mut sent, mut windows) = (0, Vec::new());
        for round in 0..4 {
            let flight = congestion.allowance(0, 1460);
            sent += flight;
            congestion.sent(flight, 1460, round);
            windows.push(flight / 1460);
            congestion.acknowledged(flight, sent, sent, 1460);
        }
        assert_eq!(windows, [10, 20, 40, 80]);
    }

    #[test]
    fn a_sender_that_uses_less_than_half_of_the_window_keeps_it() {
        let mut congestion = Congestion::new(true);
        for round in 1..100 {
            congestion.sent(5 * 1460, 1460, 0);
            congestion.acknowledged(5 * 1460, round * 5 * 1460, round * 5 * 1460, 1460);
        }
        assert_eq!(congestion.window(), 10);
        congestion.sent(6 * 1460, 1460, 0);
        congestion.acknowledged(6 * 1460, 501 * 1460, 501 * 1460, 1460);
        assert_eq!(congestion.window(), 16);
    }

    #[test]
    fn idleness_halves_the_window_down_to_the_first() {
        let mut congestion = Congestion::new(true);
        congestion.window = 100;
        congestion.restart_after_idleness(1_000, 1_000);
        assert_eq!(congestion.window(), 100); // not longer than the timeout
        congestion.restart_after_idleness(2_001, 1_000);
        assert_eq!(congestion.window(), 25);
        congestion.restart_after_idleness(999_000, 1_000);
        assert_eq!(congestion.window(), 10);
    }
}
