use super::ask;
use crate::{
    Failure,
    book::{self, Book, Chapter},
    progress::Standing,
    screen::Screen,
};

/// Shows the reference solution, once the learner's is green or with `--anyway`.
pub(super) fn run(
    book: &Book,
    chapter: &Chapter,
    anyway: bool,
    screen: &mut Screen,
) -> Result<bool, Failure> {
    let all = chapter.tests.len();
    let standing = Standing::of(book, chapter)?;
    let is_solved = matches!(standing, Standing::Given) || standing == Standing::Green(all);
    if !is_solved && !anyway {
        let question = format!("{}: {}. Show the solution anyway?", chapter.id, standing.words(all));
        if !ask(&question, "--anyway")? {
            screen.line(&format!("for a hint: cargo workbook hint {}", chapter.id));
            return Ok(true);
        }
    }
    for file in book::sources(&book.root.join(chapter.solution()))? {
        let name = book::shown(file.strip_prefix(&book.root).unwrap_or(&file));
        screen.bold(&format!("// {name}"));
        screen.line("");
        screen.line(book::read(&file)?.trim_end());
        screen.line("");
    }
    Ok(true)
}
