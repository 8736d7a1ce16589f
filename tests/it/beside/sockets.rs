//! How sockets are opened, named, refused and ended, on the network and on the real loopback of Linux.
#![cfg(target_os = "linux")]

use std::{
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::millis,
    net::{BindAddr, Host, TcpListener, TcpStream, UdpSocket},
};

/// Where a case runs.
pub(super) trait System {
    type Listener;
    type Stream: Socket;
    type Datagrams: Datagrams;

    async fn listen(&self, on: SocketAddr, backlog: usize) -> io::Result<Self::Listener>;
    async fn accept(&self, listener: &Self::Listener) -> io::Result<(Self::Stream, SocketAddr)>;
    fn port(&self, listener: &Self::Listener) -> u16;
    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream>;
    async fn bind(&self, on: SocketAddr) -> io::Result<Self::Datagrams>;
}

pub(super) trait Socket: AsyncReadExt + AsyncWriteExt + Unpin {
    fn local(&self) -> io::Result<SocketAddr>;
    fn peer(&self) -> io::Result<SocketAddr>;
    fn try_reading(&self, buffer: &mut [u8]) -> io::Result<usize>;
    async fn peeked(&self, buffer: &mut [u8]) -> io::Result<usize>;
    fn reset(self);
}

pub(super) trait Datagrams {
    fn local(&self) -> io::Result<SocketAddr>;
    async fn connect(&self, to: SocketAddr) -> io::Result<()>;
    async fn send(&self, payload: &[u8]) -> io::Result<usize>;
    async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<usize>;
    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;
    fn join(&self, group: Ipv4Addr) -> io::Result<()>;
    fn leave(&self, group: Ipv4Addr) -> io::Result<()>;
}

pub(super) struct Real;

impl System for Real {
    type Listener = tokio::net::TcpListener;
    type Stream = tokio::net::TcpStream;
    type Datagrams = tokio::net::UdpSocket;

    async fn listen(&self, on: SocketAddr, backlog: usize) -> io::Result<Self::Listener> {
        let socket =
            if on.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?; // as `TcpListener::bind` does
        socket.bind(on)?;
        socket.listen(u32::try_from(backlog).unwrap())
    }

    async fn accept(&self, listener: &Self::Listener) -> io::Result<(Self::Stream, SocketAddr)> {
        listener.accept().await
    }

    fn port(&self, listener: &Self::Listener) -> u16 {
        listener.local_addr().unwrap().port()
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream> {
        tokio::net::TcpStream::connect(to).await
    }

    async fn bind(&self, on: SocketAddr) -> io::Result<Self::Datagrams> {
        tokio::net::UdpSocket::bind(on).await
    }
}

impl Socket for tokio::net::TcpStream {
    fn local(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn peer(&self) -> io::Result<SocketAddr> {
        self.peer_addr()
    }

    fn try_reading(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer)
    }

    async fn peeked(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.peek(buffer).await
    }

    fn reset(self) {
        self.set_zero_linger().unwrap();
    }
}

impl Datagrams for tokio::net::UdpSocket {
    fn local(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<()> {
        self.connect(to).await
    }

    async fn send(&self, payload: &[u8]) -> io::Result<usize> {
        self.send(payload).await
    }

    async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.send_to(payload, to).await
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer).await
    }

    fn join(&self, group: Ipv4Addr) -> io::Result<()> {
        self.join_multicast_v4(group, Ipv4Addr::LOCALHOST)
    }

    fn leave(&self, group: Ipv4Addr) -> io::Result<()> {
        self.leave_multicast_v4(group, Ipv4Addr::LOCALHOST)
    }
}

impl System for Host {
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Datagrams = UdpSocket;

    async fn listen(&self, on: SocketAddr, backlog: usize) -> io::Result<TcpListener> {
        self.listen(BindAddr::from(on).backlog(backlog))
    }

    async fn accept(&self, listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
        listener.accept().await
    }

    fn port(&self, listener: &TcpListener) -> u16 {
        listener.local_addr().unwrap().port()
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        self.connect(to).await
    }

    async fn bind(&self, on: SocketAddr) -> io::Result<UdpSocket> {
        self.bind_udp(on)
    }
}

impl Socket for TcpStream {
    fn local(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    fn peer(&self) -> io::Result<SocketAddr> {
        self.peer_addr()
    }

    fn try_reading(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer)
    }

    async fn peeked(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.peek(buffer).await
    }

    fn reset(self) {
        Self::reset(self);
    }
}

