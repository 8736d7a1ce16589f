//! The application: the routes of this server.

use std::{str, sync::Arc, time::Duration};

use unplugged::clock::{Clock, ClockExt};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Reply, Request},
    ch08_application::{Router, query_of},
};

/// The longest wait that a client can request.
const SLOWEST: Duration = Duration::from_secs(60);

/// Creates the routes. A slow route waits on `clock`.
pub(crate) fn routes(clock: Arc<dyn Clock>) -> Router {
    let mut router = Router::default();
    router.route("GET", "/", |_| now(text("hello, world\n")));
    router.route("POST", "/echo", |request| now(echo(request)));
    router.route("GET", "/stream", |_| now(stream()));
    router.route("GET", "/slow", move |request: Request| Ok(slow(&request, &clock)));
    router
}

fn now(response: Response) -> Result<Reply, BoxError> {
    Ok(Reply::Now(response))
}

fn echo(request: Request) -> Response {
    let kind = request.head.headers.get("content-type").and_then(|kind| str::from_utf8(kind).ok());
    let kind = kind.unwrap_or("application/octet-stream").to_owned();
    Response { status: 200, headers: vec![("Content-Type".into(), kind)], body: Body::Full(request.body) }
}

fn stream() -> Response {
    let lines = (1..=10).map(|line| format!("line {line}\n").into_bytes()).collect();
    Response { body: Body::Chunks(lines), ..text("") }
}

fn slow(request: &Request, clock: &Arc<dyn Clock>) -> Reply {
    let Some(wait) = wait_in(query_of(&request.head.target)) else {
        return Reply::Now(Response { status: 400, ..text("say /slow?ms=N, with N up to 60000\n") });
    };
    let nap = clock.sleep(wait);
    Reply::Later(Box::pin(async move {
        nap.await;
        Ok(text("at last\n"))
    }))
}

/// Returns the wait that a query requests, if it requests one.
fn wait_in(query: Option<&str>) -> Option<Duration> {
    let asked = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("ms="));
    let wait = Duration::from_millis(asked.unwrap_or("0").parse().ok()?);
    (wait <= SLOWEST).then_some(wait)
}

fn text(text: &str) -> Response {
    let headers = vec![("Content-Type".into(), "text/plain".into())];
    Response { status: 200, headers, body: Body::Full(text.into()) }
}
