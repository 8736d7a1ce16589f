//! A tour: hyper's real server and client, unmodified, with the network unplugged.
#![expect(clippy::print_stdout, reason = "a story is told")]
#![expect(clippy::disallowed_methods, reason = "shows how much real time the virtual hours took")]

use std::{convert::Infallible, time::Instant};

use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1 as client_http1,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use unplugged::{
    Sim,
    clock::{ClockExt, hours, millis, nanos, secs},
    fake::{Script, check_scenario, scenario},
    inject::{Exit, FakeProcess, Process},
    strict_fake,
    transport::{Pipe, Segmentation, pipe},
};

fn main() {
    println!("Everything below is hyper's own code, over a pipe in memory. No socket, no sleep.\n");
    a_silent_client_is_cut_off();
    an_idle_connection_lives_for_two_hours();
    the_bytes_may_be_cut_anyhow();
    a_stall_is_reported();
    a_forgotten_call_is_caught();
    an_exit_does_not_end_the_process();
    println!("Next: `cargo test`, then tutorial/README.md.");
}

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("hello")))
}

/// hyper's server on one end of a pipe, with its 30 s limit for request heads.
async fn serve(server: Pipe) -> Result<(), hyper::Error> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .header_read_timeout(secs(30))
        .serve_connection(TokioIo::new(server), service_fn(hello))
        .await
}

fn a_silent_client_is_cut_off() {
    println!("1. A client connects and says nothing. The server gives it 30 s.");
    let begun = Instant::now();
    let sim = Sim::new();
    let (_client, server) = pipe();
    let served = sim.watch(serve(server)).named("connection");

    sim.advance(secs(30) - nanos(1));
    served.assert_pending();
    println!("   +29.999999999s  still waiting");

    sim.advance(nanos(1));
    let error = served.assert_failure();
    assert!(error.is_timeout());
    println!("   +30s            {error}");
    println!("   real time       {:?}\n", begun.elapsed());
}

fn an_idle_connection_lives_for_two_hours() {
    println!("2. A client asks once and keeps the connection, idle, under a limit of two hours.");
    let begun = Instant::now();
    Sim::new().run_test(|sim| async move {
        let (mut client, server) = pipe();
        let served = sim.watch(async move {
            tokio::time::timeout(
                hours(2),
                http1::Builder::new().serve_connection(TokioIo::new(server), service_fn(hello)),
            )
            .await
        });
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the pipe has room");
        sim.settle().await;
        let answer = client.read_bytes().await.expect("the server is there").expect("the server answers");
        println!(
            "   +0s             {}",
            answer.escape_ascii().to_string().split("\\r").next().unwrap_or_default()
        );

        sim.advance(hours(2) - millis(1)).await;
        served.assert_pending();
        println!("   +{:?}      the connection is idle, and open", sim.clock().since_start());
        sim.advance(millis(1)).await;
        served.assert_failure();
        println!("   +{:?}          the two-hour limit has cut it", sim.clock().since_start());
    });
    println!("   real time       {:?}\n", begun.elapsed());
}

fn the_bytes_may_be_cut_anyhow() {
    println!("3. The same exchange, whole and with every byte in a packet of its own.");
    let exchange = |segmentation: Segmentation| {
        Sim::new().run_test(|sim| async move {
            let (client, server) = Pipe::builder().segmentation(segmentation).pair();
            let served = sim.watch(serve(server));
            let (mut sender, connection) =
                client_http1::handshake(TokioIo::new(client)).await.expect("hyper's client starts");
            let driven = sim.watch(connection);
            let request =
                Request::get("/").header("host", "a").body(Empty::<Bytes>::new()).expect("a good request");
            let response = sender.send_request(request).await.expect("the server answers");
            let status = response.status();
            let body = response.into_body().collect().await.expect("the body is complete").to_bytes();
            drop(sender);
            sim.settle().await;
            driven.assert_success();
            served.assert_success();
            (status, body)
        })
    };
    let whole = exchange(Segmentation::whole());
    let ones = exchange(Segmentation::one_byte());
    assert_eq!(whole, ones);
    println!("   whole           {} {:?}", whole.0, whole.1);
    println!("   byte by byte    {} {:?}\n", ones.0, ones.1);
}

