//! `tokio-tungstenite`, with `axum` as the server.

use axum::{
    Router,
    extract::ws::{Message as Served, WebSocketUpgrade},
    routing::get,
};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use unplugged::clock::secs;

use crate::always_the_same;

/// Echoes what it is told.
async fn serve() {
    let echo = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(Served::Text(text))) = socket.recv().await {
                if socket.send(Served::Text(text)).await.is_err() {
                    return;
                }
            }
        })
    };
    let listener = tokio::net::TcpListener::bind("0.0.0.0:80").await.unwrap();
    axum::serve(listener, Router::new().route("/echo", get(echo))).await.unwrap();
}

#[test]
fn an_echo_over_a_bad_link_runs_the_same_each_time() {
    let heard = always_the_same(|sim, [client, server]| {
        server.spawn(serve());
        let heard = sim.watch(client.spawn(async {
            use futures_util::{SinkExt, StreamExt};
            let (mut socket, _) = connect_async("ws://server/echo").await.unwrap();
            let mut heard = 0;
            for number in 0..50 {
                socket.send(Message::text(format!("message {number}"))).await.unwrap();
                let Some(Ok(Message::Text(text))) = socket.next().await else { break };
                heard += usize::from(text.as_str() == format!("message {number}"));
            }
            heard
        }));
        sim.advance(secs(120));
        *heard.assert_success()
    });
    assert_eq!(heard, 50);
}
