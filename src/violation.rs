//! A failure as a value, and the text that it prints.
//!
//! Every check of the kit has two forms: one that returns `Result<_, Violation>`, and a thin one that panics
//! with the violation's text. The text is complete (it needs no other output beside it), holds no colours and
//! no addresses, and always has the same shape: first the rule that broke and the thing that broke it, then
//! labelled lines.
//!
//! ```
//! use unplugged::outcome::{self, promise};
//!
//! let (_promise, answer) = promise::<u32, String>();
//! let answer = outcome::watch(answer).named("answer");
//! let violation = answer.check_success().unwrap_err();
//! assert_eq!(violation.headline(), "`answer` has not succeeded: it is still pending");
//! assert!(violation.detail("waits").unwrap().starts_with("promise, made at"));
//! ```

use std::{any::Any, fmt, panic::Location};

/// A broken rule: what broke, on which named thing, and the facts that help to mend it.
#[derive(Clone, PartialEq, Eq)]
pub struct Violation {
    headline: String,
    details: Vec<(&'static str, String)>,
    /// The next step, and how many of the details print before it.
    next: Option<(usize, Box<str>)>,
    /// The broken rules that this one sums up.
    parts: Box<[Self]>,
}

impl Violation {
    pub(crate) fn new(headline: impl Into<String>) -> Self {
        Self { headline: headline.into(), details: Vec::new(), next: None, parts: Box::default() }
    }

    /// Adds a labelled line, or several of the same label.
    pub(crate) fn with(mut self, label: &'static str, text: impl fmt::Display) -> Self {
        debug_assert_ne!(label, "next", "`Violation::next` says what to do");
        self.details.push((label, text.to_string()));
        self
    }

    /// Adds several labelled lines.
    pub(crate) fn with_all<T: fmt::Display>(
        self,
        lines: impl IntoIterator<Item = (&'static str, T)>,
    ) -> Self {
        lines.into_iter().fold(self, |violation, (label, text)| violation.with(label, text))
    }

    /// Says what to do about it, with the label `next`. Facts that are known later, such as the time, stand below it.
    pub(crate) fn next(mut self, text: impl Into<String>) -> Self {
        self.next = Some((self.details.len(), text.into().into_boxed_str()));
        self
    }

    /// Adds a labelled line above `next`.
    pub(crate) fn with_before_next(mut self, label: &'static str, text: impl fmt::Display) -> Self {
        match &mut self.next {
            None => self.with(label, text),
            Some((before, _)) => {
                self.details.insert(*before, (label, text.to_string()));
                *before += 1;
                self
            }
        }
    }

    /// Returns the first line: which rule broke, on which thing.
    #[must_use]
    pub fn headline(&self) -> &str {
        &self.headline
    }

    /// Returns the labelled lines below the first, in the order in which they print.
    pub fn details(&self) -> impl Iterator<Item = (&str, &str)> {
        let split = self.next.as_ref().map_or(self.details.len(), |(before, _)| *before);
        let next = self.next.iter().map(|(_, text)| ("next", &**text));
        let (before, after) = self.details.split_at(split);
        lines(before).chain(next).chain(lines(after))
    }

    /// Returns the text of the first line with this label.
    #[must_use]
    pub fn detail(&self, label: &str) -> Option<&str> {
        self.details().find(|(found, _)| *found == label).map(|(_, text)| text)
    }

    /// Returns each broken rule: the parts of a report that sums up several, else the violation itself.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        if self.parts.is_empty() { std::slice::from_ref(self) } else { &self.parts }
    }

    /// Sums up these broken rules.
    pub(crate) fn with_parts(mut self, parts: Vec<Self>) -> Self {
        self.parts = parts.into_boxed_slice();
        self
    }

    /// Panics with the whole text.
    #[track_caller]
    pub(crate) fn raise(&self) -> ! {
        panic!("{self}")
    }
}

fn lines<'a>(details: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    details.iter().map(|(label, text)| (*label, text.as_str()))
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline)?;
        for (label, text) in self.details() {
            let mut lines = text.lines();
            write!(f, "\n  {label:<8} {}", lines.next().unwrap_or("(nothing)"))?;
            for line in lines {
                write!(f, "\n  {:<8} {line}", "")?;
            }
        }
        Ok(())
    }
}

