//! What the reader sees. Colours only underline what the words already say.

use std::io::Write;

use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Standard output; colours are left out where they are not wanted.
#[derive(Debug)]
pub(crate) struct Screen(anstream::Stdout);

impl Screen {
    pub(crate) fn new() -> Self {
        Self(anstream::stdout())
    }

    /// A line of text. Nobody reading any more (`| head`) is no mistake.
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

    /// A text of several lines, moved to the right.
    pub(crate) fn indented(&mut self, text: &str) {
        for line in text.lines() {
            let line = format!("    {line}");
            self.line(line.trim_end());
        }
    }

    /// What a test says: what it expected and what it got stand out.
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

    /// Why the command ends early, on standard error.
    pub(crate) fn failure(&self, text: &str) {
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    fn styled(&mut self, style: Style, text: &str) {
        self.line(&format!("{style}{text}{style:#}"));
    }
}
