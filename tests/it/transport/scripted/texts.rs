//! Every failure text of a scripted peer, word for word. `HERE` stands for a location in this file; one test checks that
//! the locations are right.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_test::task;
use unplugged::{
    Sim,
    clock::{FakeClock, millis, secs},
    outcome,
    seed::Seed,
    transport::{PeerScript, ScriptedPeer, ScriptedStream, Segmentation},
};

use super::{at_once, read, script, write};
use crate::support;

/// Replaces each location in this file by `HERE`.
fn scrubbed(text: &str) -> String {
    let mut parts = text.split("tests/it/transport/scripted/texts.rs:");
    let mut scrubbed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        scrubbed += "HERE";
        scrubbed += part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
    }
    scrubbed
}

/// Returns the violation of what `code` does, on a clock that only the code moves.
#[track_caller]
fn fault(script: PeerScript, code: impl FnOnce(ScriptedStream, FakeClock)) -> String {
    let clock = FakeClock::new();
    let (stream, peer) = script.clock(clock.clone()).start();
    code(stream, clock);
    scrubbed(&at_once(peer.check_finish()).unwrap_err().to_string())
}

#[track_caller]
fn panic_of<R>(test: impl FnOnce() -> R) -> String {
    scrubbed(&support::panic_of(test))
}

/// Asserts that a write is refused.
#[track_caller]
fn refused(mut stream: ScriptedStream, bytes: &[u8]) {
    at_once(stream.write(bytes)).unwrap_err();
}

// The code under test.

#[test]
fn a_write_that_differs() {
    let steps = script().wait(millis(250)).expect("GET /a HTTP/1.1\r\n").send("HTTP/1.1 200").close();
    let text = fault(steps, |mut stream, clock| {
        clock.advance(millis(250));
        write(&mut stream, b"GET");
        refused(stream, b" /b HTTP/1.1\r\n");
    });
    assert_eq!(
        text,
        r#"peer `server`: the code's write differs from the script at byte 5 (step 2 of 4)
  expected b"GET /a HTTP/1.1\r\n"
  got      b"GET /b HTTP/1.1\r\n"
  scripted HERE
  left     3 send 12 bytes; 4 close
  now      +250ms"#
    );
}

#[test]
fn a_write_that_differs_far_in_shows_the_bytes_around() {
    let mut sent = vec![b'x'; 1000];
    let steps = script().expect(&sent).expect_close();
    sent[500] = b'y';
    let text = fault(steps, |stream, _| refused(stream, &sent));
    let (expected, got) = ("x".repeat(256), "x".repeat(32) + "y" + &"x".repeat(223));
    assert_eq!(
        text,
        format!(
            r#"peer `server`: the code's write differs from the script at byte 500 (step 1 of 2)
  expected from byte 468: b"{expected}"... (532 bytes)
  got      from byte 468: b"{got}"... (532 bytes)
  scripted HERE
  left     2 expect_close
  now      +0ns"#
        )
    );
}

#[test]
fn a_close_within_an_expectation() {
    let text = fault(script().expect("hello").close(), |mut stream, _| write(&mut stream, b"he"));
    assert_eq!(
        text,
        r#"peer `server`: the code closed the stream after 2 of 5 bytes (step 1 of 2)
  expected b"hello"
  got      b"he"
  scripted HERE
  left     2 close
  now      +0ns"#
    );
}

#[test]
fn a_delimiter_that_does_not_come() {
    let steps = script().expect_until("\r\n", 8).close();
    let text = fault(steps.clone(), |stream, _| refused(stream, b"12345678"));
    assert_eq!(
        text,
        r#"peer `server`: the code wrote 8 bytes without b"\r\n" (step 1 of 2)
  got      b"12345678"
  scripted HERE
  left     2 close
  now      +0ns"#
    );
    let text = fault(steps, |mut stream, _| write(&mut stream, b"123"));
    assert_eq!(
        text,
        r#"peer `server`: the code closed the stream before b"\r\n" (step 1 of 2)
  got      b"123"
  scripted HERE
  left     2 close
  now      +0ns"#
    );
}

