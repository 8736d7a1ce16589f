//! Unix sockets: streams between the programs of one host, by a path.

use std::{
    fmt,
    future::Future,
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Host, TcpListener, TcpStream, bind_addr::BACKLOG, errno, fabric::show_path, texts};
use crate::violation::SourceLocation;

/// How long a path can be.
///
/// Source: Linux 6.18, unix(7): 108 bytes, the last a zero.
const LONGEST: usize = 107;

/// Paths. There is no file system behind them: a path exists while it has, or had, a listener.
impl Host {
    /// Listens at a path of this host; one that begins with a zero byte is abstract, and no file. Up to 129
    /// connections wait to be accepted.
    ///
    /// As on a real system the path stays when the listener is dropped, and after a crash: a program that starts
    /// again has to [`unlink`](Self::unlink) it. An abstract one goes with its listener.
    ///
    /// # Errors
    /// `AddrInUse` if the path is taken, by a listener or by what is left of one; `InvalidInput` if it is empty, longer
    /// than 107 bytes, or has a zero byte inside; `ConnectionAborted` while the host is down.
    #[track_caller]
    pub fn listen_unix(&self, path: impl AsRef<Path>) -> io::Result<UnixListener> {
        self.listen_at_path(path.as_ref(), BACKLOG, SourceLocation::caller())
    }

    /// Listens at a path with another backlog. As on Linux, one connection more than that waits: with zero, one does.
    ///
    /// # Errors
    /// As [`listen_unix`](Self::listen_unix).
    #[track_caller]
    pub fn listen_unix_with_backlog(
        &self,
        path: impl AsRef<Path>,
        backlog: usize,
    ) -> io::Result<UnixListener> {
        self.listen_at_path(path.as_ref(), backlog, SourceLocation::caller())
    }

    pub(super) fn listen_at_path(
        &self,
        path: &Path,
        backlog: usize,
        made_at: SourceLocation,
    ) -> io::Result<UnixListener> {
        check(path)?;
        let path: Arc<Path> = path.into();
        let id = self
            .shared()
            .with(|core| core.fabric.listen_unix(self.id(), Arc::clone(&path), backlog, made_at))?;
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let listener = TcpListener::new(Arc::clone(self.shared()), id, nowhere, made_at);
        Ok(UnixListener { listener: listener.named(show_path(&path).into()), path })
    }

    /// Connects to the listener at a path of this host. Never waits. The future owns what it needs.
    ///
    /// # Errors
    /// `NotFound` if there is no such path; `ConnectionRefused` if its listener is gone, or if there is no such abstract
    /// name; `WouldBlock` if its backlog is full; `InvalidInput` as for [`listen_unix`](Self::listen_unix); `ConnectionAborted` while the host is down.
    ///
    /// # Cancel safety
    /// It never waits.
    #[track_caller]
    pub fn connect_unix<P: AsRef<Path>>(
        &self,
        path: P,
    ) -> impl Future<Output = io::Result<UnixStream>> + Send + 'static + use<P> {
        let (host, path, made_at) = (self.clone(), path.as_ref().to_owned(), SourceLocation::caller());
        async move { host.connect_at_path(&path, made_at) }
    }

    pub(super) fn connect_at_path(&self, path: &Path, made_at: SourceLocation) -> io::Result<UnixStream> {
        check(path)?;
        let path: Arc<Path> = path.into();
        let id =
            self.shared().with(|core| core.fabric.connect_unix(self.id(), Arc::clone(&path), made_at))?;
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let stream = TcpStream::client(Arc::clone(self.shared()), id, nowhere, nowhere, made_at);
        Ok(UnixStream::new(stream, &path, true))
    }

    /// Removes a path, as removing the file does. Its listener is not told, and keeps its connections; the path is free.
    ///
    /// # Errors
    /// `NotFound` if there is no such path, or if it is abstract.
    pub fn unlink(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path: Arc<Path> = path.as_ref().into();
        let found = self.shared().with(|core| core.fabric.unlink(self.id(), Arc::clone(&path)));
        if found { Ok(()) } else { Err(errno::error(io::ErrorKind::NotFound)) }
    }
}

fn check(path: &Path) -> io::Result<()> {
    let bytes = path.as_os_str().as_encoded_bytes();
    match bytes {
        [] => Err(texts::no_path("a Unix socket needs a path")),
        [0, ..] if bytes.len() <= LONGEST + 1 => Ok(()),
        [first, rest @ ..] if *first != 0 && rest.contains(&0) => {
            Err(texts::no_path("paths must not contain interior null bytes"))
        }
        _ if bytes.len() > LONGEST => Err(texts::no_path("path must be shorter than SUN_LEN")),
        _ => Ok(()),
    }
}

