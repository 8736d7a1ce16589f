//! A wrong solution: an edit of the reference, in `exercises/wrong/chNN/<name>.edit`.
//!
//! ```text
//! caught-by: t01_name
//! in:        ch05_bodies/decoder.rs
//! why:       What the author of this mistake does or believes.
//!
//!  a line that stays, to mark the place
//! -a line that is removed
//! +a line that is added
//! ```
//!
//! An empty line separates hunks. The lines of a hunk that are not added must occur in the file exactly once.

use crate::Failure;

/// A wrong solution.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The name of its file, without the extension.
    pub(crate) name: String,
    /// The test that must catch it.
    pub(crate) caught_by: String,
    /// The file of the reference that it changes: `ch05_bodies/decoder.rs`.
    pub(crate) reference: String,
    hunks: Vec<Hunk>,
}

/// One place that is changed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Hunk {
    /// Its first line in the edit's file.
    line: usize,
    /// The lines in the reference.
    old: Vec<String>,
    /// The lines that replace them.
    new: Vec<String>,
}

/// A hunk that does not fit its reference.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit<'a> {
    /// Its first line in the edit's file.
    pub(crate) line: usize,
    /// The lines that must occur in the reference.
    pub(crate) old: &'a [String],
    /// How they were found instead: `2 times`, or before the end of the hunk above.
    pub(crate) got: String,
}

/// The fields of the header, read so far.
#[derive(Default)]
struct Header {
    caught_by: Option<String>,
    reference: Option<String>,
    why: Option<String>,
}

impl Wrong {
    /// Reads an edit. `file` is its path, for the messages.
    pub(crate) fn parse(name: &str, file: &str, text: &str) -> Result<Self, Failure> {
        let at = |line: usize, fault: String| format!("{file}:{line}: {fault}");
        let mut header = Header::default();
        let mut hunks: Vec<Hunk> = Vec::new();
        let mut is_inside = false;
        let mut lines = text.lines().zip(1..);
        for (line, number) in lines.by_ref().take_while(|(line, _)| !line.is_empty()) {
            header.read(line).map_err(|fault| at(number, fault))?;
        }
        for (line, number) in lines {
            if line.is_empty() {
                is_inside = false;
                continue;
            }
            if !is_inside {
                is_inside = true;
                hunks.push(Hunk { line: number, ..Hunk::default() });
            }
            let Some(hunk) = hunks.last_mut() else { continue };
            hunk.read(line).map_err(|fault| at(number, fault))?;
        }
        for hunk in &hunks {
            hunk.check().map_err(|fault| at(hunk.line, fault.into()))?;
        }
        if hunks.is_empty() {
            return Err(format!("{file}: there is no hunk"));
        }
        let missing = |field: &str| format!("{file}: the field `{field}` is missing");
        let caught_by = header.caught_by.ok_or_else(|| missing("caught-by"))?;
        let reference = header.reference.ok_or_else(|| missing("in"))?;
        header.why.ok_or_else(|| missing("why"))?;
        Ok(Self { name: name.into(), caught_by, reference, hunks })
    }

    /// Makes the mistake in the text of its reference.
    pub(crate) fn apply(&self, reference: &str) -> Result<String, Misfit<'_>> {
        let lines: Vec<&str> = reference.lines().collect();
        let mut edited: Vec<&str> = Vec::new();
        let mut done = 0;
        for hunk in &self.hunks {
            let places: Vec<usize> = (0..lines.len()).filter(|start| hunk.fits(&lines[*start..])).collect();
            let [start] = places[..] else {
                return Err(hunk.misfit(format!("{} times", places.len())));
            };
            if start < done {
                return Err(hunk.misfit("before the end of the hunk above".into()));
            }
            edited.extend(&lines[done..start]);
            edited.extend(hunk.new.iter().map(String::as_str));
            done = start + hunk.old.len();
        }
        edited.extend(&lines[done..]);
        Ok(edited.into_iter().map(|line| format!("{line}\n")).collect())
    }
}

impl Header {
    fn read(&mut self, line: &str) -> Result<(), String> {
        let Some((field, value)) = line.split_once(':') else {
            return Err(format!("`{line}` is not a field: write `field: value`"));
        };
        let place = match field {
            "caught-by" => &mut self.caught_by,
            "in" => &mut self.reference,
            "why" => &mut self.why,
            _ => return Err(format!("unknown field `{field}`: an edit has caught-by, in and why")),
        };
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("the field `{field}` is empty"));
        }
        match place.replace(value.into()) {
            None => Ok(()),
            Some(_) => Err(format!("the field `{field}` is given twice")),
        }
    }
}

impl Hunk {
    fn read(&mut self, line: &str) -> Result<(), String> {
        let (sign, text) = line.split_at_checked(1).unwrap_or((line, ""));
        if !matches!(sign, " " | "-" | "+") {
            return Err(format!("`{line}` must begin with `-`, `+` or a space"));
        }
        if sign != "+" {
            self.old.push(text.into());
        }
        if sign != "-" {
            self.new.push(text.into());
        }
        Ok(())
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.old == self.new {
            return Err("this hunk changes nothing");
        }
        if self.old.is_empty() {
            return Err("this hunk has no place: add a line of the reference, after a space");
        }
        Ok(())
    }

