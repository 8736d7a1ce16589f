//! Types as tokens: what they mention, and what stands for `Self` in them.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Ident, Type};

/// Whether one of the words or signs stands anywhere in it.
pub(super) fn mentions(tokens: impl ToTokens, words: &[&str]) -> bool {
    tokens.to_token_stream().into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), words),
        TokenTree::Ident(word) => words.iter().any(|known| word == known),
        TokenTree::Punct(sign) => words.iter().any(|known| known.chars().eq([sign.as_char()])),
        TokenTree::Literal(_) => false,
    })
}

/// The same with `Self::Name` replaced by its type, and any other `Self` by the fake.
pub(super) fn without_self(tokens: TokenStream, fake: &TokenStream, types: &[(Ident, Type)]) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut out, mut at) = (TokenStream::new(), 0);
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "Self" => {
                let known = associated(&tokens[at + 1..], types);
                at += if known.is_some() { 4 } else { 1 };
                out.extend(known.map_or_else(|| fake.clone(), ToTokens::to_token_stream));
                continue;
            }
            TokenTree::Group(group) => {
                let inner = without_self(group.stream(), fake, types);
                let mut replaced = Group::new(group.delimiter(), inner);
                replaced.set_span(group.span());
                out.extend([TokenTree::Group(replaced)]);
            }
            other => out.extend([other.clone()]),
        }
        at += 1;
    }
    out
}

/// The type behind `::Name`.
fn associated<'a>(rest: &[TokenTree], types: &'a [(Ident, Type)]) -> Option<&'a Type> {
    let [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(name), ..] = rest else {
        return None;
    };
    let is_path = one.as_char() == ':' && two.as_char() == ':';
    types.iter().find(|(known, _)| is_path && known == name).map(|(_, ty)| ty)
}
