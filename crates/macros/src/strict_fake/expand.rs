//! The code that one would write by hand.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, GenericParam, ItemTrait, TraitItemFn, Visibility, ext::IdentExt, spanned::Spanned};

use super::{
    tokens::one_module_in,
    validate::{Method, Plan, Shape},
};

pub(super) fn expand(subject: &ItemTrait, plan: &Plan) -> TokenStream {
    let errors = plan.errors.as_ref().map(syn::Error::to_compile_error);
    let (fake, calls) = (fake(subject, plan), calls(subject, plan));
    let implementation = (!plan.is_hopeless).then(|| implementation(subject, plan));
    quote! {
        #subject
        #fake
        #implementation
        #calls
        #errors
    }
}

/// `struct FakeStore(pub FakeHandle)`.
fn fake(subject: &ItemTrait, plan: &Plan) -> TokenStream {
    let Plan { krate, fake, .. } = plan;
    let (visibility, generics) = (&subject.vis, &subject.generics);
    let doc = format!("A strict fake of [`{}`]: asks its script.", subject.ident);
    if generics.params.is_empty() || plan.is_hopeless {
        return quote! {
            #[doc = #doc]
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #visibility struct #fake(pub #krate::fake::FakeHandle);
        };
    }
    let names = type_names(generics.params.iter());
    let (of_impl, of_type, _) = generics.split_for_impl();
    quote! {
        #[doc = #doc]
        #visibility struct #fake #generics(#krate::fake::FakeHandle, ::core::marker::PhantomData<fn() -> (#(#names,)*)>);

        impl #of_impl #fake #of_type {
            /// A fake that asks the script of this handle.
            #[must_use]
            #visibility fn new(__handle: #krate::fake::FakeHandle) -> Self {
                Self(__handle, ::core::marker::PhantomData)
            }
        }

        impl #of_impl ::core::clone::Clone for #fake #of_type {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0), ::core::marker::PhantomData)
            }
        }

        impl #of_impl ::core::fmt::Debug for #fake #of_type {
            fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, __formatter)
            }
        }
    }
}

