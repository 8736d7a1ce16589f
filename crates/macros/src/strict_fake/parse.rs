//! The settings of the attribute, and the trait below it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Error, Ident, Item, ItemTrait, Path, Result, Token, Type,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
};

/// The settings between the parentheses of the attribute.
pub(super) struct Settings {
    /// Where the kit is found.
    pub(super) krate: TokenStream,
    /// The associated types of the fake.
    pub(super) types: Vec<(Ident, Type)>,
}

enum Setting {
    Crate(Path),
    Type(Ident, Box<Type>),
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            return Ok(Self::Crate(input.call(Path::parse_mod_style)?));
        }
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self::Type(name, Box::new(input.parse()?)))
    }
}

pub(super) fn settings(arguments: TokenStream) -> Result<Settings> {
    let mut settings = Settings { krate: quote!(::unplugged), types: Vec::new() };
    for setting in Punctuated::<Setting, Token![,]>::parse_terminated.parse2(arguments)? {
        match setting {
            Setting::Crate(path) => settings.krate = quote!(#path),
            Setting::Type(name, ty) => settings.types.push((name, *ty)),
        }
    }
    Ok(settings)
}

pub(super) fn subject(item: TokenStream) -> Result<ItemTrait> {
    match syn::parse2(item)? {
        Item::Trait(subject) => Ok(subject),
        other => Err(Error::new(other.span(), "`#[strict_fake]` stands on a trait")),
    }
}
