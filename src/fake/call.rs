//! The calls of collaborators, and where they came from.

use std::{any::Any, fmt};

use crate::violation::SourceLocation;

/// One method of a collaborator, as a value: its arguments are the fields.
///
/// Derive `Debug` and `PartialEq`: a report shows the call, and names the field that differs. Take bytes as [`bytes::Bytes`], which prints as a byte string.
///
/// ```
/// use unplugged::fake::{Call, FakeHandle};
///
/// trait Store {
///     fn put(&self, key: &str, value: u32) -> bool;
/// }
///
/// #[derive(Debug, PartialEq)]
/// struct Put {
///     key: String,
///     value: u32,
/// }
///
/// impl Call for Put {
///     type Reply = bool;
///     const NAME: &'static str = "Store::put";
/// }
///
/// struct FakeStore(FakeHandle);
///
/// impl Store for FakeStore {
///     fn put(&self, key: &str, value: u32) -> bool {
///         self.0.call(Put { key: key.to_owned(), value })
///     }
/// }
/// # unplugged::fake::scenario(|script| {
/// #     script.expect(Put { key: "a".into(), value: 1 }).reply(true);
/// #     assert!(FakeStore(script.handle()).put("a", 1));
/// # }).0
/// ```
pub trait Call: fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The owned value that the method returns.
    type Reply: 'static;
    /// The method's name in reports, as in `"Store::put"`.
    const NAME: &'static str;
}

/// A [`Call`] of any type, as [`assert_calls`](super::CallLog::assert_calls) takes it. Every `Call` is one.
#[expect(private_bounds, reason = "sealed")]
pub trait AnyCall: ErasedCall {}

/// A call whose type is erased.
pub(super) trait ErasedCall: Send + Sync {
    fn name(&self) -> &'static str;
    fn text(&self) -> String;
    fn as_any(&self) -> &dyn Any;
    fn is_equal(&self, other: &dyn Any) -> bool;
}

impl<C: Call> AnyCall for C {}

impl<C: Call> ErasedCall for C {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn text(&self) -> String {
        format!("{self:?}")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_equal(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<C>() == Some(self)
    }
}

/// The place where a call was made, as far as it can be known.
#[derive(Clone, Copy)]
pub(super) struct Caller {
    pub(super) place: SourceLocation,
    pub(super) hidden_by: By,
    /// The name of the fake that was called, if it has one.
    pub(super) fake: Option<&'static str>,
}

/// The reason why only the fake's own line is known. As wide as a pointer, which copies fastest.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(super) enum By {
    Nothing,
    AsyncFn,
    Dyn,
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place;
        let by = match self.hidden_by {
            By::Nothing => return write!(f, "{place}"),
            By::AsyncFn => "an async fn",
            By::Dyn => "`dyn`",
        };
        write!(f, "{place}, the fake's own line: {by} hides the caller")
    }
}
