use hyper::{Response, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use unplugged::{Sim, clock::millis, clock::secs, transport::pipe};

#[unplugged::test]
async fn a_silent_client_is_cut_after_thirty_seconds(sim: Sim) {
    let (_client, server) = pipe();
    let hello = service_fn(|_| async { hyper::Result::Ok(Response::new("hello".to_string())) });
    let http = http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(secs(30)).clone();
    let served = sim.watch(http.serve_connection(TokioIo::new(server), hello));
    sim.advance(millis(29_999)).await;
    served.assert_pending();
    sim.advance(millis(1)).await;
    assert!(served.assert_failure().is_timeout());
}
