//! The settings between the parentheses of the attribute.

use std::{collections::BTreeSet, fmt::Display, str::FromStr};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Error, Ident, LitBool, LitInt, LitStr, Path, Result, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

const KNOWN: &str = "unknown setting: there are `seed`, `seeds`, `limit`, `manual`, `trace`, `real_io`, \
                     `real_threads`, `shuffle_ties`, `max_steps_per_instant`, `allow_panics`, `audit` and `crate`";

/// The settings of the attribute.
pub(super) struct Settings {
    /// Where the kit is found.
    pub(super) krate: TokenStream,
    /// The calls on the settings of the run, in the order in which they are written.
    pub(super) calls: TokenStream,
    /// The range of seeds, if the test runs once for each.
    pub(super) seeds: Option<TokenStream>,
}

pub(super) fn settings(arguments: TokenStream) -> Result<Settings> {
    all.parse2(arguments)
}

fn all(input: ParseStream<'_>) -> Result<Settings> {
    let mut settings = Settings { krate: quote!(::unplugged), calls: TokenStream::new(), seeds: None };
    let mut said = BTreeSet::new();
    while !input.is_empty() {
        let name = input.call(Ident::parse_any)?;
        if !said.insert(name.to_string()) {
            return Err(Error::new(name.span(), format!("`{name}` is set twice")));
        }
        if said.contains("seed") && said.contains("seeds") {
            return Err(Error::new(
                name.span(),
                "`seeds` runs the test once for each seed: leave `seed` out",
            ));
        }
        one(input, &name, &mut settings)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(settings)
}

fn one(input: ParseStream<'_>, name: &Ident, settings: &mut Settings) -> Result<()> {
    let call = match name.to_string().as_str() {
        "crate" => {
            input.parse::<Token![=]>()?;
            settings.krate = input.call(Path::parse_mod_style)?.into_token_stream();
            return Ok(());
        }
        "seeds" => {
            input.parse::<Token![=]>()?;
            settings.seeds = Some(range(input)?);
            return Ok(());
        }
        "seed" => {
            input.parse::<Token![=]>()?;
            seed(input)?.0.into_token_stream()
        }
        "limit" => {
            input.parse::<Token![=]>()?;
            let text: LitStr = input.parse()?;
            let millis = millis(&text.value()).ok_or_else(|| {
                let text_is =
                    "a limit is a number above zero and a unit: \"500ms\", \"90s\", \"5m\", \"48h\"";
                Error::new(text.span(), text_is)
            })?;
            quote!(#millis)
        }
        "allow_panics" => allowed(input, name)?,
        "trace" => number::<usize>(input, name, "how many events the trace keeps: `trace = 1000`")?,
        "max_steps_per_instant" => number::<u32>(
            input,
            name,
            "how often a task may run at one instant: `max_steps_per_instant = 1000`",
        )?,
        "manual" | "real_io" | "real_threads" | "shuffle_ties" | "audit" => flag(input, name)?,
        _ => return Err(Error::new(name.span(), KNOWN)),
    };
    settings.calls.extend(quote!(.#name(#call)));
    Ok(())
}

/// `manual`, `manual = true`, `manual = false`.
fn flag(input: ParseStream<'_>, name: &Ident) -> Result<TokenStream> {
    if !input.peek(Token![=]) {
        return Ok(quote!(true));
    }
    input.parse::<Token![=]>()?;
    let value: Result<LitBool> = input.parse();
    value.map(ToTokens::into_token_stream).map_err(|error| {
        Error::new(error.span(), format!("write `{name}`, `{name} = true` or `{name} = false`"))
    })
}

/// `= "a handler's bug"`.
fn allowed(input: ParseStream<'_>, name: &Ident) -> Result<TokenStream> {
    let missing =
        |span| Error::new(span, "say which panics may come: `allow_panics = \"a part of their text\"`");
    if !input.peek(Token![=]) {
        return Err(missing(name.span()));
    }
    input.parse::<Token![=]>()?;
    let text: LitStr = input.parse().map_err(|error: Error| missing(error.span()))?;
    if text.value().is_empty() { Err(missing(text.span())) } else { Ok(text.into_token_stream()) }
}

/// `= 1000`.
fn number<N: FromStr<Err: Display>>(
    input: ParseStream<'_>,
    name: &Ident,
    meaning: &str,
) -> Result<TokenStream> {
    let missing = |span| Error::new(span, format!("say {meaning}"));
    if !input.peek(Token![=]) {
        return Err(missing(name.span()));
    }
    input.parse::<Token![=]>()?;
    let number: LitInt = input.parse().map_err(|error: Error| missing(error.span()))?;
    number.base10_parse::<N>().map_err(|_| missing(number.span()))?;
    Ok(number.into_token_stream())
}

fn seed(input: ParseStream<'_>) -> Result<(LitInt, u64)> {
    let no_number = |error: Error| Error::new(error.span(), "a seed is a number: `seed = 7`");
    let seed: LitInt = input.parse().map_err(no_number)?;
    let value = seed.base10_parse().map_err(|_| Error::new(seed.span(), "a seed is a number of 64 bits"))?;
    Ok((seed, value))
}

/// `0..100` or `1..=100`, as a range that leaves its end out.
fn range(input: ParseStream<'_>) -> Result<TokenStream> {
    let at = input.span();
    let no_range = |_| Error::new(at, "seeds are a range of numbers: `seeds = 0..100`");
    let (_, from) = seed(input).map_err(no_range)?;
    let is_closed = input.peek(Token![..=]);
    if is_closed {
        input.parse::<Token![..=]>()?;
    } else {
        input.parse::<Token![..]>().map_err(no_range)?;
    }
    let (_, to) = seed(input).map_err(no_range)?;
    let end = if is_closed { to.checked_add(1) } else { Some(to) };
    match end {
        Some(end) if from < end => Ok(quote!(#from..#end)),
        _ => Err(Error::new(at, "this range holds no seed: the test would not run")),
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
