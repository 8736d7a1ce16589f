//! A connection under way: its calls, its stream and its timer.

use std::{
    cell::OnceCell,
    future::Future,
    io::{self, IoSlice},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use bytes::BytesMut;
use tokio::io::ReadBuf;
use unplugged_seam::Socket;

use super::settings::{Linger, LingerDeadline, Settings};
use crate::{
    clock::{Clock, Sleep},
    transport::protocol::{
        callbacks::Protocol,
        engine::{Did, Engine},
        identity::Identity,
        state::{ConnectionState, ReadState},
        transport::Transport,
        transport_core::TransportCore,
    },
};

/// The size of a read buffer, which is the most that one read takes.
const BUFFER: usize = 16 * 1024;

/// With less room than this, a new buffer is begun.
const ROOM: usize = 4 * 1024;

/// The most pieces of one write.
const SLICES: usize = 16;

/// The most rounds of one poll, before other tasks run.
const ROUNDS: u32 = 32;

const UNKNOWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

pub(super) struct Running<P, S, C> {
    engine: Engine<P, TransportCore>,
    stream: S,
    clock: C,
    linger: Option<Linger>,
    linger_deadline: Option<LingerDeadline>,
    timer: Option<(Instant, Sleep)>,
    buffer: BytesMut,
    /// The stream has ended, or is not read any more.
    has_read_all: bool,
    /// Something was written since the last flush.
    must_flush: bool,
    /// The write side was shut down.
    is_shut: bool,
    /// How many bytes were dropped since the close, and when that must end.
    drained: usize,
    drained_by: Option<Instant>,
    /// The error of the stream, when it broke.
    error: Option<io::Error>,
}

impl<P, S: Socket, C> Running<P, S, C> {
    /// Drops the connection: a peer that lacks bytes must see no clean end.
    pub(super) fn give_up(&mut self) {
        if self.engine.transport.unsent() > 0 {
            self.stream.reset();
        }
    }

    pub(super) fn describe(&self) -> String {
        let core = &self.engine.transport;
        format!("{}, {} bytes unsent", core.state(), core.unsent())
    }

    pub(super) fn into_protocol(self) -> P {
        self.engine.protocol
    }
}

impl<P: Protocol, S: Socket, C: Clock> Running<P, S, C> {
    pub(super) fn start(
        protocol: P,
        stream: S,
        clock: C,
        settings: Settings,
        linger_deadline: Option<LingerDeadline>,
    ) -> Self {
        let mut identity = Identity::new(settings.made_at);
        identity.local = stream.local_addr().unwrap_or(UNKNOWN);
        identity.peer = stream.peer_addr().unwrap_or(UNKNOWN);
        Self {
            engine: Engine::connect(protocol, TransportCore::new(identity), settings.watermarks),
            stream,
            clock,
            linger: settings.linger,
            linger_deadline,
            timer: None,
            buffer: BytesMut::new(),
            has_read_all: false,
            must_flush: false,
            is_shut: false,
            drained: 0,
            drained_by: None,
            error: None,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.engine.must_poll();
        for _ in 0..ROUNDS {
            let is_late = self.make_calls(cx);
            self.write(cx);
            if self.engine.pressure() != Did::Nothing {
                continue;
            }
            let has_shut = self.shut_down(cx);
            let has_read = self.read(cx);
            if !has_read {
                self.stop_lingering(cx);
            }
            if let Some(reason) = self.outcome() {
                return Poll::Ready(self.end(reason));
            }
            if !has_shut && !has_read && !is_late && !self.poll_timer(cx) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Makes the calls that are due. True if a timeout is due again already: other tasks run before it.
    fn make_calls(&mut self, cx: &mut Context<'_>) -> bool {
        let (clock, now) = (&self.clock, OnceCell::new());
        let mut timed_out = false;
        loop {
            // The clock is read once a turn, and only for a protocol with a timeout.
            match self.engine.step(|| (!timed_out).then(|| *now.get_or_init(|| clock.now())), cx) {
                Did::Nothing => return timed_out,
                Did::Timeout => timed_out = true,
                Did::Poll | Did::Call | Did::Data => {}
            }
        }
    }

    /// Writes what the stream takes.
    fn write(&mut self, cx: &mut Context<'_>) {
        while !self.engine.transport.unsent.is_empty() {
            let unsent = &self.engine.transport.unsent;
            let stream = Pin::new(&mut self.stream);
            let polled = if stream.is_write_vectored() {
                let mut slices = [IoSlice::new(&[]); SLICES];
                let count = unsent.slices(&mut slices);
                stream.poll_write_vectored(cx, &slices[..count])
            } else {
                stream.poll_write(cx, unsent.front())
            };
            match polled {
                Poll::Pending => return,
                Poll::Ready(Ok(0)) => return self.reset_with(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => self.engine.transport.unsent.advance_all(count),
                Poll::Ready(Err(error)) => return self.reset_with(error),
            }
            self.must_flush = true;
        }
        if !self.must_flush {
            return;
        }
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(())) => self.must_flush = false,
            Poll::Ready(Err(error)) => self.reset_with(error),
        }
    }

    /// Shuts the write side down once all has gone out. True if it did so now.
    fn shut_down(&mut self, cx: &mut Context<'_>) -> bool {
        if self.is_shut || !self.engine.transport.has_sent_all() {
            return false;
        }
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Pending => return false,
            // The peer has closed before: nothing is left to shut down.
            Poll::Ready(Err(error)) if error.kind() != io::ErrorKind::NotConnected => self.reset_with(error),
            Poll::Ready(_) => {
                self.is_shut = true;
                self.drained_by = self.linger.map(|linger| self.clock.now() + linger.limit);
            }
        }
        true
    }

    /// Reads once, if the protocol takes bytes. True if something came.
    fn read(&mut self, cx: &mut Context<'_>) -> bool {
        if self.has_read_all || !self.takes() {
            return false;
        }
        if self.buffer.len() < ROOM {
            self.buffer = BytesMut::zeroed(BUFFER);
        }
        let mut into = ReadBuf::new(&mut self.buffer);
        let polled = Pin::new(&mut self.stream).poll_read(cx, &mut into);
        let count = into.filled().len();
        match polled {
            Poll::Pending => return false,
            Poll::Ready(Ok(())) if count == 0 => {
                self.has_read_all = true;
                self.engine.push_end();
            }
            Poll::Ready(Ok(())) if self.engine.transport.is_closing() => {
                self.drained += count;
                self.has_read_all = self.linger.is_none_or(|linger| self.drained >= linger.most);
            }
            Poll::Ready(Ok(())) => self.engine.push(self.buffer.split_to(count).freeze()),
            Poll::Ready(Err(error)) => self.reset_with(error),
        }
        true
    }

    /// Ends a close that lingers, if its deadline is ready. Called when nothing more can be read.
    fn stop_lingering(&mut self, cx: &mut Context<'_>) {
        if self.is_shut && self.lingers() {
            self.has_read_all = self
                .linger_deadline
                .as_mut()
                .is_some_and(|linger_deadline| linger_deadline.as_mut().poll(cx).is_ready());
        }
    }

    /// After a close, it reads only to linger.
    fn takes(&self) -> bool {
        let core = &self.engine.transport;
        match core.reading {
            _ if core.is_closing() => self.linger.is_some(),
            ReadState::Paused => false,
            ReadState::Reading | ReadState::Stopped => true,
        }
    }

    fn reset_with(&mut self, error: io::Error) {
        if self.engine.transport.state() != ConnectionState::Aborted {
            self.engine.transport.reset_with(error.kind());
            self.error.get_or_insert(error);
        }
    }

    /// The reason of the end, once nothing is left to do.
    fn outcome(&self) -> Option<io::Result<()>> {
        let outcome = self.engine.outcome()?;
        let waits = outcome.is_ok() && (!self.is_shut || self.lingers());
        (!waits).then_some(outcome)
    }

    fn lingers(&self) -> bool {
        self.engine.transport.is_closing() && self.linger.is_some() && !self.has_read_all
    }

    /// Calls `connection_lost`. The protocol and the caller of the driver both get the error.
    fn end(&mut self, reason: io::Result<()>) -> io::Result<()> {
        if self.engine.transport.state() == ConnectionState::Aborted {
            self.stream.reset();
        }
        let reason = reason.map_err(|error| self.error.take().unwrap_or(error));
        let copy = reason.as_ref().copied().map_err(|error| match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        });
        self.engine.lose(copy);
        reason
    }

    /// Polls the timer of the next deadline. True if it has come.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let wanted = self.engine.protocol.poll_timeout();
        let Some(deadline) = wanted.into_iter().chain(self.drained_by).min() else {
            self.timer = None;
            return false;
        };
        // An earlier timer is kept: most deadlines move again before they come.
        let is_armed = self.timer.as_ref().is_some_and(|(armed, _)| *armed <= deadline);
        if !is_armed {
            self.timer = Some((deadline, self.clock.sleep_until(deadline)));
        }
        loop {
            let Some((armed, sleep)) = &mut self.timer else { return false };
            if Pin::new(sleep).poll(cx).is_pending() {
                return false;
            }
            if *armed >= deadline {
                break;
            }
            self.timer = Some((deadline, self.clock.sleep_until(deadline)));
        }
        self.timer = None;
        if self.drained_by.is_some_and(|by| by <= deadline) {
            self.drained_by = None;
            self.has_read_all = true;
        }
        true
    }
}
