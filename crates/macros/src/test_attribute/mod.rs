//! `#[unplugged::test]`: runs an async test in a sim of its own.

mod expand;
mod parse;
mod validate;

use proc_macro2::TokenStream;
use syn::{ItemFn, Result};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let settings = parse::settings(arguments)?;
    let function: ItemFn = syn::parse2(item)?;
    let test = validate::validate(function)?;
    Ok(expand::expand(&settings, &test))
}
