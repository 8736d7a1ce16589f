//! The test's resolver and dialer: each answer is a promise, so the test decides what it is and when it comes.

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

/// Answers one question after the other. Clones share the list.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    waiting: Arc<Mutex<Waiting<T>>>,
}

impl<T> Answers<T> {
    /// Makes one that expects no question.
    pub(crate) fn none() -> Self {
        Self { waiting: Arc::default() }
    }

    /// Expects `question` next. The caller gets the other end of its answer.
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
            "a question was never asked: {:?}",
            left.iter().map(|(question, _)| question).collect::<Vec<_>>()
        );
    }

    fn answer(&self, question: &impl Debug) -> Promised<T, io::Error> {
        let next = self.waiting.lock().expect("no panic").pop_front();
        let (expected, promised) = next.unwrap_or_else(|| panic!("an unexpected question: {question:?}"));
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
        let answer = self.answer(&format_args!("{to}")); // without quotes, as an address is shown
        Box::pin(async move { Ok(Box::new(answer.await?) as Box<dyn Socket>) })
    }
}