#[test]
fn a_write_ahead() {
    let steps = script().send("220 ready\r\n").expect("EHLO x\r\n").expect_close();
    let text = fault(steps, |mut stream, _| {
        at_once(stream.read_exact(&mut [0; 4])).unwrap();
        refused(stream, b"EHLO x\r\n");
    });
    assert_eq!(
        text,
        r#"peer `server`: the code wrote before it read what the peer sends (step 1 of 3)
  unread   b"ready\r\n"
  got      b"EHLO x\r\n"
  scripted HERE
  left     2 expect 8 bytes; 3 expect_close
  now      +0ns
  next     if the code may write ahead, say `pipelined(true)` in the script"#
    );
}

#[test]
fn an_unexpected_write() {
    let text = fault(script().expect("a").expect_close(), |stream, _| refused(stream, b"abc"));
    assert_eq!(
        text,
        r#"peer `server`: the code wrote 2 bytes that no step expects (step 2 of 2)
  got      b"bc"
  scripted HERE
  now      +0ns"#
    );
}

#[test]
fn a_silence_that_is_broken() {
    let steps = script().wait(secs(1)).expect_nothing_for(secs(2)).close();
    let text = fault(steps.clone(), |stream, clock| {
        clock.advance(millis(1200));
        refused(stream, b"x");
    });
    assert_eq!(
        text,
        r#"peer `server`: the code wrote 200ms after a silence of 2s began (step 2 of 3)
  got      b"x"
  scripted HERE
  left     3 close
  now      +1.2s"#
    );
    let text = fault(steps, |stream, clock| {
        clock.advance(millis(1200));
        drop(stream);
    });
    assert_eq!(
        text,
        r"peer `server`: the code closed the stream 200ms after a silence of 2s began (step 2 of 3)
  scripted HERE
  left     3 close
  now      +1.2s"
    );
}

#[test]
fn a_stream_dropped_with_bytes_unread() {
    let steps = script().send("one").send("two").expect_close();
    let text = fault(steps, |mut stream, _| at_once(stream.read_exact(&mut [0; 2])).map(drop).unwrap());
    assert_eq!(
        text,
        r#"peer `server`: the code dropped the stream with 4 bytes unread (step 1 of 3)
  unread   b"etwo"
  scripted HERE
  left     2 send 3 bytes; 3 expect_close
  now      +0ns"#
    );
}

#[test]
fn a_stream_dropped_too_early() {
    let text = fault(script().expect("a").wait(secs(1)).send("bye").close(), |mut stream, clock| {
        write(&mut stream, b"a");
        drop(stream);
        clock.advance(secs(5));
    });
    assert_eq!(
        text,
        r#"peer `server`: the code dropped the stream before `send b"bye"` (step 3 of 4)
  scripted HERE
  left     4 close
  now      +5s
  next     if the code is the one that closes, script `expect_close()`"#
    );
}

#[test]
fn an_end_that_is_never_seen() {
    for (steps, end) in [(script().send("x").reset(), "reset"), (script().send("x").close(), "close")] {
        let text = fault(steps, |mut stream, _| assert_eq!(read(&mut stream), b"x"));
        assert_eq!(
            text,
            format!(
                r"peer `server`: the code dropped the stream without seeing `{end}` (step 2 of 2)
  scripted HERE
  now      +0ns
  next     if the code is the one that closes, script `expect_close()`"
            )
        );
    }
    let text = fault(script().close_write().expect("x").expect_close(), |mut stream, _| {
        write(&mut stream, b"x");
    });
    assert!(
        text.starts_with(
            "peer `server`: the code dropped the stream without seeing `close_write` (step 1 of 3)"
        ),
        "{text}"
    );
}

#[test]
fn only_the_next_steps_are_listed() {
    let steps = script().expect("a").expect("b").send("cc").wait(secs(1)).expect_until("d", 9).expect("e");
    let text = fault(steps.expect_close(), |stream, _| refused(stream, b"x"));
    assert!(
        text.contains(
            "\n  left     2 expect 1 byte; 3 send 2 bytes; 4 wait 1s; 5 expect_until b\"d\" within 9 bytes; and 2 more\n"
        ),
        "{text}"
    );
}

#[test]
fn the_chosen_cut_is_shown() {
    let steps = script().send("x").close().segmentation(Segmentation::seeded(Seed::new(7)));
    let text = fault(steps, |stream, _| drop(stream));
    assert!(text.contains("\n  left     2 close\n  cut      cut with seed 0x7\n  now      +0ns"), "{text}");
}