impl Datagrams for UdpSocket {
    fn local(&self) -> io::Result<SocketAddr> {
        self.local_addr()
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<()> {
        self.connect(to).await
    }

    async fn send(&self, payload: &[u8]) -> io::Result<usize> {
        self.send(payload).await
    }

    async fn send_to(&self, payload: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.send_to(payload, to).await
    }

    async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer).await
    }

    fn join(&self, group: Ipv4Addr) -> io::Result<()> {
        self.join_multicast(group)
    }

    fn leave(&self, group: Ipv4Addr) -> io::Result<()> {
        self.leave_multicast(group)
    }
}

pub(super) const FOUR: Ipv4Addr = Ipv4Addr::LOCALHOST;
pub(super) const SIX: Ipv6Addr = Ipv6Addr::LOCALHOST;
pub(super) const ALL_FOUR: Ipv4Addr = Ipv4Addr::UNSPECIFIED;
pub(super) const ALL_SIX: Ipv6Addr = Ipv6Addr::UNSPECIFIED;

pub(super) fn at(ip: impl Into<IpAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(ip.into(), port)
}

/// What a call came to: its value, or the kind and the number of its error, as text.
pub(super) fn told<T: std::fmt::Debug>(outcome: io::Result<T>) -> String {
    match outcome {
        Ok(value) => format!("{value:?}"),
        Err(error) => match error.raw_os_error() {
            Some(number) => format!("{:?} ({number})", error.kind()),
            None => format!("{:?}", error.kind()),
        },
    }
}

pub(super) fn told_ip(outcome: io::Result<SocketAddr>) -> String {
    told(outcome.map(|address| address.ip()))
}

/// The outcome, or that it waits: long enough for a packet to arrive on both systems.
pub(super) async fn soon<T: std::fmt::Debug>(outcome: impl Future<Output = io::Result<T>>) -> String {
    match tokio::time::timeout(millis(50), outcome).await {
        Ok(outcome) => told(outcome),
        Err(_) => "waits".to_owned(),
    }
}

pub(super) async fn pause() {
    tokio::time::sleep(millis(20)).await;
}

pub(super) async fn pair<S: System>(system: &S) -> (S::Stream, S::Stream) {
    let listener = system.listen(at(FOUR, 0), 8).await.unwrap();
    let near = system.connect(at(FOUR, system.port(&listener))).await.unwrap();
    (near, system.accept(&listener).await.unwrap().0)
}

async fn the_unspecified_address<S: System>(system: &S) -> Vec<String> {
    let listener = system.listen(at(FOUR, 0), 8).await.unwrap();
    let near = system.connect(at(ALL_FOUR, system.port(&listener))).await.unwrap();
    let (far, from) = system.accept(&listener).await.unwrap();
    let heard = system.bind(at(FOUR, 0)).await.unwrap();
    let sender = system.bind(at(ALL_FOUR, 0)).await.unwrap();
    sender.send_to(b"x", at(ALL_FOUR, heard.local().unwrap().port())).await.unwrap();
    let (_, sent_from) = heard.recv_from(&mut [0]).await.unwrap();
    let elsewhere = system.connect(at(Ipv4Addr::new(127, 0, 0, 9), system.port(&listener))).await;
    vec![
        told_ip(near.local()),
        told_ip(near.peer()),
        told_ip(far.local()),
        told_ip(Ok(from)),
        told_ip(Ok(sent_from)),
        told(elsewhere.map(drop)),
    ]
}

async fn a_taken_port<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let others = [
        at(FOUR, 0).ip(),
        ALL_FOUR.into(),
        Ipv4Addr::new(127, 0, 0, 2).into(),
        "198.51.100.9".parse().unwrap(),
    ];
    let listener = system.listen(at(FOUR, 0), 8).await.unwrap();
    let socket = system.bind(at(FOUR, 0)).await.unwrap();
    for other in others {
        seen.push(told(system.listen(at(other, system.port(&listener)), 8).await.map(drop)));
        seen.push(told(system.bind(at(other, socket.local().unwrap().port())).await.map(drop)));
    }
    let client = system.connect(at(FOUR, system.port(&listener))).await.unwrap();
    let port = client.local().unwrap().port();
    seen.push(told(system.listen(at(ALL_FOUR, port), 8).await.map(drop)));
    let (port, socket_port) = (system.port(&listener), socket.local().unwrap().port());
    drop((listener, socket));
    seen.push(told(system.listen(at(FOUR, port), 8).await.map(drop)));
    seen.push(told(system.bind(at(FOUR, socket_port)).await.map(drop)));
    seen
}

