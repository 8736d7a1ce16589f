//! The owned copy of an argument: its type in the call, and the expression that makes it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, Ident, PathArguments, Type, TypePath, TypeReference, ext::IdentExt};

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
        Type::Path(_) if is_bytes(ty) => {
            Ok((quote!(#krate::__private::Bytes), quote!(#krate::__private::Bytes::from(#value))))
        }
        Type::Path(path) => match option_of_reference(path) {
            Some(inner) => {
                let (ty, copy) = copied(inner, krate)?;
                Ok((quote!(::core::option::Option<#ty>), quote!(#value.map(#copy))))
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
    let (ty, copy) = copied(reference, krate)?;
    Ok((ty, quote!(#copy(#value))))
}

/// The owned type, and the function that makes a copy. A function needs no name for the reference, which might be
/// a name of the user's.
fn copied(
    reference: &TypeReference,
    krate: &TokenStream,
) -> Result<(TokenStream, TokenStream), &'static str> {
    if reference.mutability.is_some() {
        return Err("what is written through a `&mut` argument is part of the reply");
    }
    let elem = &*reference.elem;
    if let Type::Slice(slice) = elem {
        if is_word(&slice.elem, "u8") {
            return Ok((quote!(#krate::__private::Bytes), quote!(#krate::__private::Bytes::copy_from_slice)));
        }
        let (ty, _) = plain(&slice.elem, &TokenStream::new())?;
        return Ok((quote!(::std::vec::Vec<#ty>), quote!(<[_]>::to_vec)));
    }
    let unsized_types = ["str", "Path", "OsStr", "CStr"];
    if unsized_types.iter().any(|word| is_word(elem, word)) {
        return Ok((
            quote!(<#elem as ::std::borrow::ToOwned>::Owned),
            quote!(::std::borrow::ToOwned::to_owned),
        ));
    }
    let (ty, _) = plain(elem, &TokenStream::new())?;
    Ok((ty, quote!(::core::clone::Clone::clone)))
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

/// `put_all` as `PutAll`. May be empty, or no identifier.
pub(super) fn pascal_case(name: &Ident) -> String {
    let name = name.unraw().to_string();
    let words = name.split('_').filter(|word| !word.is_empty());
    words
        .flat_map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)))
        .collect()
}

/// `KeyStore` as `key_store`, and `HTTPStore` as `http_store`.
pub(super) fn snake_case(name: &Ident) -> String {
    let letters: Vec<char> = name.unraw().to_string().chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let begins_word = at > 0
            && letter.is_uppercase()
            && (!letters[at - 1].is_uppercase()
                || letters.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if begins_word && letters[at - 1] != '_' {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}
