//! How large the buffers of a connection are: those that a test has set, or as Linux sizes them.

use super::{super::io::Buffers, congestion::TCP_INIT_CWND};

/// The first receive buffer. Almost all of it is window as soon as segments arrive that are not tiny.
///
/// Source: Linux 6.18, `tcp_rmem`, and `tcp_measure_rcv_mss`.
const TCP_RMEM_DEFAULT: usize = 128 << 10;

/// The largest receive buffer.
///
/// Source: Linux 6.18, `tcp_rmem`. It was 6 MiB before 6.16.
const TCP_RMEM_MAX: usize = 32 << 20;

/// The largest send buffer.
///
/// Source: Linux 6.18, `tcp_wmem`.
const TCP_WMEM_MAX: usize = 4 << 20;

/// The headers of a segment and its end, as Linux counts them in the memory of a packet.
///
/// Source: Linux 6.18, `MAX_TCP_HEADER` and `struct skb_shared_info`.
const SEGMENT_HEADERS: usize = 640;

/// Source: Linux 6.18, `struct sk_buff`.
const SK_BUFF: usize = 256;

/// A Unix socket takes so many bytes.
const UNIX: usize = 64 << 10;

impl Buffers {
    /// Returns the receive window of a connection that is made now.
    pub(super) fn first_window(self) -> usize {
        self.window.unwrap_or(TCP_RMEM_DEFAULT)
    }

    /// Returns the buffers of a Unix socket: what it takes is not read yet, and nothing lies between.
    pub(crate) fn of_unix(self) -> Self {
        Self { window: Some(self.window.unwrap_or(UNIX)), ..self }
    }

    /// Returns how large the send buffer is. It holds twice the congestion window.
    ///
    /// Source: Linux 6.18, `tcp_sndbuf_expand`.
    pub(super) fn send_buffer(self, congestion_window: usize, mss: usize) -> usize {
        let segment = (mss + SEGMENT_HEADERS).next_power_of_two() + SK_BUFF;
        congestion_window.saturating_mul(2 * segment).min(TCP_WMEM_MAX)
    }
}

/// The receive window, which grows for a reader that keeps up.
///
/// Source: Linux 6.18, `tcp_rcv_space_adjust`.
#[derive(Debug)]
pub(super) struct WindowTuning {
    pub(super) window: usize,
    can_grow: bool,
    /// Read since `since`.
    read: usize,
    since: u64,
    /// The most that was read in a round trip. At first as much as arrives in the first.
    most: usize,
}

impl WindowTuning {
    pub(super) fn new(buffers: Buffers, mss: usize) -> Self {
        let (window, can_grow) = (buffers.first_window(), buffers.window.is_none());
        Self { window, can_grow, read: 0, since: 0, most: (TCP_INIT_CWND * mss).min(window / 2) }
    }

    /// Counts bytes that were read. Returns whether the window has grown: to twice what was read in a round trip.
    pub(super) fn read(&mut self, count: usize, now: u64, round_trip: u64) -> bool {
        self.read += count;
        if !self.can_grow || now.saturating_sub(self.since) < round_trip {
            return false;
        }
        let read = std::mem::take(&mut self.read);
        self.since = now;
        if read <= self.most {
            return false;
        }
        self.most = read;
        let before = self.window;
        self.window = self.window.max(read.saturating_mul(2).min(TCP_RMEM_MAX));
        self.window > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: `SO_SNDBUF` after a connect, with `tcp_congestion_control` at `cubic`. Over Ethernet as `ss -m` shows it on the
    /// common distributions; a kernel with smaller headers has 46,080. Over loopback measured on Linux 6.18.
    #[test]
    fn the_first_send_buffer_is_that_of_linux() {
        let buffers = Buffers::default();
        assert_eq!(buffers.send_buffer(10, 1460), 87_040); // over Ethernet
        assert_eq!(buffers.send_buffer(10, 65_483), 2_626_560); // over loopback
        assert_eq!(buffers.send_buffer(usize::MAX, 1460), 4_194_304);
    }

    #[test]
    fn the_window_of_a_reader_that_keeps_up_doubles_in_each_round_trip() {
        let mut tuning = WindowTuning::new(Buffers::default(), 1460);
        let mut now = 1_000;
        for _ in 0..9 {
            let before = tuning.window;
            assert!(!tuning.read(before / 2, now - 1, 1_000));
            assert_eq!(tuning.read(before / 2, now, 1_000), before < TCP_RMEM_MAX);
            assert_eq!(tuning.window, (2 * before).min(TCP_RMEM_MAX));
            now += 1_000;
        }
        assert_eq!(tuning.window, TCP_RMEM_MAX);
    }

    #[test]
    fn the_window_of_a_slow_reader_stays() {
        let mut tuning = WindowTuning::new(Buffers::default(), 1460);
        for round in 1..100 {
            assert!(!tuning.read(14_600, round * 1_000, 1_000));
        }
        assert_eq!(tuning.window, TCP_RMEM_DEFAULT);
    }
}
