use super::{ParseError, bytes};

/// Splits a field line into its name and its value without the space around it.
///
/// The rule "a name is a token" also refuses a space before the colon, a line with no colon, and a line that begins
/// with a space, which used to continue the line before.
///
/// Source: RFC 9112, 5.1 and 5.2.
pub(super) fn parse(line: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(ParseError::BadRequest)?;
    let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
    if bytes::is_token(name) && bytes::is_value(value) {
        Ok((name, value))
    } else {
        Err(ParseError::BadRequest)
    }
}

/// Removes spaces and tabs from both ends. `trim_ascii` would also remove a carriage return.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
