//! The operations of streams as futures, and data that is drawn.

use std::{
    future::{Future, poll_fn},
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::timeout,
};

use crate::seed::Seed;

/// Any stream.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Duplex for S {}

pub(super) type End = Box<dyn Duplex>;

/// Drawn bytes, the same in every run.
pub(super) fn drawn(name: &str, length: usize) -> Vec<u8> {
    let mut rng = Seed::new(0x5eed).rng(name);
    (0..length).map(|_| rng.next_u64() as u8).collect()
}

/// Reads once, into a buffer of this size.
pub(super) async fn read(end: &mut End, room: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; room];
    let mut buffer = ReadBuf::new(&mut bytes);
    poll_fn(|cx| Pin::new(&mut *end).poll_read(cx, &mut buffer)).await?;
    let length = buffer.filled().len();
    bytes.truncate(length);
    Ok(bytes)
}

pub(super) async fn read_exact(end: &mut End, length: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let more = read(end, length - bytes.len()).await.map_err(failed("a read"))?;
        if more.is_empty() {
            return Err(format!("the end of the stream after {} of {length} bytes", bytes.len()));
        }
        bytes.extend(more);
    }
    Ok(bytes)
}

pub(super) async fn read_to_end(end: &mut End) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        let more = read(end, 4096).await.map_err(failed("a read"))?;
        if more.is_empty() {
            return Ok(bytes);
        }
        bytes.extend(more);
    }
}

pub(super) async fn write(end: &mut End, bytes: &[u8]) -> io::Result<usize> {
    poll_fn(|cx| Pin::new(&mut *end).poll_write(cx, bytes)).await
}

pub(super) async fn write_vectored(end: &mut End, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    poll_fn(|cx| Pin::new(&mut *end).poll_write_vectored(cx, slices)).await
}

/// Writes all of it, and flushes.
pub(super) async fn send(end: &mut End, mut bytes: &[u8]) -> Result<(), String> {
    while !bytes.is_empty() {
        let count = write(end, bytes).await.map_err(failed("a write"))?;
        if count == 0 || count > bytes.len() {
            return Err(format!("a write of {} bytes that returned {count}", bytes.len()));
        }
        bytes = &bytes[count..];
    }
    flush(end).await.map_err(failed("a flush"))
}

pub(super) async fn flush(end: &mut End) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *end).poll_flush(cx)).await
}

pub(super) async fn shutdown(end: &mut End) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *end).poll_shutdown(cx)).await
}

pub(super) fn failed(what: &'static str) -> impl Fn(io::Error) -> String {
    move |error| format!("{what} that failed: {error} ({:?})", error.kind())
}

/// Runs two futures to their ends.
pub(super) async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        poll_once(&mut first, a.as_mut(), cx);
        poll_once(&mut second, b.as_mut(), cx);
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.expect("it is done"), second.expect("it is done"))
}

fn poll_once<F: Future>(output: &mut Option<F::Output>, future: Pin<&mut F>, cx: &mut Context<'_>) {
    if output.is_some() {
        return;
    }
    if let Poll::Ready(done) = future.poll(cx) {
        *output = Some(done);
    }
}

/// Waits until something has the time to arrive, and returns `None` if the future is still pending then.
pub(super) async fn within<T>(patience: Duration, future: impl Future<Output = T>) -> Option<T> {
    timeout(patience, future).await.ok()
}

/// Polls an operation until it is pending with a waker of its own, which is returned; `None` if it becomes ready.
pub(super) async fn pend<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<Arc<Flag>> {
    poll_fn(|cx| {
        let flag = Flag::before(cx.waker());
        match poll(&mut Context::from_waker(&Arc::clone(&flag).into())) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => Poll::Ready(Some(flag)),
        }
    })
    .await
}

/// Waits until this waker is woken, and returns whether it was.
pub(super) async fn is_woken(patience: Duration, flag: &Flag) -> bool {
    let woken = poll_fn(|_| if flag.is_woken() { Poll::Ready(()) } else { Poll::Pending });
    within(patience, woken).await.is_some()
}

/// A waker that remembers whether it was woken, and wakes the task behind it.
pub(super) struct Flag {
    is_woken: AtomicBool,
    task: Waker,
}

impl Flag {
    pub(super) fn before(task: &Waker) -> Arc<Self> {
        Arc::new(Self { is_woken: AtomicBool::new(false), task: task.clone() })
    }

    pub(super) fn is_woken(&self) -> bool {
        self.is_woken.load(Ordering::SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.is_woken.store(true, Ordering::SeqCst);
        self.task.wake_by_ref();
    }
}
