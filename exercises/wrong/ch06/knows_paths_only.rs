// caught-by: t05_a_target_is_a_path_or_a_whole_uri
// instead-of: ch06_limits/target.rs
// What browsers send begins with a slash.
use super::{Reject, host};

/// A target has one of four forms, and the method says which it may be: an authority for `CONNECT` and for nothing
/// else, an asterisk for `OPTIONS` only, and for all others a path or a whole URI.
///
/// Source: RFC 9112, 3.2.
pub(super) fn check(method: &str, target: &str) -> Result<(), Reject> {
    let fits = match (method, target) {
        ("CONNECT", _) => host::is_host(target.as_bytes()) && target.contains(':'),
        ("OPTIONS", "*") => true,
        _ => target.starts_with('/'),
    };
    if fits { Ok(()) } else { Err(Reject::BadTarget) }
}

/// `http://host..`, in whatever case.
fn is_absolute(target: &str) -> bool {
    let Some((scheme, rest)) = target.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_known = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_known && host::is_host(authority.as_bytes())
}
