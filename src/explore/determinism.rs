//! Two runs of one seed, compared.

use std::{any::type_name_of_val, fmt};

use super::{case, environment::Entry, explored::Explored, texts};
use crate::{Sim, guard, seed::Seed, trace::Event};

/// How many common events a report shows before the one that differs.
const CONTEXT: usize = 4;

/// Runs a scenario twice with one seed, compares the two [traces](crate::trace) event by event, and names the first
/// that differs: what the scenario takes from somewhere else than the seed shows there. The cases are the events.
///
/// Each run has a thread of its own, as a run of tomorrow has: what code keeps per thread (std the keys of its maps,
/// `rand` its generators, others an identity) is made again. What it keeps per process, in a static, is not seen.
///
/// ```
/// use unplugged::{explore, clock::millis};
///
/// let explored = explore::determinism(async |sim| {
///     let mut delays = sim.rng("delays");
///     for _ in 0..10 {
///         sim.spawn(tokio::time::sleep(millis(delays.next_u64() % 100)));
///     }
///     sim.run_until_idle().await;
/// });
/// explored.assert_cases(20); // ten tasks began, and ended
/// ```
///
/// # Panics
/// If they differ, if a run fails, or if there was nothing to compare.
#[track_caller]
pub fn determinism(scenario: impl AsyncFn(Sim) + Sync) -> Explored {
    let entry = Entry::here("determinism", type_name_of_val(&scenario));
    let replayed = entry.seed();
    let seed = replayed.unwrap_or_default();
    let replay = entry.replay("UNPLUGGED_SEED", seed);
    let in_sim = || {
        let builder = Sim::builder().seed(seed).trace(usize::MAX);
        case::in_sim(builder, |sim| {
            let kept = sim.handle();
            sim.run_test(|sim| scenario(sim));
            kept.transcript() // before the sim ends
        })
    };
    let run = || case::alone(entry.thread(), in_sim);
    let [first, second] = match [run(), run()] {
        [Ok(first), Ok(second)] => [first, second],
        [Err(failure), second] => guard::raise(&texts::run_fails(failure.again(|| second), "first", replay)),
        [first, Err(failure)] => guard::raise(&texts::run_fails(failure.again(|| first), "second", replay)),
    };
    compare(&first, &second, seed, replay);
    Explored::report("determinism", first.len(), "events", replayed.is_none(), None)
}

#[track_caller]
fn compare(first: &[Event], second: &[Event], seed: Seed, replay: texts::Replay) {
    let most = first.len().max(second.len());
    let side = |events: &[Event], index: usize| events.get(index).cloned();
    let differs = (0..most).find(|index| match (first.get(*index), second.get(*index)) {
        (Some(one), Some(other)) => one != other,
        _ => true,
    });
    if let Some(index) = differs {
        let before: Vec<String> =
            first[index.saturating_sub(CONTEXT)..index].iter().map(Event::previewed).collect();
        let [first, second] = [side(first, index), side(second, index)];
        let sides = [Side(first.as_ref(), second.as_ref()), Side(second.as_ref(), first.as_ref())];
        let sides = [&sides[0] as &dyn fmt::Display, &sides[1]];
        guard::raise(&texts::differs(index + 1, &before.join("\n"), sides, seed, replay));
    }
    if most == 0 {
        guard::raise(&texts::nothing_recorded(seed));
    }
}

/// An event of one run, beside that of the other.
struct Side<'a>(Option<&'a Event>, Option<&'a Event>);

/// How many bytes are shown before the first that differs, and from there on.
const BEFORE: usize = 40;
const AFTER: usize = 40;

impl fmt::Display for Side<'_> {
    /// Shows what is compared, also where the lines of both are the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(own) = self.0 else { return f.write_str("(the run is over)") };
        write!(f, "{own}")?;
        let Some(other) = self.1.filter(|other| own.to_string() == other.to_string()) else { return Ok(()) };
        if let Some(custom) = own.custom() {
            return write!(f, " (numbers {:?})", custom.all_numbers());
        }
        if own.bytes() == other.bytes() {
            return Ok(());
        }
        let (bytes, at) = (own.bytes(), first_difference(own.bytes(), other.bytes()));
        let from = at.saturating_sub(BEFORE);
        let to = bytes.len().min(at + AFTER);
        match from {
            0 => write!(f, ": b\"{}\"", bytes[..to].escape_ascii()),
            _ => write!(f, ", from byte {from}: b\"{}\"", bytes[from..to].escape_ascii()),
        }
    }
}

fn first_difference(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}
