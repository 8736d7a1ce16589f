//! Tests of `drive`: over a pipe in virtual time, and over real sockets where a pipe cannot show it.

use std::{
    io::{self, ErrorKind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_test::task;
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, SystemClock, TokioClock, millis, nanos, secs},
    outcome::{Promise, Watch, promise},
    seed::Seed,
    transport::{
        Addressed, Drive, Linked, Pipe, Protocol, Segmentation, Socket, TestConnection, Transport, drive,
        pipe,
    },
};

use super::recorder::{Recorder, Shout};
use crate::support::panic_of;

type Served<P> = Watch<(P, io::Result<()>)>;

/// Drives a protocol at the server's end of a pipe. Returns the client's end.
fn serve<P: Protocol + 'static>(sim: &Sim, protocol: P) -> (Pipe, Served<P>) {
    let (client, server) = pipe();
    let served = sim.watch(drive(protocol, server, sim.clock()));
    sim.settle();
    (client, served)
}

/// Reads what can be read without waiting.
fn read_now(pipe: &mut Pipe) -> Vec<u8> {
    let mut bytes = vec![0; 100_000];
    match task::spawn(pipe.read(&mut bytes)).poll() {
        Poll::Ready(read) => bytes.truncate(read.unwrap()),
        Poll::Pending => bytes.clear(),
    }
    bytes
}

fn write_now(pipe: &mut Pipe, bytes: &[u8]) {
    let written = task::spawn(pipe.write(bytes)).poll();
    assert!(matches!(written, Poll::Ready(Ok(count)) if count == bytes.len()), "{written:?}");
}

fn result_of<P>(served: &Served<P>) -> Result<(), ErrorKind> {
    served.assert_ready().1.as_ref().map_err(io::Error::kind).copied()
}

async fn tcp_pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    Ok((client, listener.accept().await?.0))
}

/// Fails a test over real sockets that hangs.
async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(secs(20), future).await.expect("real sockets answer within 20 s")
}

// One protocol, four drivers.

const SAID: &[u8] = b"one\ntwo\n\nnot heard\n";
const HEARD: &[u8] = b"ONE\nTWO\n\n";

#[test]
fn one_protocol_gives_one_answer_in_a_test_connection_linked_over_a_pipe_and_over_tcp() {
    let says = || {
        Recorder::reacting(|call, transport| match call {
            "made" => transport.write(SAID),
            "end" => transport.close(),
            _ => {}
        })
    };

    let mut by_hand = TestConnection::new(Shout::default());
    by_hand.receive(SAID);
    by_hand.assert_written(HEARD);
    by_hand.complete_close();
    let mut answers = vec![("by hand", HEARD.to_vec(), by_hand.into_protocol().lost)];

    let mut joined = Linked::new(says(), Shout::default());
    joined.flush();
    let (client, server) = joined.into_protocols();
    answers.push(("joined", client.received(), server.lost));

    let sim = Sim::new();
    let (client, server) = pipe();
    let client = sim.watch(drive(says(), client, sim.clock()));
    let server = sim.watch(drive(Shout::default(), server, sim.clock()));
    sim.settle();
    answers.push(("pipe", client.assert_ready().0.received(), server.assert_ready().0.lost));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (client, server) = runtime.block_on(within(async {
        let (client, server) = tcp_pair().await.unwrap();
        let clock = TokioClock::new();
        let linger = |driver: Drive<_, _, _>| driver.linger(secs(10), usize::MAX);
        tokio::join!(drive(says(), client, clock), linger(drive(Shout::default(), server, clock)))
    }));
    answers.push(("tcp", client.0.received(), server.0.lost));

    for (how, heard, lost) in answers {
        assert_eq!((heard, lost), (HEARD.to_vec(), Some(Ok(()))), "{how}");
    }
}

#[test]
fn a_driver_can_be_sent_to_another_thread() {
    fn check<T: Send + Unpin>(_: T) {}
    let (_client, server) = pipe();
    check(drive(Shout::default(), server, SystemClock));
    let boxed: Box<dyn Protocol + Send> = Box::new(Shout::default());
    check(drive(
        boxed,
        Box::new(pipe().0) as Box<dyn Socket + Send>,
        Arc::new(SystemClock) as Arc<dyn Clock>,
    ));
}

