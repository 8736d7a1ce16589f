// caught-by: t22_controls_in_a_value
// instead-of: ch01_request_head/field.rs
// `trim_ascii` takes carriage returns and form feeds off, too, before anybody has refused them.
use super::{ParseError, bytes};

pub(super) fn parse(line: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(ParseError::BadRequest)?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    if bytes::is_token(name) && bytes::is_value(value) { Ok((name, value)) } else { Err(ParseError::BadRequest) }
}
