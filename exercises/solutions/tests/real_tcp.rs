//! The whole server on loopback: few, honest, each ends when it is done.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

#[path = "../src/bin/serve/app.rs"]
mod app;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use unplugged::clock::{Clock, TokioClock};
use workbook::{
    ch08_application::{AppConfig, ServerFactory},
    ch09_shutdown::{Report, Server, Stopper, stop_signal},
};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST_GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// Runs a server while `test` runs, stops it, and says how it ended.
fn serving<F: Future<Output = ()>>(test: impl FnOnce(SocketAddr, Stopper) -> F) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let both = async {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let mut config = AppConfig::default();
        config.listen = ([127, 0, 0, 1], 0).into();
        let app_clock = Arc::clone(&clock);
        let factory = ServerFactory::new(config, clock, move || app::routes(Arc::clone(&app_clock)));
        let server = Server::bind(factory).await.unwrap();
        let (stopper, stop) = stop_signal();
        let address = server.local_addr().unwrap();
        tokio::join!(server.run(stop), test(address, stopper)).0
    };
    runtime
        .block_on(async { tokio::time::timeout(Duration::from_secs(20), both).await })
        .expect("it ends in time")
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// All that the server sends until it ends the connection.
async fn rest(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.map(|_| text)
}

async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address).await;
    stream.write_all(request).await.unwrap();
    rest(&mut stream).await.unwrap()
}

#[test]
fn get_is_answered() {
    let report = serving(async |address, stopper| {
        let answer = exchange(address, LAST_GET).await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nhello, world\n"),
            "{answer}"
        );
        stopper.stop();
    });
    assert_eq!((report.accepted, report.aborted), (1, 0));
}

#[test]
fn one_connection_serves_many_requests() {
    let report = serving(async |address, stopper| {
        let answers = exchange(address, &[GET, GET, LAST_GET].concat()).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3);
        stopper.stop();
    });
    assert_eq!(report.accepted, 1);
}

#[test]
fn fifty_clients_are_served_at_once() {
    let report = serving(async |address, stopper| {
        let mut streams = Vec::new();
        for _ in 0..50 {
            streams.push(connect(address).await);
        }
        for stream in streams.iter_mut().rev() {
            stream.write_all(LAST_GET).await.unwrap();
            assert!(rest(stream).await.unwrap().starts_with("HTTP/1.1 200"));
        }
        stopper.stop();
    });
    assert_eq!((report.accepted, report.aborted), (50, 0));
}

/// A server that closed at once would reset the connection, because input is unread, and the answer would be lost.
#[test]
fn a_large_bad_request_still_gets_its_answer() {
    serving(async |address, stopper| {
        let mut stream = connect(address).await;
        let upload = async |stream: &mut TcpStream| {
            stream
                .write_all(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
                .await?;
            stream.write_all(&vec![b'x'; 4 << 20]).await?;
            stream.shutdown().await
        };
        upload(&mut stream).await.expect("the server takes what it refuses");
        let answer = rest(&mut stream).await.expect("the connection is not reset");
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        stopper.stop();
    });
}

#[test]
fn a_large_body_comes_back_as_it_was() {
    serving(async |address, stopper| {
        let body = "0123456789abcdef".repeat(64 << 10);
        let head = format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = exchange(address, &[head.as_bytes(), body.as_bytes()].concat()).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")));
        stopper.stop();
    });
}

#[test]
fn what_is_in_flight_is_finished() {
    let report = serving(async |address, stopper| {
        let mut busy = connect(address).await;
        busy.write_all(b"GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        // The answer to a later client shows that the earlier one was heard.
        exchange(address, LAST_GET).await;
        stopper.stop();
        let answer = rest(&mut busy).await.unwrap();
        assert!(answer.contains("Connection: close\r\n") && answer.ends_with("at last\n"), "{answer}");
        assert_eq!(TcpStream::connect(address).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    });
    assert_eq!((report.accepted, report.aborted), (2, 0));
}

#[test]
fn an_idle_connection_is_closed_at_once() {
    let report = serving(async |address, stopper| {
        let mut idle = connect(address).await;
        exchange(address, LAST_GET).await;
        stopper.stop();
        assert_eq!(rest(&mut idle).await.unwrap(), "");
    });
    assert_eq!((report.accepted, report.aborted), (2, 0));
}

#[test]
fn told_twice_it_waits_for_nobody() {
    let report = serving(async |address, stopper| {
        let mut busy = connect(address).await;
        busy.write_all(b"GET /slow?ms=60000 HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        exchange(address, LAST_GET).await;
        stopper.stop();
        stopper.stop();
        assert_eq!(rest(&mut busy).await.unwrap_or_default(), "");
    });
    assert!(report.aborted >= 1, "{report:?}");
}
