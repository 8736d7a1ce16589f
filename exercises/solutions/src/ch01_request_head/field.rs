use super::{ParseError, bytes};

/// Takes a field line apart: the name, and the value without the space around it.
///
/// What else is wrong falls out of "a name is a token": a space before the colon, a line with no colon, and a line
/// that begins with a space, which once continued the line before it and is refused.
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

/// Takes spaces and tabs off both ends, and nothing else: `trim_ascii` would take a carriage return, too.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
