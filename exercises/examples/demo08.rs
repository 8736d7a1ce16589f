//! Demo of chapters 01 to 08: an application with three routes, in your browser.
//!
//! ```console
//! cargo run -q -p workbook --example demo08 -- --listen 127.0.0.1:8080
//! ```
//!
//! The server loop has thirty lines and no route. It cannot stop yet: that is chapter 09.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a demo prints")]

use std::{cell::Cell, env, io, process::ExitCode, rc::Rc, sync::Arc};

use tokio::{net::TcpListener, runtime, task::LocalSet};
use unplugged::{
    clock::{Clock, TokioClock},
    transport::drive,
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Handler, Reply},
    ch08_application::{AppConfig, Router, ServerFactory},
};

const PAGE: &str = "<!doctype html><title>counter</title><body style='font: 2em sans-serif; text-align: center'>\
<p>Counted: <b>COUNT</b><form method=post action=/count><button style='font: inherit'>one more</button></form>";

fn main() -> ExitCode {
    let served = AppConfig::from_args(env::args().skip(1)).map_err(BoxError::from).and_then(|config| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let count = Rc::new(Cell::new(0));
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        let factory = ServerFactory::new(config, clock, move || counter(&count));
        Ok(LocalSet::new().block_on(&runtime, serve(factory))?)
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo08: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The application. Each connection's routes get the state that all clients share.
fn counter(count: &Rc<Cell<u64>>) -> Router {
    let (shown, raised, read) = (Rc::clone(count), Rc::clone(count), Rc::clone(count));
    let mut router = Router::default();
    router.route("GET", "/", move |_| page(200, &PAGE.replace("COUNT", &shown.get().to_string()), &[]));
    router.route("GET", "/count", move |_| page(200, &read.get().to_string(), &[]));
    router.route("POST", "/count", move |_| {
        raised.set(raised.get() + 1);
        page(303, "", &[("Location", "/")]) // so that a reload of the page does not count
    });
    router
}

fn page(status: u16, text: &str, headers: &[(&str, &str)]) -> Result<Reply, BoxError> {
    let headers = [&[("Content-Type", "text/html; charset=utf-8")], headers].concat();
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(Reply::Now(Response { status, headers, body: Body::Full(text.into()) }))
}

/// The server loop: creates a connection for each client.
async fn serve<H: Handler + 'static, F: Fn() -> H>(factory: ServerFactory<F>) -> io::Result<()> {
    let listener = TcpListener::bind(factory.config().listen).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, client) = listener.accept().await?;
        let driver = drive(factory.build(), stream, Arc::clone(factory.clock()));
        tokio::task::spawn_local(async move {
            if let (_, Err(error)) = driver.await {
                println!("{client}: {error}");
            }
        });
    }
}
