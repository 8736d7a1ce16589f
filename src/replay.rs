//! The lines that run one test again.
//!
//! At run time a test cannot ask for the features, the profile and the target of its build. Its binary has them all: so
//! the first line runs the binary, by its path. The second builds first, for after a change of the code; it knows the
//! profile, and the reader adds the features.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::seed::Seed;

/// The run of this process, as far as a line that repeats it must know it.
#[derive(Clone, Debug)]
pub(crate) struct ThisRun {
    binary: PathBuf,
    /// The working directory: cargo starts a test in the folder of its package.
    directory: PathBuf,
    /// The shell that started all this stands in the same directory.
    is_started_there: bool,
    arguments: Vec<String>,
    package: Option<String>,
}

impl ThisRun {
    pub(crate) fn of_this_process() -> Self {
        let directory = env::current_dir().unwrap_or_default();
        Self {
            binary: env::current_exe().unwrap_or_default(),
            is_started_there: env::var_os("PWD").is_some_and(|shell| Path::new(&shell) == directory),
            directory,
            arguments: env::args().skip(1).collect(),
            package: env::var("CARGO_PKG_NAME").ok(),
        }
    }

    /// Takes the package from who knows it.
    pub(crate) fn of_package(mut self, package: &str) -> Self {
        self.package = Some(package.to_owned());
        self
    }

    /// Returns the lines that run the test of this name again with this setting: `UNPLUGGED_SEED=0x5eed`. Without a
    /// name they run all that this process was to run.
    pub(crate) fn lines(&self, setting: &str, test: Option<&str>) -> Vec<(&'static str, String)> {
        if self.is_doc_test() {
            return vec![("replay", self.by_cargo(setting, " --doc", test.map(quoted)))];
        }
        let Some(test) = test else {
            let arguments: String =
                self.arguments.iter().map(|argument| format!(" {}", quoted(argument))).collect();
            return vec![("replay", self.by_binary(setting, &arguments))];
        };
        let takes_ignored =
            self.arguments.iter().any(|argument| ["--ignored", "--include-ignored"].contains(&&**argument));
        let ignored = if takes_ignored { " --include-ignored" } else { "" };
        let selected = format!("--exact {}{ignored}", quoted(test));
        let replay = ("replay", self.by_binary(setting, &format!(" {selected}")));
        let flags = self.profile() + &self.example();
        let rebuild = self.package.is_some().then(|| self.by_cargo(setting, &flags, Some(selected)));
        [replay].into_iter().chain(rebuild.map(|line| ("rebuild", line))).collect()
    }

    /// rustdoc deletes the binaries of doc tests.
    pub(crate) fn is_doc_test(&self) -> bool {
        self.binary.file_stem().is_some_and(|name| name == "rust_out")
    }

    /// Returns the one test that the arguments select by its whole name: `--exact storms::lost`.
    pub(crate) fn exact(&self) -> Option<&str> {
        const WITH_VALUE: [&str; 7] =
            ["--color", "--format", "--logfile", "--shuffle-seed", "--skip", "--test-threads", "-Z"];
        let mut names = Vec::new();
        let mut arguments = self.arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            if WITH_VALUE.contains(&argument) {
                arguments.next();
            } else if !argument.starts_with('-') {
                names.push(argument);
            }
        }
        let is_exact = self.arguments.iter().any(|argument| argument == "--exact");
        (is_exact && names.len() == 1).then(|| names[0])
    }

    fn by_binary(&self, setting: &str, arguments: &str) -> String {
        let binary = self.binary.strip_prefix(&self.directory).unwrap_or(&self.binary);
        let line = format!("{setting} {}{arguments}", quoted(&binary.to_string_lossy()));
        if self.is_started_there {
            return line;
        }
        format!("cd {} && {line}", quoted(&self.directory.to_string_lossy()))
    }

    fn by_cargo(&self, setting: &str, flags: &str, arguments: Option<String>) -> String {
        let package = self.package.as_ref().map(|package| format!(" -p {package}")).unwrap_or_default();
        let arguments = arguments.map(|arguments| format!(" -- {arguments}")).unwrap_or_default();
        format!("{setting} cargo test{package}{flags}{arguments}")
    }

    /// Returns the flag of the profile, whose folder holds the binary: `target/release/deps/it-0123456789abcdef`.
    fn profile(&self) -> String {
        let folder = self.binary.parent().and_then(Path::parent).and_then(Path::file_name);
        match folder.and_then(|name| name.to_str()) {
            Some("debug") | None => String::new(),
            Some("release") => " --release".into(),
            Some(profile) => format!(" --profile {profile}"),
        }
    }

    /// Returns the flag of an example, which cargo tests only where it is asked to: `target/debug/examples/shown-0123456789abcdef`.
    fn example(&self) -> String {
        let is_example = self.binary.parent().is_some_and(|folder| folder.ends_with("examples"));
        let name = self.binary.file_stem().and_then(|name| name.to_str()).filter(|_| is_example);
        name.map(|name| format!(" --example {}", name.rsplit_once('-').map_or(name, |(name, _)| name)))
            .unwrap_or_default()
    }
}

