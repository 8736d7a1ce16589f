//! A peer that follows a script and checks the code that talks to it.

mod script;

mod peer;

mod play;
mod stage;
mod step;
mod stream;
mod texts;
mod unread;

pub use self::{peer::ScriptedPeer, script::PeerScript, stream::ScriptedStream};
