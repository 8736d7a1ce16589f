// caught-by: t17_space_before_colon
// instead-of: ch01_request_head/field.rs
// Be liberal in what you accept: trims the name as well.
use super::{ParseError, bytes};

pub(super) fn parse(line: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or(ParseError::BadRequest)?;
    let (name, value) = (trim(&line[..colon]), trim(&line[colon + 1..]));
    if bytes::is_token(name) && bytes::is_value(value) { Ok((name, value)) } else { Err(ParseError::BadRequest) }
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