    /// Returns `true` if these lines begin with the hunk's.
    fn fits(&self, lines: &[&str]) -> bool {
        lines.len() >= self.old.len() && self.old.iter().zip(lines).all(|(own, line)| own == line)
    }

    fn misfit(&self, got: String) -> Misfit<'_> {
        Misfit { line: self.line, old: &self.old, got }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "caught-by: t01_a\nin:        ch01_a/mod.rs\nwhy:       It is shorter.\n\n";
    const REFERENCE: &str = "one\n    two\n\nthree\n    two\nfour\n";

    fn parsed(text: &str) -> Result<Wrong, String> {
        Wrong::parse("hasty", "wrong/ch01/hasty.edit", text)
    }

    /// Returns the edited reference, or the hunk that does not fit.
    fn applied(hunks: &str) -> Result<String, String> {
        let edit = parsed(&format!("{HEADER}{hunks}")).expect("an edit");
        edit.apply(REFERENCE)
            .map_err(|Misfit { line, old, got }| format!("line {line}, {got}: {}", old.join("|")))
    }

    #[test]
    fn an_edit_has_a_header_and_hunks() {
        let hunk = |line, old: &[&str], new: &[&str]| Hunk {
            line,
            old: old.iter().map(|line| (*line).to_owned()).collect(),
            new: new.iter().map(|line| (*line).to_owned()).collect(),
        };
        let wrong = Wrong {
            name: "hasty".into(),
            caught_by: "t01_a".into(),
            reference: "ch01_a/mod.rs".into(),
            hunks: vec![hunk(5, &["one", "    two"], &["one"]), hunk(8, &["four"], &["4", "5"])],
        };
        assert_eq!(parsed(&format!("{HEADER} one\n-    two\n\n-four\n+4\n+5\n")), Ok(wrong));
    }

    #[test]
    fn each_hunk_replaces_its_lines() {
        assert_eq!(
            applied(" one\n-    two\n\n-four\n+4\n+5\n").as_deref(),
            Ok("one\n\nthree\n    two\n4\n5\n")
        );
        assert_eq!(applied("-three\n-    two\n").as_deref(), Ok("one\n    two\n\nfour\n"));
        assert_eq!(applied("-\n").as_deref(), Ok("one\n    two\nthree\n    two\nfour\n"));
    }

    #[test]
    fn removed_lines_must_occur_exactly_once() {
        for (hunks, misfit) in [
            ("-three\n-four\n", "line 5, 0 times: three|four"),
            ("-    two\n", "line 5, 2 times:     two"),
            ("-one\n\n two\n+four\n", "line 7, 0 times: two"),
            ("-thre\n", "line 5, 0 times: thre"),
            ("-four\n-five\n", "line 5, 0 times: four|five"),
        ] {
            assert_eq!(applied(hunks), Err(misfit.to_owned()));
        }
    }

    #[test]
    fn hunks_come_in_the_order_of_the_file() {
        for hunks in ["-three\n\n-one\n", "-one\n-    two\n\n-one\n+1\n"] {
            let misfit = applied(hunks).unwrap_err();
            assert!(misfit.ends_with(", before the end of the hunk above: one"), "{misfit}");
        }
    }

    #[test]
    fn each_fault_of_an_edit_has_its_text() {
        for (text, fault) in [
            ("caught_by: t01_a\n", ":1: unknown field `caught_by`: an edit has caught-by, in and why"),
            ("in: ch01_a/mod.rs\nbecause\n", ":2: `because` is not a field: write `field: value`"),
            ("why: It is shorter.\nwhy: It is quicker.\n", ":2: the field `why` is given twice"),
            ("why:\n", ":1: the field `why` is empty"),
            ("", ": there is no hunk"),
            ("in: ch01_a/mod.rs\nwhy: It is shorter.\n\n-one\n", ": the field `caught-by` is missing"),
            ("caught-by: t01_a\nwhy: It is shorter.\n\n-one\n", ": the field `in` is missing"),
            ("caught-by: t01_a\nin: ch01_a/mod.rs\n\n-one\n", ": the field `why` is missing"),
        ] {
            assert_eq!(parsed(text), Err(format!("wrong/ch01/hasty.edit{fault}")), "{text}");
        }
        for (hunks, fault) in [
            ("", ": there is no hunk"),
            ("-one\n\n one\n    two\n", ":7: this hunk changes nothing"),
            ("-one\n+one\n", ":5: this hunk changes nothing"),
            ("+one\n", ":5: this hunk has no place: add a line of the reference, after a space"),
            ("-one\none\n", ":6: `one` must begin with `-`, `+` or a space"),
            ("-one\n\u{e9}t\u{e9}\n", ":6: `\u{e9}t\u{e9}` must begin with `-`, `+` or a space"),
        ] {
            let text = format!("{HEADER}{hunks}");
            assert_eq!(parsed(&text), Err(format!("wrong/ch01/hasty.edit{fault}")), "{hunks}");
        }
    }
}
