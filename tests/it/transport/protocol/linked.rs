//! Tests of `Linked`.

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use unplugged::{
    clock::{Clock, ClockExt, FakeClock, nanos, secs},
    seed::Seed,
    transport::{ConnectionState, Linked, Protocol, Segmentation, Transport},
};

use super::recorder::{Recorder, Shout};
use crate::support::panic_of;

/// The location at which `recorders` makes them.
const MADE: &str = "tests/it/transport/protocol/linked.rs:24:5";

fn recorders() -> Linked<Recorder, Recorder> {
    Linked::new(Recorder::new(), Recorder::new())
}

#[test]
fn a_new_pair_is_connected_first_end_first() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let recorder = |name: &'static str| {
        let calls = Arc::clone(&calls);
        Recorder::reacting(move |call, _| calls.lock().unwrap().push(format!("{name} {call}")))
    };
    let _joined = Linked::new(recorder("client"), recorder("server"));
    assert_eq!(*calls.lock().unwrap(), ["client made", "server made"]);
}

#[test]
fn the_ends_know_each_others_addresses() {
    let mut joined = recorders();
    let addresses =
        |_: &mut Recorder, transport: &mut dyn Transport| (transport.local_addr(), transport.peer_addr());
    let (client, server) = joined.first().call(addresses);
    assert_eq!((client.to_string(), server.to_string()), ("192.0.2.1:49152".into(), "192.0.2.2:80".into()));
    assert_eq!(joined.second().call(addresses), (server, client));
}

#[test]
fn nothing_moves_without_a_pump() {
    let mut joined = recorders();
    joined.first().call(|_, transport| transport.write(b"ping"));
    assert_eq!(joined.second().protocol().calls, ["made"]);
    assert_eq!(joined.first().unsent(), 4);
    assert!(joined.pump());
    assert_eq!(joined.second().protocol().calls, ["made", "data ping"]);
    assert_eq!(joined.first().unsent(), 0);
    assert!(!joined.pump());
}

#[test]
fn both_directions_are_taken_before_either_is_delivered() {
    let echo = || {
        Recorder::reacting(|call, transport| {
            if call == "data ping" {
                transport.write(b"pong");
            }
        })
    };
    let mut joined = Linked::new(echo(), echo());
    joined.first().call(|_, transport| transport.write(b"ping"));
    joined.second().call(|_, transport| transport.write(b"ping"));
    joined.pump();
    assert_eq!(joined.first().protocol().calls, ["made", "data ping"]);
    assert_eq!(joined.second().protocol().calls, ["made", "data ping"]);
    joined.pump();
    assert_eq!(joined.first().protocol().calls, ["made", "data ping", "data pong"]);
    assert_eq!(joined.second().protocol().calls, ["made", "data ping", "data pong"]);
}

#[test]
fn a_pump_brings_at_most_so_many_bytes_and_the_end_after_all() {
    let mut joined = recorders();
    joined.first().call(|_, transport| {
        transport.write(b"abcde");
        transport.close_write();
    });
    assert!(joined.pump_at_most(2));
    assert!(joined.pump_at_most(2));
    assert_eq!(joined.second().protocol().calls, ["made", "data ab", "data cd"]);
    assert!(!joined.pump_at_most(0));
    assert!(joined.pump_at_most(2));
    assert_eq!(joined.second().protocol().calls, ["made", "data ab", "data cd", "data e", "end"]);
}

#[test]
fn bytes_move_without_being_copied() {
    let mut joined = recorders();
    let sent = Bytes::from(vec![7; 1000]);
    joined.first().call(|_, transport| transport.write_bytes(sent.clone()));
    joined.pump();
    assert_eq!(joined.second().protocol().pieces[0].as_ptr(), sent.as_ptr());
}

