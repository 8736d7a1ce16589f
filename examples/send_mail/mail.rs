//! A mail, and sending it: resolve, connect, converse.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use unplugged::{
    clock::{Clock, ClockExt, secs},
    net::Dial,
    transport::Socket,
};

use super::smtp::Conversation;

/// How long one address may take to answer before the next one is tried.
pub(crate) const PER_ADDRESS: Duration = secs(5);

/// Finds the addresses of a host.
pub(crate) trait Resolve {
    /// Returns the addresses of `host`, the best first.
    fn resolve(&self, host: &str) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
}

/// A mail to one recipient.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

impl Mail {
    /// Makes a mail. An address that would break out of its command is refused.
    pub(crate) fn new(from: &str, to: &str, text: &str) -> Result<Self, String> {
        for address in [from, to] {
            if address.is_empty() || address.contains(['<', '>', ' ']) || address.contains(char::is_control) {
                return Err(format!("{address:?} is no address"));
            }
        }
        Ok(Self { from: from.to_owned(), to: to.to_owned(), text: text.to_owned() })
    }
}

/// Sends mails. Its dependencies are fields.
#[derive(Clone, Debug)]
pub(crate) struct Mailer<R, D, C> {
    /// Finds the relay.
    pub(crate) resolver: R,
    /// Connects to it.
    pub(crate) dialer: D,
    /// Limits how long it takes.
    pub(crate) clock: C,
}

impl<R: Resolve + Sync, D: Dial, C: Clock> Mailer<R, D, C> {
    /// Sends `mail` through the relay `host`. The deadline drops the step that is running; dropping the future does the
    /// same.
    pub(crate) async fn send(&self, mail: &Mail, host: &str, deadline: Instant) -> Result<(), NotSent> {
        let mut progress = Progress { step: Step::Resolve, taken: Taken::No };
        let left = deadline.saturating_duration_since(self.clock.now());
        let outcome = self.clock.timeout(left, self.steps(mail, host, &mut progress)).named("mail").await;
        match (progress.taken, outcome.unwrap_or_else(|elapsed| Err(elapsed.into()))) {
            // The relay has it. A missing goodbye changes nothing.
            (Taken::Yes, _) | (_, Ok(())) => Ok(()),
            (taken, Err(error)) => Err(NotSent { step: progress.step, taken, error }),
        }
    }

    async fn steps(&self, mail: &Mail, host: &str, progress: &mut Progress) -> io::Result<()> {
        let addresses = self.resolver.resolve(host).await?;
        progress.step = Step::Connect;
        let stream = self.connect(&addresses).await?;
        stream.set_nodelay(true)?; // a conversation of short lines: none of them is to wait for the answer to another
        progress.step = Step::Converse;
        Conversation::new(stream).send(mail, &mut progress.taken).await
    }

    /// Connects to the first address that answers in time.
    async fn connect(&self, addresses: &[SocketAddr]) -> io::Result<Box<dyn Socket>> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for address in addresses {
            match self.clock.timeout(PER_ADDRESS, self.dialer.dial((*address).into())).named("address").await
            {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                Err(elapsed) => last = elapsed.into(),
            }
        }
        Err(last)
    }
}

/// How far a mail has come.
struct Progress {
    step: Step,
    taken: Taken,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Resolve,
    Connect,
    Converse,
}

/// What is known of whether the relay has taken the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It has not seen the end of it.
    No,
    /// It may have; its answer is missing.
    Perhaps,
    /// It said so.
    Yes,
}

/// The reason why a mail was not sent. The step is for people to read; no code should depend on it.
#[derive(Debug)]
pub(crate) struct NotSent {
    step: Step,
    taken: Taken,
    error: io::Error,
}

impl NotSent {
    /// Returns true if the recipient may have the mail nevertheless. Then another try may send it twice.
    pub(crate) fn may_have_been_sent(&self) -> bool {
        self.taken != Taken::No
    }
}

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            Step::Resolve => "resolve",
            Step::Connect => "connect",
            Step::Converse => "converse",
        };
        let perhaps = if self.may_have_been_sent() { " (it may have been sent)" } else { "" };
        write!(f, "the mail was not sent: {step}: {}{perhaps}", self.error)
    }
}

impl std::error::Error for NotSent {}