async fn a_backlog<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    for backlog in 0..4 {
        let listener = system.listen(at(FOUR, 0), backlog).await.unwrap();
        let mut streams = Vec::new();
        let patience = Duration::from_millis(200);
        while let Ok(stream) =
            tokio::time::timeout(patience, system.connect(at(FOUR, system.port(&listener)))).await
        {
            streams.push(stream.unwrap());
        }
        seen.push(format!("{} of {backlog}", streams.len()));
    }
    seen
}

async fn gone_before_the_accept<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let listener = system.listen(at(FOUR, 0), 8).await.unwrap();
    let to = at(FOUR, system.port(&listener));
    let mut closed = system.connect(to).await.unwrap();
    closed.write_all(b"hello").await.unwrap();
    drop(closed);
    system.connect(to).await.unwrap().reset();
    let mut lives = system.connect(to).await.unwrap(); // behind them, and not kept from anything
    lives.write_all(b"I live").await.unwrap();
    pause().await;
    for _ in 0..3 {
        let (mut stream, from) = system.accept(&listener).await.unwrap();
        seen.push(told_ip(Ok(from)));
        seen.push(told_ip(stream.peer()));
        for _ in 0..2 {
            seen.push(soon(stream.read(&mut [0; 8])).await);
        }
    }
    seen
}

/// The listener goes as soon as the client knows of its connection, or when it has surely come to the server's queue.
async fn a_listener_that_goes<S: System>(system: &S) -> Vec<String> {
    [a_listener_that_goes_at(system, false).await, a_listener_that_goes_at(system, true).await].concat()
}

async fn a_listener_that_goes_at<S: System>(system: &S, queued: bool) -> Vec<String> {
    let listener = system.listen(at(FOUR, 0), 8).await.unwrap();
    let to = at(FOUR, system.port(&listener));
    let mut near = system.connect(to).await.unwrap();
    let mut accepted_near = system.connect(to).await.unwrap();
    let _unaccepted = system.accept(&listener).await.unwrap();
    let mut far = {
        let (far, _) = system.accept(&listener).await.unwrap();
        far
    };
    let mut waiting = system.connect(to).await.unwrap();
    if queued {
        pause().await;
    }
    drop(listener);
    let mut seen = vec![told(waiting.read(&mut [0]).await), told(waiting.read(&mut [0]).await)];
    seen.push(told(system.connect(to).await.map(drop)));
    accepted_near.write_all(b"on").await.unwrap();
    seen.push(told(far.read(&mut [0; 8]).await));
    far.write_all(b"and on").await.unwrap();
    seen.push(told(accepted_near.read(&mut [0; 8]).await));
    seen.push(soon(near.read(&mut [0])).await);
    seen
}

async fn no_room_to_read_into<S: System>(system: &S) -> Vec<String> {
    let (mut near, mut far) = pair(system).await;
    let mut seen = vec![
        soon(near.read(&mut [])).await,
        soon(near.peeked(&mut [])).await,
        told(near.try_reading(&mut [])),
        told(near.try_reading(&mut [0])),
    ];
    far.write_all(b"hello").await.unwrap();
    pause().await;
    seen.push(soon(near.peeked(&mut [])).await);
    seen.push(soon(near.peeked(&mut [0; 3])).await);
    seen.push(soon(near.read(&mut [])).await);
    seen.push(soon(near.read(&mut [0; 2])).await);
    seen.push(told(near.try_reading(&mut [])));
    seen.push(soon(near.peeked(&mut [0; 8])).await);
    seen.push(soon(near.read(&mut [0; 8])).await);
    seen
}

async fn addresses_after_the_end<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let (mut near, mut far) = pair(system).await;
    near.shutdown().await.unwrap();
    pause().await;
    seen.push(told_ip(near.peer()));
    seen.push(told_ip(far.peer()));
    far.shutdown().await.unwrap();
    pause().await;
    seen.extend([told_ip(near.peer()), told_ip(far.peer()), told_ip(near.local()), told_ip(far.local())]);
    let (mut near, far) = pair(system).await;
    far.reset();
    pause().await;
    seen.extend([told_ip(near.peer()), told_ip(near.local())]);
    seen.push(told(near.shutdown().await));
    seen.push(told(near.read(&mut [0]).await));
    seen
}

async fn nobody_to_connect_to<S: System>(system: &S) -> Vec<String> {
    let listener = system.listen(at(FOUR, 0), 8).await.unwrap();
    let port = system.port(&listener);
    drop(listener);
    let mut seen = Vec::new();
    for to in [at(FOUR, port), at(FOUR, 0), at(Ipv4Addr::BROADCAST, 80), at(Ipv4Addr::new(239, 1, 2, 3), 80)]
    {
        seen.push(told(system.connect(to).await.map(drop)));
    }
    seen
}

