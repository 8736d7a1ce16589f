//! Chapter 07: how long a connection waits. These tests are given: do not edit them, make them green in their order.
//! None of them sleeps: hours pass in a microsecond, and to the nanosecond.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use support::{holds, same, shown};
use unplugged::{
    clock::{Clock, ClockExt, FakeClock, millis, nanos, secs},
    outcome::{Promise, promise},
    transport::{ConnectionState, TestConnection},
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Handler, Phase, Reply, Request, Timekeeper},
    ch05_bodies::{BodyLimits, Messages},
    ch07_time::{Deadlines, Timeouts},
};

/// All different, so that each test knows which one it saw.
const TIMEOUTS: Timeouts = Timeouts {
    head: secs(60),
    body_idle: secs(30),
    keep_alive_idle: secs(75),
    handler: Some(secs(10)),
    write_stall: secs(20),
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

// The timekeeper alone: a clock, and no connection.

fn deadlines(clock: &FakeClock, timeouts: Timeouts) -> Deadlines {
    Deadlines::new(Arc::new(clock.clone()), timeouts)
}

/// How far the deadline is from the clock's beginning.
fn deadline(time: &Deadlines, clock: &FakeClock) -> Option<Duration> {
    time.deadline().map(|deadline| deadline.saturating_duration_since(clock.start()))
}

#[track_caller]
fn waits_until(time: &Deadlines, clock: &FakeClock, expected: Option<Duration>, rule: &str) {
    same(&format!("deadline() at +{:?}", clock.since_start()), deadline(time, clock), expected, rule);
}

#[track_caller]
fn expires(time: &mut Deadlines, clock: &FakeClock, now: Instant, expected: Option<Phase>, rule: &str) {
    let at = now.saturating_duration_since(clock.start());
    same(&format!("expired(at +{at:?})"), time.expired(now), expected, rule);
}

// The connection by hand: your timekeeper in the connection of chapter 03, with the bodies of chapter 05.

type Server<H> = TestConnection<Connection<H, Messages, Deadlines>>;
type Promises = Rc<RefCell<Vec<Promise<Response, BoxError>>>>;

fn hello() -> Response {
    Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }
}

fn with<H: Handler>(handler: H, timeouts: Timeouts, clock: &FakeClock) -> Server<H> {
    let decoder = Messages::new(BodyLimits::default());
    TestConnection::on_clock(Connection::with(handler, decoder, deadlines(clock, timeouts)), clock)
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

#[track_caller]
fn is<H: Handler>(server: &mut Server<H>, clock: &FakeClock, expected: ConnectionState, rule: &str) {
    same(&format!("the connection at +{:?}", clock.since_start()), server.state(), expected, rule);
}

/// What was written since the last look is an answer with this status; for an empty one, nothing.
#[track_caller]
fn answers<H: Handler>(server: &mut Server<H>, status: &str, rule: &str) {
    let written = server.take();
    let what = format!("what was written should be {}", if status.is_empty() { "nothing" } else { status });
    let is_so = match status {
        "" => written.is_empty(),
        _ => written.starts_with(format!("HTTP/1.1 {status} ").as_bytes()),
    };
    holds(&format!("{what}\n  got      {}", shown(&written)), is_so, rule);
}

/// Up to the last nanosecond of `limit` the connection is open; then it is what is expected.
#[track_caller]
fn ends_after<H: Handler>(
    server: &mut Server<H>,
    clock: &FakeClock,
    limit: Duration,
    expected: ConnectionState,
    rule: &str,
) {
    server.advance(limit - nanos(1));
    is(server, clock, ConnectionState::Open, rule);
    server.advance(nanos(1));
    is(server, clock, expected, rule);
}

/// What is waited for, and how long, is one table.
#[test]
fn t01_each_phase_has_its_limit() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    waits_until(&time, &clock, None, "nothing was waited for yet");
    for (phase, limit) in [
        (Phase::Head, Some(secs(60))),
        (Phase::Body, Some(secs(30))),
        (Phase::Idle, Some(secs(75))),
        (Phase::Handler, Some(secs(10))),
        (Phase::Write, None),
        (Phase::Head, Some(secs(60))),
        (Phase::Over, None),
    ] {
        time.enter(phase);
        waits_until(&time, &clock, limit, &format!("the limit of {phase:?} begins when the phase does"));
    }
}