// Bytes.

#[test]
fn nothing_happens_before_the_first_poll() {
    let (_client, server) = pipe();
    let driver = drive(Recorder::new(), server, SystemClock);
    assert_eq!(
        format!("{driver:?}"),
        "Drive { protocol: it::transport::protocol::recorder::Recorder, state: not begun, .. }"
    );
}

#[test]
fn bytes_go_both_ways_as_they_come() {
    let sim = Sim::new();
    let (mut client, served) = serve(&sim, Shout::default());
    write_now(&mut client, b"on");
    sim.settle();
    assert_eq!(read_now(&mut client), b"");
    write_now(&mut client, b"e\ntwo\n");
    sim.settle();
    assert_eq!(read_now(&mut client), b"ONE\nTWO\n");
    served.assert_pending();
}

#[test]
fn one_read_takes_no_more_than_a_buffer() {
    let sim = Sim::new();
    let (mut client, server) = pipe();
    write_now(&mut client, &[7; 40_000]);
    drop(client);
    let closes = Recorder::reacting(|call, transport| {
        if call == "end" {
            transport.close();
        }
    });
    let served = sim.watch(drive(closes, server, sim.clock()));
    sim.settle();
    let lengths: Vec<_> = served.assert_ready().0.pieces.iter().map(Bytes::len).collect();
    assert_eq!(lengths, [16_384, 16_384, 7_232]);
}

#[test]
fn small_reads_share_a_buffer_and_a_full_one_is_replaced() {
    let sim = Sim::new();
    let held = Arc::new(std::sync::Mutex::new(Vec::<Bytes>::new()));
    struct Holds(Arc<std::sync::Mutex<Vec<Bytes>>>);
    impl Protocol for Holds {
        fn data_received(&mut self, _: &mut dyn Transport, bytes: Bytes) {
            self.0.lock().unwrap().push(bytes);
        }
    }
    let (mut client, _served) = serve(&sim, Holds(Arc::clone(&held)));
    let sent: Vec<Vec<u8>> = (0..8_u8).map(|byte| vec![byte; 5_000]).collect();
    for bytes in &sent {
        write_now(&mut client, bytes);
        sim.settle();
    }
    let held = held.lock().unwrap();
    assert_eq!(held.concat(), sent.concat());
    assert_eq!(held[0].as_ptr().wrapping_add(5_000), held[1].as_ptr());
}

#[test]
fn the_protocol_sees_the_addresses_of_the_stream() {
    let sim = Sim::new();
    let (client, server) = pipe();
    let expected = (server.local_addr(), server.peer_addr());
    let (promise, addresses) = promise::<_, ()>();
    let addresses = sim.watch(addresses);
    let mut promise = Some(promise);
    let recorder = Recorder::reacting(move |_, transport| {
        promise
            .take()
            .into_iter()
            .for_each(|promise| promise.succeed((transport.local_addr(), transport.peer_addr())));
    });
    let _served = sim.watch(drive(recorder, server, sim.clock()));
    sim.settle();
    assert_eq!(addresses.assert_success(), &expected);
    drop(client);
}

#[test]
fn a_stream_without_addresses_gets_them_from_addressed() {
    let sim = Sim::new();
    let (mut client, server) = tokio::io::duplex(64);
    let server = Addressed::new(server, "[::1]:443".parse().unwrap(), "[::1]:50000".parse().unwrap());
    assert_eq!(server.local_addr().unwrap().port(), 443);
    let served = sim.watch(drive(Shout::default(), server, sim.clock()));
    let answer = sim.watch(async move {
        client.write_all(b"a\n\n").await?;
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.map(|_| answer)
    });
    sim.settle();
    assert_eq!(answer.assert_success(), b"A\n\n");
    assert_eq!(result_of(&served), Ok(()));
}

// Ends.

/// Returns a protocol that acts when it receives `word`.
fn acts_on(word: &'static str, act: fn(&mut dyn Transport)) -> Recorder {
    Recorder::reacting(move |call, transport| {
        if call.strip_prefix("data ") == Some(word) {
            act(transport);
        }
    })
}

