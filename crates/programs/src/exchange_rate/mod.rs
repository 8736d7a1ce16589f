//! A web page that shows an exchange rate, fetched in the background: at once, and then every 30 seconds.
//!
//! The page never waits for the upstream: it shows the last rate and its age, and why there is no newer one.

mod fetch;
mod outside;
mod page;
mod rate;

use std::{io, sync::Arc, time::Duration};

use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::sync::watch;
use unplugged_seam::{Accept, ClockExt};

pub use self::{
    fetch::FetchError,
    outside::{Outside, Settings},
    page::Board,
    rate::{ParseRateError, Rate},
};

/// How long after a failed accept the server tries again: the system may be out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Serves the page, and fetches the rate in the background.
///
/// # Errors
/// If the port of the page cannot be opened. It does not return else.
pub async fn run(outside: Outside, settings: Settings) -> io::Result<()> {
    let listener = outside.listen.listen(settings.page).await?;
    let (sender, board) = watch::channel(Board::default());
    let _fetching = outside.tasks.spawn(Box::pin(refresh(outside.clone(), settings.clone(), sender)));
    serve(&outside, &*listener, page::router(board, settings.pair, Arc::clone(&outside.clock))).await;
    Ok(())
}

/// Fetches the rate again and again. A failure keeps the last one.
async fn refresh(outside: Outside, settings: Settings, board: watch::Sender<Board>) {
    let mut ticks = outside.clock.interval(settings.every).named("fetch");
    loop {
        ticks.tick().await;
        let fetching = fetch::fetch(&outside, &settings.upstream, &settings.pair);
        let fetched = outside.clock.timeout(settings.limit, fetching).named("upstream").await;
        let fetched = fetched.unwrap_or(Err(FetchError::TimedOut(settings.limit)));
        let now = outside.clock.now();
        board.send_modify(|board| match fetched {
            Ok(rate) => *board = Board { last: Some((rate, now)), failure: None },
            Err(error) => board.failure = Some(error.to_string()),
        });
    }
}

/// Answers requests, each connection in a task of its own.
async fn serve(outside: &Outside, listener: &dyn Accept, router: axum::Router) {
    loop {
        let Ok((stream, _from)) = listener.accept().await else {
            outside.clock.sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let _serving = outside.tasks.spawn(Box::pin(async move {
            let _gone = connection.await; // the client's trouble
        }));
    }
}
