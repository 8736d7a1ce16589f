//! Attempts to make a bad test pass, by somebody who knows the documentation only. Each is red, with this in its text.

macro_rules! red {
    ($(fn $name:ident() $body:block says $text:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let text = crate::fake::panic_text(|| $body);
                assert!(text.contains($text), "{text}");
            }
        )*
    };
}

mod fakes;
mod network;
mod processes;
mod searches;
mod streams;
mod worlds;
