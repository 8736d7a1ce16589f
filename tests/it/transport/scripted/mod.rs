//! Tests of `ScriptedPeer`: how a script is played, and what it checks.

mod real_code;
mod texts;

use std::{
    io::{ErrorKind, IoSlice},
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Duration,
};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use unplugged::{
    Sim,
    clock::{ClockExt, FakeClock, hours, millis, nanos, secs},
    outcome,
    seed::Seed,
    transport::{PeerScript, ScriptedPeer, ScriptedStream, Segmentation},
};

pub(crate) fn script() -> PeerScript {
    ScriptedPeer::script("server")
}

/// Returns the output of a future that must be ready at once.
#[track_caller]
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    match task::spawn(future).poll() {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should be ready at once"),
    }
}

/// Returns the result as it is now: the headline of a violation.
#[track_caller]
pub(crate) fn result_of(peer: ScriptedPeer) -> Result<(), String> {
    at_once(peer.check_finish()).map(drop).map_err(|violation| violation.headline().to_owned())
}

#[track_caller]
fn write(stream: &mut ScriptedStream, bytes: &[u8]) {
    at_once(stream.write_all(bytes)).unwrap();
}

#[track_caller]
fn read(stream: &mut ScriptedStream) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let count = at_once(stream.read(&mut buffer)).unwrap();
    buffer[..count].to_vec()
}

// Runtimes and clocks.

#[test]
fn a_conversation_needs_no_runtime() {
    let (mut stream, peer) = script().send("hello").expect("bye").close().start();
    assert_eq!(read(&mut stream), b"hello");
    write(&mut stream, b"bye");
    assert_eq!(read(&mut stream), b"");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn waits_need_only_a_clock() {
    let clock = FakeClock::new();
    let (mut stream, peer) = script().clock(clock.clone()).wait(secs(2)).send("late").close().start();
    let mut buffer = [0; 8];
    let mut reading = task::spawn(stream.read(&mut buffer));
    assert_pending!(reading.poll());
    clock.advance(secs(2) - nanos(1));
    assert!(!reading.is_woken());
    clock.advance(nanos(1));
    assert!(reading.is_woken());
    assert_eq!(assert_ready_ok!(reading.poll()), 4);
    drop(reading);
    assert_eq!(read(&mut stream), b"");
    assert_eq!(result_of(peer), Ok(()));
}

#[tokio::test]
async fn a_conversation_runs_in_a_plain_tokio_test() {
    let (mut stream, peer) = script().expect("ping").wait(millis(1)).send("pong").expect_close().start();
    stream.write_all(b"ping").await.unwrap();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 4);
    drop(stream);
    peer.finish().await;
}

#[unplugged::test]
async fn waits_go_with_the_time_of_a_sim(sim: Sim) {
    let (mut stream, peer) = script().wait(hours(2)).send("late").expect_close().start();
    let reading = sim.watch(async move { stream.read_u8().await });
    sim.advance(hours(2) - millis(1)).await;
    reading.assert_pending();
    sim.advance(millis(1)).await;
    reading.assert_success();
    drop(reading);
    let fault = peer.check_finish().await.unwrap_err();
    assert_eq!(
        fault.headline(),
        "peer `server`: the code dropped the stream with 3 bytes unread (step 2 of 3)"
    );
}

#[unplugged::test]
async fn with_the_clock_of_a_sim_waits_are_exact_to_the_nanosecond(sim: Sim) {
    let (mut stream, peer) = script().clock(sim.clock()).wait(nanos(1_234_567)).send("x").close().start();
    assert_eq!(stream.read_u8().await.unwrap(), b'x');
    assert_eq!(sim.clock().since_start(), nanos(1_234_567));
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    peer.finish().await;
}