#[test]
fn the_location_is_that_of_the_step() {
    let step = script().expect("a");
    let line = line!() - 1;
    let (stream, peer) = step.expect_close().start();
    drop(stream);
    let fault = at_once(peer.check_finish()).unwrap_err();
    assert_eq!(fault.detail("scripted"), Some(&*format!("tests/it/transport/scripted/texts.rs:{line}:25")));
}

#[test]
fn without_a_clock_no_time_is_shown_and_none_can_pass() {
    let (mut stream, peer) = script().wait(secs(1)).send("x").close().start();
    at_once(stream.read(&mut [0])).unwrap_err();
    assert_eq!(
        scrubbed(&at_once(peer.check_finish()).unwrap_err().to_string()),
        r"peer `server`: a step takes time, but there is no clock (step 1 of 3)
  scripted HERE
  left     2 send 1 byte; 3 close
  next     give the script a clock, `.clock(fake_clock.clone())`, or use the stream in a runtime"
    );
}

// Hangs.

#[test]
fn the_real_limit_in_a_plain_runtime() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let limited = |script: PeerScript| script.real_limit(Duration::from_millis(5));
    let text = panic_of(|| {
        runtime.block_on(async {
            let (_stream, peer) = limited(script().expect("PING").expect_close()).start();
            peer.finish().await;
        });
    });
    assert_eq!(
        text,
        r#"peer `server`: the script is not finished after 5ms of real time (step 1 of 2)
  waits    step 1 of 2, expect b"PING"
  scripted HERE
  left     2 expect_close
  now      +0ns
  next     the code still holds the stream: let it end, or raise `real_limit`"#
    );
    let text = panic_of(|| {
        runtime.block_on(async {
            let (mut stream, peer) = limited(script().send("PING").expect_close()).start();
            stream.shutdown().await.unwrap();
            peer.finish().await;
        });
    });
    assert_eq!(
        text,
        r"peer `server`: the code has not read all after 5ms of real time (step 1 of 2)
  waits    the code to read 4 bytes
  scripted HERE
  left     2 expect_close
  now      +0ns
  next     the code still holds the stream: let it end, or raise `real_limit`"
    );
    let text = panic_of(|| {
        runtime.block_on(async {
            let (_stream, peer) = limited(script().close()).start();
            peer.finish().await;
        });
    });
    assert_eq!(
        text,
        r"peer `server`: the code has not seen the end after 5ms of real time (step 1 of 1)
  waits    the code to see the end
  scripted HERE
  now      +0ns
  next     the code still holds the stream: let it end, or raise `real_limit`"
    );
}

#[test]
fn a_script_that_waits_for_longer_than_the_real_limit() {
    let clock = FakeClock::new();
    let text = panic_of(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let steps = script().clock(clock).real_limit(Duration::from_millis(5));
            let (stream, peer) = steps.wait(secs(60)).expect_close().start();
            drop(stream);
            peer.finish().await;
        });
    });
    assert_eq!(
        text,
        r"peer `server`: the script is not finished after 5ms of real time (step 1 of 2)
  waits    step 1 of 2, wait 60s
  scripted HERE
  left     2 expect_close
  now      +0ns
  next     raise `real_limit`, or run the test in virtual time"
    );
}

#[test]
fn a_stall_in_a_sim_names_the_step() {
    let text = panic_of(|| {
        Sim::new().run(async {
            let (mut stream, peer) = script().send("x").expect("PING").expect_close().start();
            let code = async move { stream.read_to_end(&mut Vec::new()).await };
            let (_, _) = tokio::join!(code, peer.finish());
        });
    });
    assert_eq!(
        text,
        r#"the sim has stalled: nothing happened for 86400s of virtual time
  since    +0ns
  waits    the test: read from peer `server`, step 2 of 3, expect b"PING", made at HERE, since +0ns
  waits    the test: end of peer `server`, step 2 of 3, expect b"PING", made at HERE, since +0ns
  trace    +0ns peer `server`: step 1, send 1 byte: b"x"
  now      +86400s, seed 0x5eed"#
    );
}

