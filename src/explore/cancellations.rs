//! A future, dropped at each of its awaits.

use std::{
    any::type_name_of_val,
    cell::RefCell,
    collections::BTreeSet,
    fmt,
    future::Future,
    panic::resume_unwind,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use super::{case, cases::Cases, environment::Entry, explored::Explored, texts};
use crate::{
    Sim, guard, leaf,
    sim::Notes,
    violation::SourceLocation,
    wait::{self, Wait},
};

/// A future that waits more often than this is not searched.
const MOST: usize = 10_000;

/// Drops a future after each of its waits in turn, and asks each time whether what must hold still holds. First it
/// runs to its end; then it is dropped unpolled; then after its first `Pending`, its second, and so on, each in a
/// sim of its own.
///
/// `make` makes the future, and whatever `invariants` need to look at. `invariants` also get the future's output, if
/// it came to its end, and ask when the sim has settled. While the future is polled, each read and write of a
/// [`pipe`](crate::transport::pipe()) is pending once, so that it can be dropped there, too.
///
/// # Example: a read that is dropped must lose nothing
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::{explore, transport::pipe};
///
/// let explored = explore::cancellations(
///     |_sim| {
///         let (mut client, server) = pipe();
///         let write = async move { client.write(b"ping").await.is_ok() };
///         (write, server)
///     },
///     async |_sim, mut server, written: Option<bool>| {
///         let mut heard = Vec::new();
///         server.read_to_end(&mut heard).await.unwrap();
///         assert_eq!(heard.is_empty(), written.is_none());
///     },
/// );
/// explored.assert_cases(3); // to its end, unpolled, and in its one wait
/// ```
///
/// # Panics
/// With the first case that fails. If the future never waits, waits more than 10,000 times, or not as often as it did before.
#[track_caller]
pub fn cancellations<F, S>(
    mut make: impl FnMut(&Sim) -> (F, S),
    mut invariants: impl AsyncFnMut(Sim, S, Option<F::Output>),
) -> Explored
where
    F: Future + 'static,
{
    let made_at = SourceLocation::caller();
    let entry = Entry::here("cancellations", type_name_of_val(&invariants));
    let notes = Notes::default();
    let mut run = |cut: &Cut| {
        case::in_sim(Sim::builder().notes(&notes), |sim| {
            sim.run_test(async |sim: Sim| {
                let (future, state) = make(&sim);
                let output = Rc::new(RefCell::new(None));
                let subject =
                    Subject { future: Some(Box::pin(future)), cut: cut.clone(), output: Rc::clone(&output) };
                if let Err(error) = sim.spawn_task(subject, made_at, false).await {
                    resume_unwind(error.into_panic());
                }
                sim.settle().await;
                let output = output.take();
                if let (Some(after), Some(_)) = (cut.after, &output) {
                    texts::not_as_often(after).raise();
                }
                invariants(sim, state, output).await;
            });
        })
    };
    let mut cases = Cases::begin(&entry, "cases");
    let whole = Cut::new(None);
    let result = run(&whole);
    let waits = whole.seen.borrow().count;
    let of = waits.saturating_add(2);
    cases.first(of, &whole, result, || run(&Cut::new(None)));
    if waits == 0 {
        guard::raise(&texts::never_waits());
    }
    if waits > MOST {
        guard::raise(&texts::waits_too_often(waits, MOST));
    }
    for after in 0..=waits {
        let number = after + 2;
        if cases.wants(number) {
            let cut = Cut::new(Some(after));
            let result = run(&cut);
            cases.ran(number, Some(of), &cut, result, || run(&Cut::new(Some(after))));
        }
    }
    cases.must_exist(of);
    let explored = cases.end();
    explored.judge_rules(&notes.rules);
    explored
}

/// Where a future is dropped.
#[derive(Clone)]
pub(super) struct Cut {
    /// After so many waits; `None` for not at all.
    after: Option<usize>,
    seen: Rc<RefCell<Seen>>,
}

#[derive(Default)]
struct Seen {
    count: usize,
    last: Vec<Wait>,
}

impl Cut {
    fn new(after: Option<usize>) -> Self {
        Self { after, seen: Rc::default() }
    }

    fn is_here(&self) -> bool {
        self.after == Some(self.seen.borrow().count)
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.after {
            None => f.write_str("not dropped"),
            Some(0) => f.write_str("dropped unpolled"),
            Some(after) => {
                let waits = &self.seen.borrow().last;
                let mut waits: Vec<String> = waits.iter().map(ToString::to_string).collect();
                let mut known = BTreeSet::new();
                waits.retain(|wait| known.insert(wait.clone())); // one leaf may be polled again and again
                let waits = if waits.is_empty() { "an unknown leaf".to_owned() } else { waits.join("; ") };
                write!(f, "dropped in wait {after}: {waits}")
            }
        }
    }
}

/// Polls the future until it is to be dropped.
struct Subject<F: Future> {
    future: Option<Pin<Box<F>>>,
    cut: Cut,
    output: Rc<RefCell<Option<F::Output>>>,
}

impl<F: Future> Future for Subject<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.cut.is_here() {
            this.future = None;
        }
        let Some(future) = &mut this.future else { return Poll::Ready(()) };
        let (polled, waits) = wait::listen(|| leaf::suspending(|| future.as_mut().poll(cx)));
        if let Poll::Ready(output) = polled {
            *this.output.borrow_mut() = Some(output);
            return Poll::Ready(());
        }
        waits.iter().for_each(|known| wait::report(|| known.clone()));
        let mut seen = this.cut.seen.borrow_mut();
        (seen.count, seen.last) = (seen.count + 1, waits);
        drop(seen);
        if this.cut.is_here() {
            this.future = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// Nothing of it is pinned in place.
impl<F: Future> Unpin for Subject<F> {}
