//! What tests and failure texts show of the sockets.

mod leftovers;
mod netstat;
mod place;
mod sockets;

pub(crate) use self::netstat::describe_end;
