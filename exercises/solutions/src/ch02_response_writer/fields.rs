//! Checks, searches and writes header fields.

use super::WriteError;

/// Refuses bytes that would end a line or a name too early: a value that holds `\r\nSet-Cookie: ..` must not become a
/// second field.
///
/// Source: RFC 9110, 5.1 and 5.5.
pub(super) fn check(headers: &[(String, String)]) -> Result<(), WriteError> {
    for (name, value) in headers {
        if name.is_empty() || !name.bytes().all(is_token_byte) {
            return Err(WriteError::BadHeaderName(name.clone()));
        }
        if value.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            return Err(WriteError::BadHeaderValue(name.clone()));
        }
    }
    Ok(())
}

pub(super) fn write(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Returns the values of the fields with this name.
pub(super) fn named<'a>(headers: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Returns `true` if `Connection` lists this option, without regard to case. Compares whole members of the list, so
/// that `closed` is not `close`.
///
/// Source: RFC 9110, 7.6.1.
pub(super) fn connection_says(headers: &[(String, String)], option: &str) -> bool {
    named(headers, "connection")
        .flat_map(|value| value.split(','))
        .any(|said| said.trim_matches([' ', '\t']).eq_ignore_ascii_case(option))
}

/// Written again and not taken from chapter 01: a chapter uses only the public items of another.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
