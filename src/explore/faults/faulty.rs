//! The stream of which one operation fails.

use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::plan::{Operation, Plan, Way};
use crate::{
    trace::{self, EventKind, Subject},
    transport::{Pipe, Socket},
};

/// The end of a pipe on which one operation goes wrong. Made by [`faults`](super::faults).
///
/// An operation counts from its first poll to its result; one that waits when it is dropped goes on with the next of
/// its kind.
pub struct FaultyPipe {
    pipe: Pipe,
    plan: Arc<Plan>,
    broken: Option<io::ErrorKind>,
}

impl FaultyPipe {
    pub(super) fn new(pipe: Pipe, plan: Arc<Plan>) -> Self {
        Self { pipe, plan, broken: None }
    }

    /// Begins an operation. Returns whether it takes one byte only.
    fn begin(&mut self, operation: Operation) -> io::Result<bool> {
        let (way, is_first) = self.plan.polled(operation);
        if let (Some(way), true) = (way, is_first) {
            let what = || Subject::Text(self.plan.case().to_string().into());
            trace::report(EventKind::FaultInjected, what, 0, &[]);
            self.strike(way);
        }
        match self.broken {
            Some(kind) => {
                self.plan.ended(operation);
                Err(kind.into())
            }
            None => Ok(way == Some(Way::Short)),
        }
    }

    fn strike(&mut self, way: Way) {
        if way == Way::Short {
            return;
        }
        for direction in [self.pipe.incoming(), self.pipe.outgoing()] {
            direction.cut(); // what is in flight is lost
            if let Way::Error(kind) = way {
                self.broken = Some(kind);
                direction.fail(kind);
            }
            direction.may_be_idle(); // the operation under way meets it here
        }
    }
}

impl AsyncRead for FaultyPipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let is_short = self.begin(Operation::Read)? && buffer.remaining() > 1;
        let result = if is_short {
            let mut byte = [0];
            let mut one = ReadBuf::new(&mut byte);
            let result = ready!(Pin::new(&mut self.pipe).poll_read(cx, &mut one));
            buffer.put_slice(one.filled());
            result
        } else {
            ready!(Pin::new(&mut self.pipe).poll_read(cx, buffer))
        };
        self.plan.ended(Operation::Read);
        Poll::Ready(result)
    }
}

impl AsyncWrite for FaultyPipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let is_short = self.begin(Operation::Write)?;
        let most = if is_short { bytes.len().min(1) } else { bytes.len() };
        let result = ready!(Pin::new(&mut self.pipe).poll_write(cx, &bytes[..most]));
        self.plan.ended(Operation::Write);
        Poll::Ready(result)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.begin(Operation::Flush)?;
        let result = ready!(Pin::new(&mut self.pipe).poll_flush(cx));
        self.plan.ended(Operation::Flush);
        Poll::Ready(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.begin(Operation::Shutdown)?;
        let result = ready!(Pin::new(&mut self.pipe).poll_shutdown(cx));
        self.plan.ended(Operation::Shutdown);
        Poll::Ready(result)
    }
}

impl Socket for FaultyPipe {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.pipe.local_addr())
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.pipe.peer_addr())
    }

    fn reset(&mut self) {
        self.pipe.reset();
    }
}

impl fmt::Debug for FaultyPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyPipe")
            .field("fault", &format_args!("{}", self.plan.case()))
            .field("pipe", &self.pipe)
            .finish_non_exhaustive()
    }
}
