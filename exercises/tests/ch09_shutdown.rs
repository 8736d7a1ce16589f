//! Chapter 09: real TCP, and how to stop. These tests are given: do not edit them, make them green in their order.
//!
//! One connection runs in four ways: by hand, in a simulation over a pipe, in a simulation on a network that is as bad
//! as the test wants, and on real sockets. Only the last way needs a deadline in real time, so it has few tests.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

/// The application: `GET /`, `POST /echo`, and `GET /slow?ms=N`, which answers after N milliseconds.
#[path = "../solutions/src/bin/serve/app.rs"]
mod app;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use support::{holds, same, same_bytes, shown, with_deadline};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, FakeClock, TokioClock, millis, nanos, secs},
    net::{Accept, BoxFuture, Host, Latency, Net, Probability, TcpListener},
    outcome::{Watch, watch},
    seed::Seed,
    transport::{ConnectionState, Pipe, Segmentation, Socket, TestConnection, drive, pipe},
};
use workbook::{
    ch03_connection::Connection,
    ch06_limits::BoundedMessages,
    ch07_time::Deadlines,
    ch08_application::{AppConfig, Router, ServerFactory},
    ch09_shutdown::{Drain, Report, Server, StopSignal, Stopper, stop_signal},
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const LAST_GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
/// Answered after 50 milliseconds.
const SLOW: &str = "GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\n\r\n";
/// Answered after longer than any test waits.
const VERY_SLOW: &str = "GET /slow?ms=60000 HTTP/1.1\r\nHost: a\r\n\r\n";

// When to stop: a clock, and no connection.

/// Creates a drain that was just told to stop, with this number of connections and ten seconds for them.
fn draining(clock: &FakeClock, open: usize) -> Drain {
    let mut drain = Drain::new(secs(10));
    (0..open).for_each(|_| drain.opened());
    drain.stop(clock.now());
    drain
}

#[track_caller]
fn waits_until(drain: &Drain, clock: &FakeClock, expected: Option<Duration>, rule: &str) {
    let deadline = drain.poll_timeout().map(|deadline| deadline.saturating_duration_since(clock.start()));
    same("poll_timeout()", deadline, expected, rule);
}

/// Checks the number of connections in the report, and how many of them were aborted.
#[track_caller]
fn ended(drain: &Drain, expected: Option<(u64, usize)>, rule: &str) {
    let outcome = drain.outcome().map(|report| (report.accepted, report.aborted));
    same("outcome(), as (accepted, aborted)", outcome, expected, rule);
}

// The stop signal: no time, and no I/O.

fn was_told(told: &Watch<()>) -> bool {
    told.check_ready().is_ok()
}

/// Drops the stopper.
fn gone(_: Stopper) {}

// Connections that are told to stop, by hand.

type Running = Connection<Router, BoundedMessages, Deadlines>;

fn factory(config: AppConfig, clock: Arc<dyn Clock>) -> ServerFactory<impl Fn() -> Router> {
    let for_routes = Arc::clone(&clock);
    ServerFactory::new(config, clock, move || app::routes(Arc::clone(&for_routes)))
}

/// Creates the connection that all four ways run. It gets the first stop.
fn connection(clock: Arc<dyn Clock>, stop: &StopSignal) -> Running {
    factory(AppConfig::default(), clock).build().stop_when(stop.told(1))
}

fn stoppable(clock: &FakeClock) -> (TestConnection<Running>, Stopper) {
    let (stopper, stop) = stop_signal();
    (TestConnection::on_clock(connection(Arc::new(clock.clone()), &stop), clock), stopper)
}

#[track_caller]
fn is(server: &mut TestConnection<Running>, expected: ConnectionState, rule: &str) {
    same("the connection", server.state(), expected, rule);
}

#[track_caller]
fn has_said_close(answer: &[u8], rule: &str) {
    let text = String::from_utf8_lossy(answer);
    let says_it = text.contains("\r\nConnection: close\r\n") && text.starts_with("HTTP/1.1 200 ");
    holds(
        &format!("the last answer should be 200 and say close\n  got      {}", shown(answer)),
        says_it,
        rule,
    );
}

// One conversation for all four ways.

const SAID: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n\
                    POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n\
                    GET /slow?ms=50 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const HEARD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n\
                     HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\nhello\
                     HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\nConnection: close\r\n\r\nat last\n";
const SAME: &str = "the conversation does not depend on what carries the bytes";

/// Removes the dates from what was received: they differ between the four ways.
fn without_dates(heard: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(heard);
    text.split_inclusive("\r\n").filter(|line| !line.starts_with("Date: ")).collect::<String>().into_bytes()
}

// A network: your server on one host, its clients on another, a millisecond apart.

struct World {
    sim: Sim,
    net: Net,
    client: Host,
    stopper: Stopper,
    /// The server's report, and when it ended.
    ended: Watch<(Report, Duration)>,
}

const PORT: u16 = 80;

fn draining_for(drain: Duration, mut config: AppConfig) -> AppConfig {
    config.drain = drain;
    config
}

/// Starts a server that drains for this time, on the listener that `of` makes of the network's.
fn serving_on_a_network<L>(sim: Sim, drain: Duration, of: impl FnOnce(TcpListener) -> L) -> World
where
    L: Accept + 'static,
{
    let net = sim.net();
    let (client, host) = (net.host("client"), net.host("server"));
    let clock: Arc<dyn Clock> = Arc::new(host.clock());
    let config = draining_for(drain, AppConfig::default());
    let server = Server::new(of(host.listen(PORT).unwrap()), factory(config, Arc::clone(&clock)));
    let (stopper, stop) = stop_signal();
    let ended = sim.watch(async move { (server.run(stop).await, clock.since_start()) });
    World { sim, net, client, stopper, ended }
}

impl World {
    /// Sends all of this, a piece at a time, and returns what the client receives up to the end.
    fn exchange(&self, said: &'static str) -> impl Future<Output = io::Result<Vec<u8>>> + use<> {
        let (client, clock) = (self.client.clone(), self.client.clock());
        async move {
            let mut stream = client.connect(("server", PORT)).await?;
            for piece in said.as_bytes().chunks(50) {
                stream.write_all(piece).await?;
                clock.sleep(millis(10)).await;
            }
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.map(|_| heard)
        }
    }

    /// Tells the server to stop, when no client is left, and returns its report.
    #[track_caller]
    fn report(&self) -> Report {
        self.stopper.stop();
        self.sim.run_until_idle();
        self.ended.assert_ready().0
    }
}

/// Checks the conversation that the client received.
#[track_caller]
fn is_the_conversation(heard: &Watch<io::Result<Vec<u8>>>, what: &str) {
    same_bytes(what, &without_dates(heard.assert_success()), HEARD.as_bytes(), SAME);
}

// Real sockets.

/// Runs a server on a free port of this machine while `test` runs, and returns its report.
fn serving(drain: Duration, test: impl AsyncFnOnce(SocketAddr, Stopper) + Send + 'static) -> Report {
    with_deadline(secs(10), move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut config = AppConfig::default();
            (config.listen, config.drain) = (([127, 0, 0, 1], 0).into(), drain);
            let server = Server::bind(factory(config, Arc::new(TokioClock::new()))).await.unwrap();
            let address = server.local_addr().unwrap();
            let (stopper, stop) = stop_signal();
            tokio::join!(server.run(stop), test(address, stopper)).0
        })
    })
}

