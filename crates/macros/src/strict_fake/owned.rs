//! The owned copy of an argument: its type in the call, and the expression that makes it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, Ident, PathArguments, Type, TypePath, TypeReference};

use super::tokens::mentions;

/// The type and the expression, or why there is none.
pub(super) fn owned(
    ty: &Type,
    value: &TokenStream,
    krate: &TokenStream,
) -> Result<(TokenStream, TokenStream), &'static str> {
    match ty {
        Type::Reference(reference) => of_reference(reference, value, krate),
        Type::ImplTrait(_) => Err("a call with an `impl Trait` argument has no type of its own"),
        Type::Path(path) if is_bytes(ty) => {
            let _ = path;
            Ok((quote!(#krate::fake::Bytes), quote!(#krate::fake::Bytes::from(#value))))
        }
        Type::Path(path) => match option_of_reference(path) {
            Some(inner) => {
                let (ty, inner) = of_reference(inner, &quote!(value), krate)?;
                Ok((quote!(::core::option::Option<#ty>), quote!(#value.map(|value| #inner))))
            }
            None => plain(ty, value),
        },
        _ => plain(ty, value),
    }
}

fn plain(ty: &Type, value: &TokenStream) -> Result<(TokenStream, TokenStream), &'static str> {
    if mentions(ty, &["dyn", "impl"]) {
        return Err("a `dyn` argument can be neither compared nor shown");
    }
    if mentions(ty, &["&", "'"]) {
        return Err("an argument that borrows inside cannot be kept for the comparison");
    }
    if mentions(ty, &["Self"]) {
        return Err("a fake cannot be compared with a fake");
    }
    Ok((quote!(#ty), quote!(#value)))
}

fn of_reference(
    reference: &TypeReference,
    value: &TokenStream,
    krate: &TokenStream,
) -> Result<(TokenStream, TokenStream), &'static str> {
    if reference.mutability.is_some() {
        return Err("what is written through a `&mut` argument is part of the reply");
    }
    let elem = &*reference.elem;
    if let Type::Slice(slice) = elem {
        if is_word(&slice.elem, "u8") {
            return Ok((quote!(#krate::fake::Bytes), quote!(#krate::fake::Bytes::copy_from_slice(#value))));
        }
        let (ty, _) = plain(&slice.elem, value)?;
        return Ok((quote!(::std::vec::Vec<#ty>), quote!(#value.to_vec())));
    }
    let unsized_types = ["str", "Path", "OsStr", "CStr"];
    if unsized_types.iter().any(|word| is_word(elem, word)) {
        return Ok((
            quote!(<#elem as ::std::borrow::ToOwned>::Owned),
            quote!(::std::borrow::ToOwned::to_owned(#value)),
        ));
    }
    let (ty, _) = plain(elem, value)?;
    Ok((ty, quote!(::core::clone::Clone::clone(#value))))
}

/// `Vec<u8>`, which a report shows as a byte string.
fn is_bytes(ty: &Type) -> bool {
    generic_of(ty, "Vec").is_some_and(|inner| is_word(inner, "u8"))
}

fn option_of_reference(path: &TypePath) -> Option<&TypeReference> {
    match generic_of_path(path, "Option")? {
        Type::Reference(reference) => Some(reference),
        _ => None,
    }
}

/// The type is a path that ends in this word, without arguments.
pub(super) fn is_word(ty: &Type, word: &str) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == word && last.arguments.is_empty())
}

/// The `T` of `Name<T>`.
pub(super) fn generic_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    generic_of_path(path, name)
}

fn generic_of_path<'a>(path: &'a TypePath, name: &str) -> Option<&'a Type> {
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(ty)) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

/// `put_all` as `PutAll`.
pub(super) fn pascal_case(name: &Ident) -> String {
    let name = name.to_string();
    let words = name.trim_start_matches("r#").split('_').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// `KeyStore` as `key_store`.
pub(super) fn snake_case(name: &Ident) -> String {
    let mut out = String::new();
    for letter in name.to_string().trim_start_matches("r#").chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}
