//! `#[strict_fake]`: writes the fake of a trait that one would write by hand over `FakeHandle`, or says why not.

mod expand;
mod owned;
mod parse;
mod tokens;
mod validate;

use proc_macro2::TokenStream;
use syn::Result;

/// On a refusal the trait stays, and so does a fake without its calls: the user sees what was refused, and not
/// also that everything which uses it is unknown.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let settings = parse::settings(arguments)?;
    let subject = parse::subject(item)?;
    let plan = validate::plan(settings, &subject);
    Ok(expand::expand(&subject, &plan))
}
