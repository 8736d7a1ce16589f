//! The attribute macros of `unplugged`. Everything that they write can be written by hand.

mod test_attribute;

use proc_macro::TokenStream;

/// An async test in a world of its own: an `unplugged::Sim`, handed in as the only argument (or left out).
///
/// Arguments, all optional: `seed = 0x5eed`, `limit = "24h"` (units `ms`, `s`, `m`, `h`), `manual`,
/// `crate = path` (where `unplugged` is found under another name). The test may return a `Result`.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test_attribute::expand(arguments.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
