//! Which port a TCP socket can have, and for which destination, on the network and on the real loopback of Linux.
#![cfg(target_os = "linux")]

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use unplugged::net::{Host, TcpListener, TcpSocket, TcpStream};

use super::sockets::{
    ALL_FOUR, FOUR, Real, SIX, Socket, System, at, on_both, pair, pause, soon, told, told_ip,
};

/// A system whose TCP sockets can be bound before they connect or listen.
trait Binds: System {
    type Socket: Bindable<Stream = Self::Stream, Listener = Self::Listener>;

    fn socket(&self) -> Self::Socket;
}

trait Bindable: Sized {
    type Stream;
    type Listener;

    fn share(&self, address: bool, port: bool);
    fn bind(&self, to: SocketAddr) -> io::Result<()>;
    fn local(&self) -> SocketAddr;
    async fn connect(self, to: SocketAddr) -> io::Result<Self::Stream>;
    fn listen(self, backlog: u32) -> io::Result<Self::Listener>;
}

macro_rules! bindable {
    ($socket:ty, $stream:ty, $listener:ty) => {
        impl Bindable for $socket {
            type Stream = $stream;
            type Listener = $listener;

            fn share(&self, address: bool, port: bool) {
                self.set_reuseaddr(address).unwrap();
                self.set_reuseport(port).unwrap();
            }
            fn bind(&self, to: SocketAddr) -> io::Result<()> {
                self.bind(to)
            }
            fn local(&self) -> SocketAddr {
                self.local_addr().unwrap()
            }
            async fn connect(self, to: SocketAddr) -> io::Result<Self::Stream> {
                self.connect(to).await
            }
            fn listen(self, backlog: u32) -> io::Result<Self::Listener> {
                self.listen(backlog)
            }
        }
    };
}

bindable!(TcpSocket, TcpStream, TcpListener);
bindable!(tokio::net::TcpSocket, tokio::net::TcpStream, tokio::net::TcpListener);

impl Binds for Host {
    type Socket = TcpSocket;

    fn socket(&self) -> TcpSocket {
        self.tcp_socket()
    }
}

impl Binds for Real {
    type Socket = tokio::net::TcpSocket;

    fn socket(&self) -> tokio::net::TcpSocket {
        tokio::net::TcpSocket::new_v4().unwrap()
    }
}

const SHARES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

/// A socket that shares its port so.
fn sharing<S: Binds>(system: &S, (address, port): (bool, bool)) -> S::Socket {
    let socket = system.socket();
    socket.share(address, port);
    socket
}

/// A second socket wants the port of a first, and then both listen.
async fn pairs<S: Binds>(system: &S, first_listens: bool) -> Vec<String> {
    let mut seen = Vec::new();
    let addresses: [IpAddr; 3] = [FOUR.into(), ALL_FOUR.into(), Ipv4Addr::new(127, 0, 0, 2).into()];
    for one in SHARES {
        for other in SHARES {
            for address in addresses {
                let first = sharing(system, one);
                first.bind(at(FOUR, 0)).unwrap();
                let port = first.local().port();
                let (first, _listener) = match first_listens {
                    true => (None, Some(first.listen(8).unwrap())),
                    false => (Some(first), None),
                };
                let second = sharing(system, other);
                let mut outcome = vec![told(second.bind(at(address, port)))];
                if outcome == ["()"] {
                    let second = second.listen(8);
                    outcome.push(told(second.as_ref().map(drop).map_err(|error| error.kind().into())));
                    outcome.extend(first.map(|first| told(first.listen(8).map(drop))));
                }
                seen.push(format!("{one:?} {other:?} {address}: {outcome:?}"));
            }
        }
    }
    seen
}

async fn bound_pairs<S: Binds>(system: &S) -> Vec<String> {
    pairs(system, false).await
}

async fn listening_pairs<S: Binds>(system: &S) -> Vec<String> {
    pairs(system, true).await
}

