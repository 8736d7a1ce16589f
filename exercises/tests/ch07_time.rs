//! Chapter 07: how long a connection waits. These tests are given: do not edit them, make them green in their order.
//! None of them sleeps: hours pass in a microsecond, exact to the nanosecond.
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

/// Timeouts that all differ, so that each test sees which one it met.
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

/// Returns the deadline, counted from the clock's beginning.
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

/// Creates a connection that says hello at once.
fn greeting(clock: &FakeClock) -> Server<impl Handler> {
    with(|_: Request| Ok(Reply::Now(hello())), TIMEOUTS, clock)
}

/// Creates a connection whose answers the test gives.
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

/// Checks that an answer with this status was written since the last call; for an empty status, that nothing was.
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

/// Checks that the connection is open up to the last nanosecond of `limit`, and then has the expected state.
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

/// Each phase has one limit.
#[test]
fn t01_each_phase_has_its_limit() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    waits_until(&time, &clock, None, "no phase has begun yet");
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

/// No limit is `None`, or `Duration::MAX`, which people write for it.
#[test]
fn t02_no_limit_is_never_reached() {
    let clock = FakeClock::new();
    let timeouts = Timeouts { handler: None, head: Duration::MAX, write_stall: Duration::MAX, ..TIMEOUTS };
    let mut time = deadlines(&clock, timeouts);
    time.enter(Phase::Handler);
    waits_until(&time, &clock, None, "without a limit, the handler may take any time");
    time.enter(Phase::Head);
    time.sent(0, 1);
    waits_until(&time, &clock, None, "a limit too far for an Instant is never reached: checked_add");
}

/// The connection enters its phase after every call, perhaps after every byte.
#[test]
fn t03_the_same_phase_again_does_not_restart_its_limit() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    time.enter(Phase::Head);
    clock.advance(secs(59));
    time.enter(Phase::Head);
    waits_until(&time, &clock, Some(secs(60)), "only a change of phase begins a limit");
    time.enter(Phase::Handler);
    waits_until(&time, &clock, Some(secs(69)), "a new phase begins at the clock's time, not at zero");
}

/// A deadline can be wrong before, at, and after its instant.
#[test]
fn t04_a_limit_is_reached_at_its_instant_and_once() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    time.enter(Phase::Head);
    let end = clock.now() + secs(60);
    expires(&mut time, &clock, end - nanos(1), None, "not before its instant");
    waits_until(&time, &clock, Some(secs(60)), "a call that is too early changes nothing");
    expires(&mut time, &clock, end, Some(Phase::Head), "at its instant");
    expires(&mut time, &clock, end, None, "only once: a limit that was reached no longer runs");
    waits_until(&time, &clock, None, "only once: a limit that was reached no longer runs");
}

/// The limits of a phase and of a stall run at the same time.
#[test]
fn t05_the_earlier_of_two_limits_is_told_first() {
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, TIMEOUTS);
    time.enter(Phase::Body);
    time.sent(0, 5);
    waits_until(&time, &clock, Some(secs(20)), "a stall has its own limit, which is the earlier one here");
    expires(&mut time, &clock, clock.now() + secs(20) - nanos(1), None, "no limit before its instant");
    expires(&mut time, &clock, clock.now() + secs(20), Some(Phase::Write), "a stall is reported as Write");
    waits_until(&time, &clock, Some(secs(30)), "the phase's limit still runs");
    expires(
        &mut time,
        &clock,
        clock.now() + secs(30),
        Some(Phase::Body),
        "the phase's limit is reported, too",
    );
}

/// A client that connects and sends nothing has no request to answer.
#[test]
fn t06_a_silent_client_is_closed_silently() {
    let rule =
        "the limit of the first head counts from the connection's beginning; no answer without a request";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "", rule);
}

