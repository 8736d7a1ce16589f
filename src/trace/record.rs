//! The record.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::event::{Event, Recorded};
#[cfg(feature = "tokio")]
use super::leftover::{Leftover, MayBeLeft};
use crate::{sync::lock, violation::Violation};

/// How many events are kept where nobody has asked for more.
#[cfg(feature = "tokio")]
pub(crate) const KEPT: usize = 64;

/// One ordered record of events, with their instants. Clones are the same record.
#[derive(Clone)]
pub struct Trace(Arc<Shared>);

struct Shared {
    now: Box<dyn Fn() -> Duration + Send + Sync>,
    keep: usize,
    is_digested: bool,
    /// Beside the state, so that the network reads it without a lock.
    count: AtomicU64,
    state: Mutex<State>,
}

struct State {
    digest: u64,
    last: VecDeque<Recorded>,
    /// What may be left over; what is gone leaves it now and then.
    #[cfg(feature = "tokio")]
    made: Vec<Box<dyn MayBeLeft>>,
    /// How much of it there may be before the next look.
    #[cfg(feature = "tokio")]
    look_at: usize,
}

impl Trace {
    /// A record that digests all events and keeps the last `keep` of them to be read, whose instants are what `now`
    /// says.
    #[must_use]
    pub fn new(keep: usize, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self::with(keep, true, now)
    }

    /// A record of which nobody looks at more than the end.
    #[cfg(feature = "tokio")]
    pub(crate) fn of_the_end(now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self::with(KEPT, false, now)
    }

    fn with(keep: usize, is_digested: bool, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let state = Mutex::new(State {
            digest: OFFSET,
            last: VecDeque::new(),
            #[cfg(feature = "tokio")]
            made: Vec::new(),
            #[cfg(feature = "tokio")]
            look_at: 0,
        });
        Self(Arc::new(Shared { now: Box::new(now), keep, is_digested, count: AtomicU64::new(0), state }))
    }

    /// Adds an event, at this instant.
    pub fn record(&self, event: Event) {
        let at = u64::try_from((self.0.now)().as_nanos()).unwrap_or(u64::MAX);
        let mut state = lock(&self.0.state);
        self.0.count.fetch_add(1, Ordering::Release);
        if self.0.is_digested {
            state.digest = digest(state.digest, at, &event);
        }
        if self.0.keep == 0 {
            return;
        }
        if state.last.len() == self.0.keep {
            state.last.pop_front();
        }
        state.last.push_back(Recorded { at, event });
    }

    #[cfg(feature = "tokio")]
    pub(super) fn know(&self, thing: impl FnOnce(Duration) -> Box<dyn MayBeLeft>) {
        let thing = thing((self.0.now)());
        let is_full = {
            let mut state = lock(&self.0.state);
            state.made.push(thing);
            state.made.len() > state.look_at
        };
        if is_full {
            self.leftovers();
        }
    }

    /// What of all that was made is left over, in its order. Forgets what is not.
    #[cfg(feature = "tokio")]
    pub(crate) fn leftovers(&self) -> Vec<Leftover> {
        let mut made = std::mem::take(&mut lock(&self.0.state).made); // asked under no lock
        let mut left = Vec::new();
        made.retain(|known| {
            let before = left.len();
            left.extend(known.leftovers());
            left.len() > before
        });
        let mut state = lock(&self.0.state);
        made.append(&mut state.made);
        state.look_at = 2 * made.len() + 64; // so that each costs a few steps
        state.made = made;
        left
    }

    /// How many events were recorded, those that are no longer kept included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count.load(Ordering::Acquire)
    }

    /// What is kept, the oldest first, a line each: `` +250ms fired timer `idle`, made at src/session.rs:12:9 ``.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.kept().iter().map(ToString::to_string).collect()
    }

    /// One number for all events: two runs with the same are the same, as far as events tell. It covers the
    /// instants, the words, the names and the numbers, and of what is written to a pipe each byte; not the places,
    /// so that it can stand in a test as a constant.
    ///
    /// It is FNV-1a with 64 bits, fed with 64-bit words instead of bytes: of each event the instant in nanoseconds,
    /// FNV-1a of the words, FNV-1a of the name (0 without one), the three numbers.
    ///
    /// # Panics
    /// If it is the record of a sim that was not asked to digest.
    #[must_use]
    #[track_caller]
    pub fn digest(&self) -> u64 {
        if !self.0.is_digested {
            no_digest().raise();
        }
        lock(&self.0.state).digest
    }

    pub(crate) fn is_digested(&self) -> bool {
        self.0.is_digested
    }

    pub(crate) fn kept(&self) -> Vec<Recorded> {
        lock(&self.0.state).last.iter().cloned().collect()
    }

    /// What is kept, each line with its number, from 1.
    #[cfg(feature = "tokio")]
    pub(crate) fn numbered(&self) -> Vec<(u64, String)> {
        let (first, kept) = {
            let state = lock(&self.0.state);
            (self.count() - state.last.len() as u64 + 1, state.last.clone())
        };
        (first..).zip(kept.iter().map(ToString::to_string)).collect() // events show themselves under no lock
    }
}

fn no_digest() -> Violation {
    Violation::new("this trace has no digest: the sim was not asked for one")
        .with("next", "make the sim with `Sim::builder().trace(keep)`")
}

/// Source: RFC 9923, FNV-1a, offset basis and prime for 64 bits.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

const fn fold(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(PRIME)
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(OFFSET, |hash, byte| fold(hash, u64::from(*byte)))
}

fn digest(before: u64, at: u64, event: &Event) -> u64 {
    let [first, second, third] = event.numbers;
    let name = event.name.as_ref().map_or(0, |name| fnv1a(name.as_bytes()));
    [at, fnv1a(event.what.as_bytes()), name, first, second, third].into_iter().fold(before, fold)
}

/// FNV-1a of bytes that lie in several slices.
pub(crate) fn content<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    slices.into_iter().flatten().fold(OFFSET, |hash, byte| fold(hash, u64::from(*byte)))
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("count", &self.count()).field("lines", &self.lines()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_documented_one() {
        let trace = Trace::new(0, || Duration::from_nanos(5));
        assert_eq!(trace.digest(), OFFSET);
        trace.record(Event::new("a").named("foobar").numbers([1, 2, 3], |_, _| Ok(())));
        // The hashes of "a" and "foobar" are published vectors.
        let words = [5, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8, 1, 2, 3];
        let expected = words.into_iter().fold(OFFSET, |hash: u64, word| (hash ^ word).wrapping_mul(PRIME));
        assert_eq!(trace.digest(), expected);
    }
}
