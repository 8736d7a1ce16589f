//! Tests of `TestConnection`.

use std::{
    cell::RefCell,
    io::ErrorKind,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use unplugged::{
    clock::{Clock, ClockExt, FakeClock, nanos, secs},
    outcome::{self, promise},
    seed::Seed,
    transport::{ConnectionState, Protocol, Segmentation, StringTransport, TestConnection, Transport},
};

use super::{
    named, placed,
    recorder::{Recorder, Shout},
};
use crate::support::panic_of;

// What is written.

/// Returns a named connection whose protocol has written these bytes.
#[track_caller]
fn wrote(bytes: &[u8]) -> TestConnection<Recorder> {
    let mut connection = named().connect(Recorder::new());
    connection.call(|_, transport| transport.write(bytes));
    connection
}

#[test]
fn lines_end_with_either_line_end() {
    assert_eq!(wrote(b"").lines(), [""; 0]);
    assert_eq!(wrote(b"one\r\n\r\ntwo\nth\rree").lines(), ["one", "", "two", "th\rree"]);
}

#[test]
fn moved_bytes_come_out_as_the_same_allocation() {
    let mut connection = TestConnection::new(Recorder::new());
    let sent = Bytes::from(vec![7; 1000]);
    connection.call(|_, transport| transport.write_bytes(sent.clone()));
    assert_eq!(connection.take().as_ptr(), sent.as_ptr());
}

#[test]
fn check_written_says_what_differs() {
    let text = |wrote: &[u8], expected: &str| {
        placed(&self::wrote(wrote).check_written(expected).unwrap_err().to_string())
    };
    assert_eq!(
        text(b"", "GET"),
        "`server` has written nothing\n  made at  HERE\n  expected b\"GET\"\n  got      b\"\""
    );
    let request = b"GET /b\r\n";
    wrote(request).assert_written("GET /b\r\n");
    assert_eq!(
        text(request, "GET /a\r\n"),
        "`server` has written something else: it differs at byte 5\n  made at  HERE\n  \
         expected b\"GET /a\\r\\n\"\n  got      b\"GET /b\\r\\n\""
    );
    assert_eq!(
        text(request, "GET /b\r\n\r\n"),
        "`server` has written too little: it ends at byte 8\n  made at  HERE\n  \
         expected b\"GET /b\\r\\n\\r\\n\"\n  got      b\"GET /b\\r\\n\""
    );
    assert_eq!(
        text(request, "GET"),
        "`server` has written too much: it goes on at byte 3\n  made at  HERE\n  \
         expected b\"GET\"\n  got      b\"GET /b\\r\\n\""
    );
    assert_eq!(
        text(request, ""),
        "`server` has written something, and should have written nothing\n  made at  HERE\n  \
         expected b\"\"\n  got      b\"GET /b\\r\\n\""
    );
}

#[test]
fn a_difference_far_inside_is_shown_with_what_is_around_it() {
    let mut bytes = vec![b'.'; 1000];
    let mut connection = wrote(&bytes);
    bytes[500] = b'!';
    let violation = connection.check_written(&bytes).unwrap_err();
    assert_eq!(violation.headline(), "`server` has written something else: it differs at byte 500");
    let (before, after) = (".".repeat(64), ".".repeat(191));
    assert_eq!(
        violation.detail("expected").unwrap(),
        format!("...b\"{before}!{after}\"... (from byte 436 of 1000)")
    );
}

#[test]
fn assert_written_panics_with_the_same_text() {
    let mut connection = wrote(b"");
    let violation = connection.check_written("x").unwrap_err();
    assert_eq!(panic_of(|| connection.assert_written("x")), violation.to_string());
}

#[test]
fn an_unnamed_connection_is_known_by_its_place() {
    let mut connection = StringTransport::new().connect(Recorder::new());
    let place = format!("tests/it/transport/protocol/test_connection.rs:{}:26", line!() - 1);
    let violation = connection.check_written("x").unwrap_err();
    assert_eq!(violation.headline(), format!("the connection at {place} has written nothing"));
    let mut connection = TestConnection::new(Recorder::new());
    let place = format!("tests/it/transport/protocol/test_connection.rs:{}:26", line!() - 1);
    let violation = connection.check_written("x").unwrap_err();
    assert_eq!(violation.headline(), format!("the connection at {place} has written nothing"));
}

// Its state.

#[test]
fn assert_state_says_both_states() {
    let mut connection = named().connect(Recorder::new());
    let text = |connection: &mut TestConnection<Recorder>, expected| {
        connection.check_state(expected).unwrap_err().headline().to_owned()
    };
    assert_eq!(text(&mut connection, ConnectionState::Closing), "`server` is open, and should be closing");
    connection.call(|_, transport| transport.close_write());
    assert_eq!(
        text(&mut connection, ConnectionState::Closed),
        "`server` is half-closed, and should be closed"
    );
    connection.reset_with(ErrorKind::ConnectionReset);
    assert_eq!(
        text(&mut connection, ConnectionState::Aborted),
        "`server` is broken (ConnectionReset), and should be aborted"
    );
    let violation = connection.check_state(ConnectionState::Open).unwrap_err();
    assert_eq!(panic_of(|| connection.assert_state(ConnectionState::Open)), violation.to_string());
}

#[test]
fn a_peer_cannot_break_it_with_an_own_abort() {
    let text = "`server` cannot be broken with ConnectionAborted: that is how the protocol's own `abort` ends\n  \
                made at  HERE\n  \
                next     use `ConnectionReset` for a reset by the peer, `TimedOut` for a dead network";
    let mut transport = named();
    assert_eq!(placed(&panic_of(|| transport.reset_with(ErrorKind::ConnectionAborted))), text);
    let mut connection = named().connect(Recorder::new());
    assert_eq!(placed(&panic_of(|| connection.reset_with(ErrorKind::ConnectionAborted))), text);
    connection.assert_state(ConnectionState::Open);
}

#[test]
fn its_debug_text_shows_the_state_and_escaped_bytes() {
    let mut transport = named();
    transport.set_window(2);
    transport.write(b"a\r\n\0");
    assert_eq!(
        format!("{transport:?}"),
        r#"StringTransport { name: `server`, state: open, reading: Reading, written: b"a\r\n\x00", unsent: 2 }"#
    );
    let connection = transport.connect(Shout::default());
    assert_eq!(
        format!("{connection:?}"),
        "TestConnection { protocol: it::transport::protocol::recorder::Shout, transport: StringTransport { name: `server`, state: open, \
         reading: Reading, written: b\"a\\r\\n\\x00\", unsent: 2 }, woken: false, waits: [], .. }"
    );
}

// What the peer does.

#[test]
fn what_arrives_is_handed_over_as_it_came() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.receive("one");
    connection.receive(b"");
    connection.receive_cut("two", &Segmentation::at([1]));
    connection.receive_eof();
    assert_eq!(connection.protocol().calls, ["made", "data one", "data t", "data wo", "end"]);
}

