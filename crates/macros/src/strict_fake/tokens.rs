//! Types as tokens: the names in them, and replacements for `Self`.

use std::collections::BTreeSet;

use proc_macro2::{Group, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, Type};

/// Returns whether one of the words or signs stands anywhere in the tokens.
pub(super) fn mentions(tokens: impl ToTokens, words: &[&str]) -> bool {
    tokens.to_token_stream().into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), words),
        TokenTree::Ident(word) => words.iter().any(|known| word == known),
        TokenTree::Punct(sign) => words.iter().any(|known| known.chars().eq([sign.as_char()])),
        TokenTree::Literal(_) => false,
    })
}

/// Replaces `Self::Name` by its type, and any other `Self` by the fake.
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

/// Rewrites a type for a module one further in: a path that begins with `self` or `super` goes up once more.
pub(super) fn one_module_in(tokens: TokenStream) -> TokenStream {
    let (mut out, mut place) = (TokenStream::new(), Place::default());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let begins = place.begins_path(&token) && tokens.peek().is_some_and(is_joint_colon);
        match token {
            TokenTree::Ident(word) if begins && word == "super" => {
                out.extend(quote_spanned!(word.span()=> super::super));
            }
            TokenTree::Ident(word) if begins && word == "self" => {
                out.extend(quote_spanned!(word.span()=> super));
            }
            TokenTree::Group(group) => {
                let mut rewritten = Group::new(group.delimiter(), one_module_in(group.stream()));
                rewritten.set_span(group.span());
                out.extend([TokenTree::Group(rewritten)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// Collects each name that stands alone, or with which a path begins.
pub(super) fn first_names(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut place = Place::default();
    for token in tokens {
        let begins = place.begins_path(&token);
        match token {
            TokenTree::Ident(word) if begins => {
                found.insert(word.to_string());
            }
            TokenTree::Group(group) => first_names(group.stream(), found),
            _ => {}
        }
    }
}

/// How many colons of a `::` came just before a token.
#[derive(Default)]
struct Place(u8);

impl Place {
    /// Goes on to the next token, and says if a path can begin with it: no `::` stands before it.
    fn begins_path(&mut self, token: &TokenTree) -> bool {
        let colons = self.0;
        self.0 = match token {
            token if is_joint_colon(token) => 1,
            TokenTree::Punct(sign) if sign.as_char() == ':' && colons == 1 => 2,
            _ => 0,
        };
        colons != 2
    }
}

/// The first half of a `::`.
fn is_joint_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ':' && sign.spacing() == Spacing::Joint)
}

/// The type behind `::Name`.
fn associated<'a>(rest: &[TokenTree], types: &'a [(Ident, Type)]) -> Option<&'a Type> {
    let [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(name), ..] = rest else {
        return None;
    };
    let is_path = one.as_char() == ':' && two.as_char() == ':';
    types.iter().find(|(known, _)| is_path && known == name).map(|(_, ty)| ty)
}