/// A listener at a path; made by [`Host::listen_unix`]. Also a [`futures_core::Stream`] of connections,
/// without end.
///
/// Dropping it resets the connections that it has not accepted. Its path stays.
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let app = sim.net().host("app");
/// let listener = app.listen_unix("/run/app.sock")?;
/// let heard = sim.run(async move {
///     let mut near = app.connect_unix("/run/app.sock").await?;
///     let (mut far, _from) = listener.accept().await?;
///     near.write_all(b"status").await?;
///     drop(near);
///     let mut heard = String::new();
///     far.read_to_string(&mut heard).await?;
///     std::io::Result::Ok(heard)
/// })?;
/// assert_eq!(heard, "status");
/// # std::io::Result::Ok(())
/// ```
pub struct UnixListener {
    listener: TcpListener,
    path: Arc<Path>,
}

impl UnixListener {
    pub(super) fn into_listener(self) -> TcpListener {
        self.listener
    }

    /// Returns the path that it listens at.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn local_addr(&self) -> io::Result<UnixAddr> {
        Ok(UnixAddr(Some(Arc::clone(&self.path))))
    }

    /// Accepts the next connection, in the order in which they were made, and returns its address, which is unnamed.
    ///
    /// # Errors
    /// `ConnectionAborted` if its host has crashed.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has accepted none.
    pub async fn accept(&self) -> io::Result<(UnixStream, UnixAddr)> {
        std::future::poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Polls for the next connection. Several tasks may wait: one of them gets the connection.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, UnixAddr)>> {
        let accepted = self.listener.poll_accept(cx);
        accepted.map_ok(|(stream, _)| (UnixStream::new(stream, &self.path, false), UnixAddr(None)))
    }
}

impl futures_core::Stream for UnixListener {
    type Item = io::Result<UnixStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.listener.waiting();
        let path = show_path(&self.path);
        f.debug_struct("UnixListener")
            .field("path", &format_args!("{path}"))
            .field("waiting", &waiting)
            .finish()
    }
}

/// One end of a connection at a path: `AsyncRead + AsyncWrite`. What is written is there at once, and no rule of a link
/// concerns it. `tokio::io::split` gives halves. [`UnixListener`] shows two.
///
/// It is a [`TcpStream`] in all, but for what its other end's close does: already the first write fails with
/// `BrokenPipe`. A close with bytes unread, or of a listener that has not accepted it, is a `ConnectionReset`
/// for who reads, once.
///
/// # Cancel safety
/// A read or write that is dropped while pending has taken and lost nothing.
pub struct UnixStream {
    stream: TcpStream,
    path: Arc<Path>,
    is_client: bool,
}

impl UnixStream {
    fn new(stream: TcpStream, path: &Arc<Path>, is_client: bool) -> Self {
        Self { stream: stream.named(show_path(path).into()), path: Arc::clone(path), is_client }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    fn address(&self, is_named: bool) -> UnixAddr {
        UnixAddr(is_named.then(|| Arc::clone(&self.path)))
    }

    /// Returns the address of this end: the path, if it was accepted there; else unnamed.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn local_addr(&self) -> io::Result<UnixAddr> {
        Ok(self.address(!self.is_client))
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn peer_addr(&self) -> io::Result<UnixAddr> {
        Ok(self.address(self.is_client))
    }

    /// Waits until a read would not wait.
    ///
    /// # Errors
    /// None: the read returns them.
    ///
    /// # Cancel safety
    /// It takes nothing.
    pub async fn readable(&self) -> io::Result<()> {
        self.stream.readable().await
    }

    /// Waits until a write would not wait.
    ///
    /// # Errors
    /// None: the write returns them.
    ///
    /// # Cancel safety
    /// It writes nothing.
    pub async fn writable(&self) -> io::Result<()> {
        self.stream.writable().await
    }

    /// Reads what is there, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; as a read does.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buffer)
    }

    /// Writes as much as there is room for, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; as a write does.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.try_write(bytes)
    }
}

impl AsyncRead for UnixStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream.poll_read_shared(cx, buffer)
    }
}

impl AsyncWrite for UnixStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
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

impl fmt::Debug for UnixStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, state) = (show_path(&self.path), self.stream.state());
        f.debug_struct("UnixStream")
            .field("path", &format_args!("{path}"))
            .field("state", &format_args!("{state}"))
            .finish()
    }
}

/// The address of an end of a Unix socket: a path, an abstract name, or unnamed.
///
/// ```
/// use std::path::Path;
/// use unplugged::Sim;
///
/// let app = Sim::new().net().host("app");
/// let address = app.listen_unix("/run/app.sock")?.local_addr()?;
/// assert_eq!((address.as_pathname(), address.is_unnamed()), (Some(Path::new("/run/app.sock")), false));
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UnixAddr(Option<Arc<Path>>);

impl UnixAddr {
    /// Returns the path, if it is one; not an abstract name.
    #[must_use]
    pub fn as_pathname(&self) -> Option<&Path> {
        self.0.as_deref().filter(|path| path.as_os_str().as_encoded_bytes().first() != Some(&0))
    }

    /// Returns whether it has neither a path nor a name, as the end that connects.
    #[must_use]
    pub const fn is_unnamed(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Debug for UnixAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("(unnamed)"),
            Some(path) => f.write_str(&show_path(path)),
        }
    }
}
