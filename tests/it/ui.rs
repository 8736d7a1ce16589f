//! What the compiler says to those who make a mistake; `tests/ui/` holds each mistake and its message.

#[test]
fn mistakes_are_refused_with_a_message_that_helps() {
    let mistakes = trybuild::TestCases::new();
    mistakes.compile_fail("tests/ui/*/*.rs");
}
