//! Chapter 08: routes and configuration. These tests are given: do not edit them, make them green in their order.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use support::{holds, same, same_bytes, shown};
use unplugged::{
    clock::{FakeClock, secs},
    transport::{ConnectionState, TestConnection},
};
use workbook::{
    ch01_request_head::parse_head,
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Handler, Reply, Request},
    ch06_limits::Limits,
    ch07_time::Timeouts,
    ch08_application::{AppConfig, BadPath, ConfigError, Router, ServerFactory, path_of, query_of},
};

// Targets: text in, text out.

#[track_caller]
fn paths(cases: &[(&str, &str)], rule: &str) {
    for (target, path) in cases {
        same(&format!("path_of({target:?})"), path_of(target).as_deref(), Ok(path), rule);
    }
}

// Routes: a request in, a reply out, and no connection.

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

#[track_caller]
fn answer_of(router: &mut Router, line: &str) -> Response {
    match router.call(request(line)) {
        Ok(Reply::Now(response)) => response,
        other => panic!("`{line}` must be answered at once\n  got      {other:?}"),
    }
}

#[track_caller]
fn answer(line: &str) -> Response {
    answer_of(&mut router(), line)
}

#[track_caller]
fn status(line: &str, expected: u16, rule: &str) {
    same(&format!("the status for `{line}`"), answer(line).status, expected, rule);
}

#[track_caller]
fn says(line: &str, expected: &str, rule: &str) {
    let response = answer(line);
    same(&format!("the status for `{line}`"), response.status, 200, rule);
    let Body::Full(body) = response.body else {
        panic!("the answer to `{line}` does not come from its handler\n  rule     {rule}")
    };
    same_bytes(&format!("the body for `{line}`"), &body, expected.as_bytes(), rule);
}

#[track_caller]
fn allows(line: &str, expected_status: u16, expected: &str, rule: &str) {
    let response = answer(line);
    same(&format!("the status for `{line}`"), response.status, expected_status, rule);
    let allow: Vec<&str> = response
        .headers
        .iter()
        .filter(|(name, _)| name == "Allow")
        .map(|(_, value)| value.as_str())
        .collect();
    same(&format!("Allow for `{line}`"), allow, vec![expected], rule);
}

// Configuration: arguments in, a value out, and no process.

fn parsed(args: &[&str]) -> Result<AppConfig, ConfigError> {
    AppConfig::from_args(args.iter().map(ToString::to_string))
}

#[track_caller]
fn config(args: &str) -> AppConfig {
    match parsed(&args.split_whitespace().collect::<Vec<_>>()) {
        Ok(config) => config,
        Err(error) => panic!("refused, but nothing is wrong: {error}\n  args     {args}"),
    }
}

/// The query and the fragment are not part of the path.
#[test]
fn t01_the_path_ends_before_query_and_fragment() {
    let rule = "the path ends at the first ? or #; an empty path is / (RFC 3986, 3)";
    paths(&[("/", "/"), ("/a/b?c=/d", "/a/b"), ("/a#b?c", "/a"), ("/?", "/"), ("/a/?b", "/a/")], rule);
}

/// Some clients send whole URIs, and every server must accept them.
#[test]
fn t02_the_host_of_a_whole_uri_is_not_part_of_the_path() {
    let rule = "after `scheme://` the path begins with the next slash (RFC 9112, 3.2.2)";
    paths(
        &[("http://a/b/c", "/b/c"), ("HTTPS://a:1/b?c", "/b"), ("http://a", "/"), ("http://a?/b", "/")],
        rule,
    );
    paths(
        &[("/a?http://b/c", "/a"), ("/http://b/c", "/http://b/c")],
        "a target that begins with a slash is no whole URI",
    );
}

/// `%2541` is the escape of `%41`. A server that decodes twice serves another file than the one that was checked.
#[test]
fn t03_a_path_is_decoded_once() {
    let rule = "decode an escape once, and do not decode the result (RFC 3986, 2.4)";
    paths(&[("/%41%62%2d", "/Ab-"), ("/%C3%A9", "/\u{e9}"), ("/%2541", "/%41"), ("/a+b", "/a+b")], rule);
}

/// Split first, then decode. Otherwise a slash that was data becomes a separator.
#[test]
fn t04_an_escaped_slash_separates_nothing() {
    let rule = "split the path at its slashes before decoding; an escaped slash stays %2F (RFC 3986, 2.2)";
    paths(&[("/a%2Fb", "/a%2Fb"), ("/a%2fb", "/a%2Fb"), ("/a/..%2Fb", "/a/..%2Fb")], rule);
}