#[test]
fn the_peers_end_arrives_and_half_of_the_connection_stays() {
    let sim = Sim::new();
    let (mut client, served) = serve(
        &sim,
        Recorder::reacting(|call, transport| {
            if call == "end" {
                transport.write(b"last words");
                transport.close();
            }
        }),
    );
    client.close_write();
    sim.settle();
    assert_eq!(read_now(&mut client), b"last words");
    assert_eq!(served.assert_ready().0.calls, ["made", "end", "lost"]);
}

#[test]
fn an_own_half_close_ends_one_direction_and_reading_goes_on() {
    let sim = Sim::new();
    let (mut client, served) = serve(&sim, acts_on("half", |transport| transport.close_write()));
    write_now(&mut client, b"half");
    sim.settle();
    let mut rest = Vec::new();
    assert!(matches!(task::spawn(client.read_to_end(&mut rest)).poll(), Poll::Ready(Ok(0))));
    write_now(&mut client, b"more");
    sim.settle();
    served.assert_pending();
    client.close_write();
    sim.settle();
    assert_eq!(served.assert_ready().0.calls, ["made", "data half", "data more", "end", "lost"]);
    assert_eq!(result_of(&served), Ok(()));
}

#[test]
fn an_abort_resets_the_peer_over_a_pipe() {
    let sim = Sim::new();
    let (mut client, served) = serve(
        &sim,
        acts_on("x", |transport| {
            transport.write(b"lost");
            transport.abort();
        }),
    );
    write_now(&mut client, b"x");
    sim.settle();
    let Poll::Ready(Err(error)) = task::spawn(client.read_u8()).poll() else { panic!("no reset") };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(served.assert_ready().0.calls, ["made", "data x", "lost ConnectionAborted"]);
    assert_eq!(result_of(&served), Err(ErrorKind::ConnectionAborted));
}

#[tokio::test]
async fn an_abort_resets_the_peer_over_tcp() -> io::Result<()> {
    let (mut client, server) = tcp_pair().await?;
    let served = tokio::spawn(drive(acts_on("x", |transport| transport.abort()), server, TokioClock::new()));
    client.write_all(b"x").await?;
    assert_eq!(within(client.read_u8()).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (recorder, result) = within(served).await?;
    assert_eq!(recorder.calls, ["made", "data x", "lost ConnectionAborted"]);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    Ok(())
}

#[test]
fn a_stream_error_arrives_after_the_bytes_before_it() {
    let sim = Sim::new();
    let (mut client, served) = serve(&sim, Recorder::new());
    write_now(&mut client, b"x");
    client.outgoing().fail(ErrorKind::TimedOut);
    sim.settle();
    assert_eq!(served.assert_ready().0.calls, ["made", "data x", "lost TimedOut"]);
    assert_eq!(result_of(&served), Err(ErrorKind::TimedOut));
}

#[test]
fn a_write_that_breaks_ends_the_connection() {
    let sim = Sim::new();
    let (client, served) = serve(
        &sim,
        Recorder::reacting(|call, transport| {
            if call == "end" {
                transport.write(b"anybody?");
            }
        }),
    );
    drop(client);
    sim.settle();
    assert_eq!(served.assert_ready().0.calls, ["made", "end", "lost BrokenPipe"]);
    assert_eq!(result_of(&served), Err(ErrorKind::BrokenPipe));
}

#[test]
fn dropping_a_driver_resets_if_bytes_are_unsent_and_closes_otherwise() {
    for (written, expected) in [(&b"x"[..], Err(ErrorKind::ConnectionReset)), (b"", Ok(0))] {
        let (mut client, server) = Pipe::builder().capacity(1).pair();
        let recorder = Recorder::reacting(move |_, transport| {
            transport.write(written);
            transport.write(written);
        });
        let mut driver = task::spawn(drive(recorder, server, SystemClock));
        assert!(driver.poll().is_pending());
        drop(driver);
        let mut rest = Vec::new();
        let Poll::Ready(read) = task::spawn(client.read_to_end(&mut rest)).poll() else {
            panic!("still open")
        };
        assert_eq!(read.map_err(|error| error.kind()), expected);
    }
}

#[test]
fn polling_a_driver_after_it_was_ready_panics() {
    let (client, server) = pipe();
    drop(client);
    let mut driver = drive(Shout::default(), server, SystemClock);
    let made = line!() - 1;
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(Pin::new(&mut driver).poll(&mut cx).is_ready());
    assert_eq!(
        format!("{driver:?}"),
        "Drive { protocol: it::transport::protocol::recorder::Shout, state: done, .. }"
    );
    assert_eq!(
        panic_of(|| Pin::new(&mut driver).poll(&mut cx)),
        format!(
            "the driver made at tests/it/transport/protocol/drive.rs:{made}:22 was polled after it was ready"
        )
    );
}

// Flow.

#[test]
fn a_protocol_that_pauses_reading_leaves_the_bytes_with_the_peer() {
    let sim = Sim::new();
    let (resume, resumed) = promise::<(), ()>();
    struct Pauses(Pin<Box<dyn Future<Output = Result<(), ()>>>>, Recorder);
    impl Protocol for Pauses {
        fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
            self.1.data_received(transport, bytes);
            transport.pause_reading();
        }
        fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
            if !transport.is_closing() && self.1.calls.len() == 1 && self.0.as_mut().poll(cx).is_ready() {
                self.1.calls.push("resumed".into());
                transport.resume_reading();
            }
        }
    }
    let (mut client, server) = pipe();
    let wire = client.outgoing();
    let served = sim.watch(drive(Pauses(Box::pin(resumed), Recorder::new()), server, sim.clock()));
    write_now(&mut client, b"one");
    sim.settle();
    write_now(&mut client, b"two");
    drop(client);
    sim.settle();
    assert_eq!(wire.in_flight(), 3);
    served.assert_pending();
    resume.succeed(());
    sim.settle();
    assert_eq!(wire.in_flight(), 0);
}