async fn connect(address: SocketAddr) -> TcpStream {
    match TcpStream::connect(address).await {
        Ok(stream) => stream,
        Err(error) => panic!(
            "cannot connect to {address}: {error}\n  rule     local_addr() returns the listener's address, and it accepts until told to stop"
        ),
    }
}

/// Reads all that the server sends until it ends the connection.
async fn rest(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map(|_| bytes)
}

async fn exchange(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut stream = connect(address).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await.unwrap()
}

/// Connects a client that sends a request. Another client is served after it, which shows that its request arrived.
async fn asking(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = connect(address).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    exchange(address, LAST_GET).await;
    stream
}

#[track_caller]
fn reports(report: Report, accepted: u64, aborted: usize, rule: &str) {
    same("the report, as (accepted, aborted)", (report.accepted, report.aborted), (accepted, aborted), rule);
}

/// A new server accepts.
#[test]
fn t01_it_accepts_until_told_to_stop() {
    let rule = "a server accepts until it is told to stop, and has no outcome and no deadline before";
    let clock = FakeClock::new();
    let mut drain = Drain::new(secs(10));
    drain.opened();
    same("is_accepting()", drain.is_accepting(), true, rule);
    ended(&drain, None, rule);
    waits_until(&drain, &clock, None, rule);
    drain.closed();
    ended(&drain, None, "a server without clients does not end");
    drain.stop(clock.now());
    same("is_accepting()", drain.is_accepting(), false, rule);
}

