//! Protocols without I/O, as callbacks, and what drives them.

mod callbacks;
mod transport;

mod test_connection;

mod string_transport;

#[cfg(feature = "tokio")]
mod drive;
mod engine;
mod identity;
mod linked;
mod linked_end;
mod state;
mod test_driver;
mod texts;
mod transport_core;

#[cfg(feature = "tokio")]
pub use self::drive::{Addressed, Drive, drive};
pub use self::{
    callbacks::Protocol,
    linked::Linked,
    linked_end::LinkedEnd,
    state::{ConnectionState, ReadState},
    string_transport::StringTransport,
    test_connection::TestConnection,
    transport::Transport,
};
