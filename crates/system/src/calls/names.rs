//! Names, from the network of the sim.

#![expect(unsafe_code, reason = "stands in for functions of C, and calls C's")]

use std::{
    ffi::{CStr, c_char, c_int},
    mem,
    net::{IpAddr, SocketAddr},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::OnceLock,
};

use libc::{addrinfo, sockaddr_storage, socklen_t};
use unplugged::__private::{self, RunningSim, raw};

use super::{memory, of_c::of_c, threads};
use crate::{socket::Address, texts};

type Lookup =
    unsafe extern "C" fn(*const c_char, *const c_char, *const addrinfo, *mut *mut addrinfo) -> c_int;

/// The C library's function, which this one stands before.
fn real() -> Option<Lookup> {
    static REAL: OnceLock<usize> = OnceLock::new();
    let found = *REAL.get_or_init(|| of_c(c"getaddrinfo"));
    // SAFETY: the next function of this name is C's, and this is its type; none is null, which is `None`.
    unsafe { mem::transmute::<usize, Option<Lookup>>(found) }
}

/// `getaddrinfo(3)`
///
/// # Safety
/// As the C library's: `node` and `service` are null or end with a zero, `hints` is null or can be read, and `found` can
/// be written.
pub unsafe extern "C" fn getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    found: *mut *mut addrinfo,
) -> c_int {
    let here = __private::running();
    let takes_turns = here.is_none();
    let asks = here.or_else(threads::parent);
    // SAFETY: the caller's promise.
    let question = asks.and_then(|sim| Some((unsafe { Question::read(node, service, hints) }?, sim)));
    let Some((question, sim)) = question else {
        let Some(lookup) = real() else { return libc::EAI_FAIL };
        // SAFETY: the caller's promise.
        return unsafe { lookup(node, service, hints, found) };
    };
    match catch_unwind(AssertUnwindSafe(|| question.ask(&sim, takes_turns))).unwrap_or(Err(libc::EAI_FAIL)) {
        Ok(answers) => {
            // SAFETY: the caller's promise.
            unsafe { found.write(list(&answers, &question)) };
            0
        }
        Err(error) => error,
    }
}

/// A name that the network is asked for.
struct Question {
    name: String,
    /// None if it is not a number.
    port: Option<u16>,
    family: c_int,
    kind: c_int,
    protocol: c_int,
    wants_name: bool,
}

impl Question {
    /// `None` for what needs no network: no name, or an address.
    ///
    /// # Safety
    /// As [`getaddrinfo`].
    unsafe fn read(node: *const c_char, service: *const c_char, hints: *const addrinfo) -> Option<Self> {
        // SAFETY: the caller's promise.
        let text = |place: *const c_char| (!place.is_null()).then(|| unsafe { CStr::from_ptr(place) });
        let name = text(node)?.to_str().ok().filter(|name| name.parse::<IpAddr>().is_err())?;
        let port = text(service).map_or(Some(0), |service| service.to_str().ok()?.parse().ok());
        // SAFETY: the caller's promise.
        let hints = unsafe { memory::read(hints) };
        if hints.is_some_and(|hints| hints.ai_flags & libc::AI_NUMERICHOST != 0) {
            return None;
        }
        Some(Self {
            name: name.to_owned(),
            port,
            family: hints.map_or(libc::AF_UNSPEC, |hints| hints.ai_family),
            kind: hints.map_or(0, |hints| hints.ai_socktype),
            protocol: hints.map_or(0, |hints| hints.ai_protocol),
            wants_name: hints.is_some_and(|hints| hints.ai_flags & libc::AI_CANONNAME != 0),
        })
    }

    /// Asks the network; on a thread that takes turns with the sim, when it is its turn.
    fn ask(&self, sim: &RunningSim, takes_turns: bool) -> Result<Vec<SocketAddr>, c_int> {
        let port = self.port.ok_or(libc::EAI_SERVICE)?;
        if takes_turns && !sim.awaits_turn() {
            return Err(libc::EAI_FAIL);
        }
        let net = sim.net().ok_or(libc::EAI_FAIL)?;
        if raw::has_name_servers(&net) {
            sim.fail(texts::NAME_SERVERS.0, texts::NAME_SERVERS.1);
            return Err(libc::EAI_FAIL);
        }
        let mut addresses = raw::lookup(&net, &self.name).map_err(|_| libc::EAI_NONAME)?;
        addresses.retain(|address| match self.family {
            libc::AF_INET => address.is_ipv4(),
            libc::AF_INET6 => address.is_ipv6(),
            _ => true,
        });
        if addresses.is_empty() { Err(libc::EAI_NODATA) } else { Ok(with_port(addresses, port)) }
    }

    /// The sorts of sockets that an address is told for: all, unless one was asked for.
    fn sorts(&self) -> Vec<(c_int, c_int)> {
        let all = [
            (libc::SOCK_STREAM, libc::IPPROTO_TCP),
            (libc::SOCK_DGRAM, libc::IPPROTO_UDP),
            (libc::SOCK_RAW, 0),
        ];
        let is_asked = |(kind, protocol): &(c_int, c_int)| {
            (self.kind == 0 || self.kind == *kind) && (self.protocol == 0 || self.protocol == *protocol)
        };
        all.into_iter().filter(is_asked).collect()
    }
}

fn with_port(addresses: Vec<IpAddr>, port: u16) -> Vec<SocketAddr> {
    addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()
}

/// Returns a list that `freeaddrinfo` frees: it frees each entry by one call of `free`, and its name by another.
fn list(answers: &[SocketAddr], question: &Question) -> *mut addrinfo {
    let mut head: *mut addrinfo = ptr::null_mut();
    for answer in answers.iter().rev() {
        for (kind, protocol) in question.sorts().into_iter().rev() {
            let (address, length) = memory::storage(&Address::Inet(*answer));
            // SAFETY: the memory has room for both, and the entry's end is aligned for an address; out of memory, the list
            // ends.
            unsafe {
                let entry =
                    libc::calloc(1, size_of::<addrinfo>() + size_of::<sockaddr_storage>()).cast::<addrinfo>();
                if entry.is_null() {
                    return head;
                }
                let place = entry.add(1).cast::<sockaddr_storage>();
                place.write(address);
                (*entry).ai_family = if answer.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
                (*entry).ai_socktype = kind;
                (*entry).ai_protocol = protocol;
                (*entry).ai_addrlen = length as socklen_t;
                (*entry).ai_addr = place.cast();
                (*entry).ai_next = head;
                head = entry;
            }
        }
    }
    if let (true, false, Ok(name)) =
        (question.wants_name, head.is_null(), std::ffi::CString::new(&*question.name))
    {
        // SAFETY: the entry was made above; C's `free` frees what C's `strdup` has made.
        unsafe { (*head).ai_canonname = libc::strdup(name.as_ptr()) };
    }
    head
}
