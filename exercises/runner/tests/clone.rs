//! Runs the runner in clones of the repository.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const HEAD: &str = "exercises/src/ch01_request_head.rs";
const WRITER: &str = "exercises/src/ch02_response_writer.rs";

/// A repository with the files of the working copy.
struct Clone(PathBuf);

impl Clone {
    fn make(name: &str) -> Self {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // The folder `target` stays between runs, to make them quick.
        for old in ["exercises", "src", ".git"] {
            let _ = fs::remove_dir_all(to.join(old));
        }
        let files = git(&from, &["ls-files", "--cached", "--others", "--exclude-standard"]);
        for file in files.lines().filter(|file| from.join(file).is_file()) {
            fs::create_dir_all(to.join(file).parent().unwrap()).unwrap();
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        let clone = Self(to);
        git(&clone.0, &["init", "--quiet"]);
        clone.commit();
        clone
    }

    fn commit(&self) {
        git(&self.0, &["add", "--all"]);
        git(&self.0, &["commit", "--quiet", "--message", "all"]);
    }

    /// Runs `cargo workbook ..`, checks its status, and returns its output.
    #[track_caller]
    fn workbook(&self, status: i32, arguments: &str) -> String {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_workbook-runner"));
        runner
            .args(arguments.split(' '))
            .current_dir(self.0.join("exercises/src"))
            .env_remove("CARGO_TARGET_DIR");
        let output = runner.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap().replace("\r\n", "\n");
        assert_eq!(output.status.code(), Some(status), "{arguments}:\n{said}");
        assert!(!said.contains('\u{1b}'), "colours in a pipe:\n{said}");
        said
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).unwrap();
    }

