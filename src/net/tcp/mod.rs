//! TCP: streams, listeners and their options.

mod keep_alive;
pub(super) mod listener;
mod options;
mod socket;
mod split;
mod state;
pub(super) mod stream;
mod traits;

pub use self::{
    keep_alive::KeepAlive,
    listener::TcpListener,
    socket::TcpSocket,
    split::{ReadHalf, WriteHalf},
    state::TcpState,
    stream::TcpStream,
};
