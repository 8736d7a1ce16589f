use std::path::PathBuf;

use super::ask;
use crate::{
    Failure,
    book::{self, Book, Chapter},
    git,
    screen::Screen,
};

/// Restores the stub, and keeps the learner's file.
pub(super) fn run(book: &Book, chapter: &Chapter, yes: bool, screen: &mut Screen) -> Result<bool, Failure> {
    let name = chapter.stub();
    let file = book.root.join(&name);
    let stub = git::show(&book.root, "HEAD", &name)?;
    if !stub.contains("exercise!(") {
        return Err(format!(
            "the last commit has your own {name}, not the stub: find the stub with git log -- {name}"
        ));
    }
    if !file.exists() {
        book::write(&file, &stub)?;
        screen.line(&format!("{name} was missing. It is the stub again."));
        return Ok(true);
    }
    let own = book::read(&file)?;
    if own == stub {
        screen.line(&format!("{name} is the stub already."));
        return Ok(true);
    }
    if !yes && !ask(&format!("Begin {name} again? Your file is kept."), "--yes")? {
        screen.line("Nothing was changed.");
        return Ok(true);
    }
    let kept = free_place(book, chapter);
    book::write(&kept, &own)?;
    book::write(&file, &stub)?;
    let kept = book::shown(kept.strip_prefix(&book.root).unwrap_or(&kept));
    screen.line(&format!("{name} is the stub again. Your file is kept: {kept}"));
    Ok(true)
}

/// Returns `exercises/kept/ch01_request_head.1.rs`, or the next number that is free.
fn free_place(book: &Book, chapter: &Chapter) -> PathBuf {
    let place = |number: u32| book.root.join(format!("exercises/kept/{}.{number}.rs", chapter.name));
    (1..).map(place).find(|place| !place.exists()).unwrap_or_else(|| place(0))
}
