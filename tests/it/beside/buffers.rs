//! How much a writer writes before a peer that reads nothing, and what hyper's ends hear of bodies that are not read: on the
//! network and on the real loopback of Linux.
#![cfg(target_os = "linux")]

use std::{collections::BTreeSet, error::Error, fs, io, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, service::service_fn};
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use unplugged::clock::millis;

use crate::net::{connected, two};

/// The payload of the largest segment over loopback.
const SEGMENT: usize = 65_483;

async fn loopback() -> (tokio::net::TcpStream, tokio::net::TcpStream) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    // Every Linux has it, and it takes the send buffer that the kernel has by default. BBR takes another.
    SockRef::from(&socket).set_tcp_congestion(b"reno").unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    SockRef::from(&socket).set_tcp_congestion(b"reno").unwrap();
    let near = socket.connect(listener.local_addr().unwrap()).await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

fn real() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Writes until no write has been taken for ten pauses.
async fn clog(write: impl Fn(&[u8]) -> io::Result<usize>, chunk: usize) -> usize {
    let (bytes, mut written, mut waits) = (vec![7; chunk], 0, 0);
    while waits < 10 {
        match write(&bytes) {
            Ok(count) => (written, waits) = (written + count, 0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                waits += 1;
                tokio::time::sleep(millis(20)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
    written
}

fn setting(name: &str) -> Vec<usize> {
    let text = fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// Both sides are within two segments of each other: 5 % of what they take.
///
/// Source: Linux 6.18: `tcp_wmem`, `tcp_rmem`, `SO_SNDBUF` and `SO_RCVBUF`.
#[test]
fn a_writer_waits_after_as_many_bytes_as_on_linux() {
    for chunk in [1_000, 1_460, 16_384, 65_536, 1 << 20] {
        let (sim, _net, _client, server) = two();
        let ours = sim.run(async {
            let (near, _far) = connected(&server, &server).await;
            clog(|bytes| near.try_write(bytes), chunk).await
        });
        let (theirs, buffers) = real().block_on(async {
            let (near, far) = loopback().await;
            let written = clog(|bytes| SockRef::from(&near).send(bytes), chunk).await; // whatever tokio knows
            let buffers = SockRef::from(&near).send_buffer_size().unwrap()
                + SockRef::from(&far).recv_buffer_size().unwrap();
            (written, buffers)
        });
        // What the kernel takes is its two buffers, less what the memory of packets costs.
        assert!((buffers - 2 * SEGMENT..=buffers).contains(&theirs), "{theirs} of {buffers}");
        // So does the network, where the kernel has the settings that it models.
        let is_modelled = setting("tcp_rmem")[1] == 128 << 10 && setting("tcp_wmem")[2] == 4 << 20;
        assert!(!is_modelled || ours.abs_diff(theirs) <= 2 * SEGMENT, "{ours}, on the kernel {theirs}");
    }
}

// hyper.

/// The acts of a client on an answer of so many bytes, or of a server on a request of so many.
const ACTS: [&str; 8] = [
    "the client reads all",
    "the client drops the answer unread",
    "the client drops the answer half read",
    "the client cancels the request",
    "the client ends its direction, and reads all",
    "the server reads all",
    "the server answers without reading, and closes",
    "the server drops the connection",
];

/// The innermost error of the system, or what hyper says.
fn kind(error: &hyper::Error) -> String {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(system) = inner.downcast_ref::<io::Error>() {
            return format!("{:?} ({:?})", system.kind(), system.raw_os_error());
        }
        source = inner.source();
    }
    error.to_string()
}

fn told<T>(result: Result<T, hyper::Error>, show: impl FnOnce(T) -> String) -> String {
    result.map_or_else(|error| kind(&error), show)
}

/// What both ends observe: the client, and the server's connection.
async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    (act, pause): (&'static str, Duration),
    size: usize,
    near: S,
    mut far: S,
) -> String {
    let is_upload = act.starts_with("the server");
    let server = tokio::spawn(async move {
        if act == "the server drops the connection" {
            let _begin = far.read(&mut [0; 100]).await;
            return "dropped".to_owned();
        }
        let answer = service_fn(move |request: Request<hyper::body::Incoming>| async move {
            if act == "the server reads all" {
                let heard = request.into_body().collect().await?.to_bytes().len();
                assert_eq!(heard, size);
            }
            let body = if is_upload { Bytes::new() } else { Bytes::from(vec![b'.'; size]) };
            Ok::<_, hyper::Error>(Response::new(Full::new(body)))
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        let served = builder.half_close(true).keep_alive(false).serve_connection(TokioIo::new(far), answer);
        told(served.await, |()| "served".into())
    });
    let client = match act {
        "the client ends its direction, and reads all" => ask_by_hand(near).await,
        _ => ask((act, pause), if is_upload { size } else { 0 }, near).await,
    };
    format!("client: {client}; server: {}", server.await.unwrap())
}

/// Long enough for all that can arrive, on both.
async fn settled(pause: Duration) {
    tokio::time::sleep(pause).await;
}

/// A client that ends its direction: hyper's does not.
async fn ask_by_hand(mut near: impl AsyncRead + AsyncWrite + Unpin) -> String {
    near.write_all(b"GET / HTTP/1.1\r\nhost: server\r\n\r\n").await.unwrap();
    near.shutdown().await.unwrap();
    let mut heard = Vec::new();
    let end = near.read_to_end(&mut heard).await.map_err(|error| error.kind());
    format!("{} bytes of body, {end:?}", heard.iter().filter(|byte| **byte == b'.').count())
        .replace("Ok(0)", "")
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    (act, pause): (&'static str, Duration),
    upload: usize,
    near: S,
) -> String {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await.unwrap();
    let connection = tokio::spawn(connection);
    let body = Full::new(Bytes::from(vec![b'?'; upload]));
    let request = Request::post("/").header("host", "server").body(body).unwrap();
    let asked = sender.send_request(request);
    if act == "the client cancels the request" {
        tokio::select! { biased; _ = asked => {}, () = settled(pause) => {} }
        connection.abort();
        return "cancelled".into();
    }
    let answer = match asked.await {
        Ok(answer) => answer,
        Err(error) => return kind(&error),
    };
    let mut body = answer.into_body();
    if act == "the client drops the answer unread" {
        settled(pause).await;
        connection.abort();
        return "unread".into();
    }
    if act == "the client drops the answer half read" {
        let frame = body.frame().await.map(|frame| frame.is_ok());
        settled(pause).await;
        connection.abort();
        return format!("half read: {frame:?}");
    }
    told(body.collect().await, |body| format!("{} bytes", body.to_bytes().len()))
}

/// What twenty tries of an act give on the kernel.
fn on_the_kernel(act: &'static str, pause: Duration, size: usize) -> BTreeSet<String> {
    let tries = (0..20).map(|_| {
        real().block_on(async {
            let (near, far) = loopback().await;
            exchange((act, pause), size, near, far).await
        })
    });
    tries.collect()
}

/// What the kernel answers depends on which packet is first. Ours is among its answers; where a slow machine has not settled,
/// with a longer pause.
#[test]
fn what_hyper_hears_of_a_body_is_what_it_hears_on_linux() {
    for act in ACTS {
        for size in [64 << 10, 300_000, 1 << 20, 4 << 20] {
            let (sim, _net, _client, server) = two();
            let ours = sim.run(async move {
                let (near, far) = connected(&server, &server).await;
                exchange((act, millis(5)), size, near, far).await
            });
            let mut theirs = on_the_kernel(act, millis(5), size);
            if !theirs.contains(&ours) {
                theirs.extend(on_the_kernel(act, millis(150), size));
            }
            assert!(theirs.contains(&ours), "{act}, {size} bytes: {ours}; on the kernel {theirs:#?}");
        }
    }
}
