//! Every replay line is run: it must give the failure that printed it, alone. The tests that fail stand in
//! `crates/replayed`, which is built once, with a feature that no line can know.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use pretty_assertions::assert_eq;

/// Set for the fixtures, which pass without it.
const ARMED: &str = "REPLAYED_FAILS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap()
}

fn cargo(arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).env(ARMED, "1").env("RUST_BACKTRACE", "0").current_dir(root()).output().unwrap()
}

/// The published package does not hold the fixtures.
fn is_packaged() -> bool {
    !root().join("crates").is_dir()
}

/// The test binaries of the fixtures: `it-0123456789abcdef`.
fn binaries() -> &'static [PathBuf] {
    static BUILT: OnceLock<Vec<PathBuf>> = OnceLock::new();
    BUILT.get_or_init(|| {
        let package = ["test", "-p", "unplugged-replayed", "--features", "faulty"];
        let built = cargo(&[&package[..], &["--no-run", "--message-format=json"]].concat());
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let messages = String::from_utf8(built.stdout).unwrap();
        let executables = messages.lines().filter_map(|line| line.split("\"executable\":\"").nth(1));
        executables.map(|rest| rest.split('"').next().unwrap().into()).collect()
    })
}

fn binary(name: &str) -> &'static Path {
    let is_it = |path: &&PathBuf| {
        let file = path.file_name().unwrap().to_str().unwrap();
        file.rsplit_once('-').is_some_and(|(target, _)| target == name)
    };
    binaries().iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {:?}", binaries()))
}

/// Runs a test binary as cargo does.
fn run(binary: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary);
    command.args(arguments).env(ARMED, "1").env("RUST_BACKTRACE", "0");
    command.env("CARGO_PKG_NAME", "unplugged-replayed").env("PWD", root());
    command.current_dir(root().join("crates/replayed")).output().unwrap()
}

/// What a shell makes of a line, wherever it stands.
fn execute(line: &str) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env(ARMED, "1").env("RUST_BACKTRACE", "0");
    shell.current_dir(env::temp_dir()).output().unwrap()
}

/// What a run drew that it should not draw, and its replay line.
fn failure(output: &Output) -> (String, String) {
    let text = text(output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    let drew = text.lines().find(|line| line.contains("drew ")).unwrap_or_else(|| panic!("{text}"));
    let line =
        text.lines().find_map(|line| line.trim().strip_prefix("replay ")).unwrap_or_else(|| panic!("{text}"));
    (drew.split("drew ").nth(1).unwrap().to_owned(), line.trim().to_owned())
}

/// How a test is run, and what its line says after the path of the binary.
struct Row {
    binary: &'static str,
    arguments: &'static [&'static str],
    line: &'static str,
}

