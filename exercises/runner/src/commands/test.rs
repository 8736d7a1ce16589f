use super::next;
use crate::{
    Failure,
    book::{Book, Chapter},
    cargo::{self, Ran},
    libtest::Outcome,
    screen::Screen,
};

/// Runs all tests of a chapter, lists them, and shows the first red one.
pub(super) fn run(book: &Book, chapter: &Chapter, screen: &mut Screen) -> Result<bool, Failure> {
    if book.is_given(chapter) {
        screen.line(&format!(
            "{}: the reference is used, not your code (cargo workbook skip {0} --undo)",
            chapter.id
        ));
    }
    let outcomes = match cargo::run_chapter(book, chapter)? {
        Ran::Tests(outcomes) => outcomes,
        Ran::DoesNotCompile(text) => {
            next::does_not_compile(chapter, &text, screen);
            return Ok(false);
        }
    };
    for (name, outcome) in &outcomes {
        match outcome {
            Outcome::Passed => screen.good(&format!("green  {name}")),
            Outcome::Failed { .. } => screen.line(&format!("red    {name}")),
            Outcome::NoEnd => screen.bad(&format!("no end {name}")),
        }
    }
    screen.line("");
    let all_green =
        |name: &str| outcomes.iter().any(|(own, outcome)| own == name && *outcome == Outcome::Passed);
    match outcomes.iter().find(|(_, outcome)| *outcome != Outcome::Passed) {
        Some((name, outcome)) => {
            next::first_red(chapter, name, outcome, screen);
            Ok(false)
        }
        None if chapter.tests.iter().all(|test| all_green(&test.name)) => {
            screen.good(&format!("{}: all {} are green.", chapter.id, outcomes.len()));
            Ok(true)
        }
        None => Err(format!("{}: not every test of {} ran", chapter.id, chapter.tests_file())),
    }
}
