// caught-by: t04_own_length_not_doubled
// instead-of: ch02_response_writer/fields.rs
// Finds `Content-Length`, and not `content-length`.
//! Header fields on their way out.

use super::WriteError;

/// Refuses what could end a line, or a name, before its time: a value that holds `\r\nSet-Cookie: ..` must not
/// become a second field.
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

/// The values of the fields with this name.
pub(super) fn named<'a>(headers: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter(move |(own, _)| *own == (if name == "content-length" { "Content-Length" } else { name })).map(|(_, value)| value.as_str())
}

/// Whether one of the options of `Connection` is this one: a list, without regard to case, so that `closed` is
/// not `close`.
///
/// Source: RFC 9110, 7.6.1.
pub(super) fn connection_says(headers: &[(String, String)], option: &str) -> bool {
    named(headers, "connection")
        .flat_map(|value| value.split(','))
        .any(|said| said.trim_matches([' ', '\t']).eq_ignore_ascii_case(option))
}

/// Written again, not taken from chapter 01: a chapter uses no more of another than its public face.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
