use std::str;

use super::{ParseError, bytes};

/// Splits a request line into the method, the target and the minor version.
///
/// Source: RFC 9112, 3.
pub(super) fn parse(line: &[u8]) -> Result<(&str, &str, u8), ParseError> {
    let mut items = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (items.next(), items.next(), items.next(), items.next())
    else {
        return Err(ParseError::BadRequest);
    };
    if !bytes::is_token(method) || !bytes::is_target(target) {
        return Err(ParseError::BadRequest);
    }
    let minor = minor_version(version)?;
    Ok((ascii(method)?, ascii(target)?, minor))
}

/// Reads the minor version. A version has exactly two digits: `HTTP/1.10` is refused, and so is `http/1.1`.
///
/// Source: RFC 9112, 2.3; RFC 9110, 15.6.6.
fn minor_version(version: &[u8]) -> Result<u8, ParseError> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ b'0'..=b'9'] => Ok(minor - b'0'),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            Err(ParseError::VersionNotSupported)
        }
        _ => Err(ParseError::BadRequest),
    }
}

fn ascii(bytes: &[u8]) -> Result<&str, ParseError> {
    str::from_utf8(bytes).map_err(|_| ParseError::BadRequest)
}
