//! Programs on the network of a sim.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    task::Poll,
};

use tokio::io::AsyncWriteExt;
use unplugged::{
    Sim,
    clock::millis,
    net::{Host, TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream},
};

use super::program::{ENDS, Family, LISTENERS, NOTHING, Op, SOCKETS, World, shown, told};

const ADDRESS: Ipv4Addr = Ipv4Addr::LOCALHOST;

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

enum End {
    Tcp(TcpStream),
    Unix(UnixStream),
}

pub(super) struct Fake {
    listeners: [Option<Listener>; LISTENERS],
    ports: [u16; LISTENERS],
    ends: [Option<End>; ENDS],
    sockets: [Option<UdpSocket>; SOCKETS],
    socket_ports: [u16; SOCKETS],
    host: Host,
    sim: Sim,
}

/// What an operation gives now.
fn at_once<T>(sim: &Sim, operation: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    sim.run(async {
        let mut operation = pin!(operation);
        std::future::poll_fn(|cx| {
            Poll::Ready(match operation.as_mut().poll(cx) {
                Poll::Ready(done) => done,
                Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
            })
        })
        .await
    })
}

impl Fake {
    pub(super) fn new() -> Self {
        let sim = Sim::new();
        Self {
            listeners: Default::default(),
            ports: Default::default(),
            ends: Default::default(),
            sockets: Default::default(),
            socket_ports: Default::default(),
            host: sim.net().host("host"),
            sim,
        }
    }

    fn listen(&mut self, family: Family, at: usize) -> io::Result<()> {
        self.listeners[at] = Some(match family {
            Family::Unix => Listener::Unix(self.host.listen_unix(format!("/run/{at}"))?),
            _ => {
                let listener = self.host.listen((ADDRESS, self.ports[at]))?;
                self.ports[at] = listener.local_addr()?.port();
                Listener::Tcp(listener)
            }
        });
        Ok(())
    }

    fn connect(&self, family: Family, to: usize) -> io::Result<End> {
        Ok(match family {
            Family::Unix => End::Unix(self.sim.run(self.host.connect_unix(format!("/run/{to}")))?),
            _ => {
                let stream = self.sim.run(self.host.connect(SocketAddr::from((ADDRESS, self.ports[to]))))?;
                stream.set_nodelay(true)?;
                End::Tcp(stream)
            }
        })
    }

    fn accept(&self, listener: &Listener) -> io::Result<End> {
        Ok(match listener {
            Listener::Tcp(listener) => {
                let (stream, _) = at_once(&self.sim, listener.accept())?;
                stream.set_nodelay(true)?;
                End::Tcp(stream)
            }
            Listener::Unix(listener) => End::Unix(at_once(&self.sim, listener.accept())?.0),
        })
    }

    fn do_it(&mut self, op: Op) -> String {
        let done = |()| "done".to_owned();
        match op {
            Op::Listen { at, .. } if self.listeners[at].is_some() => NOTHING.into(),
            Op::Listen { family, at } => told(self.listen(family, at), done),
            Op::CloseListener { at } => self.listeners[at].take().map_or(NOTHING, |_| "closed").into(),
            Op::Unlink { at } => told(self.host.unlink(format!("/run/{at}")), done),
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
                let accepted = self.accept(listener);
                told(accepted, |stream| {
                    self.ends[end] = Some(stream);
                    "accepted".into()
                })
            }
            Op::Drop { end } => self.ends[end].take().map_or(NOTHING, |_| "dropped").into(),
            Op::Reset { end } => match self.ends[end].take() {
                Some(End::Tcp(stream)) => {
                    stream.reset();
                    "reset".into()
                }
                other => {
                    self.ends[end] = other;
                    NOTHING.into()
                }
            },
            Op::Write { end, .. }
            | Op::Read { end, .. }
            | Op::Peek { end, .. }
            | Op::Shutdown { end }
            | Op::Peer { end } => {
                self.ends[end].as_mut().map_or(NOTHING.into(), |end| end.act(op, &self.sim))
            }
            Op::Bind { socket } if self.sockets[socket].is_some() => NOTHING.into(),
            Op::Bind { socket } => {
                let bound = self.host.bind_udp((ADDRESS, self.socket_ports[socket]));
                told(bound, |bound| {
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
        let address = |to: usize| SocketAddr::from((ADDRESS, self.socket_ports[to]));
        match op {
            Op::ConnectTo { to, .. } | Op::SendTo { to, .. } if self.socket_ports[to] == 0 => NOTHING.into(),
            Op::ConnectTo { to, .. } => {
                told(at_once(&self.sim, socket.connect(address(to))), |()| "done".into())
            }
            Op::Send { size, fill, .. } => {
                told(socket.try_send(&vec![fill; size]), |count| count.to_string())
            }
            Op::SendTo { to, size, fill, .. } => {
                told(socket.try_send_to(&vec![fill; size], address(to)), |count| count.to_string())
            }
            Op::Receive { size, .. } => {
                let mut buffer = vec![0; size];
                told(socket.try_recv_from(&mut buffer), |(count, from)| {
                    format!("{} from {}", shown(&buffer[..count]), name(from))
                })
            }
            _ => told(socket.peer_addr(), name),
        }
    }
}

impl End {
    fn act(&mut self, op: Op, sim: &Sim) -> String {
        match op {
            Op::Write { size, fill, .. } => {
                let bytes = vec![fill; size];
                let written = match self {
                    Self::Tcp(stream) => stream.try_write(&bytes),
                    Self::Unix(stream) => stream.try_write(&bytes),
                };
                told(written, |count| format!("{count} written"))
            }
            Op::Read { size, .. } | Op::Peek { size, .. } => {
                let mut buffer = vec![0; size];
                let read = match (self, op) {
                    (Self::Tcp(stream), Op::Peek { .. }) => at_once(sim, stream.peek(&mut buffer)),
                    (Self::Tcp(stream), _) => stream.try_read(&mut buffer),
                    (Self::Unix(stream), _) => stream.try_read(&mut buffer),
                };
                told(read, |count| shown(&buffer[..count]))
            }
            Op::Shutdown { .. } => {
                let shut = match self {
                    Self::Tcp(stream) => at_once(sim, stream.shutdown()),
                    Self::Unix(stream) => at_once(sim, stream.shutdown()),
                };
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

impl World for Fake {
    fn act(&mut self, op: Op) -> String {
        let seen = self.do_it(op);
        self.sim.advance(millis(10));
        seen
    }
}
