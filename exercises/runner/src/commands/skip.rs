use crate::{
    Failure,
    book::{self, Book, Chapter},
    screen::Screen,
};

/// Puts the reference in the place of the learner's chapter, or takes it out again. The learner's file stays.
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
        screen.line(&format!("{id} is yours again: {}", chapter.stub()));
    } else {
        screen.line(&format!("{id}: the reference stands in. {} stays as it is.", chapter.stub()));
        screen.line(&format!("yours again: cargo workbook skip {id} --undo"));
    }
    Ok(true)
}
