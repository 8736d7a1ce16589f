//! The program itself: `cargo run -p unplugged-programs --bin exchange_rate -- 127.0.0.1:8080 rates.example:80 EUR USD`.

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use unplugged_programs::exchange_rate::{Outside, Settings, run};
use unplugged_seam::{RealNet, TokioClock, TokioSpawn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [page, upstream, base, quote] = &arguments[..] else {
        eprintln!(
            "usage: exchange_rate PAGE UPSTREAM BASE QUOTE, as in 127.0.0.1:8080 rates.example:80 EUR USD"
        );
        return ExitCode::from(2);
    };
    let Ok(page) = page.parse() else {
        eprintln!("`{page}` is no address with a port, as 127.0.0.1:8080 is");
        return ExitCode::from(2);
    };
    let settings = Settings {
        page,
        upstream: upstream.clone(),
        pair: [base.clone(), quote.clone()],
        every: Duration::from_secs(30),
        limit: Duration::from_secs(10),
    };
    let outside = Outside {
        clock: Arc::new(TokioClock::new()),
        dial: Arc::new(RealNet),
        listen: Arc::new(RealNet),
        tasks: Arc::new(TokioSpawn),
    };
    eprintln!("the page: http://{page}/");
    match run(outside, settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot serve on {page}: {error}");
            ExitCode::FAILURE
        }
    }
}
