//! One direction of a pipe: a bounded queue between one writer and one reader.

use std::{
    io::{self, IoSlice},
    mem,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::test_fault::TestFault;
use crate::{
    sync::{After, Few, Locked, Wakers},
    transport::{
        byte_queue::ByteQueue,
        segmentation::{Cutter, Segmentation},
    },
};

pub(super) struct Wire {
    state: Locked<State>,
}

struct State {
    queue: ByteQueue,
    capacity: usize,
    cutter: Option<Cutter>,
    held: bool,
    has_reader: bool,
    /// How the writer ended, if it did.
    end: Option<End>,
    /// The error of the next write, if the writer may not write any more.
    write_error: Option<io::ErrorKind>,
    /// The cut, failure or segmentation that the test has set last.
    fault: Option<TestFault>,
    reader: Wakers,
    writer: Wakers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Clean,
    Error(io::ErrorKind),
}

impl Wire {
    pub(super) fn new(capacity: usize, segmentation: &Segmentation) -> Self {
        let cutter = segmentation.cuts().then(|| segmentation.cutter());
        Self {
            state: Locked::new(State {
                queue: ByteQueue::default(),
                capacity,
                cutter,
                held: false,
                has_reader: true,
                end: None,
                write_error: None,
                fault: None,
                reader: Wakers::default(),
                writer: Wakers::default(),
            }),
        }
    }

    // The reader.

    /// Hands the next bytes to `read`, at most `most` (not zero). Gives `None` at the end of the stream.
    pub(super) fn poll_read<R>(
        &self,
        cx: &mut Context<'_>,
        most: usize,
        read: impl FnOnce(&mut Front<'_>) -> R,
    ) -> Poll<io::Result<Option<R>>> {
        let mut finished = Few::default(); // dropped unlocked: the bytes may be the user's
        self.state.with(|state, after| {
            if state.held || (state.queue.is_empty() && state.end.is_none()) {
                state.reader.register(cx.waker(), after);
                return Poll::Pending;
            }
            state.meet_fault();
            if state.queue.is_empty() {
                return Poll::Ready(match state.end {
                    Some(End::Error(kind)) => Err(kind.into()),
                    Some(End::Clean) | None => Ok(None),
                });
            }
            let available = state.queue.len().min(most);
            let most = state.cutter.as_mut().map_or(available, |cutter| cutter.next_piece(available));
            let before = state.queue.len();
            let output = read(&mut Front { queue: &mut state.queue, most, finished: &mut finished });
            let count = before - state.queue.len();
            state.cutter.iter_mut().for_each(|cutter| cutter.took(count));
            state.writer.wake_all(after);
            Poll::Ready(Ok(Some(output)))
        })
    }

    /// The reader is gone: the bytes are dropped, and writes fail.
    pub(super) fn drop_reader(&self) {
        self.state.with(|state, after| {
            state.has_reader = false;
            state.write_error.get_or_insert(io::ErrorKind::BrokenPipe);
            state.clear(after);
            state.wake_both(after);
        });
    }

    // The writer.

    /// Takes the bytes that there is room for.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.poll_room(cx, |queue, room| {
            let mut left = room;
            for slice in slices {
                let count = slice.len().min(left);
                queue.extend(&slice[..count]);
                left -= count;
            }
            room - left
        })
    }

    /// Moves all of the bytes in, as soon as there is any room.
    pub(super) fn poll_write_bytes(&self, cx: &mut Context<'_>, bytes: &Bytes) -> Poll<io::Result<usize>> {
        self.poll_room(cx, |queue, _| {
            queue.push(bytes.clone());
            bytes.len()
        })
    }

    fn poll_room<R>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(&mut ByteQueue, usize) -> R,
    ) -> Poll<io::Result<R>> {
        self.state.with(|state, after| {
            if let Some(kind) = state.write_error {
                state.meet_fault();
                return Poll::Ready(Err(kind.into()));
            }
            let room = state.capacity.saturating_sub(state.queue.len());
            if room == 0 {
                state.writer.register(cx.waker(), after);
                return Poll::Pending;
            }
            let output = write(&mut state.queue, room);
            if !state.held {
                state.reader.wake_all(after);
            }
            Poll::Ready(Ok(output))
        })
    }

    /// The result of an empty write.
    pub(super) fn check_writer(&self) -> io::Result<()> {
        self.state.with(|state, _| {
            let Some(kind) = state.write_error else { return Ok(()) };
            state.meet_fault();
            Err(kind.into())
        })
    }

    /// Ends the stream cleanly, after what was written.
    pub(super) fn close_writer(&self) {
        self.state.with(|state, after| {
            state.end.get_or_insert(End::Clean);
            state.write_error.get_or_insert(io::ErrorKind::BrokenPipe);
            state.wake_both(after);
        });
    }

    // The test.

    pub(super) fn hold(&self) {
        self.state.with(|state, _| state.held = true);
    }

    pub(super) fn release(&self) {
        self.state.with(|state, after| {
            state.held = false;
            state.reader.wake_all(after);
        });
    }

    pub(super) fn cut(&self) {
        self.state.with(|state, after| {
            state.clear(after);
            state.held = false;
            state.end = Some(End::Clean);
            state.write_error = Some(io::ErrorKind::BrokenPipe);
            state.wake_both(after);
        });
    }

    /// Breaks the stream. The reader gets its error after the bytes in flight if `keeps_bytes`, and else instead of them.
    pub(super) fn fail(&self, reader: io::ErrorKind, writer: io::ErrorKind, keeps_bytes: bool) {
        self.state.with(|state, after| {
            if !keeps_bytes {
                state.clear(after);
            }
            state.held = false;
            state.end = Some(End::Error(reader));
            state.write_error = Some(writer);
            state.wake_both(after);
        });
    }

    /// Notes what the test does with this direction: something must meet it.
    pub(super) fn note_fault(&self, fault: TestFault) {
        self.state.with(|state, _| {
            let had_bytes = !state.queue.is_empty();
            let fault = state.fault.insert(fault);
            if had_bytes {
                fault.meet();
            }
        });
    }

    /// Allows that nothing meets it.
    pub(super) fn may_be_idle(&self) {
        self.state.with(|state, _| state.fault = None);
    }

    pub(super) fn segment(&self, segmentation: &Segmentation) {
        let cutter = segmentation.cuts().then(|| segmentation.cutter());
        self.state.with(|state, _| state.cutter = cutter);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.state.read(|state| state.queue.len())
    }

    /// True while the reader is not dropped.
    #[cfg(feature = "tokio")]
    pub(super) fn has_reader(&self) -> bool {
        self.state.read(|state| state.has_reader)
    }

    /// True if nothing more can be written.
    #[cfg(feature = "tokio")]
    pub(super) fn has_ended(&self) -> bool {
        self.state.read(|state| state.end.is_some())
    }

    pub(super) fn describe(&self) -> String {
        self.state.read(|state| {
            let held = if state.held { ", held" } else { "" };
            let end = match state.end {
                None => String::new(),
                Some(End::Clean) => ", closed".into(),
                Some(End::Error(kind)) => format!(", failed ({kind:?})"),
            };
            format!("{} of {} bytes{held}{end}", state.queue.len(), state.capacity)
        })
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let fault = self.state.with(|state, _| state.fault.take());
        fault.iter().for_each(TestFault::judge_in_drop);
    }
}

impl State {
    fn meet_fault(&mut self) {
        self.fault.iter_mut().for_each(TestFault::meet);
    }

    /// Drops what is in flight.
    fn clear(&mut self, after: &mut After) {
        if !self.queue.is_empty() {
            after.drop(mem::take(&mut self.queue));
        }
    }

    fn wake_both(&mut self, after: &mut After) {
        self.reader.wake_all(after);
        self.writer.wake_all(after);
    }
}

/// The bytes that a reader may take now.
pub(super) struct Front<'a> {
    queue: &'a mut ByteQueue,
    most: usize,
    finished: &'a mut Few<Bytes>,
}

impl Front<'_> {
    /// Copies them out.
    pub(super) fn copy_to(&mut self, mut sink: impl FnMut(&[u8])) {
        let mut left = self.most;
        while left > 0 {
            let front = self.queue.front();
            let count = front.len().min(left);
            sink(&front[..count]);
            self.queue.advance(count).into_iter().for_each(|piece| self.finished.push(piece));
            left -= count;
        }
    }

    /// Moves the first piece out.
    pub(super) fn take(&mut self) -> Bytes {
        self.queue.take(self.most)
    }
}
