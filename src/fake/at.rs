//! The place of an entry in a script.

/// The place of an entry: its lane, and its step there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) lane: usize,
    pub(super) step: usize,
}
