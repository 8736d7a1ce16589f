//! Events of the user's own.

use std::{fmt, sync::Arc};

use crate::violation::SourceLocation;

/// How an event shows its numbers.
type Show = fn(&[u64; 3], &mut fmt::Formatter<'_>) -> fmt::Result;

/// An event of your own, for [`record`](super::record()). Making one formats nothing; reading it does.
#[derive(Clone)]
pub struct CustomEvent {
    pub(super) what: &'static str,
    pub(super) name: Option<Arc<str>>,
    pub(super) numbers: [u64; 3],
    show: Option<Show>,
    pub(super) made_at: Option<SourceLocation>,
}

impl CustomEvent {
    /// Makes an event; `what` happened, as in "elected" or "wrote to".
    #[must_use]
    pub const fn new(what: &'static str) -> Self {
        Self { what, name: None, numbers: [0; 3], show: None, made_at: None }
    }

    /// Adds the name of the thing to which it happened.
    #[must_use]
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Returns the numbers, shown or not.
    #[cfg(feature = "tokio")]
    pub(crate) const fn all_numbers(&self) -> [u64; 3] {
        self.numbers
    }

    /// Adds numbers, and how to show them. All of them are compared, shown or not.
    ///
    /// ```
    /// # use std::time::Duration;
    /// use unplugged::trace::{CustomEvent, Trace};
    ///
    /// let trace = Trace::new(1, || Duration::ZERO);
    /// let event = CustomEvent::new("voted in").numbers([7, 3, 0], |[term, voters, _], f| {
    ///     write!(f, "term {term}, {voters} voters")
    /// });
    /// trace.record(event);
    /// assert_eq!(trace.events().lines(), ["+0ns voted in, term 7, 3 voters"]);
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

    /// Returns the words that it was made with.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the name of the thing to which it happened.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// Two events are equal if they say the same; how they show their numbers does not count.
impl PartialEq for CustomEvent {
    fn eq(&self, other: &Self) -> bool {
        let known = |one: &Self| (one.what, one.numbers, one.made_at);
        known(self) == known(other) && self.name == other.name
    }
}

impl Eq for CustomEvent {}

/// `` elected `node 3`, term 7, made at src/main.rs:41:10 ``.
impl fmt::Display for CustomEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

impl fmt::Debug for CustomEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
