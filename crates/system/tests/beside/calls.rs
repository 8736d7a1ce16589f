//! The C library's functions, with results as text.
#![allow(
    unsafe_code,
    clippy::undocumented_unsafe_blocks,
    reason = "each passes memory that is there, or what must fail"
)]

use std::{
    ffi::{CString, c_int},
    io, ptr,
};

/// The error of the last call.
fn errno() -> String {
    let number = io::Error::last_os_error().raw_os_error().unwrap();
    let known = [
        (libc::EAGAIN, "EAGAIN"),
        (libc::EALREADY, "EALREADY"),
        (libc::EADDRINUSE, "EADDRINUSE"),
        (libc::EADDRNOTAVAIL, "EADDRNOTAVAIL"),
        (libc::EAFNOSUPPORT, "EAFNOSUPPORT"),
        (libc::EBADF, "EBADF"),
        (libc::ECONNREFUSED, "ECONNREFUSED"),
        (libc::ECONNRESET, "ECONNRESET"),
        (libc::EDESTADDRREQ, "EDESTADDRREQ"),
        (libc::EEXIST, "EEXIST"),
        (libc::EINPROGRESS, "EINPROGRESS"),
        (libc::EINVAL, "EINVAL"),
        (libc::EISCONN, "EISCONN"),
        (libc::EMSGSIZE, "EMSGSIZE"),
        (libc::ENOENT, "ENOENT"),
        (libc::ENOTCONN, "ENOTCONN"),
        (libc::EOPNOTSUPP, "EOPNOTSUPP"),
        (libc::EPIPE, "EPIPE"),
    ];
    known
        .iter()
        .find(|(code, _)| *code == number)
        .map_or_else(|| number.to_string(), |(_, name)| (*name).into())
}

pub(crate) fn shown(result: isize) -> String {
    if result < 0 { errno() } else { result.to_string() }
}

pub(crate) fn address(port: u16) -> libc::sockaddr_in {
    address_of([127, 0, 0, 1], port)
}

pub(crate) fn address_of(ip: [u8; 4], port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(ip) },
        sin_zero: [0; 8],
    }
}

/// A descriptor, closed at the end.
pub(crate) struct Fd(pub(crate) c_int);

impl Drop for Fd {
    fn drop(&mut self) {
        unsafe { libc::close(self.0) };
    }
}

impl Fd {
    pub(crate) fn tcp() -> Self {
        Self::of(libc::AF_INET, libc::SOCK_STREAM)
    }

    pub(crate) fn udp() -> Self {
        Self::of(libc::AF_INET, libc::SOCK_DGRAM)
    }

    pub(crate) fn of(domain: c_int, kind: c_int) -> Self {
        let fd = unsafe { libc::socket(domain, kind | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC, 0) };
        assert!(fd >= 0, "{}", errno());
        Self(fd)
    }

    pub(crate) fn close(self) {}

    pub(crate) fn dup(&self) -> Self {
        Self(unsafe { libc::dup(self.0) })
    }

    pub(crate) fn bind(&self, port: u16) -> String {
        self.bind_to(&address(port))
    }

    pub(crate) fn bind_to(&self, to: &libc::sockaddr_in) -> String {
        shown(unsafe { libc::bind(self.0, ptr::from_ref(to).cast(), 16) } as isize)
    }

    pub(crate) fn listen(&self, backlog: c_int) -> String {
        shown(unsafe { libc::listen(self.0, backlog) } as isize)
    }

    /// A listener on a free port, and the port.
    pub(crate) fn listener() -> (Self, u16) {
        let listener = Self::tcp();
        assert_eq!((listener.bind(0), listener.listen(16)), ("0".into(), "0".into()));
        let port = listener.port();
        (listener, port)
    }

