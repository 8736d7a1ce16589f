//! The contract of byte streams.

use std::{any::type_name, fmt, rc::Rc, time::Duration};

use tokio::io::{AsyncRead, AsyncWrite};

use self::{
    half::{ReadHalf, WriteHalf},
    world::{Can, Maker, World},
};
use super::{
    probe::{Duplex, End},
    report::Report,
    rule::{LocalFuture, Rule, judge},
};

mod bytes;
mod ends;
mod half;
mod pressure;
mod rules;
mod wakers;
mod world;

/// Returns the contract of streams that go both ways. The maker returns a connected pair; each rule gets fresh ones,
/// and is tried from both of their ends.
///
/// # Example
/// ```
/// use unplugged::{Sim, contract, transport::pipe};
///
/// let sim = Sim::new();
/// let report = sim.run(contract::stream(async || pipe()).run());
/// report.assert_held();
/// assert!(report.held().contains(&"end-stays"));
/// ```
pub fn stream<'a, A, B>(maker: impl AsyncFn() -> (A, B) + 'a) -> StreamContract<'a>
where
    A: AsyncRead + AsyncWrite + Unpin + 'static,
    B: AsyncRead + AsyncWrite + Unpin + 'static,
{
    StreamContract::new(type_name::<A>(), true, maker, |end| Box::new(end), |end| Box::new(end))
}

/// Returns the contract of streams that go one way. The maker returns a writer and the reader of what it writes.
pub fn one_way<'a, W, R>(maker: impl AsyncFn() -> (W, R) + 'a) -> StreamContract<'a>
where
    W: AsyncWrite + Unpin + 'static,
    R: AsyncRead + Unpin + 'static,
{
    let writer = |end| Box::new(WriteHalf(end)) as End;
    StreamContract::new(type_name::<W>(), false, maker, writer, |end| Box::new(ReadHalf(end)))
}

/// A contract of byte streams, with what these streams can do. [`run`](Self::run) tries it.
#[must_use = "a contract does nothing until it runs"]
pub struct StreamContract<'a> {
    make: Rc<Maker<'a>>,
    subject: String,
    is_two_way: bool,
    can: Can,
    limit: Duration,
}

impl<'a> StreamContract<'a> {
    fn new<A: 'static, B: 'static>(
        name: &str,
        is_two_way: bool,
        maker: impl AsyncFn() -> (A, B) + 'a,
        first: fn(A) -> Box<dyn Duplex>,
        second: fn(B) -> Box<dyn Duplex>,
    ) -> Self {
        let maker = Rc::new(maker);
        let make = move || -> LocalFuture<'a, (End, End)> {
            let maker = Rc::clone(&maker);
            Box::pin(async move {
                let (a, b) = maker().await;
                (first(a), second(b))
            })
        };
        let can =
            Can { two_ways: is_two_way, half_close: true, back_pressure: true, budget: true, resets: false };
        let subject = format!("stream `{name}`");
        Self { make: Rc::new(make), subject, is_two_way, can, limit: Duration::from_secs(10) }
    }

    /// Names the streams in reports. By default they have the name of their type.
    pub fn named(mut self, name: impl fmt::Display) -> Self {
        self.subject = format!("stream `{name}`");
        self
    }

    /// Sets whether an end still reads after its own shutdown. By default it does.
    pub const fn half_close(mut self, can: bool) -> Self {
        self.can.half_close = can;
        self
    }

    /// Sets whether a writer is pending at last while nobody reads, within 16 MiB. By default it is.
    pub const fn back_pressure(mut self, can: bool) -> Self {
        self.can.back_pressure = can;
        self
    }

    /// Sets whether reads spend tokio's cooperative budget. By default they do.
    pub const fn budget(mut self, can: bool) -> Self {
        self.can.budget = can;
        self
    }

    /// Sets whether an end that is dropped with unread bytes resets its peer, as TCP does. By default it need not.
    pub const fn resets(mut self, can: bool) -> Self {
        self.can.resets = can;
        self
    }

    /// Sets how long a rule may take: 10 seconds by default. A hundredth of it is how long one thing may take to arrive,
    /// such as a byte or a wake-up, so it must be longer than the longest delay of a bad network.
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Tries every rule, and returns what was seen.
    pub async fn run(self) -> Report {
        let mut report = Report::new(self.subject.clone());
        for (needs, rule) in rules::all() {
            if needs(&self.can) {
                self.try_one(&mut report, &rule).await;
            } else {
                report.skipped.push(rule.name);
            }
        }
        report
    }

    async fn try_one(&self, report: &mut Report, rule: &Rule<World<'a>>) {
        let side = |is_turned| World { make: Rc::clone(&self.make), is_turned, patience: self.limit / 100 };
        let sides = [(None, side(false)), (Some("the second end writes"), side(true))];
        judge(report, self.limit, rule, if self.is_two_way { &sides } else { &sides[..1] }).await;
    }
}

impl fmt::Debug for StreamContract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamContract").field("subject", &self.subject).field("limit", &self.limit).finish()
    }
}
