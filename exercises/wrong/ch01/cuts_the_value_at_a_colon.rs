// caught-by: t11_colon_in_value
// instead-of: ch01_request_head/field.rs
// `split` and the second piece: a value that holds a colon is cut off. The first lab's own solution did this.
use super::{ParseError, bytes};

pub(super) fn parse(line: &[u8]) -> Result<(&[u8], &[u8]), ParseError> {
    let mut pieces = line.split(|byte| *byte == b':');
    let name = pieces.next().ok_or(ParseError::BadRequest)?;
    let value = pieces.next().ok_or(ParseError::BadRequest)?;
    let value = value.trim_ascii();
    if bytes::is_token(name) && bytes::is_value(value) { Ok((name, value)) } else { Err(ParseError::BadRequest) }
}
