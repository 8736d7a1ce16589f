//! `axum` and `reqwest`, as they come.

use std::net::SocketAddr;

use axum::{Router, extract::ConnectInfo, routing::get};
use unplugged::{
    Sim,
    clock::{millis, secs},
    net::Host,
};

use crate::{LONG, always_the_same, two_hosts};

/// Production's own: it binds a port of the machine.
async fn serve() {
    let slow = async || {
        tokio::time::sleep(secs(5)).await;
        "at last"
    };
    let who = async |ConnectInfo(from): ConnectInfo<SocketAddr>| format!("hello, {}", from.ip());
    let app = Router::new().route("/who", get(who)).route("/slow", get(slow));
    let listener = tokio::net::TcpListener::bind("0.0.0.0:80").await.unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await.unwrap();
}

/// One request, on this client.
async fn fetch(client: &reqwest::Client, path: &str) -> Result<String, reqwest::Error> {
    client.get(format!("http://server{path}")).send().await?.error_for_status()?.text().await
}

/// Runs this on a host, and waits for it.
fn on<T: Send + 'static>(sim: &Sim, host: &Host, what: impl Future<Output = T> + Send + 'static) -> T {
    sim.run(host.spawn(what)).unwrap()
}

#[test]
fn a_request_takes_two_round_trips_and_the_next_on_the_connection_takes_one() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim, millis(10));
    server.spawn(serve());
    let address = client.ip();
    let (first, second) = on(&sim, &client, async {
        let client = reqwest::Client::new();
        let begun = tokio::time::Instant::now();
        let first = (fetch(&client, "/who").await.unwrap(), begun.elapsed());
        (first, (fetch(&client, "/who").await.unwrap(), begun.elapsed()))
    });
    assert_eq!(first, (format!("hello, {address}"), millis(40)));
    assert_eq!(second.1, millis(60));
}

#[test]
fn a_timeout_passes_at_its_instant_while_the_server_is_slow_or_cut_off() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim, millis(10));
    server.spawn(serve());
    let asks = || async {
        let client = reqwest::Client::builder().timeout(secs(3)).build().unwrap();
        let begun = tokio::time::Instant::now();
        let error = fetch(&client, "/slow").await.unwrap_err();
        (error.is_timeout(), begun.elapsed())
    };
    assert_eq!(on(&sim, &client, asks()), (true, secs(3)));
    let cut = sim.net().between("client", "server").partition();
    assert_eq!(on(&sim, &client, asks()), (true, secs(3)));
    cut.remove();
}

#[test]
fn a_crash_resets_the_request_and_a_restart_serves_again() {
    let sim = Sim::new();
    let [client, server] = two_hosts(&sim, millis(10));
    server.start(|_host| serve());
    let asked = sim.watch(client.spawn(async { fetch(&reqwest::Client::new(), "/slow").await.is_err() }));
    sim.advance(secs(1));
    server.crash();
    server.restart();
    // A client that only reads hears nothing of a crash: the keep-alive of its socket does.
    asked.assert_pending();
    let again = on(&sim, &client, async { fetch(&reqwest::Client::new(), "/who").await });
    assert!(again.unwrap().starts_with("hello"));
}

#[test]
fn a_hundred_requests_over_a_bad_link_run_the_same_each_time() {
    let answers = always_the_same(|sim, [client, server]| {
        server.spawn(serve());
        let done = sim.watch(client.spawn(async {
            let client = reqwest::Client::new();
            let mut answers = 0;
            for _request in 0..25 {
                let (a, b, c, d) = tokio::join!(
                    fetch(&client, "/who"),
                    fetch(&client, "/who"),
                    fetch(&client, "/who"),
                    fetch(&client, "/who"),
                );
                answers += [a, b, c, d].into_iter().filter(|answer| answer.is_ok()).count();
            }
            answers
        }));
        sim.advance(LONG);
        *done.assert_success()
    });
    assert_eq!(answers, 100);
}
