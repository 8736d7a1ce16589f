//! The failure texts of the network.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use super::{Record, RecordType};
use crate::{
    nearest::{listed, nearest},
    violation::{SourceLocation, Violation},
};

pub(super) fn no_probability(part: u32, whole: u32) -> Violation {
    Violation::new(format!("{part} of {whole} is no probability: it lies between never and always"))
        .next("give a part that is at most the whole, and a whole that is not zero")
}

pub(super) fn bounds_swapped(from: Duration, to: Duration) -> Violation {
    Violation::new(format!("a latency from {from:?} to {to:?} ends before it begins"))
        .next("give the smaller bound first")
}

pub(super) fn no_samples() -> Violation {
    Violation::new("a latency drawn from samples needs one sample at least")
}

pub(super) fn host_exists(name: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("a host called `{name}` exists already"))
        .with("made at", made_at)
        .next("clone its handle, or choose another name")
}

pub(super) fn over(made_at: SourceLocation) -> Violation {
    Violation::new("the sim of this network is gone: nothing will ever arrive")
        .with("made at", made_at)
        .next("keep the `Sim` in a variable, for as long as its network is used")
}

pub(super) fn bad_host_name(name: &str) -> Violation {
    Violation::new(format!("{name:?} is no name for a host"))
        .next("use letters, digits, `-` and `_`, with `.` between each 63 at most, 253 in all: `:` begins a port, and `*` a \
             pattern",
        )
}

pub(super) fn zero_delay_loop(made_at: SourceLocation, limit: u32, set_by: &str) -> Violation {
    Violation::new(format!(
        "the network loops without delay: more than {limit} packets and timers of its own were due at one instant"
    ))
    .with("made at", made_at)
    .next(format!("give the link between those who answer each other some latency, or raise `{set_by}`"))
}

pub(super) fn no_window() -> Violation {
    Violation::new("a window of zero lets nothing through").next("say `hold` instead")
}

pub(super) fn no_mtu() -> Violation {
    Violation::new("an MTU of zero carries nothing").next("say `partition` instead")
}

pub(super) fn bad_record(name: &str, record: &Record) -> Violation {
    Violation::new(format!("no name server can say {record:?} of {name:?}"))
        .next("labels have 1 to 63 letters, names 253 at most, and a text 255 bytes at most")
}

pub(super) fn no_single_address(address: IpAddr, name: &str) -> Violation {
    Violation::new(format!("{address} cannot be an address of `{name}`: it is not that of one host alone"))
}

/// Some errors of the system have a kind that stable Rust cannot name; this one is never mapped to another.
pub(super) fn uncategorized(text: String) -> io::Error {
    io::Error::new(io::Error::from_raw_os_error(i32::MAX).kind(), text)
}

pub(super) fn no_bandwidth() -> Violation {
    Violation::new("a bandwidth of zero carries nothing").next("say `partition` or `hold` instead")
}

pub(super) fn unknown_host(name: &str, names: &[Arc<str>]) -> Violation {
    let what = if name.contains('*') { "matches" } else { "is called" };
    let next = match nearest(name, names.iter().map(|known| &**known)) {
        Some(nearest) => format!("write `{nearest}`, or make the host first, with `net.host(..)`"),
        None => "make the hosts first, with `net.host(..)`".to_owned(),
    };
    Violation::new(format!("no host {what} `{name}`"))
        .with("hosts", listed(names.iter().map(|known| &**known)))
        .next(next)
}

/// `idle` is each rule or storm, with its place.
pub(crate) fn rules_idle(idle: Vec<String>) -> Violation {
    let what = match idle.len() {
        1 => "a rule of the network met nothing".to_owned(),
        several => format!("{several} rules of the network met nothing"),
    };
    Violation::new(format!("{what}: the test is the same without it"))
        .with_all(idle.into_iter().map(|rule| ("rule", rule)))
        .next("let packets meet it while it is there; if it may meet none, say `may_be_idle()`")
}

pub(super) fn link_to_itself(name: &str) -> Violation {
    Violation::new(format!("a link leads from one host to another, not from `{name}` to itself"))
        .next("`net.loopback(..)` is what a host sends to itself: it takes 10µs and all arrives, unless set")
}

pub(super) fn called_from_a_rule() -> Violation {
    Violation::new("a closure that looks at packets called the network")
        .next("let it only decide; act in the test, after the step")
}

/// Source: the text and the kind that std gives for a name that glibc cannot resolve.
pub(super) fn unresolvable(name: &str) -> io::Error {
    uncategorized(format!("failed to lookup address information: no host is called `{name}`"))
}

/// The error where no name server is asked, with the hosts that there are and the one that was probably meant.
pub(super) fn no_host_of_that_name(name: &str, names: &[Arc<str>]) -> io::Error {
    let meant = nearest(name, names.iter().map(|known| &**known))
        .map_or_else(String::new, |nearest| format!("; was `{nearest}` meant?"));
    let known = match names {
        [] => "there is none".to_owned(),
        [_] => format!("there is {}", listed(names.iter().map(|known| &**known))),
        _ => format!("there are {}", listed(names.iter().map(|known| &**known))),
    };
    let text = format!("failed to lookup address information: no host is called `{name}`, {known}{meant}");
    uncategorized(text)
}

