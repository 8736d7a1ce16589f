// caught-by: t14_missing_version
// instead-of: ch01_request_head/request_line.rs
// `parse` takes more than one digit, and a plus sign.
use std::str;

use super::{ParseError, bytes};

pub(super) fn parse(line: &[u8]) -> Result<(&str, &str, u8), ParseError> {
    let line = str::from_utf8(line).map_err(|_| ParseError::BadRequest)?;
    let items: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = items[..] else { return Err(ParseError::BadRequest) };
    if !bytes::is_token(method.as_bytes()) || !bytes::is_target(target.as_bytes()) {
        return Err(ParseError::BadRequest);
    }
    let (major, minor) = version.strip_prefix("HTTP/").and_then(|v| v.split_once('.')).ok_or(ParseError::BadRequest)?;
    let number = |digits: &str| digits.parse::<u8>().map_err(|_| ParseError::BadRequest);
    match (number(major)?, number(minor)?) {
        (1, minor) => Ok((method, target, minor)),
        _ => Err(ParseError::VersionNotSupported),
    }
}
