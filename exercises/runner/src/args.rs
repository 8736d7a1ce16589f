//! The command line.

use crate::Failure;

/// The text of `cargo workbook` alone, `help` and `--help`.
pub(crate) const HELP: &str = "\
cargo workbook <command>

  list                 list the chapters and your progress
  next                 show the first red test, and what to run
  test chNN            run all tests of a chapter, and show the first red one
  watch                run `next` again after each save
  hint chNN [step]     show a hint: 1 a nudge, 2 the approach, 3 nearly the answer
  solution chNN        show the reference solution, once yours is green
                       (--anyway: before that)
  skip chNN            use the reference for a chapter (--undo: use yours again)
  reset chNN           begin a chapter again; asks first, and keeps your file (--yes: do not ask)
  doctor               check what is installed

for authors of chapters

  check chNN           prove one chapter
  verify               prove all: each given test red on its stub, each wrong solution caught
                       (--stubs REV: take the stubs from another commit than HEAD)
";

/// One command, with its chapter (`ch01`) where it has one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    List,
    Next,
    Watch,
    Doctor,
    Test { chapter: String },
    Hint { chapter: String, step: usize },
    Solution { chapter: String, anyway: bool },
    Skip { chapter: String, undo: bool },
    Reset { chapter: String, yes: bool },
    Verify { chapter: Option<String>, stubs: String },
}

/// Reads a command line.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Command, Failure> {
    let mut words = Words(arguments.into_iter().collect());
    if words.flag("--help") || words.flag("-h") {
        return Ok(Command::Help);
    }
    let Some(name) = words.next() else { return Ok(Command::Help) };
    let command = match name.as_str() {
        "help" => Command::Help,
        "list" => Command::List,
        "next" => Command::Next,
        "watch" => Command::Watch,
        "doctor" => Command::Doctor,
        "test" => Command::Test { chapter: words.chapter(&name)? },
        "hint" => Command::Hint { chapter: words.chapter(&name)?, step: words.step()? },
        "solution" => Command::Solution { anyway: words.flag("--anyway"), chapter: words.chapter(&name)? },
        "skip" => Command::Skip { undo: words.flag("--undo"), chapter: words.chapter(&name)? },
        "reset" => Command::Reset { yes: words.flag("--yes"), chapter: words.chapter(&name)? },
        "check" => Command::Verify { stubs: words.stubs()?, chapter: Some(words.chapter(&name)?) },
        "verify" => Command::Verify { stubs: words.stubs()?, chapter: None },
        _ => return Err(format!("there is no command `{name}`\n\n{HELP}")),
    };
    match words.next() {
        None => Ok(command),
        Some(extra) => Err(format!("`{name}` does not take `{extra}`")),
    }
}

/// The words of the command line that are still to be read.
struct Words(Vec<String>);

impl Words {
    fn next(&mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Takes a flag out, at any place.
    fn flag(&mut self, flag: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != flag);
        self.0.len() < before
    }

    fn chapter(&mut self, command: &str) -> Result<String, Failure> {
        let missing = || format!("which chapter? for example: cargo workbook {command} ch01");
        let word = self.next().ok_or_else(missing)?;
        let digits = word.strip_prefix("ch").unwrap_or(&word);
        match digits.parse::<u8>() {
            Ok(number) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(format!("ch{number:02}")),
            _ => Err(format!("`{word}` is not a chapter; {}", missing())),
        }
    }

    fn step(&mut self) -> Result<usize, Failure> {
        let Some(word) = self.next() else { return Ok(1) };
        let number = word.parse().ok().filter(|step| *step > 0);
        number.ok_or_else(|| format!("`{word}` is not a step: hints count from 1"))
    }

    fn stubs(&mut self) -> Result<String, Failure> {
        let Some(at) = self.0.iter().position(|word| word == "--stubs") else { return Ok("HEAD".into()) };
        self.0.remove(at);
        if at < self.0.len() { Ok(self.0.remove(at)) } else { Err("--stubs needs a commit".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Failure> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn a_chapter_may_be_written_in_three_ways() {
        for chapter in ["ch03", "3", "03"] {
            assert_eq!(parsed(&format!("test {chapter}")), Ok(Command::Test { chapter: "ch03".into() }));
        }
    }

    #[test]
    fn flags_may_come_at_any_place() {
        let expected = Command::Reset { chapter: "ch01".into(), yes: true };
        assert_eq!(parsed("reset --yes ch01").as_ref(), Ok(&expected));
        assert_eq!(parsed("reset ch01 --yes"), Ok(expected));
        let expected = Command::Verify { chapter: Some("ch02".into()), stubs: "main".into() };
        assert_eq!(parsed("check --stubs main 2"), Ok(expected));
    }

    #[test]
    fn a_hint_begins_at_step_one() {
        assert_eq!(parsed("hint 1"), Ok(Command::Hint { chapter: "ch01".into(), step: 1 }));
        assert_eq!(parsed("hint 1 3"), Ok(Command::Hint { chapter: "ch01".into(), step: 3 }));
    }

    #[test]
    fn each_bad_command_has_its_text() {
        assert_eq!(parsed("").as_ref(), Ok(&Command::Help));
        for (line, text) in [
            ("test", "which chapter? for example: cargo workbook test ch01"),
            ("test +1", "`+1` is not a chapter; which chapter? for example: cargo workbook test ch01"),
            ("hint 1 0", "`0` is not a step: hints count from 1"),
            ("list all", "`list` does not take `all`"),
            ("verify --stubs", "--stubs needs a commit"),
        ] {
            assert_eq!(parsed(line), Err(text.to_owned()));
        }
        assert!(
            parsed("lits")
                .is_err_and(|text| text.starts_with("there is no command `lits`\n\ncargo workbook"))
        );
    }
}