fn implementation(subject: &ItemTrait, plan: &Plan) -> TokenStream {
    let (name, fake_type) = (&subject.ident, plan.fake_type(subject));
    let (_, of_type, _) = subject.generics.split_for_impl();
    let parameters = comparable(subject.generics.params.iter());
    let around = subject.attrs.iter().filter(|attribute| is_called(attribute, "async_trait"));
    let types = plan.types.iter().map(|(name, ty)| quote!(type #name = #ty;));
    let methods = plan.methods.iter().map(|method| answered(plan, method));
    let refused = plan.refused.iter().map(unanswered);
    quote! {
        #(#around)*
        impl<#(#parameters),*> #name #of_type for #fake_type {
            #(#types)*
            #(#methods)*
            #(#refused)*
        }
    }
}

/// One method: makes the call, asks the script.
fn answered(plan: &Plan, method: &Method) -> TokenStream {
    let Plan { krate, module, .. } = plan;
    let (signature, cfgs) = (&method.item.sig, cfgs(&method.item));
    let call = &method.call;
    let fields = method.arguments.iter().map(|argument| {
        let (name, value) = (&argument.name, &argument.value);
        quote!(#name: #value)
    });
    let marker = method.marker.as_ref().map(|marker| quote!(#marker: ::core::marker::PhantomData,));
    let names: Vec<TokenStream> = method.generics.iter().map(name_of).collect();
    let call = quote!(#module::#call::<#(#names),*> { #(#fields,)* #marker });
    // The line of the method in the trait: what a report shows where the caller is hidden.
    let span = signature.fn_token.span();
    let body = match method.shape {
        Shape::Sync => {
            let here = quote_spanned!(span=> #krate::__private::SourceLocation::caller());
            // The block is for the helper: outside of it the name is the user's.
            quote! {
                self.0.call_of_method(#call, {
                    fn here() -> #krate::__private::SourceLocation {
                        #here
                    }
                    here()
                })
            }
        }
        Shape::AsyncFn => quote_spanned!(span=> self.0.call_async(#call).await),
        Shape::ImplFuture => quote_spanned!(span=> self.0.call_async(#call)),
        Shape::BoxedFuture => quote_spanned!(span=> ::std::boxed::Box::pin(self.0.call_async(#call))),
    };
    let tracked = matches!(method.shape, Shape::Sync).then(|| quote!(#[track_caller]));
    quote! {
        #(#cfgs)*
        #tracked
        #signature {
            #body
        }
    }
}

/// A method that was refused: there so that the refusal is the only error.
fn unanswered(item: &TraitItemFn) -> TokenStream {
    let (signature, cfgs) = (&item.sig, cfgs(item));
    let is_opaque = quote!(#signature).into_iter().any(|token| token.to_string() == "impl");
    if item.default.is_some() || is_opaque && matches!(signature.output, syn::ReturnType::Type(..)) {
        return TokenStream::new();
    }
    quote! {
        #(#cfgs)*
        #[allow(unused_variables, reason = "it is refused")]
        #signature {
            ::core::unimplemented!()
        }
    }
}

/// `mod store_calls`: one struct a method.
fn calls(subject: &ItemTrait, plan: &Plan) -> TokenStream {
    let (module, visibility) = (&plan.module, &subject.vis);
    let doc = format!("The calls of [`{}`], one a method.", subject.ident);
    let calls = plan.methods.iter().map(|method| call(subject, plan, method));
    quote! {
        #[doc = #doc]
        #visibility mod #module {
            #[allow(unused_imports, reason = "for the types of the arguments")]
            use super::*;

            #(#calls)*
        }
    }
}

fn call(subject: &ItemTrait, plan: &Plan, method: &Method) -> TokenStream {
    let Method { call, unmentioned, marker, .. } = method;
    let (krate, reply) = (one_module_in(plan.krate.clone()), one_module_in(method.reply.clone()));
    let (cfgs, visibility) = (cfgs(&method.item), inside(&subject.vis));
    let name = format!("{}::{}", subject.ident, method.item.sig.ident.unraw());
    let doc = format!("A call of `{name}`.");
    let (fields, types): (Vec<_>, Vec<_>) =
        method.arguments.iter().map(|argument| (&argument.name, one_module_in(argument.ty.clone()))).unzip();
    let bare: Vec<TokenStream> = method.generics.iter().map(bare).map(one_module_in).collect();
    let names: Vec<TokenStream> = method.generics.iter().map(name_of).collect();
    let full: Vec<TokenStream> = comparable(method.generics.iter()).into_iter().map(one_module_in).collect();
    let marker_field = marker.as_ref().map(|marker| {
        quote! {
            /// The types that no argument names.
            #visibility #marker: ::core::marker::PhantomData<fn() -> (#(#unmentioned,)*)>,
        }
    });
    let constructor = marker.as_ref().map(|marker| {
        quote! {
            #(#cfgs)*
            impl<#(#full),*> #call<#(#names),*> {
                /// The call with these arguments.
                #[must_use]
                #visibility fn new(#(#fields: #types),*) -> Self {
                    Self { #(#fields,)* #marker: ::core::marker::PhantomData }
                }
            }
        }
    });
    let body = if fields.is_empty() && marker.is_none() {
        quote!(;)
    } else {
        quote!({
            #(
                /// The argument of this name.
                #visibility #fields: #types,
            )*
            #marker_field
        })
    };
    quote! {
        #(#cfgs)*
        #[doc = #doc]
        #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
        #visibility struct #call<#(#bare),*> #body

        #(#cfgs)*
        impl<#(#full),*> #krate::fake::Call for #call<#(#names),*> {
            type Reply = #reply;
            const NAME: &'static str = #name;
        }

        #constructor
    }
}

/// The visibility of the trait, as it is written one module further in.
fn inside(visibility: &Visibility) -> TokenStream {
    match visibility {
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Restricted(restricted) => match restricted.path.segments.first() {
            Some(first) if first.ident == "super" => {
                let path = &restricted.path;
                quote!(pub(in super::#path))
            }
            Some(first) if first.ident == "self" => quote!(pub(super)),
            _ => quote!(#visibility),
        },
        Visibility::Public(_) => quote!(pub),
    }
}

/// The parameters with their bounds, and with those that a comparison needs.
fn comparable<'a>(parameters: impl Iterator<Item = &'a GenericParam>) -> Vec<TokenStream> {
    let one = |parameter: &GenericParam| match parameter {
        GenericParam::Type(parameter) => {
            let (name, bounds) = (&parameter.ident, parameter.bounds.iter());
            quote!(#name: #(#bounds +)* ::core::fmt::Debug + ::core::cmp::PartialEq
                + ::core::marker::Send + ::core::marker::Sync + 'static)
        }
        other => bare(other),
    };
    parameters.map(one).collect()
}

/// The parameter without bounds and default.
fn bare(parameter: &GenericParam) -> TokenStream {
    match parameter {
        GenericParam::Type(parameter) => parameter.ident.to_token_stream(),
        GenericParam::Const(parameter) => {
            let (name, ty) = (&parameter.ident, &parameter.ty);
            quote!(const #name: #ty)
        }
        GenericParam::Lifetime(parameter) => parameter.lifetime.to_token_stream(),
    }
}

fn name_of(parameter: &GenericParam) -> TokenStream {
    match parameter {
        GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
        other => bare(other),
    }
}

fn type_names<'a>(parameters: impl Iterator<Item = &'a GenericParam>) -> Vec<TokenStream> {
    let types = parameters.filter(|parameter| matches!(parameter, GenericParam::Type(_)));
    types.map(name_of).collect()
}

fn cfgs(item: &TraitItemFn) -> Vec<&Attribute> {
    item.attrs.iter().filter(|attribute| is_called(attribute, "cfg")).collect()
}

fn is_called(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == name)
}