/// "As long as it takes" is `None`, or a `Duration` that people write when they mean it.
#[test]
fn t02_no_limit_is_never_reached() {
    let clock = FakeClock::new();
    let timeouts = Timeouts { handler: None, head: Duration::MAX, write_stall: Duration::MAX, ..TIMEOUTS };
    let mut time = deadlines(&clock, timeouts);
    time.enter(Phase::Handler);
    waits_until(&time, &clock, None, "without a limit for the handler it may take for ever");
    time.enter(Phase::Head);
    time.sent(0, 1);
    waits_until(&time, &clock, None, "a limit too far for an Instant is never reached: checked_add");
}

/// The connection says its phase after every call, and there is a call for every byte.
#[test]
fn t03_said_again_a_phase_does_not_begin_anew() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    time.enter(Phase::Head);
    clock.advance(secs(59));
    time.enter(Phase::Head);
    waits_until(&time, &clock, Some(secs(60)), "only a change of phase begins a limit");
    time.enter(Phase::Handler);
    waits_until(&time, &clock, Some(secs(69)), "a change begins it at the clock's time, not at zero");
}

/// Before, at, and after: the three places where a deadline can be wrong.
#[test]
fn t04_a_limit_is_reached_at_its_instant_and_once() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    time.enter(Phase::Head);
    let end = clock.now() + secs(60);
    expires(&mut time, &clock, end - nanos(1), None, "not before its instant: to ask too early does no harm");
    waits_until(&time, &clock, Some(secs(60)), "to ask too early changes nothing");
    expires(&mut time, &clock, end, Some(Phase::Head), "at its instant");
    expires(&mut time, &clock, end, None, "once: a limit that was reached does not run any more");
    waits_until(&time, &clock, None, "once: a limit that was reached does not run any more");
}

/// A phase and a stall run side by side.
#[test]
fn t05_of_two_limits_the_first_is_told() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    time.enter(Phase::Body);
    time.sent(0, 5);
    waits_until(&time, &clock, Some(secs(20)), "a stall has its own limit, and here it is the earlier one");
    expires(&mut time, &clock, clock.now() + secs(20) - nanos(1), None, "no limit before its instant");
    expires(&mut time, &clock, clock.now() + secs(20), Some(Phase::Write), "a stall is told as Write");
    waits_until(&time, &clock, Some(secs(30)), "the phase's limit runs on");
    expires(&mut time, &clock, clock.now() + secs(30), Some(Phase::Body), "the phase's limit is told, too");
}

/// Somebody connects and says nothing. There is no request that could be answered.
#[test]
fn t06_a_silent_client_is_closed_silently() {
    let rule = "the first head has its limit from the connection's beginning; no answer without a request";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "", rule);
}

