//! Mistakes that must not compile, each with the message that the user sees. They stand in this package because
//! it needs few others, and all are built once more for them.

use std::{fs, path::Path};

#[test]
fn mistakes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// Those of `unplugged-system`, whose macro compiles on Linux only.
#[cfg(target_os = "linux")]
#[test]
fn mistakes_with_interpose_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui_linux/*.rs");
}

/// A pattern of files that finds none is no failure of `trybuild`, so the files are named here.
#[test]
fn every_mistake_is_there_with_its_message() {
    let mistakes = [
        (
            "ui/fake",
            "assertion_misspelt assertion_of_another_version assertion_on_a_fake count_without_its_upper_bound",
        ),
        ("ui/fake", "log_unused reply_forgotten reply_of_another_type scenario_sent_to_a_task script_kept"),
        ("ui/strict_fake", "async_trait_above method_misspelt shapes_refused traits_refused"),
        ("ui/test_attribute", "settings_refused tests_refused"),
        ("ui_linux", "unknown_part"),
    ];
    for (folder, names) in mistakes {
        for name in names.split(' ') {
            let mistake = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder).join(name);
            assert!(mistake.with_extension("rs").is_file(), "{folder}/{name}.rs is gone");
            let message = fs::read_to_string(mistake.with_extension("stderr")).unwrap_or_default();
            assert!(message.contains("error"), "{folder}/{name}.stderr holds no message");
        }
    }
}
