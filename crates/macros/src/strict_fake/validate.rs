//! The methods that can be faked strictly, and the reasons why others cannot.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Error, FnArg, GenericArgument, GenericParam, Generics, Ident, ItemTrait, Pat, PathArguments, ReturnType,
    Safety, TraitItem, TraitItemFn, Type, TypeParam, TypeParamBound, spanned::Spanned,
};

use super::{
    owned::{generic_of, owned, pascal_case, snake_case},
    parse::Settings,
    tokens::{first_names, mentions, without_self},
};

/// The plan of an expansion.
pub(super) struct Plan {
    pub(super) krate: TokenStream,
    pub(super) fake: Ident,
    pub(super) module: Ident,
    pub(super) types: Vec<(Ident, Type)>,
    pub(super) methods: Vec<Method>,
    /// The methods that are refused; the fake has them without a meaning.
    pub(super) refused: Vec<TraitItemFn>,
    /// The trait itself is refused: there is no `impl`.
    pub(super) is_hopeless: bool,
    pub(super) errors: Option<Error>,
}

pub(super) struct Method {
    pub(super) item: TraitItemFn,
    pub(super) call: Ident,
    pub(super) arguments: Vec<Argument>,
    pub(super) reply: TokenStream,
    pub(super) shape: Shape,
    /// The parameters of the trait and of the method that the call has.
    pub(super) generics: Vec<GenericParam>,
    /// Those of them that no argument mentions.
    pub(super) unmentioned: Vec<Ident>,
    /// The field that holds them, if there are any.
    pub(super) marker: Option<Ident>,
}

pub(super) struct Argument {
    pub(super) name: Ident,
    pub(super) ty: TokenStream,
    pub(super) value: TokenStream,
}

/// How the method gives its reply.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Sync,
    AsyncFn,
    ImplFuture,
    BoxedFuture,
}

const BY_HAND: &str = "a fake written by hand can do it";

pub(super) fn plan(settings: Settings, subject: &ItemTrait) -> Plan {
    let mut plan = Plan {
        krate: settings.krate,
        fake: format_ident!("Fake{}", subject.ident),
        module: format_ident!("{}_calls", snake_case(&subject.ident)),
        types: settings.types,
        methods: Vec::new(),
        refused: Vec::new(),
        is_hopeless: false,
        errors: None,
    };
    check_trait(&mut plan, subject);
    check_types(&mut plan, subject);
    if let Some(method) = made_by_async_trait(subject) {
        plan.refuse_trait(
            method.span(),
            "put `#[strict_fake]` above `#[async_trait]`: below it, the trait is rewritten already",
        );
        return plan;
    }
    for item in &subject.items {
        check_item(&mut plan, subject, item);
    }
    name_calls(&mut plan);
    plan
}