#[test]
fn each_call_is_followed_by_one_poll() {
    let mut connection = TestConnection::new(Recorder::new());
    assert_eq!(connection.protocol().polls, 1);
    connection.receive("one");
    assert_eq!(connection.protocol().polls, 2);
    connection.call(|_, _| ());
    assert_eq!(connection.protocol().polls, 3);
    assert_eq!(connection.value(), "");
    assert_eq!(connection.protocol().polls, 3);
}

#[test]
fn bytes_and_end_are_held_while_reading_is_paused() {
    let mut connection = TestConnection::new(Recorder::reacting(|call, transport| {
        if call == "data one" {
            transport.pause_reading();
        }
    }));
    connection.receive_cut("onetwothree", &Segmentation::at([3, 6]));
    connection.receive_eof();
    assert_eq!(connection.protocol().calls, ["made", "data one"]);
    assert_eq!(connection.held(), 8);
    connection.call(|_, transport| transport.resume_reading());
    assert_eq!(connection.protocol().calls, ["made", "data one", "data two", "data three", "end"]);
    assert_eq!(connection.held(), 0);
}

#[test]
fn a_protocol_that_pauses_at_the_start_hears_nothing_until_it_resumes() {
    let mut connection = TestConnection::new(Recorder::reacting(|call, transport| {
        if call == "made" {
            transport.pause_reading();
        }
    }));
    connection.receive("early");
    connection.receive_eof();
    assert_eq!(connection.protocol().calls, ["made"]);
    connection.call(|_, transport| transport.resume_reading());
    assert_eq!(connection.protocol().calls, ["made", "data early", "end"]);
}

