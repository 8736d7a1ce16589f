//! Reports of sockets, for tests and failure texts.

mod leftovers;
mod netstat;
mod place;
mod sockets;

pub(crate) use self::netstat::describe_end;
