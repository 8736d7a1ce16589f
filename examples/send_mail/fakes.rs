//! The resolver and the dialer in the test's hand: what they answer, and when, is a promise.

use std::{
    collections::VecDeque,
    fmt::Debug,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use unplugged::{
    net::{BoxFuture, ConnectTo, Dial},
    outcome::{Promise, Promised, promise},
    transport::{ScriptedStream, Socket},
};

use super::mail::Resolve;

type Waiting<T> = VecDeque<(String, Promised<T, io::Error>)>;

/// Answers one question after the other. Clones are the same.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    waiting: Arc<Mutex<Waiting<T>>>,
}

impl<T> Answers<T> {
    /// Knows no answer: any question is one too many.
    pub(crate) fn none() -> Self {
        Self { waiting: Arc::default() }
    }

    /// The next question is `question`. Its answer is in the hand of whoever calls this.
    #[track_caller]
    pub(crate) fn to(&self, question: impl Debug) -> Promise<T, io::Error> {
        let (promise, promised) = promise();
        self.waiting.lock().expect("no panic").push_back((format!("{question:?}"), promised));
        promise
    }

    /// Panics unless every question was asked.
    #[track_caller]
    pub(crate) fn finish(&self) {
        let left = self.waiting.lock().expect("no panic");
        assert!(
            left.is_empty(),
            "nobody asked {:?}",
            left.iter().map(|(question, _)| question).collect::<Vec<_>>()
        );
    }

    fn answer(&self, question: &impl Debug) -> Promised<T, io::Error> {
        let next = self.waiting.lock().expect("no panic").pop_front();
        let (expected, promised) =
            next.unwrap_or_else(|| panic!("nobody expected the question {question:?}"));
        assert_eq!(format!("{question:?}"), expected, "this is not the next question");
        promised
    }
}

impl<T> Clone for Answers<T> {
    fn clone(&self) -> Self {
        Self { waiting: Arc::clone(&self.waiting) }
    }
}

impl Resolve for Answers<Vec<SocketAddr>> {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        self.answer(&host).await
    }
}

impl Dial for Answers<ScriptedStream> {
    fn dial(&self, to: ConnectTo) -> BoxFuture<'_, io::Result<Box<dyn Socket>>> {
        let answer = self.answer(&format_args!("{to}")); // as an address is shown: without quotes
        Box::pin(async move { Ok(Box::new(answer.await?) as Box<dyn Socket>) })
    }
}
