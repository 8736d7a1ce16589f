//! `#[unplugged::test]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    AttrStyle, Error, ItemFn, LitInt, LitStr, Path, Result, ReturnType, Token, Type,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
    spanned::Spanned,
};

/// What stands between the parentheses of the attribute.
#[derive(Default)]
struct Settings {
    seed: Option<LitInt>,
    limit: Option<u64>,
    manual: bool,
    krate: Option<Path>,
}

/// One of them.
enum Setting {
    Seed(LitInt),
    LimitMillis(u64),
    Manual,
    Crate(Path),
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            return Ok(Self::Crate(input.call(Path::parse_mod_style)?));
        }
        let name: syn::Ident = input.parse()?;
        match name.to_string().as_str() {
            "manual" => Ok(Self::Manual),
            "seed" => {
                input.parse::<Token![=]>()?;
                let seed: LitInt = input.parse()?;
                seed.base10_parse::<u64>()
                    .map_err(|_| Error::new(seed.span(), "a seed is a number of 64 bits"))?;
                Ok(Self::Seed(seed))
            }
            "limit" => {
                input.parse::<Token![=]>()?;
                let text: LitStr = input.parse()?;
                millis(&text.value()).map(Self::LimitMillis).ok_or_else(|| {
                    Error::new(
                        text.span(),
                        "a limit is a number above zero and a unit: \"500ms\", \"90s\", \"5m\", \"48h\"",
                    )
                })
            }
            _ => Err(Error::new(
                name.span(),
                "unknown argument: there are `seed`, `limit`, `manual` and `crate`",
            )),
        }
    }
}

fn millis(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    count.parse::<u64>().ok()?.checked_mul(unit).filter(|millis| *millis > 0)
}

fn settings(arguments: TokenStream) -> Result<Settings> {
    let mut settings = Settings::default();
    for setting in Punctuated::<Setting, Token![,]>::parse_terminated.parse2(arguments)? {
        match setting {
            Setting::Seed(seed) => settings.seed = Some(seed),
            Setting::LimitMillis(limit) => settings.limit = Some(limit),
            Setting::Manual => settings.manual = true,
            Setting::Crate(path) => settings.krate = Some(path),
        }
    }
    Ok(settings)
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let settings = settings(arguments)?;
    let mut function: ItemFn = syn::parse2(item)?;
    check(&function)?;

    let krate = settings.krate.map_or_else(|| quote!(::unplugged), |path| quote!(#path));
    let seed = settings.seed.map(|seed| quote!(.default_seed(#krate::seed::Seed::new(#seed))));
    let limit = settings.limit.map(|millis| quote!(.limit(#krate::clock::millis(#millis))));
    let manual = settings.manual.then(|| quote!(.manual()));

    let mut attributes = std::mem::take(&mut function.attrs);
    for attribute in &mut attributes {
        attribute.style = AttrStyle::Outer; // those inside of the body mean the same, and stand where they may
    }
    let ItemFn { vis, sig, block, .. } = &function;
    let (name, output) = (&sig.ident, &sig.output);
    let argument = sig.inputs.first().map_or_else(|| quote!(_: #krate::Sim), |sim| quote!(#sim));
    // No `async fn` and no `let`: each name of them would hide one of the user's in the body.
    let result = match output {
        ReturnType::Default => quote!(-> ()),
        ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)) => TokenStream::new(),
        ReturnType::Type(..) => quote!(#output),
    };
    Ok(quote! {
        #(#attributes)*
        #[::core::prelude::v1::test]
        #vis fn #name() #output {
            #krate::Sim::from_env(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
            )
            #seed
            #limit
            #manual
            .build()
            .run_test(async move |#argument| #result #block)
        }
    })
}

fn check(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        return Err(Error::new(
            signature.fn_token.span(),
            "`#[unplugged::test]` is for async tests: write `async fn`",
        ));
    }
    if let Some(second) = signature.inputs.iter().nth(1) {
        return Err(Error::new(second.span(), "a test takes one argument at most, the `Sim`"));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new(signature.generics.span(), "a test cannot be generic"));
    }
    Ok(())
}
