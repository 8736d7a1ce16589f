//! `Eventual::stash`, `Blocking::retrieve`.

use std::{collections::BTreeSet, io, time::Duration};

use unplugged_blocking::{Id, RetrieveError, WaitError};

use crate::support::{LONG, later, reporting, running};

#[test]
fn a_stashed_result_is_retrieved_once() {
    let blocking = running();
    let (sender, answer) = later(&blocking);
    let id = answer.stash();
    sender.send(Ok("a file")).unwrap();
    let answer = blocking.retrieve::<&str>(id).unwrap();
    assert_eq!(*answer.wait(LONG).unwrap(), "a file");
    let error = blocking.retrieve::<&str>(id).unwrap_err();
    assert_eq!(error.to_string(), format!("no result is stashed as {id}: the id is unknown, or was used"));
}

#[test]
fn a_result_that_is_stashed_again_has_another_id() {
    let blocking = running();
    let (_sender, answer) = later::<()>(&blocking);
    let first = answer.stash();
    let answer = blocking.retrieve::<()>(first).unwrap();
    assert!(matches!(answer.wait(Duration::ZERO), Err(WaitError::TimedOut(_))));
    let second = answer.stash();
    assert_ne!(first, second);
    assert!(blocking.retrieve::<()>(second).is_ok());
}

#[test]
fn a_wrong_type_is_told_and_the_result_stays() {
    let blocking = running();
    let id = blocking.run(async { Ok::<_, io::Error>(7_u8) }).stash();
    let error = blocking.retrieve::<u16>(id).unwrap_err();
    assert_eq!(error, RetrieveError::OtherType { asked: "u16", stashed: "u8" });
    assert_eq!(
        error.to_string(),
        "the stashed result is `u8`, and was asked for as `u16`; it is still there"
    );
    assert_eq!(*blocking.retrieve::<u8>(id).unwrap().wait(LONG).unwrap(), 7);
}

#[test]
fn ids_are_far_apart_and_survive_a_trip_as_text() {
    let blocking = running();
    let ids: BTreeSet<Id> =
        (0..100).map(|_| blocking.run(async { Ok::<_, io::Error>(()) }).stash()).collect();
    assert_eq!(ids.len(), 100);
    // Guessable ids would share their upper half.
    let upper: BTreeSet<String> = ids.iter().map(|id| id.to_string()[..16].to_owned()).collect();
    assert_eq!(upper.len(), 100);
    for id in ids {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

#[test]
fn a_text_that_is_no_id_is_refused() {
    let too_long = "0".repeat(33);
    for text in [
        "",
        "c0ffee",
        "0000000000000000000000000000000G",
        "0000000000000000000000000000000A",
        "+000000000000000000000000000000f",
        &too_long,
    ] {
        let error = text.parse::<Id>().unwrap_err();
        let bytes = text.len();
        assert_eq!(
            error.to_string(),
            format!("an id has 32 hexadecimal digits, lower case; this has {bytes} bytes")
        );
    }
}

#[test]
fn a_stashed_failure_that_is_never_retrieved_is_reported_at_the_stop_and_can_still_be_read() {
    let (blocking, reports) = reporting();
    let failed = blocking.run(async { Err::<(), _>("no such file") });
    while !failed.is_done() {}
    let id = failed.stash();
    assert!(reports.texts().is_empty());
    blocking.stop().unwrap();
    assert_eq!(reports.texts(), ["a failure was never read: the operation failed: no such file"]);
    let failed = blocking.retrieve::<()>(id).unwrap();
    assert_eq!(failed.wait(LONG).unwrap_err().to_string(), "the operation failed: no such file");
}

#[test]
fn the_stash_keeps_no_bridge_alive() {
    let (blocking, reports) = reporting();
    let (_sender, answer) = later::<()>(&blocking);
    let _id = answer.stash();
    let _id = blocking.run(async { Err::<(), _>("lost") }).stash();
    crate::support::settle(&blocking);
    drop(blocking);
    assert_eq!(reports.texts(), ["a failure was never read: the operation failed: lost"]);
}
