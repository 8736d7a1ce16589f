//! Chapter 07: deadlines. No test sleeps, and none leaves a timer behind.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use unplugged::{
    clock::{Clock, FakeClock, millis, nanos, secs},
    outcome::{Promise, promise},
    transport::{ByHand, ConnectionState},
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Handler, Phase, Reply, Request, Timekeeper},
    ch05_bodies::{BodyLimits, Messages},
    ch07_time::{Deadlines, Timeouts},
};

type Server<H> = ByHand<Connection<H, Messages, Deadlines>>;
type Promises = Rc<RefCell<Vec<Promise<Response, BoxError>>>>;

const TIMEOUTS: Timeouts = Timeouts {
    head: secs(60),
    body_idle: secs(30),
    keep_alive_idle: secs(75),
    handler: Some(secs(10)),
    write_stall: secs(20),
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

fn hello() -> Response {
    Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }
}

fn with<H: Handler>(handler: H, timeouts: Timeouts, clock: &FakeClock) -> Server<H> {
    let time = Deadlines::new(Arc::new(clock.clone()), timeouts);
    ByHand::on_clock(Connection::with(handler, Messages::new(BodyLimits::default()), time), clock)
}

/// A connection that says hello at once.
fn greeting(clock: &FakeClock) -> Server<impl Handler> {
    with(|_: Request| Ok(Reply::Now(hello())), TIMEOUTS, clock)
}

/// A connection whose answers are in the test's hand.
fn promised(timeouts: Timeouts, clock: &FakeClock) -> (Server<impl Handler>, Promises) {
    let promises = Promises::default();
    let handler = {
        let promises = Rc::clone(&promises);
        move |_: Request| {
            let (promise, answer) = promise();
            promises.borrow_mut().push(promise);
            Ok(Reply::Later(Box::pin(answer)))
        }
    };
    (with(handler, timeouts, clock), promises)
}

/// The status of the last answer, and whether the connection ends.
#[track_caller]
fn assert_ends_with<H: Handler>(server: &mut Server<H>, status: &str) {
    let output = String::from_utf8(server.take().to_vec()).unwrap();
    assert!(output.starts_with(&format!("HTTP/1.1 {status} ")), "{output}");
    server.assert_state(ConnectionState::Closing);
}

#[track_caller]
fn assert_ends_silently<H: Handler>(server: &mut Server<H>) {
    server.assert_written("");
    server.assert_state(ConnectionState::Closing);
}

/// Up to the last nanosecond nothing happens, and then it does.
#[track_caller]
fn advance_to_the_end_of<H: Handler>(server: &mut Server<H>, limit: Duration) {
    server.advance(limit - nanos(1));
    server.assert_state(ConnectionState::Open);
    server.advance(nanos(1));
}

#[test]
fn t01_a_client_that_says_nothing_is_closed_after_the_head_limit() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    advance_to_the_end_of(&mut server, secs(60));
    assert_ends_silently(&mut server);
}

#[test]
fn t02_a_head_that_is_not_whole_in_time_is_answered_408() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive("GET / HT");
    advance_to_the_end_of(&mut server, secs(60));
    assert_ends_with(&mut server, "408");
}

#[test]
fn t03_bytes_that_drip_do_not_move_the_deadline() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    for byte in &GET.as_bytes()[..11] {
        server.advance(secs(5));
        server.receive([*byte]);
    }
    advance_to_the_end_of(&mut server, secs(5));
    assert_ends_with(&mut server, "408");
}

#[test]
fn t04_empty_lines_that_drip_do_not_move_it_either() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    for _ in 0..11 {
        server.advance(secs(5));
        server.receive("\r\n");
    }
    advance_to_the_end_of(&mut server, secs(5));
    assert_ends_silently(&mut server);
}

#[test]
fn t05_a_request_in_the_last_moment_is_in_time() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.advance(secs(60) - nanos(1));
    server.receive(GET);
    server.advance(nanos(1));
    assert!(server.take().ends_with(b"hello"));
    server.assert_state(ConnectionState::Open);
}

