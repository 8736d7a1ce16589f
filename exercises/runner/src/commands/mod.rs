//! The commands, one file for each.

mod doctor;
mod hint;
mod list;
mod next;
mod reset;
mod skip;
mod solution;
mod test;
mod watch;

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
};

use crate::{
    Failure,
    args::{Command, HELP},
    book::Book,
    screen::Screen,
    verify,
};

/// Runs a command. Returns `false` if it found something wrong.
pub(crate) fn run(command: &Command, here: &Path, screen: &mut Screen) -> Result<bool, Failure> {
    if *command == Command::Help {
        screen.line(HELP.trim_end());
        return Ok(true);
    }
    let book = Book::open(here)?;
    match command {
        Command::Help => Ok(true),
        Command::List => list::run(&book, screen),
        Command::Next => next::run(&book, screen),
        Command::Watch => watch::run(&book, screen),
        Command::Doctor => doctor::run(&book, screen),
        Command::Test { chapter } => test::run(&book, book.chapter(chapter)?, screen),
        Command::Hint { chapter, step } => hint::run(book.chapter(chapter)?, *step, screen),
        Command::Solution { chapter, anyway } => {
            solution::run(&book, book.chapter(chapter)?, *anyway, screen)
        }
        Command::Skip { chapter, undo } => skip::run(&book, book.chapter(chapter)?, *undo, screen),
        Command::Reset { chapter, yes } => reset::run(&book, book.chapter(chapter)?, *yes, screen),
        Command::Verify { chapter, stubs } => {
            let chapters = match chapter {
                Some(id) => vec![book.chapter(id)?],
                None => book.chapters.iter().collect(),
            };
            verify::run(&book, &chapters, stubs, screen)
        }
    }
}

/// Asks a question; only `yes` counts as yes. Without a terminal, the error names the flag that answers.
fn ask(question: &str, flag: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(format!("{question}\nthere is no terminal to ask on: use {flag}"));
    }
    let _ = write!(anstream::stderr(), "{question} [yes/no] ");
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| format!("no answer: {error}"))?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
