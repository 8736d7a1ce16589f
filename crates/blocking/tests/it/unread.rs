//! Failures that no wait has returned are reported, once.

use std::{io, time::Duration};

use unplugged_blocking::{Blocking, WaitError};

use crate::support::{LONG, later, reporting, settle, until};

#[test]
fn a_failure_that_was_never_read_is_reported_when_it_is_dropped() {
    let (blocking, reports) = reporting();
    let line = line!() + 1;
    let failed = blocking.run(async { Err::<(), _>(io::Error::other("no such page")) });
    until(|| failed.is_done());
    assert!(reports.texts().is_empty());
    drop(failed);
    let whole = reports.whole();
    assert_eq!(whole.len(), 1);
    let place = format!("{}:{line}:", file!());
    assert!(
        whole[0].starts_with(&format!(
            "a failure was never read: the operation failed: no such page (started at {place}"
        )),
        "{whole:?}"
    );
}

#[test]
fn a_failure_that_comes_after_the_drop_is_reported() {
    let (blocking, reports) = reporting();
    let (sender, failed) = later::<()>(&blocking);
    drop(failed);
    settle(&blocking);
    assert!(reports.texts().is_empty());
    sender.send(Err(io::Error::other("late"))).unwrap();
    settle(&blocking);
    assert_eq!(reports.texts(), ["a failure was never read: the operation failed: late"]);
}

#[test]
fn a_wait_that_timed_out_has_not_read_the_failure() {
    let (blocking, reports) = reporting();
    let (sender, failed) = later::<()>(&blocking);
    assert!(matches!(failed.wait(Duration::ZERO), Err(WaitError::TimedOut(_))));
    sender.send(Err(io::Error::other("late"))).unwrap();
    until(|| failed.is_done());
    drop(failed);
    assert_eq!(reports.texts().len(), 1);
}

#[test]
fn a_failure_that_was_read_is_not_reported() {
    let (blocking, reports) = reporting();
    let read = blocking.run(async { Err::<(), _>("one") });
    read.wait(LONG).unwrap_err();
    let looked_at = blocking.run(async { Err::<(), _>("two") });
    until(|| looked_at.is_done());
    assert!(looked_at.original_error().is_some());
    drop((read, looked_at));
    settle(&blocking);
    assert!(reports.texts().is_empty());
}

#[test]
fn a_panic_that_was_never_read_is_reported() {
    let (blocking, reports) = reporting();
    drop(blocking.run(async { if true { panic!("oh") } else { Ok::<(), io::Error>(()) } }));
    settle(&blocking);
    let texts = reports.texts();
    assert!(
        texts.len() == 1 && texts[0].starts_with("a failure was never read: the operation panicked: oh (at "),
        "{texts:?}"
    );
}

#[test]
fn success_a_cancel_and_a_stop_are_no_failures() {
    let (blocking, reports) = reporting();
    drop(blocking.run(async { Ok::<_, io::Error>(1) }));
    let (_sender, cancelled) = later::<()>(&blocking);
    cancelled.cancel();
    drop(cancelled);
    let (_sender, stopped) = later::<()>(&blocking);
    blocking.stop().unwrap();
    drop(stopped);
    assert!(reports.texts().is_empty());
}

#[test]
fn a_report_that_panics_stops_neither_a_drop_nor_the_event_loop() {
    let blocking = Blocking::builder().report_unread(|_| panic!("the report panics")).build();
    blocking.setup().unwrap();
    let failed = blocking.run(async { Err::<(), _>("one") });
    until(|| failed.is_done());
    drop(failed);
    drop(blocking.run(async { Err::<(), _>("two") }));
    settle(&blocking);
}