#[test]
fn a_segmented_pair_hands_out_its_pieces() {
    let mut joined = recorders();
    joined.segment(&Segmentation::at([1, 4]));
    joined.first().call(|_, transport| transport.write(b"abc"));
    joined.pump();
    joined.first().call(|_, transport| transport.write(b"def"));
    joined.pump();
    assert_eq!(joined.second().protocol().calls, ["made", "data a", "data bc", "data d", "data ef"]);
}

// Ends.

#[test]
fn a_close_comes_after_the_bytes_and_in_steps() {
    let mut joined = Linked::new(Recorder::new(), Recorder::new());
    joined.first().call(|_, transport| {
        transport.write(b"bye");
        transport.close();
    });
    assert_eq!(joined.first().protocol().calls, ["made"]);
    joined.pump(); // the peer learns of it
    assert_eq!(joined.second().protocol().calls, ["made", "data bye", "end"]);
    assert_eq!(joined.first().state(), ConnectionState::Closing);
    joined.pump(); // the closer is told
    assert_eq!(joined.first().protocol().calls, ["made", "lost"]);
    assert_eq!(joined.first().state(), ConnectionState::Closed);
    assert_eq!(joined.second().state(), ConnectionState::Open);
}

#[test]
fn both_connections_are_lost_when_both_have_closed() {
    let mut joined = Linked::new(Recorder::new(), Shout::default());
    joined.first().call(|_, transport| transport.close());
    assert_eq!(joined.flush(), 3);
    assert_eq!(joined.first().protocol().calls, ["made", "lost"]);
    assert_eq!(joined.second().protocol().lost, Some(Ok(())));
    assert_eq!(joined.flush(), 0);
}

#[test]
fn a_half_close_leaves_the_other_direction_open() {
    let mut joined = recorders();
    joined.first().call(|_, transport| transport.close_write());
    joined.pump();
    assert_eq!(joined.second().protocol().calls, ["made", "end"]);
    joined.second().call(|_, transport| transport.write(b"still"));
    joined.flush();
    assert_eq!(joined.first().protocol().calls, ["made", "data still"]);
    assert_eq!(joined.first().state(), ConnectionState::HalfClosed);
    joined.second().call(|_, transport| transport.close_write());
    joined.flush();
    assert_eq!(joined.first().protocol().calls, ["made", "data still", "end", "lost"]);
    assert_eq!(joined.second().protocol().calls, ["made", "end", "lost"]);
}

#[test]
fn an_abort_loses_what_is_in_flight_and_resets_the_peer() {
    let mut joined = recorders();
    joined.first().call(|_, transport| {
        transport.write(b"lost");
        transport.abort();
    });
    joined.pump();
    assert_eq!(joined.second().protocol().calls, ["made", "lost ConnectionReset"]);
    assert_eq!(joined.first().protocol().calls, ["made"]);
    joined.pump();
    assert_eq!(joined.first().protocol().calls, ["made", "lost ConnectionAborted"]);
    assert!(!joined.pump());
}

#[test]
fn a_reset_reaches_a_peer_that_does_not_read() {
    let mut joined = recorders();
    joined.second().call(|_, transport| transport.pause_reading());
    joined.first().call(|_, transport| transport.abort());
    joined.pump();
    assert_eq!(joined.second().protocol().calls, ["made", "lost ConnectionReset"]);
}

#[test]
fn writing_to_a_peer_after_its_end_resets() {
    let mut joined = recorders();
    joined.first().call(|_, transport| transport.close());
    joined.flush();
    joined.second().call(|_, transport| transport.write(b"anybody?"));
    joined.pump();
    assert_eq!(joined.second().protocol().calls, ["made", "end"]);
    joined.pump();
    assert_eq!(joined.second().protocol().calls, ["made", "end", "lost ConnectionReset"]);
}