#[test]
fn bytes_after_stop_reading_are_dropped_and_so_are_held_ones() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.call(|_, transport| transport.pause_reading());
    connection.receive("held");
    connection.call(|_, transport| transport.stop_reading());
    connection.receive("late");
    connection.receive_eof();
    assert_eq!(connection.held(), 0);
    assert_eq!(connection.protocol().calls, ["made"]);
    connection.assert_state(ConnectionState::Open);
}

#[test]
fn bytes_after_a_close_are_dropped() {
    let mut connection = TestConnection::new(Shout::default());
    connection.receive("a\n\nb\n");
    connection.receive("c\n");
    connection.receive_eof();
    connection.assert_written("A\n\n");
    connection.assert_state(ConnectionState::Closing);
}

#[test]
fn nothing_is_received_after_the_end() {
    let mut connection = named().connect(Recorder::new());
    connection.receive_eof();
    assert_eq!(
        placed(&panic_of(|| connection.receive("x"))),
        "`server` cannot receive bytes after `receive_eof`\n  made at  HERE\n  got      b\"x\"\n  \
         next     let the peer send before `receive_eof`"
    );
    assert_eq!(
        placed(&panic_of(|| connection.receive_eof())),
        "`server` cannot receive an end after `receive_eof`\n  made at  HERE\n  \
         next     let the peer send before `receive_eof`"
    );
    connection.reset_with(ErrorKind::ConnectionReset);
    assert_eq!(
        placed(&panic_of(|| connection.receive("x"))),
        "`server` cannot receive bytes after its end: it is broken (ConnectionReset)\n  \
         made at  HERE\n  next     make a new `TestConnection` for a new connection"
    );
}

#[test]
fn the_default_answer_to_the_peers_end_is_a_close() {
    let mut connection = TestConnection::new(Shout::default());
    connection.receive_eof();
    connection.assert_state(ConnectionState::Closing);
}

// How it ends.

#[test]
fn a_close_never_arrives_inside_the_call_that_closed() {
    let mut connection = TestConnection::new(Recorder::reacting(|call, transport| {
        if call == "data x" {
            transport.close();
        }
    }));
    connection.receive("x");
    assert_eq!(connection.protocol().calls, ["made", "data x"]);
    connection.assert_state(ConnectionState::Closing);
    connection.complete_close();
    assert_eq!(connection.protocol().calls, ["made", "data x", "lost"]);
    connection.assert_state(ConnectionState::Closed);
}

#[test]
fn an_abort_ends_as_aborted_and_not_cleanly() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.set_window(0);
    connection.call(|_, transport| {
        transport.write(b"lost");
        transport.abort();
    });
    assert_eq!(connection.transport().unsent(), 0);
    assert_eq!(connection.protocol().calls, ["made"]);
    connection.complete_close();
    assert_eq!(connection.protocol().calls, ["made", "lost ConnectionAborted"]);
    connection.assert_state(ConnectionState::Aborted);
}

#[test]
fn two_half_closes_are_a_clean_end() {
    let mut connection = named().connect(Recorder::new());
    connection.call(|_, transport| transport.close_write());
    connection.assert_state(ConnectionState::HalfClosed);
    connection.receive("still heard");
    assert_eq!(
        placed(&panic_of(|| connection.complete_close())),
        "`server` does not end: it is half-closed\n  made at  HERE\n  \
         next     the peer's direction is still open: end it with `receive_eof`"
    );
    connection.receive_eof();
    connection.complete_close();
    assert_eq!(connection.protocol().calls, ["made", "data still heard", "end", "lost"]);
    connection.assert_state(ConnectionState::Closed);
}

#[test]
fn a_half_close_and_a_stop_end_with_the_peers_end() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.call(|_, transport| {
        transport.close_write();
        transport.stop_reading();
    });
    connection.receive("thrown away");
    connection.receive_eof();
    connection.complete_close();
    assert_eq!(connection.protocol().calls, ["made", "lost"]);
}

#[test]
fn a_reset_drops_held_bytes_and_is_delivered_at_once() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.call(|_, transport| transport.pause_reading());
    connection.receive("held");
    connection.reset_with(ErrorKind::ConnectionReset);
    assert_eq!(connection.protocol().calls, ["made", "lost ConnectionReset"]);
    connection.assert_state(ConnectionState::Broken(ErrorKind::ConnectionReset));
    assert_eq!(connection.held(), 0);
}

