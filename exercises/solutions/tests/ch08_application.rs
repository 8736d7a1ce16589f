//! Chapter 08: routes and configuration.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use unplugged::{
    clock::{FakeClock, secs},
    transport::{ByHand, ConnectionState},
};
use workbook::{
    ch01_request_head::parse_head,
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Handler, Reply, Request},
    ch06_limits::Limits,
    ch07_time::Timeouts,
    ch08_application::{AppConfig, ConfigError, Router, ServerFactory},
};

fn text(text: &'static str) -> impl Handler {
    move |_: Request| Ok(Reply::Now(Response { status: 200, headers: vec![], body: Body::Full(text.into()) }))
}

fn router() -> Router {
    let mut router = Router::default();
    router.route("GET", "/", text("root")).route("GET", "/a/b", text("a and b"));
    router.route("POST", "/a/b", text("posted")).route("POST", "/form", text("form"));
    router.route("GET", "/fails", |_: Request| Err::<Reply, BoxError>("it does".into()));
    router
}

fn request(line: &str) -> Request {
    let head = parse_head(format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap().unwrap().0;
    Request { head, body: vec![], keep_alive: true }
}

fn answer(line: &str) -> Response {
    match router().call(request(line)) {
        Ok(Reply::Now(response)) => response,
        other => panic!("an answer is here: {other:?}"),
    }
}

fn allow(line: &str) -> String {
    let response = answer(line);
    let mut allow = response.headers.into_iter().filter(|(name, _)| name == "Allow");
    allow.next().expect("there is an Allow").1
}

fn parsed(args: &[&str]) -> Result<AppConfig, ConfigError> {
    AppConfig::from_args(args.iter().map(ToString::to_string))
}

#[test]
fn t01_a_path_is_found_by_its_whole() {
    assert_eq!(answer("GET /").body, Body::Full(b"root".to_vec()));
    assert_eq!(answer("GET /a/b").body, Body::Full(b"a and b".to_vec()));
}

#[test]
fn t02_what_is_not_there_is_404() {
    for target in ["/a", "/a/b/", "/a/b/c", "/A/B", "//", "/a//b", "/a/b;c"] {
        assert_eq!(answer(&format!("GET {target}")).status, 404, "{target}");
    }
}

#[test]
fn t03_the_method_finds_its_handler() {
    assert_eq!(answer("POST /a/b").body, Body::Full(b"posted".to_vec()));
}

#[test]
fn t04_a_method_that_is_not_there_is_405_and_told_which_are() {
    assert_eq!(answer("DELETE /a/b").status, 405);
    assert_eq!(allow("DELETE /a/b"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(allow("GET /form"), "POST, OPTIONS");
}

#[test]
fn t05_head_is_answered_as_get_is() {
    assert_eq!(answer("HEAD /a/b"), answer("GET /a/b"));
    assert_eq!(answer("HEAD /form").status, 405);
    assert_eq!(answer("HEAD /no").status, 404);
}

#[test]
fn t06_options_are_told() {
    assert_eq!((answer("OPTIONS /a/b").status, answer("OPTIONS /no").status), (200, 404));
    assert_eq!(allow("OPTIONS /a/b"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(allow("OPTIONS *"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(answer("OPTIONS /a/b").body, Body::Full(vec![]));
}

#[test]
fn t07_an_unknown_method_is_501_wherever() {
    for line in ["BREW /", "BREW /no", "get /", "CONNECT a:80"] {
        assert_eq!(answer(line).status, 501, "{line}");
    }
}

#[test]
fn t08_a_method_that_a_route_has_is_known() {
    let mut router = Router::default();
    router.route("BREW", "/", text("tea"));
    let reply = router.call(request("BREW /")).unwrap();
    assert!(matches!(reply, Reply::Now(Response { status: 200, .. })), "{reply:?}");
}

#[test]
fn t09_the_query_is_not_part_of_the_path() {
    assert_eq!(answer("GET /a/b?c=/d").status, 200);
    assert_eq!(answer("GET /?").status, 200);
    assert_eq!(answer("GET /a?/b").status, 404);
}

#[test]
fn t10_a_path_is_decoded_once() {
    assert_eq!(answer("GET /%61/%62").status, 200);
    assert_eq!(answer("GET /%2561/b").status, 404);
    assert_eq!(answer("GET /a%2Fb").status, 404);
    assert_eq!(answer("GET /%6").status, 400);
}

#[test]
fn t11_dots_never_lead_above_the_root() {
    for target in ["/../a/b", "/../../a/./b", "/%2e%2e/a/b", "/a/c/../b"] {
        assert_eq!(answer(&format!("GET {target}")).status, 200, "{target}");
    }
}

#[test]
fn t12_the_host_of_a_whole_uri_is_not_part_of_the_path() {
    assert_eq!(answer("GET http://a/a/b").status, 200);
    assert_eq!(answer("GET http://a").status, 200);
    assert_eq!(answer("GET http://a?/a/b").status, 200);
}

#[test]
fn t13_an_error_of_a_handler_is_passed_on() {
    assert_eq!(router().call(request("GET /fails")).unwrap_err().to_string(), "it does");
}

#[test]
fn t14_without_arguments_all_is_as_documented() {
    let config = parsed(&[]).unwrap();
    assert_eq!(config, AppConfig::default());
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.timeouts, config.limits), (Timeouts::default(), Limits::default()));
}

#[test]
fn t15_each_flag_sets_its_value() {
    let args = "--listen 0.0.0.0:0 --head-timeout-ms 1 --body-timeout-ms 2 --idle-timeout-ms=3 \
                --handler-timeout-ms 4 --write-timeout-ms 5 --drain-timeout-ms 6 --max-body=7";
    let config = parsed(&args.split_whitespace().collect::<Vec<_>>()).unwrap();
    let millis = Duration::from_millis;
    assert_eq!(config.listen.to_string(), "0.0.0.0:0");
    assert_eq!(
        config.timeouts,
        Timeouts {
            head: millis(1),
            body_idle: millis(2),
            keep_alive_idle: millis(3),
            handler: Some(millis(4)),
            write_stall: millis(5),
        }
    );
    assert_eq!((config.drain, config.limits.body), (millis(6), 7));
}

#[test]
fn t16_a_bad_argument_is_an_error_that_says_what_is_wrong() {
    let text = |args: &[&str]| parsed(args).unwrap_err().to_string();
    assert_eq!(text(&["--listen"]), "`--listen` needs a value");
    assert_eq!(
        text(&["--listen", "here"]),
        "`--listen here`: the value must be an address and a port, like 127.0.0.1:8080"
    );
    for value in ["0", "-1", "1.5", "4294967296", ""] {
        assert_eq!(
            text(&["--head-timeout-ms", value]),
            format!("`--head-timeout-ms {value}`: the value must be a number of milliseconds, from 1")
        );
    }
    assert_eq!(text(&["--port", "1"]), format!("there is no flag `--port`; there are {}", AppConfig::USAGE));
}

#[test]
fn t17_each_connection_has_a_handler_of_its_own() {
    let made = Rc::new(Cell::new(0));
    let clock = FakeClock::new();
    let factory = ServerFactory::new(AppConfig::default(), Arc::new(clock.clone()), {
        let made = Rc::clone(&made);
        move || {
            made.set(made.get() + 1);
            let mut calls = 0;
            move |_: Request| {
                calls += 1;
                let body = Body::Full(calls.to_string().into_bytes());
                Ok(Reply::Now(Response { status: 200, headers: vec![], body }))
            }
        }
    });
    for _ in 0..2 {
        let mut server = ByHand::on_clock(factory.build(), &clock);
        server.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(server.take().ends_with(b"\r\n\r\n1"));
    }
    assert_eq!(made.get(), 2);
}

#[test]
fn t18_a_connection_has_the_limits_and_the_time_of_the_configuration() {
    let clock = FakeClock::new();
    let mut config = AppConfig::default();
    config.limits.target = 5;
    config.timeouts.keep_alive_idle = secs(7);
    let factory = ServerFactory::new(config, Arc::new(clock.clone()), router);
    let mut server = ByHand::on_clock(factory.build(), &clock);
    server.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.advance(secs(6));
    server.assert_state(ConnectionState::Open);
    server.advance(secs(1));
    server.assert_state(ConnectionState::Closing);
    let mut server = ByHand::on_clock(factory.build(), &clock);
    server.receive("GET /12345 ");
    assert_eq!(server.lines()[0], "HTTP/1.1 414 URI Too Long");
}
