//! Mistakes that must not compile, each with the message that the user sees. They stand in this package because
//! it needs few others, and all are built once more for them.

#[test]
fn mistakes_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// Those of `unplugged-entropy`, whose macro compiles on Linux only.
#[cfg(target_os = "linux")]
#[test]
fn mistakes_with_entropy_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui_linux/*.rs");
}