    /// Replaces a text in a file.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert!(text.contains(from), "{file} does not hold {from}");
        self.write(file, &text.replace(from, to));
    }

    /// Keeps only these wrong solutions of a chapter: each costs a second.
    fn keep_wrong(&self, chapter: &str, kept: &[&str]) {
        for entry in fs::read_dir(self.0.join("exercises/wrong").join(chapter)).unwrap() {
            let file = entry.unwrap().path();
            if !kept.contains(&file.file_stem().unwrap().to_str().unwrap()) {
                fs::remove_file(file).unwrap();
            }
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let settings = ["user.name=a", "user.email=a@example.org", "core.autocrlf=false", "commit.gpgsign=false"];
    let settings = settings.iter().flat_map(|setting| ["-c", setting]);
    let output = Command::new("git").args(settings).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn says(said: &str, wanted: &str) {
    assert!(said.contains(wanted), "does not say `{wanted}`:\n{said}");
}

/// Checks for a row of the list, whatever the width of its columns.
#[track_caller]
fn lists(said: &str, wanted: &str) {
    let mut rows = said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(rows.any(|row| row == wanted), "does not list `{wanted}`:\n{said}");
}

#[test]
fn a_learner_goes_through_the_commands_and_loses_nothing() {
    let clone = Clone::make("learner");
    let said = clone.workbook(1, "next");
    // Exactly what the README's first screen shows.
    let readme = clone.read("exercises/README.md");
    let (_, shown) = readme.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert_eq!(shown.lines().count(), 6, "{shown}");
    shown.lines().filter(|line| *line != "...").for_each(|line| says(&said, &format!("{line}\n")));
    says(&said, "    #[test]\n    fn t01_request_line() {\n");
    says(&said, "--test ch01_request_head -- --exact t01_request_line\n");

    // Half a solution: another test is red next.
    clone.edit(
        HEAD,
        "exercise!(\n        \"ch01\",\n        \"parse_head(",
        "if buf.is_empty() { return Ok(None) }\n    exercise!(\n        \"ch01\",\n        \"parse_head(",
    );
    says(&clone.workbook(1, "test ch01"), "red    t02_nothing_yet\n");

    // A chapter that does not compile is reported, and does not block the next.
    clone.write(HEAD, "fn mine() {");
    let said = clone.workbook(1, "next");
    says(&said, "ch01 does not compile\n");
    says(&said, "ch02, test 1 of 20: t01_status_line_with_reason\n");
    let said = clone.workbook(0, "list");
    lists(&said, "ch01 Request head does not compile, about 60 minutes");
    lists(&said, "ch02 Response writer [....................] 0 of 20 green, about 45 minutes");

    // Begin again: it asks first, and keeps the file.
    says(&clone.workbook(2, "reset ch01"), "there is no terminal to ask on: use --yes\n");
    assert_eq!(clone.read(HEAD), "fn mine() {");
    says(
        &clone.workbook(0, "reset ch01 --yes"),
        "Your file is kept: exercises/kept/ch01_request_head.1.rs\n",
    );
    assert_eq!(clone.read("exercises/kept/ch01_request_head.1.rs"), "fn mine() {");
    clone.write(HEAD, "fn mine_again() {");
    says(
        &clone.workbook(0, "reset ch01 --yes"),
        "Your file is kept: exercises/kept/ch01_request_head.2.rs\n",
    );
    says(&clone.workbook(0, "reset ch01"), "is the stub already.\n");

    // The reference replaces a chapter, and the learner's code again.
    let stub = clone.read(HEAD);
    clone.workbook(0, "skip ch01");
    lists(&clone.workbook(0, "list"), "ch01 Request head given by the reference");
    says(&clone.workbook(1, "next"), "ch02, test 1 of 20");
    says(&clone.workbook(0, "test ch01"), "ch01: all 25 are green.\n");
    clone.workbook(0, "skip ch01 --undo");
    says(&clone.workbook(1, "next"), "ch01, test 1 of 25");
    assert_eq!(clone.read(HEAD), stub);

    // The solution needs a second request.
    says(
        &clone.workbook(2, "solution ch01"),
        "0 of 25 green. Show the solution anyway?\nthere is no terminal to ask on: use --anyway\n",
    );
    says(
        &clone.workbook(0, "solution ch01 --anyway"),
        "// exercises/solutions/src/ch01_request_head/field.rs\n",
    );
}

#[test]
fn a_test_that_does_not_end_is_named() {
    let clone = Clone::make("endless");
    let text = clone.read(HEAD);
    let (before, _) = text.split_once("pub fn parse_head(").unwrap();
    let endless = "pub fn parse_head(_: &[u8]) -> Result<Option<(Head, usize)>, ParseError> {\n    std::process::abort()\n}\npub fn parse_headers(_: &[u8]) -> Result<Option<(Headers, usize)>, ParseError> {\n    Ok(None)\n}\n";
    clone.write(HEAD, &format!("{before}{endless}"));
    let said = clone.workbook(1, "next");
    says(&said, "ch01, test 1 of 25: t01_request_line\n");
    says(&said, "it did not end: look for a loop that makes no progress\n");
}

#[test]
fn a_learners_edits_do_not_confuse_the_proofs() {
    let clone = Clone::make("proofs");
    clone.keep_wrong("ch02", &["ends_the_body_early"]);
    clone.write(WRITER, "my own work");
    let said = clone.workbook(0, "check ch02");
    says(&said, "proven   ch02 wrong: ends_the_body_early, caught by t13_empty_chunk_is_not_written\n");
    says(&said, "| ch02 response writer | 20 | 20 | 20 | 1 of 1 |\n");
    says(&said, "everything is proven\n");
}

#[test]
fn each_failed_proof_is_named() {
    let clone = Clone::make("offenders");
    clone.keep_wrong(
        "ch01",
        &[
            "takes_one_read_for_one_request",
            "takes_any_line_end",
            "splits_at_any_space",
            "cuts_the_value_at_a_colon",
        ],
    );
    let line = "fn parse_head(buf: &[u8]) -> Result<Option<(Head, usize)>, ParseError> {\n";
    clone.edit(HEAD, line, &format!("{line}    if buf.len() < 15 {{ return Ok(None); }}\n"));
    let wrong = "exercises/wrong/ch01/takes_one_read_for_one_request.edit";
    clone.edit(wrong, ".ok_or(ParseError::BadRequest)?;", ".unwrap();");
    let wrong = "exercises/wrong/ch01/takes_any_line_end.edit";
    clone.edit(wrong, "t20_only_cr_lf_ends_a_line", "t01_request_line");
    let wrong = "exercises/wrong/ch01/splits_at_any_space.edit";
    clone.edit(wrong, ".map(str::as_bytes)", ".map(str::as_byte)");
    let wrong = "exercises/wrong/ch01/cuts_the_value_at_a_colon.edit";
    clone.edit(wrong, "-    let colon =", "-    let end =");
    clone.commit();
    let said = clone.workbook(1, "check ch01");
    says(&said, "PASSES ON THE STUB: ch01 t02_nothing_yet\n");
    says(&said, "RED ON THE STUB WITHOUT THE EXERCISE'S TEXT, but `the answer is wrong` at ");
    says(&said, "CRASHES at ");
    says(&said, "NOT CAUGHT by t01_request_line: ch01 takes_any_line_end\n");
    says(&said, "DOES NOT COMPILE: ch01 wrong: splits_at_any_space, caught by t15_extra_item\n");
    says(
        &said,
        "THE MISTAKE NO LONGER FITS ITS REFERENCE: ch01 cuts_the_value_at_a_colon
  edit      exercises/wrong/ch01/cuts_the_value_at_a_colon.edit:5
  reference exercises/solutions/src/ch01_request_head/field.rs
  lines         let end = line.iter().position(|byte| *byte == b':').ok_or(ParseError::BadRequest)?;
                let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
  expected  once
  got       0 times
",
    );
    says(&said, "if that commit has your own work, take the stubs from another: --stubs REV\n");
    says(&said, "| ch01 request head | 25 | 23 | 25 | 0 of 4 |\n");
}

#[test]
fn a_file_that_is_no_edit_of_a_chapter_is_named() {
    let clone = Clone::make("edits");
    let edit = "exercises/wrong/ch02/trusts_values.edit";
    clone.edit(edit, "why:", "because:");
    let fault = ":3: unknown field `because`: an edit has caught-by, in and why\n";
    assert_eq!(clone.workbook(2, "hint ch01"), format!("{edit}{fault}"));
    clone.edit(edit, "because:", "why:");

    let file = "exercises/wrong/ch02/trusts_values.rs";
    clone.write(file, "");
    let fault = ": a wrong solution is an edit, `<name>.edit`\n";
    assert_eq!(clone.workbook(2, "hint ch01"), format!("{file}{fault}"));
    fs::remove_file(clone.0.join(file)).unwrap();

    fs::create_dir(clone.0.join("exercises/wrong/ch12")).unwrap();
    assert_eq!(clone.workbook(2, "hint ch01"), "exercises/wrong/ch12: there is no chapter ch12\n");
}
