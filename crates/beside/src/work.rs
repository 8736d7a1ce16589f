//! The work that all of them do.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// How many requests a client sends, one after the other.
pub(crate) const EXCHANGES: usize = 100;
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

/// How long a message takes, as far as the peer can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delay {
    /// One millisecond.
    Fixed,
    /// As madsim does unless told: evenly from 1 to 10 ms.
    AsMadsim,
    /// As turmoil does unless told: up to 100 ms, exponential.
    AsTurmoil,
    /// None: the peer delivers in its next step.
    None,
}

/// Requests of 64 bytes, and their answers.
pub(crate) async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, exchanges: usize) {
    let mut buffer = [7; 64];
    for _ in 0..exchanges {
        stream.write_all(&buffer).await.expect("a write of a client");
        stream.flush().await.expect("a flush of a client"); // madsim sends nothing before
        stream.read_exact(&mut buffer).await.expect("a read of a client");
    }
}

/// Answers until the stream ends.
pub(crate) async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut buffer = [0; 64];
    while stream.read_exact(&mut buffer).await.is_ok() {
        stream.write_all(&buffer).await.expect("a write of the server");
        stream.flush().await.expect("a flush of the server");
    }
}
