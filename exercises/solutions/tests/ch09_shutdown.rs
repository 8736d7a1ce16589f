//! Chapter 09: how to stop, by hand and in a simulated world. On real TCP: `real_tcp`.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

#[path = "../src/bin/serve/app.rs"]
mod app;

use std::{cell::RefCell, convert::Infallible, io, rc::Rc, sync::Arc};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{Clock, FakeClock, millis},
    outcome::{Promise, promise},
    transport::{ByHand, ConnectionState, Segmentation, drive, pipe},
};
use workbook::{
    ch03_connection::Connection,
    ch06_limits::BoundedMessages,
    ch07_time::Deadlines,
    ch08_application::{AppConfig, Router, ServerFactory},
    ch09_shutdown::stop_signal,
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const SLOW: &str = "GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n";

type Server = Connection<Router, BoundedMessages, Deadlines>;

fn connection(clock: Arc<dyn Clock>) -> Server {
    let app_clock = Arc::clone(&clock);
    ServerFactory::new(AppConfig::default(), clock, move || app::routes(Arc::clone(&app_clock))).build()
}

/// A connection that the test tells to stop.
fn stoppable(clock: &FakeClock) -> (ByHand<Server>, Promise<(), Infallible>) {
    let (promise, told) = promise();
    let told = async { told.await.unwrap_or_else(|never| match never {}) };
    (ByHand::on_clock(connection(Arc::new(clock.clone())).stop_when(told), clock), promise)
}

#[track_caller]
fn output(server: &mut ByHand<Server>) -> String {
    String::from_utf8(server.value().to_vec()).unwrap()
}

#[test]
fn t01_a_connection_that_is_not_told_goes_on() {
    let (mut server, _stop) = stoppable(&FakeClock::new());
    server.receive(GET);
    server.assert_state(ConnectionState::Open);
}

#[test]
fn t02_an_idle_connection_is_closed_at_once() {
    let (mut server, stop) = stoppable(&FakeClock::new());
    server.receive(GET);
    let _ = server.take();
    stop.succeed(());
    server.assert_state(ConnectionState::Closing);
    server.assert_written("");
}

#[test]
fn t03_a_new_connection_is_closed_at_once() {
    let (mut server, stop) = stoppable(&FakeClock::new());
    stop.succeed(());
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t04_what_is_in_flight_is_finished_and_says_close() {
    let clock = FakeClock::new();
    let (mut server, stop) = stoppable(&clock);
    server.receive(SLOW);
    stop.succeed(());
    server.assert_state(ConnectionState::Open);
    server.advance(millis(50));
    let output = output(&mut server);
    assert!(output.contains("\r\nConnection: close\r\n") && output.ends_with("at last\n"), "{output}");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t05_a_request_that_has_begun_may_end() {
    let (mut server, stop) = stoppable(&FakeClock::new());
    server.receive(&GET[..20]);
    stop.succeed(());
    server.assert_state(ConnectionState::Open);
    server.receive(&GET[20..]);
    assert!(output(&mut server).contains("\r\nConnection: close\r\n"));
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t06_what_was_sent_ahead_is_dropped() {
    let clock = FakeClock::new();
    let (mut server, stop) = stoppable(&clock);
    server.receive([SLOW, GET].concat());
    stop.succeed(());
    server.advance(millis(50));
    assert_eq!(output(&mut server).matches("HTTP/1.1 ").count(), 1);
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t07_the_wire_tells_all_who_listen_and_those_who_come_late() {
    let (stopper, stop) = stop_signal();
    let (once, twice) = (unplugged::outcome::watch(stop.told(1)), unplugged::outcome::watch(stop.told(2)));
    once.assert_pending();
    stopper.stop();
    once.assert_ready();
    twice.assert_pending();
    stopper.stop();
    twice.assert_ready();
    unplugged::outcome::watch(stop.told(1)).assert_ready();
}

#[test]
fn t08_a_dropped_stopper_never_tells() {
    let (stopper, stop) = stop_signal();
    drop(stopper);
    unplugged::outcome::watch(stop.told(1)).assert_pending();
}

/// What a client hears over a pipe in a simulated world, and when its connection ended.
fn in_a_sim(client: impl AsyncFnOnce(&mut unplugged::transport::Pipe) -> io::Result<()> + 'static) -> String {
    let sim = Sim::new();
    let (mut near, far) = pipe();
    let clock: Arc<dyn Clock> = Arc::new(sim.clock());
    let served = sim.watch(drive(connection(Arc::clone(&clock)), far, clock));
    let heard = sim.watch(async move {
        client(&mut near).await?;
        let mut heard = String::new();
        near.read_to_string(&mut heard).await.map(|_| heard)
    });
    sim.run_until_idle();
    served.assert_ready().1.as_ref().unwrap();
    heard.assert_success().clone()
}

#[test]
fn t09_the_same_connection_runs_over_a_pipe() {
    let heard = in_a_sim(async |client| {
        client.write_all([GET, SLOW, GET].concat().as_bytes()).await?;
        client.shutdown().await
    });
    assert_eq!(heard.matches("HTTP/1.1 200 OK").count(), 3);
    assert!(heard.ends_with("hello, world\n"), "{heard}");
}

#[test]
fn t10_a_silent_client_is_closed_in_virtual_time() {
    assert_eq!(in_a_sim(async |_| Ok(())), "");
    let heard = in_a_sim(async |client| client.write_all(b"GET / HT").await);
    assert!(heard.starts_with("HTTP/1.1 408 "), "{heard}");
}

/// Far more answers than the pipe holds: both sides wait for each other again and again.
#[test]
fn t11_a_client_that_sends_all_before_it_listens_gets_all() {
    let heard = Rc::new(RefCell::new(String::new()));
    let sim = Sim::new();
    let (near, far) = pipe();
    let clock: Arc<dyn Clock> = Arc::new(sim.clock());
    let served = sim.watch(drive(connection(Arc::clone(&clock)), far, clock));
    let (mut reading, mut writing) = tokio::io::split(near);
    let sent = sim.watch(async move {
        writing.write_all(GET.repeat(20_000).as_bytes()).await?;
        writing.shutdown().await
    });
    let read = sim.watch({
        let heard = Rc::clone(&heard);
        async move {
            let mut all = String::new();
            reading.read_to_string(&mut all).await.unwrap();
            *heard.borrow_mut() = all;
        }
    });
    sim.run_until_idle();
    sent.assert_success();
    read.assert_ready();
    served.assert_ready();
    assert_eq!(heard.borrow().matches("hello, world\n").count(), 20_000);
}

/// By hand, as in all chapters before.
#[test]
fn t12_the_same_connection_runs_by_hand() {
    let clock = FakeClock::new();
    let mut server = ByHand::on_clock(connection(Arc::new(clock.clone())), &clock);
    server.receive_cut(GET, &Segmentation::one_byte());
    assert!(output(&mut server).ends_with("hello, world\n"));
}
