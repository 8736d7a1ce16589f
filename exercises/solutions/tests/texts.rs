//! The texts that a learner reads: of the stubs, of the given tests' helpers, and of the references.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

#[path = "../../src/exercise.rs"]
#[macro_use]
mod exercise;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::{panic, time::Duration};

/// Returns the text that `it` panics with.
fn panic_text(it: impl FnOnce() + panic::UnwindSafe) -> String {
    let panic = panic::catch_unwind(it).unwrap_err();
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).into()))
        .unwrap()
}

#[test]
fn a_stub_says_that_red_is_right_and_what_to_do() {
    let line = line!() + 1;
    let text = panic_text(|| exercise!("ch07", "handle_timeout({}): nothing yet", 5));
    let expected = format!(
        "EXERCISE ch07 NOT DONE: red is right, until you write this\n  \
           where    {}:{line}\n  \
           to do    handle_timeout(5): nothing yet\n  \
           hint     cargo workbook hint ch07",
        file!().replace('\\', "/")
    );
    assert_eq!(text, expected);
}

#[test]
fn bytes_that_differ_are_shown_escaped_with_the_first_difference() {
    assert_eq!(
        panic_text(|| support::same_bytes("the value", b"a\r\nb", b"a\r\nc", "keep it")),
        "the value differs at byte 3\n  \
           expected b\"a\\r\\nc\"\n  \
           got      b\"a\\r\\nb\"\n           \
                    ~~~~~~~^ byte 3\n  \
           rule     keep it"
            .replace('~', " ")
    );
    support::same_bytes("the value", b"a", b"a", "equal bytes are no failure");
}

#[test]
fn bytes_that_end_too_early_or_too_late_say_so() {
    let too_few = support::difference("the body", b"ab", b"abc", "all of it");
    assert_eq!(
        too_few.lines().nth(3).unwrap(),
        "               ^ byte 2: it ends here, but more was expected"
    );
    let too_many = support::difference("the body", b"abc", b"ab", "no more");
    assert_eq!(too_many.lines().nth(3).unwrap(), "               ^ byte 2: it should end here");
}

#[test]
fn other_values_are_shown_with_their_rule() {
    assert_eq!(
        panic_text(|| support::same("the minor version", 1, 0, "as sent")),
        "the minor version is wrong\n  expected 0\n  got      1\n  rule     as sent"
    );
    assert_eq!(
        panic_text(|| support::holds("it was accepted", false, "refuse it")),
        "it was accepted\n  rule     refuse it"
    );
    assert_eq!(
        panic_text(|| support::same("get", None, Some(support::Bytes(b"a\xe9")), "as sent")),
        "get is wrong\n  expected Some(b\"a\\xe9\")\n  got      None\n  rule     as sent"
    );
    support::same("equal", 1, 1, "is no failure");
    support::holds("true", true, "is no failure");
}

#[test]
fn a_hang_becomes_a_failure() {
    let (_keep, wait) = std::sync::mpsc::channel::<()>();
    let hang = move || assert!(wait.recv().is_err());
    let text = panic_text(move || support::with_deadline(Duration::from_millis(10), hang));
    assert_eq!(
        text,
        "still not done after 10ms\n  rule     nothing here may wait without end: look for a loop that makes no progress"
    );
}

#[test]
fn after_a_hang_the_other_tests_fail_at_once() {
    static WATCHDOG: support::Watchdog = support::Watchdog::new(Duration::from_millis(10));
    let (_keep, wait) = std::sync::mpsc::channel::<()>();
    let text = panic_text(move || WATCHDOG.run(move || assert!(wait.recv().is_err())));
    assert!(text.starts_with("still not done after 10ms\n"), "{text}");
    let text = panic_text(|| WATCHDOG.run(|| ()));
    assert_eq!(
        text,
        "not tried: an earlier test still runs\n  rule     first make the test green that hangs"
    );
}

#[test]
fn a_result_in_time_is_passed_on() {
    assert_eq!(support::with_deadline(Duration::from_secs(60), || 7), 7);
    let text = panic_text(|| support::with_deadline(Duration::from_secs(60), || panic!("differs")));
    assert_eq!(text, "differs");
}

