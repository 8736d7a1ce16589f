//! One event.

use std::{fmt, sync::Arc, time::Duration};

use crate::violation::SourceLocation;

/// How an event shows its numbers.
type Show = fn(&[u64; 3], &mut fmt::Formatter<'_>) -> fmt::Result;

/// Something that happened. Making one formats nothing: that is left to who reads it.
#[derive(Clone)]
pub struct Event {
    pub(super) what: &'static str,
    pub(super) name: Option<Arc<str>>,
    pub(super) numbers: [u64; 3],
    show: Option<Show>,
    /// The name is all there is to show.
    is_line: bool,
    made_at: Option<SourceLocation>,
}

impl Event {
    /// Says what happened, as in "elected" or "wrote to".
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what, name: None, numbers: [0; 3], show: None, is_line: false, made_at: None }
    }

    /// One that reads as this line, whatever else it is.
    #[cfg(feature = "tokio")]
    pub(crate) fn line(what: &'static str, line: String, numbers: [u64; 3]) -> Self {
        Self { name: Some(line.into()), numbers, is_line: true, ..Self::new(what) }
    }

    /// Adds to what it happened: the name of the thing.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        self.named_if(Some(name.into()))
    }

    /// The same for a thing that may have no name.
    #[must_use]
    pub(crate) fn named_if(mut self, name: Option<Arc<str>>) -> Self {
        self.name = name;
        self
    }

    /// Adds numbers, and how to show them. All of them are compared and digested, shown or not.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use unplugged::trace::{Event, Trace};
    ///
    /// let trace = Trace::new(1, || Duration::ZERO);
    /// let event = Event::new("voted in").numbers([7, 3, 0], |[term, voters, _], f| {
    ///     write!(f, "term {term}, {voters} voters")
    /// });
    /// trace.record(event);
    /// assert_eq!(trace.lines(), ["+0ns voted in, term 7, 3 voters"]);
    /// ```
    #[must_use]
    pub fn numbers(mut self, numbers: [u64; 3], show: Show) -> Self {
        self.numbers = numbers;
        self.show = Some(show);
        self
    }

    /// Adds where the thing was made.
    #[must_use]
    pub const fn made_at(mut self, place: SourceLocation) -> Self {
        self.made_at = Some(place);
        self
    }
}

/// `wrote to `client`, 18 bytes, made at src/main.rs:41:10`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.name.as_ref().filter(|_| self.is_line) {
            return f.write_str(line);
        }
        f.write_str(self.what)?;
        if let Some(name) = &self.name {
            write!(f, " `{name}`")?;
        }
        if let Some(show) = self.show {
            f.write_str(", ")?;
            show(&self.numbers, f)?;
        }
        match self.made_at {
            Some(place) => write!(f, ", made at {place}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An event and its instant, in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(super) at: u64,
    pub(super) event: Event,
}

#[cfg(feature = "tokio")]
impl Recorded {
    pub(crate) fn numbers(&self) -> String {
        let [first, second, third] = self.event.numbers;
        format!("{first:#x}, {second:#x}, {third:#x}")
    }

    /// Whether both say the same, also in what they do not show.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let known = |one: &Self| (one.at, one.event.what, one.event.numbers, one.event.made_at);
        known(self) == known(other) && self.event.name == other.event.name
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:?} {}", Duration::from_nanos(self.at), self.event)
    }
}
