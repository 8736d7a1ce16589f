//! Building and running test binaries.

use std::{
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{
    Failure,
    book::{Book, Chapter},
    libtest::{self, Outcomes},
};

/// The time limit for all tests of one binary. They do not sleep: only an endless loop reaches it.
const LIMIT: Duration = Duration::from_secs(20);

/// The result of a chapter's tests.
#[derive(Debug)]
pub(crate) enum Ran {
    /// They ran.
    Tests(Outcomes),
    /// They did not compile: the compiler's text.
    DoesNotCompile(String),
}

/// Returns the arguments that test one chapter and build nothing else, so that a mistake in another chapter does not
/// matter.
pub(crate) fn test_arguments(chapter: &Chapter) -> Vec<String> {
    let features = format!("{},given", chapter.id);
    ["test", "-p", "workbook", "--no-default-features", "--features", &features, "--test", &chapter.name]
        .map(str::to_owned)
        .into()
}

/// Builds the tests of a chapter against the learner's code, and runs them.
pub(crate) fn run_chapter(book: &Book, chapter: &Chapter) -> Result<Ran, Failure> {
    let mut cargo = cargo(&book.root);
    cargo.args(test_arguments(chapter)).args(["--no-run", "--message-format", "json-render-diagnostics"]);
    cargo.stderr(Stdio::piped());
    if io::stderr().is_terminal() {
        // The first build takes a few seconds without other output.
        let _ = writeln!(io::stderr(), "testing {} ...", chapter.id);
    }
    let built = build(cargo)?;
    match built.binaries.first() {
        Some(binary) if built.success => Ok(Ran::Tests(run(&binary.file, &book.root, LIMIT)?)),
        _ => Ok(Ran::DoesNotCompile(built.text)),
    }
}

/// The result of a build.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) success: bool,
    pub(crate) binaries: Vec<Binary>,
    /// The compiler's text.
    pub(crate) text: String,
}

/// A test binary.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Binary {
    /// The folder of its package.
    pub(crate) package: PathBuf,
    pub(crate) file: PathBuf,
}

/// Cargo, quiet and plain, in this folder.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).env("CARGO_TERM_COLOR", "never").env("RUST_BACKTRACE", "0");
    // What `cargo run` says of the runner must not be taken for the other packages.
    for variable in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME"] {
        command.env_remove(variable);
    }
    command
}

/// Builds, with `--message-format json-render-diagnostics`. `text` stays empty unless standard error is piped.
pub(crate) fn build(mut cargo: Command) -> Result<Built, Failure> {
    let child = cargo.stdout(Stdio::piped()).spawn();
    let output =
        child.and_then(Child::wait_with_output).map_err(|error| format!("cargo does not start: {error}"))?;
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(Built {
        success: output.status.success(),
        binaries: messages.lines().filter_map(binary).collect(),
        text: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Returns the test binary that a message of cargo names, if it names one.
fn binary(message: &str) -> Option<Binary> {
    let file = json_text(message, "executable")?.into();
    let manifest = PathBuf::from(json_text(message, "manifest_path")?);
    Some(Binary { package: manifest.parent()?.to_owned(), file })
}

/// Returns the text of this key in a line of cargo's JSON. Works for paths, which hold no quotes.
fn json_text(line: &str, key: &str) -> Option<String> {
    let (_, after) = line.split_once(&format!("\"{key}\":\""))?;
    after.split('"').next().map(|text| text.replace("\\\\", "\\"))
}

/// Runs the tests of a binary one at a time, and kills it after `limit` of real time.
pub(crate) fn run(binary: &Path, root: &Path, limit: Duration) -> Result<Outcomes, Failure> {
    let does_not_start = |error| format!("{} does not start: {error}", binary.display());
    let mut command = Command::new(binary);
    command.arg("--test-threads=1").current_dir(root.join("exercises")).env("RUST_BACKTRACE", "0");
    command.env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(does_not_start)?;
    let output = read_for(&mut child, limit);
    child.wait().map_err(does_not_start)?;
    Ok(libtest::parse(&output))
}

/// Returns all that the child prints. Kills a child that still runs after `limit`.
fn read_for(child: &mut Child, limit: Duration) -> String {
    let Some(mut stdout) = child.stdout.take() else { return String::new() };
    let (sender, receiver) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut output = Vec::new();
        let _ = stdout.read_to_end(&mut output);
        let _ = sender.send(());
        output
    });
    if receiver.recv_timeout(limit).is_err() {
        let _ = child.kill();
    }
    String::from_utf8_lossy(&reader.join().unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_does_not_end_is_ended() {
        let mut command = Command::new("git");
        command.args(["hash-object", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("git");
        assert_eq!(read_for(&mut child, Duration::from_millis(10)), "");
        assert!(!child.wait().expect("an end").success());
    }

    #[test]
    fn a_message_of_cargo_names_the_binary_and_its_package() {
        let message = r#"{"reason":"compiler-artifact","manifest_path":"C:\\book\\exercises\\Cargo.toml","target":{"kind":["test"]},"executable":"C:\\book\\target\\a.exe","fresh":true}"#;
        assert_eq!(json_text(message, "executable").as_deref(), Some(r"C:\book\target\a.exe"));
        assert_eq!(json_text(message, "manifest_path").as_deref(), Some(r"C:\book\exercises\Cargo.toml"));
        assert_eq!(binary(r#"{"manifest_path":"/book/Cargo.toml","executable":null}"#), None);
        let found = binary(r#"{"manifest_path":"/book/exercises/Cargo.toml","executable":"/target/a-1"}"#);
        assert_eq!(found, Some(Binary { package: "/book/exercises".into(), file: "/target/a-1".into() }));
    }
}
