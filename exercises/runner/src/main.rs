//! `cargo workbook`: leads through the workbook, and proves that its tests are worth solving.
//!
//! It keeps no record of its own. What is done is what is green.

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

/// Why a command ends early: a text for the reader.
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
