//! Output for the reader. The text is complete without its colours.

use std::io::Write;

use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Standard output, with colours where they are wanted.
#[derive(Debug)]
pub(crate) struct Screen(anstream::Stdout);

impl Screen {
    pub(crate) fn new() -> Self {
        Self(anstream::stdout())
    }

    /// Prints a line. Ignores a reader that is gone (`| head`).
    pub(crate) fn line(&mut self, text: &str) {
        let _ = writeln!(self.0, "{text}");
        let _ = self.0.flush();
    }

    pub(crate) fn bold(&mut self, text: &str) {
        self.styled(BOLD, text);
    }

    pub(crate) fn good(&mut self, text: &str) {
        self.styled(GOOD, text);
    }

    pub(crate) fn bad(&mut self, text: &str) {
        self.styled(BAD, text);
    }

    /// Prints indented lines.
    pub(crate) fn indented(&mut self, text: &str) {
        for line in text.lines() {
            let line = format!("    {line}");
            self.line(line.trim_end());
        }
    }

    /// Prints the failure text of a test, with coloured `expected` and `got`.
    pub(crate) fn failure_text(&mut self, text: &str) {
        for line in text.lines() {
            let line = format!("    {line}");
            match line.trim_start().split(' ').next() {
                Some("expected") => self.good(&line),
                Some("got") => self.bad(&line),
                _ => self.line(line.trim_end()),
            }
        }
    }

    /// Prints why the command ends early, on standard error.
    pub(crate) fn failure(&self, text: &str) {
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    fn styled(&mut self, style: Style, text: &str) {
        self.line(&format!("{style}{text}{style:#}"));
    }
}
