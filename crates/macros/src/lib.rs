//! The attribute macros of `unplugged`. Everything that they write can be written by hand.

mod strict_fake;
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

/// Writes the strict fake of a trait: `FakeStore(FakeHandle)` for a trait `Store`, and the module `store_calls` with
/// a struct a method, whose fields are the arguments. Exactly what one would write by hand.
///
/// Arguments, all optional: `Name = Type` for each associated type, `crate = path` (where `unplugged` is found under
/// another name).
///
/// | in the trait | in the fake |
/// |---|---|
/// | `&str`, `&Path`, `&T`, `&[T]`, `Option<&T>` | the owned copy |
/// | `&[u8]`, `Vec<u8>` | `bytes::Bytes`, which a report shows as a byte string |
/// | `async fn`, `-> impl Future<Output = T>`, `-> Pin<Box<dyn Future<Output = T>>>` | replies now or later |
/// | a parameter of the trait, or of a method | a parameter of the call; a method must bound it by `Debug + PartialEq + Send + Sync + 'static` |
///
/// What cannot be strict does not compile, with the reason: bodies of their own, functions without `self`, `&mut` and
/// `impl Trait` arguments, replies that borrow. A fake written by hand can do most of these.
#[proc_macro_attribute]
pub fn strict_fake(arguments: TokenStream, item: TokenStream) -> TokenStream {
    strict_fake::expand(arguments.into(), item.into())
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
