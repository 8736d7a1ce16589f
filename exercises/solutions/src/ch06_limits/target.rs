use super::{Reject, host};

/// Checks that the target has a form that the method allows: an authority for `CONNECT` only, an asterisk for `OPTIONS`
/// only, otherwise a path or a whole URI.
///
/// Source: RFC 9112, 3.2.
pub(super) fn check(method: &str, target: &str) -> Result<(), Reject> {
    let fits = match (method, target) {
        ("CONNECT", _) => host::is_host(target.as_bytes()) && target.contains(':'),
        ("OPTIONS", "*") => true,
        _ => target.starts_with('/') || is_absolute(target),
    };
    if fits { Ok(()) } else { Err(Reject::BadTarget) }
}

/// Returns `true` for `http://host..` or `https://host..`, in any case.
fn is_absolute(target: &str) -> bool {
    let Some((scheme, rest)) = target.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_known && host::is_host(authority.as_bytes())
}
