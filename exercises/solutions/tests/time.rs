//! Tests of chapter 07's timekeeper in a whole connection.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::sync::Arc;

use unplugged::{
    clock::{FakeClock, nanos, secs},
    transport::{ConnectionState, TestConnection},
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{Connection, Handler, Reply, Request},
    ch05_bodies::{BodyLimits, Messages},
    ch07_time::{Deadlines, Timeouts},
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn greeting(
    clock: &FakeClock,
    timeouts: Timeouts,
) -> TestConnection<Connection<impl Handler, Messages, Deadlines>> {
    let hello = |_: Request| {
        Ok(Reply::Now(Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }))
    };
    let time = Deadlines::new(Arc::new(clock.clone()), timeouts);
    TestConnection::on_clock(Connection::with(hello, Messages::new(BodyLimits::default()), time), clock)
}

#[test]
fn empty_lines_that_drip_do_not_move_the_deadline() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock, Timeouts::default());
    for _ in 0..11 {
        server.advance(secs(5));
        server.receive("\r\n");
    }
    server.advance(secs(5) - nanos(1));
    server.assert_state(ConnectionState::Open);
    server.advance(nanos(1));
    server.assert_state(ConnectionState::Closing);
    server.assert_written("");
}

#[test]
fn a_slow_download_is_not_idle() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock, Timeouts { write_stall: secs(100), ..Timeouts::default() });
    server.set_window(0);
    server.receive(GET);
    server.advance(secs(99));
    server.assert_state(ConnectionState::Open);
    server.set_window(usize::MAX);
    server.advance(secs(75) - nanos(1));
    server.assert_state(ConnectionState::Open);
    server.advance(nanos(1));
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn a_late_answer_of_a_slow_handler_is_not_written() {
    let clock = FakeClock::new();
    let (promise, answer) = unplugged::outcome::promise();
    let mut answer = Some(answer);
    let handler = move |_: Request| Ok(Reply::Later(Box::pin(answer.take().unwrap())));
    let timeouts = Timeouts { handler: Some(secs(10)), ..Timeouts::default() };
    let time = Deadlines::new(Arc::new(clock.clone()), timeouts);
    let connection = Connection::with(handler, Messages::new(BodyLimits::default()), time);
    let mut server = TestConnection::on_clock(connection, &clock);
    server.receive(GET);
    server.advance(secs(10));
    let written = server.value();
    assert!(written.starts_with(b"HTTP/1.1 503 "));
    let late = Response { status: 200, headers: vec![], body: Body::Full(vec![]) };
    assert!(promise.complete(Ok(late)).is_err());
    server.assert_written(written);
}

#[test]
fn deadlines_show_their_state() {
    let time = Deadlines::new(Arc::new(FakeClock::new()), Timeouts::default());
    let shown = format!("{time:?}");
    assert!(shown.ends_with("phase: Over, is_stalled: false, .. }"), "{shown}");
}