/// Without connections a stop does not wait.
#[test]
fn t02_with_nothing_open_it_ends_at_once() {
    let rule = "there is nothing to wait for";
    let clock = FakeClock::new();
    let drain = draining(&clock, 0);
    ended(&drain, Some((0, 0)), rule);
    waits_until(&drain, &clock, None, rule);
}

/// Open connections are in flight.
#[test]
fn t03_it_waits_for_the_last_connection() {
    let rule = "it ends with the last connection, and a connection that ended was not aborted";
    let clock = FakeClock::new();
    let mut drain = draining(&clock, 2);
    drain.closed();
    same("in_flight()", drain.in_flight(), 1, "in_flight is opened less closed");
    ended(&drain, None, rule);
    drain.closed();
    same("in_flight()", drain.in_flight(), 0, "in_flight is opened less closed");
    ended(&drain, Some((2, 0)), rule);
    waits_until(&drain, &clock, None, "nothing is left to wait for");
}

/// Without a limit, one client could keep the server from ending.
#[test]
fn t04_at_the_limit_it_aborts_what_is_left() {
    let rule = "at the limit, and not before, what is open is aborted";
    let clock = FakeClock::new();
    let mut drain = draining(&clock, 2);
    drain.closed();
    waits_until(&drain, &clock, Some(secs(10)), "the limit counts from the stop");
    drain.handle_timeout(clock.now() + secs(10) - nanos(1));
    ended(&drain, None, "a call before the limit does nothing");
    drain.handle_timeout(clock.now() + secs(10));
    ended(&drain, Some((2, 1)), rule);
    waits_until(&drain, &clock, None, "it is over");
}

/// An operator can press Ctrl-C twice.
#[test]
fn t05_told_twice_it_aborts() {
    let rule = "the first time it drains, the second time it aborts";
    let clock = FakeClock::new();
    let mut drain = draining(&clock, 1);
    ended(&drain, None, rule);
    drain.stop(clock.now());
    ended(&drain, Some((1, 1)), rule);
    drain.stop(clock.now());
    ended(&drain, Some((1, 1)), "a third stop changes nothing");
}

/// `Duration::MAX` is a limit that people set.
#[test]
fn t06_a_limit_too_far_is_never_reached() {
    let rule = "a limit too far for an Instant is never reached: checked_add";
    let clock = FakeClock::new();
    let mut drain = Drain::new(Duration::MAX);
    drain.opened();
    drain.stop(clock.now());
    waits_until(&drain, &clock, None, rule);
    drain.handle_timeout(clock.now() + secs(1_000_000));
    ended(&drain, None, rule);
}

