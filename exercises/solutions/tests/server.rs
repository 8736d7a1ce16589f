//! Tests of chapter 09's server under load, over a pipe and over TCP.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

#[path = "../src/bin/serve/app.rs"]
mod app;

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use unplugged::{
    Sim,
    clock::{Clock, TokioClock},
    transport::{Pipe, drive, pipe},
};
use workbook::{
    ch08_application::{AppConfig, Router, ServerFactory},
    ch09_shutdown::{Server, stop_signal},
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn factory(config: AppConfig, clock: Arc<dyn Clock>) -> ServerFactory<impl Fn() -> Router> {
    let for_routes = Arc::clone(&clock);
    ServerFactory::new(config, clock, move || app::routes(Arc::clone(&for_routes)))
}

/// Returns what a client receives over a pipe in a simulation.
fn in_a_sim(client: impl AsyncFnOnce(Pipe) -> String + 'static) -> String {
    let sim = Sim::new();
    let (near, far) = pipe();
    let clock: Arc<dyn Clock> = Arc::new(sim.clock());
    let connection = factory(AppConfig::default(), Arc::clone(&clock)).build();
    let served = sim.watch(drive(connection, far, clock));
    let heard = sim.watch(client(near));
    sim.run_until_idle();
    served.assert_ready().1.as_ref().unwrap();
    heard.assert_ready().clone()
}

#[test]
fn a_silent_client_is_closed_in_virtual_time() {
    async fn after(said: &str, mut client: Pipe) -> String {
        client.write_all(said.as_bytes()).await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        heard
    }
    assert_eq!(in_a_sim(async |client| after("", client).await), "");
    let heard = in_a_sim(async |client| after("GET / HT", client).await);
    assert!(heard.starts_with("HTTP/1.1 408 "), "{heard}");
}

/// Far more answers than the pipe holds: each side waits for the other many times.
#[test]
fn a_client_that_sends_all_while_it_listens_gets_all() {
    let heard = in_a_sim(async |client| {
        let (mut reading, mut writing) = tokio::io::split(client);
        let mut heard = String::new();
        let send = async {
            writing.write_all(GET.repeat(20_000).as_bytes()).await?;
            writing.shutdown().await
        };
        let (sent, read) = tokio::join!(send, reading.read_to_string(&mut heard));
        sent.and(read).unwrap();
        heard
    });
    assert_eq!(heard.matches("hello, world\n").count(), 20_000);
}

#[tokio::test]
async fn a_large_body_comes_back_as_it_was_over_tcp() {
    let mut config = AppConfig::default();
    config.listen = ([127, 0, 0, 1], 0).into();
    let server = Server::bind(factory(config, Arc::new(TokioClock::new()))).await.unwrap();
    let address = server.local_addr().unwrap();
    let (stopper, stop) = stop_signal();
    let client = async {
        let body = "0123456789abcdef".repeat(64 << 10);
        let head = format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")));
        stopper.stop();
    };
    let both = async { tokio::join!(server.run(stop), client).0 };
    let report = tokio::time::timeout(Duration::from_secs(20), both).await.expect("it ends in time");
    assert_eq!((report.accepted, report.aborted), (1, 0));
}
