//! The environment variables of a search, and the line that runs one case again.

use std::{env, fmt, str::FromStr, thread};

use super::texts;
use crate::seed::Seed;

/// The test that holds a search, and its package.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) search: &'static str,
    package: Option<String>,
    test: Option<String>,
}

impl Entry {
    /// libtest gives each thread its test's name; where it has only one thread, only the arguments may tell.
    #[track_caller]
    pub(super) fn here(search: &'static str) -> Self {
        crate::environment::check();
        let thread = thread::current().name().filter(|name| *name != "main").map(str::to_owned);
        Self { search, package: env::var("CARGO_PKG_NAME").ok(), test: thread.or_else(exact_argument) }
    }

    /// Returns the name for the threads that work for this test.
    pub(super) fn thread(&self) -> String {
        self.test.clone().unwrap_or_else(|| format!("explore::{}", self.search))
    }

    /// Returns the line that runs it again with this variable.
    pub(super) fn replay(&self, variable: &str, value: impl fmt::Display) -> String {
        let package = self.package.as_ref().map(|package| format!(" -p {package}")).unwrap_or_default();
        let test = self.test.as_ref().map(|test| format!(" -- --exact {test}")).unwrap_or_default();
        format!("{variable}={value} cargo test{package}{test}")
    }

    /// # Panics
    /// If the variable is set to something else than it should.
    #[track_caller]
    pub(super) fn variable<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Option<T> {
        let text = env::var(name).ok()?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => texts::bad_variable(self.search, name, &error).raise(),
        }
    }

    #[track_caller]
    pub(super) fn seed(&self) -> Option<Seed> {
        self.variable("UNPLUGGED_SEED")
    }
}

fn exact_argument() -> Option<String> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_exact = arguments.iter().any(|argument| argument == "--exact");
    arguments.into_iter().find(|argument| is_exact && !argument.starts_with('-'))
}

/// The seeds to take, as `UNPLUGGED_SEARCH` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) count: Option<usize>,
    pub(super) range: Option<(u64, u64)>,
    /// This one, from 0, of so many.
    pub(super) share: Option<(usize, usize)>,
}

impl FromStr for Search {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut search = Self::default();
        for part in text.split(',').map(str::trim) {
            search.take(part).ok_or_else(|| {
                format!("{part:?} is none of `10000`, `5000..6000`, `3/8`, each once, with a comma between")
            })?;
        }
        Ok(search)
    }
}

impl Search {
    /// `None` if the part says nothing, or is said twice.
    fn take(&mut self, part: &str) -> Option<()> {
        if let Some((share, of)) = part.split_once('/') {
            let (share, of): (usize, usize) = (share.parse().ok()?, of.parse().ok()?);
            let is_new = (1..=of).contains(&share) && self.share.replace((share - 1, of)).is_none();
            return is_new.then_some(());
        }
        if let Some((from, to)) = part.split_once("..") {
            let range = (from.parse::<Seed>().ok()?.value(), to.parse::<Seed>().ok()?.value());
            let is_new = range.0 < range.1 && self.range.replace(range).is_none();
            return is_new.then_some(());
        }
        let count = part.parse().ok().filter(|count| *count > 0)?;
        self.count.replace(count).is_none().then_some(())
    }

    /// Returns the seeds to take, where the test says `seeds`.
    pub(super) fn of<'a>(
        self,
        seeds: impl Iterator<Item = u64> + Send + 'a,
    ) -> Box<dyn Iterator<Item = u64> + Send + 'a> {
        let mut seeds: Box<dyn Iterator<Item = u64> + Send + 'a> = Box::new(seeds);
        if let Some((from, to)) = self.range {
            seeds = Box::new(from..to);
        }
        if let Some(count) = self.count {
            seeds = Box::new(GoOn { seeds, last: None }.take(count));
        }
        match self.share {
            None => seeds,
            Some((share, of)) => Box::new(seeds.skip(share).step_by(of)),
        }
    }
}

/// Some seeds, and then those after the last.
struct GoOn<I> {
    seeds: I,
    last: Option<u64>,
}

impl<I: Iterator<Item = u64>> Iterator for GoOn<I> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.last = self.seeds.next().or_else(|| self.last?.checked_add(1));
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(search: &str) -> Vec<u64> {
        search.parse::<Search>().unwrap_or_else(|error| panic!("{error}")).of(10..14).collect()
    }

    #[test]
    fn a_count_limits_or_goes_on() {
        assert_eq!(seeds("2"), [10, 11]);
        assert_eq!(seeds("6"), [10, 11, 12, 13, 14, 15]);
    }

    #[test]
    fn a_range_replaces() {
        assert_eq!(seeds("0x20..0x22"), [32, 33]);
        assert_eq!(seeds("1..3,4"), [1, 2, 3, 4]);
    }

    #[test]
    fn the_shares_are_all_of_it_and_each_seed_is_in_one() {
        assert_eq!(seeds("1/3"), [10, 13]);
        assert_eq!(seeds("2/3"), [11]);
        assert_eq!(seeds("3/3"), [12]);
        assert_eq!(seeds("5, 2/2"), [11, 13]);
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for bad in ["", "0", "x", "0/3", "4/3", "1/0", "3..3", "5..2", "1,2", "1/2,2/2", "-1", "1..2..3"] {
            let error = bad.parse::<Search>().expect_err(bad);
            assert!(error.contains("is none of `10000`, `5000..6000`, `3/8`"), "{error}");
        }
    }
}