#[test]
fn a_watch_names_the_step_and_when_it_is_due() {
    let clock = FakeClock::new();
    let (mut stream, peer) = script().clock(clock).wait(secs(3)).close().start();
    let reading = outcome::watch(async move { stream.read_u8().await }).named("code");
    assert_eq!(
        scrubbed(&reading.check_success().unwrap_err().to_string()),
        "`code` has not succeeded: it is still pending\n  \
         waits    read from peer `server`, step 1 of 2, wait 3s, due at +3s, made at HERE"
    );
    drop(reading);
    let verdict = outcome::watch(peer.check_finish());
    assert!(panic_of(|| drop(verdict)).starts_with("peer `server` was dropped"));
}

#[test]
fn a_waiting_writer_is_reported() {
    let (mut stream, peer) = script().clock(FakeClock::new()).wait(secs(3)).close().start();
    let writing = outcome::watch(async move { stream.write_all(&[0; 70_000]).await });
    assert_eq!(
        scrubbed(writing.check_success().unwrap_err().detail("waits").unwrap()),
        "write to peer `server`, step 1 of 2, wait 3s, due at +3s, made at HERE"
    );
    assert!(panic_of(|| drop(peer)).starts_with("peer `server` was dropped"));
}

// The test itself.

#[test]
fn a_peer_that_is_never_finished() {
    let text = panic_of(|| {
        let (_stream, peer) = script().expect("PING").expect_close().start();
        drop(peer);
    });
    assert_eq!(
        text,
        r#"peer `server` was dropped without `finish`
  waits    step 1 of 2, expect b"PING"
  started  HERE
  next     end the test with `peer.finish().await`"#
    );
}

#[test]
fn a_peer_that_is_never_finished_shows_its_failure() {
    let text = panic_of(|| {
        let (stream, peer) = script().expect("PING").expect_close().start();
        refused(stream, b"PONG");
        drop(peer);
    });
    assert_eq!(
        text,
        r#"peer `server` was dropped without `finish`
  failure  peer `server`: the code's write differs from the script at byte 1 (step 1 of 2)
             expected b"PING"
             got      b"PONG"
             scripted HERE
             left     2 expect_close
  started  HERE
  next     end the test with `peer.finish().await`"#
    );
}

#[test]
fn a_finish_that_is_not_awaited_or_is_dropped() {
    let finish = || {
        let (stream, peer) = script().expect_close().start();
        (stream, peer.finish())
    };
    let headline = "peer `server` was dropped without `finish`";
    assert!(panic_of(|| drop(finish().1)).starts_with(headline));
    let text = panic_of(|| {
        let (_stream, finish) = finish();
        assert!(task::spawn(finish).poll().is_pending());
    });
    assert!(text.starts_with(headline), "{text}");
}

#[test]
fn a_peer_without_a_name() {
    assert_eq!(
        panic_of(|| ScriptedPeer::script("")),
        "a scripted peer has no name\n  next     name it after what it stands for: \"server\""
    );
}

#[test]
fn an_empty_script() {
    assert_eq!(
        panic_of(|| script().start()),
        "the script of peer `server` is empty\n  \
         next     add a step: `expect_close()`, if the code closes without writing"
    );
}

