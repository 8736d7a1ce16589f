//! What becomes of handshakes that a listener hears the beginning of, on the network and on the real loopback of Linux.
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use socket2::{SockFilter, SockRef};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use unplugged::{
    Sim,
    clock::{millis, secs},
    net::{BindAddr, Host, Net, RuleGuard, TcpListener, TcpStream, Verdict},
};

/// Where a case runs.
trait System {
    type Listener;
    type Stream: AsyncReadExt + AsyncWriteExt + Unpin;
    type Deafness;

    async fn listen(&self, backlog: u32) -> (Self::Listener, SocketAddr);
    async fn accept(&self, listener: &Self::Listener) -> io::Result<Self::Stream>;
    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream>;
    /// Lets the listener hear SYNs only.
    fn deafen(&self, listener: &Self::Listener, at: SocketAddr) -> Self::Deafness;
    fn cure(&self, listener: &Self::Listener, deafness: Self::Deafness);
}

struct Real;

impl System for Real {
    type Listener = tokio::net::TcpListener;
    type Stream = tokio::net::TcpStream;
    type Deafness = ();

    async fn listen(&self, backlog: u32) -> (Self::Listener, SocketAddr) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(backlog).unwrap();
        let at = listener.local_addr().unwrap();
        (listener, at)
    }

    async fn accept(&self, listener: &Self::Listener) -> io::Result<Self::Stream> {
        listener.accept().await.map(|(stream, _)| stream)
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<Self::Stream> {
        tokio::net::TcpStream::connect(to).await
    }

    fn deafen(&self, listener: &Self::Listener, _at: SocketAddr) {
        // Byte 13 of a TCP header holds the flags, and 2 is SYN: all of such a packet passes, and nothing of others.
        let filter = [(0x30, 0, 0, 13), (0x45, 0, 1, 2), (0x06, 0, 0, u32::MAX), (0x06, 0, 0, 0)];
        let filter = filter.map(|(code, yes, no, value)| SockFilter::new(code, yes, no, value));
        SockRef::from(listener).attach_filter(&filter).unwrap();
    }

    fn cure(&self, listener: &Self::Listener, (): ()) {
        SockRef::from(listener).detach_filter().unwrap();
    }
}

struct Ours {
    net: Net,
    host: Host,
}

impl System for Ours {
    type Listener = TcpListener;
    type Stream = TcpStream;
    type Deafness = RuleGuard;

    async fn listen(&self, backlog: u32) -> (TcpListener, SocketAddr) {
        let listener = self.host.listen(BindAddr::from(0).backlog(backlog as usize)).unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, SocketAddr::from(([127, 0, 0, 1], port)))
    }

    async fn accept(&self, listener: &TcpListener) -> io::Result<TcpStream> {
        listener.accept().await.map(|(stream, _)| stream)
    }

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        self.host.connect(to).await
    }

    fn deafen(&self, _listener: &TcpListener, at: SocketAddr) -> RuleGuard {
        let heard = Arc::new(Mutex::new(BTreeSet::new()));
        // The first packet of a client is its SYN.
        self.net.loopback("host").inspect(move |packet| match packet.destination == at {
            true if !heard.lock().unwrap().insert(packet.source) => Verdict::Drop,
            _ => Verdict::Pass,
        })
    }

    fn cure(&self, _listener: &TcpListener, deafness: RuleGuard) {
        drop(deafness);
    }
}

/// What clients hold after so many connects: with the streams, how many did not have to wait.
async fn connects<S: System>(system: &S, to: SocketAddr, many: usize) -> Vec<S::Stream> {
    let mut streams = Vec::new();
    for _ in 0..many {
        if let Ok(stream) = timeout(millis(200), system.connect(to)).await {
            streams.push(stream.unwrap());
        }
    }
    streams
}

/// Up to so many that can be accepted, until none comes for two seconds: the system asks after one, and then after three.
async fn accepted<S: System>(system: &S, listener: &S::Listener, most: usize) -> Vec<S::Stream> {
    let mut streams = Vec::new();
    while streams.len() < most {
        let Ok(stream) = timeout(secs(2), system.accept(listener)).await else { break };
        streams.push(stream.unwrap());
    }
    streams
}

/// The first byte of each, in the order of the alphabet.
async fn heard<S: System>(streams: Vec<S::Stream>) -> String {
    let mut bytes = Vec::new();
    for mut stream in streams {
        bytes.push(stream.read_u8().await.unwrap());
    }
    bytes.sort_unstable();
    String::from_utf8(bytes).unwrap()
}

/// One waits to be accepted, two have sent their SYN: there is room for one of them.
async fn a_full_queue<S: System>(system: &S) -> Vec<String> {
    let (listener, at) = system.listen(1).await;
    let mut held = connects(system, at, 1).await;
    held[0].write_all(b"a").await.unwrap();
    let deafness = system.deafen(&listener, at);
    let mut streams = connects(system, at, 2).await;
    let connected = format!("{} connected", streams.len());
    system.cure(&listener, deafness);
    for (stream, byte) in streams.iter_mut().zip([b"b", b"c"]) {
        stream.write_all(byte).await.unwrap();
        tokio::time::sleep(millis(20)).await;
    }
    let late = connects(system, at, 1).await.len(); // the queue is full: its SYN is dropped
    vec![connected, format!("{late} more"), heard::<S>(accepted(system, &listener, 3).await).await]
}

/// More handshakes than a listener remembers: those it asks for the end of, and the others say it with their bytes.
async fn a_flood<S: System>(system: &S) -> Vec<String> {
    let (listener, at) = system.listen(1).await;
    let deafness = system.deafen(&listener, at);
    let mut streams = connects(system, at, 4).await;
    let connected = format!("{} connected", streams.len());
    system.cure(&listener, deafness);
    let mut ends = accepted(system, &listener, 4).await;
    let asked = format!("{} accepted", ends.len());
    for (stream, byte) in streams.iter_mut().zip([b"a", b"b", b"c", b"d"]) {
        stream.write_all(byte).await.unwrap();
    }
    ends.extend(accepted(system, &listener, 2).await);
    vec![connected, asked, heard::<S>(ends).await]
}

/// What a case sees on a host and on the real loopback.
macro_rules! on_both {
    ($case:ident) => {{
        let sim = Sim::new();
        let (net, host) = (sim.net(), sim.net().host("host"));
        let ours = sim.run(async move { $case(&Ours { net, host }).await });
        let real = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        (ours, real.block_on(async { timeout(secs(60), $case(&Real)).await.unwrap() }))
    }};
}

#[test]
fn handshakes_under_way_take_no_place_of_connections_that_wait() {
    let (ours, theirs) = on_both!(a_full_queue);
    assert_eq!(ours, ["2 connected", "0 more", "abc"]);
    assert_eq!(ours, theirs);
}

/// Where the system sends SYN cookies, as it does from the start.
#[test]
fn a_listener_asks_for_the_handshakes_that_it_remembers_and_hears_the_others_by_their_bytes() {
    let (ours, theirs) = on_both!(a_flood);
    assert_eq!(ours, ["4 connected", "2 accepted", "abcd"]);
    if std::fs::read_to_string("/proc/sys/net/ipv4/tcp_syncookies").unwrap().trim() == "1" {
        assert_eq!(ours, theirs);
    }
}
