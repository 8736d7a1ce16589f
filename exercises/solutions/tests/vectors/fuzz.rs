//! Requests that are mutated again and again. A request with a new answer is kept and mutated further, so that the
//! search reaches more of the server.
//!
//! A short run is part of every test run. `WORKBOOK_FUZZ_SECONDS=60 cargo test -p workbook-solutions --test vectors
//! mutated -- --nocapture` searches for a minute, and prints how far it came.
#![expect(
    clippy::disallowed_methods,
    reason = "how long a search goes on, and how long a case took, is real time"
)]

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use unplugged::{
    seed::{Rng, Seed},
    transport::Segmentation,
};

use super::{Case, below, mutated, written};

/// The number of mutated requests in a test run.
const SHORT: usize = 2000;

/// The time that no bounded input may take, in the slowest build on the busiest machine.
const HANG: Duration = Duration::from_secs(5);

/// The largest input: beyond it, all limits are passed.
const LONGEST: usize = 2048;

pub(super) fn search(cases: &[Case]) {
    let seconds = std::env::var("WORKBOOK_FUZZ_SECONDS").ok();
    let seconds: Option<u64> =
        seconds.map(|text| text.parse().expect("WORKBOOK_FUZZ_SECONDS is a number of seconds"));
    let begun = Instant::now();
    let mut search = Search::new(cases);
    while seconds.map_or(search.tried < SHORT, |seconds| begun.elapsed().as_secs() < seconds) {
        search.step();
    }
    eprintln!(
        "{} mutated requests, {} kinds of answers, slowest {:?} for {} bytes",
        search.tried,
        search.answers.len(),
        search.slowest.0,
        search.slowest.1
    );
    assert!(search.answers.len() > 20, "the search stays where it began");
}

struct Search {
    stream: Rng,
    kept: Vec<Vec<u8>>,
    answers: BTreeSet<String>,
    tried: usize,
    slowest: (Duration, usize),
}

impl Search {
    fn new(cases: &[Case]) -> Self {
        let kept =
            cases.iter().map(|(_, input, _)| input.to_vec()).filter(|input| !input.is_empty()).collect();
        let stream = Seed::new(0x5eed).rng("fuzz");
        Self { stream, kept, answers: BTreeSet::new(), tried: 0, slowest: (Duration::ZERO, 0) }
    }

    fn step(&mut self) {
        let from = below(&mut self.stream, self.kept.len());
        let mut input = mutated(&self.kept[from], &mut self.stream);
        input.truncate(LONGEST);
        let cut = match below(&mut self.stream, 3) {
            0 => Segmentation::whole(),
            1 => Segmentation::one_byte(),
            _ => Segmentation::seeded(Seed::new(self.stream.next_u64())),
        };
        let begun = Instant::now();
        let answer = catch_unwind(AssertUnwindSafe(|| written(&input, &cut)));
        let took = begun.elapsed();
        let sent = input.escape_ascii();
        assert!(took < HANG, "a slow case, {took:?} ({cut})\n  sent {sent}");
        let Ok((output, state)) = answer else { panic!("the server panicked ({cut})\n  sent {sent}") };
        self.slowest = self.slowest.max((took, input.len()));
        self.tried += 1;
        if self.answers.insert(kind(&output, state)) {
            self.kept.push(input);
        }
    }
}

/// Returns the statuses, in their order, and the state of the connection.
fn kind(output: &[u8], state: &str) -> String {
    let lines = output.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"HTTP/1.1 "));
    lines
        .map(|line| format!("{} ", line.get(..3).unwrap_or(line).escape_ascii()))
        .chain([state.to_owned()])
        .collect()
}
