//! A pipe for code that blocks its thread.

use std::{
    io,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use unplugged_seam::__private::real_now;

use super::end::Pipe;

/// A [`Pipe`] as `std::io::Read + Write`, for blocking code on a thread of its own.
///
/// It never hangs: an operation that waits longer than its limit of real time fails with `TimedOut`.
///
/// ```
/// use std::{io::{Read, Write}, thread, time::Duration};
/// use unplugged::transport::pipe;
///
/// let (client, server) = pipe();
/// let [mut client, mut server] = [client, server].map(|end| end.into_blocking(Duration::from_secs(5)));
/// let echo = thread::spawn(move || -> std::io::Result<()> {
///     let mut heard = [0; 4];
///     server.read_exact(&mut heard)?;
///     server.write_all(&heard)
/// });
/// client.write_all(b"ping")?;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert_eq!(answer, "ping");
/// echo.join().unwrap()?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct BlockingPipe {
    pipe: Pipe,
    limit: Duration,
}

/// Wakes a parked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Pipe {
    /// Converts the end into a blocking stream. An operation that waits longer than `limit` of real time fails with
    /// `TimedOut`.
    #[must_use]
    pub fn into_blocking(self, limit: Duration) -> BlockingPipe {
        BlockingPipe { pipe: self, limit }
    }
}

impl BlockingPipe {
    fn block<T>(
        &self,
        what: &str,
        mut poll: impl FnMut(&Pipe, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let begun = real_now();
        loop {
            if let Poll::Ready(result) = poll(&self.pipe, &mut Context::from_waker(&waker)) {
                return result;
            }
            let waited = real_now().saturating_duration_since(begun);
            let Some(left) = self.limit.checked_sub(waited).filter(|left| !left.is_zero()) else {
                let (name, limit) = (&self.pipe.identity.name, self.limit);
                let text = format!("the other end of `{name}` let {what} wait for {limit:?} of real time");
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            };
            thread::park_timeout(left);
        }
    }
}

impl io::Read for BlockingPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.block("a read", |pipe, cx| {
            let mut filled = 0;
            let polled = Pipe::poll_read(pipe, cx, buffer.len(), |bytes| {
                buffer[filled..filled + bytes.len()].copy_from_slice(bytes);
                filled += bytes.len();
            });
            polled.map_ok(|()| filled)
        })
    }
}

impl io::Write for BlockingPipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.block("a write", |pipe, cx| Pipe::poll_write(pipe, cx, &[io::IoSlice::new(bytes)]))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