/// Names each call after its method. A type of the trait that has this name already keeps it: the two would stand
/// in one module.
fn name_calls(plan: &mut Plan) {
    let mut taken = BTreeSet::from(["Self".to_owned()]);
    for method in &plan.methods {
        method.arguments.iter().for_each(|argument| first_names(argument.ty.clone(), &mut taken));
        method.generics.iter().for_each(|parameter| first_names(quote!(#parameter), &mut taken));
        first_names(method.reply.clone(), &mut taken);
    }
    for method in &mut plan.methods {
        let name = &method.item.sig.ident;
        let call = pascal_case(name);
        let is_name = call.chars().next().is_some_and(|first| !first.is_numeric());
        let call = match is_name {
            true if taken.contains(&call) => format!("{call}Call"),
            true => call,
            false => format!("Call{call}"),
        };
        method.call = Ident::new(&call, name.span());
    }
}

impl Plan {
    fn refuse(&mut self, span: Span, text: impl std::fmt::Display) {
        let error = Error::new(span, text);
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    fn refuse_trait(&mut self, span: Span, text: impl std::fmt::Display) {
        self.is_hopeless = true;
        self.refuse(span, text);
    }

    /// The fake with the parameters of its trait.
    pub(super) fn fake_type(&self, subject: &ItemTrait) -> TokenStream {
        let (_, parameters, _) = subject.generics.split_for_impl();
        let fake = &self.fake;
        quote!(#fake #parameters)
    }
}

fn check_trait(plan: &mut Plan, subject: &ItemTrait) {
    if let Some(word) = &subject.unsafety {
        plan.refuse_trait(word.span(), "a macro cannot keep the promise of an unsafe trait");
    }
    if let Some(lifetime) = subject.generics.lifetimes().next() {
        let text = format!("a trait with a lifetime lends what a script cannot keep: {BY_HAND}");
        plan.refuse_trait(lifetime.span(), text);
    }
    if let Some(clause) = &subject.generics.where_clause {
        plan.refuse_trait(clause.span(), "write the bounds of the trait behind its parameters");
    }
}

/// Returns the first method that `#[async_trait]` has rewritten.
fn made_by_async_trait(subject: &ItemTrait) -> Option<&Ident> {
    subject.items.iter().find_map(|item| match item {
        TraitItem::Fn(item) => {
            let mut lifetimes = item.sig.generics.lifetimes();
            lifetimes.any(|known| known.lifetime.ident == "async_trait").then_some(&item.sig.ident)
        }
        _ => None,
    })
}

/// Checks that each associated type is named, and no other. A missing one becomes `()`, so that it is reported once.
fn check_types(plan: &mut Plan, subject: &ItemTrait) {
    let wanted = subject.items.iter().filter_map(|item| match item {
        TraitItem::Type(item) => Some(&item.ident),
        _ => None,
    });
    let wanted: Vec<&Ident> = wanted.collect();
    let is_known = |(name, _): &(Ident, Type)| wanted.contains(&name);
    let (known, unknown): (Vec<_>, Vec<_>) = std::mem::take(&mut plan.types).into_iter().partition(is_known);
    plan.types = known;
    for (name, _) in unknown {
        plan.refuse(name.span(), format!("the trait has no associated type `{name}`"));
    }
    for name in wanted {
        if !plan.types.iter().any(|(known, _)| known == name) {
            let text = format!("say which type the fake has: `#[strict_fake({name} = ..)]`");
            plan.refuse_trait(name.span(), text);
            plan.types.push((name.clone(), syn::parse_quote!(())));
        }
    }
}

fn check_item(plan: &mut Plan, subject: &ItemTrait, item: &TraitItem) {
    match item {
        TraitItem::Fn(item) => match method(plan, subject, item) {
            Ok(method) => plan.methods.push(method),
            Err(error) => {
                plan.refuse(error.span(), error);
                plan.refused.push(item.clone());
            }
        },
        TraitItem::Type(item) if !item.generics.params.is_empty() => {
            let text = format!("an associated type with parameters cannot be chosen here: {BY_HAND}");
            plan.refuse_trait(item.span(), text);
        }
        TraitItem::Type(_) => {}
        TraitItem::Const(item) => {
            let text = format!("an associated constant is no call: {BY_HAND}");
            plan.refuse_trait(item.span(), text);
        }
        other => plan.refuse_trait(other.span(), "only methods and associated types can be faked"),
    }
}

fn method(plan: &Plan, subject: &ItemTrait, item: &TraitItemFn) -> Result<Method, Error> {
    let signature = &item.sig;
    if let Some(body) = &item.default {
        let text = "a method with a body of its own would either run unseen or be faked against its will; \
                    move the body into a free function";
        return Err(Error::new(body.span(), text));
    }
    if signature.receiver().is_none() {
        let text = "a function without `self` has no fake that could answer: pass what makes the value";
        return Err(Error::new(signature.ident.span(), text));
    }
    if let Safety::Unsafe(word) = &signature.safety {
        return Err(Error::new(word.span(), "a macro cannot keep the promise of an unsafe method"));
    }
    if let Some(abi) = &signature.abi {
        return Err(Error::new(abi.span(), "a method with a foreign ABI cannot be faked"));
    }
    check_generics(&signature.generics)?;

    let arguments = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => Some(argument(typed, plan)),
    });
    let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
    let (shape, reply) = reply(item)?;
    let reply = without_self(reply, &plan.fake_type(subject), &plan.types);

    let of_trait = subject.generics.params.iter();
    let of_method = signature.generics.params.iter();
    let used = |parameter: &&GenericParam| {
        let name = parameter_name(parameter);
        name.is_some_and(|name| {
            let name = name.to_string();
            let words = [name.as_str()];
            mentions(&reply, &words) || arguments.iter().any(|argument| mentions(&argument.ty, &words))
        })
    };
    // All of the method's own are part of the call: `subscribe::<Created>` is not `subscribe::<Deleted>`.
    let of_method = of_method.filter(|parameter| parameter_name(parameter).is_some());
    let generics: Vec<GenericParam> = of_trait.filter(used).chain(of_method).cloned().collect();
    let unmentioned = generics.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(parameter) => Some(parameter.ident.clone()),
        _ => None,
    });
    let unmentioned = unmentioned.filter(|name| {
        let name = name.to_string();
        !arguments.iter().any(|argument| mentions(&argument.ty, &[&name]))
    });
    let unmentioned: Vec<Ident> = unmentioned.collect();
    let is_argument = |name: &Ident| arguments.iter().any(|argument| argument.name == *name);
    let marker = (0..).map(|n| format_ident!("of{}", "_".repeat(n))).find(|name| !is_argument(name));
    Ok(Method {
        item: item.clone(),
        call: signature.ident.clone(),
        marker: marker.filter(|_| !unmentioned.is_empty()),
        unmentioned,
        arguments,
        reply,
        shape,
        generics,
    })
}

fn parameter_name(parameter: &GenericParam) -> Option<&Ident> {
    match parameter {
        GenericParam::Type(parameter) => Some(&parameter.ident),
        GenericParam::Const(parameter) => Some(&parameter.ident),
        GenericParam::Lifetime(_) => None,
    }
}

/// A method that is generic must promise what a comparison needs: the fake cannot ask for more than the trait.
fn check_generics(generics: &Generics) -> Result<(), Error> {
    if let Some(clause) = &generics.where_clause {
        if !generics.params.is_empty() {
            return Err(Error::new(clause.span(), "write the bounds of the method behind its parameters"));
        }
    }
    for parameter in generics.type_params() {
        let missing: Vec<&str> = ["Debug", "PartialEq", "Send", "Sync", "'static"]
            .into_iter()
            .filter(|bound| !has_bound(parameter, bound))
            .collect();
        if !missing.is_empty() {
            let text = format!(
                "the values of `{name}` are compared, shown and kept: give it also the bounds `{missing}`, or \
                 write this fake by hand",
                name = parameter.ident,
                missing = missing.join(" + "),
            );
            return Err(Error::new(parameter.span(), text));
        }
    }
    Ok(())
}

fn has_bound(parameter: &TypeParam, wanted: &str) -> bool {
    parameter.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => {
            bound.path.segments.last().is_some_and(|last| last.ident == wanted)
                || wanted == "PartialEq" && bound.path.segments.last().is_some_and(|last| last.ident == "Eq")
        }
        TypeParamBound::Lifetime(lifetime) => lifetime.to_string() == wanted,
        _ => false,
    })
}

