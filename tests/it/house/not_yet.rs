//! The rooms that do not keep all rules yet. It grows shorter until it is gone.

pub(super) const NOT_YET: &[&str] = &[];

/// Returns whether a file stands in a room that is not clean yet.
pub(super) fn is_not_yet(path: &str) -> bool {
    NOT_YET.iter().any(|room| path.starts_with(room))
}