    fn name_by(
        &self,
        call: unsafe extern "C" fn(c_int, *mut libc::sockaddr, *mut libc::socklen_t) -> c_int,
    ) -> Result<libc::sockaddr_in, String> {
        let (mut name, mut length) = (address_of([0; 4], 0), 16);
        match unsafe { call(self.0, (&raw mut name).cast(), &raw mut length) } {
            0 => Ok(name),
            _ => Err(errno()),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        u16::from_be(self.name_by(libc::getsockname).unwrap().sin_port)
    }

    /// The address of this end, and whether it has a port.
    pub(crate) fn name(&self) -> String {
        self.name_by(libc::getsockname).map_or_else(|error| error, |name| text_of(&name))
    }

    pub(crate) fn peer(&self) -> String {
        self.name_by(libc::getpeername).map_or_else(|error| error, |name| text_of(&name))
    }

    pub(crate) fn connect(&self, port: u16) -> String {
        let to = address(port);
        shown(unsafe { libc::connect(self.0, (&raw const to).cast(), 16) } as isize)
    }

    pub(crate) fn accept(&self) -> Result<Self, String> {
        let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        match unsafe { libc::accept4(self.0, ptr::null_mut(), ptr::null_mut(), flags) } {
            fd @ 0.. => Ok(Self(fd)),
            _ => Err(errno()),
        }
    }

    pub(crate) fn send(&self, text: &str) -> String {
        shown(unsafe { libc::send(self.0, text.as_ptr().cast(), text.len(), libc::MSG_NOSIGNAL) })
    }

    pub(crate) fn send_to(&self, text: &str, to: &libc::sockaddr_in) -> String {
        let sent = unsafe {
            libc::sendto(self.0, text.as_ptr().cast(), text.len(), 0, ptr::from_ref(to).cast(), 16)
        };
        shown(sent)
    }

    /// How many bytes come, and which.
    pub(crate) fn recv(&self, room: usize) -> String {
        self.recv_with(room, 0)
    }

    pub(crate) fn recv_with(&self, room: usize, flags: c_int) -> String {
        let mut buffer = vec![b'.'; room];
        let count = unsafe { libc::recv(self.0, buffer.as_mut_ptr().cast(), room, flags) };
        match usize::try_from(count) {
            Ok(count) => format!("{count} {}", String::from_utf8_lossy(&buffer[..count.min(room)])),
            Err(_) => errno(),
        }
    }

    /// Writes until there is no more room, and returns whether anything was written.
    pub(crate) fn fill(&self) -> bool {
        let chunk = "x".repeat(4096);
        let mut written = 0;
        while let Ok(count) = self.send(&chunk).parse::<usize>() {
            written += count;
        }
        written > 0
    }

    /// Reads all that is there; returns whether that is anything.
    pub(crate) fn drain(&self) -> bool {
        let (mut buffer, mut any) = ([0_u8; 65_536], false);
        while unsafe { libc::recv(self.0, buffer.as_mut_ptr().cast(), buffer.len(), 0) } > 0 {
            any = true;
        }
        any
    }

    pub(crate) fn shutdown(&self, how: c_int) -> String {
        shown(unsafe { libc::shutdown(self.0, how) } as isize)
    }

    pub(crate) fn option(&self, level: c_int, name: c_int) -> String {
        let (mut value, mut length) = (0_i32, 4);
        let got = unsafe { libc::getsockopt(self.0, level, name, (&raw mut value).cast(), &raw mut length) };
        if got < 0 { errno() } else { format!("{value} in {length}") }
    }

    pub(crate) fn set_option(&self, level: c_int, name: c_int, value: c_int) -> String {
        shown(unsafe { libc::setsockopt(self.0, level, name, (&raw const value).cast(), 4) } as isize)
    }

    pub(crate) fn set_linger(&self, seconds: c_int) {
        let value = libc::linger { l_onoff: 1, l_linger: seconds };
        let (level, name) = (libc::SOL_SOCKET, libc::SO_LINGER);
        let set = unsafe { libc::setsockopt(self.0, level, name, (&raw const value).cast(), 8) };
        assert_eq!(set, 0);
    }

    /// `SO_ERROR`
    pub(crate) fn error(&self) -> String {
        let error = self.option(libc::SOL_SOCKET, libc::SO_ERROR);
        let number: i32 = error.split(' ').next().unwrap().parse().unwrap();
        io::Error::from_raw_os_error(number).kind().to_string() + if number == 0 { " none" } else { "" }
    }

    pub(crate) fn unread(&self) -> String {
        let mut unread: c_int = -1;
        let asked = unsafe { libc::ioctl(self.0, libc::FIONREAD, &raw mut unread) };
        if asked < 0 { errno() } else { unread.to_string() }
    }

    pub(crate) fn flags(&self) -> String {
        let flags = unsafe { libc::fcntl(self.0, libc::F_GETFL) };
        format!("nonblocking {}, mode {}", flags & libc::O_NONBLOCK != 0, flags & libc::O_ACCMODE)
    }

    /// What `poll` says, without a wait.
    pub(crate) fn poll(&self, events: i16) -> String {
        let mut entry = libc::pollfd { fd: self.0, events, revents: 0 };
        let count = unsafe { libc::poll(&raw mut entry, 1, 0) };
        format!("{count} {}", mask(u32::from(entry.revents as u16)))
    }

    pub(crate) fn at_path(&self, path: &str, is_bind: bool) -> String {
        let mut name: libc::sockaddr_un = unsafe { std::mem::zeroed() };
        name.sun_family = libc::AF_UNIX as libc::sa_family_t;
        let text = CString::new(path).unwrap();
        let bytes = text.as_bytes_with_nul();
        // An at sign stands for the zero byte of an abstract name.
        let (bytes, is_abstract) =
            if path.starts_with('@') { (&bytes[..bytes.len() - 1], true) } else { (bytes, false) };
        for (place, byte) in name.sun_path.iter_mut().zip(bytes) {
            *place = *byte as libc::c_char;
        }
        if is_abstract {
            name.sun_path[0] = 0;
        }
        let length = u32::try_from(2 + bytes.len()).unwrap();
        let call = if is_bind { libc::bind } else { libc::connect };
        shown(unsafe { call(self.0, (&raw const name).cast(), length) } as isize)
    }
}

fn text_of(name: &libc::sockaddr_in) -> String {
    let ip = std::net::Ipv4Addr::from(name.sin_addr.s_addr.to_ne_bytes());
    format!("{ip} {}", if name.sin_port == 0 { "no port" } else { "a port" })
}

pub(crate) fn mask(mask: u32) -> String {
    let known = [
        (libc::EPOLLIN, "IN"),
        (libc::EPOLLOUT, "OUT"),
        (libc::EPOLLRDHUP, "RDHUP"),
        (libc::EPOLLHUP, "HUP"),
        (libc::EPOLLERR, "ERR"),
    ];
    let set = known.iter().filter(|(bit, _)| mask & *bit as u32 != 0);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join("|")
}

/// An epoll, closed at the end.
pub(crate) struct Epoll(Fd);

pub(crate) const IN: c_int = libc::EPOLLIN;
pub(crate) const OUT: c_int = libc::EPOLLOUT;
/// What tokio asks for.
pub(crate) const ALL: c_int = libc::EPOLLIN | libc::EPOLLOUT | libc::EPOLLRDHUP;
pub(crate) const EDGE: c_int = libc::EPOLLET;

impl Epoll {
    pub(crate) fn new() -> Self {
        Self(Fd(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }))
    }

