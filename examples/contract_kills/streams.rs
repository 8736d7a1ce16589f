//! Broken streams: each is tokio's in-memory stream with one slip.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    task::coop,
};

/// What a stream does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    RepeatsBytes,
    SwapsBytes,
    FlipsBits,
    FlushKeepsLastByte,
    ShutdownDropsLastByte,
    EndOvertakesBytes,
    EmptyWriteEnds,
    EmptyReadEats,
    ClearsReadBuffer,
    ClaimsMoreThanItGot,
    ClaimsAllOfHalf,
    VectoredBackwards,
    VectoredFirstOnly,
    EndThenError,
    EndThenSilence,
    EndThenBytes,
    EndIsError,
    IdleIsEnd,
    WritesAfterShutdown,
    SecondShutdownFails,
    FlushHangs,
    ShutdownHangs,
    ShutdownDoesNothing,
    ShutdownEndsReading,
    ForgetsReadWaker,
    KeepsFirstReadWaker,
    ForgetsWriteWaker,
    KeepsFirstWriteWaker,
    OneWakerForBoth,
    CancelledReadEats,
    CancelledWriteStays,
    NeverFull,
    GoneReaderIsIgnored,
    GoneReaderHangsWriter,
    SpendsNoBudget,
    PanicsAtEnd,
    WakesItselfForEver,
}

/// One end of a stream with a slip.
#[derive(Debug)]
pub(crate) struct Broken {
    inner: DuplexStream,
    slip: Slip,
    again: Option<u8>,
    held: Option<u8>,
    queue: VecDeque<u8>,
    read: u64,
    has_ended: bool,
    is_shut: bool,
    pended: Option<usize>,
    kept: Vec<u8>,
    first: Option<Waker>,
    slot: Arc<Slot>,
}

#[derive(Debug, Default)]
struct Slot(Mutex<Option<Waker>>);

impl Wake for Slot {
    fn wake(self: Arc<Self>) {
        if let Some(waker) = self.0.lock().expect("no panic").take() {
            waker.wake();
        }
    }
}

pub(crate) fn pair(slip: Slip) -> (Broken, Broken) {
    let (a, b) = tokio::io::duplex(4096);
    (Broken::new(a, slip), Broken::new(b, slip))
}

impl Broken {
    fn new(inner: DuplexStream, slip: Slip) -> Self {
        let (queue, kept, slot) = Default::default();
        Self {
            inner,
            slip,
            again: None,
            held: None,
            queue,
            read: 0,
            has_ended: false,
            is_shut: false,
            pended: None,
            kept,
            first: None,
            slot,
        }
    }

    fn waker(&mut self, cx: &Context<'_>, is_read: bool) -> Waker {
        match (self.slip, is_read) {
            (Slip::ForgetsReadWaker, true) | (Slip::ForgetsWriteWaker, false) => Waker::noop().clone(),
            (Slip::KeepsFirstReadWaker, true) | (Slip::KeepsFirstWriteWaker, false) => {
                self.first.get_or_insert_with(|| cx.waker().clone()).clone()
            }
            (Slip::OneWakerForBoth, _) => {
                *self.slot.0.lock().expect("no panic") = Some(cx.waker().clone());
                Arc::clone(&self.slot).into()
            }
            _ => cx.waker().clone(),
        }
    }

