use crate::{
    Failure,
    book::{self, Book, Chapter},
    screen::Screen,
};

/// Uses the reference for a chapter, or the learner's code again. The learner's file does not change.
pub(super) fn run(book: &Book, chapter: &Chapter, undo: bool, screen: &mut Screen) -> Result<bool, Failure> {
    let id = &chapter.id;
    let mut given = book.given.clone();
    given.retain(|own| own != id);
    if !undo {
        given.push(id.clone());
        given.sort();
    }
    let manifest = book.root.join("exercises/Cargo.toml");
    book::write(&manifest, &book::with_given(&book::read(&manifest)?, &given))?;
    if undo {
        screen.line(&format!("{id} uses your code again: {}", chapter.stub()));
    } else {
        screen.line(&format!("{id} uses the reference. {} does not change.", chapter.stub()));
        screen.line(&format!("to undo: cargo workbook skip {id} --undo"));
    }
    Ok(true)
}