#[test]
fn the_watermarks_say_when_writing_is_paused_and_resumed() {
    let sim = Sim::new();
    let (mut client, server) = Pipe::builder().capacity(10).pair();
    let calls = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&calls);
    let recorder = Recorder::reacting(move |call, transport| {
        heard.lock().unwrap().push(format!("{call} {}", transport.unsent()));
        if call == "data x" {
            transport.write(&[b'.'; 20]);
        }
    });
    let _served = sim.watch(drive(recorder, server, sim.clock()).watermarks(5, 9));
    sim.settle();
    write_now(&mut client, b"x");
    sim.settle(); // 10 went out, 10 are unsent, one more than 9
    assert_eq!(calls.lock().unwrap()[2..], ["pause 10"]);
    let mut some = [0; 4];
    assert!(matches!(task::spawn(client.read(&mut some)).poll(), Poll::Ready(Ok(4))));
    sim.settle(); // 6 are unsent
    assert_eq!(calls.lock().unwrap()[3..], [""; 0]);
    assert!(matches!(task::spawn(client.read(&mut some[..1])).poll(), Poll::Ready(Ok(1))));
    sim.settle(); // 5
    assert_eq!(calls.lock().unwrap()[3..], ["resume 5"]);
}

#[test]
fn bytes_that_go_out_at_once_do_not_pause_writing() {
    let sim = Sim::new();
    let (mut client, server) = Pipe::builder().capacity(1_000_000).pair();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let recorder = Recorder::reacting(move |call, transport| {
        count.fetch_add(1, Ordering::Relaxed);
        if call == "data x" {
            transport.write(&[b'.'; 500_000]);
        }
    });
    let _served = sim.watch(drive(recorder, server, sim.clock()));
    write_now(&mut client, b"x");
    sim.settle();
    assert_eq!(client.incoming().in_flight(), 500_000);
    assert_eq!(calls.load(Ordering::Relaxed), 2); // made, data
}

#[test]
fn a_low_watermark_above_the_high_one_is_refused() {
    let driver = || drive(Shout::default(), pipe().0, SystemClock);
    assert_eq!(panic_of(|| driver().watermarks(2, 1)), "the low watermark, 2, is above the high one, 1");
    let _equal = driver().watermarks(0, 0);
}

