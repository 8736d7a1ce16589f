//! Options.

use super::{Log, World, calls::Fd, check};

#[test]
fn options_of_streams_and_datagrams() {
    check(async |_world: World| {
        let mut log = Log::default();
        let (stream, datagrams, (listener, _)) = (Fd::tcp(), Fd::udp(), Fd::listener());
        for name in [libc::SO_TYPE, libc::SO_DOMAIN, libc::SO_PROTOCOL, libc::SO_ACCEPTCONN, libc::SO_ERROR] {
            for (socket, sort) in [(&stream, "stream"), (&datagrams, "datagrams"), (&listener, "listener")] {
                log.note(&format!("{sort} {name}"), socket.option(libc::SOL_SOCKET, name));
            }
        }
        for name in [libc::SO_REUSEADDR, libc::SO_KEEPALIVE, libc::SO_REUSEPORT] {
            log.note(&format!("{name} unset"), stream.option(libc::SOL_SOCKET, name));
            log.note(&format!("{name} set"), stream.set_option(libc::SOL_SOCKET, name, 5));
            log.note(&format!("{name}"), stream.option(libc::SOL_SOCKET, name));
        }
        for (name, value) in [
            (libc::TCP_NODELAY, 7),
            (libc::TCP_KEEPIDLE, 60),
            (libc::TCP_KEEPINTVL, 10),
            (libc::TCP_KEEPCNT, 3),
            (libc::TCP_USER_TIMEOUT, 9000),
        ] {
            log.note(&format!("tcp {name} unset"), stream.option(libc::IPPROTO_TCP, name));
            log.note(&format!("tcp {name} set"), stream.set_option(libc::IPPROTO_TCP, name, value));
            log.note(&format!("tcp {name}"), stream.option(libc::IPPROTO_TCP, name));
        }
        log.note("buffer", stream.set_option(libc::SOL_SOCKET, libc::SO_SNDBUF, 65_536));
        log.note("is doubled", stream.option(libc::SOL_SOCKET, libc::SO_SNDBUF));
        log.note("broadcast", datagrams.set_option(libc::SOL_SOCKET, libc::SO_BROADCAST, 1));
        log.note("is on", datagrams.option(libc::SOL_SOCKET, libc::SO_BROADCAST));
        log.note("ttl", stream.option(libc::IPPROTO_IP, libc::IP_TTL));
        log.note("flags", stream.flags());
        log
    });
}
