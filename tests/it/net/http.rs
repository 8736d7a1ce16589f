//! hyper, unmodified, at both ends.

use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Bytes, service::service_fn};
use hyper_util::rt::TokioIo;
use unplugged::clock::{ClockExt, micros};

use super::two;

#[test]
fn hyper_client_and_server_talk_over_it_in_exact_time() {
    let (sim, net, client, server) = two();
    net.between("client", "server").latency(micros(150)).keep();
    let clock = sim.clock();
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let hello = service_fn(|_| async {
                Ok::<_, std::convert::Infallible>(Response::new("hello".to_owned()))
            });
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), hello)
                .await
                .unwrap();
        });
        let stream = client.connect("server:80").await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        for round in 1..=10 {
            let request = Request::get("/").header("host", "server").body(Empty::<Bytes>::new()).unwrap();
            let response = sender.send_request(request).await.unwrap();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, "hello");
            assert_eq!(clock.since_start(), micros(300) + micros(300) * round);
        }
    });
}
