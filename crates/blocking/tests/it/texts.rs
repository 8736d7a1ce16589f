//! The texts of errors that other tests do not show.

use std::{error::Error, io};

use unplugged_blocking::{Level, SetupError, WaitError};

#[test]
fn an_error_names_its_source() {
    let setup = SetupError::Io(io::Error::other("no threads left"));
    assert_eq!(setup.to_string(), "no thread or no runtime could be made: no threads left");
    assert_eq!(setup.source().unwrap().to_string(), "no threads left");
    assert!(SetupError::Forbidden.source().is_none());
    let failed = WaitError::Failed(Box::<dyn Error + Send + Sync>::from("oh").into());
    assert_eq!(failed.source().unwrap().to_string(), "oh");
    assert!(WaitError::Stopped.source().is_none() && WaitError::Stopped.original_error().is_none());
}

#[test]
fn levels_are_ordered_and_padded() {
    assert!(Level::Error < Level::Warn && Level::Debug < Level::Trace);
    let all = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];
    assert_eq!(all.map(|level| format!("{level:5}|")), ["ERROR|", "WARN |", "INFO |", "DEBUG|", "TRACE|"]);
}
