//! hyper's client and server, unmodified, against a scripted peer.

use std::convert::Infallible;

use http_body_util::{BodyExt, Empty, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1 as client,
    server::conn::http1 as server,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use unplugged::{
    Sim,
    clock::{ClockExt, millis, secs},
    transport::{PeerScript, ScriptedPeer, ScriptedStream, Segmentation},
};

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::from("hello"));
    response.headers_mut().insert("date", "today".parse().expect("a header"));
    Ok(response)
}

async fn serve(stream: ScriptedStream) -> hyper::Result<()> {
    server::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(secs(30))
        .serve_connection(TokioIo::new(stream), service_fn(hello))
        .await
}

/// Requests `/a`. Returns the status and the body.
async fn get(stream: ScriptedStream) -> hyper::Result<(u16, Bytes)> {
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    let request = Request::get("/a").header("host", "x").body(Empty::<Bytes>::new()).expect("a request");
    let asking = async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    let (answer, connection) = tokio::join!(asking, connection);
    answer.and_then(|answer| connection.map(|()| answer))
}

fn web_server() -> PeerScript {
    ScriptedPeer::script("web server").expect("GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
}

fn browser() -> PeerScript {
    ScriptedPeer::script("browser").send("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 5\r\n\r\nhello";

#[unplugged::test]
async fn hypers_client_gets_its_answer_under_every_cut(_sim: Sim) {
    const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes";
    for cut in Segmentation::every(ANSWER.as_bytes()) {
        let (stream, peer) = web_server().send(ANSWER).expect_close().segmentation(cut.clone()).start();
        let (answer, _) = tokio::join!(get(stream), peer.finish());
        assert_eq!(answer.unwrap(), (200, Bytes::from("yes")), "{cut}");
    }
}

#[unplugged::test]
async fn hypers_client_notices_a_body_that_breaks_off(_sim: Sim) {
    let half = web_server().send("HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\nonly this");
    let (stream, peer) = half.clone().close().start();
    let (answer, _) = tokio::join!(get(stream), peer.finish());
    assert_eq!(
        format!("{:?}", answer.unwrap_err()),
        "hyper::Error(Body, Custom { kind: UnexpectedEof, error: IncompleteBody })"
    );
    let (stream, peer) = half.reset().start();
    let (answer, _) = tokio::join!(get(stream), peer.finish());
    assert_eq!(format!("{:?}", answer.unwrap_err()), "hyper::Error(Body, Kind(ConnectionReset))");
}

#[unplugged::test]
async fn hypers_client_with_another_path_is_caught(_sim: Sim) {
    let (stream, peer) = ScriptedPeer::script("web server").expect("GET /b HTTP/1.1\r\n").close().start();
    let (answer, verdict) = tokio::join!(get(stream), peer.check_finish());
    assert!(answer.is_err());
    assert_eq!(
        verdict.unwrap_err().headline(),
        "peer `web server`: the code's write differs from the script at byte 5 (step 1 of 2)"
    );
}

#[unplugged::test]
async fn hypers_server_answers_two_requests_and_closes_with_the_client(_sim: Sim) {
    let steps = browser().expect(HELLO).wait(secs(29)).send("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    for cut in [Segmentation::whole(), Segmentation::one_byte()] {
        let (stream, peer) =
            steps.clone().expect(HELLO).close_write().expect_close().segmentation(cut).start();
        let (served, _) = tokio::join!(serve(stream), peer.finish());
        served.unwrap();
    }
}

#[unplugged::test]
async fn hypers_server_answers_pipelined_requests_in_order(_sim: Sim) {
    let request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let steps = browser().send(request).expect(HELLO).expect(HELLO).close_write().expect_close();
    let (stream, peer) = steps.clone().pipelined(true).start();
    let (served, _) = tokio::join!(serve(stream), peer.finish());
    served.unwrap();
}

#[unplugged::test]
async fn hypers_server_cuts_a_client_that_stops_in_its_headers(sim: Sim) {
    let (stream, peer) = ScriptedPeer::script("slow client")
        .send("GET / HT")
        .expect_nothing_for(secs(30) - millis(1))
        .expect_close()
        .start();
    let (served, _) = tokio::join!(serve(stream), peer.finish());
    assert!(served.unwrap_err().is_timeout());
    assert_eq!(sim.clock().since_start(), secs(30));
}
