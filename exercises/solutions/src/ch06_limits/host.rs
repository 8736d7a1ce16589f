use std::net::Ipv6Addr;

use super::Reject;
use crate::ch01_request_head::Head;

/// Checks that there is exactly one `Host` field, which is empty or a host. A client of HTTP/1.0 may send none.
///
/// Source: RFC 9112, 3.2.
pub(super) fn check_fields(head: &Head) -> Result<(), Reject> {
    match head.headers.get_all("host").as_slice() {
        [] if head.minor == 0 => Ok(()),
        [host] if host.is_empty() || is_host(host) => Ok(()),
        _ => Err(Reject::BadHost),
    }
}

/// Returns `true` if this is a name or an address, with or without a port.
///
/// Source: RFC 9110, 7.2; RFC 3986, 3.2.2.
pub(super) fn is_host(bytes: &[u8]) -> bool {
    match bytes.strip_prefix(b"[") {
        Some(literal) => match literal.iter().position(|byte| *byte == b']') {
            Some(end) => is_literal(&literal[..end]) && is_port(&literal[end + 1..]),
            None => false,
        },
        None => {
            let name = bytes.iter().take_while(|byte| is_name(**byte)).count();
            name > 0 && is_port(&bytes[name..])
        }
    }
}

/// Returns `true` if this is nothing, or a colon and digits.
fn is_port(bytes: &[u8]) -> bool {
    match bytes {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte)
}

/// Returns `true` for what may stand in brackets: an IPv6 address, or an address of a later version, as `v1.a:b`.
fn is_literal(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    text.parse::<Ipv6Addr>().is_ok() || is_later(text)
}

fn is_later(text: &str) -> bool {
    let Some((version, address)) = text.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let is_address = |byte: u8| byte == b':' || (is_name(byte) && byte != b'%');
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_version && !address.is_empty() && address.bytes().all(is_address)
}
