//! TCP: streams, listeners and their options.

mod keep_alive;
pub(super) mod listener;
mod options;
mod split;
mod state;
pub(super) mod stream;
mod traits;

pub use self::{
    keep_alive::KeepAlive,
    listener::TcpListener,
    split::{ReadHalf, WriteHalf},
    state::TcpState,
    stream::TcpStream,
};
