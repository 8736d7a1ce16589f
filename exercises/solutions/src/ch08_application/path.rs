use std::{borrow::Cow, error, fmt};

/// The error for a path with a malformed escape, or with one for a byte that no path may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "complete: it has no fields")]
pub struct BadPath;

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path has an escape that cannot be read")
    }
}

impl error::Error for BadPath {}

/// Returns the path of a target or of a whole URI: decoded once, and without `.` and `..`, which never lead above `/`.
///
/// An escaped slash stays escaped: it separates nothing. Source: RFC 3986, 2.2, 5.2.4 and 6.2.2.
///
/// # Errors
/// [`BadPath`], if an escape does not have two hexadecimal digits, or is a zero byte, or the result is not UTF-8.
pub fn path_of(target: &str) -> Result<Cow<'_, str>, BadPath> {
    let path = &target[path_start(target)..];
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    match path {
        "" => Ok(Cow::Borrowed("/")),
        _ if path.contains('%') || path.contains("/.") => normalized(path).map(Cow::Owned),
        _ => Ok(Cow::Borrowed(path)),
    }
}

/// Returns the part after the first question mark and before the fragment, not decoded.
#[must_use]
pub fn query_of(target: &str) -> Option<&str> {
    let before_fragment = target.split('#').next().unwrap_or_default();
    before_fragment.split_once('?').map(|(_, query)| query)
}

/// Returns the beginning of the path: after the authority, if there is one.
fn path_start(target: &str) -> usize {
    match target.split_once("://") {
        Some((scheme, rest)) if !target.starts_with('/') => {
            scheme.len() + 3 + rest.find(['/', '?', '#']).unwrap_or(rest.len())
        }
        _ => 0,
    }
}

fn normalized(path: &str) -> Result<String, BadPath> {
    let mut segments: Vec<String> = Vec::new();
    let mut is_directory = false;
    for segment in path.split('/').skip(1) {
        let segment = decoded(segment)?;
        is_directory = matches!(segment.as_str(), "" | "." | "..");
        match segment.as_str() {
            "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    // A dot segment at the end names a directory, which needs a slash; an empty segment gives that slash already.
    let slash = if is_directory && segments.last().is_some_and(|last| !last.is_empty()) { "/" } else { "" };
    Ok(format!("/{}{slash}", segments.join("/")))
}

fn decoded(segment: &str) -> Result<String, BadPath> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else { return Err(BadPath) };
        rest = after;
        match digit(*high)? * 16 + digit(*low)? {
            0 => return Err(BadPath),
            b'/' => bytes.extend_from_slice(b"%2F"),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| BadPath)
}

fn digit(byte: u8) -> Result<u8, BadPath> {
    let digit = char::from(byte).to_digit(16).ok_or(BadPath)?;
    u8::try_from(digit).map_err(|_| BadPath)
}