async fn datagrams<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let socket = system.bind(at(ALL_FOUR, 0)).await.unwrap();
    let other = system.bind(at(FOUR, 0)).await.unwrap();
    let to = other.local().unwrap();
    let own = at(FOUR, socket.local().unwrap().port());
    seen.push(told_ip(socket.local()));
    seen.push(told(socket.send_to(b"x", at(FOUR, 0)).await));
    seen.push(told(socket.send_to(&[0; 65_508], to).await));
    seen.push(told(socket.send_to(&[0; 65_507], to).await));
    seen.push(soon(async { Ok(other.recv_from(&mut [0; 10]).await?.0) }).await);
    seen.push(told(socket.send_to(b"x", at(Ipv4Addr::BROADCAST, 9)).await));
    seen.push(told(socket.send_to(b"x", at(SIX, 9)).await));
    seen.push(soon(other.recv_from(&mut [])).await);
    // From a stranger, before it is connected and after.
    other.send_to(b"early", own).await.unwrap();
    pause().await;
    let third = system.bind(at(FOUR, 0)).await.unwrap();
    socket.connect(third.local().unwrap()).await.unwrap();
    seen.push(told_ip(socket.local()));
    other.send_to(b"late", own).await.unwrap();
    third.send_to(b"peer", own).await.unwrap();
    for _ in 0..3 {
        seen.push(soon(async { Ok(socket.recv_from(&mut [0; 10]).await?.0) }).await);
    }
    // Elsewhere, while it is connected.
    seen.push(told(socket.send_to(b"elsewhere", to).await));
    seen.push(soon(async { Ok(other.recv_from(&mut [0; 10]).await?.0) }).await);
    // Nobody there: a connected socket is told once, another never.
    drop(third);
    seen.push(told(socket.send(b"x").await));
    pause().await;
    seen.push(soon(socket.recv_from(&mut [0])).await);
    seen.push(soon(socket.recv_from(&mut [0])).await);
    let gone = system.bind(at(FOUR, 0)).await.unwrap();
    let nobody = gone.local().unwrap();
    drop(gone);
    seen.push(told(other.send_to(b"x", nobody).await));
    seen.push(soon(other.recv_from(&mut [0])).await);
    seen.push(told(other.send_to(b"x", nobody).await));
    seen
}

async fn groups<S: System>(system: &S) -> Vec<String> {
    // All processes of the machine share a group: each run has its own.
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let group = Ipv4Addr::new(239, 192 + high % 64, middle, low);
    let mut seen = Vec::new();
    let sender = system.bind(at(FOUR, 0)).await.unwrap();
    let (all, one) = (system.bind(at(ALL_FOUR, 0)).await.unwrap(), system.bind(at(FOUR, 0)).await.unwrap());
    for socket in [&all, &one] {
        seen.push(told(socket.join(group)));
        seen.push(told(socket.join(group)));
        let to = at(group, socket.local().unwrap().port());
        let heard = async { Ok(socket.recv_from(&mut [0; 8]).await?.0) };
        seen.push(told(sender.send_to(b"hello", to).await));
        seen.push(soon(heard).await);
    }
    // What another socket of the host is still in, it hears without being in it.
    let to = at(group, all.local().unwrap().port());
    for socket in [&all, &one] {
        seen.push(told(socket.leave(group)));
        seen.push(told(socket.leave(group)));
        sender.send_to(b"hello", to).await.unwrap();
        seen.push(soon(async { Ok(all.recv_from(&mut [0; 8]).await?.0) }).await);
    }
    seen
}