#[test]
fn a_broken_end_is_lost_at_once_and_the_other_when_it_writes() {
    let mut joined = recorders();
    joined.first().reset_with(ErrorKind::TimedOut);
    assert_eq!(joined.first().protocol().calls, ["made", "lost TimedOut"]);
    assert_eq!(joined.flush(), 0);
    joined.second().call(|_, transport| transport.write(b"anybody?"));
    assert_eq!(joined.flush(), 2);
    assert_eq!(joined.second().protocol().calls, ["made", "lost ConnectionReset"]);
}

// Back-pressure.

#[test]
fn a_peer_that_does_not_read_makes_the_other_stop_writing() {
    let mut joined = recorders();
    joined.second().call(|_, transport| transport.pause_reading());
    joined.first().call(|_, transport| transport.write(&[b'.'; 65_536]));
    assert!(!joined.pump());
    assert_eq!(joined.first().protocol().calls, ["made"]); // just full
    joined.first().call(|_, transport| transport.write(b"!"));
    assert_eq!(joined.first().protocol().calls, ["made", "pause"]);
    joined.second().call(|_, transport| transport.resume_reading());
    joined.pump_at_most(49_152);
    assert_eq!((joined.first().unsent(), joined.first().protocol().calls.len()), (16_385, 2));
    joined.pump_at_most(1);
    assert_eq!(joined.first().protocol().calls, ["made", "pause", "resume"]);
    joined.flush();
    assert_eq!(joined.second().protocol().received().len(), 65_537);
}

#[test]
fn a_pump_does_not_resume_an_end_that_was_not_paused() {
    let mut joined = recorders();
    for _ in 0..3 {
        joined.first().call(|_, transport| transport.write(b"x"));
        joined.second().call(|_, transport| transport.write(b"y"));
        joined.pump();
    }
    let resumed = |recorder: &Recorder| recorder.calls.iter().filter(|call| *call == "resume").count();
    assert_eq!(resumed(joined.first().protocol()) + resumed(joined.second().protocol()), 0);
    assert_eq!(joined.first().protocol().received(), b"yyy");
}

// Time.

#[test]
fn a_pump_runs_what_is_due_now_on_the_clock() {
    let clock = FakeClock::new();
    let mut joined = Linked::on_clock(Recorder::new(), Recorder::new(), &clock);
    let timer = clock.call_later(secs(0), || ());
    joined.pump();
    assert!(!timer.is_active());
    assert_eq!(clock.since_start(), secs(0));
}

#[test]
fn advance_keeps_the_deadlines_of_both_and_delivers_nothing() {
    let clock = FakeClock::new();
    let due = |after| Recorder::due(clock.now() + secs(after));
    let mut joined = Linked::on_clock(due(20), due(10), &clock);
    joined.first().call(|_, transport| transport.write(b"stays"));
    joined.advance(secs(20) - nanos(1));
    assert_eq!(joined.first().protocol().calls, ["made"]);
    assert_eq!(joined.second().protocol().calls, ["made", "timeout"]);
    joined.advance(nanos(1));
    assert_eq!(joined.first().protocol().calls, ["made", "timeout"]);
    assert_eq!(joined.first().unsent(), 5);
}

// Bounds and mistakes.

#[test]
fn an_endless_conversation_is_reported() {
    struct Echo;
    impl Protocol for Echo {
        fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
            transport.write_bytes(bytes);
        }
    }
    let clock = FakeClock::new();
    let mut joined = Linked::on_clock(Echo, Echo, &clock);
    let made = line!() - 1;
    joined.first().call(|_, transport| transport.write(b"ball"));
    let violation = joined.check_flush().unwrap_err();
    let mut expected = format!(
        "the linked protocols still talk after 1000 pumps\n  made at  tests/it/transport/protocol/linked.rs:{made}:22\n"
    );
    for pump in 994..=1001 {
        let from = if pump % 2 == 0 { "server" } else { "client" };
        expected += &format!("  last     pump {pump}, {from}: b\"ball\"\n");
    }
    expected += "  now      +0ns\n  next     if they never stop, call `pump` as often as the test needs";
    assert_eq!(violation.to_string(), expected);
    assert!(panic_of(|| joined.flush()).starts_with("the linked protocols still talk after 1000 pumps"));
}

