//! The failure texts of interposed calls: a headline, and the next step.

pub(crate) type Text = (&'static str, &'static str);

/// A call that would wait, by its name.
pub(crate) fn would_block(call: &str) -> (String, &'static str) {
    (
        format!("`{call}` on a blocking socket would stop the thread that runs the sim"),
        "use the sockets of tokio there, or set the socket non-blocking",
    )
}

pub(crate) const SOURCE_PORT: Text = (
    "a socket is bound to a port and connects: the network chooses the source ports of connections",
    "bind it to port 0",
);

pub(crate) const REAL_SOCKET: Text = (
    "a real socket is registered with the runtime of a sim",
    "make the socket inside of the sim, or allow real sockets by `SimBuilder::real_io(true)`",
);

pub(crate) const SOCKET_ON_THREAD: Text = (
    "a thread that was started on a sim's thread asks for a socket: no sim runs there, and the socket would be real",
    "use sockets in tasks of the sim, or allow real ones by `SimBuilder::real_io(true)`",
);

pub(crate) const NAME_SERVERS: Text = (
    "`getaddrinfo` is called, and a host asks name servers: which host calls cannot be told",
    "look names up by `Host::resolver`, or give the network its names by `Net::add_name`",
);