/// Prints as `Display` does, so that `unwrap()` shows a text that can be read.
impl fmt::Debug for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Violation {}

/// A place in the source, kept from the moment when something was made. Prints as `src/main.rs:41:10`, with
/// forward slashes on every system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SourceLocation(&'static Location<'static>);

impl SourceLocation {
    /// Returns the line that called the function that calls this one.
    #[must_use]
    #[track_caller]
    pub fn caller() -> Self {
        Self(Location::caller())
    }

    /// Returns std's type for it.
    #[must_use]
    pub const fn location(self) -> &'static Location<'static> {
        self.0
    }
}

impl From<&'static Location<'static>> for SourceLocation {
    fn from(location: &'static Location<'static>) -> Self {
        Self(location)
    }
}

impl fmt::Display for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0.file().replace('\\', "/"), self.0.line(), self.0.column())
    }
}

impl fmt::Debug for SourceLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the text of a panic's payload.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

/// Returns a text without the numbers that a process counts up, in which two runs of one case differ: those of tokio's tasks
/// and of std's threads, `Id(7)`, `ThreadId(7)`, "task 7 panicked".
#[cfg(feature = "tokio")]
pub(crate) fn without_counts(text: &str) -> String {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(is_digit) {
        let (before, number) = rest.split_at(at);
        let (number, after) = number.split_at(number.find(|c| !is_digit(c)).unwrap_or(number.len()));
        let is_id = before.ends_with("Id(") && after.starts_with(')');
        let ends = [" panicked", " was cancelled"].iter().any(|end| after.starts_with(end));
        let is_task = before.ends_with("task ") && ends;
        kept.push_str(before);
        kept.push_str(if is_id || is_task { ".." } else { number });
        rest = after;
    }
    kept + rest
}

/// Shows bytes as a byte string, `b"GET /\r\n"`; of a long one the beginning and the length.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    const SHOWN: usize = 256;
    if bytes.len() <= SHOWN {
        return format!("b\"{}\"", bytes.escape_ascii());
    }
    format!("b\"{}\"... ({} bytes)", bytes[..SHOWN].escape_ascii(), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "tokio")]
    #[test]
    fn numbers_that_a_process_counts_are_left_out_and_others_kept() {
        for (text, kept) in [
            ("drew 13 of 21", "drew 13 of 21"),
            ("JoinError::Panic(Id(7), \"drew 13\", ...)", "JoinError::Panic(Id(..), \"drew 13\", ...)"),
            ("JoinError::Cancelled(Id(812))", "JoinError::Cancelled(Id(..))"),
            ("task 7 panicked with message \"drew 13\"", "task .. panicked with message \"drew 13\""),
            ("task 7 was cancelled", "task .. was cancelled"),
            ("on ThreadId(3): task 4 of 5", "on ThreadId(..): task 4 of 5"),
            ("Id(4, 5)", "Id(4, 5)"),
            ("", ""),
        ] {
            assert_eq!(without_counts(text), kept);
        }
    }

    #[test]
    fn a_text_of_several_lines_keeps_its_column() {
        let violation = Violation::new("it broke").with("waits", "one\ntwo").with("now", "+1s");
        assert_eq!(violation.to_string(), "it broke\n  waits    one\n           two\n  now      +1s");
    }

    #[test]
    fn a_fact_can_be_added_above_and_below_the_next_step() {
        let violation =
            Violation::new("it broke").next("mend it").with("seed", "0x1").with_before_next("now", "+1s");
        assert_eq!(violation.to_string(), "it broke\n  now      +1s\n  next     mend it\n  seed     0x1");
        assert_eq!(violation.detail("next"), Some("mend it"));
    }

    #[test]
    fn a_panic_without_a_text_says_so() {
        assert_eq!(panic_text(&"one"), "one");
        assert_eq!(panic_text(&String::from("two")), "two");
        assert_eq!(panic_text(&3), "a panic without a text");
    }

    #[test]
    fn bytes_are_shown_escaped_and_long_ones_cut() {
        assert_eq!(escaped(b"a\r\n\x00\xff\""), r#"b"a\r\n\x00\xff\"""#);
        assert_eq!(escaped(&[b'x'; 256]), format!("b\"{}\"", "x".repeat(256)));
        assert_eq!(escaped(&[b'x'; 257]), format!("b\"{}\"... (257 bytes)", "x".repeat(256)));
    }
}