#[test]
fn a_connection_that_does_not_end_cannot_complete_its_close() {
    let mut connection = named().connect(Recorder::new());
    assert_eq!(
        placed(&panic_of(|| connection.complete_close())),
        "`server` does not end: it is open\n  made at  HERE\n  \
         next     it ends after the protocol's `close` or `abort`, or the test's `reset_with`"
    );
    connection.set_window(1);
    connection.call(|_, transport| {
        transport.write(b"four");
        transport.close();
    });
    assert_eq!(
        placed(&panic_of(|| connection.complete_close())),
        "`server` cannot end yet: 3 bytes have not gone out\n  made at  HERE\n  \
         next     widen the window with `set_window`, or let the protocol `abort`"
    );
    connection.set_window(3);
    connection.complete_close();
    for (name, call) in [
        ("complete_close", TestConnection::complete_close as fn(&mut TestConnection<Recorder>)),
        ("reset_with", |connection| connection.reset_with(ErrorKind::ConnectionReset)),
        ("call", |connection| connection.call(|_, _| ())),
    ] {
        assert_eq!(
            placed(&panic_of(|| call(&mut connection))),
            format!("`server` cannot `{name}` after its end: it is closed\n  made at  HERE")
        );
    }
    assert_eq!(connection.protocol().calls, ["made", "lost"]);
}

#[test]
fn into_protocol_gives_the_protocol_back() {
    let mut borrowed = Shout::default();
    let mut connection = TestConnection::new(&mut borrowed);
    connection.call(|_, transport| transport.close());
    connection.complete_close();
    drop(connection);
    assert_eq!(borrowed.lost, Some(Ok(())));
    let boxed: Box<dyn Protocol> = Box::new(borrowed);
    let mut connection = TestConnection::new(boxed);
    connection.receive("a\n");
    connection.assert_written("A\n");
    let _: Box<dyn Protocol> = connection.into_protocol();
}

// Back-pressure.

#[test]
fn writing_is_paused_while_something_is_unsent() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.set_window(3);
    connection.call(|_, transport| transport.write(b"abc"));
    assert_eq!(connection.protocol().calls, ["made"]);
    connection.call(|_, transport| transport.write(b"de"));
    assert_eq!(connection.transport().unsent(), 2);
    connection.set_window(1);
    assert_eq!(connection.transport().unsent(), 1);
    assert_eq!(connection.protocol().calls, ["made", "pause"]);
    connection.set_window(9);
    assert_eq!(connection.protocol().calls, ["made", "pause", "resume"]);
    connection.assert_written("abcde");
}

#[test]
fn an_unset_window_takes_all() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.call(|_, transport| transport.write(&[0; 1_000_000]));
    assert_eq!(connection.transport().unsent(), 0);
    connection.set_window(0);
    connection.call(|_, transport| transport.write(b"x"));
    connection.set_window(usize::MAX);
    connection.call(|_, transport| transport.write(b"y"));
    assert_eq!(connection.transport().unsent(), 0);
    assert_eq!(connection.protocol().calls, ["made", "pause", "resume"]);
}

#[test]
fn a_protocol_that_closed_is_not_asked_to_write() {
    let mut connection = TestConnection::new(Recorder::new());
    connection.set_window(0);
    connection.call(|_, transport| transport.write(b"x"));
    connection.call(|_, transport| transport.close());
    connection.set_window(1);
    assert_eq!(connection.protocol().calls, ["made", "pause"]);
    connection.complete_close();
    assert_eq!(connection.protocol().calls, ["made", "pause", "lost"]);
}

// Results that come later.

/// Writes the output of a future.
struct Later<F>(Option<Pin<Box<F>>>);

impl<F: Future<Output = Result<&'static str, ()>>> Protocol for Later<F> {
    fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
    fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
        if let Some(Poll::Ready(answer)) = self.0.as_mut().map(|future| future.as_mut().poll(cx)) {
            self.0 = None;
            transport.write(answer.unwrap_or("failed").as_bytes());
        }
    }
}

#[test]
fn a_completed_promise_wakes_the_protocol_and_the_next_method_polls_it() {
    let (answer, future) = promise::<&str, ()>();
    let made = line!() - 1;
    let mut connection = named().connect(Later(Some(Box::pin(future))));
    assert!(!connection.is_woken());
    assert_eq!(
        connection.check_written("yes").unwrap_err().detail("waits").unwrap(),
        format!("promise, made at tests/it/transport/protocol/test_connection.rs:{made}:28")
    );
    answer.succeed("yes");
    assert!(connection.is_woken());
    connection.assert_written("yes");
    assert!(!connection.is_woken());
}

