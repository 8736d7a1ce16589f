//! The code's end of a scripted conversation.

use std::{
    fmt,
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use unplugged_seam::Socket;

use super::stage::{Alarm, Stage, Waiter};
use crate::leaf;

/// The stream for the code under test. Its other end is a [`ScriptedPeer`](super::ScriptedPeer). Dropping it closes it.
///
/// After a violation, every operation fails with `ConnectionReset`, and the error shows the broken rule.
///
/// # Cancel safety
/// A read or write that is dropped while pending has taken and lost nothing.
pub struct ScriptedStream {
    stage: Arc<Stage>,
    addresses: (SocketAddr, SocketAddr),
    read_alarm: Alarm,
    write_alarm: Alarm,
}

impl ScriptedStream {
    pub(super) fn new(stage: Arc<Stage>, addresses: (SocketAddr, SocketAddr)) -> Self {
        Self { stage, addresses, read_alarm: Alarm::default(), write_alarm: Alarm::default() }
    }

    /// Returns the address of this end.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.addresses.0
    }

    /// Returns the address of the scripted peer.
    #[must_use]
    pub const fn peer_addr(&self) -> SocketAddr {
        self.addresses.1
    }
}

impl AsyncRead for ScriptedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        leaf::spend(cx, |cx| {
            this.stage.poll(Waiter::Reader, &mut this.read_alarm, cx, |play| {
                play.read(buffer.remaining(), |bytes| buffer.put_slice(bytes))
            })
        })
    }
}

impl AsyncWrite for ScriptedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        leaf::spend(cx, |cx| {
            this.stage.poll(Waiter::Writer, &mut this.write_alarm, cx, |play| play.write(slices))
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.stage.with(|play| play.shut()))
    }
}

impl Socket for ScriptedStream {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(Self::local_addr(self))
    }

    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(Self::peer_addr(self))
    }

    /// Does nothing: a reset is a drop, which the script sees.
    fn reset(&mut self) {}
}

impl Drop for ScriptedStream {
    fn drop(&mut self) {
        self.stage.with(|play| play.hang_up());
    }
}

/// Shows how far the script has come.
impl fmt::Debug for ScriptedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waits, unread) = self.stage.look(|play| (play.scene().waiting_for(), play.scene().unread));
        f.debug_struct("ScriptedStream")
            .field("peer", self.stage.name())
            .field("waits", &format_args!("{waits}"))
            .field("unread", &unread)
            .finish()
    }
}
