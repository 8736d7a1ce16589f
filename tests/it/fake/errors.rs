//! Errors that the code under test only logs.

use std::{fmt, io, num::ParseIntError};

use pretty_assertions::assert_eq;
use unplugged::fake::ErrorLog;

use super::{panic_text, relative};

#[derive(Debug)]
struct Outer(io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request failed")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

fn outer() -> Outer {
    Outer(io::Error::other("disk full"))
}

#[test]
fn errors_are_taken_by_type() {
    let errors = ErrorLog::new();
    errors.sink().log(outer());
    errors.sink().log("x".parse::<u8>().unwrap_err());
    errors.sink().log(outer());
    assert_eq!(errors.take::<Outer>().len(), 2);
    assert_eq!(errors.take::<ParseIntError>().len(), 1);
    errors.finish();
}

#[test]
fn errors_are_taken_by_text_also_of_a_cause() {
    let errors = ErrorLog::new();
    errors.sink().log(outer());
    errors.sink().log("a plain text");
    assert_eq!(errors.take_text("disk").len(), 1);
    assert_eq!(errors.take_text("plain").len(), 1);
}

#[test]
fn an_error_that_is_not_taken_fails_the_test() {
    let base = line!();
    let text = panic_text(|| {
        let errors = ErrorLog::new();
        errors.sink().log(outer());
    });
    assert_eq!(
        relative(&text, base),
        "a logged error was not taken\n  \
         made at  +2\n  \
         next     if it is meant to be logged, take it: `take::<E>()`, `take_text(..)`\n  \
         error    the request failed: disk full, from +3"
    );
}

#[test]
fn two_errors_that_are_not_taken_are_both_reported() {
    let errors = ErrorLog::new();
    errors.sink().log("one");
    errors.sink().log("two");
    let violation = errors.check_finished().unwrap_err();
    assert_eq!(violation.headline(), "2 logged errors were not taken");
    let told = violation.details().filter(|(label, _)| *label == "error").map(|(_, text)| &text[..3]);
    assert_eq!(told.collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn taking_what_is_not_there_is_refused() {
    let base = line!();
    let text = panic_text(|| {
        let errors = ErrorLog::new();
        errors.sink().log("one");
        errors.take::<io::Error>();
    });
    assert_eq!(
        relative(&text, base),
        "no error of type `std::io::error::Error` was logged\n  error    one, from +3"
    );
    let text = panic_text(|| ErrorLog::new().take_text("two"));
    assert_eq!(text, "no error with the text \"two\" was logged");
    let text = panic_text(|| ErrorLog::new().take_text(""));
    assert_eq!(text, "`take_text` needs a text: an empty one would take every error");
}

#[test]
fn a_log_without_a_sink_proves_nothing() {
    let base = line!();
    let text = panic_text(|| drop(ErrorLog::new()));
    assert_eq!(
        relative(&text, base),
        "an error log proves nothing: it gave out no sink\n  \
         made at  +1\n  \
         next     give the code under test `errors.sink()`"
    );
    let violation = ErrorLog::new().check_finished().unwrap_err();
    assert_eq!(violation.headline(), "an error log proves nothing: it gave out no sink");
}

#[test]
fn an_error_after_the_end_is_loud() {
    let base = line!();
    let errors = ErrorLog::new();
    let sink = errors.sink();
    drop(errors);
    let text = panic_text(|| sink.log("late"));
    assert_eq!(
        relative(&text, base),
        "an error was logged after the end of its log\n  error    late\n  called   +4\n  made at  +1"
    );
}