/// Who can be bound to a port of a connection.
fn binders<S: Binds>(system: &S, port: u16) -> Vec<String> {
    let mut seen = Vec::new();
    for share in SHARES {
        for address in [FOUR, ALL_FOUR, Ipv4Addr::new(127, 0, 0, 2)] {
            let socket = sharing(system, share);
            let bound = socket.bind(at(address, port));
            let listens = if bound.is_ok() { told(socket.listen(8).map(drop)) } else { String::new() };
            seen.push(format!("{share:?} {address}: {} {listens}", told(bound)));
        }
    }
    seen
}

/// A connection whose listener shares its port so, or not.
async fn connection<S: Binds>(
    system: &S,
    listener: (bool, bool),
    client: (bool, bool),
) -> (S::Listener, S::Stream, S::Stream) {
    let socket = sharing(system, listener);
    socket.bind(at(FOUR, 0)).unwrap();
    let listener = socket.listen(8).unwrap();
    let socket = sharing(system, client);
    socket.bind(at(FOUR, 0)).unwrap();
    let near = socket.connect(at(FOUR, system.port(&listener))).await.unwrap();
    let far = system.accept(&listener).await.unwrap().0;
    (listener, near, far)
}

async fn the_ports_of_a_connection<S: Binds>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let (near, far) = pair(system).await; // the client's port was not chosen
    seen.extend(binders(system, near.local().unwrap().port()));
    seen.extend(binders(system, far.local().unwrap().port()));
    for share in [(false, false), (true, false), (false, true)] {
        let (listener, near, far) = connection(system, share, share).await;
        seen.extend(binders(system, near.local().unwrap().port()));
        drop(listener);
        seen.extend(binders(system, far.local().unwrap().port()));
    }
    seen
}

/// The same after the end: the side that was first is in TIME-WAIT.
async fn the_ports_of_a_connection_that_is_over<S: Binds>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    for client_first in [true, false] {
        for share in [(false, false), (true, false)] {
            let (listener, near, far) = connection(system, share, share).await;
            let ports = [near.local().unwrap().port(), far.local().unwrap().port()];
            drop(listener);
            let (first, last) = if client_first { (near, far) } else { (far, near) };
            drop(first);
            pause().await;
            drop(last);
            pause().await;
            for port in ports {
                seen.extend(binders(system, port));
            }
        }
    }
    seen
}

async fn a_chosen_port<S: Binds>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let (one, other) =
        (system.listen(at(FOUR, 0), 8).await.unwrap(), system.listen(at(FOUR, 0), 8).await.unwrap());
    let [to, elsewhere] = [&one, &other].map(|listener| at(FOUR, system.port(listener)));
    let first = sharing(system, (true, false));
    first.bind(at(ALL_FOUR, 0)).unwrap();
    let own = first.local();
    seen.push(told_ip(Ok(own)));
    let near = first.connect(to).await.unwrap();
    seen.push(format!("{} {}", near.local().unwrap().ip(), near.local().unwrap().port() == own.port()));
    seen.push((system.accept(&one).await.unwrap().1 == near.local().unwrap()).to_string());
    // The same addresses again, and others.
    let again = || {
        let socket = sharing(system, (true, false));
        socket.bind(near.local().unwrap()).map(|()| socket)
    };
    seen.push(told(again().unwrap().connect(to).await.map(drop)));
    let second = again().unwrap().connect(elsewhere).await.unwrap();
    seen.push((second.local().unwrap() == near.local().unwrap()).to_string());
    // After the end, in TIME-WAIT.
    let own = near.local().unwrap();
    drop((near, second));
    let (accepted, _) = system.accept(&other).await.unwrap();
    drop(accepted);
    pause().await;
    let socket = sharing(system, (true, false));
    seen.push(told(socket.bind(own)));
    seen.push(told(socket.connect(elsewhere).await.map(drop)));
    seen
}