#[test]
fn a_future_that_left_no_waker_is_not_polled_again() {
    struct Forgets(Rc<RefCell<bool>>);
    impl Protocol for Forgets {
        fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
        fn poll(&mut self, transport: &mut dyn Transport, _: &mut Context<'_>) {
            if self.0.take() {
                transport.write(b"done");
            }
        }
    }
    let flag = Rc::new(RefCell::new(false));
    let mut connection = TestConnection::new(Forgets(Rc::clone(&flag)));
    flag.replace(true);
    connection.assert_written("");
    connection.receive("anything"); // each call is followed by a poll
    connection.assert_written("done");
}

#[test]
fn a_protocol_that_always_wakes_itself_is_reported() {
    struct Busy;
    impl Protocol for Busy {
        fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
        fn poll(&mut self, _: &mut dyn Transport, cx: &mut Context<'_>) {
            cx.waker().wake_by_ref();
        }
    }
    assert_eq!(
        placed(&panic_of(|| named().connect(Busy))),
        "`server` is never idle: its protocol was called more than 10000 times in a row\n  made at  HERE\n  \
         next     let `poll` not always wake itself, and `handle_timeout` change `poll_timeout`"
    );
}

// Time.

#[test]
fn a_timeout_comes_at_its_deadline_and_not_before() {
    let clock = FakeClock::new();
    let mut connection = TestConnection::on_clock(Recorder::due(clock.now() + secs(60)), &clock);
    connection.advance(secs(60) - nanos(1));
    assert_eq!(connection.protocol().calls, ["made"]);
    connection.advance(nanos(1));
    assert_eq!(connection.protocol().calls, ["made", "timeout"]);
}

/// Writes every ten seconds. Records when.
struct Beat {
    next: Instant,
    beats: Vec<Instant>,
}

impl Protocol for Beat {
    fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.next)
    }
    fn handle_timeout(&mut self, _: &mut dyn Transport, now: Instant) {
        if now >= self.next {
            self.next += secs(10);
            self.beats.push(now);
        }
    }
}

#[test]
fn advance_stops_at_each_deadline_on_its_way() {
    let clock = FakeClock::new();
    let start = clock.now();
    let mut connection = TestConnection::on_clock(Beat { next: start + secs(10), beats: Vec::new() }, &clock);
    connection.advance(secs(35));
    assert_eq!(connection.protocol().beats, [10, 20, 30].map(|after| start + secs(after)));
    assert_eq!(clock.since_start(), secs(35));
}

#[test]
fn advance_polls_the_futures_that_the_protocol_holds() {
    let clock = FakeClock::new();
    let sleeper = clock.clone();
    let future = async move {
        sleeper.sleep(secs(1)).await;
        sleeper.sleep(secs(1)).await;
        Ok(if sleeper.since_start() == secs(2) { "in time" } else { "late" })
    };
    let mut connection = TestConnection::on_clock(Later(Some(Box::pin(future))), &clock);
    connection.advance(secs(10));
    connection.assert_written("in time");
}

#[test]
fn the_clock_shows_what_a_connection_waits_for() {
    let clock = FakeClock::new();
    let recorder = Recorder::due(clock.now() + secs(60));
    let mut connection = named().connect_on(recorder, &clock);
    let made = clock.pending().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(made.len(), 1);
    assert!(
        made[0].starts_with("timer `server`, due at +60s, made at tests/it/transport/protocol/mod.rs:"),
        "{made:?}"
    );
    connection.call(|recorder, _| recorder.deadline = None);
    assert_eq!(clock.pending().len(), 0);
    connection.call(|recorder, _| recorder.deadline = Some(clock.now() + secs(5)));
    assert_eq!(clock.pending().len(), 1);
    connection.reset_with(ErrorKind::TimedOut);
    assert_eq!(clock.pending().len(), 0);
}

