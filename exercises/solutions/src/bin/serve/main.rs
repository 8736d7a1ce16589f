//! A small server to try with `curl`: the workbook's server on real TCP.

mod app;

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
};

use unplugged::clock::{Clock, TokioClock};
use workbook::{
    ch08_application::{AppConfig, ServerFactory},
    ch09_shutdown::{Server, Stopper, stop_signal},
};

fn main() -> ExitCode {
    let config = match AppConfig::from_args(env::args().skip(1)) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("serve: {error}");
            return ExitCode::from(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(config))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("serve: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: AppConfig) -> io::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
    let application = {
        let clock = Arc::clone(&clock);
        move || app::routes(Arc::clone(&clock))
    };
    let server = Server::bind(ServerFactory::new(config, clock, application)).await?;
    let (stopper, stop) = stop_signal();
    // From here on a signal is handled, so the line below can invite one.
    let stopping = tokio::spawn(stop_on_signal(stopper)?);
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {}", server.local_addr()?)?;
    stdout.flush()?;
    let report = server.run(stop).await;
    stopping.abort();
    eprintln!("served {} connections, aborted {}", report.accepted, report.aborted);
    Ok(())
}

/// Tells the server to stop at each signal that asks for it: the first drains, the second ends.
#[cfg(unix)]
fn stop_on_signal(stopper: Stopper) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => stopper.stop(),
                _ = interrupt.recv() => stopper.stop(),
            }
        }
    })
}

/// Tells the server to stop at each Ctrl-C: the first drains, the second ends.
#[cfg(not(unix))]
fn stop_on_signal(stopper: Stopper) -> io::Result<impl Future<Output = ()>> {
    Ok(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            stopper.stop();
        }
    })
}
