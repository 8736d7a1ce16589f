use crate::{
    Failure,
    book::{Book, Chapter, Test},
    cargo::{self, Ran},
    libtest::Outcome,
    screen::Screen,
};

/// Shows the first test that is not green. Reports a chapter that does not compile, and goes on with the next.
pub(super) fn run(book: &Book, screen: &mut Screen) -> Result<bool, Failure> {
    let mut broken = false;
    for chapter in book.chapters.iter().filter(|chapter| !book.is_given(chapter)) {
        match cargo::run_chapter(book, chapter)? {
            Ran::DoesNotCompile(text) => {
                does_not_compile(chapter, &text, screen);
                broken = true;
            }
            Ran::Tests(outcomes) => {
                if let Some((name, outcome)) =
                    outcomes.iter().find(|(_, outcome)| *outcome != Outcome::Passed)
                {
                    first_red(chapter, name, outcome, screen);
                    return Ok(false);
                }
            }
        }
    }
    if !broken {
        screen.good("Every test is green. Each chapter's page ends with a task that breaks it again.");
    }
    Ok(!broken)
}

/// Shows the compiler's text, and the file.
pub(super) fn does_not_compile(chapter: &Chapter, text: &str, screen: &mut Screen) {
    screen.bad(&format!("{} does not compile", chapter.id));
    screen.line("");
    screen.indented(text.trim());
    screen.line("");
    screen.line(&format!("your code  {}", chapter.stub()));
    screen.line("");
}

/// Shows a red test: its source, its failure, and what to do.
pub(super) fn first_red(chapter: &Chapter, name: &str, outcome: &Outcome, screen: &mut Screen) {
    let position = chapter.tests.iter().position(|test| test.name == name).map_or(0, |index| index + 1);
    screen.bold(&format!("{}, test {position} of {}: {name}", chapter.id, chapter.tests.len()));
    screen.line("");
    let line = chapter.test(name).map(|test| show_test(test, screen)).unwrap_or_default();
    match outcome {
        Outcome::Failed { place, text } => {
            screen.line(&format!("it fails at {place}"));
            screen.line("");
            screen.failure_text(text);
        }
        Outcome::Passed | Outcome::NoEnd => {
            screen.bad("it did not end: look for a loop that makes no progress")
        }
    }
    let alone = format!("cargo {} -- --exact {name}", cargo::test_arguments(chapter).join(" "));
    screen.line("");
    screen.line(&format!("the test   {}{line} (do not edit it)", chapter.tests_file()));
    screen.line(&format!("your code  {}", chapter.stub()));
    screen.line("again      cargo workbook next");
    screen.line(&format!("alone      {alone}"));
    screen.line(&format!("a hint     cargo workbook hint {}", chapter.id));
}

/// Shows the source, and returns `:line`.
fn show_test(test: &Test, screen: &mut Screen) -> String {
    screen.indented(&test.source);
    screen.line("");
    format!(":{}", test.line)
}
