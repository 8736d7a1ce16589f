use std::{borrow::Cow, error, fmt};

/// The path has an escape that is none, or stands for what no path may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BadPath;

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path has an escape that cannot be read")
    }
}

impl error::Error for BadPath {}

/// The path of a target, whole URI or not: decoded once, and without `.` and `..`, which never lead above `/`.
///
/// An escaped slash stays escaped: it separates nothing. Source: RFC 3986, 2.2, 5.2.4 and 6.2.2.
///
/// # Errors
/// If an escape has not two digits, or stands for a zero byte, or the whole is not UTF-8.
pub fn path_of(target: &str) -> Result<Cow<'_, str>, BadPath> {
    let path = &target[path_start(target)..];
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    match path {
        "" => Ok(Cow::Borrowed("/")),
        _ if path.contains('%') || path.contains("/.") => normalized(path).map(Cow::Owned),
        _ => Ok(Cow::Borrowed(path)),
    }
}

/// What stands behind the question mark, not decoded.
#[must_use]
pub fn query_of(target: &str) -> Option<&str> {
    let before_fragment = target.split('#').next().unwrap_or_default();
    before_fragment.split_once('?').map(|(_, query)| query)
}

/// Where the path begins: behind the authority, if there is one.
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
    // A dot at the end names a directory; an empty segment says so itself.
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
        match digit(*high)? << 4 | digit(*low)? {
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

#[cfg(test)]
mod tests {
    use super::{BadPath, path_of, query_of};

    #[test]
    fn a_path_is_found_and_read_once() {
        let cases = [
            ("/", "/"),
            ("/a/b?c/../d#e", "/a/b"),
            ("/#a?b", "/"),
            ("http://host", "/"),
            ("http://host?a", "/"),
            ("HTTPS://host:1/a/?b", "/a/"),
            ("/a?http://host/b", "/a"),
            ("/http://host/b", "/http://host/b"),
            ("/%41%62%2d", "/Ab-"),
            ("/%2541", "/%41"), // once, not twice
            ("/a%2Fb", "/a%2Fb"),
            ("/a%2fb", "/a%2Fb"),
            ("/%C3%A9", "/\u{e9}"),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/..", "/"),
            ("/../../../etc/passwd", "/etc/passwd"),
            ("/%2e%2e/%2E./a", "/a"),
            ("/...", "/..."),
            ("/.a", "/.a"),
            ("//a", "//a"),
        ];
        for (target, path) in cases {
            assert_eq!(path_of(target).as_deref(), Ok(path), "{target}");
        }
    }

    #[test]
    fn an_escape_that_cannot_be_read_is_an_error() {
        for target in ["/%", "/%4", "/%4/", "/%zz", "/%+1", "/%00", "/%ff", "/a/%C3/b", "/%%41"] {
            assert_eq!(path_of(target), Err(BadPath), "{target}");
        }
    }

    #[test]
    fn the_query_is_what_stands_behind_the_first_question_mark() {
        assert_eq!(query_of("/a?b=c?d#e"), Some("b=c?d"));
        assert_eq!(query_of("/a#b?c"), None);
        assert_eq!(query_of("/a?"), Some(""));
        assert_eq!(query_of("/a"), None);
    }
}
