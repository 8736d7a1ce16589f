//! Programs on the kernel's sockets.

use std::{
    fs,
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use socket2::SockRef;

use super::program::{ENDS, Family, LISTENERS, NOTHING, Op, SOCKETS, World, shown, told};

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

enum End {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A loopback address of its own for each program, so that no port is another's.
pub(super) struct Kernel {
    pause: Duration,
    address: Ipv4Addr,
    folder: PathBuf,
    listeners: [Option<Listener>; LISTENERS],
    ports: [u16; LISTENERS],
    ends: [Option<End>; ENDS],
    sockets: [Option<UdpSocket>; SOCKETS],
    socket_ports: [u16; SOCKETS],
}

static PROGRAMS: AtomicU32 = AtomicU32::new(0);

impl Kernel {
    pub(super) fn new(pause: Duration) -> Self {
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let [middle, low] = u16::try_from(number % 65_000 + 256).unwrap().to_be_bytes();
        let second = u8::try_from(100 + process::id() % 100).unwrap();
        let folder = std::env::temp_dir().join(format!("unplugged-programs-{}-{number}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self {
            pause,
            address: Ipv4Addr::new(127, second, middle, low),
            folder,
            listeners: Default::default(),
            ports: Default::default(),
            ends: Default::default(),
            sockets: Default::default(),
            socket_ports: Default::default(),
        }
    }

    fn path(&self, at: usize) -> PathBuf {
        self.folder.join(at.to_string())
    }

    fn listen(&mut self, family: Family, at: usize) -> io::Result<()> {
        let listener = match family {
            Family::Unix => {
                let listener = UnixListener::bind(self.path(at))?;
                listener.set_nonblocking(true)?;
                Listener::Unix(listener)
            }
            _ => {
                let listener = TcpListener::bind((self.address, self.ports[at]))?;
                listener.set_nonblocking(true)?;
                self.ports[at] = listener.local_addr()?.port();
                Listener::Tcp(listener)
            }
        };
        self.listeners[at] = Some(listener);
        Ok(())
    }

    fn connect(&self, family: Family, to: usize) -> io::Result<End> {
        let end = match family {
            Family::Unix => End::Unix(UnixStream::connect(self.path(to))?),
            _ => End::Tcp(TcpStream::connect((self.address, self.ports[to]))?),
        };
        end.prepare()
    }

    fn do_it(&mut self, op: Op) -> String {
        let done = |()| "done".to_owned();
        match op {
            Op::Listen { at, .. } if self.listeners[at].is_some() => NOTHING.into(),
            Op::Listen { family, at } => told(self.listen(family, at), done),
            Op::CloseListener { at } => self.listeners[at].take().map_or(NOTHING, |_| "closed").into(),
            Op::Unlink { at } => told(fs::remove_file(self.path(at)), done),
            Op::Connect { end, .. } | Op::Accept { end, .. } if self.ends[end].is_some() => NOTHING.into(),
            Op::Connect { family: Family::Tcp, to, .. } if self.ports[to] == 0 => NOTHING.into(),
            Op::Connect { family, to, end } => {
                let connected = self.connect(family, to);
                told(connected, |stream| {
                    self.ends[end] = Some(stream);
                    "connected".into()
                })
            }
            Op::Accept { at, end } => {
                let Some(listener) = &self.listeners[at] else { return NOTHING.into() };
                let accepted = match listener {
                    Listener::Tcp(listener) => listener.accept().map(|(stream, _)| End::Tcp(stream)),
                    Listener::Unix(listener) => listener.accept().map(|(stream, _)| End::Unix(stream)),
                };
                told(accepted.and_then(End::prepare), |stream| {
                    self.ends[end] = Some(stream);
                    "accepted".into()
                })
            }
            Op::Drop { end } => self.ends[end].take().map_or(NOTHING, |_| "dropped").into(),
            Op::Reset { end } => match self.ends[end].take() {
                Some(End::Tcp(stream)) => {
                    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                    "reset".into()
                }
                _ => NOTHING.into(),
            },
            Op::Write { end, .. }
            | Op::Read { end, .. }
            | Op::Peek { end, .. }
            | Op::Shutdown { end }
            | Op::Peer { end } => self.ends[end].as_mut().map_or(NOTHING.into(), |end| end.act(op)),
            Op::Bind { socket } if self.sockets[socket].is_some() => NOTHING.into(),
            Op::Bind { socket } => {
                told(UdpSocket::bind((self.address, self.socket_ports[socket])), |bound| {
                    bound.set_nonblocking(true).unwrap();
                    self.socket_ports[socket] = bound.local_addr().unwrap().port();
                    self.sockets[socket] = Some(bound);
                    "bound".into()
                })
            }
            Op::Close { socket } => self.sockets[socket].take().map_or(NOTHING, |_| "closed").into(),
            op => self.datagrams(op),
        }
    }

    fn datagrams(&self, op: Op) -> String {
        let (Op::ConnectTo { socket, .. }
        | Op::Send { socket, .. }
        | Op::SendTo { socket, .. }
        | Op::Receive { socket, .. }
        | Op::PeerOf { socket }) = op
        else {
            return NOTHING.into();
        };
        let Some(socket) = &self.sockets[socket] else { return NOTHING.into() };
        let name = |address: SocketAddr| {
            let known = self.socket_ports.iter().position(|port| *port == address.port());
            known.map_or("a stranger".to_owned(), |known| format!("socket {known}"))
        };
        match op {
            Op::ConnectTo { to, .. } | Op::SendTo { to, .. } if self.socket_ports[to] == 0 => NOTHING.into(),
            Op::ConnectTo { to, .. } => {
                told(socket.connect((self.address, self.socket_ports[to])), |()| "done".into())
            }
            Op::Send { size, fill, .. } => told(socket.send(&vec![fill; size]), |count| count.to_string()),
            Op::SendTo { to, size, fill, .. } => {
                told(socket.send_to(&vec![fill; size], (self.address, self.socket_ports[to])), |count| {
                    count.to_string()
                })
            }
            Op::Receive { size, .. } => {
                let mut buffer = vec![0; size];
                told(socket.recv_from(&mut buffer), |(count, from)| {
                    format!("{} from {}", shown(&buffer[..count]), name(from))
                })
            }
            _ => told(socket.peer_addr(), name),
        }
    }
}

impl End {
    fn prepare(self) -> io::Result<Self> {
        match &self {
            Self::Tcp(stream) => {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
            }
            Self::Unix(stream) => stream.set_nonblocking(true)?,
        }
        Ok(self)
    }

    fn act(&mut self, op: Op) -> String {
        match op {
            Op::Write { size, fill, .. } => {
                let bytes = vec![fill; size];
                let written = match self {
                    Self::Tcp(stream) => stream.write(&bytes),
                    Self::Unix(stream) => stream.write(&bytes),
                };
                told(written, |count| format!("{count} written"))
            }
            Op::Read { size, .. } | Op::Peek { size, .. } => {
                let mut buffer = vec![0; size];
                let read = match (self, op) {
                    (Self::Tcp(stream), Op::Peek { .. }) => stream.peek(&mut buffer),
                    (Self::Tcp(stream), _) => stream.read(&mut buffer),
                    (Self::Unix(stream), _) => stream.read(&mut buffer),
                };
                told(read, |count| shown(&buffer[..count]))
            }
            // tokio's `shutdown` hears nothing of a connection that is over already.
            Op::Shutdown { .. } => {
                let shut = match self {
                    Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
                    Self::Unix(stream) => stream.shutdown(Shutdown::Write),
                };
                let shut = shut.or_else(|error| match error.kind() {
                    io::ErrorKind::NotConnected => Ok(()),
                    _ => Err(error),
                });
                told(shut, |()| "shut down".into())
            }
            _ => {
                let peer = match self {
                    Self::Tcp(stream) => stream.peer_addr().map(drop),
                    Self::Unix(stream) => stream.peer_addr().map(drop),
                };
                told(peer, |()| "a peer".into())
            }
        }
    }
}

impl World for Kernel {
    #[expect(clippy::disallowed_methods, reason = "the kernel's side is real")]
    fn act(&mut self, op: Op) -> String {
        let seen = self.do_it(op);
        if seen != NOTHING {
            thread::sleep(self.pause);
        }
        seen
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        let _may_be_gone = fs::remove_dir_all(&self.folder);
    }
}
