//! The attribute macros of `unplugged-blocking`. Everything that they write can be written by hand.

mod expand;
mod parse;

use proc_macro::TokenStream;

use self::expand::Kind;

/// Makes an async function one that starts on the event loop and returns an `Eventual`.
///
/// See the documentation in `unplugged_blocking`.
#[proc_macro_attribute]
pub fn run_in(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(Kind::RunIn, arguments, item)
}

/// Makes an async function one that blocks until its result is there, at most for a limit.
///
/// See the documentation in `unplugged_blocking`.
#[proc_macro_attribute]
pub fn wait_for(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(Kind::WaitFor, arguments, item)
}

fn expanded(kind: Kind, arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(kind, arguments.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
