//! Names of hosts.

use std::net::IpAddr;

use super::record::is_localhost;

/// Returns whether a host can have this name.
pub(in crate::net) fn is_host_name(name: &str) -> bool {
    let is_address = name.parse::<IpAddr>().is_ok();
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let is_domain = name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()));
    is_domain && name.chars().all(is_plain) && !is_address && !is_localhost(name)
}
