//! The halves of a stream.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::TcpStream;

/// The reading half of a [`TcpStream`]; made by [`TcpStream::into_split`].
/// See [`WriteHalf`] for both at work.
#[derive(Debug)]
pub struct ReadHalf(Arc<TcpStream>);

/// The writing half of a [`TcpStream`]; made by [`TcpStream::into_split`]. Dropping it ends the direction.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let listener = server.listen(7)?;
/// sim.run(async move {
///     let (mut reads, mut writes) = client.connect("server:7").await?.into_split();
///     let (mut far, _from) = listener.accept().await?;
///     writes.write_all(b"question").await?;
///     drop(writes); // the end of what is asked; the answer can come
///     let mut question = String::new();
///     far.read_to_string(&mut question).await?;
///     far.write_all(question.to_uppercase().as_bytes()).await?;
///     let mut answer = [0; 8];
///     reads.read_exact(&mut answer).await?;
///     assert_eq!(&answer, b"QUESTION");
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct WriteHalf {
    stream: Arc<TcpStream>,
    /// The halves were joined again.
    is_joined: bool,
}

impl TcpStream {
    /// Splits the stream into halves that two tasks can own. Dropping the writing half ends its direction.
    #[must_use]
    pub fn into_split(self) -> (ReadHalf, WriteHalf) {
        let stream = Arc::new(self);
        (ReadHalf(Arc::clone(&stream)), WriteHalf { stream, is_joined: false })
    }
}

impl ReadHalf {
    /// Joins the halves of one stream again; gives them back if they are of two.
    ///
    /// # Errors
    /// Both halves, if they belong to two streams.
    pub fn reunite(self, mut other: WriteHalf) -> Result<TcpStream, (Self, WriteHalf)> {
        if !Arc::ptr_eq(&self.0, &other.stream) {
            return Err((self, other));
        }
        other.is_joined = true;
        drop(other);
        Arc::try_unwrap(self.0).map_err(|_| unreachable!("a stream has two halves, and one was dropped"))
    }
}

impl WriteHalf {
    /// Joins the halves of one stream again; gives them back if they are of two.
    ///
    /// # Errors
    /// Both halves, if they belong to two streams.
    pub fn reunite(self, other: ReadHalf) -> Result<TcpStream, (Self, ReadHalf)> {
        other.reunite(self).map_err(|(read, write)| (write, read))
    }
}

/// Gives the addresses and the other methods of the stream.
impl AsRef<TcpStream> for ReadHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.0
    }
}

/// Gives the addresses and the other methods of the stream.
impl AsRef<TcpStream> for WriteHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.stream
    }
}

impl AsyncRead for ReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.poll_read_shared(cx, buffer)
    }
}

impl AsyncWrite for WriteHalf {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.poll_write_shared(cx, &[bytes])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices: Vec<&[u8]> = slices.iter().map(|slice| &**slice).collect();
        self.stream.poll_write_shared(cx, &slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.close_write();
        Poll::Ready(Ok(()))
    }
}

impl Drop for WriteHalf {
    fn drop(&mut self) {
        if !self.is_joined {
            self.stream.close_write();
        }
    }
}
