//! Runs the reference server and hyper in turns, in one process: with the same client, answer and limits.
//!
//! `cargo bench -p workbook-solutions --bench beside_hyper` prints processor time per request and the ratio of the best
//! runs (below 1: ours is cheaper). Over the in-memory pipe the client's share is subtracted: the cost of a server that
//! answers without reading. On loopback it is the time of the server's thread. It asserts nothing, because machines
//! differ, and a busy one gives wrong figures.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use std::{
    convert::Infallible, fs, future::Future, net::SocketAddr, pin::pin, sync::Arc, sync::mpsc, thread,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::oneshot,
    task::LocalSet,
};
use unplugged::{
    clock::{Clock, TokioClock},
    transport::{drive, pipe},
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{Handler, Reply, Request as OurRequest},
    ch08_application::{AppConfig, Router, ServerFactory},
    ch09_shutdown::{Server, stop_signal},
};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
const HELLO: &[u8] = b"hello, world\n";
const CANNED: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n\
                        Content-Length: 13\r\n\r\nhello, world\n";
const TURNS: usize = 15;

fn main() {
    println!("{:<44} {:>10} {:>10} {:>7}", "processor time per request", "ours", "hyper", "ratio");
    for ahead in [1, 16] {
        over_a_pipe(ahead);
    }
    for clients in [1, 50] {
        over_tcp(clients);
    }
}

// Over a pipe: client and server on this thread.

fn over_a_pipe(ahead: usize) {
    let requests = 16_000;
    let run = |serve: &dyn Fn(unplugged::transport::Pipe) -> Local| {
        let runtime = runtime();
        let (near, far) = pipe();
        let before = processor_time();
        let served = serve(far);
        LocalSet::new().block_on(&runtime, async { tokio::join!(ask(near, requests, ahead), served) });
        processor_time() - before
    };
    let (mut ours, mut theirs, mut nobodys) = (Duration::MAX, Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        ours = ours.min(run(&|far| {
            let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
            Box::pin(async move { drive(factory(Arc::clone(&clock)).build(), far, clock).await.1.unwrap() })
        }));
        theirs = theirs.min(run(&|far| Box::pin(async move { hyper_connection(far).await.unwrap() })));
        nobodys = nobodys.min(run(&|far| Box::pin(answer_unread(far))));
    }
    let name = format!("in-memory pipe, {ahead} request(s) at a time");
    row(&name, requests, ours.saturating_sub(nobodys), theirs.saturating_sub(nobodys));
}

type Local = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// Measures the client, the pipe and the runtime, with a server that only counts bytes and answers.
async fn answer_unread(mut stream: unplugged::transport::Pipe) {
    let (mut room, mut unanswered) = ([0; 16 * 1024], 0);
    loop {
        let count = stream.read(&mut room).await.unwrap();
        if count == 0 {
            return;
        }
        unanswered += count;
        stream.write_all(&CANNED.repeat(unanswered / GET.len())).await.unwrap();
        unanswered %= GET.len();
    }
}

// Over loopback: the server has its own thread.

fn over_tcp(clients: usize) {
    let requests = 20_000 / clients * clients;
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..TURNS {
        ours = ours.min(on_its_own_thread(clients, requests, |told, listening| async move {
            let server = Server::bind(factory(Arc::new(TokioClock::new()))).await.unwrap();
            listening.send(server.local_addr().unwrap()).unwrap();
            let (stopper, stop) = stop_signal();
            let stopped = async {
                let _gone = told.await;
                stopper.stop();
            };
            tokio::join!(server.run(stop), stopped);
        }));
        theirs = theirs.min(on_its_own_thread(clients, requests, |told, listening| async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listening.send(listener.local_addr().unwrap()).unwrap();
            let accepting = async {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    stream.set_nodelay(true).unwrap();
                    tokio::task::spawn_local(hyper_connection(stream));
                }
            };
            let mut accepting = pin!(accepting);
            tokio::select! {
                () = &mut accepting => {}
                _ = told => {}
            }
        }));
    }
    row(&format!("loopback, {clients} client(s), one request at a time"), requests, ours, theirs);
}

/// Returns the processor time of a server's thread, from its first client to its end.
fn on_its_own_thread<F: Future<Output = ()>>(
    clients: usize,
    requests: usize,
    serve: impl FnOnce(oneshot::Receiver<()>, mpsc::Sender<SocketAddr>) -> F + Send + 'static,
) -> Duration {
    let (listening, listens) = mpsc::channel();
    let (tell, told) = oneshot::channel();
    let server = thread::spawn(move || {
        let runtime = runtime();
        let before = processor_time();
        LocalSet::new().block_on(&runtime, serve(told, listening));
        processor_time() - before
    });
    let address = listens.recv().unwrap();
    runtime().block_on(async {
        let mut asking = tokio::task::JoinSet::new();
        for _ in 0..clients {
            let stream = TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            asking.spawn(ask(stream, requests / clients, 1));
        }
        asking.join_all().await;
    });
    tell.send(()).unwrap();
    server.join().unwrap()
}

// Both servers, and their client.

fn factory(clock: Arc<dyn Clock>) -> ServerFactory<impl Fn() -> Router> {
    fn hello() -> impl Handler {
        |_: OurRequest| {
            let headers = vec![("Content-Type".into(), "text/plain".into())];
            Ok(Reply::Now(Response { status: 200, headers, body: Body::Full(HELLO.into()) }))
        }
    }
    let mut config = AppConfig::default();
    config.listen = ([127, 0, 0, 1], 0).into();
    ServerFactory::new(config, clock, || {
        let mut router = Router::default();
        router.route("GET", "/", hello());
        router
    })
}

/// Sets a limit for the head, as ours has.
async fn hyper_connection<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> hyper::Result<()> {
    let hello = |request: Request<hyper::body::Incoming>| async move {
        let status = if request.uri().path() == "/" { 200 } else { 404 };
        let response = hyper::Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain");
        Ok::<_, Infallible>(response.body(Full::new(Bytes::from_static(HELLO))).unwrap())
    };
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(60))
        .serve_connection(TokioIo::new(stream), service_fn(hello))
        .await
}

/// Sends this number of requests at a time, and waits for all answers before it sends more.
async fn ask<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, requests: usize, ahead: usize) {
    let (asked, mut room) = (GET.repeat(ahead), vec![0; 16 * 1024]);
    let answer = first_answer(&mut stream).await;
    for _ in 0..requests / ahead {
        stream.write_all(&asked).await.unwrap();
        let mut left = answer * ahead;
        while left > 0 {
            let count = stream.read(&mut room).await.unwrap();
            assert_ne!(count, 0, "the server has gone");
            left -= count;
        }
    }
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read(&mut room).await.unwrap(), 0);
}

/// Returns the length of an answer; all are equal.
async fn first_answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> usize {
    let mut answer = Vec::new();
    stream.write_all(GET).await.unwrap();
    while !answer.ends_with(HELLO) {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the server has gone");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    answer.len()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Returns the processor time of this thread.
///
/// Source: Linux, Documentation/scheduler/sched-stats, `/proc/<pid>/schedstat`.
fn processor_time() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("this bench reads Linux's account");
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn row(name: &str, requests: usize, ours: Duration, theirs: Duration) {
    let each = |total: Duration| total.as_secs_f64() * 1e9 / requests as f64;
    let (ours, theirs) = (each(ours), each(theirs));
    println!("{name:<44} {ours:>7.0} ns {theirs:>7.0} ns {:>6.2}x", ours / theirs);
}
