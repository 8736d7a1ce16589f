//! The checks on a test, and the roles of its arguments.

use proc_macro2::Span;
use syn::{
    AttrStyle, Attribute, Block, Error, FnArg, Ident, ItemFn, PatType, Result, ReturnType, Type, Visibility,
    spanned::Spanned,
};

/// A test that can be written.
pub(super) struct Test {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) name: Ident,
    pub(super) output: ReturnType,
    pub(super) body: Block,
    pub(super) sim: Option<PatType>,
    pub(super) script: Option<PatType>,
    /// The arguments that another attribute fills, as `#[rstest]` does.
    pub(super) others: Vec<FnArg>,
}

pub(super) fn validate(function: ItemFn) -> Result<Test> {
    check_signature(&function)?;
    let ItemFn { attrs, vis, sig, block, .. } = function;
    if let Some(other) = attrs.iter().find(|attribute| makes_a_test(attribute)) {
        let text = "`#[unplugged::test]` makes the test by itself: leave this attribute out";
        return Err(Error::new(other.span(), text));
    }
    let is_fed = attrs.iter().any(feeds_arguments);
    let mut test = Test {
        attributes: attrs.into_iter().map(outer).collect(),
        visibility: vis,
        name: sig.ident,
        output: sig.output,
        body: *block,
        sim: None,
        script: None,
        others: Vec::new(),
    };
    let is_only = sig.inputs.len() == 1;
    for argument in sig.inputs {
        sort(&mut test, argument, is_fed, is_only)?;
    }
    Ok(test)
}

fn check_signature(function: &ItemFn) -> Result<()> {
    let signature = &function.sig;
    if signature.asyncness.is_none() {
        let text = "`#[unplugged::test]` is for async tests: write `async fn`";
        return Err(Error::new(signature.fn_token.span(), text));
    }
    if !signature.generics.params.is_empty() {
        return Err(Error::new(signature.generics.span(), "a test cannot be generic"));
    }
    if let Some(clause) = &signature.generics.where_clause {
        return Err(Error::new(clause.span(), "a test cannot be generic"));
    }
    let unsafe_word = match &signature.safety {
        syn::Safety::Unsafe(word) => Some(word.span()),
        _ => None,
    };
    if let Some(span) = unsafe_word.or_else(|| signature.abi.as_ref().map(Spanned::span)) {
        return Err(Error::new(span, "a test is a plain `async fn`"));
    }
    Ok(())
}

/// Sorts an argument by the name of its type. The only argument of a test is its sim, whatever its type is called.
fn sort(test: &mut Test, argument: FnArg, is_fed: bool, is_only: bool) -> Result<()> {
    let FnArg::Typed(typed) = argument else {
        return Err(Error::new(argument.span(), "a test takes no `self`"));
    };
    let (is_lent, ty) = match &*typed.ty {
        Type::Reference(reference) if reference.mutability.is_none() => (true, &*reference.elem),
        ty => (false, ty),
    };
    let span = typed.span();
    match last_word(ty).as_deref() {
        Some("Sim") if is_lent => Err(Error::new(span, "the test owns its sim: write `sim: Sim`")),
        Some("Sim") => {
            set(&mut test.sim, typed, span, "a test has one `Sim`; its hosts are `sim.net().host(..)`")
        }
        Some("Script") if is_lent => set(
            &mut test.script,
            typed,
            span,
            "a test has one script; code that runs beside other has a `lane`",
        ),
        Some("Script") => {
            let text = "the script is lent, and verified when the test ends: write `script: &Script`";
            Err(Error::new(span, text))
        }
        _ if is_fed => {
            test.others.push(FnArg::Typed(typed));
            Ok(())
        }
        _ if is_only && typed.attrs.is_empty() => {
            test.sim = Some(typed);
            Ok(())
        }
        _ => {
            let text = "a test takes `sim: Sim` and `script: &Script`; for the cases of `rstest` write \
                        `#[unplugged::test]` above `#[rstest]`";
            Err(Error::new(span, text))
        }
    }
}

fn set(place: &mut Option<PatType>, typed: PatType, span: Span, twice: &str) -> Result<()> {
    match place.replace(typed) {
        None => Ok(()),
        Some(_) => Err(Error::new(span, twice)),
    }
}

fn last_word(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().map(|last| last.ident.to_string())
}

/// `#[test]`, `#[tokio::test]`.
fn makes_a_test(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// An attribute that is neither the compiler's nor a tool's: it may fill arguments, and makes the test then.
fn feeds_arguments(attribute: &Attribute) -> bool {
    let first = attribute.path().segments.first().map(|first| first.ident.to_string());
    let known = [
        "allow",
        "cfg",
        "cfg_attr",
        "clippy",
        "cold",
        "deny",
        "deprecated",
        "diagnostic",
        "doc",
        "expect",
        "forbid",
        "ignore",
        "inline",
        "must_use",
        "rustfmt",
        "should_panic",
        "track_caller",
        "warn",
    ];
    first.is_some_and(|first| !known.contains(&first.as_str()))
}

/// An attribute inside of the body means the same before the function, and may stand there.
fn outer(attribute: Attribute) -> Attribute {
    Attribute { style: AttrStyle::Outer, ..attribute }
}