const fn row(binary: &'static str, arguments: &'static [&'static str], line: &'static str) -> Row {
    Row { binary, arguments, line }
}

const ROWS: [Row; 14] = [
    row("unplugged_replayed", &["tests::searched"], "--exact tests::searched"),
    row("unplugged_replayed", &["tests::drawn"], "--exact tests::drawn"),
    row("tool", &["searched"], "--exact tests::searched"),
    row("shown", &["searched"], "--exact tests::searched"),
    row("it", &["in_a_helper"], "--exact in_a_helper"),
    row("it", &["in_the_test"], "--exact in_the_test"),
    row("it", &["in_a_sim"], "--exact in_a_sim"),
    row("it", &["in_the_test", "--test-threads=1"], "--exact in_the_test"),
    row("it", &["--exact", "in_the_test", "--test-threads", "1"], "--exact in_the_test"),
    row("it", &["on_a_thread_with_a_name"], "on_a_thread_with_a_name"),
    row("it", &["--ignored", "--exact", "ignored"], "--exact ignored --include-ignored"),
    row("it", &["ignored_in_a_sim", "--ignored"], "--exact ignored_in_a_sim --include-ignored"),
    // As nextest does.
    row("it", &["--exact", "in_a_helper", "--nocapture"], "--exact in_a_helper"),
    row("own", &["--only=searched"], "--only=searched"),
];

#[test]
fn a_line_repeats_its_failure_wherever_the_test_stands() {
    if is_packaged() {
        return;
    }
    for Row { binary: name, arguments, line } in ROWS {
        let binary = binary(name);
        let (drew, printed) = failure(&run(binary, arguments));
        let (setting, rest) =
            printed.split_once(&format!(" {} ", binary.display())).unwrap_or_else(|| panic!("{printed}"));
        assert_eq!(rest, line, "{name} {arguments:?}");
        let there = format!("cd {} && UNPLUGGED_SEED=0x", root().join("crates/replayed").display());
        assert!(setting.starts_with(&there), "{printed}");
        let again = execute(&printed);
        assert_eq!(failure(&again).0, drew, "{}", text(&again));
        let is_alone = name == "own" || text(&again).contains("\nrunning 1 test\n");
        assert!(is_alone, "{}", text(&again));
    }
}

/// The path alone tells the profile: the binary is the same.
#[test]
fn a_line_of_a_release_build_runs_that_build() {
    if is_packaged() {
        return;
    }
    let folder = env::temp_dir().join(format!("unplugged-replay-lines-{}", std::process::id()));
    let released = folder.join("release/deps/it-5c1f");
    fs::create_dir_all(released.parent().unwrap()).unwrap();
    fs::copy(binary("it"), &released).unwrap();
    let output = run(&released, &["in_the_test"]);
    let (drew, line) = failure(&output);
    assert!(line.contains("/release/deps/it-5c1f --exact in_the_test"), "{line}");
    assert_eq!(failure(&execute(&line)).0, drew);
    let rebuild = " cargo test -p unplugged-replayed --release -- --exact in_the_test\n";
    assert!(text(&output).contains(rebuild), "{}", text(&output));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_line_that_builds_gives_the_failure_with_the_flags_that_it_cannot_know() {
    if is_packaged() {
        return;
    }
    for (name, test) in [("it", "in_a_helper"), ("shown", "searched"), ("unplugged_replayed", "drawn")] {
        let output = run(binary(name), &[test]);
        let text = text(&output);
        let line = text.lines().find_map(|line| line.trim().strip_prefix("rebuild ")).unwrap().trim();
        let (setting, arguments) = line.split_once(" cargo ").unwrap();
        let arguments = arguments.replace(" -- ", " --features faulty -- ");
        let again = execute(&format!("cd {} && {setting} {} {arguments}", root().display(), env!("CARGO")));
        assert_eq!(failure(&again).0, failure(&output).0);
    }
}

#[test]
fn a_line_of_a_doc_test_runs_it_again() {
    if is_packaged() {
        return;
    }
    let output = cargo(&["test", "-p", "unplugged-replayed", "--doc"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(101), "{text}");
    for (kind, filter) in [("merged", " --doc"), ("apart", " --doc -- '(line ")] {
        let (_, report) =
            text.split_once(&format!("  failure  {kind}: drew ")).unwrap_or_else(|| panic!("{text}"));
        let drew = report.lines().next().unwrap();
        let line = report.lines().find_map(|line| line.trim().strip_prefix("replay ")).unwrap().trim();
        assert!(line.contains(&format!(" cargo test -p unplugged-replayed{filter}")), "{line}");
        let again = execute(&format!("cd {} && {line}", root().display()));
        let again = self::text(&again);
        assert!(again.contains(&format!("  failure  {kind}: drew {drew}\n")), "{again}");
    }
}

/// Where nextest is not installed, `cargo nextest` is no command, and nothing is shown.
#[test]
fn a_line_of_nextest_repeats_its_failure() {
    if is_packaged() {
        return;
    }
    if !cargo(&["nextest", "--version"]).status.success() {
        eprintln!("not run: nextest is not installed");
        return;
    }
    let output = cargo(&[
        "nextest",
        "run",
        "-p",
        "unplugged-replayed",
        "--features",
        "faulty",
        "--no-fail-fast",
        "-E",
        "test(in_a_)",
    ]);
    let text = text(&output);
    for test in ["in_a_helper", "in_a_sim"] {
        let is_its = |line: &&str| line.contains("replay ") && line.contains(&format!(" --exact {test}"));
        let line = text.lines().find(is_its).unwrap_or_else(|| panic!("{text}"));
        let again = execute(line.trim().strip_prefix("replay ").unwrap());
        assert!(text.contains(&failure(&again).0), "{text}");
    }
}
