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

use super::{
    stage::{Alarm, Stage, Waiter},
    texts,
};

/// The stream whose other end is played by a [`ScriptedPeer`](super::ScriptedPeer): hand it to the code under
/// test. Dropping it closes it.
///
/// After a violation every operation fails with `ConnectionReset`, and the error says which rule broke.
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

    /// The address of this end.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.addresses.0
    }

    /// The address of the scripted peer.
    #[must_use]
    pub const fn peer_addr(&self) -> SocketAddr {
        self.addresses.1
    }

    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
        self.stage.poll(Waiter::Writer, &mut self.write_alarm, cx, |play| play.write(slices))
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
        this.stage.poll(Waiter::Reader, &mut this.read_alarm, cx, |play| {
            play.read(buffer.remaining(), |bytes| buffer.put_slice(bytes))
        })
    }
}

impl AsyncWrite for ScriptedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_slices(cx, &[bytes])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        self.get_mut().poll_write_slices(cx, &slices)
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

impl Drop for ScriptedStream {
    fn drop(&mut self) {
        self.stage.with(|play| play.hang_up());
    }
}

/// Shows where the script stands.
impl fmt::Debug for ScriptedStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waits, unread) = self.stage.look(|play| (texts::waiting_for(play), play.unread_count()));
        f.debug_struct("ScriptedStream")
            .field("peer", self.stage.name())
            .field("waits", &format_args!("{waits}"))
            .field("unread", &unread)
            .finish()
    }
}
