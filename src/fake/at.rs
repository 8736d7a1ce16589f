//! The place of an entry in a script.

/// The place of an entry: its lane, and its step there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) lane: usize,
    pub(super) step: usize,
}

/// The part of a script that an entry is added to.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) lane: usize,
    /// The name of the fake that is to be called, if it has one.
    pub(super) fake: Option<&'static str>,
}
