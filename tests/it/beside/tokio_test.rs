//! `ScriptedPeer` beside `tokio_test::io::Builder`: the same code against both. Each difference has a test; the docs of
//! `ScriptedPeer` hold the same table.
//!
//! | the code | test |
//! |---|---|
//! | writes before it has read what comes first | `a_write_ahead` |
//! | reads past the script | `a_read_past_the_script` |
//! | writes past the script | `a_write_past_the_script` |
//! | writes more than the script expects, reads still due | `a_write_of_too_much` |
//! | writes other bytes | `a_wrong_write` |
//! | catches that panic, or loses it in a task | `a_wrong_write_in_a_task_that_is_not_joined` |
//! | never sees the scripted error | `an_error_that_is_never_seen` |
//! | never closes | `a_stream_that_stays_open` |
//! | writes after its own shutdown | `a_write_after_the_shutdown` |
//! | forgets (leaks) the stream | `a_leaked_stream` |
//! | writes while the peer waits | `a_write_while_the_peer_waits` |
//! | looks only after a wait has ended | `a_wait_that_is_polled_late` |
//! | writes nothing | `a_write_of_nothing` |
//! | is run again by the same script, with an error in it | `a_script_that_is_played_again` |

use std::{
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_test::{io::Builder, task};
use unplugged::{
    Sim,
    clock::{ClockExt, secs},
};

use crate::{
    support::panic_of,
    transport::scripted::{at_once, result_of, script},
};

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

fn is_pending<F: Future>(future: F) -> bool {
    task::spawn(future).poll().is_pending()
}

fn bad(headline: &str) -> Result<(), String> {
    Err(format!("peer `server`: {headline}"))
}

#[test]
fn they_agree_on_bytes_cut_anyhow_and_on_bytes_that_are_missing() {
    fn talk(stream: &mut impl Stream, said: &[&str]) {
        let mut greeting = [0; 5];
        for byte in greeting.chunks_mut(1) {
            at_once(stream.read_exact(byte)).unwrap();
        }
        assert_eq!(&greeting, b"hello");
        for part in said {
            at_once(stream.write_all(part.as_bytes())).unwrap();
        }
    }
    for (said, is_good) in [(&["by", "e"][..], true), (&["by"], false)] {
        let mut mock = Builder::new().read(b"hello").write(b"b").write(b"ye").build();
        talk(&mut mock, said);
        assert_eq!(catch_unwind(AssertUnwindSafe(|| drop(mock))).is_ok(), is_good);

        let (mut stream, peer) = script().send("hello").expect("b").expect("ye").expect_close().start();
        talk(&mut stream, said);
        drop(stream);
        assert_eq!(result_of(peer).is_ok(), is_good);
    }
}

#[test]
fn a_write_ahead() {
    let mut mock = Builder::new().read(b"hello").write(b"bye").build();
    at_once(mock.write_all(b"bye")).unwrap();
    at_once(mock.read_exact(&mut [0; 5])).unwrap();
    drop(mock); // passes

    let (mut stream, peer) = script().send("hello").expect("bye").expect_close().start();
    assert_eq!(at_once(stream.write(b"bye")).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(result_of(peer), bad("the code wrote before it read what the peer sends (step 1 of 3)"));
}

#[test]
fn a_read_past_the_script() {
    let mut mock = Builder::new().read(b"x").build();
    assert_eq!(at_once(mock.read_u8()).unwrap(), b'x');
    assert_eq!(at_once(mock.read(&mut [0])).unwrap(), 0); // an end that is not in the script

    let endless = script().send("x");
    assert!(panic_of(|| drop(endless.start())).contains("does not say how the stream ends"));
    let (mut stream, peer) = script().send("x").expect_close().start();
    assert_eq!(at_once(stream.read_u8()).unwrap(), b'x');
    assert!(is_pending(stream.read(&mut [0])));
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_write_past_the_script() {
    let mut mock = Builder::new().write(b"a").build();
    at_once(mock.write_all(b"a")).unwrap();
    assert_eq!(panic_of(|| drop(at_once(mock.write(b"b")))), "unexpected write (0 actions remain)");

    let (mut stream, peer) = script().expect("a").expect_close().start();
    at_once(stream.write_all(b"a")).unwrap();
    assert_eq!(at_once(stream.write(b"b")).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(result_of(peer), bad("the code wrote 1 byte that no step expects (step 2 of 2)"));
}

#[test]
fn a_write_of_too_much() {
    let mut mock = Builder::new().write(b"ab").read(b"x").build();
    assert!(is_pending(mock.write_all(b"abc"))); // for good: its waker is nowhere
    std::mem::forget(mock);

    let (mut stream, peer) = script().expect("ab").send("x").expect_close().start();
    at_once(stream.write_all(b"abc")).unwrap_err();
    assert_eq!(result_of(peer), bad("the code wrote before it read what the peer sends (step 2 of 3)"));
}

#[test]
fn a_wrong_write() {
    let mut mock = Builder::new().write(b"GET").build();
    let text = panic_of(|| drop(at_once(mock.write(b"PUT"))));
    assert!(text.contains("left: [80, 85, 84]\n right: [71, 69, 84]"), "{text}");
    std::mem::forget(mock);

    let (mut stream, peer) = script().expect("GET").expect_close().start();
    at_once(stream.write(b"PUT")).unwrap_err();
    let fault = at_once(peer.check_finish()).unwrap_err();
    assert_eq!((fault.detail("expected"), fault.detail("got")), (Some(r#"b"GET""#), Some(r#"b"PUT""#)));
}

#[tokio::test]
async fn a_wrong_write_in_a_task_that_is_not_joined() {
    let mut mock = Builder::new().write(b"GET").build();
    let task = tokio::spawn(async move { mock.write_all(b"PUT").await });
    while !task.is_finished() {
        tokio::task::yield_now().await;
    }
    drop(task); // passes

    let (mut stream, peer) = script().expect("GET").expect_close().start();
    drop(tokio::spawn(async move { stream.write_all(b"PUT").await }));
    assert_eq!(
        peer.check_finish().await.unwrap_err().headline(),
        "peer `server`: the code's write differs from the script at byte 0 (step 1 of 2)"
    );
}

#[test]
fn an_error_that_is_never_seen() {
    let mut mock = Builder::new().read(b"x").read_error(ErrorKind::ConnectionReset.into()).build();
    assert_eq!(at_once(mock.read_u8()).unwrap(), b'x');
    drop(mock); // passes

    let (mut stream, peer) = script().send("x").reset().start();
    assert_eq!(at_once(stream.read_u8()).unwrap(), b'x');
    drop(stream);
    assert_eq!(result_of(peer), bad("the code dropped the stream without seeing `reset` (step 2 of 2)"));
}

#[test]
fn a_stream_that_stays_open() {
    let mut mock = Builder::new().write(b"x").build();
    at_once(mock.write_all(b"x")).unwrap(); // no way to expect the close

    let (mut stream, peer) = script().expect("x").expect_close().start();
    at_once(stream.write_all(b"x")).unwrap();
    let mut verdict = task::spawn(peer.check_finish());
    assert!(verdict.poll().is_pending());
    drop(stream);
    assert!(matches!(verdict.poll(), Poll::Ready(Ok(_))));
}

#[test]
fn a_write_after_the_shutdown() {
    let mut mock = Builder::new().write(b"x").build();
    at_once(mock.shutdown()).unwrap();
    at_once(mock.write_all(b"x")).unwrap();
    drop(mock); // passes

    let (mut stream, peer) = script().expect_close().start();
    at_once(stream.shutdown()).unwrap();
    assert_eq!(at_once(stream.write_all(b"x")).unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_leaked_stream() {
    std::mem::forget(Builder::new().write(b"x").build()); // passes

    let (stream, peer) = script().expect("x").expect_close().start();
    std::mem::forget(stream);
    let mut verdict = task::spawn(peer.check_finish());
    assert!(verdict.poll().is_pending()); // a Sim reports it, and elsewhere the real limit
    assert!(panic_of(|| drop(verdict)).starts_with("peer `server` was dropped"));
}

#[test]
fn a_write_while_the_peer_waits() {
    Sim::new().run_test(|sim| async move {
        let clock = sim.clock();
        let begun = clock.since_start();
        let mut mock = Builder::new().wait(secs(1)).write(b"x").build();
        mock.write_all(b"x").await.unwrap();
        assert_eq!(clock.since_start() - begun, secs(1));

        let begun = clock.since_start();
        let (mut stream, peer) = script().wait(secs(1)).expect("x").expect_close().start();
        stream.write_all(b"x").await.unwrap();
        assert_eq!(clock.since_start(), begun);
        stream.shutdown().await.unwrap();
        peer.finish().await;
        assert_eq!(clock.since_start() - begun, secs(1));
    });
}

#[test]
fn a_wait_that_is_polled_late() {
    Sim::new().run_test(|sim| async move {
        let clock = sim.clock();
        let mut mock = Builder::new().wait(secs(1)).read(b"x").build();
        let (mut stream, peer) = script().wait(secs(1)).send("x").expect_close().start();
        sim.advance(secs(5)).await;
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        assert_eq!(clock.since_start(), secs(5)); // the second was over long ago
        mock.read_u8().await.unwrap();
        assert_eq!(clock.since_start(), secs(6)); // it began with the read
        drop(stream);
        peer.finish().await;
    });
}

#[test]
fn a_write_of_nothing() {
    let mut mock = Builder::new().read(b"x").build();
    assert!(is_pending(mock.write(b""))); // for good
    std::mem::forget(mock);

    let (mut stream, peer) = script().expect_close().start();
    assert_eq!(at_once(stream.write(b"")).unwrap(), 0);
    drop(stream);
    assert_eq!(result_of(peer), Ok(()));
}

#[test]
fn a_script_that_is_played_again() {
    let mut builder = Builder::new();
    builder.read_error(ErrorKind::ConnectionReset.into());
    let mut mock = builder.build();
    let text = panic_of(|| drop(at_once(mock.read_u8())));
    assert!(text.starts_with("There are no other references."), "{text}");

    let again = script().reset();
    for _ in 0..2 {
        let (mut stream, peer) = again.clone().start();
        assert_eq!(at_once(stream.read_u8()).unwrap_err().kind(), ErrorKind::ConnectionReset);
        assert_eq!(result_of(peer), Ok(()));
    }
}

#[test]
fn the_docs_list_the_same_differences_and_each_has_its_test() {
    const HERE: &str = include_str!("tokio_test.rs");
    const DOCS: &str = include_str!("../../../src/transport/scripted/peer.rs");
    fn rows(source: &str, comment: &str) -> Vec<(String, String)> {
        let rows = source.lines().filter_map(|line| line.strip_prefix(comment)?.strip_prefix(" | "));
        let cells = rows.map(|row| row.split(" | ").map(|cell| cell.trim_end_matches(" |").to_owned()));
        cells.map(|mut cells| (cells.next().unwrap(), cells.next().unwrap())).collect()
    }
    let (here, docs) = (rows(HERE, "//!"), rows(DOCS, "///"));
    let first = |rows: &[(String, String)]| rows.iter().map(|(first, _)| first.clone()).collect::<Vec<_>>();
    assert_eq!(first(&here), first(&docs));
    assert_eq!(here.len(), 15); // with the head
    for (_, test) in here.iter().skip(1) {
        assert!(HERE.contains(&format!("fn {}()", test.trim_matches('`'))), "{test}");
    }
}
