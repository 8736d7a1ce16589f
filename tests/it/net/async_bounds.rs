//! What generic code may ask of the types and futures: all that tokio's have.

use std::{
    fmt::Debug,
    future::Future,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use unplugged::{
    Sim,
    net::{Host, ReadHalf, Resolver, TcpListener, TcpStream, UdpSocket, WriteHalf},
};

/// Holds for both types, and so holds for ours what holds for tokio's.
macro_rules! both {
    ($($theirs:ty, $ours:ty: [$($bound:tt)+];)*) => {$({
        fn check<T: $($bound)+ + ?Sized>() {}
        check::<$theirs>();
        check::<$ours>();
    })*};
}

#[test]
fn the_types_are_what_those_of_tokio_are() {
    use tokio::net;
    both! {
        net::TcpListener, TcpListener: [Send + Sync + Unpin + Debug + 'static];
        net::TcpStream, TcpStream: [Send + Sync + Unpin + Debug + AsyncRead + AsyncWrite + 'static];
        net::UdpSocket, UdpSocket: [Send + Sync + Unpin + Debug + 'static];
        net::tcp::OwnedReadHalf, ReadHalf: [Send + Sync + Unpin + Debug + AsyncRead + 'static];
        net::tcp::OwnedWriteHalf, WriteHalf: [Send + Sync + Unpin + Debug + AsyncWrite + 'static];
    }
}

/// Each future of the network beside that of tokio: none may be less.
#[test]
fn the_futures_are_send_and_sync_as_those_of_tokio_are() {
    fn both<A, B>(_theirs: A, _ours: B)
    where
        A: Future + Send + Sync,
        B: Future + Send + Sync,
    {
    }
    async fn listed(
        (listener, stream, socket): (
            tokio::net::TcpListener,
            &mut tokio::net::TcpStream,
            tokio::net::UdpSocket,
        ),
        (our_listener, our_stream, our_socket): (TcpListener, &mut TcpStream, UdpSocket),
        (host, resolver): (Host, Resolver),
    ) {
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
        both(tokio::net::TcpStream::connect(to), host.connect(to));
        both(tokio::net::TcpStream::connect("server:80"), host.connect("server:80"));
        both(listener.accept(), our_listener.accept());
        both(stream.readable(), our_stream.readable());
        both(stream.writable(), our_stream.writable());
        both(stream.peek(&mut []), our_stream.peek(&mut []));
        both(stream.read(&mut []), our_stream.read(&mut []));
        both(stream.write_all(&[]), our_stream.write_all(&[]));
        both(stream.shutdown(), our_stream.shutdown());
        both(socket.readable(), our_socket.readable());
        both(socket.writable(), our_socket.writable());
        both(socket.connect(to), our_socket.connect(to));
        both(socket.send(&[]), our_socket.send(&[]));
        both(socket.send_to(&[], to), our_socket.send_to(&[], to));
        both(socket.recv(&mut []), our_socket.recv(&mut []));
        both(socket.recv_from(&mut []), our_socket.recv_from(&mut []));
        both(socket.peek_from(&mut []), our_socket.peek_from(&mut []));
        both(tokio::net::lookup_host("server:80"), resolver.addresses("server"));
    }
    let _never_run = listed;
}

#[test]
fn a_connect_owns_what_it_needs_and_can_be_spawned() {
    let sim = Sim::new();
    let net = sim.net();
    let (client, server) = (net.host("client"), net.host("server"));
    let _listener = server.listen(80).unwrap();
    let connecting = {
        let to = String::from("server:80");
        let host = client.clone();
        drop(client);
        host.connect(&to)
    };
    let handle = sim.spawn(connecting);
    sim.run(async { handle.await.unwrap() }).unwrap();
}
