//! `cargo workbook`: leads through the workbook, and proves that its tests find mistakes.
//!
//! It stores no progress: a chapter is done when its tests are green.

mod args;
mod book;
mod cargo;
mod commands;
mod git;
mod libtest;
mod page;
mod progress;
mod screen;
mod verify;
mod wrong;

use std::process::ExitCode;

use screen::Screen;

/// The text for the reader when a command ends early.
type Failure = String;

fn main() -> ExitCode {
    let mut screen = Screen::new();
    let answer = args::parse(std::env::args().skip(1)).and_then(|command| {
        let here = std::env::current_dir().map_err(|error| format!("no current folder: {error}"))?;
        commands::run(&command, &here, &mut screen)
    });
    match answer {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            screen.failure(&failure);
            ExitCode::from(2)
        }
    }
}
