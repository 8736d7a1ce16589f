// caught-by: t15_extra_item
// instead-of: ch01_request_head/request_line.rs
// `split_whitespace` is convenient: it forgives two spaces, a tab, and one at the end.
use std::str;

use super::{ParseError, bytes};

pub(super) fn parse(line: &[u8]) -> Result<(&str, &str, u8), ParseError> {
    let line = str::from_utf8(line).map_err(|_| ParseError::BadRequest)?;
    let items: Vec<&str> = line.split_whitespace().collect();
    let [method, target, version] = items[..] else { return Err(ParseError::BadRequest) };
    if !bytes::is_token(method.as_bytes()) || !bytes::is_target(target.as_bytes()) {
        return Err(ParseError::BadRequest);
    }
    match version.as_bytes() {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => Ok((method, target, minor - b'0')),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err(ParseError::VersionNotSupported),
        _ => Err(ParseError::BadRequest),
    }
}
