//! The tests that the lists name: each is a test, not a function that is called like one.

use std::{collections::BTreeSet, fs, path::Path, process::Command, sync::OnceLock};

/// The tests that a text names in backquotes: `part::file::name`, or `folder/file.rs::name`.
pub(crate) fn named(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|name| name.contains("::") && name.starts_with(|first: char| first.is_lowercase()))
}

/// Returns whether this is a test.
///
/// Of this package, it is one that the harness lists. Of another, it stands in that file below an attribute that makes tests.
pub(crate) fn is_a_test(name: &str) -> bool {
    let (file, test) = match name.split_once(".rs::") {
        Some((file, test)) => (file.to_owned(), test),
        None => {
            let (module, test) = name.rsplit_once("::").unwrap_or(("", name));
            (format!("tests/it/{}", module.replace("::", "/")), test)
        }
    };
    match file.strip_prefix("tests/it/").map(|module| module.trim_end_matches("/mod")) {
        Some(module) => of_this_binary().contains(&format!("{}::{test}", module.replace('/', "::"))),
        None => {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{file}.rs"));
            fs::read_to_string(path).is_ok_and(|source| makes_a_test(&source, test))
        }
    }
}

/// The names of all tests of this binary, as the harness has them.
fn of_this_binary() -> &'static BTreeSet<String> {
    static TESTS: OnceLock<BTreeSet<String>> = OnceLock::new();
    TESTS.get_or_init(|| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let listed = command.args(["--list", "--format", "terse"]).output().unwrap();
        let lines = String::from_utf8(listed.stdout).unwrap();
        lines.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
    })
}

/// Whether a source has a test of this name: the attributes right above the function, or the macro of the list it stands in.
fn makes_a_test(source: &str, test: &str) -> bool {
    let test = test.rsplit("::").next().expect("a name");
    let Some((before, _)) = source.split_once(&format!("fn {test}(")) else { return false };
    let above = before.rsplit_once('\n').map_or("", |(above, _)| above);
    let mut above = above.lines().rev().map(str::trim).take_while(|line| line.starts_with('#'));
    above.any(|line| {
        ["#[test]", "#[tokio::test", "#[unplugged::test", "#[network::test"]
            .iter()
            .any(|attribute| line.starts_with(attribute))
    })
}

/// Asserts that a row names tests, and that each is one.
#[track_caller]
pub(crate) fn assert_names_tests(row: &str, cell: &str) {
    assert!(named(cell).next().is_some(), "{row} names no test: {cell}");
    let missing: Vec<&str> = named(cell).filter(|name| !is_a_test(name)).collect();
    assert!(missing.is_empty(), "{row} names what is no test: {missing:#?}");
}

/// Returns whether a text says why: in more than a few characters, and more than "as above".
pub(crate) fn is_a_reason(text: &str) -> bool {
    text.strip_prefix("not: ").is_some_and(|reason| reason.len() >= 12 && reason.contains(' '))
}

#[test]
fn a_name_that_is_no_test_is_found() {
    assert!(is_a_test("lists::named::a_name_that_is_no_test_is_found"));
    assert!(is_a_test("tests/it/lists/named.rs::a_name_that_is_no_test_is_found"));
    assert!(!is_a_test("lists::named::is_a_test"), "a helper");
    assert!(
        is_a_test("tests/it/net/mod.rs::every_error_of_a_socket_has_the_number_that_linux_gives_it"),
        "in a `mod.rs`"
    );
    assert!(!is_a_test("tests/it/lists/named.rs::is_a_test"), "a helper");
    assert!(!is_a_test("lists::named::nothing"));
    assert!(!is_a_test("nowhere::nothing"));
    assert!(!is_a_test("nothing"));
    assert!(!is_a_test("crates/nowhere/tests/it.rs::nothing"));
}

#[test]
fn a_helper_of_another_package_is_no_test() {
    let source = "#[test]\n#[cfg(unix)]\nfn one() {\n    two();\n}\n\nfn two() {}\n\n#[tokio::test]\nasync fn three() {}\n\n    #[network::test(crate = network)]\n    async fn four() {}\n";
    for (name, is_test) in
        [("one", true), ("two", false), ("three", true), ("a_module::four", true), ("five", false)]
    {
        assert_eq!(makes_a_test(source, name), is_test, "{name}");
    }
}

#[test]
fn a_reason_has_more_than_a_few_characters() {
    assert!(is_a_reason("not: there are no hops to count"));
    for poor in ["not: never", "as above", "there are no hops to count", "not: ", "not: unnecessarily"] {
        assert!(!is_a_reason(poor), "{poor}");
    }
}
