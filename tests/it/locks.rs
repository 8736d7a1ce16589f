//! No waker and no value of the user's is woken or dropped under a lock of the kit.
//!
//! In each test something of the user's owns the other end of what it is handed to, as a task of a textbook executor
//! does. Where it is dropped under the lock of that thing, the test hangs: `within_limit` makes a failure of it.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};

use bytes::Bytes;
use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{FakeClock, secs},
    transport::{Direction, Pipe, ScriptedPeer, pipe},
};

use crate::support::panic_of;

/// Runs a test that may deadlock on a thread of its own. Fails after 10 seconds of real time.
fn within_limit(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _kept = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(10)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("deadlock: the test did not end within 10 s"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    }
}

/// A task that owns something, and whose waker owns the task.
struct Task<T>(Mutex<T>);

impl<T: Send> Wake for Task<T> {
    fn wake(self: Arc<Self>) {}
}

/// The only waker of a task that owns `owned`.
fn waker_owning<T: Send + 'static>(owned: T) -> Waker {
    Waker::from(Arc::new(Task(Mutex::new(owned))))
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Polls with a waker that owns `owned`, and then with another one, which replaces it.
fn poll_with_a_waker_that_is_replaced<T: Send + 'static>(future: impl Future, owned: T) {
    let mut future = pin!(future);
    let waker = waker_owning(owned);
    assert!(poll(&mut future, &waker).is_pending());
    drop(waker);
    let _done = poll(&mut future, Waker::noop());
}

/// Bytes whose owner, when it is dropped, asks how much is in flight.
struct Curious(Direction);

impl AsRef<[u8]> for Curious {
    fn as_ref(&self) -> &[u8] {
        b"bytes"
    }
}

impl Drop for Curious {
    fn drop(&mut self) {
        assert_eq!(self.0.in_flight(), 0);
    }
}

const NOT_FINISHED: &str = "peer `peer` was dropped without `finish`";

#[test]
fn a_pipe_drops_the_waker_of_its_reader_unlocked() {
    within_limit(|| {
        let (mut client, server) = pipe();
        poll_with_a_waker_that_is_replaced(client.read_bytes(), server);
    });
}

#[test]
fn a_pipe_drops_the_waker_of_its_writer_unlocked() {
    within_limit(|| {
        let (mut client, server) = Pipe::builder().capacity(1).pair();
        poll_with_a_waker_that_is_replaced(client.write_all(b"two"), server);
    });
}

#[test]
fn a_pipe_drops_the_bytes_in_flight_unlocked() {
    let takes: [fn(&mut Pipe); 3] = [
        |reader| assert!(poll(&mut pin!(reader.read_exact(&mut [0; 5])), Waker::noop()).is_ready()),
        |reader| reader.reset(),
        |reader| reader.incoming().cut(),
    ];
    for take in takes {
        within_limit(move || {
            let (mut writer, mut reader) = pipe();
            let bytes = Bytes::from_owner(Curious(writer.outgoing()));
            assert!(poll(&mut pin!(writer.write_bytes(bytes)), Waker::noop()).is_ready());
            take(&mut reader);
        });
    }
}

#[test]
fn a_scripted_peer_drops_the_waker_of_the_reader_unlocked() {
    within_limit(|| {
        let (mut stream, peer) = ScriptedPeer::script("peer").expect("x").close().start();
        let text = panic_of(|| poll_with_a_waker_that_is_replaced(stream.read_u8(), peer));
        assert_eq!(text.lines().next(), Some(NOT_FINISHED));
    });
}

#[test]
fn a_scripted_peer_drops_the_waker_of_the_writer_unlocked() {
    within_limit(|| {
        let script = ScriptedPeer::script("peer").wait(secs(1)).expect_until("x", 100_000).close();
        let (mut stream, peer) = script.clock(FakeClock::new()).start();
        let text = panic_of(|| poll_with_a_waker_that_is_replaced(stream.write_all(&[b'.'; 70_000]), peer));
        assert_eq!(text.lines().next(), Some(NOT_FINISHED));
    });
}

#[test]
fn a_scripted_peer_drops_the_waker_of_the_test_unlocked() {
    within_limit(|| {
        let (stream, peer) = ScriptedPeer::script("peer").expect("x").close().start();
        let text = panic_of(|| poll_with_a_waker_that_is_replaced(peer.finish(), stream));
        assert_eq!(text.lines().next(), Some(NOT_FINISHED));
    });
}

#[test]
fn a_scripted_peer_drops_a_timer_unlocked() {
    within_limit(|| {
        let script = ScriptedPeer::script("peer").expect_nothing_for(secs(1)).send("x").close();
        let (stream, peer) = script.clock(FakeClock::new()).start();
        let (mut reader, mut writer) = io::split(stream);
        let mut read = pin!(reader.read_u8());
        let waker = waker_owning(peer);
        assert!(poll(&mut read, &waker).is_pending());
        drop(waker); // the timer of the silence has the last one
        assert!(poll(&mut pin!(writer.write_all(b"y")), Waker::noop()).is_ready());
        let text = panic_of(|| poll(&mut read, Waker::noop()));
        assert_eq!(text.lines().next(), Some(NOT_FINISHED));
    });
}
