//! Paths of Unix sockets.

use std::{path::Path, sync::Arc};

/// The path of a listener, and how reports show it.
#[derive(Clone, Debug)]
pub(crate) struct UnixPath {
    pub(crate) path: Arc<Path>,
    pub(crate) shown: Arc<str>,
}

impl UnixPath {
    pub(crate) fn new(path: Arc<Path>) -> Self {
        let shown = show_path(&path).into();
        Self { path, shown }
    }
}

/// Returns whether the name is abstract: no file, and gone with its listener.
pub(crate) fn is_abstract(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().first() == Some(&0)
}

/// Formats a path for reports. An abstract name begins with `@`, as in `ss`.
pub(crate) fn show_path(path: &Path) -> String {
    let text = path.display().to_string();
    text.strip_prefix('\0').map_or_else(|| text.clone(), |name| format!("@{name}"))
}
