//! Known-bad tests: each breaks a rule of strict fakes, runs in a child process, and must be red there with exactly
//! this text. `lists/RULES.md` maps the rules to these.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pretty_assertions::assert_eq;
use unplugged::inject::child;

/// With this variable set, a known-bad test is what it would be in somebody's suite: just red, or aborted. `rules`
/// runs them so.
pub(super) const BARE: &str = "KNOWN_BAD_IS_BARE";

/// A test for each: its body, how that ends in a child process, and with what text.
macro_rules! known_bad {
    ($(fn $name:ident() $body:block $ends:ident $text:literal;)*) => {
        $(
            #[test]
            fn $name() {
                super::$ends(concat!(module_path!(), "::", stringify!($name)), || $body, $text);
            }
        )*

        /// The tests, and whether each aborts its process.
        pub(super) const TESTS: &[(&str, bool)] = &[
            $((concat!(module_path!(), "::", stringify!($name)), super::is_abort(stringify!($ends)))),*
        ];
    };
}

mod calls;
mod ends;
mod handles;
mod worlds;

/// All of them: the name for the harness, and whether it aborts its process.
pub(super) fn all() -> impl Iterator<Item = (&'static str, bool)> {
    let tests = [calls::TESTS, ends::TESTS, handles::TESTS, worlds::TESTS].concat();
    tests.into_iter().map(|(path, aborts)| (name(path), aborts))
}

const fn is_abort(ends: &str) -> bool {
    matches!(ends.as_bytes(), b"aborts")
}

/// A path of modules as the harness has it, without the crate.
fn name(path: &'static str) -> &'static str {
    path.split_once("::").expect("a path").1
}

/// In a child, `bad` panics with exactly this text.
#[track_caller]
fn fails(path: &'static str, bad: impl FnOnce(), text: &str) {
    in_child(path, bad, |child| {
        let got = child.assert_panicked().lines().map(without_places).collect::<Vec<_>>();
        assert_eq!(got, text.lines().collect::<Vec<_>>());
    });
}

/// In a child, the thread-local guard aborts the process after `bad`, and its last words are about `what`.
#[track_caller]
fn aborts(path: &'static str, bad: impl FnOnce(), what: &str) {
    in_child(path, bad, |child| {
        let stderr = String::from_utf8(child.assert_aborted().to_vec()).unwrap();
        let lines: Vec<String> = stderr.lines().map(without_places).collect();
        assert_eq!(
            lines[lines.len().saturating_sub(2)..],
            [
                format!("{what} was still open when its thread ended, by `exit` or because it was forgotten"),
                "  next     let the code under test hold the fake exit of `Process`; drop what has a verdict on its \
                 own thread"
                    .to_owned(),
            ]
        );
    });
}

#[track_caller]
fn in_child(path: &'static str, bad: impl FnOnce(), check: impl FnOnce(child::EndedChild)) {
    if std::env::var_os(BARE).is_some() {
        return bad();
    }
    child::test(name(path)).run(bad, check);
}

/// `tests/it/fake/known_bad/calls.rs:3:5` as `@`, and no name of a test.
fn without_places(line: &str) -> String {
    let line = match line.split_once(", in `") {
        Some((before, after)) => format!("{before}{}", after.split_once('`').expect("the end of a name").1),
        None => line.to_owned(),
    };
    let mut out = String::new();
    let mut rest = line.as_str();
    while let Some(at) = rest.find("tests/it/") {
        out.push_str(&rest[..at]);
        out.push('@');
        let end = rest[at..].find(".rs:").map_or(rest.len(), |end| at + end + 4);
        rest = rest[end..].trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ':');
    }
    out + rest
}

/// Swallows a panic, as code under test may do.
fn swallow<R>(code: impl FnOnce() -> R) {
    drop(catch_unwind(AssertUnwindSafe(code)));
}

fn exit() {
    std::process::exit(0)
}
