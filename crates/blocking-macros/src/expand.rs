//! The code that the attributes write: the blocking function, and beside it the async original.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, FnArg, Ident, ItemFn, Pat, Result, ReturnType, Type};

use crate::parse::Arguments;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    RunIn,
    WaitFor,
}

pub(crate) fn expand(kind: Kind, arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let arguments: Arguments = syn::parse2(arguments)?;
    let original: ItemFn = syn::parse2(item)?;
    let output = output(kind, &arguments, &original)?;

    let name = &original.sig.ident;
    let original_name = format_ident!("{name}_async");
    let (passed, is_method) = passed(&original)?;
    let call = match is_method || arguments.associated {
        true => quote!(Self::#original_name(#(#passed),*)),
        false => quote!(#original_name(#(#passed),*)),
    };
    let bridge = match &arguments.bridge {
        Some(bridge) => quote!(&::unplugged_blocking::Blocking::clone(&(#bridge))),
        None => quote!(::unplugged_blocking::default_bridge()),
    };
    let value = quote!(<#output as ::unplugged_blocking::__private::Outcome>::Value);
    let (output, body) = match &arguments.limit {
        Some((_, nanos)) => (
            quote!(::core::result::Result<#value, ::unplugged_blocking::WaitError>),
            quote!(::unplugged_blocking::Blocking::wait_for(#bridge, ::core::time::Duration::from_nanos(#nanos), #call)),
        ),
        None => (
            quote!(::unplugged_blocking::Eventual<#value>),
            quote!(::unplugged_blocking::Blocking::run(#bridge, #call)),
        ),
    };

    let mut blocking = original.sig.clone();
    blocking.asyncness = None;
    blocking.output = syn::parse2(quote!(-> #output))?;
    let docs = &original.attrs;
    let visibility = &original.vis;
    let mut renamed = original.clone();
    renamed.sig.ident = original_name;
    renamed.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
    let note = format!("The async original of `{name}`.");
    Ok(quote! {
        #(#docs)*
        #[track_caller]
        #visibility #blocking { #body }

        #[doc = #note]
        #renamed
    })
}

/// The return type of the original, once all else is as it is to be.
fn output<'a>(kind: Kind, arguments: &Arguments, original: &'a ItemFn) -> Result<&'a Type> {
    let sig = &original.sig;
    if sig.asyncness.is_none() {
        return Err(Error::new_spanned(
            sig.fn_token,
            "the function is to be `async`: the attribute makes the blocking one",
        ));
    }
    let ReturnType::Type(_, output) = &sig.output else {
        let text = "the function is to return a `Result`: its error is what a wait gives back; with none, `Result<(), std::convert::Infallible>`";
        return Err(Error::new_spanned(&sig.ident, text));
    };
    match (kind, &arguments.limit) {
        (Kind::WaitFor, None) => Err(Error::new_spanned(
            &sig.ident,
            "a limit is needed: `#[wait_for(\"5s\")]`; there is no default",
        )),
        (Kind::RunIn, Some((text, _))) => {
            Err(Error::new_spanned(text, "`run_in` takes no limit: `Eventual::wait` takes it"))
        }
        _ => Ok(output),
    }
}

/// The arguments by name, and whether the first is `self`.
fn passed(original: &ItemFn) -> Result<(Vec<TokenStream>, bool)> {
    let mut is_method = false;
    let mut names = Vec::new();
    for argument in &original.sig.inputs {
        match argument {
            FnArg::Receiver(receiver) => {
                is_method = true;
                let token = &receiver.self_token;
                names.push(quote!(#token));
            }
            FnArg::Typed(typed) => {
                let name = name_of(&typed.pat)?;
                names.push(quote!(#name));
            }
        }
    }
    Ok((names, is_method))
}

fn name_of(pattern: &Pat) -> Result<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none() => {
            Ok(&name.ident)
        }
        other => {
            Err(Error::new_spanned(other, "an argument is to have a plain name here: it is passed on by it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{
        Kind::{self, RunIn, WaitFor},
        TokenStream, expand,
    };

    fn refusal(kind: Kind, arguments: TokenStream, item: TokenStream) -> String {
        expand(kind, arguments, item).unwrap_err().to_string()
    }

    fn a_function() -> TokenStream {
        quote!(
            async fn page() -> io::Result<()> {
                Ok(())
            }
        )
    }

    #[test]
    fn a_limit_is_needed_by_wait_for_and_refused_by_run_in() {
        assert_eq!(
            refusal(WaitFor, quote!(), a_function()),
            "a limit is needed: `#[wait_for(\"5s\")]`; there is no default"
        );
        assert_eq!(
            refusal(RunIn, quote!("5s"), a_function()),
            "`run_in` takes no limit: `Eventual::wait` takes it"
        );
    }

    #[test]
    fn a_limit_is_a_whole_number_above_zero_and_a_unit() {
        for limit in ["", "5", "s", "0s", "1.5s", "-1s", " 5s", "5 s", "5d", "99999999999999h"] {
            assert_eq!(
                refusal(WaitFor, quote!(#limit), a_function()),
                format!(
                    "`{limit}` is no limit: write a whole number above zero and one of ns, us, ms, s, m, h, as in \"5s\""
                )
            );
        }
        for (limit, nanos) in [
            ("1ns", 1),
            ("2us", 2_000),
            ("3ms", 3_000_000),
            ("4s", 4_000_000_000),
            ("5m", 300_000_000_000),
            ("6h", 21_600_000_000_000_u64),
        ] {
            let written = expand(WaitFor, quote!(#limit), a_function()).unwrap().to_string();
            assert!(written.contains(&format!("from_nanos ({nanos}u64)")), "{written}");
        }
    }

    #[test]
    fn each_argument_is_given_once() {
        let text = "the arguments are a limit such as \"5s\", a bridge, and `associated`, once each";
        assert_eq!(refusal(WaitFor, quote!("5s", one, two), a_function()), text);
        assert_eq!(refusal(WaitFor, quote!("5s", one, "6s"), a_function()), text);
    }

    #[test]
    fn the_function_is_async_and_returns_a_result() {
        assert_eq!(
            refusal(
                RunIn,
                quote!(),
                quote!(
                    fn page() -> io::Result<()> {
                        Ok(())
                    }
                )
            ),
            "the function is to be `async`: the attribute makes the blocking one"
        );
        assert_eq!(
            refusal(
                RunIn,
                quote!(),
                quote!(
                    async fn page() {}
                )
            ),
            "the function is to return a `Result`: its error is what a wait gives back; with none, \
             `Result<(), std::convert::Infallible>`"
        );
    }

    #[test]
    fn an_argument_has_a_plain_name() {
        for pattern in [quote!((left, right)), quote!(mut left), quote!(ref left), quote!(_)] {
            assert_eq!(
                refusal(RunIn, quote!(), quote!(async fn sum(#pattern: Pair) -> io::Result<()> { Ok(()) })),
                "an argument is to have a plain name here: it is passed on by it"
            );
        }
    }

    #[test]
    fn docs_visibility_and_arguments_stay() {
        let written = expand(
            RunIn,
            quote!(bridge),
            quote! {
                /// Returns a page.
                pub async fn page(url: String) -> io::Result<String> { Ok(url) }
            },
        );
        let written = written.unwrap().to_string();
        let start = quote! {
            /// Returns a page.
            #[track_caller]
            pub fn page(url: String) ->
        };
        assert!(written.starts_with(&start.to_string()), "{written}");
        let original = quote! {
            #[doc = "The async original of `page`."]
            pub async fn page_async(url: String) -> io::Result<String> { Ok(url) }
        };
        assert!(written.ends_with(&original.to_string()), "{written}");
    }
}