/// A part of a request is one, and gets an answer.
#[test]
fn t07_a_head_that_is_not_whole_in_time_is_answered_408() {
    let rule = "a head that has begun and does not end is answered 408, and the connection closes";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive("GET / HT");
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// "Slowloris": a byte every few seconds holds a connection for ever, if each byte counts as a sign of life.
#[test]
fn t08_bytes_that_drip_do_not_move_the_deadline() {
    let rule = "a deadline is set once: no byte moves it";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    for byte in &GET.as_bytes()[..11] {
        server.advance(secs(5));
        server.receive([*byte]);
    }
    ends_after(&mut server, &clock, secs(5), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// The limit ends with what it was for, and does not ring afterwards.
#[test]
fn t09_a_request_in_the_last_moment_is_in_time() {
    let rule = "a limit that was kept does not run any more";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.advance(secs(60) - nanos(1));
    server.receive(GET);
    server.advance(nanos(1));
    answers(&mut server, "200", rule);
    is(&mut server, &clock, ConnectionState::Open, rule);
}

/// The client has done all that it can.
#[test]
fn t10_the_head_limit_does_not_count_while_the_handler_works() {
    let rule = "once the request is in, the client is waited for no more";
    let clock = FakeClock::new();
    let (mut server, promises) = promised(Timeouts { handler: None, ..TIMEOUTS }, &clock);
    server.receive(GET);
    server.advance(secs(3600));
    is(&mut server, &clock, ConnectionState::Open, rule);
    promises.borrow_mut().remove(0).succeed(hello());
    answers(&mut server, "200", rule);
}

/// The upload of somebody whose train went into a tunnel.
#[test]
fn t11_a_body_that_stops_is_answered_408() {
    let rule = "a body of which nothing comes for its limit is answered 408, and the connection closes";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(POST);
    ends_after(&mut server, &clock, secs(30), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// A large upload may take hours, as long as it moves.
#[test]
fn t12_each_piece_of_a_body_begins_its_limit_anew() {
    let rule = "an idle limit begins again with each piece";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(POST);
    for byte in b"hell" {
        server.advance(secs(30) - nanos(1));
        server.receive([*byte]);
    }
    ends_after(&mut server, &clock, secs(30), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// A client that keeps its connection for later has done nothing wrong; a 408 would be taken for the answer to the
/// request that it is about to send.
#[test]
fn t13_an_idle_connection_is_closed_silently() {
    let rule = "between two requests there is nothing to answer: close, and say nothing";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(GET);
    answers(&mut server, "200", rule);
    ends_after(&mut server, &clock, secs(75), ConnectionState::Closing, rule);
    answers(&mut server, "", rule);
}

/// One second before the idle limit ends, the next request begins.
#[test]
fn t14_the_first_byte_of_a_request_begins_the_head_limit() {
    let rule = "a request that begins ends the idleness, and has the whole of its own limit";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(GET);
    answers(&mut server, "200", rule);
    server.advance(secs(74));
    server.receive("G");
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// The rest of one request and the beginning of the next come in one piece.
#[test]
fn t15_each_request_has_a_head_limit_of_its_own() {
    let rule = "the limit of a head ends with that head, and the next one's begins then";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive("GET / HT");
    server.advance(secs(59));
    server.receive("TP/1.1\r\nHost: a\r\n\r\nGET / HT");
    answers(&mut server, "200", rule);
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// The client learns that it was not its fault, and what the handler was doing ends.
#[test]
fn t16_a_slow_handler_is_answered_for_with_503() {
    let rule = "at its limit the handler's future is dropped, and the client is told 503";
    let clock = FakeClock::new();
    let (mut server, promises) = promised(TIMEOUTS, &clock);
    server.receive(GET);
    server.advance(secs(10) - nanos(1));
    answers(&mut server, "", rule);
    server.advance(nanos(1));
    answers(&mut server, "503", rule);
    let promise = promises.borrow_mut().remove(0);
    holds("the handler's future is still there", promise.is_dropped(), rule);
}

/// One slow answer costs the others nothing.
#[test]
fn t17_the_request_behind_a_slow_one_is_served() {
    let rule = "each request has a handler limit of its own, from when its handler was called";
    let clock = FakeClock::new();
    let (mut server, promises) = promised(TIMEOUTS, &clock);
    server.receive([GET, GET].concat());
    server.advance(secs(10));
    answers(&mut server, "503", rule);
    server.advance(secs(10) - nanos(1));
    answers(&mut server, "", rule);
    promises.borrow_mut().remove(1).succeed(hello());
    answers(&mut server, "200", rule);
}

/// It asked for something and does not take it: what it would be sent lies in our memory.
#[test]
fn t18_a_client_that_takes_nothing_is_cut_off() {
    let rule = "when no byte has gone out for the limit, the connection is aborted";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive(GET);
    ends_after(&mut server, &clock, secs(20), ConnectionState::Aborted, rule);
}

/// A slow line is not a dead one.
#[test]
fn t19_a_client_that_takes_a_little_is_waited_for() {
    let rule = "a stall begins again when `sent` has moved; what comes the other way counts for nothing";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive(GET);
    for _ in 0..10 {
        server.advance(secs(10));
        server.receive("\r\n");
        server.advance(secs(10) - nanos(1));
        is(&mut server, &clock, ConnectionState::Open, rule);
        server.set_window(1);
        server.receive("\r\n"); // a call, with which the connection learns that a byte has gone out
    }
    server.advance(secs(10));
    server.receive("\r\n");
    ends_after(&mut server, &clock, secs(10), ConnectionState::Aborted, rule);
}

/// After the last answer there is no phase left, and still something to wait for.
#[test]
fn t20_a_stall_is_noticed_after_the_close_too() {
    let rule = "a closed connection that cannot send the rest is aborted like any other";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive("GET / HTTP/1.0\r\n\r\n");
    server.advance(secs(20) - nanos(1));
    is(&mut server, &clock, ConnectionState::Closing, rule);
    server.advance(nanos(1));
    is(&mut server, &clock, ConnectionState::Aborted, rule);
}

/// The client is busy with the last answer: it cannot have begun to be idle.
#[test]
fn t21_an_answer_that_is_still_going_out_is_not_idleness() {
    let rule = "while bytes wait to go out, the idle limit begins again";
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, Timeouts { write_stall: secs(100), ..TIMEOUTS });
    time.enter(Phase::Idle);
    time.sent(0, 5);
    clock.advance(secs(75));
    expires(&mut time, &clock, clock.now(), None, rule);
    time.sent(5, 0);
    waits_until(&time, &clock, Some(secs(150)), rule);
    clock.advance(secs(75));
    expires(&mut time, &clock, clock.now(), Some(Phase::Idle), "with nothing left to send, idle is idle");
    waits_until(&time, &clock, None, "the stall has ended with the last byte");
}

/// A timer that nobody cancels keeps its connection in memory, and rings for one that is gone.
#[test]
fn t22_what_is_over_leaves_no_timer() {
    let pending = |clock: &FakeClock| clock.pending().len();
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    (0..100).for_each(|_| server.receive(GET));
    same("timers after 100 requests", pending(&clock), 1, "one at a time, however many requests");
    server.receive("GET / HTTP/1.0\r\n\r\n");
    same("timers after the close", pending(&clock), 0, "`Over` ends the limit");
    let (mut server, _promises) = promised(TIMEOUTS, &clock);
    server.receive(GET);
    same("timers while the handler works", pending(&clock), 1, "the handler's limit runs");
    server.reset_with(std::io::ErrorKind::ConnectionReset);
    same("timers after the loss", pending(&clock), 0, "`Over` ends the limit");
}

/// Time is the connection's own: no global, no limit counted from the server's start.
#[test]
fn t23_two_connections_have_their_own_time() {
    let rule = "each connection's limit counts from its own beginning";
    let clock = FakeClock::new();
    let mut first = greeting(&clock);
    clock.advance(secs(30));
    let mut second = greeting(&clock);
    second.advance(secs(30));
    is(&mut first, &clock, ConnectionState::Closing, rule);
    is(&mut second, &clock, ConnectionState::Open, rule);
    second.advance(secs(30));
    is(&mut second, &clock, ConnectionState::Closing, rule);
}

/// A machine that was asleep wakes up, and its clock has jumped. That the same happens at once is what makes such
/// tests worth anything.
#[test]
fn t24_one_long_step_is_as_good_as_many() {
    let run = |steps: u32| {
        let clock = FakeClock::new();
        let mut server = greeting(&clock);
        server.receive(GET);
        server.receive("GET");
        (0..steps).for_each(|_| server.advance(secs(60) / steps));
        (server.value(), server.state())
    };
    let rule = "what happens depends on the time, and not on how often somebody looked";
    same("after one step of a minute", run(1), run(60_000), rule);
}

/// The one thing that is said in the wall clock's time: and that clock may be set while the connection stands.
#[test]
fn t25_answers_say_the_date() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    let date = |server: &mut Server<_>| {
        server.receive(GET);
        let answer = String::from_utf8(server.take().to_vec()).unwrap();
        answer.lines().find_map(|line| line.strip_prefix("Date: ")).map(str::to_owned)
    };
    let rule = "day, month and year as HTTP writes them, and GMT (RFC 9110, 5.6.7)";
    for (second, expected) in [
        (946_684_800, "Sat, 01 Jan 2000 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), // the example of the RFC
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (978_307_199, "Sun, 31 Dec 2000 23:59:59 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), // no leap year
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ] {
        clock.set_system_time(SystemTime::UNIX_EPOCH + secs(second));
        same(&format!("the date at second {second}"), date(&mut server).as_deref(), Some(expected), rule);
    }
    server.advance(secs(2) + millis(1));
    let later = date(&mut server);
    same("the date 2.001 s later", later.as_deref(), Some("Mon, 01 Mar 2100 00:00:02 GMT"), rule);
}
