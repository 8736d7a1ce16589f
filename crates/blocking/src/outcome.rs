//! The return types that the attributes take.

/// A `Result`, however it is called.
#[diagnostic::on_unimplemented(message = "the function returns `{Self}`, and is to return a `Result`")]
pub trait Outcome {
    /// The type of its value.
    type Value;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
}
