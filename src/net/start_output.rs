//! The outcome of what a host starts.

use std::fmt;

/// The outcome of what [`Host::start`](super::Host::start) runs: nothing, or a `Result` whose error fails the test.
pub trait StartOutput: sealed::Sealed {
    /// Returns the error as text.
    #[doc(hidden)]
    fn into_failure(self) -> Option<String>;
}

impl StartOutput for () {
    fn into_failure(self) -> Option<String> {
        None
    }
}

impl<E: fmt::Debug> StartOutput for Result<(), E> {
    fn into_failure(self) -> Option<String> {
        self.err().map(|error| format!("{error:?}"))
    }
}

/// A start function that never ends, `loop { .. }`, has the output `!`, which stable Rust can only name in this way.
type Never = <fn() -> ! as sealed::Function>::Output;

impl StartOutput for Never {
    fn into_failure(self) -> Option<String> {
        self
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "seals a trait")]
    pub trait Sealed {}

    #[expect(unnameable_types, reason = "names the output of a function")]
    pub trait Function {
        type Output;
    }

    impl<T> Function for fn() -> T {
        type Output = T;
    }

    impl Sealed for () {}

    impl Sealed for super::Never {}

    impl<E> Sealed for Result<(), E> {}
}
