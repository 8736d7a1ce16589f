//! Many seeds, on all cores.

use std::{
    any::type_name_of_val,
    num::NonZero,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use super::{
    case::{self, Failure},
    environment::{Entry, Search},
    explored::Explored,
    progress::Progress,
    texts,
};
use crate::{
    Sim, guard,
    replay::ThisTest,
    seed::Seed,
    sim::{Notes, SimBuilder},
    sync::lock,
};

/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs a test's body once for each seed, each in a sim of its own, on all cores of the machine. The seeds are a
/// range or a list. Each seed but 0 also draws the [order of what is due at one instant](crate::sim::SimBuilder::shuffle_ties).
///
/// ```
/// use unplugged::{explore, clock::{ClockExt, millis}};
///
/// let explored = explore::seeds(0..20, async |sim| {
///     let delay = millis(sim.rng("delay").next_u64() % 1000);
///     tokio::time::sleep(delay).await;
///     assert_eq!(sim.clock().since_start(), delay);
/// });
/// explored.assert_cases(20);
/// ```
///
/// # Panics
/// With the first seed, in the order given, that fails, if one does; those before it have all run. If there was no
/// seed to run.
#[track_caller]
pub fn seeds<I>(seeds: I, body: impl AsyncFn(Sim) + Sync) -> Explored
where
    I: IntoIterator<Item = u64>,
    I::IntoIter: Send,
{
    seeds_with(&Sim::builder(), seeds, body)
}

/// Runs [`seeds`] in sims with settings of their own; the seed of the builder does not count.
///
/// # Panics
/// As [`seeds`] does.
#[track_caller]
pub fn seeds_with<I>(settings: &SimBuilder, seeds: I, body: impl AsyncFn(Sim) + Sync) -> Explored
where
    I: IntoIterator<Item = u64>,
    I::IntoIter: Send,
{
    let entry = Entry::here("seeds", type_name_of_val(&body));
    each(&entry, settings, seeds, |settings| case::in_sim(settings, |sim| sim.run_test(|sim| body(sim))))
}

/// Runs `case` of a test with a sim for each seed.
#[track_caller]
pub(crate) fn seeds_of<I>(
    test: &ThisTest,
    settings: &SimBuilder,
    seeds: I,
    case: impl Fn(Sim) + Sync,
) -> Explored
where
    I: IntoIterator<Item = u64>,
    I::IntoIter: Send,
{
    each(&Entry::of_test("seeds", test), settings, seeds, |settings| case::in_sim(settings, &case))
}

/// Runs `case` for each seed, with the settings of its sim. It makes the sim itself, and reports all of its facts.
#[track_caller]
pub(crate) fn seeds_alone<I>(
    test: &ThisTest,
    settings: &SimBuilder,
    seeds: I,
    case: impl Fn(SimBuilder) + Sync,
) -> Explored
where
    I: IntoIterator<Item = u64>,
    I::IntoIter: Send,
{
    each(&Entry::of_test("seeds", test), settings, seeds, |settings| case::attempt(|| case(settings)))
}

#[track_caller]
fn each<I>(
    entry: &Entry,
    settings: &SimBuilder,
    seeds: I,
    case: impl Fn(SimBuilder) -> Result<(), Failure> + Sync,
) -> Explored
where
    I: IntoIterator<Item = u64>,
    I::IntoIter: Send,
{
    let (replayed, search) = (entry.seed(), entry.variable::<Search>("UNPLUGGED_SEARCH"));
    let is_whole = replayed.is_none() && search.is_none();
    let seeds: Box<dyn Iterator<Item = u64> + Send> = match replayed {
        Some(seed) => Box::new(std::iter::once(seed.value())),
        None => search.unwrap_or_default().of(seeds.into_iter()),
    };
    let queue = Queue::new(seeds);
    let of = queue.known_length();
    let notes = Notes::default();
    let run = |seed| {
        case::apart(entry.thread(), || case(settings.clone().seed(seed).shuffle_ties(true).notes(&notes)))
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let monitor = thread::current();
        let workers: Vec<_> = (0..cores.min(of.unwrap_or(cores)))
            .map(|_| {
                let (name, monitor, work) = (entry.thread(), monitor.clone(), || queue.work(run));
                let worker = thread::Builder::new().name(name).spawn_scoped(scope, move || {
                    let _at_its_end = Unpark(monitor);
                    work();
                });
                worker.unwrap_or_else(|error| panic!("explore::seeds needs threads: {error}"))
            })
            .collect();
        let mut progress = Progress::begin(entry.search);
        while workers.iter().any(|worker| !worker.is_finished()) {
            thread::park_timeout(LOOK);
            progress.tell(queue.done.load(Ordering::Relaxed), of, "seeds");
        }
    });
    let explored = queue.end(entry, is_whole, run, &notes);
    explored.judge_rules(&notes.rules);
    explored
}

/// Wakes the thread that waits for the workers.
struct Unpark(Thread);

impl Drop for Unpark {
    fn drop(&mut self) {
        self.0.unpark();
    }
}

/// Hands out the seeds in their order, until one fails: then those before it are under way or done.
struct Queue<'a> {
    seeds: Mutex<std::iter::Enumerate<Box<dyn Iterator<Item = u64> + Send + 'a>>>,
    done: AtomicUsize,
    /// The first that failed.
    failed: Mutex<Option<(usize, Seed, Failure)>>,
}

impl<'a> Queue<'a> {
    fn new(seeds: Box<dyn Iterator<Item = u64> + Send + 'a>) -> Self {
        Self { seeds: Mutex::new(seeds.enumerate()), done: AtomicUsize::new(0), failed: Mutex::new(None) }
    }

    /// How many there are, if that can be known.
    fn known_length(&self) -> Option<usize> {
        let (least, most) = lock(&self.seeds).size_hint();
        most.filter(|most| *most == least)
    }

    fn work(&self, run: impl Fn(Seed) -> Result<(), Failure>) {
        while let Some((index, seed)) = self.next() {
            if let Err(failure) = run(seed) {
                let mut failed = lock(&self.failed);
                if failed.as_ref().is_none_or(|(first, ..)| index < *first) {
                    *failed = Some((index, seed, failure));
                }
            }
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn next(&self) -> Option<(usize, Seed)> {
        let mut seeds = lock(&self.seeds);
        if lock(&self.failed).is_some() {
            return None;
        }
        seeds.next().map(|(index, seed)| (index, Seed::new(seed)))
    }

    #[track_caller]
    fn end(
        self,
        entry: &Entry,
        is_whole: bool,
        run: impl Fn(Seed) -> Result<(), Failure>,
        notes: &Notes,
    ) -> Explored {
        let failed = lock(&self.failed).take();
        if let Some((index, seed, failure)) = failed {
            let failed = failure.again(|| run(seed));
            guard::raise(&texts::seed_fails(seed, index, failed, entry.replay("UNPLUGGED_SEED", seed)));
        }
        match self.done.into_inner() {
            0 => guard::raise(&texts::no_seed()),
            done => Explored::report(entry.search, done, "seeds", is_whole, Some(notes.distinct_runs())),
        }
    }
}
