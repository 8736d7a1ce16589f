//! The connection as a `Protocol`, for its driver.

use std::{io, task::Context, time::Instant};

use bytes::Bytes;
use unplugged::transport::{Protocol, Transport};

use super::{BATCH, Connection, State};
use crate::ch03_connection::{Decode, Handler, Phase, Timekeeper};

impl<H: Handler, D: Decode, T: Timekeeper> Protocol for Connection<H, D, T> {
    fn connection_made(&mut self, _transport: &mut dyn Transport) {
        self.time.enter(Phase::Head);
    }

    fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.time.received();
        self.decoder.push(&bytes);
        self.receive();
        self.finish(transport);
    }

    fn end_received(&mut self, transport: &mut dyn Transport) {
        self.ended = true;
        self.receive();
        self.finish(transport);
    }

    fn pause_writing(&mut self, _transport: &mut dyn Transport) {
        self.writing_paused = true;
    }

    fn resume_writing(&mut self, transport: &mut dyn Transport) {
        self.writing_paused = false;
        self.receive();
        self.finish(transport);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.time.deadline()
    }

    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        self.report_sent(transport);
        if let Some(phase) = self.time.expired(now) {
            self.give_up(phase, transport);
        }
        self.receive();
        self.finish(transport);
    }

    fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
        self.poll_stop(cx);
        while !self.poll_later(cx) && self.may_receive() {
            self.receive();
            if !matches!(self.state, State::Answering(..)) {
                break;
            }
        }
        if self.out.len() >= BATCH {
            cx.waker().wake_by_ref();
        }
        self.finish(transport);
    }

    fn connection_lost(&mut self, _reason: io::Result<()>) {
        self.state = State::Closed;
        self.stop = None;
        self.time.enter(Phase::Over);
    }
}
