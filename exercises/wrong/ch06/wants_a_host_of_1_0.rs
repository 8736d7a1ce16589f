// caught-by: t03_one_host_no_more_and_no_fewer
// instead-of: ch06_limits/host.rs
// Every request has a host, these days.
use super::Reject;
use crate::ch01_request_head::Head;

/// There must be exactly one `Host`, and it must be one, or empty. A client of 1.0 may send none.
///
/// Source: RFC 9112, 3.2.
pub(super) fn check_fields(head: &Head) -> Result<(), Reject> {
    match head.headers.get_all("host").as_slice() {
        [host] if host.is_empty() || is_host(host) => Ok(()),
        _ => Err(Reject::BadHost),
    }
}

/// Whether this is a name or an address, with or without a port.
///
/// Source: RFC 9110, 7.2; RFC 3986, 3.2.2.
pub(super) fn is_host(bytes: &[u8]) -> bool {
    match bytes.strip_prefix(b"[") {
        Some(literal) => match literal.iter().position(|byte| *byte == b']') {
            Some(end) if end > 0 => {
                literal[..end].iter().all(|byte| is_literal(*byte)) && is_port(&literal[end + 1..])
            }
            _ => false,
        },
        None => {
            let name = bytes.iter().take_while(|byte| is_name(**byte)).count();
            name > 0 && is_port(&bytes[name..])
        }
    }
}

/// Nothing, or a colon and digits.
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

/// Within brackets: an IPv6 address, or one of the future.
fn is_literal(byte: u8) -> bool {
    byte == b':' || (is_name(byte) && byte != b'%')
}