#[test]
fn t06_the_head_limit_does_not_count_while_the_handler_works() {
    let clock = FakeClock::new();
    let (mut server, promises) = promised(Timeouts { handler: None, ..TIMEOUTS }, &clock);
    server.receive(GET);
    server.advance(secs(3600));
    server.assert_state(ConnectionState::Open);
    promises.borrow_mut().remove(0).succeed(hello());
    assert!(server.value().ends_with(b"hello"));
}

#[test]
fn t07_a_body_that_stops_is_answered_408() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(POST);
    advance_to_the_end_of(&mut server, secs(30));
    assert_ends_with(&mut server, "408");
}

#[test]
fn t08_each_piece_of_a_body_begins_its_limit_anew() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(POST);
    for byte in b"hell" {
        server.advance(secs(30) - nanos(1));
        server.receive([*byte]);
    }
    advance_to_the_end_of(&mut server, secs(30));
    assert_ends_with(&mut server, "408");
}

#[test]
fn t09_an_idle_connection_is_closed_silently() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(GET);
    assert!(server.take().ends_with(b"hello"));
    advance_to_the_end_of(&mut server, secs(75));
    assert_ends_silently(&mut server);
}

#[test]
fn t10_the_first_byte_of_a_request_ends_idleness_and_begins_the_head_limit() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(GET);
    let _ = server.take();
    server.advance(secs(74));
    server.receive("G");
    advance_to_the_end_of(&mut server, secs(60));
    assert_ends_with(&mut server, "408");
}

#[test]
fn t11_the_head_limit_begins_anew_for_each_request() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive("GET / HT");
    server.advance(secs(59));
    server.receive("TP/1.1\r\nHost: a\r\n\r\nGET / HT");
    let _ = server.take();
    advance_to_the_end_of(&mut server, secs(60));
    assert_ends_with(&mut server, "408");
}

#[test]
fn t12_a_handler_that_is_too_slow_is_answered_for_with_503() {
    let clock = FakeClock::new();
    let (mut server, _promises) = promised(TIMEOUTS, &clock);
    server.receive(GET);
    server.advance(secs(10) - nanos(1));
    server.assert_written("");
    server.advance(nanos(1));
    assert!(server.value().starts_with(b"HTTP/1.1 503 "));
}

#[test]
fn t13_the_answer_of_a_slow_handler_is_dropped() {
    let clock = FakeClock::new();
    let (mut server, promises) = promised(TIMEOUTS, &clock);
    server.receive(GET);
    server.advance(secs(10));
    assert!(promises.borrow()[0].is_dropped());
    let written = server.value();
    assert!(promises.borrow_mut().remove(0).complete(Ok(hello())).is_err());
    server.assert_written(written);
}

#[test]
fn t14_the_request_behind_a_slow_one_is_served() {
    let clock = FakeClock::new();
    let (mut server, promises) = promised(TIMEOUTS, &clock);
    server.receive([GET, GET].concat());
    server.advance(secs(10));
    let _ = server.take();
    promises.borrow_mut().remove(1).succeed(hello());
    assert!(server.value().starts_with(b"HTTP/1.1 200 "));
}

#[test]
fn t15_a_lost_connection_leaves_no_timer() {
    let clock = FakeClock::new();
    let (mut server, _promises) = promised(TIMEOUTS, &clock);
    server.receive(GET);
    assert_eq!(clock.pending().len(), 1);
    server.break_off(std::io::ErrorKind::ConnectionReset);
    assert_eq!(clock.pending().len(), 0);
}

#[test]
fn t16_a_hundred_requests_leave_one_timer_and_the_end_none() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    (0..100).for_each(|_| server.receive(GET));
    assert_eq!(clock.pending().len(), 1);
    server.receive("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(clock.pending().len(), 0);
}

#[test]
fn t17_a_client_that_takes_nothing_is_cut_off() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive(GET);
    advance_to_the_end_of(&mut server, secs(20));
    server.assert_state(ConnectionState::Aborted);
}

