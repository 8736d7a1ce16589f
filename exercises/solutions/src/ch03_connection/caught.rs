use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::BoxError;

/// Runs `step` and turns a panic into an error. A server has many clients: a panic for one must not end the
/// connections of the others.
pub(super) fn caught<T>(step: impl FnOnce() -> Result<T, BoxError>) -> Result<T, BoxError> {
    catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| Err(text(&*panic).into()))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("(no text)"))
}
