use crate::{Failure, book::Book, progress::Standing, screen::Screen};

/// Lists the chapters and the progress.
pub(super) fn run(book: &Book, screen: &mut Screen) -> Result<bool, Failure> {
    let widest = book.chapters.iter().map(|chapter| chapter.page.title.len()).max().unwrap_or(0);
    let (mut green, mut all, mut minutes) = (0, 0, 0);
    for chapter in &book.chapters {
        let tests = chapter.tests.len();
        let standing = Standing::of(book, chapter)?;
        let done = match standing {
            Standing::Green(count) => count,
            Standing::Given => tests,
            Standing::DoesNotCompile => 0,
        };
        green += done;
        all += tests;
        let words = standing.words(tests);
        let title = &chapter.page.title;
        let line = format!("{}  {title:widest$}  {words}", chapter.id);
        if done == tests {
            screen.good(&line);
        } else {
            minutes += chapter.page.minutes;
            screen.line(&format!("{line}, about {} minutes", chapter.page.minutes));
        }
    }
    screen.line("");
    if green == all {
        screen.bold(&format!("All {all} tests are green."));
    } else {
        screen.bold(&format!("{green} of {all} tests are green; the rest takes about {minutes} minutes."));
        screen.line("continue: cargo workbook next");
    }
    Ok(true)
}
