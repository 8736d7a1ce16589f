//! Demo of chapters 01 to 05 and 07: a server with time limits, short enough to see.
//!
//! ```console
//! cargo run -q -p workbook --example demo07 127.0.0.1:8080
//! ```
//!
//! Then, with `nc 127.0.0.1 8080` (each in its own connection; none blocks another):
//!
//! - send nothing: after 5 seconds it closes without an answer;
//! - type `GET / HTTP/1.1`, a letter every second: 5 seconds from the beginning, 408, however fast you type;
//! - `GET /slow HTTP/1.1`, `Host: a` and an empty line: after 3 seconds, 503.
#![allow(clippy::print_stdout, reason = "a demo prints")]

use std::{env, future::pending, io, sync::Arc, time::Duration};

use tokio::{net::TcpListener, runtime, task::LocalSet};
use unplugged::{
    clock::{Clock, ClockExt, TokioClock},
    transport::drive,
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Reply, Request},
    ch05_bodies::{BodyLimits, Messages},
    ch07_time::{Deadlines, Timeouts},
};

const TIMEOUTS: Timeouts = Timeouts {
    head: Duration::from_secs(5),
    body_idle: Duration::from_secs(5),
    keep_alive_idle: Duration::from_secs(10),
    handler: Some(Duration::from_secs(3)),
    write_stall: Duration::from_secs(5),
};

fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, serve(address))
}

/// Creates a connection for each client. The clock is real: a test would change only this line.
async fn serve(address: String) -> io::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, client) = listener.accept().await?;
        let begin = clock.now();
        let time = Deadlines::new(Arc::clone(&clock), TIMEOUTS);
        let connection = Connection::with(answer, Messages::new(BodyLimits::default()), time);
        let clock = Arc::clone(&clock);
        tokio::task::spawn_local(async move {
            let (_, end) = drive(connection, stream, Arc::clone(&clock)).await;
            let how = end.map_or_else(|error| error.to_string(), |()| "closed".into());
            println!("{client}: {how} after {:.1} s", clock.since(begin).as_secs_f64());
        });
    }
}

fn answer(request: Request) -> Result<Reply, BoxError> {
    if request.head.target == "/slow" {
        return Ok(Reply::Later(Box::pin(pending())));
    }
    let text = format!("{} {} with {} bytes\n", request.head.method, request.head.target, request.body.len());
    let headers = vec![("Content-Type".into(), "text/plain".into())];
    Ok(Reply::Now(Response { status: 200, headers, body: Body::Full(text.into()) }))
}
