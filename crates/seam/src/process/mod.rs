//! The process around the code, as a value that is handed in.

mod args;
mod clock;
mod entropy;
mod env;
mod exit;
mod fakes;
mod hooks;
mod output;
mod stdin;
mod whole;

pub use self::{
    args::Args,
    clock::ProcessClock,
    entropy::Entropy,
    env::Env,
    exit::Exit,
    fakes::{exit, process},
    hooks::{Caller, ExitHook, OutputStream, ProcessHook, StdinHook},
    output::Output,
    stdin::Stdin,
    whole::Process,
};