#[test]
fn calls_after_the_end_are_refused() {
    let mut joined = recorders();
    joined.first().reset_with(ErrorKind::ConnectionReset);
    assert_eq!(
        panic_of(|| joined.first().call(|_, _| ())),
        format!("`client` cannot `call` after its end: it is broken (ConnectionReset)\n  made at  {MADE}")
    );
    assert_eq!(
        panic_of(|| joined.first().reset_with(ErrorKind::ConnectionReset)),
        format!(
            "`client` cannot `reset_with` after its end: it is broken (ConnectionReset)\n  made at  {MADE}"
        )
    );
    assert_eq!(
        panic_of(|| joined.second().reset_with(ErrorKind::ConnectionAborted)),
        format!(
            "`server` cannot be broken with ConnectionAborted: that is how the protocol's own `abort` ends\n  \
             made at  {MADE}\n  next     use `ConnectionReset` for a reset by the peer, `TimedOut` for a dead network"
        )
    );
}

#[test]
fn advance_without_a_clock_is_refused() {
    let mut joined = recorders();
    assert_eq!(
        panic_of(|| joined.advance(secs(1))),
        format!(
            "the linked protocols have no clock to advance\n  made at  {MADE}\n  \
             next     make them with `Linked::on_clock`"
        )
    );
}

#[test]
fn a_mistake_of_a_protocol_names_its_end() {
    let mut joined = recorders();
    joined.second().call(|_, transport| transport.close());
    let text = panic_of(|| joined.second().call(|_, transport| transport.write(b"late")));
    assert!(text.starts_with("`server` was written to after `close`\n"), "{text}");
}

#[test]
fn into_protocols_returns_both_protocols() {
    let mut joined = Linked::new(Recorder::new(), Shout::default());
    joined.first().call(|_, transport| transport.write(b"a\n\n"));
    joined.flush();
    let (recorder, shout) = joined.into_protocols();
    assert_eq!(recorder.received(), b"A\n\n");
    assert_eq!(shout.lost, Some(Ok(())));
}

#[test]
fn its_debug_text_shows_both_states() {
    let mut joined = Linked::new(Recorder::new(), Shout::default());
    joined.first().call(|_, transport| {
        transport.write(b"abc");
        transport.close();
    });
    assert_eq!(
        format!("{joined:?}"),
        "Linked { first: LinkedEnd { protocol: it::transport::protocol::recorder::Recorder, state: closing, unsent: 3, .. }, \
         second: LinkedEnd { protocol: it::transport::protocol::recorder::Shout, state: open, unsent: 0, .. }, pumps: 0, .. }"
    );
}

proptest! {
    #[test]
    fn any_bytes_arrive_equal_both_ways_under_any_cut_and_pump(
        there in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..10),
        back in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..10),
        pumps in proptest::collection::vec(1_usize..200, 1..10),
        seed in any::<u64>(),
    ) {
        let mut joined = recorders();
        joined.segment(&Segmentation::seeded(Seed::new(seed)));
        let mut pumps = pumps.into_iter().cycle();
        for turn in 0..10 {
            if let Some(bytes) = there.get(turn) {
                joined.first().call(|_, transport| transport.write(bytes));
            }
            if let Some(bytes) = back.get(turn) {
                joined.second().call(|_, transport| transport.write(bytes));
            }
            joined.pump_at_most(pumps.next().unwrap());
        }
        joined.first().call(|_, transport| transport.close_write());
        joined.second().call(|_, transport| transport.close_write());
        joined.flush();
        let (first, second) = joined.into_protocols();
        prop_assert_eq!(second.received(), there.concat());
        prop_assert_eq!(first.received(), back.concat());
        prop_assert_eq!(first.calls.last().unwrap(), "lost");
        prop_assert_eq!(second.calls.last().unwrap(), "lost");
    }
}