async fn what_a_bound_socket_cannot<S: Binds>(system: &S) -> Vec<String> {
    let mut seen = Vec::new();
    let bound = || {
        let socket = system.socket();
        socket.bind(at(FOUR, 0)).map(|()| socket)
    };
    let socket = bound().unwrap();
    seen.push(told(system.connect(socket.local()).await.map(drop)));
    seen.push(told(socket.bind(at(FOUR, 0))));
    seen.push(told(socket.bind(socket.local())));
    seen.push(told(bound().unwrap().connect(at(SIX, 9)).await.map(drop)));
    seen.push(told(bound().unwrap().connect(at(Ipv4Addr::BROADCAST, 9)).await.map(drop)));
    seen.push(told(bound().unwrap().connect(at(Ipv4Addr::new(239, 1, 2, 3), 9)).await.map(drop)));
    seen.push(told(bound().unwrap().connect(at(FOUR, 0)).await.map(drop)));
    for address in ["198.51.100.9", "255.255.255.255", "224.0.0.251"] {
        seen.push(told(system.socket().bind(at(address.parse::<IpAddr>().unwrap(), 0))));
    }
    // Not bound at all.
    seen.push(system.socket().local().to_string());
    let listener = system.socket().listen(8).unwrap();
    seen.push(told(system.connect(at(FOUR, system.port(&listener))).await.map(drop)));
    let port = socket.local().port();
    drop(socket);
    seen.push(told(system.socket().bind(at(FOUR, port))));
    seen
}

async fn one_that_meets_itself<S: Binds>(system: &S) -> Vec<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut seen = Vec::new();
    for address in [FOUR, ALL_FOUR] {
        let socket = system.socket();
        socket.bind(at(address, 0)).unwrap();
        let to = at(FOUR, socket.local().port());
        let mut stream = socket.connect(to).await.unwrap();
        seen.push(format!("{} {}", stream.local().unwrap() == to, stream.peer().unwrap() == to));
        seen.push(soon(stream.read(&mut [0; 8])).await);
        stream.write_all(b"echo").await.unwrap();
        let mut buffer = [0; 8];
        seen.push(soon(stream.peeked(&mut buffer)).await);
        seen.push(soon(stream.read(&mut buffer)).await);
        seen.push(buffer[..4].escape_ascii().to_string());
        seen.push(told(system.listen(to, 8).await.map(drop)));
        stream.write_all(b"last").await.unwrap();
        stream.shutdown().await.unwrap();
        pause().await;
        seen.push(told(stream.write(b"x").await));
        for _ in 0..3 {
            seen.push(soon(stream.read(&mut buffer)).await);
        }
        drop(stream);
        pause().await;
        seen.push(told(system.listen(to, 8).await.map(drop)));
    }
    seen
}

#[test]
fn two_bound_sockets_share_a_port_as_on_linux() {
    let (ours, theirs) = on_both!(bound_pairs);
    assert_eq!(ours, theirs);
}

#[test]
fn a_listener_and_a_bound_socket_share_a_port_as_on_linux() {
    let (ours, theirs) = on_both!(listening_pairs);
    assert_eq!(ours, theirs);
}

#[test]
fn the_ports_of_a_connection_are_taken_as_on_linux() {
    let (ours, theirs) = on_both!(the_ports_of_a_connection);
    assert_eq!(ours, theirs);
}

#[test]
fn the_ports_of_a_connection_in_time_wait_are_taken_as_on_linux() {
    let (ours, theirs) = on_both!(the_ports_of_a_connection_that_is_over);
    assert_eq!(ours, theirs);
}

#[test]
fn a_port_that_was_chosen_goes_to_a_destination_once() {
    let (ours, theirs) = on_both!(a_chosen_port);
    assert_eq!(ours, theirs);
}

#[test]
fn what_a_bound_socket_cannot_do_fails_alike() {
    let (ours, theirs) = on_both!(what_a_bound_socket_cannot);
    assert_eq!(ours, theirs);
}

#[test]
fn a_socket_that_meets_itself_hears_itself() {
    let (ours, theirs) = on_both!(one_that_meets_itself);
    assert_eq!(ours, theirs);
}