#[test]
fn moving_the_clock_to_the_deadline_is_in_time_and_past_it_is_refused() {
    let clock = FakeClock::new();
    let mut exact = TestConnection::on_clock(Recorder::due(clock.now() + secs(60)), &clock);
    let mut missed = named().connect_on(Recorder::due(clock.now() + secs(60)), &clock);
    clock.advance(secs(60));
    assert_eq!(exact.value(), "");
    assert_eq!(exact.protocol().calls, ["made", "timeout"]);
    clock.advance(nanos(1));
    assert_eq!(
        placed(&panic_of(|| missed.value())),
        "`server` was due at +60s, but its clock was moved past that\n  made at  HERE\n  \
         now      +60.000000001s\n  \
         next     use the connection's own `advance`: it stops at each deadline"
    );
}

#[test]
fn a_deadline_in_the_past_is_due_at_once() {
    let clock = FakeClock::new();
    let past = clock.now();
    clock.advance(secs(5));
    let connection = TestConnection::on_clock(Recorder::due(past), &clock);
    assert_eq!(connection.protocol().calls, ["made", "timeout"]);
}

#[test]
fn a_timeout_that_handle_timeout_does_not_change_is_reported() {
    struct Stuck(Instant);
    impl Protocol for Stuck {
        fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
        fn poll_timeout(&self) -> Option<Instant> {
            Some(self.0)
        }
    }
    let clock = FakeClock::new();
    let stuck = Stuck(clock.now());
    let text = panic_of(|| TestConnection::on_clock(stuck, &clock));
    assert!(text.contains("is never idle: its protocol was called more than 10000 times in a row"), "{text}");
}

#[test]
fn advance_without_a_clock_is_refused() {
    let mut connection = named().connect(Recorder::new());
    assert_eq!(
        placed(&panic_of(|| connection.advance(secs(1)))),
        "`server` has no clock to advance\n  made at  HERE\n  next     make it with `TestConnection::on_clock`"
    );
    let clock = FakeClock::new();
    let mut connection = TestConnection::on_clock(Recorder::new(), &clock);
    assert_eq!(
        panic_of(|| connection.advance(std::time::Duration::MAX)),
        format!(
            "`advance` by {:?} would go past the end of the timeline, after 292 years\n  now      +0ns",
            std::time::Duration::MAX
        )
    );
}

#[test]
fn an_advance_by_zero_runs_what_is_due_now() {
    let clock = FakeClock::new();
    let mut connection = TestConnection::on_clock(Recorder::new(), &clock);
    let called = clock.call_later(secs(0), || ());
    connection.advance(secs(0));
    assert!(!called.is_active());
}

#[test]
fn a_protocol_can_be_watched_through_its_results() {
    let (answer, future) = promise::<&str, ()>();
    let heard = outcome::watch(future);
    let mut answer = Some(answer);
    let mut connection = TestConnection::new(Recorder::reacting(move |call, _| {
        if call == "data go" {
            answer.take().unwrap().succeed("went");
        }
    }));
    heard.assert_pending();
    connection.receive("go");
    assert_eq!(heard.assert_success(), &"went");
}

proptest! {
    #[test]
    fn any_bytes_arrive_equal_under_any_cut(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        seed in any::<u64>(),
        pauses in proptest::collection::vec(any::<bool>(), 1..8),
    ) {
        let mut pauses = pauses.into_iter().cycle();
        let mut connection = TestConnection::new(Recorder::reacting(move |call, transport| {
            if call.starts_with("data") && pauses.next().unwrap() {
                transport.pause_reading();
            }
        }));
        for piece in Segmentation::seeded(Seed::new(seed)).cut(&bytes.clone().into()) {
            connection.receive(piece);
        }
        while connection.held() > 0 {
            connection.call(|_, transport| transport.resume_reading());
        }
        prop_assert_eq!(connection.protocol().received(), bytes);
    }

    #[test]
    fn any_writes_go_out_under_any_window(
        writes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..30),
        windows in proptest::collection::vec(0_usize..100, 0..30),
    ) {
        let mut connection = TestConnection::new(Recorder::new());
        connection.set_window(0);
        let mut windows = windows.into_iter();
        for bytes in &writes {
            connection.call(|_, transport| transport.write(bytes));
            connection.set_window(windows.next().unwrap_or(7));
        }
        connection.set_window(usize::MAX);
        prop_assert_eq!(connection.transport().unsent(), 0);
        prop_assert_eq!(connection.value(), writes.concat());
        let calls = &connection.protocol().calls[1..];
        let expected = ["pause", "resume"].iter().cycle().take(calls.len() / 2 * 2);
        prop_assert!(calls.iter().eq(expected), "{:?}", calls);
    }
}
