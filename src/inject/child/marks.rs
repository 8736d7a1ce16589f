//! The marks that a child leaves on its standard output, between what its body prints.

use std::io::{self, Write};

/// Marks that nobody prints by chance: each begins with a word that is new for every child.
pub(super) struct Marks {
    word: String,
}

/// The output of a child: its marks, and the rest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) begun: bool,
    pub(super) complete: bool,
    pub(super) panic: Option<String>,
    pub(super) output: Vec<u8>,
}

impl Marks {
    pub(super) const fn new(word: String) -> Self {
        Self { word }
    }

    pub(super) fn begun(&self) {
        self.leave("begun", "");
    }

    pub(super) fn complete(&self) {
        self.leave("complete", "");
    }

    pub(super) fn panicked(&self, text: &str) {
        self.leave("panic", text);
    }

    /// `\n<word> <kind> <length>\n<text>\n`, in one write. The harness may not have ended its line.
    fn leave(&self, kind: &str, text: &str) {
        let mut stdout = io::stdout().lock();
        let mark = format!("\n{} {kind} {}\n{text}\n", self.word, text.len());
        // Without its reader the child has nobody to tell.
        drop(stdout.write_all(mark.as_bytes()).and_then(|()| stdout.flush()));
    }

    /// Reads the marks out of an output; what is no whole mark stays in it.
    pub(super) fn read(&self, output: &[u8]) -> Told {
        let mut told = Told { begun: false, complete: false, panic: None, output: Vec::new() };
        let start = format!("\n{} ", self.word);
        let mut rest = output;
        while let Some(at) = find(rest, start.as_bytes()) {
            let Some((kind, text, after)) = parse(&rest[at + start.len()..]) else { break };
            match kind {
                b"begun" => told.begun = true,
                b"complete" => told.complete = true,
                _ => told.panic = Some(String::from_utf8_lossy(text).into_owned()),
            }
            told.output.extend_from_slice(&rest[..at]);
            rest = after;
        }
        told.output.extend_from_slice(rest);
        told
    }
}

/// `kind length\ntext\n`, and what comes after it.
fn parse(mark: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let line = mark.split(|byte| *byte == b'\n').next()?;
    let mut words = line.split(|byte| *byte == b' ');
    let (kind, length) = (words.next()?, std::str::from_utf8(words.next()?).ok()?.parse::<usize>().ok()?);
    let (text, after) = mark.get(line.len() + 1..)?.split_at_checked(length)?;
    Some((kind, text, after.strip_prefix(b"\n")?))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> Told {
        Marks::new("w7".into()).read(output.as_bytes())
    }

    #[test]
    fn marks_are_read_out_of_the_output() {
        let told = read("test a ... \nw7 begun 0\n\nhello\n\nw7 panic 4\na\nb!\nok\n");
        assert!(told.begun && !told.complete);
        assert_eq!(told.panic.as_deref(), Some("a\nb!"));
        assert_eq!(told.output, b"test a ... hello\nok\n");
        assert!(read("\nw7 complete 0\n\n").complete);
    }

    #[test]
    fn what_is_no_whole_mark_stays_in_the_output() {
        for output in
            ["\nw8 begun 0\n\n", "w7 begun 0\n\n", "\nw7 begun", "\nw7 panic 9\nshort\n", "\nw7 x y\n"]
        {
            let told = read(output);
            assert!(!told.begun && !told.complete && told.panic.is_none(), "{output:?}");
            assert_eq!(told.output, output.as_bytes());
        }
    }
}
