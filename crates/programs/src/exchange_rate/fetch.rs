//! One question to the upstream.

use std::{error::Error, fmt, io, time::Duration};

use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1,
    header::{CONNECTION, HOST, LOCATION},
};
use hyper_util::rt::TokioIo;

use super::{
    outside::Outside,
    rate::{ParseRateError, Rate},
};

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Why there is no rate.
#[derive(Debug)]
#[non_exhaustive]
pub enum FetchError {
    /// No connection to the upstream.
    Connect(io::Error),
    /// It took longer than this.
    TimedOut(Duration),
    /// The upstream has moved there.
    Moved(String),
    /// The upstream answered with this status.
    Status(u16),
    /// The answer is longer than 64 KiB.
    TooLong,
    /// The answer is no HTTP, or ends too early.
    Http(String),
    /// The answer is no rate.
    Parse(ParseRateError),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::TimedOut(limit) => write!(f, "no answer within {limit:?}"),
            Self::Moved(place) => write!(f, "the upstream has moved to {place}"),
            Self::Status(status) => write!(f, "the upstream answered with {status}"),
            Self::TooLong => write!(f, "the answer is longer than {LONGEST_ANSWER} bytes"),
            Self::Http(error) => write!(f, "the answer is broken: {error}"),
            Self::Parse(error) => error.fmt(f),
        }
    }
}

impl Error for FetchError {}

impl From<hyper::Error> for FetchError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(error.to_string())
    }
}

/// Asks the upstream for the rate of the pair.
pub(super) async fn fetch(outside: &Outside, upstream: &str, pair: &[String; 2]) -> Result<Rate, FetchError> {
    let stream = outside.dial.dial(upstream.into()).await.map_err(FetchError::Connect)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let _carrying = outside.tasks.spawn(Box::pin(async move {
        let _told_to_the_sender = connection.await;
    }));
    let [base, quote] = pair;
    let request = Request::get(format!("/latest?base={base}&symbols={quote}"))
        .header(HOST, upstream)
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Http(error.to_string()))?;
    let answer = sender.send_request(request).await?;
    match answer.status() {
        status if status.is_redirection() => {
            let place = answer
                .headers()
                .get(LOCATION)
                .map(|place| String::from_utf8_lossy(place.as_bytes()).into_owned());
            return Err(FetchError::Moved(
                place.unwrap_or_else(|| "a place that it does not name".to_owned()),
            ));
        }
        status if !status.is_success() => return Err(FetchError::Status(status.as_u16())),
        _ => {}
    }
    let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
    let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => FetchError::from(*error),
        Err(_too_long) => FetchError::TooLong,
    })?;
    Rate::parse(&body.to_bytes(), pair).map_err(FetchError::Parse)
}
