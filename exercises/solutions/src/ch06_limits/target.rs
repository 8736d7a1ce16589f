use super::{Reject, host};

/// Checks that the target has a form that the method allows: an authority with a port for `CONNECT` only, an asterisk for
/// `OPTIONS` only, otherwise a path or a whole URI.
///
/// Source: RFC 9112, 3.2.
pub(super) fn check(method: &str, target: &str) -> Result<(), Reject> {
    let fits = match (method, target) {
        ("CONNECT", _) => host::is_host(target.as_bytes()) && has_port(target),
        ("OPTIONS", "*") => true,
        _ => (target.starts_with('/') || is_absolute(target)) && !target.contains(NOT_IN_A_TARGET),
    };
    if fits { Ok(()) } else { Err(Reject::BadTarget) }
}

/// A fragment stays with the client; the other bytes are in no URI.
///
/// Source: RFC 9112, 3.2.1 and 3.2.2; RFC 3986, 2 and 3.5.
const NOT_IN_A_TARGET: [char; 10] = ['#', '"', '<', '>', '\\', '^', '`', '{', '|', '}'];

fn has_port(authority: &str) -> bool {
    let digits = authority.rsplit_once(':').map_or("", |(_, digits)| digits);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns `true` for `http://host..` or `https://host..`, in any case.
fn is_absolute(target: &str) -> bool {
    let Some((scheme, rest)) = target.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let is_known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_known && host::is_host(authority.as_bytes())
}
