//! The arguments of the attributes.

use syn::{
    Expr, LitStr, Result, Token,
    parse::{Error, Parse, ParseStream},
};

/// `"5s", bridge, associated`: the limit for `wait_for` alone, the rest optional.
pub(crate) struct Arguments {
    pub(crate) limit: Option<(LitStr, u64)>,
    pub(crate) bridge: Option<Expr>,
    /// The function stands in an `impl` and takes no `self`.
    pub(crate) associated: bool,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self { limit: None, bridge: None, associated: false };
        while !input.is_empty() {
            match input.parse::<Expr>()? {
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) if arguments.limit.is_none() => {
                    let nanos = nanos(&text)?;
                    arguments.limit = Some((text, nanos));
                }
                Expr::Path(path) if path.path.is_ident("associated") => arguments.associated = true,
                bridge if arguments.bridge.is_none() => arguments.bridge = Some(bridge),
                other => {
                    let text =
                        "the arguments are a limit such as \"5s\", a bridge, and `associated`, once each";
                    return Err(Error::new_spanned(other, text));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

/// The limit in nanoseconds.
fn nanos(text: &LitStr) -> Result<u64> {
    let value = text.value();
    let (number, unit) = value.split_at(value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len()));
    let factor = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => 0,
    };
    let nanos =
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).filter(|nanos| *nanos > 0);
    nanos.ok_or_else(|| {
        let message = format!("`{value}` is no limit: write a whole number above zero and one of ns, us, ms, s, m, h, as in \"5s\"");
        Error::new(text.span(), message)
    })
}
