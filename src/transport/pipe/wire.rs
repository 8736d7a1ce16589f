//! One direction of a pipe: a bounded queue between one writer and one reader, and what the test does to it.

use std::{
    io,
    sync::{Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use crate::{
    sync::lock,
    transport::{
        queue::ByteQueue,
        segmentation::{Cutter, Segmentation},
    },
};

pub(super) struct Wire {
    state: Mutex<State>,
}

struct State {
    queue: ByteQueue,
    capacity: usize,
    cutter: Option<Cutter>,
    held: bool,
    has_reader: bool,
    /// How the writer's side ended, if it did.
    end: Option<End>,
    /// What the next write says, if the writer may not write any more.
    writer: Option<io::ErrorKind>,
    reader_waker: Option<Waker>,
    writer_waker: Option<Waker>,
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
            state: Mutex::new(State {
                queue: ByteQueue::default(),
                capacity,
                cutter,
                held: false,
                has_reader: true,
                end: None,
                writer: None,
                reader_waker: None,
                writer_waker: None,
            }),
        }
    }

    // The reader.

    /// Hands out the next bytes, at most `most` (not zero); none at the end of the stream.
    pub(super) fn poll_read<R>(
        &self,
        cx: &mut Context<'_>,
        most: usize,
        read: impl FnOnce(&mut Front<'_>) -> R,
    ) -> Poll<io::Result<Option<R>>> {
        let mut state = lock(&self.state);
        if state.held || (state.queue.is_empty() && state.end.is_none()) {
            store(&mut state.reader_waker, cx);
            return Poll::Pending;
        }
        if state.queue.is_empty() {
            return Poll::Ready(match state.end {
                Some(End::Error(kind)) => Err(kind.into()),
                Some(End::Clean) | None => Ok(None),
            });
        }
        let available = state.queue.len().min(most);
        let most = state.cutter.as_mut().map_or(available, |cutter| cutter.next_piece(available));
        let before = state.queue.len();
        let output = read(&mut Front { queue: &mut state.queue, most });
        let count = before - state.queue.len();
        state.cutter.iter_mut().for_each(|cutter| cutter.took(count));
        let writer = state.writer_waker.take();
        drop(state);
        wake(writer);
        Poll::Ready(Ok(Some(output)))
    }

    /// The reader is gone: nobody needs the bytes, and writing breaks.
    pub(super) fn drop_reader(&self) {
        let mut state = lock(&self.state);
        state.queue.clear();
        state.has_reader = false;
        state.writer.get_or_insert(io::ErrorKind::BrokenPipe);
        end_of_both(state);
    }

    // The writer.

    /// Takes as many of the bytes as there is room for.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
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

    /// Moves the bytes in whole, as soon as there is any room.
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
        let mut state = lock(&self.state);
        if let Some(kind) = state.writer {
            return Poll::Ready(Err(kind.into()));
        }
        let room = state.capacity.saturating_sub(state.queue.len());
        if room == 0 {
            store(&mut state.writer_waker, cx);
            return Poll::Pending;
        }
        let output = write(&mut state.queue, room);
        let reader = if state.held { None } else { state.reader_waker.take() };
        drop(state);
        wake(reader);
        Poll::Ready(Ok(output))
    }

    /// What a write of nothing says.
    pub(super) fn check_writer(&self) -> io::Result<()> {
        lock(&self.state).writer.map_or(Ok(()), |kind| Err(kind.into()))
    }

    /// A clean end, after what was written.
    pub(super) fn close_writer(&self) {
        let mut state = lock(&self.state);
        state.end.get_or_insert(End::Clean);
        state.writer.get_or_insert(io::ErrorKind::BrokenPipe);
        end_of_both(state);
    }

    // The test.

    pub(super) fn hold(&self) {
        lock(&self.state).held = true;
    }

    pub(super) fn release(&self) {
        let mut state = lock(&self.state);
        state.held = false;
        let reader = state.reader_waker.take();
        drop(state);
        wake(reader);
    }

    pub(super) fn cut(&self) {
        let mut state = lock(&self.state);
        state.queue.clear();
        state.held = false;
        state.end = Some(End::Clean);
        state.writer = Some(io::ErrorKind::BrokenPipe);
        end_of_both(state);
    }

    /// The reader gets the error after the bytes that are there (or, for a reset, instead of them).
    pub(super) fn fail(&self, reader: io::ErrorKind, writer: io::ErrorKind, keeps_bytes: bool) {
        let mut state = lock(&self.state);
        if !keeps_bytes {
            state.queue.clear();
        }
        state.held = false;
        state.end = Some(End::Error(reader));
        state.writer = Some(writer);
        end_of_both(state);
    }

    pub(super) fn segment(&self, segmentation: &Segmentation) {
        lock(&self.state).cutter = segmentation.cuts().then(|| segmentation.cutter());
    }

    pub(super) fn in_flight(&self) -> usize {
        lock(&self.state).queue.len()
    }

    /// Somebody holds the end that reads.
    #[cfg(feature = "tokio")]
    pub(super) fn has_reader(&self) -> bool {
        lock(&self.state).has_reader
    }

    /// Nothing more is written.
    #[cfg(feature = "tokio")]
    pub(super) fn has_ended(&self) -> bool {
        lock(&self.state).end.is_some()
    }

    pub(super) fn describe(&self) -> String {
        let state = lock(&self.state);
        let held = if state.held { ", held" } else { "" };
        let end = match state.end {
            None => String::new(),
            Some(End::Clean) => ", closed".into(),
            Some(End::Error(kind)) => format!(", failed ({kind:?})"),
        };
        format!("{} of {} bytes{held}{end}", state.queue.len(), state.capacity)
    }
}

/// The bytes that a reader may take now.
pub(super) struct Front<'a> {
    queue: &'a mut ByteQueue,
    most: usize,
}

impl Front<'_> {
    /// Copies them out, as far as they go.
    pub(super) fn copy_to(&mut self, mut sink: impl FnMut(&[u8])) {
        let mut left = self.most;
        while left > 0 {
            let front = self.queue.front();
            let count = front.len().min(left);
            sink(&front[..count]);
            self.queue.advance(count);
            left -= count;
        }
    }

    /// Moves the first of them out.
    pub(super) fn take(&mut self) -> Bytes {
        self.queue.take(self.most)
    }
}

fn store(slot: &mut Option<Waker>, cx: &Context<'_>) {
    match slot {
        Some(known) if known.will_wake(cx.waker()) => {}
        _ => *slot = Some(cx.waker().clone()),
    }
}

/// Wakes both sides, outside the lock.
fn end_of_both(mut state: MutexGuard<'_, State>) {
    let (reader, writer) = (state.reader_waker.take(), state.writer_waker.take());
    drop(state);
    wake(reader);
    wake(writer);
}

fn wake(waker: Option<Waker>) {
    waker.into_iter().for_each(Waker::wake);
}