/// `GET /../../etc/passwd` is the oldest attack on servers, and still common.
#[test]
fn t05_dots_never_lead_above_the_root() {
    let rule = "remove the segments . and .., plain or escaped; .. at / has no effect (RFC 3986, 5.2.4)";
    paths(
        &[
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/..", "/"),
            ("/../../../etc/passwd", "/etc/passwd"),
            ("/%2e%2e/%2E./a", "/a"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
        ],
        rule,
    );
    paths(&[("/...", "/..."), ("/.a", "/.a"), ("//a", "//a")], "other names with dots stay");
}

/// A bad escape is refused: a guess could be wrong.
#[test]
fn t06_an_escape_that_cannot_be_read_is_an_error() {
    let rule = "an escape has two hexadecimal digits, is no zero byte, and the path is UTF-8";
    for target in ["/%", "/%4", "/%4/", "/%zz", "/%+1", "/%00", "/%ff", "/a/%C3/b", "/%%41"] {
        same(&format!("path_of({target:?})"), path_of(target), Err(BadPath), rule);
    }
}

/// The handler gets the query as it was sent.
#[test]
fn t07_the_query_follows_the_first_question_mark() {
    let rule = "the query is the part from the first ? to the fragment, not decoded";
    for (target, query) in [
        ("/a?b=c?d#e", Some("b=c?d")),
        ("/a#b?c", None),
        ("/a?", Some("")),
        ("/a", None),
        ("/?%41", Some("%41")),
    ] {
        same(&format!("query_of({target:?})"), query_of(target), query, rule);
    }
}

/// A route serves one path.
#[test]
fn t08_a_route_matches_the_whole_path() {
    let rule = "a route matches one whole path";
    says("GET /", "root", rule);
    says("GET /a/b", "a and b", rule);
    says("GET /%61/./b?c", "a and b", "compare paths as path_of returns them");
}

/// A prefix of a path is another path.
#[test]
fn t09_an_unknown_path_is_404() {
    let rule = "no route has this path";
    for target in ["/a", "/a/b/", "/a/b/c", "/A/B", "//", "/a//b", "/a/b;c", "/a%2Fb"] {
        status(&format!("GET {target}"), 404, rule);
    }
    status("GET /%6", 400, "a path that cannot be read is 400");
}

/// One path can have two handlers.
#[test]
fn t10_a_route_matches_the_method() {
    says("POST /a/b", "posted", "a route matches one method");
}

/// A known method without a route gets the methods that the path allows.
#[test]
fn t11_a_method_without_a_route_is_405_with_allow() {
    let rule = "405 must have Allow: the path's methods, HEAD with GET, and OPTIONS (RFC 9110, 15.5.6)";
    allows("DELETE /a/b", 405, "GET, HEAD, POST, OPTIONS", rule);
    allows("GET /form", 405, "POST, OPTIONS", rule);
}

/// The writer leaves out the body for `HEAD`; the router treats it as `GET`.
#[test]
fn t12_head_is_answered_as_get() {
    let rule = "HEAD gets the same answer as GET (RFC 9110, 9.3.2)";
    says("HEAD /a/b", "a and b", rule);
    status("HEAD /form", 405, rule);
    status("HEAD /no", 404, rule);
}

/// The router answers `OPTIONS` from its routes, unless there is a route for `OPTIONS`.
#[test]
fn t13_options_lists_the_allowed_methods() {
    let rule = "OPTIONS lists what is allowed, without a body (RFC 9110, 9.3.7)";
    allows("OPTIONS /a/b", 200, "GET, HEAD, POST, OPTIONS", rule);
    allows("OPTIONS *", 200, "GET, HEAD, POST, OPTIONS", "each method of any path, once");
    same("the body", answer("OPTIONS /a/b").body, Body::Full(vec![]), rule);
    status("OPTIONS /no", 404, rule);
    let mut router = Router::default();
    router.route("OPTIONS", "/", text("own"));
    same(
        "the body of a route for OPTIONS",
        answer_of(&mut router, "OPTIONS /").body,
        Body::Full("own".into()),
        rule,
    );
    allows_in(&mut router, "GET /", "OPTIONS");
    allows_in(&mut Router::default(), "OPTIONS *", "OPTIONS");
}

#[track_caller]
fn allows_in(router: &mut Router, line: &str, expected: &str) {
    let headers = answer_of(router, line).headers;
    let holds_it = headers.contains(&("Allow".into(), expected.into()));
    holds(
        &format!("Allow for `{line}` is not {expected:?}\n  got      {headers:?}"),
        holds_it,
        "each method once",
    );
}

/// 405 would mean that another path may allow the method. This server does not know it at all.
#[test]
fn t14_an_unknown_method_is_501_on_every_path() {
    let rule = "the case of a method matters, and an unknown one is 501 on every path (RFC 9110, 15.6.2)";
    for line in ["BREW /", "BREW /no", "get /", "CONNECT a:80"] {
        status(line, 501, rule);
    }
    for line in ["PUT /", "DELETE /", "PATCH /", "TRACE /", "POST /", "OPTIONS /fails"] {
        let known = answer(line).status;
        holds(
            &format!("`{line}` is answered {known}"),
            known != 501,
            "a known method without a route is 405",
        );
    }
}

/// A method with a route is known.
#[test]
fn t15_a_method_that_a_route_has_is_known() {
    let rule = "a method is known if any route has it";
    let mut router = Router::default();
    router.route("BREW", "/", text("tea"));
    same("the status for `BREW /`", answer_of(&mut router, "BREW /").status, 200, rule);
    same("the status for `BREW /no`", answer_of(&mut router, "BREW /no").status, 404, rule);
}

/// The connection logs the error and answers 500. A router that answered 500 would hide the error.
#[test]
fn t16_an_error_of_a_handler_is_passed_on() {
    let rule = "return the handler's answer, also an error";
    let error = router().call(request("GET /fails")).map(|_| ()).map_err(|error| error.to_string());
    same("the answer to `GET /fails`", error, Err("it does".into()), rule);
}

/// Most people run a program without arguments.
#[test]
fn t17_without_arguments_all_values_are_the_defaults() {
    let rule = "a value that no argument sets is that of AppConfig::default()";
    let config = config("");
    same("the configuration", config, AppConfig::default(), rule);
    same("where to listen", config.listen.to_string().as_str(), "127.0.0.1:8080", rule);
    same("the limits", (config.timeouts, config.limits), (Timeouts::default(), Limits::default()), rule);
}

/// Each flag works in both spellings, and sets its own value.
#[test]
fn t18_each_flag_sets_its_value() {
    let rule = "a flag sets its own value, and no other";
    let millis = Duration::from_millis;
    let config = config(
        "--listen 0.0.0.0:0 --head-timeout-ms 1 --body-timeout-ms 2 --idle-timeout-ms=3 \
         --handler-timeout-ms 4 --write-timeout-ms 5 --drain-timeout-ms 6 --max-body=7",
    );
    same("where to listen", config.listen.to_string().as_str(), "0.0.0.0:0", rule);
    let timeouts = Timeouts {
        head: millis(1),
        body_idle: millis(2),
        keep_alive_idle: millis(3),
        handler: Some(millis(4)),
        write_stall: millis(5),
    };
    same("the timeouts", config.timeouts, timeouts, rule);
    same("the drain limit", config.drain, millis(6), rule);
    same("the limits", config.limits, Limits { body: 7, ..Limits::default() }, rule);
}

/// A script can put its own defaults before its caller's flags.
#[test]
fn t19_a_later_argument_wins() {
    let config = config("--max-body 1 --max-body=2 --max-body 3");
    same("the largest body", config.limits.body, 3, "a later flag wins");
}

/// The program prints the error and ends. A panic would show a backtrace for a mistyped port.
#[test]
fn t20_a_bad_argument_is_an_error_that_says_what_is_wrong() {
    let said = |args: &[&str]| parsed(args).map_err(|error| error.to_string());
    let rule = "name the flag and the value, and say which form is valid";
    same("--listen alone", said(&["--listen"]), Err("`--listen` needs a value".into()), rule);
    let text = "`--listen here`: the value must be an address and a port, like 127.0.0.1:8080";
    same("--listen here", said(&["--listen", "here"]), Err(text.into()), rule);
    for value in ["0", "-1", "1.5", "4294967296", ""] {
        let text = format!("`--head-timeout-ms {value}`: the value must be a number of milliseconds, from 1");
        let shown = format!("--head-timeout-ms={value}");
        same(&shown, said(&[&shown]), Err(text), rule);
    }
    let text = "`--max-body x`: the value must be a number of bytes";
    same("--max-body x", said(&["--max-body", "x"]), Err(text.into()), rule);
    for args in [&["--port", "1"][..], &["--port"][..], &["--port=1"][..]] {
        let text = format!("there is no flag `--port`; there are {}", AppConfig::USAGE);
        same(
            &args.join(" "),
            said(args),
            Err(text),
            "an unknown flag is reported first, with or without a value",
        );
    }
}

/// A client must not see what another did, unless the application shares it.
#[test]
fn t21_each_connection_has_a_handler_of_its_own() {
    let rule = "call the application's function once for each connection, and not before";
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
    for client in 1..=2 {
        let mut server = TestConnection::on_clock(factory.build(), &clock);
        server.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = server.take();
        holds(
            &format!("this is not the first answer of a new handler\n  got      {}", shown(&answer)),
            answer.ends_with(b"\r\n\r\n1"),
            rule,
        );
        same("handlers made", made.get(), client, rule);
    }
}

/// The configuration reaches the decoder and the timekeeper.
#[test]
fn t22_a_connection_has_the_limits_and_the_time_of_the_configuration() {
    let rule = "build() gives the configured limits to the decoder, and the timeouts and the clock to the timekeeper";
    let clock = FakeClock::new();
    let mut config = AppConfig::default();
    config.limits.target = 5;
    config.timeouts.keep_alive_idle = secs(7);
    let factory = ServerFactory::new(config, Arc::new(clock.clone()), || text("hello"));
    let mut server = TestConnection::on_clock(factory.build(), &clock);
    server.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.advance(secs(6));
    same("an idle connection after 6 s", server.state(), ConnectionState::Open, rule);
    server.advance(secs(1));
    same("an idle connection after 7 s", server.state(), ConnectionState::Closing, rule);
    let mut server = TestConnection::on_clock(factory.build(), &clock);
    server.receive("GET /12345 ");
    let answer = server.take();
    holds(
        &format!("a target of 6 bytes is allowed\n  got      {}", shown(&answer)),
        answer.starts_with(b"HTTP/1.1 414 "),
        rule,
    );
}