#[test]
fn t18_a_client_that_takes_a_little_is_waited_for() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive(GET);
    for _ in 0..10 {
        server.advance(secs(20) - nanos(1));
        server.set_window(1);
        server.receive("\r\n"); // a sign of life in the other direction counts for nothing
    }
    advance_to_the_end_of(&mut server, secs(20));
    server.assert_state(ConnectionState::Aborted);
}

#[test]
fn t19_a_stall_is_noticed_after_the_close_too() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive("GET / HTTP/1.0\r\n\r\n");
    server.assert_state(ConnectionState::Closing);
    server.advance(secs(20) - nanos(1));
    server.assert_state(ConnectionState::Closing);
    server.advance(nanos(1));
    server.assert_state(ConnectionState::Aborted);
}

#[test]
fn t20_two_connections_have_their_own_time() {
    let clock = FakeClock::new();
    let mut first = greeting(&clock);
    clock.advance(secs(30));
    let mut second = greeting(&clock);
    second.advance(secs(30));
    assert_ends_silently(&mut first);
    second.assert_state(ConnectionState::Open);
    second.advance(secs(30));
    assert_ends_silently(&mut second);
}

#[test]
fn t21_one_long_step_is_as_good_as_many() {
    let run = |steps: u32| {
        let clock = FakeClock::new();
        let mut server = greeting(&clock);
        server.receive(GET);
        server.receive("GET");
        (0..steps).for_each(|_| server.advance(secs(60) / steps));
        (server.value(), server.state())
    };
    assert_eq!(run(1), run(60_000));
}

#[test]
fn t22_answers_say_the_date() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(GET);
    assert!(server.lines().iter().any(|line| line == "Date: Sat, 01 Jan 2000 00:00:00 GMT"));
    let _ = server.take();
    server.advance(secs(2) + millis(1));
    server.receive(GET);
    assert!(server.lines().iter().any(|line| line == "Date: Sat, 01 Jan 2000 00:00:02 GMT"));
}

#[test]
fn t23_a_slow_download_is_not_idleness() {
    let clock = FakeClock::new();
    let timeouts = Timeouts { write_stall: secs(100), ..TIMEOUTS };
    let mut server = with(|_: Request| Ok(Reply::Now(hello())), timeouts, &clock);
    server.set_window(0);
    server.receive(GET);
    server.advance(secs(99));
    server.assert_state(ConnectionState::Open);
    server.set_window(usize::MAX);
    advance_to_the_end_of(&mut server, secs(75));
    server.assert_state(ConnectionState::Closing);
}

/// A transport may hold a little back without calling it slow: then the connection is idle, and not quite.
#[test]
fn t24_an_answer_that_is_still_going_out_is_not_idleness() {
    let clock = FakeClock::new();
    let mut time = Deadlines::new(Arc::new(clock.clone()), Timeouts { write_stall: secs(100), ..TIMEOUTS });
    time.enter(Phase::Idle);
    time.sent(0, 5);
    clock.advance(secs(75));
    assert_eq!(time.expired(clock.now()), None);
    time.sent(5, 0);
    assert_eq!(time.deadline(), Some(clock.now() + secs(75)));
    clock.advance(secs(75));
    assert_eq!(time.expired(clock.now()), Some(Phase::Idle));
    assert_eq!(time.deadline(), None);
}

#[test]
fn t25_to_ask_too_early_does_no_harm() {
    let clock = FakeClock::new();
    let mut time = Deadlines::new(Arc::new(clock.clone()), TIMEOUTS);
    time.enter(Phase::Head);
    time.sent(0, 5);
    let deadline = time.deadline();
    assert_eq!(deadline, Some(clock.now() + secs(20)));
    assert_eq!(time.expired(clock.now() + secs(20) - nanos(1)), None);
    assert_eq!(time.deadline(), deadline);
}

#[test]
fn deadlines_show_their_state() {
    let time = Deadlines::new(Arc::new(FakeClock::new()), TIMEOUTS);
    let shown = format!("{time:?}");
    assert!(shown.ends_with("phase: Over, is_stalled: false, .. }"), "{shown}");
}
