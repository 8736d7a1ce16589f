//! News of the reader on their way to the writer: acknowledgements and window updates.

use super::half_stream::{HalfStream, WindowUpdate};

impl HalfStream {
    /// Takes in what the writer has learned by now, and returns how many bytes can be written.
    pub(super) fn room(&mut self, now: u64) -> usize {
        while let Some((_, taken)) = self.pending_acks.front().copied().filter(|(at, _)| *at <= now) {
            self.pending_acks.pop_front();
            self.hear(taken);
        }
        while let Some(update) = self.pending_window_updates.front().copied().filter(|next| next.at <= now) {
            self.pending_window_updates.pop_front();
            self.in_use -= update.read;
            if self.buffers.window.is_none() {
                self.receive_window = self.receive_window.max(update.window);
            }
        }
        match self.buffers.window {
            Some(_) => self.receive_window.saturating_sub(self.in_use),
            None => self.send_buffer().saturating_sub(self.unsent + self.unacknowledged()),
        }
    }

    /// Returns whether a writer that waits is told that there is so much room: where the system keeps a send buffer, when
    /// a third of it is free.
    ///
    /// Source: Linux 6.18, `sk_stream_is_writeable`.
    pub(super) fn is_writable(&self, room: usize) -> bool {
        room > 0 && room >= self.send_buffer() / 3
    }

    /// The writer learns that so many bytes have arrived.
    pub(super) fn hear(&mut self, taken: usize) {
        let count = taken.saturating_sub(self.heard);
        if count > 0 {
            self.heard = taken;
            self.congestion.acknowledged(count, taken, self.sent, self.mss);
        }
    }

    /// The writer will learn at this time of all that has arrived by now.
    pub(super) fn acknowledge_at(&mut self, at: u64) {
        self.is_ack_held = false;
        match self.pending_acks.back_mut() {
            Some((last, taken)) if *last >= at => *taken = self.taken,
            _ => self.pending_acks.push_back((at, self.taken)),
        }
    }

    /// The writer will learn at this time of the reader's window.
    pub(super) fn update_window_at(&mut self, at: u64) {
        self.is_probe_armed = false;
        let (read, window) = (std::mem::take(&mut self.unacked_reads), self.tuning.window);
        match self.pending_window_updates.back_mut() {
            Some(last) if last.at >= at => {
                last.read += read;
                last.window = window;
            }
            _ => self.pending_window_updates.push_back(WindowUpdate { at, read, window }),
        }
    }

    /// Returns when the writer learns something next.
    pub(super) fn next_news(&self) -> Option<u64> {
        let acks = self.pending_acks.front().map(|(at, _)| *at);
        let updates = self.pending_window_updates.front().map(|update| update.at);
        acks.into_iter().chain(updates).min()
    }

    /// Returns whether the writer can do nothing before the window opens.
    pub(super) fn is_window_shut(&self) -> bool {
        self.unsent > 0 && self.window_left() == 0
    }

    pub(super) fn window_left(&self) -> usize {
        (self.receive_window + self.unsent).saturating_sub(self.in_use)
    }

    /// Returns whether what the writer learns is of use.
    pub(super) const fn wants_news(&self) -> bool {
        !self.has_given_up && (!self.is_closed || self.owes_fin)
    }
}
