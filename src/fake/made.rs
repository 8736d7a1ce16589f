//! A call that was made, as the log keeps it.

use std::sync::Arc;

use super::{
    call::{Caller, Inside},
    entry::Entry,
};

#[derive(Clone)]
pub(super) struct Made {
    pub(super) kept: Kept,
    pub(super) caller: Caller,
}

/// The arguments.
#[derive(Clone)]
pub(super) enum Kept {
    /// Those of an exact entry, which the call equals: then nothing is copied.
    AsScripted(Arc<Entry>),
    Own(Arc<dyn Inside>),
}

impl Made {
    pub(super) fn call(&self) -> &dyn Inside {
        match &self.kept {
            Kept::AsScripted(entry) => entry.expected.exact().expect("only an exact entry is kept so"),
            Kept::Own(call) => &**call,
        }
    }
}
