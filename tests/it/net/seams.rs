//! Code that is written for the seams, on a network of the test and on the real one.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{ClockExt, millis},
    net::{Accept, BindUdp, Dial, Listen, RealNet},
    transport::{Socket, pipe},
};

use super::{connected, two};

/// A server that a program could have.
async fn greet(listener: impl Accept) -> io::Result<SocketAddr> {
    let (mut stream, from) = listener.accept().await?;
    stream.set_nodelay(true)?;
    assert_eq!(stream.peer_addr()?, from);
    assert_eq!(stream.local_addr()?.port(), listener.local_addr()?.port());
    stream.write_all(b"hello").await?;
    Ok(from)
}

/// And its client.
async fn greeting(network: &impl Dial, to: SocketAddr) -> io::Result<String> {
    let mut greeting = String::new();
    network.dial(to.into()).await?.read_to_string(&mut greeting).await?;
    Ok(greeting)
}

#[test]
fn the_same_server_and_client_run_on_hosts_and_on_the_real_network() {
    let (sim, _net, client, server) = two();
    let (v4, v6) = (SocketAddr::from((server.ip(), 80)), SocketAddr::from((server.ipv6(), 80)));
    for address in [v4, v6] {
        let (client, server) = (client.clone(), server.clone());
        let heard = sim.run(async move {
            let listener = Listen::listen(&server, address).await.unwrap();
            let (from, heard) = tokio::join!(greet(listener), greeting(&client, address));
            assert!(from.unwrap().port() >= 49_152);
            heard
        });
        assert_eq!(heard.unwrap(), "hello");
    }

    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let heard = real.block_on(async {
        let listener = RealNet.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = Accept::local_addr(&listener).unwrap();
        let (from, heard) = tokio::join!(greet(listener), greeting(&RealNet, address));
        assert!(from.unwrap().ip().is_loopback());
        heard
    });
    assert_eq!(heard.unwrap(), "hello");
}

/// Dials in all the ways that `TcpStream::connect` knows and a program needs, and in one that names no port.
async fn dials(network: &impl Dial, address: SocketAddr) -> ErrorKind {
    let (ip, port) = (address.ip(), address.port());
    network.dial(address.into()).await.unwrap();
    network.dial((ip, port).into()).await.unwrap();
    network.dial(address.to_string().into()).await.unwrap();
    network.dial(format!("localhost:{port}").as_str().into()).await.unwrap();
    network.dial(("localhost", port).into()).await.unwrap();
    network.dial((String::from("localhost"), port).into()).await.unwrap();
    network.dial("localhost".into()).await.map(drop).unwrap_err().kind()
}

#[test]
fn an_address_a_text_and_a_name_with_its_port_can_be_dialled_on_both() {
    let local = SocketAddr::from(([127, 0, 0, 1], 0));
    let (sim, _net, host, _server) = two();
    let ours = sim.run(async move {
        let listener = host.listen(local).unwrap();
        dials(&host, listener.local_addr().unwrap()).await
    });
    let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let theirs = real.block_on(async {
        let listener = RealNet.listen(local).await.unwrap();
        dials(&RealNet, Accept::local_addr(&listener).unwrap()).await
    });
    assert_eq!((ours, theirs), (ErrorKind::InvalidInput, ErrorKind::InvalidInput));
}

#[test]
fn a_connection_of_the_network_can_be_broken_off_by_whoever_knows_only_a_socket() {
    fn reset_with(stream: &mut impl Socket) {
        stream.reset();
    }
    let (sim, _net, client, server) = two();
    let failure = sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        reset_with(&mut near);
        assert_eq!(near.write(b"x").await.unwrap_err().kind(), ErrorKind::ConnectionAborted);
        let failure = far.read_u8().await.unwrap_err();
        drop(near); // a second end changes nothing
        client.clock().sleep(millis(5)).await;
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        failure
    });
    assert_eq!(failure.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_socket_says_that_small_writes_go_out_at_once() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let (near, _far) = connected(&client, &server).await;
        assert!(!near.nodelay().unwrap());
        Socket::set_nodelay(&near, true).unwrap();
        assert!(near.nodelay().unwrap());
        let boxed: Box<dyn Socket> = Box::new(near);
        boxed.set_nodelay(false).unwrap();
        assert!(boxed.peer_addr().unwrap().port() > 0);
    });
    // A pipe has no such setting, and nothing to delay.
    Socket::set_nodelay(&pipe().0, true).unwrap();
}

#[test]
fn a_simulated_network_is_not_real_and_the_real_one_is() {
    fn all<N: Dial + Listen + BindUdp + Clone + 'static>(network: &N) -> [bool; 6] {
        let (dial, listen, udp): (Arc<dyn Dial>, Box<dyn Listen>, Arc<dyn BindUdp>) =
            (Arc::new(network.clone()), Box::new(network.clone()), Arc::new(network.clone()));
        let given = [Dial::is_real(&dial), Listen::is_real(&listen), BindUdp::is_real(&udp)];
        let own = [Dial::is_real(network), Listen::is_real(network), BindUdp::is_real(network)];
        [given, own].concat().try_into().unwrap()
    }
    let (_sim, _net, client, _server) = two();
    assert_eq!(all(&client), [false; 6]);
    assert_eq!(all(&RealNet), [true; 6]);
}

#[test]
fn nodelay_and_a_reset_reach_the_socket_through_a_box() {
    let (sim, _net, client, server) = two();
    let heard = sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        let mut boxed: Box<dyn Socket> = Box::new(near);
        Socket::set_nodelay(&boxed, true).unwrap();
        Socket::reset(&mut boxed);
        far.read(&mut [0]).await.unwrap_err().kind()
    });
    assert_eq!(heard, ErrorKind::ConnectionReset);
}