    /// Reads from the honest stream, as much as the buffer takes.
    fn inner_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.slip == Slip::SpendsNoBudget {
            let read = std::future::poll_fn(|cx| Pin::new(&mut self.inner).poll_read(cx, buffer));
            return Future::poll(std::pin::pin!(coop::unconstrained(read)), cx);
        }
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }

    /// Takes one byte, and loses it.
    fn eat(&mut self, cx: &mut Context<'_>) {
        let mut byte = [0];
        let _ = Pin::new(&mut self.inner).poll_read(cx, &mut ReadBuf::new(&mut byte));
    }

    fn inner_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    /// Sends what was accepted without room for it.
    fn drain(&mut self, cx: &mut Context<'_>) {
        while !self.queue.is_empty() {
            let (bytes, _) = self.queue.as_slices();
            match Pin::new(&mut self.inner).poll_write(cx, bytes) {
                Poll::Ready(Ok(sent)) => drop(self.queue.drain(..sent)),
                _ => return,
            }
        }
    }

    fn ended(&mut self, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let was_over = std::mem::replace(&mut self.has_ended, true);
        match (self.slip, was_over) {
            (Slip::EndThenError, true) | (Slip::EndIsError, _) => {
                Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
            }
            (Slip::EndThenSilence, true) => Poll::Pending,
            (Slip::EndThenBytes, true) => {
                buffer.put_slice(b"x");
                Poll::Ready(Ok(()))
            }
            (Slip::PanicsAtEnd, _) => panic!("nobody thought of the end"),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Changes the bytes that have arrived.
    fn spoil(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>, from: usize) {
        let fresh = &mut buffer.filled_mut()[from..];
        match self.slip {
            Slip::SwapsBytes if fresh.len() > 1 => fresh.swap(0, 1),
            Slip::FlipsBits => {
                for (byte, at) in fresh.iter_mut().zip(self.read..) {
                    *byte ^= u8::from(at % 5000 == 4999);
                }
            }
            Slip::RepeatsBytes if self.read % 7 == 6 => self.again = fresh.last().copied(),
            Slip::EndOvertakesBytes => {
                let mut next = [0; 1];
                let mut next = ReadBuf::new(&mut next);
                let polled = Pin::new(&mut self.inner).poll_read(cx, &mut next);
                if polled.is_ready() && next.filled().is_empty() {
                    buffer.set_filled(from);
                } else if let Some(byte) = next.filled().first() {
                    self.again = Some(*byte);
                }
            }
            _ => {}
        }
        self.read += (buffer.filled().len() - from) as u64;
    }
}

impl AsyncRead for Broken {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.drain(cx);
        let waker = this.waker(cx, true);
        let cx = &mut Context::from_waker(&waker);
        if buffer.remaining() == 0 {
            if this.slip == Slip::EmptyReadEats {
                this.eat(cx);
            }
            return Poll::Ready(Ok(()));
        }
        if this.slip == Slip::ClearsReadBuffer {
            buffer.clear();
        }
        if this.slip == Slip::ShutdownEndsReading && this.is_shut {
            return Poll::Ready(Ok(()));
        }
        if let Some(byte) = this.again.take() {
            buffer.put_slice(&[byte]);
            return Poll::Ready(Ok(()));
        }
        let steals = this.slip == Slip::CancelledReadEats
            && this.pended.is_some_and(|pended| pended != buffer.remaining());
        let (from, room) = (buffer.filled().len(), buffer.remaining());
        if steals && this.pended.take().is_some() {
            this.eat(cx);
        }
        let Poll::Ready(result) = this.inner_read(cx, buffer) else {
            this.pended = Some(room);
            if this.slip == Slip::WakesItselfForEver {
                cx.waker().wake_by_ref();
            }
            return if this.slip == Slip::IdleIsEnd { Poll::Ready(Ok(())) } else { Poll::Pending };
        };
        result?;
        this.pended = None;
        if buffer.filled().len() == from {
            return this.ended(buffer);
        }
        this.spoil(cx, buffer, from);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.drain(cx);
        let waker = this.waker(cx, false);
        let cx = &mut Context::from_waker(&waker);
        match this.slip {
            Slip::WritesAfterShutdown if this.is_shut => return Poll::Ready(Ok(bytes.len())),
            Slip::EmptyWriteEnds if bytes.is_empty() => {
                return Pin::new(&mut this.inner).poll_shutdown(cx).map_ok(|()| 0);
            }
            Slip::FlushKeepsLastByte | Slip::ShutdownDropsLastByte if !bytes.is_empty() => {
                if let Some(byte) = this.held {
                    ready!(this.inner_write(cx, &[byte]))?;
                    this.held = None;
                }
                if bytes.len() > 1 {
                    return this.inner_write(cx, &bytes[..bytes.len() - 1]);
                }
                this.held = bytes.last().copied();
                return Poll::Ready(Ok(1));
            }
            Slip::ClaimsAllOfHalf if bytes.len() > 1 => {
                ready!(this.inner_write(cx, &bytes[..bytes.len() / 2]))?;
                return Poll::Ready(Ok(bytes.len()));
            }
            Slip::CancelledWriteStays if !this.kept.is_empty() => {
                let kept = this.kept.clone();
                let sent = ready!(this.inner_write(cx, &kept[..kept.len().min(bytes.len())]))?;
                this.kept.clear();
                return Poll::Ready(Ok(sent));
            }
            _ => {}
        }
        let written = this.inner_write(cx, bytes);
        match (this.slip, &written) {
            (Slip::ClaimsMoreThanItGot, Poll::Ready(Ok(sent))) => Poll::Ready(Ok(sent + 1)),
            (Slip::NeverFull, Poll::Pending) => {
                this.queue.extend(bytes);
                Poll::Ready(Ok(bytes.len()))
            }
            (Slip::CancelledWriteStays, Poll::Pending) => {
                this.kept = bytes.to_vec();
                Poll::Pending
            }
            (Slip::GoneReaderIsIgnored, Poll::Ready(Err(_))) if !this.is_shut => Poll::Ready(Ok(bytes.len())),
            (Slip::GoneReaderHangsWriter, Poll::Pending) => {
                this.pended = Some(0);
                Poll::Pending
            }
            (Slip::GoneReaderHangsWriter, Poll::Ready(Err(_))) if this.pended.is_some() => Poll::Pending,
            _ => written,
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut full = slices.iter().filter(|slice| !slice.is_empty());
        let chosen = match self.slip {
            Slip::VectoredBackwards => full.next_back(),
            Slip::VectoredFirstOnly => slices.first(),
            _ => full.next(),
        };
        let bytes = chosen.map(|slice| slice.to_vec()).unwrap_or_default();
        self.poll_write(cx, &bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.slip == Slip::FlushHangs {
            return Poll::Pending;
        }
        if let Some(byte) = this.held.filter(|_| this.slip == Slip::ShutdownDropsLastByte) {
            ready!(this.inner_write(cx, &[byte]))?;
            this.held = None;
        }
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let was_shut = std::mem::replace(&mut this.is_shut, true);
        match this.slip {
            Slip::ShutdownHangs => return Poll::Pending,
            Slip::ShutdownDoesNothing => return Poll::Ready(Ok(())),
            Slip::SecondShutdownFails if was_shut => {
                return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
            }
            _ => {}
        }
        if let Some(byte) = this.held.filter(|_| this.slip == Slip::FlushKeepsLastByte) {
            ready!(this.inner_write(cx, &[byte]))?;
            this.held = None;
        }
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}