/// A test of this process, by its name.
#[derive(Clone, Debug)]
pub(crate) struct ThisTest {
    pub(crate) run: ThisRun,
    pub(crate) name: String,
}

impl ThisTest {
    /// Returns the lines that run it again with this seed.
    pub(crate) fn lines(&self, seed: Seed) -> Vec<(&'static str, String)> {
        self.run.lines(&format!("UNPLUGGED_SEED={seed}"), Some(&self.name))
    }
}

/// Returns a word of a shell's line.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:=,+@%".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(binary: &str, arguments: &[&str]) -> ThisRun {
        ThisRun {
            binary: binary.into(),
            directory: "/home/me/demo".into(),
            is_started_there: true,
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            package: Some("demo".into()),
        }
    }

    fn lines(run: &ThisRun, test: Option<&str>) -> Vec<String> {
        run.lines("UNPLUGGED_SEED=0x7", test).into_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn a_test_runs_again_by_its_binary_and_after_a_change_by_cargo() {
        for (folder, flag) in [("debug", ""), ("release", " --release"), ("ci", " --profile ci")] {
            let run = run(&format!("/home/me/demo/target/{folder}/deps/it-5c1f"), &["storms"]);
            assert_eq!(
                lines(&run, Some("storms::lost")),
                [
                    format!("UNPLUGGED_SEED=0x7 target/{folder}/deps/it-5c1f --exact storms::lost"),
                    format!("UNPLUGGED_SEED=0x7 cargo test -p demo{flag} -- --exact storms::lost"),
                ]
            );
        }
    }

    #[test]
    fn an_example_is_asked_for() {
        let run = run("/home/me/demo/target/release/examples/two-words-5c1f", &[]);
        assert_eq!(
            lines(&run, Some("lost")),
            [
                "UNPLUGGED_SEED=0x7 target/release/examples/two-words-5c1f --exact lost",
                "UNPLUGGED_SEED=0x7 cargo test -p demo --release --example two-words -- --exact lost",
            ]
        );
    }

    #[test]
    fn an_ignored_test_is_asked_for() {
        for flag in ["--ignored", "--include-ignored"] {
            let run = run("/home/me/demo/target/debug/deps/it-5c1f", &["--exact", "lost", flag]);
            assert_eq!(
                lines(&run, Some("lost")),
                [
                    "UNPLUGGED_SEED=0x7 target/debug/deps/it-5c1f --exact lost --include-ignored",
                    "UNPLUGGED_SEED=0x7 cargo test -p demo -- --exact lost --include-ignored",
                ]
            );
        }
    }

    #[test]
    fn a_test_of_a_member_runs_in_its_folder() {
        let mut run = run("/home/me/target/debug/deps/it-5c1f", &[]);
        (run.is_started_there, run.package) = (false, None);
        assert_eq!(
            lines(&run, Some("lost")),
            ["cd /home/me/demo && UNPLUGGED_SEED=0x7 /home/me/target/debug/deps/it-5c1f --exact lost"]
        );
    }

    #[test]
    fn without_a_name_all_runs_that_this_process_was_to_run() {
        let run = run("/home/me/demo/target/debug/deps/own harness", &["fast", "--only", "a'b"]);
        assert_eq!(
            lines(&run, None),
            ["UNPLUGGED_SEED=0x7 'target/debug/deps/own harness' fast --only 'a'\\''b'"]
        );
    }

    #[test]
    fn a_doc_test_runs_by_cargo() {
        let run = run("/tmp/rustdoctestb7MQsC/rust_out", &[]);
        assert_eq!(
            lines(&run, Some("(line 17)")),
            ["UNPLUGGED_SEED=0x7 cargo test -p demo --doc -- '(line 17)'"]
        );
        assert_eq!(lines(&run, None), ["UNPLUGGED_SEED=0x7 cargo test -p demo --doc"]);
    }

    #[test]
    fn the_arguments_name_the_test_only_if_it_is_one() {
        let exact = |arguments: &[&str]| run("it", arguments).exact().map(str::to_owned);
        assert_eq!(exact(&["--exact", "lost", "--nocapture"]), Some("lost".into()));
        assert_eq!(exact(&["--test-threads", "1", "--skip", "b", "lost", "--exact"]), Some("lost".into()));
        assert_eq!(exact(&["lost"]), None);
        assert_eq!(exact(&["--exact", "lost", "found"]), None);
        assert_eq!(exact(&["--exact"]), None);
    }
}