fn a_stall_is_reported() {
    println!(
        "4. Two sides that wait for each other. A test of this would hang; here it fails, and says why."
    );
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let stalled = std::panic::catch_unwind(|| {
        Sim::new().run_test(|sim| async move {
            let (client, server) = pipe();
            let [client, server] = [("client", client), ("server", server)].map(|(name, mut end)| {
                sim.watch(async move { end.read_bytes().await.map(drop) }).named(name)
            });
            tokio::time::sleep(millis(250)).await;
            std::future::pending::<()>().await;
            drop((client, server));
        });
    });
    std::panic::set_hook(quiet);
    let payload = stalled.expect_err("nothing can happen");
    let text = payload.downcast_ref::<String>().expect("a report");
    assert!(text.starts_with("the sim has stalled"));
    assert!(text.contains("read from `client`") && text.contains("read from `server`"));
    text.lines().for_each(|line| println!("   | {line}"));
    println!();
}

#[strict_fake]
trait Cache {
    fn get(&self, path: &str) -> Option<Bytes>;
    fn put(&self, path: &str, body: Bytes);
}

#[strict_fake]
trait Origin {
    fn fetch(&self, path: &str) -> Bytes;
}

/// Answers from the cache, or else from the origin. It claims to ask the origin only once.
fn forgetful(cache: &dyn Cache, origin: &dyn Origin, path: &str) -> Bytes {
    cache.get(path).unwrap_or_else(|| origin.fetch(path))
}

/// Answers from the cache, or else from the origin, and keeps the answer.
fn mended(cache: &dyn Cache, origin: &dyn Origin, path: &str) -> Bytes {
    cache.get(path).unwrap_or_else(|| {
        let body = origin.fetch(path);
        cache.put(path, body.clone());
        body
    })
}

fn a_forgotten_call_is_caught() {
    println!(
        "5. A cache that never keeps what it fetched. Its answers are right, and many mocks would agree."
    );
    let path = || "/logo".to_owned();
    let first_request = |proxy: fn(&dyn Cache, &dyn Origin, &str) -> Bytes| {
        move |script: &Script| {
            script.expect(cache_calls::Get { path: path() }).reply(None);
            script.expect(origin_calls::Fetch { path: path() }).reply("PNG".into());
            script.expect(cache_calls::Put { path: path(), body: "PNG".into() }).reply(());
            proxy(&FakeCache(script.handle()), &FakeOrigin(script.handle()), "/logo")
        }
    };
    let violation = check_scenario(first_request(forgetful)).expect_err("a call is missing");
    assert_eq!(violation.parts()[0].headline(), "`Cache::put` was never called (entry 3 of 3)");
    violation.to_string().lines().for_each(|line| println!("   | {line}"));

    let (body, log) = scenario(first_request(mended));
    assert_eq!(body, "PNG");
    log.assert_call_count(3);
    println!("   mended          {body:?}, and the cache has it\n");
}

/// Ends the process with 2 if no address to listen on is given.
fn port(process: &Process) -> String {
    process.env.var("PORT").unwrap_or_else(|_| process.exit.exit(2))
}

fn an_exit_does_not_end_the_process() {
    println!(
        "6. A server that exits when PORT is not set. A test of this would end with it; here it goes on."
    );
    assert!(Exit::real().is_real() && Process::real().is_real());
    let fake = FakeProcess::new().env_absent("PORT");
    let ended = fake.run(|process| port(&process));
    ended.assert_code(2);
    fake.finish();
    println!("   without PORT    {ended:?}");

    let fake = FakeProcess::new().env("PORT", "80").env("PROT", "a typo");
    fake.run(|process| port(&process)).assert_returned();
    let violation = fake.check_finish().expect_err("PROT is never read");
    assert_eq!(violation.headline(), "the variable \"PROT\" was declared, and never read");
    println!("   with a typo     {}\n", violation.headline());
}
