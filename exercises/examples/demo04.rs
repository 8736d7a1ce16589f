//! Demo of chapter 04: one connection, many requests.
//!
//! ```console
//! cargo run -q -p workbook --example demo04 127.0.0.1:8080
//! ```
//!
//! Each answer says which request of its connection it is.
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
    ch03_connection::{Connection, Handler, Reply, Request, Timeless},
    ch04_keep_alive::Heads,
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
            let connection = Connection::with(counter(), Heads::default(), Timeless);
            let (_connection, end) = drive(connection, stream, TokioClock::new()).await;
            if let Err(error) = end {
                println!("{peer}: {error}");
            }
        });
    }
}

/// The application: each connection has its own, which counts.
fn counter() -> impl Handler {
    let mut count = 0;
    move |request: Request| {
        count += 1;
        let body = format!("{}: request {count} of this connection\n", request.head.target);
        let answer = Response {
            status: 200,
            headers: vec![("Content-Type".into(), "text/plain".into())],
            body: Body::Full(body.into_bytes()),
        };
        match request.head.target.as_str() {
            "/slow" => Ok(Reply::Later(Box::pin(async {
                time::sleep(Duration::from_secs(2)).await;
                Ok(answer)
            }))),
            _ => Ok(Reply::Now(answer)),
        }
    }
}
