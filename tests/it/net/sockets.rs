//! The sockets of a network as values.

use tokio::io::AsyncWriteExt;
use unplugged::{
    clock::millis,
    net::{Protocol, TcpState},
};

use super::{connected, two};

/// The states of the streams, the client's first.
fn states(net: &unplugged::net::Net) -> Vec<TcpState> {
    let sockets = net.sockets().into_iter();
    let streams = sockets.filter(|socket| socket.protocol == Protocol::Tcp && socket.peer.is_some());
    streams.filter_map(|socket| socket.state).collect()
}

#[test]
fn a_close_takes_the_states_of_the_rfc() {
    let (sim, net, client, server) = two();
    let (mut near, mut far) = sim.run(connected(&client, &server));
    assert_eq!(states(&net), [TcpState::Established; 2]);
    sim.run(near.shutdown()).unwrap();
    assert_eq!(states(&net), [TcpState::FinWait1, TcpState::Established]);
    sim.advance(millis(1));
    assert_eq!(states(&net), [TcpState::FinWait2, TcpState::CloseWait]);
    sim.run(far.shutdown()).unwrap();
    assert_eq!(states(&net), [TcpState::FinWait2, TcpState::LastAck]);
    sim.advance(millis(1));
    assert_eq!(states(&net), [TcpState::TimeWait, TcpState::Closed]);
}

#[test]
fn both_ends_that_close_at_once_are_closing() {
    let (sim, net, client, server) = two();
    let (mut near, mut far) = sim.run(connected(&client, &server));
    sim.run(async {
        near.shutdown().await.unwrap();
        far.shutdown().await.unwrap();
    });
    assert_eq!(states(&net), [TcpState::FinWait1; 2]);
    sim.advance(millis(1));
    assert_eq!(states(&net), [TcpState::TimeWait; 2]);
}

#[test]
fn a_handshake_takes_the_states_of_the_rfc() {
    let (sim, net, client, server) = two();
    let _listener = server.listen(80).unwrap();
    let _connecting = sim.watch(client.connect("server:80"));
    sim.settle();
    assert_eq!(states(&net), [TcpState::SynSent]);
    sim.advance(millis(1));
    assert_eq!(states(&net), [TcpState::SynSent, TcpState::SynReceived]);
    sim.advance(millis(1));
    assert_eq!(states(&net), [TcpState::Established, TcpState::SynReceived]);
    sim.advance(millis(1));
    assert_eq!(states(&net), [TcpState::Established; 2]);
}

#[test]
fn every_kind_of_socket_is_listed_with_what_it_holds() {
    let (sim, net, client, server) = two();
    let listener = server.listen(80).unwrap();
    let datagrams = server.bind_udp(53).unwrap();
    let at_path = server.listen_unix("/run/app.sock").unwrap();
    client.bind_udp(0).unwrap().try_send_to(b"question", "server:53").unwrap();
    let stream = sim.run(client.connect("server:80")).unwrap();
    stream.try_write(b"four").unwrap();
    sim.advance(millis(1));
    let shown: Vec<String> = net.sockets().iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "`client` tcp 10.0.0.1:49153 to 10.0.0.2:80, ESTABLISHED, 0 bytes unread, 4 bytes in flight",
            "`server` tcp 0.0.0.0:80, LISTEN, 1 wait to be accepted",
            "`server` unix /run/app.sock, LISTEN, 0 wait to be accepted",
            "`server` udp 0.0.0.0:53, 8 bytes unread, 0 bytes in flight",
            "`server` tcp 10.0.0.2:80 to 10.0.0.1:49153, ESTABLISHED, 4 bytes unread, 0 bytes in flight",
        ]
    );
    drop((listener, datagrams, at_path, stream));
    sim.advance(millis(5));
    assert_eq!(net.sockets(), []);
}
