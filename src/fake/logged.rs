//! The calls that were made, as a scenario keeps them: what was called, never what was scripted.

use std::sync::Arc;

use super::call::{Caller, ErasedCall};

/// All calls in their order.
#[derive(Clone, Default)]
pub(super) struct Log(Vec<Made>);

/// A call that was made.
#[derive(Clone)]
struct Made {
    call: Arc<dyn ErasedCall>,
    caller: Caller,
}

/// A call that was made, to be shown.
#[derive(Clone, Copy)]
pub(super) struct LoggedCall<'s> {
    pub(super) call: &'s dyn ErasedCall,
    pub(super) caller: Caller,
}

impl Log {
    /// Adds a call, and gives its number.
    #[inline]
    pub(super) fn push(&mut self, call: Arc<dyn ErasedCall>, caller: Caller) -> usize {
        self.0.push(Made { call, caller });
        self.0.len()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the calls in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = LoggedCall<'_>> {
        self.0.iter().map(|made| LoggedCall { call: &*made.call, caller: made.caller })
    }
}

impl LoggedCall<'_> {
    /// Shows the call, and of which fake it is.
    pub(super) fn text(&self) -> String {
        of_fake(self.call.text(), self.caller.fake)
    }
}

/// Adds the name of a fake to the text of a call.
pub(super) fn of_fake(text: String, fake: Option<&str>) -> String {
    match fake {
        Some(fake) => format!("`{fake}`: {text}"),
        None => text,
    }
}
