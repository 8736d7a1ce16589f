// caught-by: t04_a_host_is_a_name_or_an_address_and_perhaps_a_port
// instead-of: ch06_limits/host.rs
// Somebody will have looked at it already.
use super::Reject;
use crate::ch01_request_head::Head;

/// There must be exactly one `Host`, and it must be one, or empty. A client of 1.0 may send none.
///
/// Source: RFC 9112, 3.2.
pub(super) fn check_fields(head: &Head) -> Result<(), Reject> {
    match head.headers.get_all("host").as_slice() {
        [] if head.minor == 0 => Ok(()),
        [host] if host.is_empty() || is_host(host) => Ok(()),
        _ => Err(Reject::BadHost),
    }
}

/// Whether this is a name or an address, with or without a port.
///
/// Source: RFC 9110, 7.2; RFC 3986, 3.2.2.
pub(super) fn is_host(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.contains(&b' ')
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