/// One end tells each connection, and the server itself.
#[test]
fn t07_every_listener_is_told_even_a_late_one() {
    let rule = "told(n) is ready once stop() was called n times, for all that wait, and for later calls";
    let (stopper, stop) = stop_signal();
    let (once, also_once, twice) = (watch(stop.told(1)), watch(stop.clone().told(1)), watch(stop.told(2)));
    same(
        "ready before stop(): told(1), told(1)",
        (was_told(&once), was_told(&also_once)),
        (false, false),
        rule,
    );
    stopper.stop();
    same(
        "ready after one stop(): told(1), told(1)",
        (was_told(&once), was_told(&also_once)),
        (true, true),
        rule,
    );
    same("ready after one stop(): told(2)", was_told(&twice), false, rule);
    stopper.stop();
    same("ready after two stop()s: told(2)", was_told(&twice), true, rule);
    same("ready if asked after two: told(1)", was_told(&watch(stop.told(1))), true, rule);
}

/// A stopper that is dropped by mistake must not stop the server.
#[test]
fn t08_a_dropped_stopper_never_tells() {
    let rule = "without a stopper, told() is never ready";
    let (stopper, stop) = stop_signal();
    let before = watch(stop.told(1));
    gone(stopper);
    same("ready: told(1)", (was_told(&before), was_told(&watch(stop.told(1)))), (false, false), rule);
    let (stopper, stop) = stop_signal();
    stopper.stop();
    gone(stopper);
    same(
        "ready: told(1), after a stop()",
        was_told(&watch(stop.told(1))),
        true,
        "a stop before the drop still counts",
    );
}

/// A client without a request can try another server.
#[test]
fn t09_an_idle_connection_is_closed_at_once() {
    let rule = "a connection without a request is closed without an answer";
    let (mut server, stopper) = stoppable(&FakeClock::new());
    server.receive(GET);
    is(&mut server, ConnectionState::Open, "a connection that was not told to stop goes on");
    let _ = server.take();
    stopper.stop();
    is(&mut server, ConnectionState::Closing, rule);
    same_bytes("what was written", &server.value(), b"", rule);
    let (mut new, stopper) = stoppable(&FakeClock::new());
    stopper.stop();
    is(&mut new, ConnectionState::Closing, "a new connection without a request is closed, too");
}

