//! An axum server, tested over a simulated network: `cargo run --example axum_server`.
//!
//! The router is production code and stays as it is. Only the listener is another one: [`SimListener`] makes a listener
//! of a simulated host into what `axum::serve` takes.

use std::net::SocketAddr;

use axum::{Router, extract::Path, routing::get};
use http_body_util::{BodyExt, Empty};
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use unplugged::{
    Sim,
    clock::{ClockExt, millis, secs},
    net::{Host, TcpListener, TcpStream},
};

/// The application: production code.
fn app() -> Router {
    Router::new().route("/hello/{name}", get(async |Path(name): Path<String>| format!("hello {name}"))).route(
        "/slow",
        get(async || {
            tokio::time::sleep(secs(3600)).await;
            "at last"
        }),
    )
}

/// A listener of a simulated host, as `axum::serve` takes it.
struct SimListener(TcpListener);

impl axum::serve::Listener for SimListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        self.0.accept().await.expect("a simulated listener accepts as long as its host runs")
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Asks the server for a page.
async fn fetch(client: &Host, path: &str) -> (StatusCode, String) {
    let stream = client.connect("server:80").await.expect("the server listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
    tokio::spawn(connection);
    let request = Request::get(path).header("host", "server").body(Empty::<Bytes>::new()).expect("a request");
    let response = sender.send_request(request).await.expect("an answer");
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn main() {
    let sim = Sim::new();
    let net = sim.net();
    let (client, server) = (net.host("client"), net.host("server"));
    net.between("client", "server").latency(millis(20)).keep();
    let listener = SimListener(server.listen(80).expect("port 80 is free"));
    server.spawn(async move { axum::serve(listener, app()).await });

    let clock = sim.clock();
    sim.run(async move {
        assert_eq!(fetch(&client, "/hello/ann").await, (StatusCode::OK, "hello ann".to_owned()));
        assert_eq!(clock.since_start(), millis(80), "two round trips: the connection and the request");
        assert_eq!(fetch(&client, "/nothing").await.0, StatusCode::NOT_FOUND);
        let slow = fetch(&client, "/slow").await;
        assert_eq!(slow, (StatusCode::OK, "at last".to_owned()));
        assert_eq!(clock.since_start(), secs(3600) + millis(240));
    });
    sim.audit().except_host("server").assert_clean();
}