/// Counts the operations on a stream.
#[derive(Debug)]
struct Counting {
    pipe: Pipe,
    reads: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counting {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

#[test]
fn a_request_costs_one_write_and_two_reads() {
    let sim = Sim::new();
    let (mut client, server) = pipe();
    let (reads, writes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let addresses = (server.local_addr(), server.peer_addr());
    let counting = Counting { pipe: server, reads: Arc::clone(&reads), writes: Arc::clone(&writes) };
    let counting = Addressed::new(counting, addresses.0, addresses.1);
    let _served = sim.watch(drive(Shout::default(), counting, sim.clock()));
    sim.settle();
    let before = reads.load(Ordering::Relaxed);
    for _ in 0..10 {
        write_now(&mut client, b"a\nb\nc\n"); // three answers, which go out together
        sim.settle();
        assert_eq!(read_now(&mut client), b"A\nB\nC\n");
    }
    assert_eq!(writes.load(Ordering::Relaxed), 10);
    assert_eq!(reads.load(Ordering::Relaxed) - before, 20);
}

#[test]
fn a_busy_protocol_lets_other_tasks_run() {
    struct Stuck(Instant);
    impl Protocol for Stuck {
        fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
        fn poll_timeout(&self) -> Option<Instant> {
            Some(self.0)
        }
    }
    let (_client, server) = pipe();
    let mut driver = task::spawn(drive(Stuck(SystemClock.now()), server, SystemClock));
    assert!(driver.poll().is_pending());
    assert!(driver.is_woken());
}

// Time.

#[test]
fn a_timeout_comes_at_its_exact_instant() {
    let sim = Sim::new();
    let after = nanos(1_500); // tokio's own timers would be rounded up to a millisecond
    let mut recorder = Recorder::reacting(|call, transport| {
        if call == "timeout" {
            transport.close();
        }
    });
    recorder.deadline = Some(sim.clock().now() + after);
    let (_client, served) = serve(&sim, recorder);
    sim.advance(after - nanos(1));
    served.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(served.assert_ready().0.calls, ["made", "timeout", "lost"]);
}

/// Closes after a silence. Records when.
struct Idle<C> {
    clock: C,
    deadline: Instant,
    closed_at: Option<Duration>,
}

impl<C: Clock> Protocol for Idle<C> {
    fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {
        self.deadline = self.clock.now() + secs(10);
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.closed_at.is_none().then_some(self.deadline)
    }
    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        if now >= self.deadline {
            self.closed_at = Some(self.clock.since_start());
            transport.close();
        }
    }
}

#[test]
fn a_deadline_that_moves_fires_at_its_last_place() {
    let sim = Sim::new();
    let idle = Idle { clock: sim.clock(), deadline: sim.clock().now() + secs(10), closed_at: None };
    let (mut client, served) = serve(&sim, idle);
    for _ in 0..3 {
        sim.advance(secs(7));
        write_now(&mut client, b"x");
        sim.settle();
    }
    sim.advance(secs(10) - nanos(1));
    served.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(served.assert_ready().0.closed_at, Some(secs(31)));
}

#[test]
fn a_completed_promise_is_written() {
    let sim = Sim::new();
    let (answer, future) = promise::<&str, ()>();
    struct Later(Pin<Box<dyn Future<Output = Result<&'static str, ()>>>>);
    impl Protocol for Later {
        fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
        fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
            if !transport.is_closing() {
                if let Poll::Ready(answer) = self.0.as_mut().poll(cx) {
                    transport.write(answer.unwrap().as_bytes());
                    transport.close();
                }
            }
        }
    }
    let (mut client, served) = serve(&sim, Later(Box::pin(future)));
    served.assert_pending();
    answer.succeed("late");
    sim.settle();
    assert_eq!(read_now(&mut client), b"late");
    assert_eq!(result_of(&served), Ok(()));
}

// Lingering.

fn refuses() -> Recorder {
    Recorder::reacting(|call, transport| {
        if call.starts_with("data") {
            transport.write(b"no");
            transport.close();
        }
    })
}

#[test]
fn a_close_does_not_linger_unless_asked() {
    let sim = Sim::new();
    let (mut client, served) = serve(&sim, refuses());
    write_now(&mut client, b"x");
    sim.settle();
    assert_eq!(result_of(&served), Ok(()));
}

#[test]
fn a_close_that_lingers_reads_to_the_peers_end() {
    let sim = Sim::new();
    let (mut client, server) = pipe();
    let served = sim.watch(drive(refuses(), server, sim.clock()).linger(secs(2), 100));
    write_now(&mut client, b"x");
    sim.settle();
    write_now(&mut client, b"more");
    sim.settle();
    served.assert_pending();
    let mut heard = Vec::new();
    assert!(matches!(task::spawn(client.read_to_end(&mut heard)).poll(), Poll::Ready(Ok(2))));
    assert_eq!(client.outgoing().in_flight(), 0);
    drop(client);
    sim.settle();
    assert_eq!(served.assert_ready().0.calls, ["made", "data x", "lost"]);
    assert_eq!(result_of(&served), Ok(()));
}

#[test]
fn a_close_lingers_no_longer_than_its_limit() {
    let sim = Sim::new();
    let (mut client, server) = pipe();
    let served = sim.watch(drive(refuses(), server, sim.clock()).linger(secs(2), 100));
    write_now(&mut client, b"x");
    sim.settle();
    sim.advance(secs(2) - nanos(1));
    served.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(result_of(&served), Ok(()));
}

#[test]
fn a_close_drains_no_more_than_its_limit() {
    let sim = Sim::new();
    let (mut client, server) = pipe();
    let served = sim.watch(drive(refuses(), server, sim.clock()).linger(secs(2), 100));
    write_now(&mut client, b"x");
    sim.settle();
    write_now(&mut client, &[0; 99]);
    sim.settle();
    served.assert_pending();
    write_now(&mut client, &[0; 1]);
    sim.settle();
    assert_eq!(result_of(&served), Ok(()));
}

/// Returns a driver whose close lingers until its deadline.
fn lingering(
    sim: &Sim,
    protocol: Recorder,
) -> (Pipe, Served<Recorder>, Promise<(), std::convert::Infallible>) {
    let (client, server) = pipe();
    let (linger_deadline, told) = promise();
    let driver = drive(protocol, server, sim.clock()).linger(secs(2), usize::MAX);
    let served = sim.watch(driver.linger_until(async { told.await.unwrap_or_else(|never| match never {}) }));
    sim.settle();
    (client, served, linger_deadline)
}

#[test]
fn the_linger_deadline_ends_a_close_that_lingers() {
    let sim = Sim::new();
    let (mut client, served, linger_deadline) = lingering(&sim, refuses());
    write_now(&mut client, b"x");
    sim.settle();
    served.assert_pending();
    linger_deadline.succeed(());
    sim.settle();
    assert_eq!(served.assert_ready().0.calls, ["made", "data x", "lost"]);
    assert_eq!(result_of(&served), Ok(()));
    assert_eq!(read_now(&mut client), b"no");
}

#[test]
fn after_the_linger_deadline_a_driver_serves_on_and_its_close_does_not_linger() {
    let sim = Sim::new();
    let (mut client, served, linger_deadline) = lingering(&sim, refuses());
    linger_deadline.succeed(());
    sim.settle();
    served.assert_pending();
    write_now(&mut client, b"x");
    sim.settle();
    assert_eq!(result_of(&served), Ok(()));
}

#[test]
fn at_the_linger_deadline_received_bytes_are_dropped_without_a_reset() {
    let sim = Sim::new();
    let (mut client, served, linger_deadline) = lingering(&sim, refuses());
    write_now(&mut client, b"x");
    sim.settle();
    write_now(&mut client, &[0; 50_000]);
    linger_deadline.succeed(());
    sim.settle();
    assert_eq!(result_of(&served), Ok(()));
    assert_eq!(client.outgoing().in_flight(), 0);
    let mut heard = Vec::new();
    assert!(matches!(task::spawn(client.read_to_end(&mut heard)).poll(), Poll::Ready(Ok(2))));
}

#[test]
fn at_the_linger_deadline_unsent_bytes_go_out_first() {
    let sim = Sim::new();
    let says_much = Recorder::reacting(|call, transport| {
        if call.starts_with("data") {
            transport.write(&[b'a'; 300_000]);
            transport.close();
        }
    });
    let (mut client, served, linger_deadline) = lingering(&sim, says_much);
    linger_deadline.succeed(());
    write_now(&mut client, b"x");
    sim.settle();
    served.assert_pending();
    let mut heard = 0;
    while heard < 300_000 {
        let count = read_now(&mut client).len();
        assert_ne!(count, 0, "it ended after {heard} bytes");
        heard += count;
        sim.settle();
    }
    assert_eq!(result_of(&served), Ok(()));
}

#[test]
fn an_abort_does_not_linger() {
    let sim = Sim::new();
    let (mut client, server) = pipe();
    let driver = drive(acts_on("x", |transport| transport.abort()), server, sim.clock());
    let served = sim.watch(driver.linger(secs(2), 100));
    write_now(&mut client, b"x");
    sim.settle();
    assert_eq!(result_of(&served), Err(ErrorKind::ConnectionAborted));
}

#[tokio::test]
async fn over_tcp_only_a_close_that_lingers_delivers_the_answer_to_a_large_upload() -> io::Result<()> {
    let upload = vec![0; 64 << 20];
    for lingers in [true, false] {
        let (mut client, server) = tcp_pair().await?;
        let driver = drive(refuses(), server, TokioClock::new());
        let driver = if lingers { driver.linger(secs(10), usize::MAX) } else { driver };
        let served = tokio::spawn(driver);
        let uploaded = within(client.write_all(&upload)).await;
        assert_eq!(uploaded.is_ok(), lingers, "{uploaded:?}");
        if lingers {
            client.shutdown().await?;
            let mut answer = Vec::new();
            within(client.read_to_end(&mut answer)).await?;
            assert_eq!(answer, b"no");
        }
        let (_, result) = within(served).await?;
        assert!(result.is_ok(), "{result:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_driver_with_the_system_clock_needs_no_tokio_timers() -> io::Result<()> {
    let (mut client, server) = tcp_pair().await?;
    let mut recorder = Recorder::reacting(|call, transport| {
        if call == "timeout" {
            transport.write(b"bye");
            transport.close();
        }
    });
    recorder.deadline = Some(SystemClock.now() + millis(5));
    let served = tokio::spawn(drive(recorder, server, SystemClock));
    let mut heard = Vec::new();
    within(client.read_to_end(&mut heard)).await?;
    assert_eq!(heard, b"bye");
    assert!(within(served).await?.1.is_ok());
    Ok(())
}

#[test]
fn its_debug_text_shows_its_state() {
    let (_client, server) = Pipe::builder().capacity(1).pair();
    let recorder = Recorder::reacting(|_, transport| {
        transport.write(b"abc");
        transport.close();
    });
    let mut driver = drive(recorder, server, SystemClock);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(Pin::new(&mut driver).poll(&mut cx).is_pending());
    assert_eq!(
        format!("{driver:?}"),
        "Drive { protocol: it::transport::protocol::recorder::Recorder, state: closing, 2 bytes unsent, .. }"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_arrive_equal_under_any_cut_and_capacity(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        capacity in 1_usize..300,
        seed in any::<u64>(),
    ) {
        // There and back: the bytes of the echo are cut, too.
        struct Echo;
        impl Protocol for Echo {
            fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
                transport.write_bytes(bytes);
            }
        }
        let sim = Sim::new();
        let (client, server) = Pipe::builder()
            .capacity(capacity)
            .segmentation(Segmentation::seeded(Seed::new(seed)))
            .pair();
        let sent = bytes.clone();
        let client = sim.watch(drive(Recorder::reacting(move |call, transport| match call {
            "made" => {
                transport.write(&sent);
                transport.close_write();
            }
            "end" => transport.close(),
            _ => {}
        }), client, sim.clock()));
        let server = sim.watch(drive(Echo, server, sim.clock()));
        sim.settle();
        prop_assert_eq!(client.assert_ready().0.received(), bytes);
        prop_assert_eq!(result_of(&server), Ok(()));
    }
}