async fn both_families<S: System>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let listener = system.listen(at(ALL_SIX, 0), 8).await.unwrap();
    let port = system.port(&listener);
    for to in [at(FOUR, port), at(SIX, port), at(ALL_SIX, port), at(FOUR.to_ipv6_mapped(), port)] {
        let near = system.connect(to).await.unwrap();
        let (far, from) = system.accept(&listener).await.unwrap();
        seen.extend([near.local(), near.peer(), far.local(), far.peer(), Ok(from)].map(told_ip));
    }
    for other in [at(FOUR, port), at(ALL_FOUR, port), at(SIX, port)] {
        seen.push(told(system.listen(other, 8).await.map(drop)));
    }
    let four_only = system.listen(at(FOUR, 0), 8).await.unwrap();
    seen.push(told(system.listen(at(SIX, system.port(&four_only)), 8).await.map(drop)));
    seen.push(told(system.connect(at(SIX, system.port(&four_only))).await.map(drop)));

    let (four, six) =
        (system.bind(at(ALL_FOUR, 0)).await.unwrap(), system.bind(at(ALL_SIX, 0)).await.unwrap());
    let (four_port, six_port) = (four.local().unwrap().port(), six.local().unwrap().port());
    seen.push(told(system.bind(at(ALL_FOUR, six_port)).await.map(drop)));
    four.send_to(b"x", at(FOUR, six_port)).await.unwrap();
    let (_, from) = six.recv_from(&mut [0]).await.unwrap();
    seen.push(told_ip(Ok(from)));
    six.send_to(b"back", from).await.unwrap();
    seen.push(soon(async { Ok(four.recv_from(&mut [0; 8]).await?.1.ip()) }).await);
    six.send_to(b"x", at(FOUR, four_port)).await.unwrap();
    seen.push(soon(async { Ok(four.recv_from(&mut [0; 8]).await?.1.ip()) }).await);
    six.connect(at(FOUR, four_port)).await.unwrap();
    seen.push(told_ip(six.local()));
    seen.push(told(four.send_to(b"x", at(SIX, six_port)).await));
    let one = system.bind(at(SIX, 0)).await.unwrap();
    seen.push(told(one.send_to(b"x", at(FOUR, four_port)).await));
    let one_port = one.local().unwrap().port();
    seen.push(told(one.send_to(&[0; 65_528], at(SIX, one_port)).await));
    seen.push(told(one.send_to(&[0; 65_527], at(SIX, one_port)).await));
    seen
}

/// What a case sees on a host and on the real loopback.
macro_rules! on_both {
    ($case:ident) => {{
        let sim = unplugged::Sim::new();
        let host = sim.net().host("host");
        let ours = sim.run(async move { $case(&host).await });
        let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        (ours, real.block_on($case(&crate::beside::sockets::Real)))
    }};
}

pub(super) use on_both;

#[test]
fn the_unspecified_address_is_the_own_host() {
    let (ours, theirs) = on_both!(the_unspecified_address);
    assert_eq!(ours, theirs);
}

#[test]
fn a_port_is_taken_or_free_as_on_linux() {
    let (ours, theirs) = on_both!(a_taken_port);
    assert_eq!(ours, theirs);
}

#[test]
fn one_connection_more_waits_than_the_backlog_says() {
    let (ours, theirs) = on_both!(a_backlog);
    assert_eq!(ours, theirs);
}

#[test]
fn what_went_before_it_was_accepted_is_accepted() {
    let (ours, theirs) = on_both!(gone_before_the_accept);
    assert_eq!(ours, theirs);
}

#[test]
fn a_dropped_listener_resets_what_waits_and_nothing_else() {
    let (ours, theirs) = on_both!(a_listener_that_goes);
    assert_eq!(ours, theirs);
}

#[test]
fn a_read_into_no_room_waits_for_bytes_too() {
    let (ours, theirs) = on_both!(no_room_to_read_into);
    assert_eq!(ours, theirs);
}

#[test]
fn a_connection_that_is_over_has_no_peer() {
    let (ours, theirs) = on_both!(addresses_after_the_end);
    assert_eq!(ours, theirs);
}

#[test]
fn what_cannot_be_connected_to_fails_alike() {
    let (ours, theirs) = on_both!(nobody_to_connect_to);
    assert_eq!(ours, theirs);
}

#[test]
fn datagrams_are_refused_lost_and_heard_alike() {
    let (ours, theirs) = on_both!(datagrams);
    assert_eq!(ours, theirs);
}

#[test]
fn a_group_is_joined_heard_and_left_alike() {
    let (ours, theirs) = on_both!(groups);
    assert_eq!(ours, theirs);
}

/// The same of IPv6, where the machine has it.
#[test]
fn a_listener_of_all_ipv6_addresses_takes_ipv4_too() {
    let sim = Sim::new();
    let host = sim.net().host("host");
    let ours = sim.run(async move { both_families(&host).await });
    let (four, mapped, six) = ("127.0.0.1", "::ffff:127.0.0.1", "::1");
    let expected = [
        [four, four, mapped, mapped, mapped],
        [six; 5],
        [six; 5],
        [mapped; 5],
        ["AddrInUse (98)", "AddrInUse (98)", "AddrInUse (98)", "()", "ConnectionRefused (111)"],
    ];
    assert_eq!(ours[..25], expected.concat());
    if std::net::TcpListener::bind(at(SIX, 0)).is_ok() {
        let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(ours, real.block_on(both_families(&Real)));
    }
}
