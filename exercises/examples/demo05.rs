//! Demo of chapters 01 to 05: a server that answers with the body that it got.
//!
//! ```console
//! cargo run -q -p workbook --example demo05 127.0.0.1:8080
//! curl -i -d 'hello' http://127.0.0.1:8080/
//! curl -i -H 'Transfer-Encoding: chunked' -d 'hello' http://127.0.0.1:8080/
//! ```
#![allow(clippy::print_stdout, reason = "a demo prints")]

use std::{env, io};

use tokio::{net::TcpListener, runtime, task::LocalSet};
use unplugged::{clock::TokioClock, transport::drive};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Reply, Request, Timeless},
    ch05_bodies::{BodyLimits, Messages},
};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(address))
}

/// Creates a connection for each client.
async fn serve(address: String) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = Connection::with(echo, Messages::new(BodyLimits::default()), Timeless);
        tokio::task::spawn_local(drive(connection, stream, TokioClock::new()));
    }
}

fn echo(request: Request) -> Result<Reply, BoxError> {
    let sent = ["Content-Length", "Transfer-Encoding"].map(|name| {
        let value = request.head.headers.get(name).map(|value| format!(", {name}: {}", value.escape_ascii()));
        value.unwrap_or_default()
    });
    println!(
        "{} {}{}: {} bytes",
        request.head.method,
        request.head.target,
        sent.concat(),
        request.body.len()
    );
    let headers = vec![("Content-Type".into(), "application/octet-stream".into())];
    Ok(Reply::Now(Response { status: 200, headers, body: Body::Full(request.body) }))
}
