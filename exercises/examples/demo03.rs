//! Demo of chapter 03: your connection behind real TCP.
//!
//! ```console
//! cargo run -q -p workbook --example demo03 127.0.0.1:8080
//! ```
//!
//! The kit's `drive` makes the same calls as `TestConnection` in the tests, with bytes from a socket. A client that
//! connects and sends nothing no longer blocks others; one that panics the handler ends only its own connection.
#![allow(clippy::print_stdout, reason = "a demo prints")]

use std::{env, error::Error, io, time::Duration};

use tokio::{
    net::TcpListener,
    runtime::Builder,
    task::{self, LocalSet},
    time,
};
use unplugged::{clock::TokioClock, transport::drive};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Reply, Request},
};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    // A connection may hold values that are not `Send`, so all of it stays on one thread.
    LocalSet::new().block_on(&runtime, serve(address))?;
    Ok(())
}

/// Accepts connections without end, each in a task of its own.
async fn serve(address: String) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, peer) = listener.accept().await?;
        task::spawn_local(async move {
            let connection = Connection::new(answer);
            let (_connection, end) = drive(connection, stream, TokioClock::new()).await;
            if let Err(error) = end {
                println!("{peer}: {error}");
            }
        });
    }
}

/// The application.
#[expect(clippy::needless_pass_by_value, reason = "a handler takes the request")]
fn answer(request: Request) -> Result<Reply, BoxError> {
    println!("{} {}", request.head.method, request.head.target);
    match request.head.target.as_str() {
        "/" => Ok(Reply::Now(text(200, "hello\n"))),
        "/slow" => Ok(Reply::Later(Box::pin(async {
            time::sleep(Duration::from_secs(2)).await;
            Ok(text(200, "that took two seconds\n"))
        }))),
        "/error" => Err("the database is gone".into()),
        "/panic" => panic!("the handler is broken"),
        _ => Ok(Reply::Now(text(404, "there is /, /slow, /error and /panic\n"))),
    }
}

fn text(status: u16, text: &str) -> Response {
    let headers = vec![("Content-Type".into(), "text/plain".into())];
    Response { status, headers, body: Body::Full(text.into()) }
}