fn argument(typed: &syn::PatType, plan: &Plan) -> Result<Argument, Error> {
    let Pat::Ident(pattern) = &*typed.pat else {
        return Err(Error::new(typed.pat.span(), "give the argument a name: it becomes a field of the call"));
    };
    let name = pattern.ident.clone();
    let ty: Type = syn::parse2(without_self(typed.ty.to_token_stream(), &quote!(Self), &plan.types))?;
    let (ty, value) = owned(&ty, &quote!(#name), &plan.krate)
        .map_err(|reason| Error::new(typed.ty.span(), format!("{reason}: {BY_HAND}")))?;
    Ok(Argument { name, ty, value })
}

/// Returns the type of the reply, and how the method returns it.
fn reply(item: &TraitItemFn) -> Result<(Shape, TokenStream), Error> {
    let is_async = item.sig.asyncness.is_some();
    let sync = if is_async { Shape::AsyncFn } else { Shape::Sync };
    let ReturnType::Type(_, ty) = &item.sig.output else { return Ok((sync, quote!(()))) };
    let found = match future_output(ty) {
        Some((shape, output)) if !is_async => Some((shape, output.to_token_stream())),
        _ => None,
    };
    let (shape, reply) = found.unwrap_or_else(|| (sync, ty.to_token_stream()));
    if matches!(**ty, Type::Never(_)) {
        return Err(Error::new(ty.span(), "a method that never returns has no reply"));
    }
    if mentions(&reply, &["impl"]) {
        let text = format!("an `impl Trait` reply has no name to write down: {BY_HAND}");
        return Err(Error::new(ty.span(), text));
    }
    if mentions(&reply, &["&", "'"]) {
        let text = format!("a reply that borrows from the fake needs a field of the fake: {BY_HAND}");
        return Err(Error::new(ty.span(), text));
    }
    Ok((shape, reply))
}

/// The `T` of `impl Future<Output = T>`, of `Pin<Box<dyn Future<Output = T>>>`, and of `futures::future::BoxFuture<'_, T>`,
/// which is the same.
fn future_output(ty: &Type) -> Option<(Shape, &Type)> {
    if let Type::ImplTrait(found) = ty {
        return Some((Shape::ImplFuture, output_of(found.bounds.iter())?));
    }
    if let Some(output) = of_box_future(ty) {
        return Some((Shape::BoxedFuture, output));
    }
    match generic_of(generic_of(ty, "Pin")?, "Box")? {
        Type::TraitObject(found) => Some((Shape::BoxedFuture, output_of(found.bounds.iter())?)),
        _ => None,
    }
}

/// The `T` of `BoxFuture<'_, T>` and `LocalBoxFuture<'_, T>`.
fn of_box_future(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.iter().collect::<Vec<_>>()[..] {
        [GenericArgument::Lifetime(_), GenericArgument::Type(output)]
            if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" =>
        {
            Some(output)
        }
        _ => None,
    }
}

fn output_of<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<&'a Type> {
    let mut segments = bounds.filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    let future = segments.find(|segment| segment.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &future.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(found) if found.ident == "Output" => Some(&found.ty),
        _ => None,
    })
}