/// Source: the kind and the text that std gives, `TcpStream::connect_timeout`.
pub(super) fn no_connect_timeout() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "cannot set a 0 duration timeout")
}

pub(super) fn connect_too_slow(from: &str, to: &str, limit: Duration) -> io::Error {
    let text = format!("`{from}` cannot connect to `{to}`: connection timed out: no answer in {limit:?}");
    io::Error::new(io::ErrorKind::TimedOut, text)
}

/// Source: the texts that std gives, `unix::net::SocketAddr::from_pathname`.
pub(super) fn no_path(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

pub(super) fn bad_keep_alive(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("no keep-alive can have {what}"))
}

pub(super) fn no_user_timeout() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "a user timeout of zero would end every stream: say `None`")
}

pub(super) fn address_taken(address: IpAddr, name: &str) -> Violation {
    Violation::new(format!("{address} cannot be an address of `{name}`: a host has it already"))
}

pub(super) fn start_failed(host: &str, error: &str, made_at: SourceLocation) -> Violation {
    Violation::new(format!("what `{host}` started has failed: {error}"))
        .with("started at", made_at)
        .next("handle the error inside of the closure, if the test expects it")
}

pub(super) fn spawn_on_a_dead_host(name: &str) -> Violation {
    Violation::new(format!("`{name}` is down: nothing can be spawned on it")).next("`restart` it first")
}

pub(super) fn spawn_on_another_thread(name: &str) -> Violation {
    Violation::new(format!(
        "`{name}` was to run a local task, and was told so on a thread that is not its world's"
    ))
    .next("`spawn` takes what is `Send` on any thread; `start` and `restart` on the test's own")
}

pub(super) fn crashed_twice(name: &str) -> Violation {
    Violation::new(format!("`{name}` crashed while it was down already"))
        .next("`restart` it before it can crash again")
}

pub(super) fn restarted_while_up(name: &str, is_paused: bool) -> Violation {
    match is_paused {
        false => Violation::new(format!("`{name}` was restarted while it was up")).next("`crash` it first"),
        true => Violation::new(format!("`{name}` was restarted while it was paused"))
            .next("`resume` it, or `crash` it first"),
    }
}

pub(super) fn paused_while_not_up(name: &str) -> Violation {
    Violation::new(format!("`{name}` was paused while it was paused or down already"))
}

pub(super) fn resumed_while_not_paused(name: &str) -> Violation {
    Violation::new(format!("`{name}` was resumed while it was not paused"))
}

pub(super) fn no_name_servers(host: &str) -> Violation {
    Violation::new(format!("`{host}` was given no name server to ask"))
        .next("give one address at least; names of hosts resolve without a server")
}

pub(super) fn no_domain_name(name: &str) -> io::Error {
    let why = "labels have 1 to 63 letters, and the whole 253 at most";
    io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is no name: {why}"))
}

pub(super) fn servers_failed(name: &str) -> io::Error {
    uncategorized(format!(
        "failed to lookup address information: temporary failure, no name server could tell of `{name}`"
    ))
}

pub(super) fn servers_silent(name: &str, kind: RecordType, servers: usize, patience: Duration) -> io::Error {
    let servers = if servers == 1 { "1 name server".to_owned() } else { format!("{servers} name servers") };
    let text = format!("no answer about `{name}` ({kind}): {servers} asked twice, {patience:?} each");
    io::Error::new(io::ErrorKind::TimedOut, text)
}

/// The error of a lookup of addresses: that of `getaddrinfo`, whatever kept the servers from answering.
pub(super) fn no_server_answers(name: &str, servers: usize, patience: Duration) -> io::Error {
    let servers = if servers == 1 { "1 name server".to_owned() } else { format!("{servers} name servers") };
    uncategorized(format!(
        "failed to lookup address information: temporary failure, no answer about `{name}`: {servers} asked twice, \
         {patience:?} each"
    ))
}

pub(super) fn no_address(name: &str) -> io::Error {
    uncategorized(format!("failed to lookup address information: `{name}` has no address"))
}

pub(super) fn no_such_date(by: Duration) -> Violation {
    Violation::new(format!("a wall clock cannot step by {by:?}: there is no such date"))
}

pub(super) fn empty_chaos() -> Violation {
    Violation::new("a chaos of no length, or of no trouble, proves nothing")
}

pub(super) fn endless_chaos() -> Violation {
    Violation::new("a chaos with no time between its faults has a thousand million a second")
        .next("give `every` a time; the window's tenth is what it is unless set")
}

pub(super) fn lonely_chaos(hosts: usize) -> Violation {
    let violation = Violation::new(match hosts {
        0 => "this chaos has no host: all are excluded, or none is made".to_owned(),
        _ => "faults of links need two hosts that are not excluded, and there is 1".to_owned(),
    });
    violation.next(match hosts {
        0 => "make the hosts before `run`, or exclude fewer",
        _ => "exclude fewer hosts, or give `faults` only kinds that concern one host: `Crash`, `Pause`, `ClockStep`, \
              `ClockDrift`",
    })
}