/// A request that has begun gets an answer.
#[test]
fn t07_a_head_that_is_not_whole_in_time_is_answered_408() {
    let rule = "a head that begins and does not end: answer 408, and close";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive("GET / HT");
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// Slowloris: if each byte restarted the limit, a byte every few seconds would hold a connection without end.
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

/// The limit of a head ends with the head.
#[test]
fn t09_a_request_in_the_last_moment_is_in_time() {
    let rule = "a limit that was kept no longer runs";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.advance(secs(60) - nanos(1));
    server.receive(GET);
    server.advance(nanos(1));
    answers(&mut server, "200", rule);
    is(&mut server, &clock, ConnectionState::Open, rule);
}

/// The client has sent its request, so the head's limit no longer runs.
#[test]
fn t10_the_head_limit_does_not_count_while_the_handler_works() {
    let rule = "once the request is here, the head's limit ends";
    let clock = FakeClock::new();
    let (mut server, promises) = promised(Timeouts { handler: None, ..TIMEOUTS }, &clock);
    server.receive(GET);
    server.advance(secs(3600));
    is(&mut server, &clock, ConnectionState::Open, rule);
    promises.borrow_mut().remove(0).succeed(hello());
    answers(&mut server, "200", rule);
}

/// An upload can stop, for example when a train enters a tunnel.
#[test]
fn t11_a_body_that_stops_is_answered_408() {
    let rule = "a body that brings no bytes for its limit: answer 408, and close";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(POST);
    ends_after(&mut server, &clock, secs(30), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// A large upload may take hours, while its bytes move.
#[test]
fn t12_each_piece_of_a_body_restarts_its_limit() {
    let rule = "an idle limit restarts with each piece";
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

/// A client may keep its connection for later. It would take a 408 for the answer to its next request.
#[test]
fn t13_an_idle_connection_is_closed_silently() {
    let rule = "between two requests there is nothing to answer: close without an answer";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive(GET);
    answers(&mut server, "200", rule);
    ends_after(&mut server, &clock, secs(75), ConnectionState::Closing, rule);
    answers(&mut server, "", rule);
}

/// The next request begins one second before the idle limit.
#[test]
fn t14_the_first_byte_of_a_request_begins_the_head_limit() {
    let rule = "a request that begins ends the idle phase, and has its whole limit";
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
    let rule = "the limit of a head ends with that head; then the next one's begins";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.receive("GET / HT");
    server.advance(secs(59));
    server.receive("TP/1.1\r\nHost: a\r\n\r\nGET / HT");
    answers(&mut server, "200", rule);
    ends_after(&mut server, &clock, secs(60), ConnectionState::Closing, rule);
    answers(&mut server, "408", rule);
}

/// The 503 tells the client that the server is at fault; the handler's work ends.
#[test]
fn t16_a_slow_handler_is_answered_with_503() {
    let rule = "at its limit, the handler's future is dropped and the client gets a 503";
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

/// A slow answer does not stop the requests after it.
#[test]
fn t17_the_request_behind_a_slow_one_is_served() {
    let rule = "each request has its own handler limit, from the call of its handler";
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

/// A client that does not read its answer keeps it in our memory.
#[test]
fn t18_a_client_that_takes_nothing_is_cut_off() {
    let rule = "when no byte was sent for the limit, the connection is aborted";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive(GET);
    ends_after(&mut server, &clock, secs(20), ConnectionState::Aborted, rule);
}

/// A slow client is not a dead one.
#[test]
fn t19_a_client_that_reads_slowly_is_not_cut_off() {
    let rule = "a stall restarts when `sent` has changed; bytes in the other direction do not count";
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
        server.receive("\r\n"); // a call, in which the connection learns that a byte was sent
    }
    server.advance(secs(10));
    server.receive("\r\n");
    ends_after(&mut server, &clock, secs(10), ConnectionState::Aborted, rule);
}

/// After the last answer no phase is left, but bytes may still wait.
#[test]
fn t20_a_stall_is_noticed_after_the_close_too() {
    let rule = "a closing connection that cannot send the rest is aborted, too";
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    server.set_window(0);
    server.receive("GET / HTTP/1.0\r\n\r\n");
    server.advance(secs(20) - nanos(1));
    is(&mut server, &clock, ConnectionState::Closing, rule);
    server.advance(nanos(1));
    is(&mut server, &clock, ConnectionState::Aborted, rule);
}

/// A client that still reads the last answer is not idle.
#[test]
fn t21_a_connection_that_still_sends_is_not_idle() {
    let rule = "while bytes wait, the idle limit restarts";
    let clock = FakeClock::new();
    let mut time = deadlines(&clock, Timeouts { write_stall: secs(100), ..TIMEOUTS });
    time.enter(Phase::Idle);
    time.sent(0, 5);
    clock.advance(secs(75));
    expires(&mut time, &clock, clock.now(), None, rule);
    time.sent(5, 0);
    waits_until(&time, &clock, Some(secs(150)), rule);
    clock.advance(secs(75));
    expires(
        &mut time,
        &clock,
        clock.now(),
        Some(Phase::Idle),
        "when nothing is left to send, the idle limit counts",
    );
    waits_until(&time, &clock, None, "the stall has ended with the last byte");
}

/// A timer that is left behind keeps its connection in memory, and fires for one that is gone.
#[test]
fn t22_a_limit_that_is_over_leaves_no_timer() {
    let pending = |clock: &FakeClock| clock.pending().len();
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    (0..100).for_each(|_| server.receive(GET));
    same("timers after 100 requests", pending(&clock), 1, "one timer at a time, for any number of requests");
    server.receive("GET / HTTP/1.0\r\n\r\n");
    same("timers after the close", pending(&clock), 0, "`Over` ends the limit");
    let (mut server, _promises) = promised(TIMEOUTS, &clock);
    server.receive(GET);
    same("timers while the handler works", pending(&clock), 1, "the handler's limit runs");
    server.reset_with(std::io::ErrorKind::ConnectionReset);
    same("timers after the loss", pending(&clock), 0, "`Over` ends the limit");
}

/// Each connection has its own time, without a global.
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

/// After a machine was asleep, its clock has jumped. One long step gives the same result as many short ones; without
/// that, these tests would prove little.
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
    let rule = "the result depends on the time, not on the number of calls";
    same("after one step of a minute", run(1), run(60_000), rule);
}

/// The date comes from the wall clock, which may be set while the connection is open.
#[test]
fn t25_answers_say_the_date() {
    let clock = FakeClock::new();
    let mut server = greeting(&clock);
    let date = |server: &mut Server<_>| {
        server.receive(GET);
        let answer = String::from_utf8(server.take().to_vec()).unwrap();
        answer.lines().find_map(|line| line.strip_prefix("Date: ")).map(str::to_owned)
    };
    let rule = "day, month and year in HTTP's format, in GMT (RFC 9110, 5.6.7)";
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
