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