    pub(crate) fn control(&self, operation: c_int, fd: &Fd, events: c_int, data: u64) -> String {
        let mut event = libc::epoll_event { events: events as u32, u64: data };
        shown(unsafe { libc::epoll_ctl(self.0.0, operation, fd.0, &raw mut event) } as isize)
    }

    pub(crate) fn add(&self, fd: &Fd, events: c_int, data: u64) {
        assert_eq!(self.control(libc::EPOLL_CTL_ADD, fd, events, data), "0");
    }

    pub(crate) fn change(&self, fd: &Fd, events: c_int, data: u64) -> String {
        self.control(libc::EPOLL_CTL_MOD, fd, events, data)
    }

    pub(crate) fn remove(&self, fd: &Fd) -> String {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    /// All that is ready now, by the numbers of their data.
    pub(crate) fn wait(&self) -> String {
        self.wait_for(8)
    }

    pub(crate) fn wait_for(&self, most: c_int) -> String {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 8];
        let count = unsafe { libc::epoll_wait(self.0.0, events.as_mut_ptr(), most, 0) };
        let Ok(count) = usize::try_from(count) else { return errno() };
        let mut told: Vec<String> =
            events[..count].iter().map(|event| format!("{}:{}", { event.u64 }, mask(event.events))).collect();
        told.sort();
        format!("[{}]", told.join(" "))
    }
}
