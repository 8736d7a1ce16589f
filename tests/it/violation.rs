//! Failures as values, and their places.

use unplugged::{outcome, violation::SourceLocation};

#[test]
fn a_place_is_that_of_the_caller() {
    let place = SourceLocation::caller();
    let line = line!() - 1;
    assert_eq!(place.to_string(), format!("tests/it/violation.rs:{line}:17"));
    assert_eq!(format!("{place:?}"), place.to_string());
    assert_eq!(place.location().line(), line);
}

#[test]
fn a_violation_is_a_value_that_prints_as_its_text() {
    let watch = outcome::watch(async { Err::<(), _>("one\ntwo") }).named("job");
    let violation = watch.check_success().unwrap_err();
    assert_eq!(violation.headline(), "`job` did not succeed: it failed");
    assert_eq!(violation.details().collect::<Vec<_>>(), [("error", "\"one\\ntwo\"")]);
    assert_eq!((violation.detail("error"), violation.detail("now")), (Some("\"one\\ntwo\""), None));
    assert_eq!(format!("{violation:?}"), violation.to_string());
    assert_eq!(violation, watch.check_success().unwrap_err());
    let error: Box<dyn std::error::Error> = violation.into();
    assert_eq!(error.to_string(), "`job` did not succeed: it failed\n  error    \"one\\ntwo\"");
}
