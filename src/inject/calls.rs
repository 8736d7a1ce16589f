//! A call of a fake exit.

use crate::violation::SourceLocation;

/// A call of a fake exit: its code, and its place.
#[derive(Clone, Copy)]
pub(super) struct Call {
    pub(super) code: i32,
    pub(super) called_at: SourceLocation,
}
