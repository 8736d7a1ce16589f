//! Demo of chapters 01 to 06: a server that answers with the body that it got, up to a mebibyte.
//!
//! ```console
//! cargo run -q -p workbook --example demo06 127.0.0.1:8080
//! curl -i --data-binary @/some/large/file http://127.0.0.1:8080/
//! curl -i "http://127.0.0.1:8080/$(printf 'a%.0s' $(seq 9000))"
//! ```
#![allow(clippy::print_stdout, reason = "a demo prints")]

use std::{env, io, time::Duration};

use tokio::{net::TcpListener, runtime, task::LocalSet};
use unplugged::{clock::TokioClock, transport::drive};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Reply, Request, Timeless},
    ch06_limits::{BoundedMessages, Limits},
};

/// The time, and the number of bytes, to keep reading after a close. Try it with no time: then the system answers later
/// bytes with a reset, which overtakes the 413.
const LINGER: (Duration, usize) = (Duration::from_secs(2), 1 << 30);

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(address))
}

/// Creates a connection for each client.
async fn serve(address: String) -> io::Result<()> {
    let limits = Limits { body: 1 << 20, ..Limits::default() };
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, client) = listener.accept().await?;
        let connection = Connection::with(echo, BoundedMessages::new(limits), Timeless);
        let driver = drive(connection, stream, TokioClock::new()).linger(LINGER.0, LINGER.1);
        tokio::task::spawn_local(async move {
            let (_, end) = driver.await;
            println!("{client}: {}", end.map_or_else(|error| error.to_string(), |()| "closed".into()));
        });
    }
}

fn echo(request: Request) -> Result<Reply, BoxError> {
    println!("{} {}: {} bytes", request.head.method, request.head.target, request.body.len());
    let headers = vec![("Content-Type".into(), "application/octet-stream".into())];
    Ok(Reply::Now(Response { status: 200, headers, body: Body::Full(request.body) }))
}
