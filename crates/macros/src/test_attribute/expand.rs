//! The test that one would write by hand.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ReturnType, Type};

use super::{parse::Settings, validate::Test};

/// No `let` and no inner `fn`: each of their names would hide one of the user's in the body.
pub(super) fn expand(settings: &Settings, test: &Test) -> TokenStream {
    let Settings { krate, calls, seeds } = settings;
    let Test { attributes, visibility, name, output, body, sim, script, others } = test;
    let sim = sim.as_ref().map_or_else(|| quote!(_: #krate::Sim), |sim| quote!(#sim));
    let result = match output {
        ReturnType::Default => quote!(-> ()),
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => TokenStream::new(),
        ReturnType::Type(..) => quote!(#output),
    };
    let body = match script {
        None => quote!(async move |#sim| #result #body),
        Some(script) => quote!(async move |#sim, #script| #result #body),
    };
    // What another attribute has filled is moved into the body.
    let run = match (script, seeds) {
        (None, None) if others.is_empty() => quote!(run(#body)),
        (None, None) => quote!(run_once(#body)),
        (Some(_), None) if others.is_empty() => quote!(run_with_script(#body)),
        (Some(_), None) => quote!(run_once_with_script(#body)),
        (None, Some(seeds)) => quote!(run_seeds(#seeds, #body)),
        (Some(_), Some(seeds)) => quote!(run_seeds_with_script(#seeds, #body)),
    };
    // Who fills arguments makes a test of each case; and each seed's result is looked at where it ran.
    let attribute = others.is_empty().then(|| quote!(#[::core::prelude::v1::test]));
    let output = seeds.is_none().then_some(output);
    quote! {
        #(#attributes)*
        #attribute
        #visibility fn #name(#(#others),*) #output {
            #krate::__private::test(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
            )
            #calls
            .#run
        }
    }
}