/// The client must learn that it needs a new connection for its next request.
#[test]
fn t10_a_request_in_flight_is_answered_with_close() {
    let rule = "the answer in flight is written with Connection: close, and is the last";
    let clock = FakeClock::new();
    let (mut server, stopper) = stoppable(&clock);
    server.receive(SLOW);
    stopper.stop();
    is(&mut server, ConnectionState::Open, rule);
    server.advance(millis(50));
    has_said_close(&server.value(), rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// A part of a request is here.
#[test]
fn t11_a_request_that_has_begun_may_end() {
    let rule = "a request of which a byte is here gets its answer";
    let (mut server, stopper) = stoppable(&FakeClock::new());
    server.receive(&GET[..20]);
    stopper.stop();
    is(&mut server, ConnectionState::Open, rule);
    server.receive(&GET[20..]);
    has_said_close(&server.value(), rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// Nothing follows `Connection: close`. A client that sent ahead knows what was not answered, and sends it again.
#[test]
fn t12_requests_sent_ahead_are_dropped() {
    let rule = "one answer for the request in flight, none for those after it";
    let clock = FakeClock::new();
    let (mut server, stopper) = stoppable(&clock);
    server.receive([SLOW, GET].concat());
    stopper.stop();
    server.advance(millis(50));
    let answers = String::from_utf8_lossy(&server.value()).matches("HTTP/1.1 ").count();
    same("answers", answers, 1, rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// The first way: by hand, with bytes one by one, and with time that the test moves.
#[test]
fn t13_a_conversation_by_hand() {
    let clock = FakeClock::new();
    let (mut server, _stopper) = stoppable(&clock);
    server.receive_cut(SAID, &Segmentation::one_byte());
    server.advance(millis(50));
    same_bytes("what was received", &without_dates(&server.value()), HEARD.as_bytes(), SAME);
    is(&mut server, ConnectionState::Closing, SAME);
}

/// Returns what a client receives over a pipe in a simulation, and when the connection was over.
fn in_a_sim(stop: &StopSignal, client: impl AsyncFnOnce(&mut Pipe) + 'static) -> (Vec<u8>, Duration) {
    let sim = Sim::new();
    let (mut near, far) = pipe();
    let clock: Arc<dyn Clock> = Arc::new(sim.clock());
    let driver = drive(connection(Arc::clone(&clock), stop), far, Arc::clone(&clock));
    let over = sim.watch(async move {
        driver.await.1.unwrap();
        clock.since_start()
    });
    let heard = sim.watch(async move {
        client(&mut near).await;
        let mut heard = Vec::new();
        near.read_to_end(&mut heard).await.map(|_| heard)
    });
    sim.run_until_idle();
    (heard.assert_success().clone(), *over.assert_ready())
}

/// The second way: over a tokio stream in a simulation, whose time the test moves.
#[test]
fn t14_the_same_conversation_in_a_sim() {
    let (_stopper, stop) = stop_signal();
    let (heard, over) = in_a_sim(&stop, async |client| {
        for piece in SAID.as_bytes().chunks(7) {
            client.write_all(piece).await.unwrap();
        }
    });
    same_bytes("what was received", &without_dates(&heard), HEARD.as_bytes(), SAME);
    same("when it was over", over, millis(50), "only the handler's time passes, not the machine's");
}

/// The third way: your server on a network that loses every tenth packet and delays the others. TCP turns loss into
/// delay: twenty networks, one conversation.
#[test]
fn t15_the_same_conversation_behind_a_lossy_and_slow_link() {
    for seed in 0..20 {
        let sim = Sim::builder().seed(Seed::new(seed)).build();
        let world = serving_on_a_network(sim, secs(10), |listener| listener);
        world.net.between("client", "server").latency(Latency::uniform(millis(20), millis(400))).keep();
        world.net.between("client", "server").loss(Probability::percent(10)).keep();
        let heard = world.sim.watch(world.exchange(SAID));
        world.sim.advance(secs(60));
        is_the_conversation(&heard, &format!("what was received with seed {seed}"));
        reports(world.report(), 1, 0, "one connection, which ended by itself");
    }
}

/// A train enters a tunnel and comes out again. Neither side gets an error.
#[test]
fn t16_the_same_conversation_over_a_link_that_is_cut_and_repaired() {
    for cut_at in [0, 1, 2, 3, 15, 33, 60, 83] {
        let world = serving_on_a_network(Sim::new(), secs(10), |listener| listener);
        let heard = world.sim.watch(world.exchange(SAID));
        world.sim.advance(millis(cut_at));
        let cut = world.net.between("client", "server").partition();
        world.sim.advance(secs(5)); // less than any limit of the server
        heard.assert_pending();
        cut.remove();
        world.sim.advance(secs(20)); // a lost packet comes again, after longer and longer waits
        is_the_conversation(&heard, &format!("what was received after a cut at {cut_at} ms"));
        reports(world.report(), 1, 0, "silence does not end a connection: only a limit does");
    }
}

/// A phone with an empty battery sends nothing: no FIN, no reset, no ACK.
#[test]
fn t17_a_vanished_client_leaves_nothing_behind() {
    let rule = "after the idle limit (75 s) it is closed, after the linger limit (2 s) it is dropped";
    let world = serving_on_a_network(Sim::new(), secs(10), |listener| listener);
    let client = world.client.clone();
    let stream = world.sim.run(async move {
        let mut stream = client.connect(("server", PORT)).await.unwrap();
        stream.write_all(GET.as_bytes()).await.unwrap();
        let answered = stream.read_u8().await.is_ok();
        holds("there is no answer", answered, "it is served before it vanishes");
        stream
    });
    world.client.crash();
    let sockets = || world.net.netstat().iter().filter(|socket| socket.starts_with("`server`")).count();
    world.sim.advance(secs(75) - millis(10));
    same(
        "sockets of the server, before the limit",
        sockets(),
        2,
        "a listener, and a connection within its limits",
    );
    world.sim.advance(secs(2) + millis(20));
    same("sockets of the server, after the limits", sockets(), 1, rule);
    reports(world.report(), 1, 0, "its limit closed it, not the stop");
    drop(stream);
}

/// Some clients are idle, some answers are nearly done, and one takes too long.
#[test]
fn t18_a_stop_ends_at_its_limit() {
    let rule =
        "at the limit, counted from the stop on the factory's clock, what is left is aborted, and run() ends";
    let world = serving_on_a_network(Sim::new(), secs(10), |listener| listener);
    let heard = ["", SLOW, VERY_SLOW].map(|said| world.sim.watch(world.exchange(said)));
    world.sim.advance(millis(30));
    world.stopper.stop();
    world.sim.advance(millis(60));
    holds("run() has ended long before the limit", world.ended.check_ready().is_err(), rule);
    same_bytes(
        "what an idle client receives",
        heard[0].assert_success(),
        b"",
        "it is closed without an answer",
    );
    has_said_close(heard[1].assert_success(), "a request in flight gets its answer");
    world.sim.advance(secs(10) - millis(60) - nanos(1));
    holds("run() has ended before the limit", world.ended.check_ready().is_err(), rule);
    world.sim.advance(nanos(1));
    holds("run() has not ended at the limit", world.ended.check_ready().is_ok(), rule);
    let (report, when) = *world.ended.assert_ready();
    same("when run() ended", when, millis(30) + secs(10), rule);
    reports(report, 3, 1, rule);
    world.sim.run_until_idle();
    let nothing = heard[2].assert_ready().as_deref().unwrap_or_default();
    same_bytes("what the slowest receives", nothing, b"", "its answer was not ready");
}

/// A listener that fails this many times before it accepts.
#[derive(Debug)]
struct Failing(TcpListener, AtomicU32);

impl Accept for Failing {
    fn accept(&self) -> BoxFuture<'_, io::Result<(Box<dyn Socket>, SocketAddr)>> {
        let left = self.1.load(Ordering::Relaxed);
        if left > 0 {
            self.1.store(left - 1, Ordering::Relaxed);
            return Box::pin(async { Err(io::Error::other("too many open files")) });
        }
        Accept::accept(&self.0)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// The system is out of file descriptors for a moment. Real sockets do not fail like this on demand.
#[test]
fn t19_a_listener_that_fails_is_tried_again() {
    let rule = "after a failed accept, wait a moment and try again: do not end, and do not spin";
    let world = serving_on_a_network(Sim::new(), secs(10), |listener| Failing(listener, AtomicU32::new(10)));
    let heard = world.sim.watch(world.exchange(LAST_GET));
    world.sim.advance(millis(99));
    let early = heard
        .check_ready()
        .ok()
        .map(|heard| heard.as_ref().map(|heard| shown(heard)).map_err(io::Error::kind));
    same("what the client receives before ten failures can be over", early, None, rule);
    world.sim.advance(secs(10));
    let answer = heard.check_ready().ok().and_then(|heard| heard.as_ref().ok()).cloned().unwrap_or_default();
    has_said_close(&answer, rule);
    reports(world.report(), 1, 0, rule);
}

/// The fourth way: the same server on real sockets.
#[test]
fn t20_the_same_conversation_over_tcp() {
    let report = serving(secs(10), async |address, stopper| {
        let heard = exchange(address, SAID).await;
        same_bytes("what was received", &without_dates(&heard), HEARD.as_bytes(), SAME);
        stopper.stop();
    });
    reports(report, 1, 0, "one connection, which ended by itself");
}

/// All clients connect before the first is served, and the last is served first.
#[test]
fn t21_fifty_clients_are_served_at_once() {
    let rule = "a client does not wait for those that connected before it";
    let report = serving(secs(10), async move |address, stopper| {
        let mut streams = Vec::new();
        for _ in 0..50 {
            streams.push(connect(address).await);
        }
        for stream in streams.iter_mut().rev() {
            stream.write_all(LAST_GET.as_bytes()).await.unwrap();
            has_said_close(&rest(stream).await.unwrap_or_default(), rule);
        }
        stopper.stop();
    });
    reports(report, 50, 0, rule);
}

/// A close with unread input makes the kernel send a reset, which overtakes the answer.
#[test]
fn t22_a_large_bad_request_still_gets_its_answer() {
    let rule = "a close lingers: read and discard what comes after the last answer (RFC 9112, 9.6)";
    serving(secs(10), async move |address, stopper| {
        let mut stream = connect(address).await;
        let upload = async |stream: &mut TcpStream| {
            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&vec![b'x'; 4 << 20]).await?;
            stream.shutdown().await
        };
        let sent = upload(&mut stream).await.map_err(|error| error.kind());
        same("the upload", sent, Ok(()), rule);
        let answer = rest(&mut stream).await.map_err(|error| error.kind());
        let is_413 = answer.as_ref().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 413 "));
        holds(&format!("the client did not read the 413: {answer:?}"), is_413, rule);
        stopper.stop();
    });
}

/// With such a stop, users do not notice a deployment.
#[test]
fn t23_a_stop_finishes_requests_in_flight_and_refuses_new_clients() {
    let rule = "once told, close the listener, and answer the requests in flight";
    let report = serving(secs(10), async move |address, stopper| {
        let mut idle = connect(address).await;
        let mut busy = asking(address, "GET /slow?ms=500 HTTP/1.1\r\nHost: a\r\n\r\n").await;
        stopper.stop();
        let heard = rest(&mut idle).await.unwrap_or_default(); // from here on the server knows of the stop
        same_bytes("what an idle client reads", &heard, b"", rule);
        let refused = TcpStream::connect(address).await.map(|_| ()).map_err(|error| error.kind());
        same("a new client", refused, Err(io::ErrorKind::ConnectionRefused), rule);
        has_said_close(&rest(&mut busy).await.unwrap_or_default(), rule);
    });
    reports(report, 3, 0, rule);
}

/// A browser may keep its end open. A stop must not wait for the whole linger limit then.
#[test]
fn t24_idle_clients_do_not_delay_a_stop() {
    let rule = "once told, a close no longer lingers (linger_until): the stop ends within 1.5 s";
    let report = serving(millis(1500), async move |address, stopper| {
        let mut idle = asking(address, "").await;
        let before = asking(address, LAST_GET).await; // answered, closed, and still lingering
        stopper.stop();
        let heard = rest(&mut idle).await.unwrap_or_default();
        same_bytes("what the idle client reads", &heard, b"", "it is closed without an answer");
        std::mem::forget((idle, before)); // both keep their end open until the server has ended
    });
    reports(report, 4, 0, rule);
}

/// A second stop means that the operator does not want to wait.
#[test]
fn t25_told_twice_the_server_ends_at_once() {
    let rule = "the second time, abort what is left, and end run()";
    let report = serving(secs(10), async move |address, stopper| {
        let mut busy = asking(address, VERY_SLOW).await;
        stopper.stop();
        stopper.stop();
        let heard = rest(&mut busy).await.unwrap_or_default();
        same_bytes("what the client reads", &heard, b"", rule);
    });
    // One of them, or both: the other has its answer, but perhaps the server has not seen its end yet.
    holds(&format!("no connection was aborted: {report:?}"), report.aborted >= 1, rule);
}
