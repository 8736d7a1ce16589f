//! The line before a chunk: its size, and extensions, which are ignored.

use super::BadFraming;

/// Reads the size from a line without its end. Checks the extensions and discards them.
///
/// Source: RFC 9112, 7.1 and 7.1.1.
pub(super) fn size(line: &[u8]) -> Result<u64, BadFraming> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if digits == 0 || !are_extensions(&line[digits..]) {
        return Err(BadFraming::Malformed);
    }
    hexadecimal(&line[..digits]).ok_or(BadFraming::TooLarge)
}

/// Reads a hexadecimal number, unless it is larger than `u64`.
fn hexadecimal(digits: &[u8]) -> Option<u64> {
    let shift = |number: u64, digit: &u8| {
        let digit = char::from(*digit).to_digit(16)?;
        number.checked_mul(16)?.checked_add(u64::from(digit))
    };
    digits.iter().try_fold(0, shift)
}

/// Returns `true` if these are any number of `;name`, `;name=token` and `;name="quoted"`, with space around the signs.
/// A semicolon in quotes separates nothing.
fn are_extensions(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        let Some(extension) = trim_start(rest).strip_prefix(b";") else { return false };
        let (name, after) = token(trim_start(extension));
        rest = match trim_start(after).strip_prefix(b"=") {
            _ if name.is_empty() => return false,
            None => after,
            Some(value) => match after_value(trim_start(value)) {
                None => return false,
                Some(after) => after,
            },
        };
    }
    true
}

/// Returns what follows a value, if there is a value.
fn after_value(bytes: &[u8]) -> Option<&[u8]> {
    match bytes.strip_prefix(b"\"") {
        Some(quoted) => after_quote(quoted),
        None => Some(token(bytes)).filter(|(value, _)| !value.is_empty()).map(|(_, after)| after),
    }
}

/// Returns what follows the closing quote. A backslash escapes the next byte.
///
/// Source: RFC 9110, 5.6.4.
fn after_quote(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        bytes = match bytes {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', b'\t' | b' '..=b'~' | 0x80.., rest @ ..] => rest,
            [b'\t' | b' '..=b'~' | 0x80.., rest @ ..] => rest,
            _ => return None,
        }
    }
}

/// Splits after the longest token.
fn token(bytes: &[u8]) -> (&[u8], &[u8]) {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    bytes.split_at(bytes.iter().take_while(|byte| is_token(byte)).count())
}

fn trim_start(bytes: &[u8]) -> &[u8] {
    let start = bytes.len() - bytes.iter().skip_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &bytes[start..]
}
