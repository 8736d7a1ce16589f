// caught-by: t12_a_panic_in_the_handler_is_500_and_logged
// instead-of: ch03_connection/caught.rs
// A panic is a bug, and a bug should be seen. The other thousand clients see it as well.
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::BoxError;

/// What `step` answers; a panic becomes an error. A server has many clients, and the handler of one must not end
/// the connections of the others.
pub(super) fn caught<T>(step: impl FnOnce() -> Result<T, BoxError>) -> Result<T, BoxError> {
    step()
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("(no text)"))
}
