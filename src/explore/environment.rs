//! The environment variables of a search, and the test that holds it.

use std::{backtrace::Backtrace, env, fmt, str::FromStr, thread};

use super::texts;
use crate::{
    replay::{ThisRun, ThisTest},
    seed::Seed,
};

/// The test that holds a search.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) search: &'static str,
    /// The path of the body that the test gave.
    body: &'static str,
    /// The name of the test, if it is told.
    told: Option<String>,
    thread: Option<String>,
    run: ThisRun,
}

impl Entry {
    /// `body` is the name of the type of the test's closure.
    #[track_caller]
    pub(super) fn here(search: &'static str, body: &'static str) -> Self {
        crate::environment::check();
        let thread = thread::current().name().filter(|name| *name != "main").map(str::to_owned);
        Self { search, body, told: None, thread, run: ThisRun::of_this_process() }
    }

    pub(super) fn of_test(search: &'static str, test: &ThisTest) -> Self {
        let told = Some(test.name.clone());
        Self { search, body: "", thread: told.clone(), told, run: test.run.clone() }
    }

    /// Returns the name for the threads that work for this test.
    pub(super) fn thread(&self) -> String {
        let name = self.thread.as_deref().or_else(|| self.run.exact());
        name.map_or_else(|| format!("explore::{}", self.search), str::to_owned)
    }

    /// Returns the lines that run it again with this variable.
    pub(super) fn replay(&self, variable: &str, value: impl fmt::Display) -> Vec<(&'static str, String)> {
        let test = if self.run.is_doc_test() { doc_test(self.body) } else { self.test() };
        self.run.lines(&format!("{variable}={value}"), test.as_deref())
    }

    /// Returns the name of the test, if it is known. libtest gives each thread the name of its test, or runs all on one
    /// thread; and other code gives names to its threads, too.
    fn test(&self) -> Option<String> {
        if let Some(name) = self.told.as_deref().or_else(|| self.run.exact()) {
            return Some(name.to_owned());
        }
        let is_own = |name: &&String| name.contains("::") || function(self.body) == **name || is_of_libtest();
        self.thread.as_ref().filter(is_own).cloned()
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

/// Returns the path below its crate of the function in which a closure stands: `storms::lost` of
/// `demo::storms::lost::{{closure}}`.
fn function(closure: &str) -> &str {
    let path = closure.split("::{{closure}}").next().unwrap_or_default();
    path.split_once("::").map_or(path, |(_, path)| path)
}

/// Returns what selects a doc test, if it is not merged with others: rustdoc puts it into a function that is called
/// `_doctest_main_src_lib_rs_17_0`, and names it `src/lib.rs - item (line 17)`.
fn doc_test(closure: &str) -> Option<String> {
    let (_, name) = closure.split_once("::_doctest_main_")?;
    let name = name.split("::").next()?;
    let line = name.rsplit('_').nth(1)?;
    Some(format!("(line {line})"))
}

/// Returns whether libtest runs this thread. Asked only where a search has failed, and the name of the thread leaves it
/// open: it takes some time.
fn is_of_libtest() -> bool {
    let frames = Backtrace::force_capture().to_string();
    frames
        .lines()
        .any(|frame| frame.contains(": test::run_test") || frame.contains(": test::__rust_begin_short"))
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

    #[test]
    fn a_closure_tells_its_function() {
        assert_eq!(function("demo::storms::lost::{{closure}}::{{closure}}"), "storms::lost");
        assert_eq!(function("it::lost::{{closure}}"), "lost");
        assert_eq!(function("it::body"), "body");
    }

    #[test]
    fn a_doc_test_of_its_own_tells_its_line() {
        let of_its_own = "rust_out::main::_doctest_main_src_lib_rs_17_0::{{closure}}";
        assert_eq!(doc_test(of_its_own).as_deref(), Some("(line 17)"));
        assert_eq!(doc_test("doctest_bundle_2024::__doctest_0::main::{{closure}}"), None);
    }

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