#[test]
fn a_script_without_an_end() {
    for (steps, last) in [
        (script().send("hi"), r#"1 send b"hi""#),
        (script().expect_close().send("hi"), r#"2 send b"hi""#),
        (script().close_write(), "1 close_write"),
        (script().expect_close().close_write(), "2 close_write"),
        (script().expect("x").wait(secs(1)), "2 wait 1s"),
    ] {
        assert_eq!(
            panic_of(|| steps.start()),
            format!(
                "the script of peer `server` does not say how the stream ends\n  \
                 last     {last}\n  \
                 scripted HERE\n  \
                 next     end it with `expect_close()`, `close()` or `reset()`"
            )
        );
    }
}

#[test]
fn a_step_after_the_end() {
    let over = |step: &str, end: &str| {
        format!(
            "the script of peer `server` goes on with `{step}` after the stream has ended\n  \
             end      1 {end}\n  scripted HERE\n  next     move it up, or leave it out"
        )
    };
    assert_eq!(panic_of(|| script().reset().send("x")), over(r#"send b"x""#, "reset"));
    assert_eq!(panic_of(|| script().reset().expect("x")), over(r#"expect b"x""#, "reset"));
    assert_eq!(panic_of(|| script().close().expect_close()), over("expect_close", "close"));
    assert_eq!(panic_of(|| script().close().wait(secs(1))), over("wait 1s", "close"));
    assert_eq!(panic_of(|| script().close().reset()), over("reset", "close"));
    assert_eq!(panic_of(|| script().close().close()), over("close", "close"));
}

#[test]
fn a_step_in_a_direction_that_has_ended() {
    let code = |step: &str| {
        format!(
            "the script of peer `server` goes on with `{step}` after the code has closed its direction\n  \
             end      1 expect_close\n  scripted HERE\n  \
             next     move it up: the code cannot write any more"
        )
    };
    assert_eq!(panic_of(|| script().expect_close().expect("x")), code(r#"expect b"x""#));
    assert_eq!(
        panic_of(|| script().expect_close().expect_until("x", 1)),
        code(r#"expect_until b"x" within 1 byte"#)
    );
    assert_eq!(
        panic_of(|| script().expect_close().expect_nothing_for(secs(1))),
        code("expect_nothing_for 1s")
    );
    assert_eq!(panic_of(|| script().expect_close().expect_close()), code("expect_close"));
    let peer = |step: &str| {
        format!(
            "the script of peer `server` goes on with `{step}` after the peer has closed its direction\n  \
             end      1 close_write\n  scripted HERE\n  next     move it up, or leave it out"
        )
    };
    assert_eq!(panic_of(|| script().close_write().send("x")), peer(r#"send b"x""#));
    assert_eq!(panic_of(|| script().close_write().close_write()), peer("close_write"));
}

#[test]
fn a_step_of_no_bytes() {
    let text = |call: &str| {
        format!(
            "the script of peer `server` has an `{call}` of no bytes\n  \
             next     leave the step out"
        )
    };
    assert_eq!(panic_of(|| script().expect("")), text("expect"));
    assert_eq!(panic_of(|| script().expect_until("", 9)), text("expect_until"));
    assert_eq!(panic_of(|| script().send([])), text("send").replace("an `send`", "a `send`"));
}

#[test]
fn a_delimiter_that_cannot_fit() {
    for most in [0, 1] {
        assert_eq!(
            panic_of(|| script().expect_until("\r\n", most)),
            format!(
                "the script of peer `server` expects b\"\\r\\n\", which is longer than {}\n  \
                 next     raise the bound: it counts the delimiter, too",
                if most == 1 { "1 byte" } else { "0 bytes" }
            )
        );
    }
    let (mut stream, peer) = script().expect_until("\r\n", 2).expect_close().start();
    write(&mut stream, b"\r\n");
    drop(stream);
    assert_eq!(at_once(peer.finish()), ["\r\n"]);
}

#[test]
fn a_step_of_zero_or_too_long() {
    let none = |call: &str| {
        format!(
            "the script of peer `server` has a `{call}` of zero\n  next     leave it out, or give a duration"
        )
    };
    assert_eq!(panic_of(|| script().wait(Duration::ZERO)), none("wait"));
    assert_eq!(
        panic_of(|| script().expect_nothing_for(Duration::ZERO)),
        none("expect_nothing_for").replace("a `expect", "an `expect")
    );
    assert_eq!(panic_of(|| script().real_limit(Duration::ZERO)), none("real_limit"));
    let longest = Duration::from_nanos(i64::MAX.unsigned_abs());
    assert_eq!(
        panic_of(|| script().wait(longest + Duration::from_nanos(1))),
        "the script of peer `server` has a `wait` of 9223372036.854775808s\n  \
         next     use at most 292 years"
    );
    drop(script().wait(longest).real_limit(longest));
}

#[test]
fn a_fault_keeps_the_time_at_which_it_was_found() {
    let text = Sim::new().run_test(|sim| async move {
        let (stream, peer) = script().expect("a").expect_close().start();
        sim.advance(secs(1)).await;
        refused(stream, b"b");
        sim.advance(secs(1)).await;
        scrubbed(&peer.check_finish().await.unwrap_err().to_string())
    });
    assert!(text.ends_with("\n  left     2 expect_close\n  now      +1s"), "{text}");
}

#[test]
fn a_fault_found_outside_a_runtime_gets_no_time_later() {
    let (stream, peer) = script().expect("a").expect_close().start();
    refused(stream, b"b");
    let fault = Sim::new().run(async { peer.check_finish().await.unwrap_err() });
    assert_eq!(fault.detail("now"), None);
}