#[unplugged::test]
async fn the_real_limit_does_not_count_in_a_sim(_sim: Sim) {
    let (mut stream, peer) = script().real_limit(nanos(1)).wait(hours(2)).close().start();
    let (heard, _) = tokio::join!(stream.read_u8(), peer.finish());
    assert_eq!(heard.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn outside_its_runtime_the_time_of_a_script_stands_still() {
    let sim = Sim::new();
    let (mut stream, peer) = sim.run(async { script().wait(nanos(1)).send("x").expect_close().start() });
    // In real time, a nanosecond has passed by now.
    assert_pending!(task::spawn(stream.read_u8()).poll());
    sim.run(async move {
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        drop(stream);
        peer.finish().await;
    });
}

#[test]
fn its_ends_can_go_anywhere() {
    fn check<T: Unpin + Send + Sync + std::fmt::Debug + 'static>() {}
    check::<ScriptedStream>();
    check::<ScriptedPeer>();
    check::<PeerScript>();
}

// Reads and writes.

#[test]
fn an_expectation_spans_writes_and_a_write_spans_expectations() {
    let (mut stream, peer) = script().expect("abc").expect("de").expect("f").expect_close().start();
    for part in ["a", "bcd", "ef"] {
        write(&mut stream, part.as_bytes());
    }
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn vectored_writes_are_taken_whole() {
    let (mut stream, peer) = script().expect("abcd").expect_close().start();
    assert!(stream.is_write_vectored());
    let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cd")];
    assert_eq!(at_once(stream.write_vectored(&slices)).unwrap(), 4);
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn an_empty_write_and_an_empty_read_do_nothing() {
    let (mut stream, peer) = script().send("x").expect_close().start();
    assert_eq!(at_once(stream.write(b"")).unwrap(), 0);
    assert_eq!(at_once(stream.read(&mut [])).unwrap(), 0);
    assert_eq!(read(&mut stream), b"x");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn each_send_arrives_by_itself_and_is_cut_by_choice() {
    let sends = script().send("abc").send("def").expect_close();
    for (cut, pieces) in [
        (Segmentation::whole(), vec!["abc", "def"]),
        (Segmentation::one_byte(), vec!["a", "b", "c", "d", "e", "f"]),
        (Segmentation::at([1, 4]), vec!["a", "bc", "d", "ef"]),
    ] {
        let (mut stream, peer) = sends.clone().segmentation(cut.clone()).start();
        for piece in pieces {
            assert_eq!(read(&mut stream), piece.as_bytes(), "{cut}");
        }
        drop(stream);
        assert_eq!(result_of(peer), Ok(()), "{cut}");
    }
}

#[test]
fn a_cancelled_read_loses_nothing() {
    let clock = FakeClock::new();
    let (mut stream, peer) = script().clock(clock.clone()).wait(secs(1)).send("kept").expect_close().start();
    {
        let mut buffer = [0; 8];
        let mut reading = task::spawn(stream.read(&mut buffer));
        assert_pending!(reading.poll());
        clock.advance(secs(1));
        assert!(reading.is_woken());
    }
    assert_eq!(read(&mut stream), b"kept");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn one_half_wakes_the_other() {
    let (stream, peer) = script().expect("ping").send("pong").expect_close().start();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = [0; 8];
    let mut reading = task::spawn(reader.read(&mut buffer));
    assert_pending!(reading.poll());
    at_once(writer.write_all(b"ping")).unwrap();
    assert!(reading.is_woken());
    assert_eq!(assert_ready_ok!(reading.poll()), 4);
    drop(reading);
    drop((reader, writer));
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn finish_returns_what_expect_until_took() {
    let steps = script().expect_until("\r\n", 100).expect_until("\n\n", 4).expect("rest").expect_close();
    let (mut stream, peer) = steps.start();
    for part in ["GET /", "\r", "\nab", "\n", "\nre", "st"] {
        write(&mut stream, part.as_bytes());
    }
    drop(stream);
    assert_eq!(at_once(peer.finish()), ["GET /\r\n", "ab\n\n"]);
}

#[test]
fn expect_until_is_not_limited_by_the_room_of_a_wait() {
    let (mut stream, peer) = script().expect_until("!", 200_000).expect_close().start();
    write(&mut stream, &[b'x'; 150_000]);
    write(&mut stream, b"!");
    drop(stream);
    assert_eq!(at_once(peer.finish())[0].len(), 150_001);
}

#[test]
fn a_script_can_be_played_again() {
    let again = script().expect("x").expect_close();
    for _ in 0..2 {
        let (mut stream, peer) = again.clone().start();
        write(&mut stream, b"x");
        drop(stream);
        assert_eq!(result_of(peer), Ok(()));
    }
}

// Order.

#[test]
fn a_write_ahead_is_a_violation_however_it_is_cut() {
    let ahead =
        Err("peer `server`: the code wrote before it read what the peer sends (step 2 of 4)".to_owned());
    let steps = script().expect("a").send("x").expect("b").expect_close();
    for (good, refused) in [("", "ab"), ("a", "b")] {
        let (mut stream, peer) = steps.clone().start();
        write(&mut stream, good.as_bytes());
        let error = at_once(stream.write(refused.as_bytes())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(result_of(peer), ahead);
    }
}

#[test]
fn a_pipelined_script_allows_to_write_ahead() {
    let steps = script().pipelined(true).send("1").expect("a").send("2").expect("b").expect_close();
    let (mut stream, peer) = steps.start();
    write(&mut stream, b"ab");
    assert_eq!((read(&mut stream), read(&mut stream)), (b"1".to_vec(), b"2".to_vec()));
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn sent_bytes_may_be_read_late_if_nothing_is_written() {
    let (mut stream, peer) = script().send("1").send("2").expect("a").expect_close().start();
    assert_eq!((read(&mut stream), read(&mut stream)), (b"1".to_vec(), b"2".to_vec()));
    write(&mut stream, b"a");
    at_once(stream.shutdown()).unwrap();
    assert_eq!(result_of(peer), Ok(()));
}

// Time.

#[test]
fn a_step_happens_at_its_own_instant_even_if_it_is_polled_late() {
    let clock = FakeClock::new();
    let steps = script().clock(clock.clone()).wait(secs(1)).wait(secs(1)).expect_nothing_for(secs(1));
    let (mut stream, peer) = steps.expect("x").wait(secs(1)).send("y").expect_close().start();
    clock.advance(secs(3)); // the end of the silence
    write(&mut stream, b"x");
    clock.advance(secs(1));
    assert_eq!(read(&mut stream), b"y");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_wait_begins_when_the_last_byte_came_or_the_code_closed() {
    let clock = FakeClock::new();
    let steps = script().clock(clock.clone()).expect("ab").wait(secs(1)).send("x").expect_close();
    let (mut stream, peer) = steps.wait(secs(1)).send("y").close().start();
    let at_last = |stream: &mut ScriptedStream, heard: u8| {
        clock.advance(secs(1) - nanos(1));
        assert_pending!(task::spawn(stream.read_u8()).poll());
        clock.advance(nanos(1));
        assert_eq!(read(stream), [heard]);
        clock.advance(millis(300));
    };
    write(&mut stream, b"a");
    clock.advance(millis(500));
    write(&mut stream, b"b");
    at_last(&mut stream, b'x');
    at_once(stream.shutdown()).unwrap();
    at_last(&mut stream, b'y');
    assert_eq!(read(&mut stream), b"");
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_silence_ends_with_its_last_instant() {
    for (wait, breaks) in [(nanos(999_999_999), true), (secs(1), false), (nanos(1_000_000_001), false)] {
        let clock = FakeClock::new();
        let steps = script().clock(clock.clone()).expect_nothing_for(secs(1)).expect("x").expect_close();
        let (mut stream, peer) = steps.start();
        clock.advance(wait);
        assert_eq!(at_once(stream.write(b"x")).is_err(), breaks, "{wait:?}");
        drop(stream);
        assert_eq!(result_of(peer).is_err(), breaks, "{wait:?}");
    }
}

#[test]
fn bytes_written_while_the_peer_waits_are_compared_after_the_wait() {
    let clock = FakeClock::new();
    let steps = script().clock(clock.clone()).wait(secs(1)).expect("early").wait(secs(1)).close();
    let (mut stream, peer) = steps.start();
    clock.advance(millis(400));
    write(&mut stream, b"early");
    clock.advance(millis(1600)); // the second wait began with the end of the first, not with this look
    assert_eq!(read(&mut stream), b"");
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_peer_that_waits_takes_64_kib_and_then_the_writer_waits() {
    let clock = FakeClock::new();
    let much = vec![7; 70_000];
    let (mut stream, peer) = script().clock(clock.clone()).wait(secs(1)).expect(&much).expect_close().start();
    assert_eq!(at_once(stream.write(&much)).unwrap(), 65_536);
    let mut rest = task::spawn(stream.write_all(&much[65_536..]));
    assert_pending!(rest.poll());
    clock.advance(secs(1));
    assert!(rest.is_woken());
    assert_ready_ok!(rest.poll());
    drop(rest);
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn finish_plays_the_steps_that_the_code_does_not_wait_for() {
    let clock = FakeClock::new();
    let (stream, peer) = script().clock(clock.clone()).wait(secs(1)).close().start();
    let verdict = clock.watch(peer.check_finish());
    drop(stream);
    verdict.assert_pending();
    clock.advance(secs(1));
    assert_eq!(
        verdict.assert_failure().headline(),
        "peer `server`: the code dropped the stream before `close` (step 2 of 2)"
    );
}

// Ends.

#[test]
fn the_code_can_close_first_and_still_read_the_answer() {
    let (mut stream, peer) = script().expect("all").expect_close().send("thanks").close().start();
    write(&mut stream, b"all");
    at_once(stream.shutdown()).unwrap();
    assert_eq!((read(&mut stream), read(&mut stream)), (b"thanks".to_vec(), vec![]));
    assert_eq!(at_once(stream.write(b"x")).unwrap_err().kind(), ErrorKind::BrokenPipe);
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn the_peer_can_half_close_and_go_on_reading() {
    let (mut stream, peer) = script().send("all").close_write().expect("thanks").expect_close().start();
    assert_eq!((read(&mut stream), read(&mut stream)), (b"all".to_vec(), vec![]));
    assert_eq!(read(&mut stream), b""); // the end stays the end
    write(&mut stream, b"thanks");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn after_the_codes_close_as_the_last_step_the_peer_closes_too() {
    let (mut stream, peer) = script().expect_close().start();
    at_once(stream.shutdown()).unwrap();
    assert_eq!(read(&mut stream), b"");
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_write_after_the_peers_close_is_unexpected() {
    let (mut stream, peer) = script().close().start();
    assert_eq!(at_once(stream.write(b"x")).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(
        result_of(peer),
        Err("peer `server`: the code wrote 1 byte that no step expects (step 1 of 1)".into())
    );
}

#[test]
fn a_reset_comes_when_all_is_read_and_stays() {
    let (mut stream, peer) = script().send("half").reset().start();
    assert_eq!(read(&mut stream), b"half");
    for _ in 0..2 {
        let error = at_once(stream.read(&mut [0])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = at_once(stream.write(b"x")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_write_before_the_reset_is_due_is_unexpected() {
    let (mut stream, peer) = script().pipelined(true).send("x").reset().start();
    at_once(stream.write(b"y")).unwrap_err();
    assert_eq!(
        result_of(peer),
        Err("peer `server`: the code wrote 1 byte that no step expects (step 2 of 2)".into())
    );
}

#[test]
fn finish_waits_until_all_is_read_and_the_end_is_seen() {
    let (mut stream, peer) = script().send("x").close().start();
    let verdict = outcome::watch(peer.check_finish());
    verdict.assert_pending();
    assert_eq!(read(&mut stream), b"x");
    verdict.assert_pending();
    assert_eq!(read(&mut stream), b"");
    verdict.assert_success(); // the stream itself may live on
}

// Faults.

#[test]
fn a_fault_resets_the_code_and_wakes_all_waiting_tasks() {
    let (stream, peer) = script().expect("abc").expect_close().start();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = [0; 8];
    let mut reading = task::spawn(reader.read(&mut buffer));
    let mut verdict = task::spawn(peer.check_finish());
    assert_pending!(reading.poll());
    assert_pending!(verdict.poll());
    let refused = at_once(writer.write(b"abX")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionReset);
    let headline = "peer `server`: the code's write differs from the script at byte 2 (step 1 of 2)";
    assert_eq!(refused.to_string(), headline);
    assert!(reading.is_woken() && verdict.is_woken());
    assert_eq!(assert_ready_err!(reading.poll()).to_string(), headline);
    assert_eq!(assert_ready_err!(verdict.poll()).headline(), headline);
    assert_eq!(at_once(writer.shutdown()).unwrap_err().to_string(), headline);
}

#[test]
fn the_first_fault_is_kept() {
    let (mut stream, peer) = script().send("x").expect("abc").expect_close().start();
    at_once(stream.write(b"abc")).unwrap_err();
    at_once(stream.write(b"zzz")).unwrap_err();
    drop(stream);
    assert_eq!(
        result_of(peer),
        Err("peer `server`: the code wrote before it read what the peer sends (step 1 of 3)".into())
    );
}

#[test]
fn a_stream_that_the_code_forgets_does_not_pass() {
    let (stream, peer) = script().expect_close().start();
    std::mem::forget(stream);
    let verdict = outcome::watch(peer.check_finish()).named("verdict");
    let waits = verdict.check_success().unwrap_err().detail("waits").unwrap().to_owned();
    assert!(waits.starts_with("end of peer `server`, step 1 of 1, expect_close, made at "), "{waits}");
    assert!(catch_unwind(AssertUnwindSafe(|| drop(verdict))).is_err());
}

#[test]
fn an_unfinished_peer_is_quiet_while_the_test_panics() {
    let text = catch_unwind(|| {
        let (_stream, _peer) = script().expect_close().start();
        panic!("the test's own");
    })
    .unwrap_err();
    assert_eq!(text.downcast_ref::<&str>(), Some(&"the test's own"));
}

#[test]
fn the_ends_know_their_addresses() {
    let (stream, peer) = script().expect_close().start();
    assert_eq!(stream.local_addr().to_string(), "192.0.2.1:49152");
    assert_eq!(stream.peer_addr().to_string(), "192.0.2.2:80");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
    let [local, remote] = ["10.0.0.1:5".parse().unwrap(), "10.0.0.2:6".parse().unwrap()];
    let (stream, peer) = script().addresses(local, remote).expect_close().start();
    assert_eq!((stream.local_addr(), stream.peer_addr()), (local, remote));
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_debug_text_shows_how_far_the_script_has_come() {
    let (mut stream, peer) = script().send("abc").expect("x").expect_close().start();
    assert_eq!(
        format!("{stream:?}"),
        "ScriptedStream { peer: \"server\", waits: step 2 of 3, expect b\"x\", unread: 3 }"
    );
    assert_eq!(format!("{peer:?}"), "ScriptedPeer { name: \"server\", waits: step 2 of 3, expect b\"x\" }");
    assert_eq!(read(&mut stream), b"abc");
    write(&mut stream, b"x");
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

// Any conversation.

#[derive(Clone, Debug)]
struct Talk {
    /// The bytes that the code reads and then writes.
    turns: Vec<(Vec<u8>, Vec<u8>)>,
    /// The lengths of its writes.
    writes: Vec<usize>,
    seed: u64,
}

fn talk() -> impl Strategy<Value = Talk> {
    let bytes = || proptest::collection::vec(any::<u8>(), 1..300);
    let turns = proptest::collection::vec((bytes(), bytes()), 1..6);
    let writes = proptest::collection::vec(1_usize..50, 1..10);
    (turns, writes, any::<u64>()).prop_map(|(turns, writes, seed)| Talk { turns, writes, seed })
}

/// Plays the conversation. With `spoilt`, the code writes one wrong byte.
fn play(talk: &Talk, spoilt: Option<(usize, usize)>) -> Result<(), String> {
    let steps = talk.turns.iter().fold(script(), |script, (heard, said)| script.send(heard).expect(said));
    let (mut stream, peer) =
        steps.segmentation(Segmentation::seeded(Seed::new(talk.seed))).expect_close().start();
    let mut lengths = talk.writes.iter().cycle();
    'turns: for (turn, (heard, said)) in talk.turns.iter().enumerate() {
        let mut got = vec![0; heard.len()];
        at_once(stream.read_exact(&mut got)).unwrap();
        assert_eq!(&got, heard);
        let mut said = said.clone();
        if let Some((_, at)) = spoilt.filter(|(spoilt, _)| *spoilt == turn) {
            said[at] ^= 1;
        }
        let mut rest = &said[..];
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(lengths.next().unwrap().min(&rest.len()).to_owned());
            rest = more;
            if at_once(stream.write(piece)).is_err() {
                break 'turns;
            }
        }
    }
    drop(stream);
    result_of(peer)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_conversation_passes_under_any_cut(talk in talk()) {
        prop_assert_eq!(play(&talk, None), Ok(()));
    }

    #[test]
    fn any_wrong_byte_is_found_where_it_is(talk in talk(), turn in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let turn = turn.index(talk.turns.len());
        let at = at.index(talk.turns[turn].1.len());
        let (step, of) = (2 * turn + 2, 2 * talk.turns.len() + 1);
        let headline =
            format!("peer `server`: the code's write differs from the script at byte {at} (step {step} of {of})");
        prop_assert_eq!(play(&talk, Some((turn, at))), Err(headline));
    }
}

#[test]
fn a_long_silent_wait_costs_nothing() {
    let sim = Sim::new();
    let clock = sim.clock();
    sim.run(async {
        let (mut stream, peer) = script().wait(Duration::from_secs(23 * 3600)).close().start();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        peer.finish().await;
    });
    assert_eq!(clock.since_start(), hours(23));
}

/// The same bytes have the same verdict, however they are cut.
#[test]
fn bytes_beyond_the_end_of_the_script_are_unexpected_in_one_write_and_in_several() {
    for pieces in [
        &["QUIT\r\nDROP TABLE users\r\n"][..],
        &["QUIT\r\n", "DROP TABLE users\r\n"],
        &["QUIT", "\r\nDROP", " TABLE users\r\n"],
        &["Q", "UIT\r\n", "D", "ROP TABLE users\r\n"],
    ] {
        let (mut stream, peer) = script().expect("QUIT\r\n").close().start();
        for piece in pieces {
            let _written = at_once(stream.write_all(piece.as_bytes()));
        }
        drop(stream);
        let violation = result_of(peer).unwrap_err();
        assert!(
            violation.starts_with("peer `server`: the code wrote ")
                && violation.contains(" that no step expects (step 2 of 2)"),
            "{pieces:?}: {violation}"
        );
    }
}

/// Who has seen the end may try, and is told so: that is no matter of how bytes are cut.
#[test]
fn a_write_after_the_end_was_seen_is_a_broken_pipe() {
    let (mut stream, peer) = script().expect("QUIT\r\n").close().start();
    write(&mut stream, b"QUIT\r\n");
    assert_eq!(read(&mut stream), b"");
    let error = at_once(stream.write_all(b"more")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}