#[test]
fn errors_say_what_is_wrong() {
    use workbook::{ch01_request_head::ParseError, ch02_response_writer::WriteError};

    assert_eq!(ParseError::BadRequest.to_string(), "the request breaks the grammar of HTTP");
    let version = "the request speaks another version than HTTP/1.x";
    assert_eq!(ParseError::VersionNotSupported.to_string(), version);
    for (error, text) in [
        (WriteError::BadStatus(7), "the status 7 does not have three digits"),
        (WriteError::BadHeaderName("a b".into()), "the header name \"a b\" is not a token"),
        (WriteError::BadHeaderValue("A".into()), "the value of the header \"A\" holds a control character"),
        (
            WriteError::WrongContentLength("9".into()),
            "the Content-Length \"9\" is not the length of the body",
        ),
        (WriteError::OwnTransferEncoding, "the response has a Transfer-Encoding of its own"),
    ] {
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn headers_are_shown_as_text() {
    let (head, _) =
        workbook::ch01_request_head::parse_head(b"GET / HTTP/1.1\r\nA: \xe9\r\n\r\n").unwrap().unwrap();
    assert_eq!(format!("{:?}", head.headers), "{\"A\": \"\\\\xe9\"}");
}

#[test]
fn a_connection_shows_its_state_and_its_parts() {
    use workbook::ch03_connection::{Connection, OneHead, Timeless};

    let connection = Connection::with(Shown, OneHead::default(), Timeless);
    let shown = format!("{connection:?}");
    assert!(shown.starts_with("Connection { state: receiving, handler: Shown, decoder: OneHead"), "{shown}");
}

#[test]
fn a_reply_shows_what_it_is() {
    use workbook::{
        ch02_response_writer::{Body, Response},
        ch03_connection::Reply,
    };

    let response = Response { status: 200, headers: vec![], body: Body::Full(vec![]) };
    assert!(format!("{:?}", Reply::Now(response.clone())).starts_with("Now(Response { status: 200"));
    assert_eq!(format!("{:?}", Reply::Later(Box::pin(async { Ok(response) }))), "Later");
}

/// A handler that is never called.
#[derive(Debug)]
struct Shown;

impl workbook::ch03_connection::Handler for Shown {
    fn call(
        &mut self,
        _: workbook::ch03_connection::Request,
    ) -> Result<workbook::ch03_connection::Reply, workbook::ch03_connection::BoxError> {
        Err("not called".into())
    }
}

#[test]
fn a_panic_of_a_handler_is_logged_as_one() {
    use unplugged::{fake::ErrorLog, transport::TestConnection};
    use workbook::ch03_connection::Connection;

    for (panic, text) in [
        (Box::new("broken") as Box<dyn std::any::Any + Send>, "the handler panicked: broken"),
        (Box::new("broken".to_owned()), "the handler panicked: broken"),
        (Box::new(7), "the handler panicked: (no text)"),
    ] {
        let errors = ErrorLog::new();
        let sink = errors.sink();
        let mut panic = Some(panic);
        let handler = move |_| panic::resume_unwind(panic.take().unwrap());
        let mut server = TestConnection::new(Connection::new(handler).log_to(move |error| sink.log(error)));
        server.receive("GET / HTTP/1.1\r\n\r\n");
        let logged: Vec<String> = errors.take_text("panicked").iter().map(ToString::to_string).collect();
        assert_eq!(logged, [text]);
    }
}

#[test]
fn each_refusal_has_its_text() {
    use workbook::{ch05_bodies::BadFraming, ch06_limits::Reject};

    for (error, text) in [
        (BadFraming::Malformed, "the end of the body is unclear"),
        (BadFraming::TooLarge, "the body is too large"),
        (BadFraming::TrailersTooLarge, "the trailers are too large"),
        (BadFraming::UnknownCoding, "the body has an unsupported transfer coding"),
    ] {
        assert_eq!(error.to_string(), text);
    }
    for (reject, text) in [
        (Reject::Malformed, "the request breaks the grammar of HTTP"),
        (Reject::Version, "the request speaks another version than HTTP/1.x"),
        (Reject::EmptyLines, "there are too many empty lines before the request"),
        (Reject::TargetTooLong, "the target is too long"),
        (Reject::BadTarget, "the target has a form that the method does not allow"),
        (Reject::HeadTooLarge, "the head is too large"),
        (Reject::TooManyHeaders, "there are too many header fields"),
        (Reject::BadHost, "the request must have exactly one valid host"),
        (Reject::Expectation, "the request expects something unsupported"),
        (Reject::UnknownCoding, "the body has an unsupported transfer coding"),
        (Reject::BodyTooLarge, "the body is too large"),
        (Reject::TrailersTooLarge, "the trailers are too large"),
    ] {
        assert_eq!(reject.to_string(), text);
    }
}

#[test]
fn an_application_shows_its_routes_and_its_settings() {
    use std::sync::Arc;
    use unplugged::clock::FakeClock;
    use workbook::{
        ch03_connection::Request,
        ch08_application::{AppConfig, BadPath, Router, ServerFactory},
    };

    let mut router = Router::default();
    router.route("GET", "/", |_: Request| Err("not called".into()));
    assert_eq!(format!("{router:?}"), r#"["GET /"]"#);
    let factory = ServerFactory::new(AppConfig::default(), Arc::new(FakeClock::new()), Router::default);
    assert!(format!("{factory:?}").starts_with("ServerFactory { config: AppConfig { listen: 127.0.0.1:8080"));
    assert_eq!(BadPath.to_string(), "the path has an escape that cannot be read");
}
