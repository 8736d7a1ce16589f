//! The learner's progress.

use crate::{
    Failure,
    book::{Book, Chapter},
    cargo::{self, Ran},
    libtest::Outcome,
};

const BAR: usize = 20;

/// The progress of a chapter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The reference replaces it.
    Given,
    /// This number of tests is green.
    Green(usize),
    DoesNotCompile,
}

impl Standing {
    /// Runs the chapter's tests to find out.
    pub(crate) fn of(book: &Book, chapter: &Chapter) -> Result<Self, Failure> {
        if book.is_given(chapter) {
            return Ok(Self::Given);
        }
        Ok(match cargo::run_chapter(book, chapter)? {
            Ran::DoesNotCompile(_) => Self::DoesNotCompile,
            Ran::Tests(outcomes) => {
                Self::Green(outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Passed).count())
            }
        })
    }

    /// Returns the text for the list, with a bar.
    pub(crate) fn words(&self, all: usize) -> String {
        match self {
            Self::Given => "given by the reference".into(),
            Self::DoesNotCompile => "does not compile".into(),
            Self::Green(green) => format!("{} {green} of {all} green", bar(*green, all)),
        }
    }
}

/// Draws `[#####...............]`: full only when all is done, and empty only when nothing is.
fn bar(done: usize, all: usize) -> String {
    let full = match done {
        0 => 0,
        _ if done >= all => BAR,
        _ => (done * BAR / all).max(1),
    };
    format!("[{}{}]", "#".repeat(full), ".".repeat(BAR - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_full_only_when_all_is_done() {
        assert_eq!(bar(0, 25), "[....................]");
        assert_eq!(bar(1, 25), "[#...................]");
        assert_eq!(bar(24, 25), "[###################.]");
        assert_eq!(bar(25, 25), "[####################]");
        assert_eq!(bar(0, 0), "[....................]");
    }

    #[test]
    fn the_words_say_what_the_bar_shows() {
        assert_eq!(Standing::Green(5).words(20), "[#####...............] 5 of 20 green");
        assert_eq!(Standing::Given.words(20), "given by the reference");
        assert_eq!(Standing::DoesNotCompile.words(20), "does not compile");
    }
}
