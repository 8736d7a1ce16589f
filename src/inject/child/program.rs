//! A program that runs as a child.

use std::{ffi::OsStr, process::Command, time::Duration};

use super::{ended::EndedChild, of_test::VARIABLE, spawn, texts};
use crate::{guard, violation::SourceLocation};

/// Returns a program to run as a child; of the package under test that is `env!("CARGO_BIN_EXE_name")`.
///
/// ```
/// use unplugged::inject::child;
///
/// child::program("cargo").arg("no-such-command").run().assert_exited(101);
///
/// let child = child::program("cargo").arg("--version").marker("cargo").run();
/// assert!(child.check_completed().unwrap_err().headline().ends_with("never printed its marker"));
/// ```
#[track_caller]
pub fn program(path: impl AsRef<OsStr>) -> Program {
    Program {
        command: Command::new(path),
        marker: None,
        input: Vec::new(),
        limit: spawn::LIMIT,
        made_at: SourceLocation::caller(),
        is_run: false,
    }
}

/// A program to run as a child. Made by [`program`].
///
/// # Panics
/// When it is dropped before [`run`](Self::run), unless the thread already panics.
#[must_use = "nothing happens before `run`"]
#[derive(Debug)]
pub struct Program {
    command: Command,
    marker: Option<String>,
    input: Vec<u8>,
    limit: Duration,
    made_at: SourceLocation,
    is_run: bool,
}

impl Program {
    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets a variable of its environment; the others are inherited.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of its environment.
    pub fn env_absent(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Sets what it can read from its standard input: nothing unless set.
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Sets the line that it prints on its standard output when its work is complete.
    ///
    /// # Panics
    /// If it is empty or several lines: that would prove nothing.
    #[track_caller]
    pub fn marker(mut self, line: impl Into<String>) -> Self {
        let line = line.into();
        if line.trim().is_empty() || line.contains('\n') {
            texts::bad_marker(&line).raise();
        }
        self.marker = Some(line);
        self
    }

    /// Sets how much real time it may take: a minute unless set.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If it cannot be started.
    #[track_caller]
    pub fn run(mut self) -> EndedChild {
        self.is_run = true;
        self.command.env_remove(VARIABLE); // a test in it is nobody's child
        let name = self.name();
        let input = std::mem::take(&mut self.input);
        match spawn::run(&mut self.command, input, self.limit) {
            Ok(output) => {
                EndedChild::of_program(name, output, self.marker.as_deref(), self.limit, self.made_at)
            }
            Err(error) => texts::cannot_start(&name, &error, self.made_at).raise(),
        }
    }

    fn name(&self) -> String {
        format!("program `{}`", self.command.get_program().to_string_lossy())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !self.is_run {
            guard::raise_in_drop(&texts::never_run(&self.name(), self.made_at));
        }
    }
}
